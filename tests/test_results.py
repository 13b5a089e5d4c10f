"""The findings of runs are kept by what they read, and serve every later run that reads the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import pipeline, results
from initlint.config import Config
from initlint.report import json

DEAD = """from torch import nn


class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(8, 8)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(x)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.py").write_text(DEAD.format(name=name.upper()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """Which files each analysis was asked for, in the order of the analyses."""
    asked: list[frozenset[str]] = []
    analyse = pipeline.analyse

    def counted(sources, *rest):  # type: ignore[no-untyped-def]
        asked.append(sources.reported)
        return analyse(sources, *rest)

    monkeypatch.setattr(pipeline, "analyse", counted)
    return asked


def run(*paths: str, **options: object) -> str:
    return json.render(pipeline.run(Config(paths=paths, **options)))  # type: ignore[arg-type]


def test_a_run_over_all_answers_for_each_file(project: Path, analysed: list[frozenset[str]]) -> None:
    run(".")
    one = run("b.py")
    assert analysed == [{"a.py", "b.py", "c.py"}]
    assert one == run("b.py", no_cache=True)


def test_single_files_add_up(project: Path, analysed: list[frozenset[str]]) -> None:
    run("a.py")
    run("b.py")
    both = run("a.py", "b.py")
    assert analysed == [{"a.py"}, {"b.py"}]
    assert both == run("a.py", "b.py", no_cache=True)


def test_a_change_anywhere_makes_all_of_it_anew(project: Path, analysed: list[frozenset[str]]) -> None:
    run(".")
    (project / "c.py").write_text("def show(model: 'A'):\n    return model.old\n\n\nfrom a import A\n")
    assert '"findings": []' in run("a.py")
    assert analysed[1:] == [{"a.py"}]


def test_an_installed_file_that_changed_is_noticed(tmp_path: Path) -> None:
    installed = tmp_path / "base.py"
    installed.write_text("x = 1\n")
    cache = results.Cache(str(tmp_path / "cache"))
    found = results.Analysis((), (), {"a.py": 2, "b.py": 0}, {}, results.installed({str(installed): b"x = 1\n"}))
    results.keep(cache, b"key", found)
    assert results.recall(cache, b"key", {"a.py"}) == found.of({"a.py"})
    assert results.recall(cache, b"key", {"a.py", "c.py"}) is None
    installed.write_text("x = 2\n")
    assert results.recall(cache, b"key", {"a.py"}) is None
