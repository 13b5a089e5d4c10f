"""Constructions of code that is large, deep or recursive: what is known, and what is said if initlint gives up."""

from __future__ import annotations

from checking import check_sources

from initlint.construction.ledger import Construction, Ledgers
from initlint.facts.extract import extract
from initlint.project.project import Project

PRELUDE = "import torch\nfrom torch import nn\n\n"


def constructed(name: str, **files: str) -> Construction:
    """The construction of one class of a project."""
    texts = {f"{stem}.py": (PRELUDE + text).encode() for stem, text in files.items()}
    project = Project({path: extract(text) for path, text in texts.items()}, texts.__getitem__)
    return Ledgers(project).construction(next(id for id in project.classes if id.endswith(f"::{name}")))


def answers(construction: Construction) -> dict[str, str]:
    return {define.definition.attribute: define.definition.draws.value for define in construction.definitions}


def module(name: str, parameters: str, *lines: str) -> str:
    body = "".join(f"        {line}\n" for line in ("super().__init__()", *lines))
    return f"class {name}(nn.Module):\n    def __init__(self{parameters}):\n{body}\n"


def chained(depth: int, one: str, other: str) -> str:
    """Classes that each build the next one twice, with these arguments."""
    classes = (
        module(f"C{i}", ", key=''", f"self.one = C{i + 1}({one})", f"self.other = C{i + 1}({other})")
        for i in range(depth)
    )
    return "".join(classes) + module(f"C{depth}", ", key=''", "self.end = nn.Linear(8, 8)")


def test_what_lies_deep_is_known() -> None:
    assert answers(constructed("C0", a=chained(20, "key", "key"))) == {"one": "yes", "other": "yes"}


def test_what_is_built_in_too_many_ways_may_draw_and_hides_nothing_that_stands_beside_it() -> None:
    text = chained(16, "'a' + key", "'b' + key") + module("Net", "", "self.first = C0()", "self.last = nn.Linear(8, 8)")
    construction = constructed("Net", a=text)
    assert answers(construction) == {"first": "unknown", "last": "yes"}
    assert not construction.cut


def test_classes_that_build_each_other_are_each_followed_once() -> None:
    names = [f"C{i}" for i in range(9)]
    text = "".join(module(name, "", *(f"self.{each.lower()} = {each}()" for each in names)) for name in names)
    net = module("Net", "", "self.all = C0()", "self.last = nn.Linear(8, 8)")
    assert answers(constructed("Net", a=text + net)) == {"all": "unknown", "last": "yes"}


def test_a_constructor_that_is_not_read_to_its_end_is_said_to_be_too_large() -> None:
    table = f"sizes = [{'0, ' * 100_000}]"
    text = PRELUDE + module("Net", "", "self.first = nn.Linear(8, 8)", table, "self.last = nn.Linear(8, 8)")
    found = [(finding.code, finding.attribute, finding.message) for finding in check_sources({"a.py": text})]
    assert [(code, attribute) for code, attribute, _ in found] == [("SOH901", ""), ("SOH101", "first")]
    assert "`Net` is too large to be followed to its end" in found[0][2]


def test_a_draw_in_another_file_is_none_of_what_is_discarded_on_the_same_line() -> None:
    discards = """from b import Base
class Net(Base):
    def __init__(self):
        super().__init__()
        nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Identity())
        self.kept = nn.Linear(8, 8)
        self.late()
"""
    draws = """class Base(nn.Module):
    def __init__(self):
        super().__init__()
    def late(self):
        self.last = nn.Linear(8, 8)
"""
    construction = constructed("Net", a=discards, b=draws)
    assert [construction.after_discard(discard) for discard in construction.discards] == [("kept", "last")]
