"""Which operators are tagged as drawing, and which functions of torch name one."""

from __future__ import annotations

import contextlib
import functools
import inspect
import keyword
import types
from collections.abc import Iterator
from typing import Any

import torch


@functools.cache
def tagged() -> frozenset[str]:
    """The names of all operators of which an overload is tagged as drawing."""
    return frozenset(overload.overloadpacket.__name__ for overload in tagged_overloads())


@functools.cache
def tagged_overloads() -> list[Any]:
    """Every overload of an ATen operator that is tagged as drawing."""
    return [one for one in overloads() if torch.Tag.nondeterministic_seeded in one.tags]


def overloads() -> Iterator[Any]:
    """Every overload of every ATen operator that can be reached from Python."""
    for schema in torch._C._jit_get_all_schemas():
        space, name = schema.name.split("::")
        if space == "aten":
            with contextlib.suppress(AttributeError, RuntimeError):
                yield getattr(getattr(torch.ops.aten, name), schema.overload_name or "default")


@functools.cache
def may_draw(function: object) -> bool:
    """Whether a Python function, or a function of torch that it calls, names a drawing operator."""
    return any(tagged() & names_in(one.__code__) for one in called_by(function, set()))


def called_by(function: object, seen: set[object]) -> Iterator[types.FunctionType]:
    """A Python function of torch and those that it can call by a global name or a closure."""
    if not isinstance(function, types.FunctionType) or function in seen:
        return
    if not (function.__module__ or "").startswith("torch."):
        return
    seen.add(function)
    yield function
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    for value in [*map(function.__globals__.get, sorted(names_in(function.__code__))), *closure]:
        yield from called_by(value, seen)


def names_in(code: types.CodeType) -> frozenset[str]:
    """The global and attribute names that code uses, nested functions included."""
    nested = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return frozenset(code.co_names).union(*map(names_in, nested))


def operator_parameters(name: str) -> list[inspect.Parameter]:
    """The parameters with defaults of the drawing overloads of an operator."""
    return [
        inspect.Parameter(argument.name, inspect.Parameter.KEYWORD_ONLY, default=argument.default_value)
        for overload in tagged_overloads()
        if overload.overloadpacket.__name__ == name
        for argument in overload._schema.arguments
        if argument.has_default_value() and not keyword.iskeyword(argument.name)
    ]
