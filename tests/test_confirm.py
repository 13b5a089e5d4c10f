"""`initlint confirm`: verdicts that were worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from confirming import FIXTURES, STORY, VERDICTS, confirmed, differing, project, row, table

from initlint.model import Strategy
from initlint.pipeline import run as check
from initlint.report.evidence import Verdict
from initlint.runtime.confirm import confirm
from initlint.runtime.host import Limits
from initlint.runtime.trials import Plan
from initlint.settings import settle
from initlint.sources import discover

# -- the story ------------------------------------------------------------------------------------------------------


def test_the_story_in_its_model() -> None:
    """The numbers in the story's own README, and which weights they are."""
    evidence = confirmed(STORY, target="models:VisionTransformer()")
    gamma, linear = sorted(evidence.results, key=lambda result: result.findings[0].attribute)
    assert row(gamma) == ("confirmed", 43, 22, "blocks.0.attn.proj.weight")
    assert [tensor.name for tensor in gamma.changed] == differing("blocks.0.attn.proj.weight")
    assert row(linear) == ("confirmed", 43, 20, "blocks.0.mlp.fc1.weight")
    assert [tensor.name for tensor in linear.changed] == differing("blocks.0.mlp.fc1.weight")
    assert [(draw.owner, draw.operator, draw.numel) for draw in gamma.draws] == [
        (f"blocks.{number}.attn.gamma", "aten.randn.default", 4) for number in range(3)
    ]
    assert [(draw.owner, draw.numel) for draw in linear.draws] == [
        (f"blocks.{number}.attn.linear.{name}", numel)
        for number in range(3)
        for name, numel in (("weight", 32 * 32), ("bias", 32))
    ]
    for result in evidence.results:
        assert (result.strategy, result.end_state_equal, result.disagreements) == (Strategy.REMOVE, False, ())
    assert evidence.together == ()


def test_the_story_class_by_class() -> None:
    """Of two instances in a row, `linear`, the last of its constructor, shifts only the second."""
    evidence = confirmed(STORY)
    gamma, linear = sorted(evidence.results, key=lambda result: result.findings[0].attribute)
    assert gamma.target == linear.target == "models.attention:Attention(dim=64)"
    assert row(gamma) == ("confirmed", 8, 5, "first.proj.weight")
    assert [tensor.name for tensor in gamma.changed] == [
        "first.proj.weight",
        "first.proj.bias",
        "second.qkv.weight",
        "second.proj.weight",
        "second.proj.bias",
    ]
    assert row(linear) == ("confirmed", 8, 3, "second.qkv.weight")
    assert gamma.disagreements == linear.disagreements == ()


def test_differences_are_those_of_the_weights() -> None:
    found = confirmed(STORY / "project2").results[0]
    weights = []
    for name in ("project2", "project1"):
        text = (STORY / name / "models" / "attention.py").read_text()
        space: dict[str, Any] = {}
        exec(compile(text, name, "exec"), space)
        torch.manual_seed(0)
        weights.append({n: p for i in ("first", "second") for n, p in named(i, space["Attention"](64))})
    for tensor in found.tensors:
        pair = [weight[tensor.name].double() for weight in weights]
        assert tensor.difference == (pair[0] - pair[1]).abs().max().item()


def named(prefix: str, model: Any) -> list[tuple[str, Any]]:
    return [(f"{prefix}.{name}", parameter) for name, parameter in model.named_parameters()]


# -- verdicts -------------------------------------------------------------------------------------------------------


def test_verdicts(tmp_path: Path) -> None:
    evidence = confirmed(project(tmp_path, net=VERDICTS))
    assert table(evidence) == {
        "shifting": ("confirmed", 4, 4, "first.proj.weight"),
        "ending": ("latent", 4, 0, ""),
        "silent": ("harmless", 4, 0, ""),
        "one": ("confirmed", 8, 8, "first.two.weight"),
        "two": ("confirmed", 8, 6, "first.proj.weight"),
    }
    assert [(tuple(f.attribute for f in r.findings), *row(r)) for r in evidence.together] == [
        (("one", "two"), "confirmed", 4, 4, "first.proj.weight")
    ]
    ends = {result.findings[0].attribute: result.end_state_equal for result in evidence.results}
    assert ends == {"shifting": False, "ending": False, "silent": True, "one": False, "two": False}


def test_a_target_of_several_classes_shows_what_it_builds(tmp_path: Path) -> None:
    root = project(
        tmp_path, net=VERDICTS, make="from net import Last, Still\n\ndef make():\n    return Last(), Still()\n"
    )
    evidence = confirmed(root, target="make:make")
    assert table(evidence) == {
        "shifting": ("inconclusive", 0, 0, ""),
        "ending": ("confirmed", 6, 2, "1.proj.weight"),
        "silent": ("harmless", 6, 0, ""),
        "one": ("inconclusive", 0, 0, ""),
        "two": ("inconclusive", 0, 0, ""),
    }
    reason = "`make:make` does not build `Shifted` of net.py, so it shows nothing about it"
    assert evidence.results[0].reason == reason


def test_what_cannot_be_removed_is_isolated(tmp_path: Path) -> None:
    """Its own weights stay, under any name, and are no evidence."""
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)
            self.outer = nn.Sequential(self.inner, nn.ReLU())
            self.proj = nn.Linear(2, 2)

        def forward(self, x):
            return self.proj(x)
    """
    evidence = confirmed(project(tmp_path, net=text))
    result = next(result for result in evidence.results if result.findings[0].attribute == "inner")
    assert result.strategy is Strategy.ISOLATE
    assert [(tensor.name, tensor.same) for tensor in result.tensors] == [
        ("first.proj.weight", False),
        ("first.proj.bias", False),
        ("second.proj.weight", False),
        ("second.proj.bias", False),
    ]
    assert result.notes[0].startswith("remove: line 11 still needs it")
    assert result.disagreements == ()


def test_seeds_devices_and_types(tmp_path: Path) -> None:
    root = project(tmp_path, net=VERDICTS)
    evidence = confirmed(root, target="net:Shifted", seeds=(3, 1), dtype="float64")
    shifting = [result for result in evidence.results if result.verdict is Verdict.CONFIRMED]
    assert [result.seed for result in shifting] == [3, 1]
    for result in shifting:
        torch.manual_seed(result.seed)
        weight = torch.nn.Linear(2, 2, dtype=torch.float64).weight.flatten().tolist()
        assert result.tensors[0].after == tuple(f"{value:+.6f}" for value in weight[:3])


@pytest.mark.parametrize("placement", ["construct", "move"])
def test_on_a_gpu(tmp_path: Path, placement: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    evidence = confirmed(project(tmp_path, net=VERDICTS), device="cuda", placement=placement)
    assert table(evidence)["shifting"] == ("confirmed", 4, 4, "first.proj.weight")


# -- arguments ------------------------------------------------------------------------------------------------------

ARGUMENTS = """
SIZE = 6


class Config:
    def __init__(self, hidden_size=768, num_attention_heads=12, num_layers=12, dropout=0.1):
        self.hidden_size = hidden_size
        self.num_attention_heads = num_attention_heads
        self.num_layers = num_layers


class Called(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        assert (a, b) == (6, [1, 2])
        self.dead = nn.Linear(a, a)

    def forward(self, x):
        return x


class Guessed(nn.Module):
    def __init__(self, embed_dim, num_heads, mlp_ratio, drop, bias, *, kernel_size, names: "list[str]"):
        super().__init__()
        assert embed_dim % num_heads == 0 and 0 < drop < 1 and bias is True
        self.dead = nn.Conv1d(embed_dim, int(embed_dim * mlp_ratio), kernel_size)

    def forward(self, x):
        return x


class Configured(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        assert config.hidden_size % config.num_attention_heads == 0
        self.dead = nn.ModuleList(nn.Linear(config.hidden_size, 2) for _ in range(config.num_layers))

    def forward(self, x):
        return x


class Unannotated(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dead = nn.Linear(config.hidden_size, 2)

    def forward(self, x):
        return x


class Hopeless(nn.Module):
    def __init__(self, tree, dim):
        super().__init__()
        self.dead = nn.Linear(tree.root.size, dim)

    def forward(self, x):
        return x


def use():
    return Called(b=[1, 2], a=SIZE)
"""


def test_arguments_are_found(tmp_path: Path) -> None:
    evidence = confirmed(project(tmp_path, net=ARGUMENTS))
    found = {result.findings[0].cls: result for result in evidence.results}
    assert {name: (result.verdict.value, result.target) for name, result in found.items()} == {
        "Called": ("latent", "net:Called(b=[1, 2], a=6)"),
        "Guessed": (
            "latent",
            "net:Guessed(embed_dim=64, num_heads=4, mlp_ratio=2, drop=0.1, bias=True, kernel_size=3, names=[64, 64])",
        ),
        "Configured": (
            "latent",
            "net:Configured(config=Config(hidden_size=64, num_attention_heads=4, num_layers=2))",
        ),
        "Unannotated": (
            "latent",
            "net:Unannotated(config=Config(hidden_size=64, num_attention_heads=4, num_layers=2))",
        ),
        "Hopeless": ("inconclusive", ""),
    }
    assert found["Hopeless"].reason == (
        "no arguments were found that work (`Hopeless(tree=64, dim=64)`: AttributeError: 'int' object has no attribute "
        "'root' (net.py:59)); say which: --build 'net:Hopeless(tree=..., dim=...)'"
    )


HEIRS = """
import abc


class Mixin:
    def __init__(self, *args):
        super().__init__(*args)
        self.gamma = nn.Parameter(torch.randn(3))


class Abstract(nn.Module, abc.ABC):
    def __init__(self, dim):
        super().__init__()
        self.spare = nn.Linear(dim, dim)
        self.proj = nn.Linear(dim, dim)

    @abc.abstractmethod
    def size(self): ...

    def forward(self, x):
        return self.proj(x)


class StillAbstract(Abstract):
    pass


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(2, 2)

    def forward(self, x):
        return self.out(x)


def make():
    class Inner(Net):
        def __init__(self):
            super().__init__()
            self.dead = nn.Linear(2, 2)

    return Inner()
"""
OTHER = """
import net


class Mixed(net.Mixin, net.Net):
    pass


class Whole(net.StillAbstract):
    def size(self):
        return 1


def tall():
    return Whole(6)
"""


def test_what_cannot_be_built_by_itself_is_built_through_an_heir(tmp_path: Path) -> None:
    """What the subclass adds is shifted too, which is no contradiction; for a class in a function the report says how
    to build it."""
    found = {result.findings[0].cls: result for result in confirmed(project(tmp_path, net=HEIRS, other=OTHER)).results}
    assert {name: (result.verdict.value, result.target) for name, result in found.items()} == {
        "Mixin": ("confirmed", "other:Mixed()"),
        "Abstract": ("confirmed", "other:Whole(6)"),
        "make.<locals>.Inner": ("inconclusive", ""),
    }
    assert {result.disagreements for result in found.values()} == {()}
    assert found["make.<locals>.Inner"].reason.endswith("; say what to build: --build 'net:make(...)'")


def test_classes_in_packages_are_imported_by_their_names(tmp_path: Path) -> None:
    package = tmp_path / "src" / "deep" / "er"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("")
    (package / "sizes.py").write_text("SIZE = 3\n")
    body = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    body += "        self.x = nn.Linear(SIZE, 2)\n    def forward(self, x):\n        return x\n"
    (package / "net.py").write_text(f"from .sizes import SIZE\nfrom torch import nn\n{body}")
    assert [(r.target, r.verdict.value) for r in confirmed(tmp_path).results] == [("deep.er.net:Net()", "latent")]


# -- static and measured --------------------------------------------------------------------------------------------

KINDS = ("initialisation", "overwritten", "parameters", "submodules", "tensors", "without_draws")
TRUE_DISAGREEMENTS = {
    ("Generator", "basis"): "it draws from a generator of its own, which `start` draws from too",
    ("Forked", "probe"): "it draws inside of a fork, and `offset` does after it",
}
"""Where a finding is silent about what shifts: its draws move nothing outside."""

UNMENDABLE = {
    ("CopiedList", "first"): "the constructor copies it",
    ("FanIn", "matrix"): "the constructor computes with it",
    ("ShapeOnly", "embed"): "the constructor reads its shape",
    ("InitialisedAndKept", "mask"): "an initialiser gives it back",
    ("Walrus", "wide"): "a later statement takes the name that it gets on the way",
    ("Spread", "rest"): "one value that is unpacked makes it and others",
    ("Spread", "down"): "one value that is unpacked makes it and others",
    ("Spread", "layer"): "a loop draws for it and for others",
}
UNBUILT = {
    ("Merger", "inner"): "what draws for it is the initialisation of a model around it",
    ("Merger", "separator"): "what draws for it is the initialisation of a model around it",
}
"""What stays inconclusive: it can be neither removed nor, within a model that draws for all of it, isolated."""


def test_findings_of_all_fixtures_agree_with_torch() -> None:
    """What should draw draws, what should be shifted differs, and nothing else does."""
    config = settle(
        {"paths": tuple(str(FIXTURES / "classes" / f"dead_{name}.py") for name in KINDS), "no_cache": True}
    ).config
    plan = Plan(interpreter=sys.executable, limits=Limits(60, 4000), processes=2)
    evidence = confirm(check(config), discover(config).files, plan)
    wrong = {(r.findings[0].cls, r.findings[0].attribute): r.disagreements for r in evidence.results if r.disagreements}
    assert wrong.keys() == TRUE_DISAGREEMENTS.keys(), wrong
    found = {verdict: [r.findings[0] for r in evidence.results if r.verdict is verdict] for verdict in Verdict}
    assert len(found[Verdict.CONFIRMED]) > 30
    assert {(f.cls, f.attribute) for f in found[Verdict.INCONCLUSIVE]} == UNMENDABLE.keys() | UNBUILT.keys()
