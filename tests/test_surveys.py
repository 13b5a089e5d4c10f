"""A survey of all files is reused until something relevant changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from initlint import pipeline
from initlint.config import Config
from initlint.project import surveys
from initlint.report import json

NET = """
from torch import nn


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.idle = nn.Linear(4, 4)

    def forward(self, x):
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(8, 8)
        self.part = Part()

    def forward(self, x):
        return self.part(x)
"""

CODE = """
from net import Net, Part


def over(model):
    return [part(1) for part in model.children()]


def by_name(model, name):
    return getattr(model, name)(1)


def start():
    return over(make()), by_name(make(), "stem")


def make():
    return 0
"""

FAR = """
class Far:
    def far(self, thing):
        self.kept = thing
        return self.kept
"""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[surveys.Survey]:
    """The surveys that were made."""
    found: list[surveys.Survey] = []
    make = surveys.made

    def noted(*given: Any) -> surveys.Survey:
        found.append(make(*given))
        return found[-1]

    monkeypatch.setattr(surveys, "made", noted)
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    for name, text in (("net.py", NET), ("code.py", CODE), ("far.py", FAR)):
        (tmp_path / name).write_text(text)
    answer(tmp_path)
    change(tmp_path / "net.py", "nn.Linear(8, 8)", "nn.Linear(8, 7)")
    answer(tmp_path)
    return tmp_path


def answer(folder: Path, **options: Any) -> str:
    found = pipeline.run(Config(paths=(str(folder / "net.py"),), min_confidence="possible", **options))
    return json.render(found)


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def agree(folder: Path) -> str:
    kept, anew = answer(folder), answer(folder, no_cache=True)
    assert kept == anew
    return kept


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("net.py", "self.part = ", "self.new = nn.Linear(4, 4)\n        self.part = "),
        ("net.py", "return self.part(x)", "return self.old(self.part(x))"),
        ("far.py", "self.kept = thing", "self.kept = self.more = thing.other  # more"),
    ],
)
def test_it_is_taken_over(project: Path, made: list[surveys.Survey], path: str, before: str, after: str) -> None:
    assert made == []
    change(project / path, before, after)
    agree(project)
    assert made == []


@pytest.mark.parametrize(
    ("path", "before", "after", "differs"),
    [
        ("code.py", "return 0", "return Part()", True),
        ("code.py", "return 0", "return Net()", True),
        ("code.py", '"stem"', '"old"', False),
        ("far.py", "return self.kept", "return [part(1) for part in thing.children()]", False),
        ("far.py", "return self.kept", "return getattr(thing, thing)(1)", False),
        ("far.py", "return self.kept", "return thing.over(1), over(1)", False),
        ("net.py", "return x", "return [each(1) for each in x.children()]", False),
    ],
)
def test_it_is_made_anew(
    project: Path, made: list[surveys.Survey], path: str, before: str, after: str, differs: bool
) -> None:
    first = answer(project)
    change(project / path, before, after)
    assert (agree(project) != first) is differs
    assert len(made) == 1


def test_one_of_other_links_is_none(project: Path, made: list[surveys.Survey]) -> None:
    change(project / "far.py", "class Far", "import net\n\n\nclass Far")
    agree(project)
    change(project / "net.py", "nn.Linear(8, 7)", "nn.Linear(8, 6)")
    agree(project)
    assert len(made) == 1


def test_a_class_of_which_only_an_attribute_matters_is_not_looked_at(project: Path, made: list[surveys.Survey]) -> None:
    change(
        project / "code.py", "def start():\n    return over(make())", "def start(other):\n    return over(other.model)"
    )
    change(project / "far.py", "self.kept = thing", "self.model = thing")
    answer(project)
    made.clear()
    change(project / "far.py", "self.model = thing", "self.model = self.more = thing.other")
    agree(project)
    assert made == []
