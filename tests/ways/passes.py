"""What reaches all definitions at once: initialisation, which is no reader, and loops that use what they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generated.render import function, method

from ways.piece import Piece

MATRICES = frozenset({"Linear", "Conv1d", "Embedding", "Bilinear", "LSTM"})
HEIR = "heir of "
Reaches = Callable[[frozenset[str], bool, bool], bool]
"""From the torch classes inside, whether there are parameters, and whether it is a parameter itself."""


@dataclass(frozen=True)
class Pass:
    """An initialisation at the end of a constructor, and for what it draws."""

    make: Callable[[str], Piece]
    reaches: Reaches


PASSES: dict[str, Pass] = {}
SWEEPS: dict[str, Callable[[str], Piece]] = {}


def heirs(holds: frozenset[str]) -> frozenset[str]:
    """Classes that inherit from these."""
    return frozenset(HEIR + name for name in holds)


def plain(holds: frozenset[str]) -> frozenset[str]:
    """The classes of torch that these are or inherit from."""
    return frozenset(name.removeprefix(HEIR) for name in holds)


def linear(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return "Linear" in plain(holds)


def exactly_linear(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return "Linear" in holds


def norm(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return "LayerNorm" in plain(holds)


def matrices(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return bool(MATRICES & plain(holds))


def every(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return parameters


def none(holds: frozenset[str], parameters: bool, own: bool) -> bool:
    return False


def initialises(reaches: Reaches) -> Callable[[Callable[[str], Piece]], Callable[[str], Piece]]:
    def take(make: Callable[[str], Piece]) -> Callable[[str], Piece]:
        PASSES[make.__name__] = Pass(make, reaches)
        return make

    return take


def sweeps(make: Callable[[str], Piece]) -> Callable[[str], Piece]:
    SWEEPS[make.__name__] = make
    return make


TEST = ("if isinstance(module, nn.Linear):", "    nn.init.xavier_uniform_(module.weight)")


@initialises(linear)
def applied_method(cls: str) -> Piece:
    return Piece(late=("self.apply(self._init_weights)",), members=method("_init_weights", TEST, "module"))


@initialises(linear)
def applied_function(cls: str) -> Piece:
    name = f"init_{cls.lower()}"
    return Piece(late=(f"self.apply({name})",), functions=function(name, TEST, "module"))


@initialises(linear)
def applied_helper(cls: str) -> Piece:
    name = f"init_{cls.lower()}"
    return Piece(late=(f"self.apply(${name})",), helpers=function(name, TEST, "module"))


@initialises(linear)
def applied_partial(cls: str) -> Piece:
    name = f"init_{cls.lower()}"
    body = ("if isinstance(module, nn.Linear):", "    nn.init.normal_(module.weight, std=std)")
    return Piece(
        late=(f"self.apply(functools.partial({name}, std=0.5))",), functions=function(name, body, "module", "std")
    )


@initialises(exactly_linear)
def by_type_table(cls: str) -> Piece:
    body = (
        "for module in self.modules():",
        "    if type(module) in (nn.Linear,):",
        "        module.reset_parameters()",
    )
    return Piece(late=body)


@initialises(norm)
def over_named_modules(cls: str) -> Piece:
    body = ("for name, module in self.named_modules():", "    if isinstance(module, nn.LayerNorm):")
    return Piece(late=(*body, "        nn.init.normal_(module.weight)"))


@initialises(matrices)
def matrices_only(cls: str) -> Piece:
    return Piece(late=("for p in self.parameters():", "    if p.dim() > 1:", "        nn.init.xavier_uniform_(p)"))


@initialises(every)
def reset_method(cls: str) -> Piece:
    body = ("for name, p in self.named_parameters():", "    p.data.uniform_(-0.1, 0.1)")
    return Piece(late=("self.reset_parameters()",), members=method("reset_parameters", body))


@initialises(every)
def through_function(cls: str) -> Piece:
    name = f"fill_{cls.lower()}"
    body = ("for p in module.parameters():", "    nn.init.normal_(p)")
    return Piece(late=(f"${name}(self)",), helpers=function(name, body, "module"))


@initialises(none)
def scaled(cls: str) -> Piece:
    body = ("for p in self.parameters():", "    if p.dim() == 1:", "        p.data.mul_(0.5)")
    return Piece(late=body)


@initialises(none)
def frozen(cls: str) -> Piece:
    return Piece(late=("for p in self.parameters():", "    p.requires_grad_(False)"))


@initialises(none)
def to_double(cls: str) -> Piece:
    return Piece(late=("self.to(torch.float32)", "self.train()", "self.requires_grad_(True)"))


@sweeps
def children(cls: str) -> Piece:
    return Piece(steps=("for child in self.children():", "    x = x + sum(p.sum() for p in child.parameters())"))


@sweeps
def named_children(cls: str) -> Piece:
    return Piece(
        steps=(
            "for name, child in self.named_children():",
            "    x = child(x) if False else x + len(name) + sum(p.mean() for p in child.parameters())",
        )
    )


@sweeps
def modules_table(cls: str) -> Piece:
    return Piece(steps=("for child in self._modules.values():", "    x = x + sum(p.sum() for p in child.parameters())"))


@sweeps
def by_function(cls: str) -> Piece:
    name = f"sum_{cls.lower()}"
    body = ("return sum(p.sum() for child in module.children() for p in child.parameters())",)
    return Piece(steps=(f"x = x + ${name}(self)",), helpers=function(name, body, "module"))
