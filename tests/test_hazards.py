"""What goes wrong with one class costs no other class anything."""

from __future__ import annotations

import pytest
from checking import check_sources

from initlint import hazards
from initlint.facts.extract import extract
from initlint.model import Confidence
from initlint.project import link, suspects
from initlint.project.readers import Readers

DEAD = """
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(8, 8)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(x)
"""
TWO = "from torch import nn\n" + DEAD.format(name="One") + DEAD.format(name="Two")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError(), "`One` is nested too deeply to be followed; "),
        (KeyError("x"), "`One` brings out a defect in initlint, please report it: KeyError: 'x' at "),
    ],
)
def test_a_class_that_cannot_be_followed_is_named(error: Exception, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = hazards.suspects

    def deep(readers, infos):  # type: ignore[no-untyped-def]
        if infos[0].facts.name == "One":
            raise error
        return followed(readers, infos)

    monkeypatch.setattr(hazards, "suspects", deep)
    found = check_sources({"net.py": TWO})
    places = [(finding.code, finding.span.line, finding.attribute) for finding in found]
    assert places == [("SOH901", 3, ""), ("SOH101", 15, "old")]
    assert found[0].message.startswith(said)


def test_an_alias_that_holds_itself_says_nothing() -> None:
    alias = 'from typing import Type\n\nLayer = Type["Layer"]\n\n\ndef use(layer: Layer):\n    return layer.old\n'
    (found,) = check_sources({"net.py": "from torch import nn\n" + DEAD.format(name="One"), "use.py": alias})
    assert (found.attribute, found.confidence) == ("old", Confidence.POSSIBLE)


NUMBERED = """
class {name}(nn.Module):
    def __init__(self, count):
        super().__init__()
        for i in range(3):
            setattr(self, f"old{{i}}", nn.Linear(8, 8))
        for i in range(count):
            self.add_module(f"tail{{i}}", nn.Linear(8, 8))
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head({read})
"""


def test_what_computed_names_make_is_one_definition() -> None:
    text = "from torch import nn\n" + NUMBERED.format(name="Net", read="x")
    found = [(finding.span.line, finding.attribute, finding.shifts) for finding in check_sources({"net.py": text})]
    assert found == [(7, "old*", ("tail*", "head")), (9, "tail*", ("head",))]


@pytest.mark.parametrize(
    ("read", "left"),
    [
        ("self.old1(x)", ["old0", "old2", "tail*"]),
        ("self.tail1(x)", ["old*"]),
        ('getattr(self, f"tail{len(x)}")(x)', ["old*"]),
        ('getattr(self, "ta" + str(x))(x)', ["old*"]),
        ("getattr(self, x)(x)", []),
        ("self.__getattr__(f'old{x}')(x)", ["tail*"]),
        ("self.get_submodule(f'old{x}')(x)", ["tail*"]),
        ("self._modules[f'old{x}'](x)", ["tail*"]),
    ],
)
def test_a_read_of_one_of_them_is_a_read(read: str, left: list[str]) -> None:
    """Of all of them where nothing tells how many there are; where all are known, of that one."""
    text = "from torch import nn\n" + NUMBERED.format(name="Net", read=read)
    assert [finding.attribute for finding in check_sources({"net.py": text})] == left


FORMATTED = """from torch import nn


class Net(nn.Module):
    def __init__(self, count):
        super().__init__()
        for i in range(count):
            self.add_module({old}, nn.Linear(8, 8))
            self.add_module("tail_{{}}".format(i), nn.Linear(8, 8))

    def forward(self, x):
        return getattr(self, "tail_{{}}".format(len(x)))(x)
"""


@pytest.mark.parametrize("old", ['"old_{}".format(i)', '"old_%d" % i', '"old_" + str(i)', 'f"old_{i}"'])
def test_a_name_is_filled_in_however_that_is_written(old: str) -> None:
    found = check_sources({"net.py": FORMATTED.format(old=old)})
    assert [(finding.attribute, finding.confidence) for finding in found] == [("old_*", Confidence.CERTAIN)]


def test_a_read_from_elsewhere_is_a_read() -> None:
    text = "from torch import nn\n" + NUMBERED.format(name="Net", read="x")
    use = "from net import Net\n\n\ndef use(net: Net, x):\n    return net.tail0(net.old2(x))\n"
    assert [finding.attribute for finding in check_sources({"net.py": text, "use.py": use})] == ["old0", "old1"]


REGISTERED = """from torch import nn


class Net(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.parts = [nn.Linear(8, 8) for _ in range(count)]
        for i, part in enumerate(self.parts):
            self.add_module({name}, part)

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x
"""


@pytest.mark.parametrize("name", ['f"part{i}"', '"part{}".format(i)', '"part%d" % i', '"_".join(["part", str(i)])'])
def test_what_is_only_registered_is_held_elsewhere(name: str) -> None:
    assert check_sources({"net.py": REGISTERED.format(name=name)}) == ()


TORCH = {
    "torch/__init__.py": "",
    "torch/nn/__init__.py": "from .modules import *\nfrom .modules import Linear, Module\n",
    "torch/nn/modules/__init__.py": "from .linear import Linear\nfrom .module import Module\n",
    "torch/nn/modules/module.py": "class Module:\n    def __init__(self):\n        self._modules = {}\n",
    "torch/nn/modules/linear.py": """from .module import Module


class Linear(Module):
    def __init__(self, width, height):
        super().__init__()

    def forward(self, x):
        return x
""",
    "torch/testing/nets.py": """from torch import nn
from torch.nn.modules.module import Module


class Net(Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(2, 2)
        self.new = nn.Linear(2, 2)

    def forward(self, x):
        return self.new(x)
""",
}


def test_torch_itself_is_known_as_torch() -> None:
    found = [(finding.code, finding.path, finding.attribute, finding.shifts) for finding in check_sources(TORCH)]
    assert found == [("SOH101", "torch/testing/nets.py", "old", ("new",))]


SHOWN = """
from torch import nn

class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = None

    def forward(self, x):
        return self.head(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.decoder = Decoder()
        self.head = nn.Linear(8, 8)
        {given}

    def forward(self, x):
        return self.head(self.decoder(x))
"""


@pytest.mark.parametrize(
    ("given", "constructed"),
    [("self.decoder.head = self.head", []), ("self.decoder.head = nn.Linear(8, 8)", ["net.py::Net"])],
)
def test_what_an_instance_keeps_and_shows_to_a_part_needs_no_construction(given: str, constructed: list[str]) -> None:
    source = SHOWN.format(given=given).encode()
    project = link({"net.py": extract(source)}, {"net.py": source}.__getitem__)
    found = suspects.suspects(Readers(project), suspects.candidates(project, frozenset({"net.py"})))
    assert [suspect.cls for suspect in found] == constructed
