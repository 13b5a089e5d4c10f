"""`initlint diff`: two versions given as texts, folders, files and git revisions."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from initlint.cli import run
from initlint.comparison import amounts, draws, shifts
from initlint.comparison.code import Code
from initlint.comparison.compare import Comparison, Verdict, compare
from initlint.comparison.sides import Side
from initlint.comparison.terms import constant
from initlint.comparison.text import marks
from initlint.comparison.trees import Texts, Unparsed
from initlint.comparison.words import answer
from initlint.facts.extract import extract

STORY = Path(__file__).parent.parent / "fixtures" / "story"
HEAD = "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"


def side(label: str, texts: dict[str, str]) -> Side:
    encoded = {path: content.encode() for path, content in texts.items()}
    return Side(label, os.sep, encoded, facts={path: extract(content) for path, content in encoded.items()})


def net(body: str, parameters: str = "dim", more: str = "") -> str:
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    return f"{HEAD}    def __init__(self, {parameters}):\n        super().__init__()\n{lines}\n{more}"


def compared(old: str, new: str) -> Comparison:
    return compare(side("old", {"net.py": old}), side("new", {"net.py": new}))


BASE = net("self.a = nn.Linear(dim, dim)\nself.b = nn.Linear(dim, 4)")

SAME = {
    "a comment": net("self.a = nn.Linear(dim, dim)  # first\n\nself.b = nn.Linear(dim, 4)"),
    "a local": net("hidden = dim\nself.a = nn.Linear(dim, hidden)\nwidth = 2 * 2\nself.b = nn.Linear(hidden, width)"),
    "keywords": net("self.a = nn.Linear(in_features=dim, out_features=dim, bias=True)\nself.b = nn.Linear(dim, 4)"),
    "what draws nothing": net(
        "self.n = nn.LayerNorm(dim)\nself.a = nn.Linear(dim, dim)\nself.act = nn.ReLU()\nself.b = nn.Linear(dim, 4)"
    ),
    "a method": net(
        "self.make(dim)\nself.b = nn.Linear(dim, 4)",
        more="\n    def make(self, size):\n        self.a = nn.Linear(size, size)\n",
    ),
    "another name of a parameter": net("self.a = nn.Linear(width, width)\nself.b = nn.Linear(width, 4)", "width"),
    "a new option": net(
        "self.a = nn.Linear(dim, dim)\nif extra:\n    self.e = nn.Linear(dim, dim)\nself.b = nn.Linear(dim, 4)",
        "dim, extra=False",
    ),
    "a check": net("if dim % 2:\n    raise ValueError(dim)\nself.a = nn.Linear(dim, dim)\nself.b = nn.Linear(dim, 4)"),
    "a loop": net('for name, size in (("a", dim), ("b", 4)):\n    setattr(self, name, nn.Linear(dim, size))'),
}


@pytest.mark.parametrize("new", SAME.values(), ids=SAME.keys())
def test_the_same_streams(new: str) -> None:
    assert answer(compared(BASE, new)) == "the same streams"


def test_names_of_typing_are_those_that_they_stand_for() -> None:
    body = "if isinstance(dim, Sequence):\n    dim = dim[0]\nself.a = nn.Linear(dim, dim)"
    old, new = (f"from {space} import Sequence\n{net(body)}" for space in ("typing", "collections.abc"))
    assert compared(old, new).classes == ()


PARTS = {
    "inserted": (
        "self.a = nn.Linear(dim, dim)\nself.c = nn.Linear(dim, 1)\nself.b = nn.Linear(dim, 4)",
        "the streams part at Net.c, net.py:9 (new): its draw comes before b; every weight built after it differs",
    ),
    "dropped": (
        "self.b = nn.Linear(dim, 4)",
        (
            "the streams part at Net.a, net.py:8 (old): its draw is gone; it came before b; every weight built after it"
            " differs"
        ),
    ),
    "swapped": (
        "self.b = nn.Linear(dim, 4)\nself.a = nn.Linear(dim, dim)",
        (
            "the streams part at Net.b, net.py:8 (new): its draw has moved: it came last, and comes before a; what is"
            " drawn up to a differs, and nothing after that"
        ),
    ),
    "resized": (
        "self.a = nn.Linear(dim, 2 * dim)\nself.b = nn.Linear(dim, 4)",
        (
            "the streams part at Net.a, net.py:8 (new): it is resized: `nn.Linear(dim, 2 * dim)` was"
            " `nn.Linear(dim, dim)`; every weight built after it differs"
        ),
    ),
    "guarded": (
        "if dim > 4:\n    self.a = nn.Linear(dim, dim)\nself.b = nn.Linear(dim, 4)",
        (
            "the streams part at Net.a, net.py:9 (new): it is drawn under a condition that was not there; every weight"
            " built after it differs"
        ),
    ),
    "repeated": (
        "self.a = nn.ModuleList([nn.Linear(dim, dim) for _ in range(dim)])\nself.b = nn.Linear(dim, 4)",
        (
            "the streams part at Net.a, net.py:8 (old): its draw is gone; it came before b; every weight built after it"
            " differs"
        ),
    ),
    "unknown": (
        "self.a = nn.Linear(dim, dim)\nself.c = other.make(dim)\nself.b = nn.Linear(dim, 4)",
        (
            "whether the streams part cannot be told, at Net.c, net.py:9 (new): it may draw before b; every weight"
            " built after it may differ"
        ),
    ),
    "perhaps resized": (
        "self.a = nn.Linear(dim, size(dim))\nself.b = nn.Linear(dim, 4)",
        (
            "whether the streams part cannot be told, at Net.a.1, net.py:8 (new): it may draw before a; every weight"
            " built after it may differ"
        ),
    ),
}


@pytest.mark.parametrize(("body", "sentence"), PARTS.values(), ids=PARTS.keys())
def test_the_first_part_is_named(body: str, sentence: str) -> None:
    assert answer(compared(BASE, net(body))) == sentence


def test_another_distribution_of_as_many_numbers_is_a_difference_of_values() -> None:
    old, new = (net(f"self.a = nn.Parameter(torch.{name}(dim))\nnn.init.normal_(self.a{std})", "dim")
                for name, std in (("empty", ""), ("empty", ", std=0.02")))  # fmt: skip
    comparison = compared(old, new)
    assert comparison.verdict is Verdict.VALUES
    assert answer(comparison) == (
        "the streams stay in step, but the values differ at Net.a, net.py:9 (new): it is drawn from another"
        " distribution: `nn.init.normal_(self.a, std=0.02)` was `nn.init.normal_(self.a)`; what is drawn after it"
        " stays the same"
    )


def test_another_default_parts_where_it_is_left() -> None:
    old, new = (net("self.a = nn.Linear(4, size)\nself.b = nn.Linear(4, 4)", f"size={size}") for size in (4, 8))
    assert answer(compared(old, new)).endswith("; every weight built after it differs, where arguments are left to"
                                               " their defaults")  # fmt: skip


def test_equal_unknown_calls_are_equal() -> None:
    body = "self.a = other.make(dim, norm=nn.LayerNorm)\nself.b = nn.Linear(dim, {})"
    assert answer(compared(net(body.format("dim")), net("# same\n" + body.format("dim")))) == "the same streams"
    assert compared(net(body.format("dim")), net(body.format("dim + 1"))).verdict is Verdict.PART


def test_what_an_inner_function_assigns_outside_counts() -> None:
    body = "n = 0\ndef more():\n    nonlocal n\n    n += {}\nmore()\nself.a = nn.Linear(n, 4)"
    assert compared(net(body.format(1)), net(body.format(2))).verdict is Verdict.PART


PART = """import torch
from torch import nn


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = nn.LayerNorm(4)
{more}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {body}
"""


def parts(body: str, more: str = "") -> str:
    return PART.format(more=f"        {more}\n" if more else "", body=body.replace("\n", "\n" + " " * 8))


def test_a_draw_that_moves_past_a_part_without_draws_moves_nothing() -> None:
    made, drawn = "self.part = Part()", "self.a = nn.Parameter(torch.randn(4))"
    assert answer(compared(parts(f"{made}\n{drawn}"), parts(f"{drawn}\n{made}"))) == "the same streams"


def test_it_may_do_so_while_another_draw_is_renamed() -> None:
    made, drawn, other = "self.part = Part()", "self.a = torch.randn(4)", "self.{} = torch.randn(4)"
    old = parts("\n".join((drawn, made, other.format("b"))))
    new = parts("\n".join((made, drawn, other.format("c"))))
    assert answer(compared(old, new)) == "the same streams"


PLACES = {
    "as many numbers": (
        "a = nn.Linear(dim, 4); b = nn.Conv2d(dim, 3, 3); c = nn.Linear(4, 4); d = nn.Linear(4, 4)",
        "c = nn.Linear(4, 4); b = nn.Conv2d(dim, 3, 3); a = nn.Linear(dim, 4); d = nn.Linear(4, 4)",
        ">>!>>=",
        "what is drawn up to a differs, and nothing after that",
    ),
    "normal numbers in whole blocks": (
        "a = nn.Linear(4, 4); b = nn.Embedding(8, 4); c = nn.Linear(4, 4)",
        "b = nn.Embedding(8, 4); a = nn.Linear(4, 4); c = nn.Linear(4, 4)",
        ">!>=",
        "what is drawn up to a differs, and nothing after that",
    ),
    "pairs of normal numbers": (
        "a = nn.Linear(4, 4); b = nn.Embedding(2, 2); e = nn.Embedding(2, 2); c = nn.Linear(4, 4)",
        "a = nn.Linear(4, 4); x = nn.Linear(4, 4, bias=False); c = nn.Linear(4, 4)",
        "=--+?",
        "what is drawn up to x differs, and what comes after that may",
    ),
    "a pair of normal numbers of which one may be left": (
        "a = nn.Linear(4, 4); b = nn.Embedding(dim, 4); c = nn.Linear(4, 4)",
        "b = nn.Embedding(dim, 4); a = nn.Linear(4, 4); c = nn.Linear(4, 4)",
        ">!>?",
        "what is drawn up to a differs, and what comes after that may",
    ),
    "something between them that is not followed": (
        "a = nn.Linear(4, 4); u = other.make(); b = nn.Linear(4, 8); c = nn.Linear(4, 4)",
        "b = nn.Linear(4, 8); u = other.make(); a = nn.Linear(4, 4); c = nn.Linear(4, 4)",
        ">?!?>?",
        "what is drawn up to a differs, and what comes after that may",
    ),
    "one that is resized as well": (
        "a = nn.Linear(4, 4); b = nn.Linear(4, 8); c = nn.Linear(4, 4)",
        "b = nn.Linear(4, 9); a = nn.Linear(4, 4); c = nn.Linear(4, 4)",
        "+!-!",
        "every weight built after it differs",
    ),
    "two times two": (
        "a = nn.Linear(4, 4); b = nn.Linear(4, 8); c = nn.Linear(4, 4); d = nn.Linear(4, 3); e = nn.Linear(4, 8)",
        "b = nn.Linear(4, 8); a = nn.Linear(4, 4); c = nn.Linear(4, 4); e = nn.Linear(4, 8); d = nn.Linear(4, 3)",
        ">!>=>!>",
        "what is drawn up to a differs, and what comes next does not",
    ),
    "as many numbers by other draws": (
        "a = nn.Linear(4, 4); b = nn.Linear(4, 4); c = nn.Linear(3, 4)",
        "x = nn.Linear(4, 8); c = nn.Linear(3, 4)",
        "--+=",
        "what is drawn up to x differs, and nothing after that",
    ),
    "one takes the place of the other": (
        "a = nn.Linear(4, 4); c = nn.Linear(4, 3); d = nn.Linear(4, 5); b = nn.Linear(4, 4); e = nn.Linear(4, 4)",
        "b = nn.Linear(4, 4); c = nn.Linear(4, 3); d = nn.Linear(4, 5); a = nn.Linear(4, 4); e = nn.Linear(4, 4)",
        ">==>=",
        "what has changed places differs, and nothing else",
    ),
}


@pytest.mark.parametrize(("old", "new", "column", "consequence"), PLACES.values(), ids=PLACES.keys())
def test_draws_that_change_places_shift_what_is_between_them(old: str, new: str, column: str, consequence: str) -> None:
    bodies = ["\n".join(f"self.{line}" for line in each.split("; ")) for each in (old, new)]
    comparison = compared(*map(net, bodies))
    assert ("".join(marks(comparison.classes[0])), answer(comparison).rpartition("; ")[2]) == (column, consequence)


AMOUNTS = {
    "the same product": ("nn.Linear(a, b, bias=False)", "nn.Linear(b, a, bias=False)", Verdict.VALUES),
    "the same sum of another class": ("nn.Linear(a, b)", "nn.Conv1d(a, b, 1)", Verdict.VALUES),
    "as many normal numbers": ("nn.Embedding(a, b)", "nn.Embedding(b, a)", Verdict.VALUES),
    "another bias": ("nn.Linear(a, b)", "nn.Linear(b, a)", Verdict.PART),
    "another kernel": ("nn.Linear(a, b)", "nn.Conv2d(a, b, 3)", Verdict.PART),
    "numbers that are rounded": ("nn.Linear(a, a // 2 * 2)", "nn.Linear(a, a)", Verdict.UNKNOWN),
    "a bias that callers choose": ("nn.Linear(a, a, bias=b)", "nn.Conv1d(a, a, 1)", Verdict.PART),
    "uniform for normal numbers": ("nn.Embedding(a, b)", "nn.Linear(a, b, bias=False)", Verdict.UNKNOWN),
    "one that rejects numbers": (
        "nn.init.normal_(nn.Parameter(torch.empty(a, b)))",
        "nn.init.trunc_normal_(nn.Parameter(torch.empty(a, b)))",
        Verdict.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("old", "new", "verdict"), AMOUNTS.values(), ids=AMOUNTS.keys())
def test_amounts_are_compared_for_all_callers(old: str, new: str, verdict: Verdict) -> None:
    found = compared(*(net(f"self.x = {each}\nself.y = nn.Linear(a, b)", "a, b") for each in (old, new)))
    assert found.verdict is verdict


PIECE = f"{HEAD.replace('Net', 'Part')}    def __init__(self, dim):\n        super().__init__()\n"
OWNERS = f"""{PIECE}        self.a = nn.Linear(dim, dim)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.one = Part(dim)
        self.two = nn.Linear(dim, 4)
        self.three = Part(dim)


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.blocks = nn.ModuleList([Block(dim) for _ in range(3)])
        self.head = nn.Linear(dim, 2)
"""
ONE, TWO = "        self.one = Part(dim)\n", "        self.two = nn.Linear(dim, 4)\n"

WHOLE = {
    "moved": (
        OWNERS.replace(ONE + TWO, TWO + ONE),
        (
            "the streams part at Block.two, net.py:14 (new): its draw has moved: it came before three.a, and comes"
            " before one.a; what is drawn up to one.a differs, and nothing after that"
        ),
    ),
    "added": (
        OWNERS.replace(TWO, f"        self.more = Part(dim)\n{TWO}"),
        (
            "the streams part at Block.more.a, net.py:15 (new): its draw comes before two; every weight built after it"
            " differs"
        ),
    ),
    "dropped": (
        OWNERS.replace(ONE, ""),
        (
            "the streams part at Block.one.a, net.py:14 (old): its draw is gone; it came before two; every weight built"
            " after it differs"
        ),
    ),
    "added within it": (
        OWNERS.replace("Linear(dim, dim)\n", "Linear(dim, dim)\n        self.b = nn.Linear(dim, 3)\n"),
        "the streams part at Part.b, net.py:9 (new): its draw comes last; everything built after a Part differs",
    ),
}


@pytest.mark.parametrize(("new", "sentence"), WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_part_is_named_where_its_owner_builds_it(new: str, sentence: str) -> None:
    comparison = compared(OWNERS, new)
    assert answer(comparison) == sentence
    through = {diff.new: diff.through for diff in comparison.classes}
    first = comparison.roots[0].new
    assert through == {first: "", **{id: first for id in ("net.py::Block", "net.py::Net") if id != first}}


def test_a_part_that_draws_the_same_can_hold_more_to_fill() -> None:
    body = "self.part = Part()\nfor p in self.parameters():\n    nn.init.normal_(p)"
    found = compared(parts(body), parts(body, "self.b = nn.Parameter(torch.zeros(4))"))
    assert [(diff.new, diff.verdict) for diff in found.classes] == [("net.py::Net", Verdict.PART)]


ALIKE = {
    "a method that the owner runs": (
        "def more(self):\n        self.b = nn.Linear({}, 4)",
        ("4", "5"),
        "self.part = Part(4, 5)\nself.part.more()",
    ),
    "parameters in another order": ("pass", ("a, b", "b, a"), "self.part = Part(4, 5)"),
    "a default that another argument switches on": ("pass", ("a, b=4", "a, b=5"), "self.part = Part(4)"),
    "a function that returns it": (
        "pass\n\ndef make(*, size):\n    return Part(size, {})",
        ("4", "5"),
        "self.part = make(size=4)",
    ),
}


@pytest.mark.parametrize(("more", "versions", "body"), ALIKE.values(), ids=ALIKE.keys())
def test_a_part_that_is_built_alike_is_compared_where_its_use_differs(
    more: str, versions: tuple[str, str], body: str
) -> None:
    """The part itself also changes, in a way that makes no difference, so it is not identical."""
    part = """
class Part(nn.Module):
    def __init__(self, {signature}):
        super().__init__()
        self.a = nn.Linear(a, b)  {change}

    {more}
"""
    old, new = (
        net(body, more=part.format(signature=one if "," in one else "a, b", change=change, more=more.format(one)))
        for one, change in zip(versions, ("", "\n        self.size = a"), strict=True)
    )
    assert {diff.new: diff.verdict for diff in compared(old, new).classes}["net.py::Net"] is Verdict.PART


def test_a_part_that_is_built_alike_is_the_same_for_its_owner() -> None:
    body = "self.part = Part()\nself.part.run = None"
    old = parts(body, "self.b = nn.Linear(4, 4)")
    assert compared(old, old.replace("nn.Linear(4, 4)", "nn.Linear(2 * 2, out_features=4)")).classes == ()


REGISTRY = """
import functools
LAYERS = dict(relu=nn.ReLU, linear=functools.partial(nn.Linear, 4))
KNOWN = {{layer for layer in LAYERS.values()}}
def find(layer):
    if isinstance(layer, functools.partial):
        layer = layer.func
    if isinstance(layer, str):
        return LAYERS[layer.replace("_", "").lower()]
    if layer in KNOWN:
        return layer
    {}
"""


def test_what_classes_are_is_known_where_defaults_decide() -> None:
    arms = (
        "return nn.LayerNorm if layer.__name__.lower().startswith('layer') else nn.Linear",
        "return {'layernorm': nn.LayerNorm}.get(layer.__name__.lower(), nn.Bilinear)",
    )
    made = "self.a = find(first)(4)\nself.b = find(second)(4)\nself.c = find(third)(4)"
    old, new = (
        net(made, "first=nn.LayerNorm, second='Lin_ear', third=nn.ReLU", more=REGISTRY.format(arm)) for arm in arms
    )
    assert [diff.defaults for diff in compared(old, new).classes] == [True]


def test_terms_that_share_their_parts_are_worked_out_once() -> None:
    doubled = "\n".join(["dim = (dim + dim) // 2"] * 64)
    old, new = (net(f"{doubled}\nself.a = nn.Linear(dim, {size})") for size in ("dim", "2 * dim"))
    verdict = compared(old, new).verdict
    assert verdict is Verdict.PART


FORKED = "with torch.random.fork_rng():\n    self.c = nn.Linear(4, {})\nself.a = nn.Linear(4, 4)"
STREAMS = {
    "python's": (
        "self.a = nn.Linear(4, 4)",
        "self.n = random.random()\nself.a = nn.Linear(4, 4)",
        (
            "the streams part at Net.n, net.py:9 (new): its draw comes last; what is drawn from python's stream after"
            " it differs, and nothing else"
        ),
    ),
    "a fork of torch's": (
        FORKED.format(4),
        FORKED.format(6),
        (
            "the streams stay in step, but the values differ at Net.c, net.py:10 (new): it is resized:"
            " `nn.Linear(4, 6)` was `nn.Linear(4, 4)`; what is drawn after it stays the same"
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), STREAMS.values(), ids=STREAMS.keys())
def test_every_stream_is_its_own(old: str, new: str, sentence: str) -> None:
    comparison = compared(*(f"import random\n{net(each)}" for each in (old, new)))
    assert answer(comparison) == sentence
    assert "!" not in "".join(marks(comparison.classes[0]))


TURNS = {
    "a tensor of so many numbers": ("torch.linspace(0, dim, depth)", Verdict.SAME),
    "a list of it": ("torch.linspace(0, 1, steps=depth).tolist()", Verdict.SAME),
    "of another number": ("torch.linspace(0, 1, dim)", Verdict.PART),
    "of no known number": ("other(depth)", Verdict.UNKNOWN),
}


@pytest.mark.parametrize(("over", "verdict"), TURNS.values(), ids=TURNS.keys())
def test_loops_are_compared_by_their_turns(over: str, verdict: Verdict) -> None:
    old, new = (
        net(f"self.a = nn.ModuleList([nn.Linear(dim, 4) for _ in {each}])", "dim, depth, other")
        for each in ("range(depth)", over)
    )
    assert compared(old, new).verdict is verdict


def test_turns_of_no_known_number_may_come_out_as_other_layers_without() -> None:
    old = net("self.a = nn.ModuleList([nn.Linear(dim, width) for width in others.widths()])")
    new = net("self.a = nn.ModuleList([nn.Linear(dim, 4), nn.Linear(dim, 8)])")
    assert compared(old, new).verdict is Verdict.UNKNOWN


def test_what_turns_of_no_known_number_draw_may_be_what_was_drawn_without() -> None:
    old = net("self.a = nn.ModuleList([nn.Linear(dim, 4), nn.Linear(dim, 4)])", "dim, sizes")
    new = net("self.a = nn.ModuleList([nn.Linear(dim, 4) for _ in sizes])", "dim, sizes")
    assert compared(old, new).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("shape", [(4, 4), (4, 6)])
def test_orthogonal_draws_for_some_shapes_only(shape: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear(*shape)
    before = torch.get_rng_state()
    torch.nn.utils.parametrizations.orthogonal(linear)
    assert torch.equal(before, torch.get_rng_state()) is (shape == (4, 4))
    made = f"self.a = nn.Linear{shape}"
    found = compared(net(made), net(f"{made}\nnn.utils.parametrizations.orthogonal(self.a)"))
    assert found.verdict is Verdict.UNKNOWN


CONDITIONS = {
    "nested arms": (
        'if kind == "none":\n    pass\nelif kind == "learned":\n    {}',
        'kind = kind if kind in ("none", "learned") else "sine"\nif kind == "learned":\n    {}',
        Verdict.SAME,
    ),
    "joined": ("if kind and dim:\n    {}", "if not (not kind or not dim):\n    {}", Verdict.SAME),
    "another value": ('if kind == "learned":\n    {}', 'if kind == "sine":\n    {}', Verdict.PART),
    "one value more": ('if kind == "a":\n    {}', 'if kind in ("a", "b"):\n    {}', Verdict.PART),
    "another limit": ("if dim > 4:\n    {}", "if dim > 5:\n    {}", Verdict.PART),
    "what is not known": ("if check(kind):\n    {}", "if check(dim):\n    {}", Verdict.UNKNOWN),
}


@pytest.mark.parametrize(("old", "new", "verdict"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_conditions_differ_where_some_caller_meets_only_one(old: str, new: str, verdict: Verdict) -> None:
    texts = (net(each.format("self.a = nn.Linear(dim, dim)"), "dim, kind") for each in (old, new))
    found = compared(*(f"from elsewhere import check\n{text}" for text in texts)).verdict
    assert found is verdict


KNOWN = {
    "'jax' in ''": Verdict.SAME,
    "'j' in 'jax'": Verdict.PART,
    "hasattr(self.n, 'init_weights')": Verdict.SAME,
    "hasattr(self.n, 'eps')": Verdict.UNKNOWN,
    "hasattr(self, 'other')": Verdict.SAME,
    "hasattr(self, 'n')": Verdict.PART,
    "'.'.join(['a', 'b']) == 'a.b'": Verdict.PART,
    "'a-b'.split('-')[0] == 'b'": Verdict.SAME,
}


@pytest.mark.parametrize(("condition", "verdict"), KNOWN.items(), ids=KNOWN.keys())
def test_conditions_that_everybody_knows_are_decided(condition: str, verdict: Verdict) -> None:
    body = "self.n = nn.LayerNorm(4)\n{}self.a = nn.Linear(4, 4)"
    more = f"if {condition}:\n    self.b = nn.Linear(4, 4)\n"
    assert compared(net(body.format("")), net(body.format(more))).verdict is verdict


def test_what_other_code_may_have_given_an_attribute_is_open() -> None:
    old = "other.prepare(self)"
    new = "other.prepare(self)\nif hasattr(self, 'extra'):\n    self.a = nn.Linear(4, 4)"
    assert compared(net(old), net(new)).verdict is not Verdict.SAME


FILL = """
def fill(module):
    for child in module.children():
        fill(child)
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight)
"""


@pytest.mark.parametrize(
    ("edit", "verdict"),
    [
        ("    elif isinstance(module, nn.LayerNorm):\n        nn.init.zeros_(module.bias)\n", Verdict.SAME),
        ("        nn.init.normal_(module.bias)\n", Verdict.PART),
    ],
)
def test_a_function_that_goes_down_into_modules_is_followed_to_the_last(edit: str, verdict: Verdict) -> None:
    inner = "nn.Linear(4, 4)"
    for _ in range(6):
        inner = f"nn.Sequential({inner})"
    text = net(f"self.a = {inner}\nfill(self)")
    assert (
        compared(FILL.join(["from torch import nn\n", text]), f"from torch import nn\n{FILL}{edit}{text}").verdict
        is verdict
    )


@pytest.mark.parametrize(("count", "verdict"), [(0, Verdict.SAME), (1, Verdict.UNKNOWN)])
def test_a_class_that_cannot_be_told_for_all_is_told_for_what_it_is_given(count: int, verdict: Verdict) -> None:
    head = "class Part(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        "
    part = head + "{}self.p = nn.Linear(4, 4)\n"
    text = net(f"self.a = Part({count})")
    old, new = (
        f"from torch import nn\n{part.format(more)}\n{text}"
        for more in ("if n:\n            vars(n)\n        ", "if n:\n            vars(n)\n        size = 4\n        ")
    )
    found = {diff.new: diff.verdict for diff in compared(old, new).classes}
    assert (found["net.py::Part"], found.get("net.py::Net", Verdict.SAME)) == (Verdict.UNKNOWN, verdict)


def test_what_a_file_defines_is_the_same_in_all_branches() -> None:
    table = "SIZES = dict(a={})\n"
    text = net("if dim:\n    self.a = nn.Linear(SIZES['a'], 4)\nself.b = nn.Linear(SIZES['a'], 4)")
    found = answer(compared(table.format(4) + text, table.format(8) + text))
    assert found.startswith("the streams part at Net.a, ")


UNFOLLOWED = {
    "a loop without end": (
        "for i in range(60):\n    for j in range(60):\n        for k in range(60):\n            dim = dim + {}",
        "65,000 steps",
    ),
    "a global name": ("global size\nsize = {}\nself.a = nn.Linear(dim, 4)", "`global size`, net.py:8"),
}


@pytest.mark.parametrize(("body", "reason"), UNFOLLOWED.values(), ids=UNFOLLOWED.keys())
def test_what_is_not_followed_is_said_with_its_reason(body: str, reason: str) -> None:
    found = answer(compared(net(body.format(1)), net(body.format(2))))
    assert found.startswith("whether the streams part in Net cannot be told: ")
    assert reason in found


def test_what_is_the_same_with_defaults_is_said_beside_a_reason() -> None:
    body = "if n:\n    vars(n)\n    {}\nself.p = nn.Linear(4, 4)"
    found = answer(compared(*(net(body.format(more), "n=0") for more in ("pass", "size = 4"))))
    assert found == (
        "whether the streams part in Net cannot be told: `vars` of an object is not followed: `vars(n)`, net.py:9; with"
        " all arguments left to their defaults the streams are the same"
    )


def test_moved_and_renamed_classes_are_found() -> None:
    old = side("old", {"net.py": BASE, "other.py": net("self.x = nn.Linear(1, 1)").replace("Net", "Small")})
    moved = side("new", {"lib/net.py": BASE, "other.py": net("self.x = nn.Linear(1, 1)").replace("Net", "Tiny")})
    comparison = compare(old, moved)
    assert answer(comparison) == "the same streams"
    assert (comparison.compared, comparison.added, comparison.dropped) == (2, (), ())


def test_the_story(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["diff", str(STORY / "project1"), str(STORY / "project2"), "--no-cache"]) == 1
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[0] == (
        "the streams part at Attention.gamma, models/attention.py:26 (new): its draw comes before proj;"
        " every weight built after it differs"
    )
    assert "Block, models/block.py: inherits this from Attention" in lines
    assert "VisionTransformer, models/model.py: inherits this from Attention" in lines
    assert "main(), train.py: builds VisionTransformer" in lines
    assert run(["diff", str(STORY / "project1"), str(STORY / "project1"), "--no-cache"]) == 0
    assert capsysbinary.readouterr().out == b"the same streams\n"


def test_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    old, new = str(STORY / "project1"), str(STORY / "counter_check")
    assert run(["diff", old, new, "--output-format", "json", "-n"]) == 1
    data = json.loads(capsysbinary.readouterr().out)
    assert data["verdict"] == "part"
    attention = next(each for each in data["classes"] if each["new"] == "models/attention.py::Attention")
    assert [(line["change"], line["numbers"]) for line in attention["ledger"]] == [
        ("same", "same"), ("same", "same"), ("added", ""),
    ]  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three commits: a class, a comment, one more layer."""

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    versions = (BASE, "# a comment\n" + BASE, net("self.c = nn.Linear(1, 1)\nself.a = nn.Linear(dim, dim)"))
    for text in versions:
        (tmp_path / "net.py").write_text(text, encoding="utf-8")
        git("add", ".")
        git("commit", "-q", "-m", "next")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_revisions(repository: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    before = sorted(repository.rglob("*"))
    assert run(["diff", "HEAD~2", "HEAD~1", "-n"]) == 0
    assert run(["diff", "HEAD~1..HEAD", "-n"]) == 1
    assert run(["diff", "main", ".", "-n"]) == 0
    assert run(["diff", "HEAD~1", "HEAD", "net.py", "-n"]) == 1
    assert b"the streams part at Net.c, net.py:8 (new)" in capsysbinary.readouterr().out
    assert sorted(repository.rglob("*")) == before


def test_a_dirty_tree_is_said(repository: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (repository / "net.py").write_text(BASE, encoding="utf-8")
    run(["diff", "HEAD~2", "HEAD~1", "-n"])
    assert b"the working tree has changes that are in neither revision" in capsysbinary.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["HEAD~1"], "name two versions to compare, as folders, files or revisions; `.` is the working tree"),
        (["nothing", "HEAD"], "`nothing` is not a file, a folder or a revision of this repository"),
        (["HEAD", "--", "-q"], "`-q` is not a file, a folder or a revision of this repository"),
        (["HEAD~1", "HEAD", "gone.py"], "there is nothing to compare: `gone.py` is neither in HEAD~1 nor in HEAD"),
        (["HEAD~1...HEAD"], "`HEAD~1...HEAD` means a common ancestor; name the two versions: OLD..NEW"),
    ],
)
def test_bad_input(arguments: list[str], sentence: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *arguments, "-n"] if "--" not in arguments else ["diff", "-n", *arguments]) == 2
    assert capsys.readouterr().err == f"initlint: error: {sentence}\n"


def test_a_path_on_one_side_only(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "more.py").write_text("", encoding="utf-8")
    assert run(["diff", "HEAD", ".", "more.py", "-n"]) == 2
    assert capsys.readouterr().err == "initlint: error: there is nothing to compare: `more.py` is only in .\n"


def test_files_are_read_as_check_reads_them(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A lone carriage return ends a line, and a notebook is its cells."""
    new = net("self.c = nn.Linear(dim, 1)  # new\nself.a = nn.Linear(dim, dim)\nself.b = nn.Linear(dim, 4)")
    for folder, text in (("old", BASE), ("new", new)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mac.py").write_text(text.replace("\n", "\r"), encoding="utf-8", newline="")
        cell = {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / folder / "book.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert run(["diff", str(tmp_path / "old"), str(tmp_path / "new"), "-n", "--output-format", "json"]) == 1
    classes = json.loads(capsysbinary.readouterr().out)["classes"]
    changes = {each["new"]: [line["change"] for line in each["ledger"]] for each in classes}
    assert changes == {name: ["added", "same", "same"] for name in ("book.ipynb::Net", "mac.py::Net")}


# -- what is said of torch is measured ---------------------------------------------------------------------------------


def test_defaults_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    for name in ("Linear", "Conv2d", "LSTM", "MultiheadAttention", "Embedding", "Bilinear", "ConvTranspose2d", "GRU"):
        parameters = inspect.signature(getattr(torch.nn, name).__init__).parameters
        if list(parameters)[1:] == ["args", "kwargs"]:
            parameters = inspect.signature(torch.nn.RNNBase.__init__).parameters
        for key, parameter in parameters.items():
            if key in draws.DEFAULTS and parameter.default is not inspect.Parameter.empty:
                assert constant(parameter.default) == draws.DEFAULTS[key], (name, key)


@pytest.mark.parametrize(
    ("name", "arguments", "others"),
    [
        ("Conv2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 3},
         {"stride": 2, "padding": 1, "dilation": 2, "padding_mode": "circular"}),
        ("ConvTranspose2d", {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "stride": 2},
         {"output_padding": 1}),
        ("LSTM", {"input_size": 4, "hidden_size": 4, "num_layers": 2}, {"batch_first": True, "dropout": 0.5}),
        ("Embedding", {"num_embeddings": 4, "embedding_dim": 4},
         {"max_norm": 1.0, "norm_type": 1.0, "scale_grad_by_freq": True, "sparse": True}),
        ("EmbeddingBag", {"num_embeddings": 4, "embedding_dim": 4}, {"mode": "sum", "include_last_offset": True}),
        ("MultiheadAttention", {"embed_dim": 4, "num_heads": 2},
         {"dropout": 0.5, "add_zero_attn": True, "batch_first": True, "num_heads": 4}),
        ("TransformerEncoderLayer", {"d_model": 4, "nhead": 2},
         {"activation": "gelu", "layer_norm_eps": 1.0, "norm_first": True, "dropout": 0.5, "batch_first": True}),
    ],
)  # fmt: skip
def test_silent_arguments_draw_nothing_else(name: str, arguments: dict[str, object], others: dict[str, object]) -> None:
    torch = pytest.importorskip("torch")
    from initlint.runtime.ledger import Recorder

    def ledger(given: dict[str, object]) -> object:
        torch.manual_seed(0)
        with Recorder() as recorder:
            module = getattr(torch.nn, name)(**given)
        return recorder.draws, [parameter.tolist() for parameter in module.parameters()]

    for key, value in others.items():
        assert key in draws.SILENT_ARGUMENTS or f"torch.nn.{name}" in draws.PER_NAME[key]
        assert ledger({**arguments, key: value}) == ledger(arguments), key


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Linear", {"in_features": 3, "out_features": 5, "bias": 1}),
        ("Linear", {"in_features": 3, "out_features": 5, "bias": 0}),
        ("Embedding", {"num_embeddings": 3, "embedding_dim": 5}),
        ("Conv1d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 2, "bias": 1}),
        ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 1, "bias": 0}),
        ("Conv3d", {"in_channels": 4, "out_channels": 6, "kernel_size": 2, "groups": 2, "bias": 1}),
    ],
)
def test_sizes_are_those_of_torch(name: str, given: dict[str, int]) -> None:
    torch = pytest.importorskip("torch")
    from initlint.runtime.ledger import Recorder

    with Recorder() as recorder:
        getattr(torch.nn, name)(**{key: bool(value) if key == "bias" else value for key, value in given.items()})
    known = {"groups": 1, "bias": 1, **given}
    assert amounts._SIZES[f"torch.nn.{name}"](known)[1] == tuple(draw.numel for draw in recorder.draws)


def states_in_both_orders(make: Callable[[], object]) -> list[bytes]:
    """The state of torch's generator behind something and other draws, in both orders."""
    torch = pytest.importorskip("torch")
    found = []
    for first, second in ((make, lambda: torch.rand(5)), (lambda: torch.rand(5), make)):
        torch.manual_seed(1)
        first()
        second()
        found.append(torch.get_rng_state().numpy().tobytes())
    return found


@pytest.mark.parametrize("name", sorted(shifts.UNIFORM - {"uniform"}))
def test_layers_of_uniform_numbers_leave_the_same_state_in_any_order(name: str) -> None:
    torch = pytest.importorskip("torch")
    cls = getattr(torch.nn, name.rpartition(".")[2])
    sizes = {"Conv": (3, 5, 2), "Bili": (3, 5, 2)}.get(cls.__name__[:4], (3, 5))
    first, second = states_in_both_orders(lambda: cls(*sizes))
    assert first == second


@pytest.mark.parametrize(
    ("function", "size", "same"), [("rand", 3, True), ("randn", 3, False), ("randn", 16, True), ("randn", 17, True)]
)
def test_few_normal_numbers_leave_another_state_in_another_order(function: str, size: int, same: bool) -> None:
    torch = pytest.importorskip("torch")
    first, second = states_in_both_orders(lambda: getattr(torch, function)(size))
    assert (first == second) is same


def test_names_of_a_file_that_cannot_be_parsed_are_unknown_however_often_they_are_asked_for() -> None:
    project = side("old", {"net.py": "from sizes import WIDTH\n", "sizes.py": "print 'Python 2'\nWIDTH = 4\n"}).project
    names = Code(project, (), Texts()).names
    for question in (names.binding, names.binding, names.statements, names.statements):
        with pytest.raises(Unparsed, match=r"sizes\.py"):
            question("sizes.py", "WIDTH")


def test_installed_packages_are_those_of_the_named_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    python, base = tmp_path / "env" / "bin" / "python", tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    files = {python: "", base / "corp.py": "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n"}
    for version, width in (("old", 2), ("new", 3)):
        net = f"{HEAD}    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(2, {width})\n"
        files[tmp_path / version / "net.py"] = net.replace("nn.Module", "Base").replace(
            "import torch", "from corp import Base", 1
        )
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.chdir(tmp_path)
    assert run(["diff", "old", "new", "-n", "--python", str(python)]) == 1
    assert capsys.readouterr().out.startswith("the streams part at Net.a, net.py:8 (new)")
