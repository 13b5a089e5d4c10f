"""Ordinary edits of small programs: the answer that both versions get, held to what torch draws when both are built."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from test_comparison import compared

from initlint.comparison.compare import Verdict
from initlint.comparison.words import answer
from initlint.runtime.ledger import Recorder, named_tensors

HEAD = """
import math
import torch
from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum
from torch import nn
from typing import NamedTuple
"""
INIT = """
def init(self, m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight)
"""


def program(body: str, parameters: str = "", head: str = "", more: str = "") -> str:
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    methods = textwrap.indent(textwrap.dedent(more), " " * 4)
    begin = f"class Net(nn.Module):\n    def __init__(self, {parameters}):\n        super().__init__()\n"
    return f"{HEAD}{textwrap.dedent(head)}\n\n{begin}{lines}\n{methods}"


def built(text: str) -> tuple[list[tuple[str, str]], list[bytes]]:
    """The states of the generator around every draw, and all that the tensors hold."""
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec", dont_inherit=True), names)
    torch.manual_seed(0)
    with Recorder(keep=True) as recorder:
        net = names["Net"]()
    tensors = {tensor.detach().numpy().tobytes() for _, tensor in named_tensors(net) if not tensor.is_meta}
    return [(draw.before, draw.after) for draw in recorder.draws], sorted(tensors)


def agree(old: str, new: str, verdict: Verdict) -> None:
    """Both versions get that verdict, and it is right for what is built without arguments."""
    comparison = compared(old, new)
    assert comparison.verdict is verdict, answer(comparison)
    (states, tensors), (others, held) = built(old), built(new)
    assert (states == others) is (verdict is not Verdict.PART)
    if verdict is Verdict.SAME:
        assert tensors == held


LOOPS = {
    "append in a loop": (
        "self.a = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])\nself.apply(self.init)",
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    self.a.append(nn.Linear(4, 4))\nself.apply(self.init)",
        Verdict.SAME,
    ),
    "attributes in a loop": (
        "self.a = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])\nself.apply(self.init)",
        "for i in range(n):\n    setattr(self, f'a{i}', nn.Linear(4, 4))\nself.apply(self.init)",
        Verdict.SAME,
    ),
    "keys in a loop": (
        "self.a = nn.ModuleDict({f'{i}': nn.Linear(4, 4) for i in range(n)})\nself.apply(self.init)",
        "self.a = nn.ModuleDict()\nfor i in range(n):\n    self.a[f'{i}'] = nn.Linear(4, 4)\nself.apply(self.init)",
        Verdict.SAME,
    ),
    "appended in two loops": (
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    for _ in range(2):\n        self.a.append(nn.Linear(4, 4))"
        "\nself.apply(self.init)",
        "self.a = nn.ModuleList([nn.Linear(4, 4) for _ in range(n) for _ in range(2)])\nself.apply(self.init)",
        Verdict.SAME,
    ),
    "initialised in every turn, and once": (
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    self.a.append(nn.Linear(4, 4))\n    self.apply(self.init)",
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    b = nn.Linear(4, 4)\n    self.init(b)\n    self.a.append(b)",
        Verdict.PART,
    ),
    "another number of layers to begin with": (
        "self.a = nn.ModuleList()\nself.a.append(nn.Linear(4, 4))\nwhile len(self.a) < n:\n    self.a.append(nn.Linear(4, 4))",
        "self.a = nn.ModuleList()\nself.b = nn.Linear(4, 4)\nwhile len(self.a) < n:\n    self.a.append(nn.Linear(4, 4))",
        Verdict.PART,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), LOOPS.values(), ids=LOOPS.keys())
def test_what_every_turn_of_a_loop_adds(old: str, new: str, verdict: Verdict) -> None:
    agree(program(old, "n=3", more=INIT), program(new, "n=3", more=INIT), verdict)


def test_a_choice_in_every_turn_is_one_of_its_arms() -> None:
    """What is not there in one arm is not asked what it is."""
    body = "self.a = nn.ModuleList([nn.Linear(4, 4) if wide else None for _ in range(n)])\nself.apply(self.init)"
    old, new = (
        program(body, "n=3, wide=True", more=INIT.replace("m.weight)", f"m.weight, std={std})")) for std in (1, 2)
    )
    agree(old, new, Verdict.VALUES)
