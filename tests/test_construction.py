"""Constructions: from source to events, compared with what torch draws when the class is built."""

from __future__ import annotations

import gc
import textwrap
from typing import Any

import pytest

from initlint.construction.ledger import Construction, Define, Drawn, Ledgers
from initlint.construction.slices import Slice, Tree
from initlint.construction.workshop import MOST_SLICES
from initlint.facts.extract import extract
from initlint.model import Answer, Kind, Span
from initlint.project.project import Project

PRELUDE = "import torch\nfrom torch import nn\n\n"


def constructions(files: dict[str, str]) -> dict[str, Construction]:
    """The construction of every module class of a project, by class name."""
    texts = {path: text.encode() for path, text in files.items()}
    project = Project({path: extract(text) for path, text in texts.items()}, texts.__getitem__)
    ledgers = Ledgers(project)
    found = {}
    for id, info in project.classes.items():
        if project.is_module(id) and info.path in files:
            found[info.facts.name] = ledgers.construction(id)
    return found


def net(text: str) -> Construction:
    """The construction of the class `Net` in a text."""
    return constructions({"net.py": PRELUDE + textwrap.dedent(text)})["Net"]


def init(body: str, parameters: str = "dim", more: str = "") -> Construction:
    """The construction of a class whose `__init__` holds these lines."""
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    methods = textwrap.indent(textwrap.dedent(more).strip("\n"), " " * 4)
    head = f"class Net(nn.Module):\n    def __init__(self, {parameters}):\n        super().__init__()\n"
    return constructions({"net.py": f"{PRELUDE}{head}{lines}\n\n{methods}\n"})["Net"]


def answers(construction: Construction) -> dict[str, str]:
    return {d.definition.attribute: d.definition.draws.value for d in construction.definitions}


def kinds(construction: Construction) -> dict[str, str]:
    return {d.definition.attribute: d.definition.kind.value for d in construction.definitions}


def define(construction: Construction, attribute: str) -> Define:
    return next(d for d in construction.definitions if d.definition.attribute == attribute)


def shifts(construction: Construction, attribute: str) -> tuple[str, ...]:
    return construction.after(define(construction, attribute).definition)


# -- the truth -------------------------------------------------------------------------------------------------

HELPERS = """
import copy
import functools
from collections import OrderedDict
import torch
from torch import nn
from torch.nn import Linear as Dense, Parameter
from torch.nn import init as initialisers
from torch.nn.utils import skip_init


class Block(nn.Module):
    def __init__(self, dim, norm=nn.LayerNorm, act=nn.GELU, bias=True, gate=None):
        super().__init__()
        self.fc1 = nn.Linear(dim, 2 * dim, bias=bias)
        self.act = act()
        self.norm = norm(2 * dim)
        self.fc2 = nn.Linear(2 * dim, dim, bias=bias)
        if gate is not None:
            self.gate = gate(dim, dim)


class Filled(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=0.02)
            nn.init.zeros_(m.bias)


class Quiet(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = Parameter(torch.ones(dim))
        self.norm = nn.BatchNorm1d(dim)


class Wide(nn.Linear):
    def __init__(self, dim):
        super().__init__(dim, 4 * dim, bias=False)
        self.extra = nn.Linear(dim, dim)


class Chain(nn.Sequential):
    def __init__(self, dim):
        super().__init__(nn.Linear(dim, dim), nn.ReLU())
        self.append(nn.Linear(dim, 1))


NORMS = {"layer": nn.LayerNorm, "batch": nn.BatchNorm1d}
LAYERS = dict(dense=nn.Linear, table=nn.Embedding)


def build_norm(kind, dim):
    return NORMS[kind](dim)


def build_layer(dim, kind="dense", drop=0.0):
    layer = LAYERS[kind](dim, dim)
    if drop > 0.0:
        layer = nn.Sequential(nn.Dropout(drop), layer)
    return layer


def pair(dim):
    return nn.Linear(dim, dim), nn.Embedding(dim, dim)


def noise(*shape):
    return torch.randn(*shape).mul(0.02)
"""

TRUTH: dict[str, str] = {
    "plain": "self.a = nn.Linear(4, 4); self.b = nn.ReLU(); self.c = nn.Conv2d(4, 4, 3, bias=False)",
    "annotated": "self.a: nn.Module = Dense(4, 4)\nself.b = nn.Embedding(4, 4)",
    "chained": "self.a = self.b = nn.Linear(4, 4)\nself.c = nn.Linear(4, 4)",
    "unpacked": "self.a, self.b = nn.Linear(4, 4), nn.Bilinear(4, 4, 1)\nself.c, self.d = pair(4)",
    "walrus": "self.a = (size := nn.Linear(4, 8))\nself.b = nn.Linear(size.out_features, 4)",
    "starred": "self.a, *rest = [nn.Linear(4, 4) for _ in range(3)]\nself.b = nn.ModuleList(rest)",
    "registered": (
        'self.add_module("a", nn.Linear(4, 4))\nself.register_module("b", nn.Linear(4, 4))\n'
        'self.register_parameter("c", Parameter(torch.empty(4).normal_()))\nself.register_parameter("d", None)'
    ),
    "setattr": 'setattr(self, "a", nn.Linear(4, 4))\nfor n in ("b", "c"):\n    setattr(self, n + "_p", Dense(4, 4))',
    "numbered": 'for i in range(3):\n    self.add_module(f"fc{i}", nn.Linear(4, 4))',
    "modules dict": 'self._modules["a"] = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)',
    "sequential": "self.a = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))",
    "ordered dict": 'self.a = nn.Sequential(OrderedDict([("fc", nn.Linear(4, 4)), ("act", nn.ReLU())]))',
    "module list": "self.a = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])\nself.a.append(nn.Linear(4, 1))",
    "module dict": 'self.a = nn.ModuleDict({"x": nn.Linear(4, 4)})\nself.a["y"] = nn.Linear(4, 4)',
    "augmented": "self.a = nn.ModuleList()\nself.a += [nn.Linear(4, 4), nn.Linear(4, 4)]",
    "local list": (
        "layers = []\nfor i in range(2):\n    layers.append(nn.Linear(4, 4))\n    layers += [nn.ReLU()]\n"
        "self.b = nn.Linear(4, 4)\nself.a = nn.Sequential(*layers)"
    ),
    "parameters": "self.a = Parameter(torch.rand(4))\nself.b = Parameter(torch.zeros(4))\nself.c = nn.Linear(4, 4)",
    "filled": (
        "self.a = Parameter(torch.empty(4, 4))\nself.b = Parameter(torch.empty(4, 4))\n"
        "nn.init.xavier_uniform_(self.b)\ninitialisers.normal_(self.a)"
    ),
    "filled data": "self.a = nn.Linear(4, 4)\nself.a.weight.data.normal_(0, 0.1)\nself.a.bias.data.zero_()",
    "parameter list": "self.a = nn.ParameterList([Parameter(torch.empty(4).uniform_()) for _ in range(2)])",
    "buffers": (
        'self.register_buffer("a", torch.rand(4))\nself.register_buffer("b", torch.ones(4))\nself.c = Dense(4, 4)'
    ),
    "tensor": "self.a = torch.randperm(4)\nself.b = torch.arange(4)",
    "generator": "g = torch.Generator()\nself.a = torch.randn(4, generator=g)\nself.b = nn.Linear(4, 4)",
    "meta": (
        'self.a = nn.Linear(4, 4, device="meta")\nwith torch.device("meta"):\n    self.b = Block(4)\n'
        "self.c = Dense(4, 4)"
    ),
    "fork": "with torch.random.fork_rng():\n    self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
    "skip": "self.a = skip_init(nn.Linear, 4, 4)\nself.b = nn.Linear(4, 4)",
    "block": "self.a = Block(4)\nself.b = Block(4, nn.BatchNorm1d, bias=False)",
    "gated block": (
        "self.a = Block(4, gate=nn.Bilinear and nn.Linear)\nself.b = Block(4, act=functools.partial(nn.ELU, 0.1))"
    ),
    "quiet": "self.a = Quiet(4)\nself.b = build_norm('layer', 4)",
    "inherited torch": "self.a = Wide(4)\nself.b = Chain(4)",
    "function": "self.a = build_layer(4)\nself.b = build_layer(4, 'table', drop=0.1)",
    "partial": "layer = functools.partial(nn.Linear, bias=False)\nself.a = layer(4, 4)\nself.b = layer(4, 2)",
    "copy": "self.a = nn.Linear(4, 4)\nself.b = copy.deepcopy(self.a)\nself.c = nn.Linear(4, 4)",
    "encoder": (
        "layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)\nself.a = nn.TransformerEncoder(layer, 2)"
    ),
    "attention": "self.a = nn.MultiheadAttention(4, 2)\nself.b = nn.MultiheadAttention(4, 2, bias=False)",
    "recurrent": "self.a = nn.LSTM(4, 4, 2)\nself.b = nn.GRU(4, 4, bias=False, bidirectional=True)",
    "lambda": "make = lambda: nn.Linear(4, 4)\nself.a = make()\nself.b = make()",
    "table": 'self.a = {"relu": nn.ReLU, "prelu": nn.PReLU}["relu"]()\nself.b = LAYERS["table"](4, 4)',
    "getattr": 'self.a = getattr(nn, "Linear")(4, 4)\nself.b = getattr(nn, "ReLU")()',
    "spectral norm": "self.a = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))\nself.b = nn.Linear(4, 4)",
    "sweep": (
        "self.a = nn.Linear(4, 4)\nself.b = nn.LayerNorm(4)\nself.c = nn.Linear(4, 4)\n"
        "for m in self.modules():\n    if isinstance(m, nn.Linear):\n        nn.init.xavier_normal_(m.weight)\n"
        "self.d = nn.Linear(4, 4)"
    ),
    "reset": "self.a = nn.Linear(4, 4)\nself.a.reset_parameters()\nself.b = nn.Conv1d(4, 4, 1)",
    "noise": "self.a = Parameter(noise(4, 4))\nself.b = nn.Linear(4, 4)",
    "lazy": "self.a = nn.LazyLinear(4)\nself.b = nn.Linear(4, 4)",
    "frozen embedding": "self.a = nn.Embedding(4, 4, _weight=torch.zeros(4, 4))\nself.b = nn.Embedding(4, 4)",
    "comprehension": 'self.a = nn.ModuleDict({k: nn.Linear(4, d) for k, d in (("x", 2), ("y", 3))})',
    "enumerate": "self.a = nn.ModuleList(nn.Linear(4, d) for i, d in enumerate((4, 2)) if i > 0)",
    "zip": "self.a = nn.Sequential(*[nn.Linear(i, o) for i, o in zip((4, 8), (8, 4))])",
}
"""The lines of a constructor; what they draw is known from running them."""


def measure(source: str) -> list[str]:
    """The draws of a run: the tensor of the module that each filled, "?" if unknown."""
    torch = pytest.importorskip("torch")
    from initlint.runtime.ledger import CPU, Recorder, owners

    space: dict[str, Any] = {"__name__": "measured"}
    exec(compile(source, "measured.py", "exec"), space)
    torch.manual_seed(0)
    with Recorder(keep=True) as recorder:
        module = space["Net"]()
    named = zip(recorder.draws, owners(module, recorder), strict=True)
    return [name or "?" for draw, name in named if draw.stream == CPU and draw.operator != "outside"]


def predicted(construction: Construction) -> list[str]:
    """The attributes that draw, once for each tensor, in order."""
    found = []
    for drawn in construction.draws:
        if len(drawn.owners) == 1 or drawn.drawn:
            found += [drawn.draw.owner] * max(len(drawn.drawn), 1)
        else:
            found += drawn.owners
    return found


@pytest.mark.parametrize("title", TRUTH)
def test_the_draws_are_those_that_torch_makes(title: str) -> None:
    lines = textwrap.indent(TRUTH[title], " " * 8)
    source = f"{HELPERS}\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{lines}\n"
    if title == "fork":
        source = source.replace("self.a = nn.Linear(4, 4)", "self.a = nn.Identity()")
    construction = constructions({"net.py": source})["Net"]
    real = measure(source)
    expected = predicted(construction)
    assert all(drawn.answer is Answer.YES for drawn in construction.draws)
    assert len(expected) == len(real), (expected, real)
    for attribute, name in zip(expected, real, strict=True):
        assert name == "?" or name.partition(".")[0] == attribute, (expected, real)
    for define_ in construction.definitions:
        definition = define_.definition
        own = {name for name in real if name.partition(".")[0] == definition.attribute}
        assert (definition.draws is Answer.YES) or not own
        moved = "?" in real or any("parametrizations" in name for name in own)
        if definition.kind is Kind.SUBMODULE and own and not moved:
            assert {f"{definition.attribute}.{name}" for name in definition.drawn} == own


# -- what is a definition --------------------------------------------------------------------------------------


def test_kinds() -> None:
    found = init("""
        self.module = nn.Linear(dim, dim)
        self.parameter = nn.Parameter(torch.ones(dim))
        self.buffer = nn.Buffer(torch.ones(dim))
        self.register_buffer("table", torch.ones(dim))
        self.register_parameter("nothing", None)
        self.tensor = torch.randn(dim)
        self.plain = torch.ones(dim)
        self.number = dim // 2
        self.config = {"dim": dim}
        self.unknown = build_thing(dim)
        self.function = torch.relu
    """)
    assert kinds(found) == {
        "module": "submodule",
        "parameter": "parameter",
        "buffer": "buffer",
        "table": "buffer",
        "tensor": "tensor",
    }


def test_places_are_those_of_the_file() -> None:
    text = (
        "import torch.nn as nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__(); self.ä = 'ö'; self.fc = nn.Linear(\n"
        "            8,\n            8,  # note\n        )\n"
    )
    found = define(constructions({"net.py": text})["Net"], "fc")
    assert found.definition.span == Span(6, 43, 9, 10)
    assert found.definition.what == "nn.Linear(8, 8)"


def test_places_under_crlf_and_tabs() -> None:
    text = "from torch import nn\r\nclass Net(nn.Module):\r\n\tdef __init__(self):\r\n\t\tself.fc = nn.Linear(1, 1)\r\n"
    assert define(constructions({"net.py": text})["Net"], "fc").definition.span == Span(4, 3, 4, 28)


def test_a_parameter_that_is_a_class_stands_for_its_default() -> None:
    found = init(
        "self.a = norm(dim)\nself.b = layer(dim, dim)\nself.c = other(dim)\nself.d = typed(dim)",
        "dim, other, norm=nn.LayerNorm, layer=nn.Linear, *, typed: type[nn.Module]",
    )
    assert answers(found) == {"a": "no", "b": "yes", "d": "unknown"}


def test_alternatives_that_disagree_are_unknown() -> None:
    found = init(
        """
        self.a = nn.Linear(dim, dim) if flag else nn.Identity()
        self.b = nn.Linear(dim, dim) if flag else None
        self.c = (nn.ReLU if flag else nn.GELU)()
        self.d = {"x": nn.ReLU, "y": nn.Linear}[flag]()
        self.e = {"x": nn.ReLU, "y": nn.GELU}[flag]()
        """,
        "dim, flag",
    )
    assert answers(found) == {"a": "unknown", "b": "yes", "c": "no", "d": "unknown", "e": "no"}


def test_arms_are_conditional_and_exclude_each_other() -> None:
    found = init(
        """
        self.first = nn.Linear(dim, dim)
        if flag:
            self.left = nn.Linear(dim, dim)
        else:
            self.right = nn.Linear(dim, dim)
        self.last = nn.Linear(dim, dim)
        if dim > 8:
            return
        self.rest = nn.Linear(dim, dim)
        """,
        "dim, flag",
    )
    conditional = {d.definition.attribute for d in found.definitions if d.conditional}
    assert conditional == {"left", "right", "rest"}
    assert shifts(found, "first") == ("left", "right", "last", "rest")
    assert shifts(found, "left") == ("last", "rest")
    assert shifts(found, "rest") == ()


def test_a_guard_that_raises_makes_nothing_conditional() -> None:
    found = init("if dim % 2:\n    raise ValueError(dim)\nself.a = nn.Linear(dim, dim)")
    assert not define(found, "a").conditional


def test_loops_shift_what_they_draw_next_time() -> None:
    found = init(
        """
        self.a = nn.ModuleList()
        self.b = nn.ModuleList()
        for _ in range(depth):
            self.a.append(nn.Linear(dim, dim))
            self.b.append(nn.Linear(dim, dim))
        """,
        "dim, depth",
    )
    assert shifts(found, "b") == ("a",)
    assert define(found, "a").definition.drawn == ("*.weight", "*.bias")


def test_an_initialisation_loop_shifts_what_was_built_before() -> None:
    found = init(
        "self.a = nn.Linear(dim, dim)\nself.dead = nn.Linear(dim, dim)\nself.apply(self._init_weights)",
        more="""
        def _init_weights(self, m):
            if isinstance(m, nn.Linear):
                m.weight.data.normal_()
        """,
    )
    assert shifts(found, "dead") == ("a",)
    assert found.draws[-1].owners == ("a", "dead")


def test_a_loop_over_parameters_fills_the_empty_ones() -> None:
    found = init(
        "self.a = nn.Parameter(torch.empty(dim))\nfor p in self.parameters():\n    nn.init.uniform_(p)\n"
        "self.b = nn.Parameter(torch.empty(dim))"
    )
    assert answers(found) == {"a": "yes", "b": "no"}


def test_inherited_definitions_belong_to_their_class() -> None:
    found = net("""
        class Base(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self.stem = nn.Linear(dim, dim)
                self.build(dim)
                self.tail = nn.Linear(dim, dim)

            def build(self, dim):
                raise NotImplementedError

        class Net(Base):
            def __init__(self, dim):
                super().__init__(dim)
                self.head = nn.Linear(dim, dim)

            def build(self, dim):
                self.body = nn.Linear(dim, dim)
    """)
    owners = {d.definition.attribute: d.owner.rpartition(":")[2] for d in found.definitions}
    assert owners == {"stem": "Base", "body": "Net", "tail": "Base", "head": "Net"}
    assert shifts(found, "body") == ("tail", "head")


def test_set_up_methods_stand_behind_the_constructor() -> None:
    found = init("self.a = nn.Linear(dim, dim)", more="def configure_model(self):\n    self.b = nn.Linear(4, 4)")
    assert shifts(found, "a") == ("b",)


def test_what_was_not_read_is_unknown() -> None:
    found = net("""
        from elsewhere import Missing

        class Holder(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self.inner = Missing(dim)

        class Net(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self.a = Missing(dim)
                self.b = Holder(dim)
    """)
    assert answers(found) == {"b": "unknown"}


def test_a_module_that_is_passed_in_was_drawn_elsewhere_or_not_at_all() -> None:
    found = init("self.a = encoder\nself.b = other\nself.c = act", "encoder: nn.Module, other, act=nn.ReLU()")
    assert answers(found) == {"a": "unknown", "c": "no"}


def test_a_container_of_unknown_items_is_unknown() -> None:
    found = init("self.a = nn.Sequential(*layers)\nself.b = nn.ModuleList(layers)\nself.c = nn.Sequential()", "layers")
    assert answers(found) == {"a": "unknown", "b": "unknown", "c": "no"}


def test_unknown_sizes_do_not_make_a_layer_doubtful() -> None:
    found = init("self.a = nn.LayerNorm(config.get('dim'))\nself.b = nn.Linear(size(config), 4)", "config, size")
    assert answers(found) == {"a": "no", "b": "yes"}


def test_a_default_behind_none_stands_for_the_parameter() -> None:
    found = init(
        """
        norm = norm or nn.LayerNorm
        if act is None:
            act = nn.GELU
        self.a = norm(dim)
        self.b = act()
        self.c = layer(dim, dim) if layer is not None else nn.Identity()
        """,
        "dim, norm=None, act: type[nn.Module] | None = None, layer=None",
    )
    assert answers(found) == {"a": "no", "b": "no", "c": "unknown"}


def test_unpacking_takes_the_alternative_that_fits() -> None:
    found = net("""
        def head(dim, drop=None):
            pool = nn.Identity()
            fc = nn.Linear(dim, 2)
            if drop is not None:
                return pool, nn.Dropout(drop), fc
            return pool, fc

        class Net(nn.Module):
            def __init__(self, dim, drop):
                super().__init__()
                self.pool, self.fc = head(dim)
                self.pool2, self.drop, self.fc2 = head(dim, drop)
    """)
    assert answers(found) == {"pool": "no", "fc": "yes", "pool2": "no", "drop": "no", "fc2": "yes"}


def test_functions_are_followed_to_what_they_can_build() -> None:
    found = net("""
        LAYERS = {"dense": nn.Linear, "none": nn.Identity}

        def size(x):
            return [x, x] if isinstance(x, int) else x

        def pick(kind, dim):
            return LAYERS.get(kind)(dim, dim)

        class Net(nn.Module):
            def __init__(self, dim, kind):
                super().__init__()
                self._check(dim)
                self.a = pick("dense", dim)
                self.b = pick("none", dim)
                self.c = pick(kind, dim)
                self.d = nn.LayerNorm(size(dim))

            def _check(self, dim):
                if dim < 0:
                    raise ValueError(dim)
    """)
    assert answers(found) == {"a": "yes", "b": "no", "c": "unknown", "d": "no"}


def test_across_files() -> None:
    files = {
        "pkg/__init__.py": "from .layers import Block, make\n",
        "pkg/layers.py": PRELUDE
        + "class Block(nn.Module):\n    def __init__(self):\n"
        + "        super().__init__()\n        self.fc = nn.Linear(1, 1)\n"
        + "def make(flag=False):\n    return Block() if flag else nn.ReLU()\n",
        "pkg/net.py": PRELUDE
        + "from . import make\nimport pkg\n"
        + "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        + "        self.a = pkg.Block()\n        self.b = make()\n        self.c = make(True)\n",
    }
    found = constructions(files)["Net"]
    assert answers(found) == {"a": "yes", "b": "no", "c": "yes"}
    assert define(found, "a").definition.drawn == ("fc.weight", "fc.bias")


# -- overwritten, discarded ------------------------------------------------------------------------------------

OVERWRITTEN = {
    "twice": ("self.a = nn.Linear(1, 1)\nself.a = nn.Linear(1, 1)", 1),
    "by none": ("self.a = nn.Linear(1, 1)\nself.a = None", 1),
    "deleted": ("self.a = nn.Linear(1, 1)\ndel self.a", 1),
    "initialised between": ("self.a = nn.Linear(1, 1)\nnn.init.ones_(self.a.weight)\nself.a = nn.ReLU()", 1),
    "in one arm": ("if dim:\n    self.a = nn.Linear(1, 1)\n    self.a = nn.Linear(1, 1)", 1),
    "after an arm": ("if dim:\n    self.a = nn.Linear(1, 1)\nself.a = nn.Linear(1, 1)", 1),
    "both arms": ("if dim:\n    self.a = nn.Linear(1, 1)\nelse:\n    self.a = nn.Linear(2, 2)", 0),
    "default": ("self.a = nn.Linear(1, 1)\nif dim:\n    self.a = nn.Linear(1, 1)", 0),
    "wrapped": ("self.a = nn.Linear(1, 1)\nself.a = nn.Sequential(self.a)", 0),
    "read through a local": ("a = nn.Linear(1, 1)\nself.a = a\nself.a = nn.Sequential(a)", 0),
    "self passed on": ("self.a = nn.Linear(1, 1)\nregister(self)\nself.a = nn.ReLU()", 0),
    "closure": ("self.a = nn.Linear(1, 1)\nself.f = lambda x: self.a(x)\nself.a = nn.ReLU()", 0),
    "returned before": ("self.a = nn.Linear(1, 1)\nif dim:\n    return\nself.a = nn.ReLU()", 0),
    "loop": ("for _ in range(2):\n    self.a = nn.Linear(1, 1)", 0),
    "loop with read": ("for _ in range(dim):\n    self.a = nn.Linear(1, 1)\n    use(self.a)", 0),
    "no draws": ("self.a = nn.ReLU()\nself.a = nn.Linear(1, 1)", 0),
    "try": ("try:\n    self.a = nn.Linear(1, 1)\nexcept ValueError:\n    self.a = nn.Linear(2, 2)", 0),
    "shape": ("self.a = nn.Linear(1, 1)\nself.n = self.a.in_features\nself.a = nn.Linear(1, 1)", 0),
}


@pytest.mark.parametrize("title", OVERWRITTEN)
def test_overwritten(title: str) -> None:
    body, count = OVERWRITTEN[title]
    found = init(body)
    assert len(found.overwrites) == count
    assert all(overwrite.first not in found.own for overwrite in found.overwrites)


DISCARDED = {
    "statement": ("nn.Linear(1, 1)", ["Linear"]),
    "tensor": ("torch.randn(1)\ntorch.zeros(1)", ["randn"]),
    "local": ("a = nn.Linear(1, 1)\nb = nn.ReLU()", ["a"]),
    "only initialised": ("a = nn.Linear(1, 1)\nnn.init.ones_(a.weight)", ["a"]),
    "kept": ("a = nn.Linear(1, 1)\nself.a = a", []),
    "listed": ("a = nn.Linear(1, 1)\nlayers = [a]\nself.a = nn.Sequential(*layers)", []),
    "called": ("a = nn.Linear(1, 1)\nself.n = a(torch.zeros(1)).shape", []),
    "captured": ("a = nn.Linear(1, 1)\nself.f = lambda x: a(x)", []),
    "side effect": ("self.make()", []),
    "deleted after use": ("a = nn.Linear(1, 1)\nself.n = a.in_features\ndel a", []),
    "copied from": ("a = nn.Linear(1, 1)\nself.b = nn.Linear(1, 1)\nself.b.weight.data.copy_(a.weight)", []),
    "silent": ("with torch.random.fork_rng():\n    nn.Linear(1, 1)", []),
}


@pytest.mark.parametrize("title", DISCARDED)
def test_discarded(title: str) -> None:
    body, names = DISCARDED[title]
    found = init(body, more="def make(self):\n    return nn.Linear(1, 1)")
    assert [discard.name for discard in found.discards] == names


def test_what_a_discarded_draw_shifts() -> None:
    found = init("self.a = nn.Linear(1, 1)\nnn.Linear(1, 1)\nself.b = nn.Linear(1, 1)")
    assert found.after_discard(found.discards[0]) == ("b",)


# -- bad input -------------------------------------------------------------------------------------------------


def test_a_class_that_builds_itself() -> None:
    found = net("""
        class Net(nn.Module):
            def __init__(self, depth):
                super().__init__()
                self.fc = nn.Linear(1, 1)
                self.child = Net(depth - 1) if depth else None
    """)
    assert answers(found) == {"fc": "yes", "child": "yes"}


@pytest.mark.parametrize("value", ["(" * 2000 + "1" + ")" * 2000, "-" * 20000 + "1", "+".join(["1"] * 20000)])
def test_what_is_nested_too_deep_is_not_read(value: str) -> None:
    found = init(f"self.a = nn.Linear(1, 1)\nself.b = {value}")
    assert answers(found) == {"a": "yes"}


def test_errors_in_the_syntax_cost_no_other_statement() -> None:
    found = init("self.a = nn.Linear(1, 1)\nself.b = = nn.Linear(1, 1)")
    assert (answers(found), len(found.unread)) == ({"a": "yes"}, 1)


def test_a_slice_knows_its_places() -> None:
    source = b"if 1:\n  y = 1\n  x = [y,\n 1]\n"
    piece = Slice(source, source.index(b"x"), len(source))
    assert piece.small is not None
    assert piece.span(piece.small) == Span(3, 3, 4, 4)


def test_slices_of_one_text_share_its_tree_and_not_its_places() -> None:
    source = b"x = y\nif 1:\n  z = 1\nx = y\n"
    first, second = Slice(source, 0, 5), Slice(source, source.rindex(b"x"), len(source))
    assert first.tree is second.tree
    assert first.small is not None
    assert (first.span(first.small), second.span(first.small)) == (Span(1, 1, 1, 6), Span(4, 1, 4, 6))


def trees() -> int:
    """The number of trees in this process."""
    return sum(type(each) is Tree for each in gc.get_objects())


def test_trees_are_given_back_without_the_collector() -> None:
    classes = [
        f"class Net{number}(nn.Module):\n    def __init__(self):\n        self.a{number} = nn.Linear(1, 1)\n"
        for number in range(MOST_SLICES + 50)
    ]
    gc.collect()
    before = trees()
    gc.disable()
    try:
        found = constructions({"net.py": PRELUDE + "\n".join(classes)})
        kept = trees() - before
    finally:
        gc.enable()
    assert len(found) == len(classes)
    assert kept <= MOST_SLICES + 1


def test_constructors_of_one_text_are_not_one_that_calls_itself() -> None:
    found = net("""
        class First(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self.fc = nn.Linear(dim, dim)
        class Second(First):
            def __init__(self, dim):
                super().__init__(dim)
        class Third(Second):
            def __init__(self, dim):
                super().__init__(dim)
        class Fourth(Third):
            def __init__(self, dim):
                super().__init__(dim)
        class Net(Fourth):
            def __init__(self, dim):
                super().__init__(dim)
    """)
    assert answers(found) == {"fc": "yes"}


def test_equal_code_gives_equal_events() -> None:
    text = f"{HELPERS}\nclass Net(nn.Module):\n    def __init__(self):\n        self.a = Block(4)\n"
    first, second = constructions({"net.py": text})["Net"], constructions({"net.py": text})["Net"]
    assert first.events == second.events
    assert isinstance(first.events[0], Drawn)
