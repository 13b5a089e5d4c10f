"""What is known about values: their classes, and which attributes they have."""

from __future__ import annotations

import functools
import numbers
import types
from collections import abc
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.containers import KINDS
from initlint.comparison.interpreter.operators import is_class
from initlint.comparison.terms import Term, constant, is_constant
from initlint.comparison.values import (
    Choice,
    ClassRef,
    Closure,
    Function,
    Instance,
    Items,
    Made,
    Missing,
    Partial,
    Table,
    Value,
)
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.project.classes import ClassId


def has_attribute(run: Run, owner: Value, name: Value) -> Value:
    known = name.args[0] if is_constant(name) else None
    found = _has(run, owner, known) if isinstance(known, str) else None
    return constant(found) if found is not None else Term("hasattr", (run.describe(owner), run.describe(name)))


def _has(run: Run, owner: Value, name: str) -> bool | None:
    """Whether an object has an attribute; None if something unknown may have given it one."""
    if not isinstance(owner, Instance | Made):
        return None
    held = dict(run.parts(owner.token))
    if name in held:
        return None if isinstance(held[name], Choice | Missing) else True
    if isinstance(owner, Instance) and run.project.method(owner.cls, name) is not None:
        return True
    names = _inherited(owner.cls) if isinstance(owner, Made) else _of_bases(run, owner.cls, name)
    open_ended = owner.token in run.handed or any(each.startswith("*") for each in held) or name.startswith("__")
    return None if names is None or open_ended or name in names else False


def _of_bases(run: Run, cls: ClassId, name: str) -> frozenset[str] | None:
    """The attributes that instances of a class get from torch, if its code gives them all others."""
    mro = run.project.mro(cls)
    if run.project.unresolved_bases(cls) or run.code.around(cls) is not None:
        return None
    if any(run.code.class_level(each, name) is not None for each in mro):
        return None
    found = [_inherited(each) for each in mro if each not in run.project.classes]
    return None if None in found else frozenset().union(*filter(None, found))


def _inherited(cls: str) -> frozenset[str] | None:
    """All attributes of instances of a module class of torch."""
    known = knowledge.module(cls)
    if known is None or known.lazy or "torch.Tensor" in known.bases:
        return None
    every = [known, *filter(None, map(knowledge.module, known.bases))]
    own = frozenset(name for each in every for name in (*each.attributes, *each.methods))
    return own | knowledge.module_attributes()


def is_instance(run: Run, value: Value, classes: Value) -> Value:
    wanted = run.held(classes) if isinstance(classes, Items) else (classes,)
    names = [each.id if isinstance(each, ClassRef) else run.describe(each) for each in wanted]
    texts = {name if isinstance(name, str) else str(name.args[0]) for name in names}
    plain = all(isinstance(name, str) or name.op == "name" for name in names)
    bases = _bases(run, value)
    if bases is not None and plain:
        return constant(bool(bases & texts))
    return Term("isinstance", (run.describe(value), *map(run.describe, wanted)))


def _bases(run: Run, value: Value) -> frozenset[str] | None:
    """All classes that a value is an instance of, if they are known."""
    match value:
        case Instance():
            if run.project.unresolved_bases(value.cls):
                return None
            return frozenset(run.project.mro(value.cls))
        case Made() if (known := knowledge.module(value.cls)) is not None:
            return frozenset((value.cls, *known.bases))
        case Items() if value.kind in KINDS and not run.parts(value.token):
            return _classes(KINDS[value.kind])
        case Table():
            return _classes(dict)
        case Partial():
            return _classes(functools.partial) | {"collections.abc.Callable"}
        case ClassRef() | Term(op="name") if is_class(value):
            return _classes(type) | {"collections.abc.Callable"}
        case Function(instance=None) | Closure():
            return _classes(types.FunctionType) | {"types.FunctionType", "types.LambdaType"}
        case Term(op="constant"):
            kind: type = type(value.args[0])
            return _classes(kind)
        case _:
            return None


@functools.cache
def _classes(kind: type) -> frozenset[str]:
    """The names of all classes that instances of a class of Python's own are instances of."""
    own = (f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)
    abstract = (f"collections.abc.{name}" for name in abc.__all__ if issubclass(kind, getattr(abc, name)))
    numeric = (f"numbers.{name}" for name in numbers.__all__ if issubclass(kind, getattr(numbers, name)))
    return frozenset((*own, *abstract, *numeric))
