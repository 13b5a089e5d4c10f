"""Ordinary edits of small programs: the answer for both versions, compared with what torch draws when both are
built."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from test_comparison import compared, side

from initlint.comparison.compare import Verdict, compare
from initlint.comparison.distributions import PARAMETERS
from initlint.comparison.shapes import KEPT, shape_of, sides
from initlint.comparison.terms import Term, constant
from initlint.comparison.words import answer
from initlint.construction import knowledge
from initlint.runtime.ledger import Recorder, named_tensors

HEAD = """
import math
import torch
from collections import namedtuple
from dataclasses import InitVar, dataclass, field, replace
from enum import Enum, IntEnum
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
    """The states of the generator around every draw, and the contents of all tensors."""
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


GROWING = "while len(self.a) < n:\n    self.a.append(nn.Linear(4, 4))"
TWICE = "for _ in range(n):\n    for _ in range(2):\n        self.a.append(nn.Linear(4, 4))"
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
        f"self.a = nn.ModuleList()\n{TWICE}\nself.apply(self.init)",
        "self.a = nn.ModuleList([nn.Linear(4, 4) for _ in range(n) for _ in range(2)])\nself.apply(self.init)",
        Verdict.SAME,
    ),
    "split in two": (
        "for _ in range(n):\n    torch.rand(4)\n    torch.randn(16)",
        "for _ in range(n):\n    torch.rand(4)\nfor _ in range(n):\n    torch.randn(16)",
        Verdict.PART,
    ),
    "joined": (
        "a = [nn.Linear(4, 4) for _ in range(n)]\na += [nn.Linear(4, 5) for _ in range(n)]\nself.a = nn.ModuleList(a)",
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    self.a += [nn.Linear(4, 4), nn.Linear(4, 5)]",
        Verdict.PART,
    ),
    "another loop before": (
        "for _ in range(n):\n    self.a = nn.ReLU()\nfor _ in range(n):\n    torch.rand(4)\n    torch.rand(5)",
        "for _ in range(n):\n    torch.rand(4)\n    torch.rand(5)",
        Verdict.SAME,
    ),
    "the last of them": (
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    self.a.append(nn.Linear(4, 4))\n    self.init(self.a[-1])",
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    b = nn.Linear(4, 4)\n    self.init(b)\n    self.a.append(b)",
        Verdict.SAME,
    ),
    "initialised in every turn, and once": (
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    self.a.append(nn.Linear(4, 4))\n    self.apply(self.init)",
        "self.a = nn.ModuleList()\nfor _ in range(n):\n    b = nn.Linear(4, 4)\n    self.init(b)\n    self.a.append(b)",
        Verdict.PART,
    ),
    "another number of layers to begin with": (
        f"self.a = nn.ModuleList()\nself.a.append(nn.Linear(4, 4))\n{GROWING}",
        f"self.a = nn.ModuleList()\nself.b = nn.Linear(4, 4)\n{GROWING}",
        Verdict.PART,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), LOOPS.values(), ids=LOOPS.keys())
def test_what_every_turn_of_a_loop_adds(old: str, new: str, verdict: Verdict) -> None:
    agree(program(old, "n=3", more=INIT), program(new, "n=3", more=INIT), verdict)


def test_a_choice_in_every_turn_is_one_of_its_arms() -> None:
    """What is missing in one arm is not inspected."""
    body = "self.a = nn.ModuleList([nn.Linear(4, 4) if wide else None for _ in range(n)])\nself.apply(self.init)"
    old, new = (
        program(body, "n=3, wide=True", more=INIT.replace("m.weight)", f"m.weight, std={std})")) for std in (1, 2)
    )
    agree(old, new, Verdict.VALUES)


W = "self.w = nn.Parameter(torch.empty(4, 5))\n"
EACH = "for p in self.parameters():\n    nn.init.normal_(p)"
LAYERS_OF = "self.a = nn.Conv2d(4, k, k)\nself.n = nn.LayerNorm(4)\n"
TIED = "self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)\nself.b.weight = self.a.weight\n"
TRAINED = "for p in self.parameters():\n    if p.requires_grad:\n        nn.init.normal_(p)"
DERIVED = "class Part(nn.Linear):\n    def __init__(self):\n        super().__init__(4, 4)\n"
PARAMETERS_OF = {
    "one by one": (
        f"{LAYERS_OF}{EACH}",
        f"{LAYERS_OF}for m in (self.a, self.n):\n    nn.init.normal_(m.weight)\n    nn.init.normal_(m.bias)",
        Verdict.SAME,
    ),
    "one more": (
        f"self.a = nn.Linear(4, 4, bias=False)\n{EACH}",
        "self.a = nn.Linear(4, 4, bias=False)\nnn.init.normal_(self.a.weight)\nnn.init.normal_(torch.empty(4))",
        Verdict.PART,
    ),
    "matrices": (
        f"{LAYERS_OF}for p in self.parameters():\n    if p.dim() > 1:\n        nn.init.xavier_uniform_(p)",
        f"{LAYERS_OF}nn.init.xavier_uniform_(self.a.weight)",
        Verdict.SAME,
    ),
    "of a module itself": (
        f"{LAYERS_OF}{W}for p in self.parameters(recurse=False):\n    nn.init.normal_(p)",
        f"{LAYERS_OF}{W}nn.init.normal_(self.w)",
        Verdict.SAME,
    ),
    "tied": (
        f"{TIED}{EACH}",
        f"{TIED}for p in (self.a.weight, self.a.bias, self.b.bias):\n    nn.init.normal_(p)",
        Verdict.SAME,
    ),
    "that are frozen": (
        f"{LAYERS_OF}self.a.requires_grad_(False)\n{TRAINED}",
        f"{LAYERS_OF}self.a.weight.requires_grad = self.a.bias.requires_grad = False\n{EACH.replace('self', 'self.n')}",
        Verdict.SAME,
    ),
    "one that is taken away": (
        f"self.a = nn.Linear(4, 4)\nself.a.bias = None\n{EACH}",
        "self.a = nn.Linear(4, 4)\nself.a.bias = None\nnn.init.normal_(self.a.weight)",
        Verdict.SAME,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), PARAMETERS_OF.values(), ids=PARAMETERS_OF.keys())
def test_parameters_of_layers_are_gone_through(old: str, new: str, verdict: Verdict) -> None:
    agree(program(old, "k=3"), program(new, "k=3"), verdict)


SHARED = "l = nn.Linear(4, 4)\nself.a = nn.Sequential({})\nself.b = nn.Sequential(l)\n"
APPLIED = {
    "in one module": (SHARED.format("l, l") + "self.a.apply(self.init)", SHARED.format("l, l") + "self.init(l)"),
    "in two": (SHARED.format("l") + "self.apply(self.init)", SHARED.format("l") + "self.init(l)\nself.init(l)"),
}


@pytest.mark.parametrize(("old", "new"), APPLIED.values(), ids=APPLIED.keys())
def test_apply_runs_on_what_is_shared_once_for_each_module_that_has_it(old: str, new: str) -> None:
    agree(program(old, "k=3", more=INIT), program(new, "k=3", more=INIT), Verdict.SAME)


def test_what_is_the_same_in_all_turns_is_one_part() -> None:
    """It exists if there is a turn, which is unknown for what callers pass."""
    body = SHARED.format("*[l for _ in range(k)]")
    old, new = (program(f"{body}{init}", "k=3", more=INIT) for init in ("self.a.apply(self.init)", "self.init(l)"))
    (found,) = compared(old, new).classes
    assert (found.verdict, found.defaults) == (Verdict.UNKNOWN, True)
    assert built(old) == built(new)


def test_parameters_that_others_have_taken_the_place_of_are_not_told() -> None:
    norm = "nn.utils.parametrizations.weight_norm(self.a)\n"
    old, new = (program(f"self.a = nn.Linear(4, 4)\n{more}{EACH}") for more in ("", norm))
    assert compared(old, new).verdict is Verdict.UNKNOWN
    assert built(old) != built(new)


def test_inherited_parameters_are_those_of_the_base() -> None:
    one = f"{DERIVED}        nn.init.normal_(self.weight)\n        nn.init.normal_(self.bias)\n"
    other = f"{DERIVED}{textwrap.indent(EACH, ' ' * 8)}\n"
    agree(*(program("self.a = Part()", head=head) for head in (one, other)), Verdict.SAME)


ALIKE = {
    "rand": ("self.w = nn.Parameter(torch.rand(4, 5))", f"{W}nn.init.uniform_(self.w)"),
    "randn": ("self.w = nn.Parameter(torch.randn(4, 5))", "self.w = nn.Parameter(torch.empty(4, 5).normal_())"),
    "few": ("self.w = nn.Parameter(torch.randn(3))", "self.w = nn.Parameter(torch.empty(3).normal_(0, 1))"),
    "like": ("self.w = nn.Parameter(torch.randn(4, 5))", f"{W}self.v = nn.Parameter(torch.randn_like(self.w))"),
    "normal": ("self.w = nn.Parameter(torch.normal(0, 2, (4, 5)))", f"{W}self.w.data.normal_(std=2.0)"),
    "by place": (f"{W}nn.init.normal_(self.w, 0, 2)", f"{W}nn.init.normal_(self.w, std=2.0)"),
    "of a layer": (
        "self.a = nn.Linear(4, 5)\nnn.init.uniform_(self.a.weight)",
        "self.a = nn.Linear(4, 5)\nself.a.weight.data.uniform_()",
    ),
    "in no_grad": (
        "self.a = nn.Linear(4, 5)\nself.a.weight.data.normal_()",
        "self.a = nn.Linear(4, 5)\nwith torch.no_grad():\n    self.a.weight.normal_()",
    ),
    "defaults": (f"{W}nn.init.kaiming_uniform_(self.w, a=0)", f"{W}nn.init.kaiming_uniform_(self.w, mode='fan_in')"),
    "worked out": (f"{W}nn.init.normal_(self.w, std=5**0.5)", f"{W}nn.init.normal_(self.w, std=math.sqrt(5))"),
}


@pytest.mark.parametrize(("old", "new"), ALIKE.values(), ids=ALIKE.keys())
def test_functions_that_make_the_same_numbers(old: str, new: str) -> None:
    comparison = compared(program(old), program(new))
    assert comparison.verdict is Verdict.SAME, answer(comparison)
    assert built(program(old))[0] == built(program(new))[0]
    assert set(built(program(old))[1]) <= set(built(program(new))[1])


AMOUNTS = {
    "another distribution": (
        "self.a = nn.Linear(8, 4)\nnn.init.xavier_uniform_(self.a.weight)",
        "self.a = nn.Linear(8, 4)\nnn.init.orthogonal_(self.a.weight)",
        Verdict.VALUES,
    ),
    "no whole block": (
        "self.a = nn.Linear(5, 4)\nnn.init.xavier_uniform_(self.a.weight)",
        "self.a = nn.Linear(5, 4)\nnn.init.normal_(self.a.weight)",
        Verdict.PART,
    ),
    "a kernel": (
        "self.a = nn.Conv2d(4, 4, 3, groups=2)\nnn.init.kaiming_normal_(self.a.weight)",
        "self.a = nn.Conv2d(4, 4, 3, groups=4)\nnn.init.kaiming_normal_(self.a.weight)",
        Verdict.PART,
    ),
    "another kind of number": (
        "self.w = nn.Parameter(torch.randn(4))",
        "self.w = nn.Parameter(torch.randn(4, dtype=torch.float64))",
        Verdict.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), AMOUNTS.values(), ids=AMOUNTS.keys())
def test_how_many_numbers_a_function_makes(old: str, new: str, verdict: Verdict) -> None:
    if verdict is Verdict.UNKNOWN:
        assert compared(program(old), program(new)).verdict is verdict
    else:
        agree(program(old), program(new), verdict)


SIZES = {
    "a sum": ("sum([2, 3])", "5"),
    "of what is passed": ("sum((n, n))", "n + n"),
    "the largest": ("max([2, 5, 3])", "5"),
    "in another order": ("max(n, 2)", "max(2, n)"),
    "from the end": ("sorted([2, 5, 3], reverse=True)[0]", "5"),
    "a function of math": ("math.ceil(3 * 1.5)", "5"),
    "a result of two": ("divmod(17, 3)[0]", "5"),
    "factors of one": ("n * 1 + 0", "n"),
    "a chain": ("5 if 1 < n < 9 else 4", "5 if 1 < n and n < 9 else 4"),
    "what a layer was given": ("nn.Linear(5, 2).in_features", "(nn.Linear(5, 2), 5)[1]"),
    "a shape": ("torch.zeros(2, 5).shape[1]", "5"),
    "a shape of a parameter": ("nn.Linear(5, 2).weight.shape[1]", "(nn.Linear(5, 2), 5)[1]"),
}


@pytest.mark.parametrize(("old", "new"), SIZES.values(), ids=SIZES.keys())
def test_sizes_that_are_worked_out(old: str, new: str) -> None:
    text = "self.a = nn.Linear({}, 4)"
    one, other = (program(text.format(size), "n=3") for size in (old, new))
    agree(one, other, Verdict.SAME)


def test_a_line_in_a_log_draws_nothing() -> None:
    old, new = (program(f"self.a = nn.Linear(4, 4){more}") for more in ("", "\nlogger.warning('small')"))
    head = "from loguru import logger\n"
    assert compared(head + old, head + new).verdict is Verdict.SAME


CONDITIONS = {
    "patterns": (
        "if kind == 'a' or kind == 'b':\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        "match kind:\n    case 'a' | 'b':\n        self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        Verdict.SAME,
    ),
    "what depends on one another": (
        "if isinstance(kind, str):\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        "if isinstance(kind, (str, bytes)):\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        Verdict.UNKNOWN,
    ),
    "what is found by one another": (
        "if REG[kind] is None:\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        "if kind == 'c':\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        Verdict.UNKNOWN,
    ),
    "what callers choose": (
        "if kind.a:\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        "if kind.b:\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
        Verdict.PART,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_conditions_part_where_callers_can_meet_one_alone(old: str, new: str, verdict: Verdict) -> None:
    assert compared(program(old, "kind"), program(new, "kind")).verdict is verdict


META = {
    "a layer": ("self.a = nn.Linear(4, 4, device='meta')", Verdict.SAME),
    "in a context": ("with torch.device('meta'):\n    self.a = nn.Linear(4, 4)", Verdict.SAME),
    "a parameter": ("self.a = nn.Parameter(torch.empty(4, device='meta'))\nnn.init.normal_(self.a)", Verdict.SAME),
    "made real": (
        "with torch.device('meta'):\n    self.a = nn.Linear(4, 4)\nself.a.to_empty(device='cpu')",
        Verdict.PART,
    ),
}


@pytest.mark.parametrize(("body", "verdict"), META.values(), ids=META.keys())
def test_what_is_on_the_meta_device_draws_nothing(body: str, verdict: Verdict) -> None:
    old, new = (program(f"{each}\nself.apply(self.init)\nself.b = nn.Linear(4, 4)", more=INIT) for each in ("", body))
    agree(old, new, verdict)


RECORDS = """
class Kind(Enum):
    A = "a"
    B = "b"
    FIRST = "a"

    @property
    def size(self):
        return 4 if self is Kind.A else 5


class Text(str, Enum):
    A = "a"


class Width(IntEnum):
    SMALL = 4


class Sizes:
    SMALL = 4
    LARGE = SMALL + 1


class Pair(NamedTuple):
    i: int
    o: int = 5


Plain = namedtuple("Plain", "i o")


@dataclass
class Inner:
    i: int = 4


@dataclass
class Config(Inner):
    o: int = 5
    sizes: list = field(default_factory=lambda: [4, 5])
    inner: Inner = field(default_factory=Inner)
    width: int = field(init=False)
    by: InitVar[int] = 2

    def __post_init__(self, by):
        self.width = by * self.i
"""
SAME_SIZES = {
    "value of a member": ("len(Kind.A.value) + 4", "5"),
    "name of a member": ("len(Kind.FIRST.name) + 4", "5"),
    "property of a member": ("Kind.B.size", "5"),
    "a member that is a number": ("Width.SMALL + 1", "5"),
    "a text that is a member": ("5 if Text.A == 'a' else 4", "5"),
    "a member that is no text": ("4 if Kind.A == 'a' else 5", "5"),
    "a member is itself": ("5 if Kind.FIRST is Kind.A else 4", "5"),
    "a key of a table": ("{Kind.A: 4, Kind.B: 5}[Kind.B]", "5"),
    "a name beside": ("Sizes.LARGE", "5"),
    "a named tuple": ("Pair(4).o", "5"),
    "by place": ("Plain(4, 5)[1]", "5"),
    "by name": ("[o for i, o in [Plain(i=4, o=5)]][0]", "5"),
    "a dataclass": ("Config().o", "5"),
    "what is passed to it": ("Config(i=5).i", "5"),
    "by its place": ("Config(4, 5).o", "5"),
    "what it inherits": ("Config().i + 1", "5"),
    "made by a factory": ("Config().sizes[1]", "5"),
    "another record in it": ("Config().inner.i + 1", "5"),
    "what is worked out behind it": ("Config(by=1).width + 1", "5"),
    "replaced": ("replace(Config(), o=6).o - 1", "5"),
}


@pytest.mark.parametrize(("old", "new"), SAME_SIZES.values(), ids=SAME_SIZES.keys())
def test_records_are_made_as_python_makes_them(old: str, new: str) -> None:
    one, other = (program(f"self.a = nn.Linear({size}, 4)", head=RECORDS) for size in (old, new))
    agree(one, other, Verdict.SAME)


PASSED = "class Part(nn.Module):\n    def __init__(self, i, bias=True):\n        super().__init__()\n"
PASSED += "        self.w = nn.Linear(i, 4, bias=bias)\n"
KEYWORDS = {
    "passed on": (("i=4, bias=True", "self.a = Part(i, bias=bias)"), ("i=4, **kw", "self.a = Part(i, **kw)"), "same"),
    "looked up": (("", "self.a = Part(4)"), ("**kw", "self.a = Part(kw.get('i', 4), **kw)"), "same"),
    "another default": (("i=4", "self.a = Part(i)"), ("**kw", "self.a = Part(kw.get('i', 5))"), "part"),
    "dropped": (("i=4, bias=True", "self.a = Part(i, bias=bias)"), ("i=4, **kw", "self.a = Part(i)"), "unknown"),
    "a new option": (("**kw", "self.a = Part(4, **kw)"), ("pad=0, **kw", "self.a = Part(4 + pad, **kw)"), "same"),
    "open in both": (("**kw", "self.a = Part(**kw)"), ("**kw", "self.a = Part(4)"), "unknown"),
}


@pytest.mark.parametrize(("old", "new", "verdict"), KEYWORDS.values(), ids=KEYWORDS.keys())
def test_what_one_side_takes_by_name_the_other_takes_among_its_keywords(
    old: tuple[str, str], new: tuple[str, str], verdict: str
) -> None:
    one, other = (program(body, parameters, head=PASSED) for parameters, body in (old, new))
    assert compared(one, other).verdict is Verdict(verdict)


TOGETHER = {
    "places": (
        "for i in range(n):\n    setattr(self, f'a{i}', nn.Linear(4, i + 1))",
        "for i, x in enumerate([n for _ in range(n)]):\n    setattr(self, f'a{i}', nn.Linear(4, i + 1))",
    ),
    "pairs": (
        "for i in range(n):\n    setattr(self, f'a{i}', nn.Linear(4, 4))",
        "for i, x in zip(range(n), [n for _ in range(n)]):\n    setattr(self, f'a{i}', nn.Linear(4, 4))",
    ),
    "letters": (
        "for k, n in zip('qk', (4, 5)):\n    setattr(self, f'{k}_proj', nn.Linear(4, n))",
        "self.q_proj = nn.Linear(4, 4)\nself.k_proj = nn.Linear(4, 5)",
    ),
    "inserted": (
        "self.a = nn.ModuleList([nn.ReLU(), nn.Linear(4, 4)])",
        "self.a = nn.ModuleList([nn.Linear(4, 4)])\nself.a.insert(0, nn.ReLU())",
    ),
}


@pytest.mark.parametrize(("old", "new"), TOGETHER.values(), ids=TOGETHER.keys())
def test_things_that_are_gone_through_side_by_side(old: str, new: str) -> None:
    agree(program(old, "n=3"), program(new, "n=3"), Verdict.SAME)


def test_a_list_is_not_numbered_where_it_is_not_known_what_it_holds() -> None:
    """Without the second layer the third is the second."""
    body = "layers = [4]\nif n > 3:\n    layers.append(5)\nlayers.append(6)\n"
    body += "self.a = nn.ModuleList([nn.Linear(k, i + {}) for i, k in enumerate(layers) if i == 1])"
    assert compared(program(body.format(1), "n=3"), program(body.format(2), "n=3")).verdict is not Verdict.SAME
    other = body.replace("enumerate(layers)", "[(0, 4), (1, 5), (2, 6)]")
    assert compared(program(body.format(1), "n=3"), program(other.format(1), "n=3")).verdict is not Verdict.SAME


REGISTRY = """
REG = {{}}


def register(name):
    def keep(cls):
        REG[name] = cls
        return cls

    return keep


class Registry:
    def __init__(self):
        self.table = {{}}

    def register(self, name):
        def keep(cls):
            self.table[name] = cls
            return cls

        return keep


OBJ = Registry()


@OBJ.register("a")
@register("a")
class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Linear(4, 4)


@OBJ.register("{}")
@register("{}")
class B(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Linear(4, 5)


{}
"""
TABLES = {
    "out of a table": ("b", "self.a = A()", "self.a = REG['a']()", "", Verdict.SAME),
    "of an object": ("b", "self.a = B()", "self.a = OBJ.table['b']()", "", Verdict.SAME),
    "another one": ("b", "self.a = A()", "self.a = REG['b']()", "", Verdict.PART),
    "twice under one key": ("a", "self.a = A()", "self.a = REG['a']()", "", Verdict.UNKNOWN),
    "changed besides": ("b", "self.a = A()", "self.a = REG['a']()", "REG['a'] = B", Verdict.UNKNOWN),
    "called besides": ("b", "self.a = A()", "self.a = REG['a']()", "register('a')(B)", Verdict.UNKNOWN),
    "how many there are": ("b", "self.a = A()", "if len(REG) < 3:\n    self.a = A()", "", Verdict.UNKNOWN),
}


@pytest.mark.parametrize(("key", "old", "new", "more", "verdict"), TABLES.values(), ids=TABLES.keys())
def test_what_decorators_put_into_a_table(key: str, old: str, new: str, more: str, verdict: Verdict) -> None:
    head = REGISTRY.format(key, key, more)
    one, other = (program(f"{body}\nself.b = nn.Linear(4, 4)", head=head) for body in (old, new))
    assert compared(one, other).verdict is verdict


def test_a_registry_that_grew_gives_what_it_gave() -> None:
    """Also if what is registered is in another file."""
    body = "from kinds import REG\n" + program("self.a = REG['a']()\nself.b = nn.Linear(4, 4)")
    more = '\n\n@register("c")\nclass C(A):\n    pass\n'
    kinds = HEAD + REGISTRY.format("b", "b", "")
    old, new = (side(label, {"net.py": body, "kinds.py": kinds + text}) for label, text in (("old", ""), ("new", more)))
    assert compare(old, new).verdict is Verdict.SAME


# -- what is said of torch is measured ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PARAMETERS if ".init." in name])
def test_what_functions_are_told_is_that_of_torch(name: str) -> None:
    taken = inspect.signature(getattr(torch.nn.init, name.rpartition(".")[2])).parameters
    defaults = {key: each.default for key, each in list(taken.items())[1:] if key != "generator"}
    assert defaults == PARAMETERS[name]


LAYERS = {
    "Linear": (4, 6),
    "Conv1d": (4, 6, 3),
    "Conv2d": (4, 6, (3, 5), 1, 0, 1, 2),
    "Conv3d": (4, 6, 3),
    "Embedding": (7, 4),
    "GroupNorm": (2, 4),
    "BatchNorm2d": (4,),
    "LSTM": (4, 6),
    "MultiheadAttention": (4, 2),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_layers_keep_is_that_of_torch(name: str) -> None:
    """Arguments under their names, and the shapes of parameters."""
    layer = getattr(torch.nn, name)(*LAYERS[name])
    known = knowledge.module(f"torch.nn.{name}")
    assert known is not None
    given = dict(zip(known.parameters, LAYERS[name], strict=False))
    assert all(getattr(layer, key) == value for key, value in given.items() if key in KEPT)
    arguments = [Term("argument", (key, as_term(value))) for key, value in given.items()]
    made = Term("call", (Term("name", (f"torch.nn.{name}",)), *arguments))
    for part in ("weight", "bias"):
        found = sides(shape_of(Term("attribute", (made, part))))
        assert found is None or found == list(map(constant, getattr(layer, part).shape))


def as_term(value: int | tuple[int, ...]) -> Term:
    return Term("tuple", tuple(map(constant, value))) if isinstance(value, tuple) else constant(value)
