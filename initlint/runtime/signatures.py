"""The parameters of a class, as far as they help to build it.

Part of the worker: torch and the standard library only, Python 3.9.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

import torch

PLAIN = ("int", "float", "bool", "str", "list", "tuple", "dict")
NO_NAMES = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def parameters(cls: type, module: types.ModuleType) -> Iterator[dict[str, Any]]:
    """The parameters of a class's constructor."""
    for parameter in taken(cls).values():
        if parameter.kind in NO_NAMES:
            continue
        kind = annotated(parameter.annotation, module) or annotated_elsewhere(parameter.name, module)
        config = configuration(kind, module)
        yield {
            "name": parameter.name,
            "required": parameter.default is inspect.Parameter.empty,
            "nameless": parameter.kind is inspect.Parameter.POSITIONAL_ONLY,
            "type": type_name(kind),
            "config": config,
            "numbers": numbers(kind) if config and kind else {},
        }


def annotated(annotation: Any, module: types.ModuleType) -> type | None:
    """The class that an annotation names; of several, the first that is not None."""
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, {"typing": typing, "torch": torch, **vars(module)})
        except Exception:
            return None  # a name that is there for type checkers only
    if typing.get_origin(annotation) in (typing.Union, getattr(types, "UnionType", typing.Union)):
        annotation = next(kind for kind in typing.get_args(annotation) if kind is not type(None))
    annotation = typing.get_origin(annotation) or annotation
    return annotation if isinstance(annotation, type) and annotation is not inspect.Parameter.empty else None


def annotated_elsewhere(name: str, module: types.ModuleType) -> type | None:
    """The class that other classes of the module annotate this name with; the most derived one."""
    found: list[type] = []
    for other in list(vars(module).values()):
        if isinstance(other, type) and other.__module__ == module.__name__:
            said = [getattr(other, "__annotations__", {}).get(name)]
            with contextlib.suppress(TypeError, ValueError):
                said += [parameter.annotation for key, parameter in taken(other).items() if key == name]
            found += [kind for kind in (annotated(annotation, module) for annotation in said) if kind is not None]
    return next((kind for kind in found if not any(o is not kind and issubclass(o, kind) for o in found)), None)


def taken(cls: type) -> typing.Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


def type_name(kind: type | None) -> str:
    """`int` and the like, `Module` for torch's modules, or ""."""
    if kind is None:
        return ""
    if issubclass(kind, torch.nn.Module):
        return "Module"
    return next((name for name in PLAIN if kind is getattr(builtins, name)), "")


def configuration(kind: type | None, module: types.ModuleType) -> str:
    """The expression for a class of settings that can be built without arguments, or ""."""
    if kind is None or kind.__module__ == "builtins" or issubclass(kind, (torch.nn.Module, torch.Tensor)):
        return ""
    try:
        named = [parameter for parameter in taken(kind).values() if parameter.kind not in NO_NAMES]
    except (TypeError, ValueError):
        return ""
    if not named or any(parameter.default is inspect.Parameter.empty for parameter in named):
        return ""
    name = kind.__name__
    if vars(module).get(name) is kind:
        return name
    return f"__import__({kind.__module__!r}, fromlist=['*']).{kind.__qualname__}"


def numbers(kind: type) -> dict[str, int]:
    """The whole numbers among the defaults of a class."""
    return {parameter.name: parameter.default for parameter in taken(kind).values() if type(parameter.default) is int}
