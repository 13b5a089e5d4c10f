"""A question about one file reuses what an earlier run linked, and gets the answer of a run without a cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated.series import series
from hypothesis import given, note
from hypothesis import strategies as st

from initlint import pipeline
from initlint.config import Config
from initlint.facts import gather
from initlint.facts.extract import extract
from initlint.facts.records import FileFacts
from initlint.project import links
from initlint.project.members import MAX_OWNERS
from initlint.report import json
from initlint.sources import Sources

FILES = {
    "a.py": """
? # a line more
import torch
from torch import nn
? from b import Mixin as Twin
? import c as shown


? def mark(cls):
?     return cls
? @mark
class Net(nn.Module):
?     _tied_weights_keys = ["tied"]
?     _tied_weights_keys = {"tied.weight": "free.weight"}
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(8, 8)
        self.tied = nn.Linear(8, 8)
        self.free = nn.Linear(8, 8)
        self.layer0 = nn.Linear(8, 8)
        self._build()
?         self.hook = lambda: self.old
?         self.late = self.old

    def _build(self):
        self.built = nn.Linear(8, 8)
?         self.more = nn.Linear(2, 2)

    def forward(self, x):
?         self._build()
?         return self.old(x)
        return x
""",
    "b.py": """
? # a line more
from torch import nn
from a import Net
? from a import *


class Mixin:
?     def forward(self, x):
?         return self.free(x)
    pass


? class Heir(Mixin, Net):
?     def look(self):
?         return self.built
class Owner(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()
        self.dead = nn.Linear(3, 3)
?         self.net.old = nn.Identity()

    def forward(self, x):
?         return self.net.old(x)
?         return [part(x) for part in self.net.children()]
        return self.net(x)
""",
    "c.py": """
? # a line more
from b import Owner
? import a


def show(owner: Owner, name="dead"):
?     getattr(owner, name)
?     getattr(owner.net, f"layer{0}")(1)
?     owner.net.tied(1)
    return owner


def unknown(model, x):
?     return model.layer0(x) + model.free(x)
?     return model.dead(x)
    return x


? show(Owner(), "net")
? def decorator(method):
?     def run(self, x):
?         return self.free(method(self, x))
?     return run
""",
}
"""A small project; lines with a question mark come and go."""

LINES = [
    (path, number) for path, text in FILES.items() for number, line in enumerate(text.splitlines()) if line[:1] == "?"
]
PROFILE = series(25)


def write(folder: Path, chosen: set[tuple[str, int]]) -> None:
    for path, text in FILES.items():
        numbered = enumerate(text.splitlines())
        kept = [line.removeprefix("? ") for number, line in numbered if line[:1] != "?" or (path, number) in chosen]
        new = "\n".join(kept)
        if not (folder / path).exists() or (folder / path).read_text() != new:
            (folder / path).write_text(new)


def answer(path: Path, **options: Any) -> str:
    return json.render(pipeline.run(Config(paths=(str(path),), min_confidence="possible", **options)))


@PROFILE
@given(st.lists(st.tuples(st.sets(st.sampled_from(LINES), max_size=3), st.sampled_from(sorted(FILES))), max_size=8))
def test_after_any_edits_it_is_the_answer_without_a_cache(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[set[tuple[str, int]], str]]
) -> None:
    folder = tmp_path_factory.mktemp("links")
    (folder / "pyproject.toml").write_text("")
    chosen: set[tuple[str, int]] = set()
    for toggled, path in [(set[tuple[str, int]](), "a.py"), *steps]:
        chosen ^= toggled
        write(folder, chosen)
        note(f"{path}: {sorted(chosen)}")
        assert answer(folder / path) == answer(folder / path, no_cache=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "far.py").write_text("def far(thing):\n    return thing.elsewhere\n")
    write(tmp_path, set())
    return tmp_path


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose facts were read from the cache."""
    paths: list[str] = []
    load = gather._remembered

    def noted(sources: Sources, path: str, *rest: Any) -> FileFacts:
        paths.append(path)
        return load(sources, path, *rest)

    monkeypatch.setattr(gather, "_remembered", noted)
    return paths


def test_what_has_nothing_to_say_is_not_read(project: Path, loaded: list[str]) -> None:
    answer(project / "a.py")
    (project / "a.py").write_text((project / "a.py").read_text() + "\n# a line more\n")
    answer(project / "a.py")
    assert "b.py" in loaded
    assert "far.py" not in loaded


LIVE = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self._build()
        self.part = nn.Linear(8, 8)
        self.parts = nn.Sequential(self.part)

    def _build(self):
        self.built = nn.Linear(8, 8)

    def forward(self, x):
        return self.parts(self.built(x))
"""


def answer_again_beside(far: str, net: str, folder: Path) -> None:
    """Ask about a file beside another one, and again after an edit."""
    (folder / "pyproject.toml").write_text("")
    (folder / "far.py").write_text(far)
    (folder / "net.py").write_text(net)
    answer(folder / "net.py")
    (folder / "net.py").write_text(net + "# a line more\n")
    answer(folder / "net.py")


@pytest.mark.parametrize(
    "far",
    [
        "class Far:\n    def far(self):\n        return self.part, self.built, self._build()\n",
        "class Far:\n    def far(self, name):\n        return getattr(self, name)\n",
        "def far(thing):\n    return [part(1) for part in thing.children()]\n",
        "class Far:\n    def __init__(self):\n        self.part = 1\n",
    ],
)
def test_what_is_read_where_it_is_defined_is_looked_for_nowhere_else(
    tmp_path: Path, loaded: list[str], far: str
) -> None:
    answer_again_beside(far, LIVE, tmp_path)
    assert "far.py" not in loaded


def test_who_reads_a_private_method_in_another_class_is_not_looked_at(tmp_path: Path, loaded: list[str]) -> None:
    live = LIVE.replace("_build", "_prepare").replace("return self.parts", "self._prepare()\n        return self.parts")
    far = "class Far:\n    def far(self, other):\n        return other._prepare()\n"
    answer_again_beside(far, live, tmp_path)
    assert "far.py" not in loaded


def test_who_ties_weights_of_that_name_elsewhere_is_not_looked_at(tmp_path: Path, loaded: list[str]) -> None:
    tied = LIVE.replace("):\n", '):\n    tied = {"built.weight": "part.weight"}\n\n', 1).replace(
        "Sequential(self.part)", "ReLU()"
    )
    answer_again_beside('class Far:\n    tied = {"one.weight": "part.weight"}\n', tied, tmp_path)
    assert "far.py" not in loaded


OWNER = (
    LIVE.replace("self._build()", "self.old = nn.Linear(8, 8)\n        self._build()")
    + """

class Owner(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def forward(self, x):
        return self.net.old(x)
"""
)


def test_who_moves_items_of_other_lists_is_not_looked_at(tmp_path: Path, loaded: list[str]) -> None:
    far = "class Far:\n    def far(self):\n        return self.queue.pop()\n"
    answer_again_beside(far, OWNER, tmp_path)
    assert "far.py" not in loaded


def test_who_calls_the_method_of_its_own_base_is_not_looked_at(tmp_path: Path, loaded: list[str]) -> None:
    far = "class Far:\n    def forward(self, x):\n        return super().forward(x)\n"
    answer_again_beside(far, OWNER, tmp_path)
    assert "far.py" not in loaded


def test_of_what_many_classes_have_no_class_is_looked_at(tmp_path: Path, loaded: list[str]) -> None:
    for number in range(MAX_OWNERS + 2):
        (tmp_path / f"many{number}.py").write_text("class Far:\n    def pick(self):\n        return self\n")
    dead = LIVE.replace("self._build()", "self.old = nn.Linear(8, 8)\n        self._build()")
    answer_again_beside("", dead + "\n\ndef picking(thing):\n    return thing.pick().old(1)\n", tmp_path)
    assert "many0.py" not in loaded


def test_who_imports_what_is_not_looked_up_again(tmp_path: Path, loaded: list[str]) -> None:
    (tmp_path / "beside.py").write_text("from far import far\n")
    dead = LIVE.replace("self._build()", "self.old = nn.Linear(8, 8)\n        self._build()")
    answer_again_beside("def far(thing):\n    return thing.old(1)\n", dead, tmp_path)
    assert "far.py" in loaded
    assert "beside.py" not in loaded


def test_installed_files_are_extracted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "far.py").write_text(LIVE.replace("Net", "Far"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text("")
    net = tmp_path / "project" / "net.py"
    net.write_text("from far import Far\n\n\nclass Net(Far):\n    pass\n")
    extracted: list[bytes] = []

    def noted(source: bytes) -> FileFacts:
        extracted.append(source)
        return extract(source)

    monkeypatch.setattr("initlint.facts.extract.extract", noted)
    for text in (net.read_text(), net.read_text() + "# a line more\n", "import far\n" + net.read_text()):
        net.write_text(text)
        answer(net, site_packages=(str(tmp_path / "site"),))
    assert extracted.count((tmp_path / "site" / "far.py").read_bytes()) == 1


def test_links_are_those_of_a_run_over_all_files_too(project: Path, loaded: list[str]) -> None:
    (project / "net.py").write_text(LIVE)
    answer(project)
    (project / "net.py").write_text(LIVE + "# a line more\n")
    answer(project / "net.py")
    assert "far.py" not in loaded


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        ("return thing.elsewhere", "return thing.old", True),
        ("def far", "import a\n\n\ndef far", False),
        ("def far", "def near", False),
        ("def far", "class Far:\n    pass\n\n\ndef far", False),
        ("def far", "far = 1\n\n\ndef far", False),
    ],
)
def test_links_stand_unless_a_file_says_something_else_to_others(
    project: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, stands: bool
) -> None:
    found: list[links.Standing | None] = []
    recall = links.recall

    def noted(*given: Any) -> links.Standing | None:
        found.append(recall(*given))
        return found[-1]

    monkeypatch.setattr(links, "recall", noted)
    answer(project / "a.py")
    (project / "far.py").write_text((project / "far.py").read_text().replace(before, after))
    assert answer(project / "a.py") == answer(project / "a.py", no_cache=True)
    assert [each is not None for each in found] == [False, stands]


@pytest.mark.parametrize(
    "lines",
    [
        ("        return self.net.old(x)",),
        ("        return [part(x) for part in self.net.children()]",),
        ("class Heir(Mixin, Net):", "    def look(self):", "        return self.built"),
        ("    owner.net.tied(1)",),
        ('    getattr(owner.net, f"layer{0}")(1)',),
        ("    return model.layer0(x) + model.free(x)",),
    ],
)
def test_a_reader_in_another_file_comes_and_goes(project: Path, lines: tuple[str, ...]) -> None:
    places = {(path, n) for path, n in LINES if FILES[path].splitlines()[n].removeprefix("? ") in lines}
    before = answer(project / "a.py")
    write(project, places)
    after = answer(project / "a.py")
    assert after != before
    assert after == answer(project / "a.py", no_cache=True)
    write(project, set())
    assert answer(project / "a.py") == before
