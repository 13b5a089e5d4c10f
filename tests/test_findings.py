"""What happens to findings: selected, suppressed, hidden, sorted, identified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from initlint.config import Config
from initlint.facts.extract import extract
from initlint.findings import Outcome, chosen, conclude
from initlint.model import Answer, Confidence, Finding, Kind, Span
from initlint.sources import Sources

CODES = ("SOH101", "SOH102", "SOH104", "SOH201", "SOH900", "SOH901")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, CODES),
        ({"select": ("SOH1",)}, ("SOH101", "SOH102", "SOH104")),
        ({"select": ("SOH101",), "extend_select": ("SOH2",)}, ("SOH101", "SOH201")),
        ({"ignore": ("SOH1", "SOH9")}, ("SOH201",)),
        ({"select": ("SOH101", "SOH2"), "ignore": ("SOH1",)}, ("SOH101", "SOH201")),
        ({"select": ("SOH1",), "ignore": ("SOH102",)}, ("SOH101", "SOH104")),
        ({"select": ("ALL",), "ignore": ("SOH",)}, ()),
        ({"ignore": ("ALL",)}, ()),
    ],
)
def test_chosen(options: dict[str, tuple[str, ...]], expected: tuple[str, ...]) -> None:
    assert chosen(Config(**options), CODES) == frozenset(expected)  # type: ignore[arg-type]


GAMMA = Finding(
    code="SOH102",
    name="dead-parameter",
    message="",
    advice="",
    path="pkg/a.py",
    span=Span(2, 1, 4, 2),
    cls="Net",
    attribute="gamma",
    kind=Kind.PARAMETER,
    draws=Answer.YES,
    shifts=(),
    confidence=Confidence.CERTAIN,
    fingerprint="",
)
PROJ = replace(GAMMA, code="SOH101", attribute="proj")
MAYBE = replace(PROJ, span=Span(1, 1, 1, 2), confidence=Confidence.POSSIBLE, attribute="maybe")


SOURCES = Sources("/project", ("pkg/a.py",), frozenset({"pkg/a.py"}))

Shown = tuple[int, str, str]
"""Line, code, and attribute or message of a finding."""


def concluded(source: str, *findings: Finding, **options: Any) -> Outcome:
    comments = {"pkg/a.py": extract(source.encode()).suppressions}
    return conclude(findings, comments, Config(**options), SOURCES, CODES)


def shown(source: str, *findings: Finding, **options: Any) -> list[Shown]:
    found = concluded(source, *findings, **options).findings
    return [(finding.span.line, finding.code, finding.attribute or finding.message) for finding in found]


def test_findings_are_sorted_and_said_once() -> None:
    assert shown("", GAMMA, PROJ, GAMMA) == [(2, "SOH101", "proj"), (2, "SOH102", "gamma")]


def test_what_is_only_possible_is_counted_until_it_is_asked_for() -> None:
    outcome = concluded("", GAMMA, MAYBE)
    assert ([finding.attribute for finding in outcome.findings], outcome.hidden) == (["gamma"], 1)
    assert shown("", GAMMA, MAYBE, min_confidence="possible") == [(1, "SOH101", "maybe"), (2, "SOH102", "gamma")]


def fingerprints(*findings: Finding, source: str = "") -> list[str]:
    return [finding.fingerprint for finding in concluded(source, *findings).findings]


def test_a_fingerprint_stays_when_code_moves_and_differs_from_all_others() -> None:
    moved = replace(GAMMA, span=Span(70, 5, 70, 9), message="now shifts more")
    assert fingerprints(GAMMA) == fingerprints(moved)
    others = [
        replace(GAMMA, **change)  # type: ignore[arg-type]
        for change in ({"code": "SOH104"}, {"path": "b.py"}, {"cls": "Other"}, {"attribute": "beta"})
    ]
    assert len({*fingerprints(GAMMA, moved), *(name for other in others for name in fingerprints(other))}) == 6


def test_what_is_said_twice_is_counted_from_the_top_whatever_is_suppressed() -> None:
    below = replace(GAMMA, span=Span(3, 1, 3, 2))
    first, second = fingerprints(below, GAMMA)
    assert fingerprints(GAMMA, below) == [first, second]
    assert fingerprints(GAMMA, below, source="\nx = 1  # noqa: SOH102\n\n") == [second]


MODULE = """class Net(
    Base,  {head}
):
    a = 1
    x = f(
        1,  {inner}
        2,
    )  {end}

    def g(self):  {function}
        y = 1
"""


def module(**comments: str) -> str:
    return MODULE.format(**{"head": "", "inner": "", "end": "", "function": "", **comments})


IN_X = replace(GAMMA, span=Span(5, 5, 8, 6))
IN_Y = replace(PROJ, span=Span(11, 9, 11, 14))


@pytest.mark.parametrize(
    ("comments", "left"),
    [
        ({}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"inner": "# initlint: ignore[SOH102] kept for old checkpoints"}, [(11, "SOH101", "proj")]),
        ({"inner": "# initlint:ignore[SOH102]"}, [(11, "SOH101", "proj")]),
        ({"end": "# noqa: SOH102"}, [(11, "SOH101", "proj")]),
        ({"end": "# type: ignore[x]  # noqa:E501,SOH102 # because"}, [(11, "SOH101", "proj")]),
        ({"end": "# NOQA"}, [(11, "SOH101", "proj")]),
        ({"head": "# noqa: SOH101, SOH102"}, []),
        ({"head": "# initlint: ignore[SOH101,SOH102]"}, []),
        ({"head": "# noqa: SOH101"}, [(5, "SOH102", "gamma")]),
        ({"head": "# noqa"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"function": "# noqa"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"function": "# initlint: skip-file"}, []),
        ({"function": "# noqa: E501"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"function": "# noqa: because"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"function": "# type: ignore[SOH101]"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
        ({"function": "'# initlint: skip-file'"}, [(5, "SOH102", "gamma"), (11, "SOH101", "proj")]),
    ],
)
def test_a_comment_covers_its_statement_class_or_file(comments: dict[str, str], left: list[Shown]) -> None:
    outcome = concluded(module(**comments), IN_X, IN_Y)
    assert shown(module(**comments), IN_X, IN_Y) == left
    assert outcome.suppressed == 2 - len(left)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1  # initlint: ignore[SOH101] why", [(1, "SOH900", "SOH101 is suppressed, but not found here")]),
        ("# noqa: SOH101\nx = 1\n", [(1, "SOH900", "SOH101 is suppressed, but not found here")]),
        ("class A:\n    # noqa: SOH101\n    x = 1", [(2, "SOH900", "SOH101 is suppressed, but not found here")]),
        ("x = 1  # initlint: ignore", [(1, "SOH900", "the comment names no rule, so it suppresses nothing")]),
        ("x = 1  # initlint: ignore[]", [(1, "SOH900", "the comment names no rule, so it suppresses nothing")]),
        ("x = 1  # initlint: ignore[dead]", [(1, "SOH900", "there is no rule `dead`, so nothing is suppressed")]),
        ("x = 1  # noqa: E501, SOH199", [(1, "SOH900", "there is no rule `SOH199`, so nothing is suppressed")]),
        ("x = 1\n# initlint: skip-file", [(2, "SOH900", "the file is skipped, but nothing is found in it")]),
        ("x = 1  # noqa", []),
        ("x = 1  # noqa: E501, F401", []),
        ("# flake8: noqa\n# ruff: noqa: F401\n", []),
        ("x = '# noqa: SOH101'", []),
        ("x = 1  # initlint: ignore[SOH900]", []),
        ("x = 1  # initlint: ignore[SOH101, SOH900] both", []),
    ],
)
def test_comments_without_effect(source: str, said: list[Shown]) -> None:
    assert shown(source) == said


def test_a_comment_is_used_by_what_is_only_possible() -> None:
    outcome = concluded("x = 1  # noqa: SOH101", MAYBE)
    assert (outcome.findings, outcome.suppressed, outcome.hidden) == ((), 1, 0)


def test_a_skipped_file_in_which_nothing_is_found() -> None:
    source = "# initlint: skip-file\n"
    assert shown(source, ignore=("SOH1",)) == []
    assert shown(source, GAMMA) == []
    assert shown(source + "x = 1  # noqa: SOH104", GAMMA) == []


def test_only_what_was_looked_for_can_be_missed() -> None:
    source = "x = 1  # noqa: SOH101\n"
    unused = [(1, "SOH900", "SOH101 is suppressed, but not found here")]
    assert shown(source) == unused
    assert shown(source, ignore=("SOH101",)) == []
    assert shown(source, ignore=("SOH900",)) == []
    assert shown(source, per_file_ignores=(("a.py", ("SOH101",)),)) == []
    assert shown(source, GAMMA, per_file_ignores=(("a.py", ("ALL",)),)) == []
    assert shown(source, per_file_ignores=(("b.py", ("SOH101",)),)) == unused


def test_the_place_of_an_unused_comment() -> None:
    (finding,) = concluded("é = 1  # kept  # noqa: E1, SOH101  why\n").findings
    assert finding.span == Span(1, 16, 1, 34)


@pytest.mark.parametrize(
    ("pattern", "folder", "fits"),
    [
        ("a.py", "", True),
        ("pkg", "", True),
        ("pkg/*", "", True),
        ("*.py", "", True),
        ("/a.py", "", False),
        ("!pkg/*", "", False),
        ("!tests/*", "", True),
        ("project/pkg/a.py", "/", True),
        ("pkg/a.py", "/", False),
        ("pkg/a.py", "/elsewhere", True),
    ],
)
def test_per_file_ignores(pattern: str, folder: str, fits: bool) -> None:
    """Patterns are relative to the folder of the configuration if that contains the project, or else to its root."""
    options: dict[str, Any] = {"per_file_ignores": ((pattern, ("SOH1",)),), "folder": folder}
    assert shown("", GAMMA, **options) == ([] if fits else [(2, "SOH102", "gamma")])
