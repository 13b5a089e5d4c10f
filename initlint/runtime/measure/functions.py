"""What is measured of torch's functions and tensor methods: whether a call draws, reseeds or isolates."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn

from initlint.runtime.ledger import CPU, EXPLICIT, OUTSIDE, Recorder, state_of
from initlint.runtime.measure.arguments import EXCLUDED, REFUSALS, Arguments, arguments_for, signature, switches
from initlint.runtime.measure.classes import Json, classes, compact
from initlint.runtime.measure.operators import may_draw, operator_parameters, tagged

WRAPPER_SPACES = (
    "torch.nn.utils",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.parametrize",
    "torch.nn.utils.prune",
)
FUNCTION_SPACES = (
    "torch",
    "torch.nn.functional",
    "torch.nn.init",
    *WRAPPER_SPACES,
    "torch.random",
    "torch.functional",
    "torch.fft",
    "torch.linalg",
    "torch.sparse",
    "torch.special",
    "torch.testing",
    "torch.utils.data",
)
DEVICE_SPACES = ("torch.cuda", "torch.mps", "torch.mtia", "torch.xpu")


def functions() -> dict[str, Callable[..., Any]]:
    """Every function that may draw, that torch.nn.init or torch.random defines, or that wraps a module."""
    found: dict[str, Callable[..., Any]] = {}
    for space in FUNCTION_SPACES:
        for name, function in public_functions(space):
            if wanted(space, name, function):
                found[function_spellings(name, function)[0]] = function
    for name, cls in classes().items():
        found |= {f"{name}.{short}": getattr(cls, short) for short in alternative_constructors(cls)}
    return {name: found[name] for name in sorted(found) if name not in EXCLUDED}


def function_spellings(name: str, function: Callable[..., Any]) -> list[str]:
    """The paths by which a function can be called: the namespaces that show it, then the defining module.

    Unwrapped before they are compared: torch._dynamo, once imported, wraps `torch.manual_seed` at one path
    only.
    """
    inner = inspect.unwrap(function)
    shown = {space: vars(importlib.import_module(space)).get(name) for space in FUNCTION_SPACES}
    spaces = [space for space, other in shown.items() if callable(other) and inspect.unwrap(other) is inner]
    home = getattr(function, "__module__", None) or "_"
    if home.startswith("torch.") and "._" not in home and home not in spaces:
        spaces.append(home)
    return [f"{space}.{name}" for space in spaces]


def public_functions(space: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions of a namespace, by name."""
    for name, value in sorted(vars(importlib.import_module(space)).items()):
        if callable(value) and not inspect.isclass(value) and not name.startswith("_"):
            yield name, value


def wanted(space: str, name: str, function: Callable[..., Any]) -> bool:
    """Whether a function is worth measuring."""
    module = getattr(function, "__module__", None) or ""
    if space in ("torch.nn.init", "torch.random", *WRAPPER_SPACES):
        return module.startswith(("torch.nn.utils", space)) and deprecated_target(name, function) is None
    return name in tagged() or may_draw(inspect.unwrap(function))


def deprecated_target(name: str, function: Callable[..., Any]) -> str | None:
    """The name, with an underscore, of the initialiser that a deprecated one of torch.nn.init calls."""
    inside = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    return f"{name}_" if getattr(nn.init, f"{name}_", None) in inside else None


def alternative_constructors(cls: type) -> list[str]:
    """The public class methods and static methods that a class adds."""
    return [
        name
        for name, value in sorted(vars(cls).items())
        if isinstance(value, classmethod | staticmethod) and not name.startswith("_")
    ]


def function_entry(name: str, function: Callable[..., Any]) -> Json:
    """Everything that is recorded of one function."""
    moved = moved_by(function, arguments_for(name, function))
    return compact(
        {
            "aliases": aliases_of_function(name, function),
            "draws": CPU in moved,
            "reseeds": OUTSIDE in moved,
            "isolates": isolates(function, arguments_for(name, function)),
            "switches": switching(name, function, moved),
            "generator": accepted(name, function, generator=torch.Generator()) == frozenset({EXPLICIT}),
            "device": accepted(name, function, device="cpu") is not None,
        }
    )


def aliases_of_function(name: str, function: Callable[..., Any]) -> list[str]:
    """The other paths of a function, the deprecated name of one of torch.nn.init among them."""
    space, _, short = name.rpartition(".")
    if space not in FUNCTION_SPACES:
        return []
    old = [f"{space}.{one}" for one, value in public_functions(space) if deprecated_target(one, value) == short]
    return sorted({*function_spellings(short, function), *old} - {name})


def moved_by(function: Callable[..., Any], arguments: Arguments) -> frozenset[str]:
    """The streams from which a call draws, and `outside` when it moves one without drawing.

    The draw before it makes sure that a reseed finds another state than its own.
    """
    torch.rand(1)
    with Recorder() as recorder:
        arguments.call(function)
    return frozenset(OUTSIDE if draw.operator == OUTSIDE else draw.stream for draw in recorder.draws)


def accepted(name: str, function: Callable[..., Any], **extra: Any) -> frozenset[str] | None:
    """What a call with a further keyword moves, or None if the function does not take it."""
    try:
        return moved_by(function, arguments_for(name, function).having(**extra))
    except REFUSALS:
        return None


def isolates(function: Callable[..., Any], arguments: Arguments) -> bool:
    """Whether a call gives a context after which draws made inside have left no trace."""
    context = arguments.call(function)
    if not isinstance(context, contextlib.AbstractContextManager):
        return False
    before = state_of(torch.default_generator)
    with context:
        torch.rand(1)
    return before == state_of(torch.default_generator)


def switching(name: str, function: Callable[..., Any], moved: frozenset[str]) -> list[str]:
    """The keywords that make a drawing function silent or a silent one draw."""
    found = {
        label: accepted(name, function, **{parameter: value})
        for label, parameter, value in switches(keywords(name, function))
        if isinstance(value, bool | float) and not label.endswith("=...")
    }
    return sorted(label for label, other in found.items() if other is not None and other != moved)


def keywords(name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function; those of its operator where it is built in; and a required `train`.

    No other required flag is turned: built-in recurrences read past their weights when told of more layers.
    """
    kind = inspect.Parameter.KEYWORD_ONLY
    required = [
        inspect.Parameter(one, kind, default=v)
        for one, v in arguments_for(name, function).kwargs.items()
        if one == "train"
    ]
    try:
        return [*signature(function), *required]
    except LookupError:
        return [*operator_parameters(name.rpartition(".")[2]), *required]


def tensor_methods() -> dict[str, Callable[..., Any]]:
    """Every public method of Tensor that may draw."""
    named = ((name, getattr(torch.Tensor, name)) for name in dir(torch.Tensor) if not name.startswith("_"))
    return {
        name: method
        for name, method in named
        if callable(method) and (name in tagged() or may_draw(inspect.unwrap(method)))
    }


def device_reseeds(measured: Iterable[str]) -> dict[str, Json]:
    """What reseeds other devices, by the names of what was measured to reseed the CPU."""
    short = {name.rpartition(".")[2] for name in measured}
    return {
        f"{space}.{name}": {"reseeds": True}
        for space in DEVICE_SPACES
        for name, _ in public_functions(space)
        if name.removesuffix("_all") in short
    }
