"""Every fixture: exactly the findings marked on its lines are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import check_sources

from initlint.model import Confidence
from initlint.rules.base import expectations

FIXTURES = Path(__file__).parent.parent / "fixtures"
ROOTS = [
    *sorted(FIXTURES.glob("classes/*.py")),
    *sorted(path for path in FIXTURES.glob("projects/*") if path.is_dir()),
    *sorted(path for path in FIXTURES.glob("story/*") if path.is_dir()),
]

Due = set[tuple[str, int, str, str]]


def project(root: Path) -> dict[str, str]:
    """The files of one fixture by relative path; a single file is a project of its own."""
    if root.is_file():
        return {root.name: root.read_text(encoding="utf-8")}
    files = sorted(root.rglob("*.py"))
    return {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files}


def due(files: dict[str, str]) -> Due:
    return {(path, *expected) for path, text in files.items() for expected in expectations(text)}


def found(files: dict[str, str]) -> Due:
    certain = [finding for finding in check_sources(files) if finding.confidence is Confidence.CERTAIN]
    return {(finding.path, finding.span.line, finding.code, finding.attribute) for finding in certain}


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.relative_to(FIXTURES).as_posix())
def test_exactly_what_is_marked(root: Path) -> None:
    files = project(root)
    assert found(files) == due(files)


def test_there_are_enough_of_them() -> None:
    files = [text for root in ROOTS for text in project(root).values()]
    marked = sum(len(list(expectations(text))) for text in files)
    live = [line for root in ROOTS if root.name.startswith("live_") for line in root.read_text().splitlines()]
    assert marked >= 180
    assert sum(line.startswith("class ") for line in live) >= 60


def test_the_story_shifts_what_it_shifts() -> None:
    def shifts(name: str) -> dict[str, tuple[str, ...]]:
        return {finding.attribute: finding.shifts for finding in check_sources(project(FIXTURES / "story" / name))}

    assert shifts("project1") == {}
    assert shifts("project2") == {"gamma": ("proj",)}
    assert shifts("counter_check") == {"linear": ()}
