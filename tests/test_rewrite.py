"""Every kind of definition with every strategy: the promise of each strategy is checked by running the result."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from textwrap import indent

import pytest

torch = pytest.importorskip("torch")

from checking import check_sources
from torch import Tensor, nn

from initlint.model import Finding, Strategy
from initlint.rewrite import Rewritten, rewrite

SEED = 7
REMOVE, ISOLATE, KEEP_STREAM = Strategy.REMOVE, Strategy.ISOLATE, Strategy.KEEP_STREAM

TEMPLATE = """\
import torch
from torch import nn


def make(dim):
    return nn.Linear(dim, dim)


class Net(nn.Module):
    def __init__(self, dim=4, flag=True):
        super().__init__()
        self.first = nn.Linear(dim, dim)
{body}
        self.last = nn.Linear(dim, dim)
{late}

{members}

    def forward(self, x):
        return self.last(self.first(x)), getattr(self, "kept", None)
"""


@dataclass(frozen=True)
class Case:
    """A definition of `self.old`, and how the class reads if nobody had ever written it: lines that start with `-`
    stand only in the first, lines with `+` only in the second. `refused` are the reasons by strategy."""

    body: str
    late: str = ""
    members: str = ""
    refused: tuple[tuple[Strategy, str], ...] = ()

    def text(self, sign: str) -> str:
        parts = {"body": (self.body, 8), "late": (self.late, 8), "members": (self.members, 4)}
        return TEMPLATE.format(
            **{name: indent(_version(text, sign), " " * depth) for name, (text, depth) in parts.items()}
        )

    @property
    def source(self) -> str:
        return self.text("-")

    @property
    def by_hand(self) -> str:
        return self.text("+")


def _version(text: str, sign: str) -> str:
    lines = [line for line in text.strip("\n").split("\n") if line[:1] in ("", " ", sign)]
    return "\n".join(line[2:] for line in lines)


WITH_OTHERS = ((ISOLATE, "it is made in one statement with others"),)


def no_fix(code: str) -> tuple[tuple[Strategy, str], ...]:
    return tuple((strategy, f"{code} has no fix `{strategy.value}`") for strategy in (ISOLATE, KEEP_STREAM))


NOT_FOLLOWED = tuple((s, "it is given to the instance in a way that is not followed here") for s in Strategy)

CASES = {
    "plain": Case("- self.old = nn.Linear(dim, dim)"),
    "annotated": Case("- self.old: nn.Module = nn.Linear(dim, dim)"),
    "over lines": Case("- self.old = nn.Linear(\n-     dim,\n-     dim,\n- )"),
    "parameter": Case("- self.old = nn.Parameter(torch.randn(dim))"),
    "still parameter": Case("- self.old = nn.Parameter(torch.ones(dim))", refused=no_fix("SOH202")),
    "still module": Case("- self.old = nn.Dropout(0.1)", refused=no_fix("SOH201")),
    "tensor": Case("- self.old = torch.randn(dim)"),
    "buffer": Case('- self.register_buffer("old", torch.randn(dim))'),
    "nn.Buffer": Case("- self.old = nn.Buffer(torch.randn(dim))"),
    "setattr": Case('- setattr(self, "old", nn.Linear(dim, dim))'),
    "unpacked from a map": Case(
        "- (self.old,) = map(lambda size: nn.Linear(size, dim), (dim,))",
        refused=((KEEP_STREAM, "it is made only when it is unpacked"),),
    ),
    "named in a loop": Case(
        '  for name in ("kept", "old"):\n      setattr(self, name, nn.Linear(dim, dim))',
        refused=tuple((s, "its name is computed, and the statement makes others too") for s in Strategy),
    ),
    "by another name of the instance": Case("  me = self\n- me.old = nn.Linear(dim, dim)", refused=NOT_FOLLOWED),
    "past registration": Case('- self.__dict__["old"] = nn.Linear(dim, dim)', refused=NOT_FOLLOWED),
    "add_module": Case('- self.add_module("old", nn.Linear(dim, dim))'),
    "register_module": Case('- self.register_module("old", nn.Linear(dim, dim))'),
    "register_parameter": Case('- self.register_parameter("old", nn.Parameter(torch.rand(dim)))'),
    "registry": Case('- self._modules["old"] = nn.Linear(dim, dim)'),
    "conditional expression": Case("- self.old = nn.Linear(dim, dim) if flag else None"),
    "if": Case("  if flag:\n-     self.old = nn.Linear(dim, dim)\n+     pass"),
    "if and else": Case(
        "  if flag:\n-     self.old = nn.Linear(dim, dim)\n+     pass\n"
        "  else:\n-     self.old = nn.Conv1d(dim, dim, 1)\n+     pass"
    ),
    "if and None": Case("  if flag:\n-     self.old = nn.Linear(dim, dim)\n+     pass\n  else:\n      self.old = None"),
    "one-line if": Case("- if flag: self.old = nn.Linear(dim, dim)\n+ if flag: pass"),
    "context": Case("- with torch.no_grad():\n-     self.old = nn.Linear(dim, dim)"),
    "semicolons": Case("- self.a = 1; self.old = nn.Linear(dim, dim); self.b = 2\n+ self.a = 1; self.b = 2"),
    "chained": Case("- self.old = self.older = nn.Linear(dim, dim)"),
    "of a tuple": Case(
        "- self.kept, self.old = nn.Linear(dim, dim), nn.Linear(dim, dim)\n+ self.kept = nn.Linear(dim, dim)",
        refused=WITH_OTHERS,
    ),
    "first of a tuple": Case(
        "- self.old, self.kept = nn.Linear(dim, dim), nn.Linear(dim, dim)\n+ self.kept = nn.Linear(dim, dim)",
        refused=WITH_OTHERS,
    ),
    "unpacked": Case(
        "- self.kept, self.old = [nn.Linear(dim, dim) for _ in range(2)]\n"
        "+ self.kept, _ = [nn.Linear(dim, dim) for _ in range(2)]",
        refused=(
            (REMOVE, "it is unpacked from a value that makes others too"),
            (ISOLATE, "it is unpacked from a value that makes others too"),
        ),
    ),
    "walrus": Case("- self.old = (wide := nn.Linear(dim, dim))"),
    "walrus that is read": Case(
        "- self.old = (wide := nn.Linear(dim, dim))\n- self.size = wide.out_features\n+ self.size = dim",
        refused=((REMOVE, "`wide`, which it names on the way, is read in line 14"),),
    ),
    "a local": Case("- old = nn.Linear(dim, dim)\n- self.old = old"),
    "a local that is read": Case(
        "- old = nn.Linear(dim, dim)\n- self.old = old\n- self.size = old.out_features\n+ self.size = dim",
        refused=(
            (REMOVE, "`old`, which it is made of, is needed in line 15"),
            (ISOLATE, "`old`, which it is made of, is needed in line 15"),
        ),
    ),
    "a method": Case(
        "- self.old = self._make(dim)", members="  def _make(self, dim):\n      return nn.Linear(dim, dim)"
    ),
    "a method that does more": Case(
        "- self.old = self._make(dim)\n+ self.dim = 2 * dim",
        members="  def _make(self, dim):\n      self.dim = 2 * dim\n      return nn.Linear(dim, dim)",
        refused=((REMOVE, "`_make` changes `dim` too"),),
    ),
    "in a method": Case(
        "  self._build(dim)", members="  def _build(self, dim):\n-     self.old = nn.Linear(dim, dim)\n+     pass"
    ),
    "a function": Case("- self.old = make(dim)"),
    "a closure": Case("- def build():\n-     return nn.Linear(dim, dim)\n- self.old = build()"),
    "a lambda": Case("- build = lambda: nn.Linear(dim, dim)\n- self.old = build()"),
    "container": Case("- self.old = nn.Sequential(nn.Linear(dim, dim), nn.ReLU())"),
    "comprehension": Case("- self.old = nn.ModuleList([nn.Linear(dim, dim) for _ in range(3)])"),
    "appended in a loop": Case(
        "- self.old = nn.ModuleList()\n- for _ in range(2):\n-     self.old.append(nn.Linear(dim, dim))"
    ),
    "grown": Case(
        "- self.old = nn.ModuleList()", late="- self.old += [nn.Linear(dim, dim)]\n- self.old.extend([make(dim)])"
    ),
    "built in a local list": Case(
        "- layers = []\n- for _ in range(2):\n-     layers.append(nn.Linear(dim, dim))\n"
        "- self.old = nn.Sequential(*layers)"
    ),
    "a loop that builds more": Case(
        "- self.old, self.kept = nn.ModuleList(), nn.ModuleList()\n+ self.kept = nn.ModuleList()\n"
        "  for _ in range(2):\n-     self.old.append(nn.Linear(dim, dim))\n      self.kept.append(nn.Linear(dim, dim))",
        refused=WITH_OTHERS,
    ),
    "initialised": Case(
        "- self.old = nn.Linear(dim, dim)",
        late="- nn.init.normal_(self.old.weight)\n- nn.init.zeros_(self.old.bias)\n"
        "- self.old.weight.requires_grad = False",
    ),
    "initialised under a condition": Case(
        "- self.old = nn.Linear(dim, dim)",
        late="- if self.old.bias is not None:\n-     nn.init.uniform_(self.old.bias)",
    ),
    "initialised in a loop": Case(
        "- self.old = nn.Linear(dim, dim)", late="- for p in self.old.parameters():\n-     nn.init.uniform_(p)"
    ),
    "initialised without gradients": Case(
        "- self.old = nn.Linear(dim, dim)", late="- with torch.no_grad():\n-     self.old.weight.normal_()"
    ),
    "initialised in a method": Case(
        "- self.old = nn.Linear(dim, dim)",
        late="  self.reset_parameters()",
        members="  def reset_parameters(self):\n      nn.init.normal_(self.first.weight)\n"
        "-     nn.init.normal_(self.old.weight)",
        refused=((KEEP_STREAM, "line 19 still needs it: `nn.init.normal_(self.old.weight)`"),),
    ),
    "frozen in a method": Case(
        "- self.old = nn.Linear(dim, dim)",
        late="  self.reset_parameters()",
        members="  def reset_parameters(self):\n      nn.init.normal_(self.first.weight)\n"
        "-     self.old.weight.data.fill_(0)",
    ),
    "unpacked and initialised": Case(
        "- self.kept, self.old = [nn.Linear(dim, dim) for _ in range(2)]\n- nn.init.normal_(self.old.weight)\n"
        "+ self.kept, old = [nn.Linear(dim, dim) for _ in range(2)]\n+ nn.init.normal_(old.weight)",
        refused=(
            (REMOVE, "it is unpacked from a value that makes others too"),
            (ISOLATE, "it is unpacked from a value that makes others too"),
        ),
    ),
    "read for its size": Case(
        "- self.old = nn.Linear(dim, dim)\n- self.size = self.old.in_features\n+ self.size = dim",
        refused=((REMOVE, "line 14 still needs it: `self.size = self.old.in_features`"),),
    ),
    "swept": Case(
        "- self.old = nn.Linear(dim, dim)",
        late="  self.apply(self._init_weights)",
        members="  def _init_weights(self, m):\n"
        "      if isinstance(m, nn.Linear):\n          nn.init.normal_(m.weight)",
        refused=(
            (ISOLATE, "`self.apply(self._init_weights)` may draw for it along with others"),
            (KEEP_STREAM, "`self.apply(self._init_weights)` may draw for it along with others"),
        ),
    ),
    "overwritten": Case(
        "- self.kept = nn.Linear(dim, dim)\n- nn.init.normal_(self.kept.weight)\n  self.kept = nn.Linear(dim, dim)"
    ),
    "discarded": Case("- nn.Linear(dim, dim)"),
    "discarded tensor": Case("- noise = torch.randn(dim)"),
    "discarded list": Case("- layers = [nn.Linear(dim, dim) for _ in range(2)]"),
    "discarded items": Case(
        '- layers = []\n- parts = {}\n- layers.append(nn.Linear(dim, dim))\n- parts["a"] = nn.Linear(dim, dim)'
    ),
    "discarded list that is counted": Case(
        "- layers = [nn.Linear(dim, dim)]\n- self.depth = len(layers)",
        refused=((REMOVE, "line 14 still needs it: `self.depth = len(layers)`"),),
    ),
}


def found(text: str) -> list[Finding]:
    """The findings that are reported."""
    return list(check_sources({"net.py": text}))


def mended(text: str, strategy: Strategy) -> Rewritten:
    return rewrite(text.encode(), found(text), strategy)


@dataclass(frozen=True)
class Built:
    """The values of all tensors by name, not only of parameters, and the final state of the stream."""

    tensors: dict[str, Tensor]
    keys: set[str]
    stream: Tensor

    def differing(self, other: Built) -> set[str]:
        both = self.tensors.keys() & other.tensors.keys()
        return {name for name in both if not torch.equal(self.tensors[name], other.tensors[name])}


def built(text: str) -> Built:
    """The module of a text, constructed under the seed."""
    names: dict[str, type[nn.Module]] = {}
    exec(compile(text, "net.py", "exec"), names)
    torch.manual_seed(SEED)
    net = names["Net"]()
    stream = torch.get_rng_state()
    net(torch.ones(2, 4))
    plain = {name: value for name, value in vars(net).items() if isinstance(value, Tensor)}
    return Built({**net.state_dict(), **plain}, set(net.state_dict()), stream)


@pytest.mark.parametrize("strategy", Strategy, ids=lambda strategy: strategy.value)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_matrix(case: Case, strategy: Strategy) -> None:
    result = mended(case.source, strategy)
    reason = dict(case.refused).get(strategy)
    if reason is not None:
        assert {refusal.reason for refusal in result.refused} == {reason}
        assert result.fixed == ()
        assert result.source.decode() == case.source
        return
    assert result.refused == ()
    text = result.source.decode()
    keeps_promise(case, strategy, text)
    places = {finding.attribute for finding in result.fixed}
    assert [finding for finding in found(text) if finding.attribute in places or finding.code == "SOH900"] == []


def keeps_promise(case: Case, strategy: Strategy, text: str) -> None:
    """What a strategy promises about all other weights, about the keys, and about later draws."""
    fixed, unfixed, by_hand = built(text), built(case.source), built(case.by_hand)
    if strategy is REMOVE:
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(case.by_hand))
    if strategy is ISOLATE:
        assert fixed.keys == unfixed.keys
    else:
        assert fixed.keys == by_hand.keys
    reference = unfixed if strategy is KEEP_STREAM else by_hand
    assert fixed.differing(reference) == set()
    assert torch.equal(fixed.stream, reference.stream)


@pytest.mark.parametrize("device", ["xpu", "xpu:1", "mps", "mtia"])
def test_other_devices_are_isolated_too(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generators of that type are read before and restored after; if there are none, only that of the CPU."""
    case = CASES["plain"]
    result = rewrite(case.source.encode(), found(case.source), ISOLATE, device)
    keeps_promise(case, ISOLATE, result.source.decode())
    module = getattr(torch, device.partition(":")[0])
    streams = {0: "start", 1: "start"}
    monkeypatch.setattr(module, "device_count", lambda: len(streams))
    monkeypatch.setattr(module, "get_rng_state", streams.__getitem__)
    monkeypatch.setattr(module, "set_rng_state", lambda state, number: streams.__setitem__(number, state))
    moved = result.source.decode().replace("nn.Linear(dim, dim)  # init", "move() or nn.Linear(dim, dim)  # init")
    monkeypatch.setattr("builtins.move", lambda: streams.update({0: "moved", 1: "moved"}), raising=False)
    assert moved.count("move()") == 1
    built(moved)
    assert streams == {0: "start", 1: "start"}


def test_the_matrix_finds_what_it_is_about() -> None:
    """A case without a finding would prove nothing."""
    assert {name for name, case in CASES.items() if not found(case.source)} == set()
