"""Calls of builtins, by a table of those that are more than a plain term."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.attributes import assign_by_name
from initlint.comparison.interpreter.builtin_sequences import SEQUENCES, Asked, opaque
from initlint.comparison.interpreter.containers import contents, dictionary, is_plain, length
from initlint.comparison.interpreter.described import compound, condition, state
from initlint.comparison.interpreter.drawing import ITERATING, named_module, unfollowed, unseen
from initlint.comparison.interpreter.iteration import iterable
from initlint.comparison.interpreter.questions import has_attribute, is_instance
from initlint.comparison.pieces import COMPUTED
from initlint.comparison.terms import FALSE, NONE, TRUE, Term, constant, is_constant, truth
from initlint.comparison.values import (
    Arguments,
    Bound,
    ClassRef,
    Frame,
    Instance,
    Items,
    ModuleRef,
    Repeat,
    Spread,
    Super,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run

UNSAFE = frozenset({"exec", "eval", "__import__", "open", "input", "compile"})
"""Builtins that can do anything."""

RUN_MORE = UNSAFE | {"map", "filter", "getattr", "setattr"}
"""Builtins that may draw if their arguments are unknown."""


def builtin(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """The result of a builtin."""
    if name in ITERATING:
        through = tuple(iterable(run, value, node, frame) for value in arguments.positional)
        arguments = Arguments(through, arguments.named, arguments.rest)
    asked = Asked(name, arguments, node, frame)
    if name == "__import__" and (file := named_module(run, arguments, frame)) is not None:
        return ModuleRef(file)
    if name in UNSAFE or arguments.rest or any(isinstance(value, Spread | Repeat) for value in asked.given):
        return _unclear(run, asked)
    known = _BUILTINS.get((name, len(asked.given))) or _BUILTINS.get((name, None))
    return known(run, asked) if known is not None else opaque(run, asked)


def _unclear(run: Run, asked: Asked) -> Value:
    """A call with unknown starred arguments, or of a builtin that can do anything."""
    if asked.name not in RUN_MORE:
        return opaque(run, asked)
    term = asked.callee
    if asked.name in COMPUTED:
        term = Term("names", (asked.name, run.code.of_file(asked.frame.path)))
    return unseen(run, term, asked.arguments, asked.node, asked.frame)


# -- objects -----------------------------------------------------------------------------------------------------------


def _vars(_run: Run, asked: Asked) -> Value:
    raise unfollowed("`vars` of an object", asked.node, asked.frame)


def _names(run: Run, asked: Asked) -> Value:
    """Computed names can stand for anything in the file."""
    held = [state(run, value) for value in asked.given]
    return Term("names", (asked.name, run.code.of_file(asked.frame.path), *held))


def _set(run: Run, asked: Asked) -> Value:
    owner, name, value = asked.given
    assign_by_name(run, owner, run.describe(name), value)
    return NONE


def _get(run: Run, asked: Asked) -> Value:
    owner, name, *_ = asked.given
    if is_constant(name) and isinstance(name.args[0], str):
        text = name.args[0]
        return run.each(owner, lambda one: _attribute_or(run, one, text, asked))
    known = run.code.of_class(owner.cls) if isinstance(owner, Instance) else NONE
    return compound(run, "getattr", [*asked.given, known])


def _attribute_or(run: Run, owner: Value, name: str, asked: Asked) -> Value:
    """An attribute, or the default if the attribute is or may be missing."""
    default = asked.given[2] if len(asked.given) > 2 else None
    there = has_attribute(run, owner, constant(name))
    if default is not None and there == FALSE:
        return default
    found = run.attribute(owner, name, asked.node, asked.frame)
    if default is None or there == TRUE or not isinstance(found, Bound | Term):
        return found
    return Term("getattr", (run.describe(found), run.describe(default)))


def _has(run: Run, asked: Asked) -> Value:
    owner, name = asked.given
    return run.each(owner, lambda one: has_attribute(run, one, name))


def _is_instance(run: Run, asked: Asked) -> Value:
    value, classes = asked.given
    return run.each(value, lambda one: is_instance(run, one, classes))


def _type(run: Run, asked: Asked) -> Value:
    (value,) = asked.given
    return ClassRef(value.cls) if isinstance(value, Instance) else Term("type", (run.describe(value),))


def _super(_run: Run, asked: Asked) -> Value:
    first = asked.given[0] if asked.given else None
    owner = first.id if isinstance(first, ClassRef) else asked.frame.cls
    instance = next((each.instance for each in asked.frame.outwards() if each.instance is not None), None)
    return Super(instance, owner) if isinstance(instance, Instance) else Term("super", ())


# -- data --------------------------------------------------------------------------------------------------------------


def _next(run: Run, asked: Asked) -> Value:
    """Take the first item; for a kept iterator with unknown items, the next one is unknown."""
    iterator = asked.given[0]
    if isinstance(iterator, Items) and is_plain(run, iterator) and run.held(iterator):
        first, *rest = run.held(iterator)
        run.hold(iterator, tuple(rest))
        return first
    if isinstance(asked.node, ast.Call) and isinstance(asked.node.args[0], ast.Name):
        raise unfollowed("`next` on an iterator that is kept", asked.node, asked.frame)
    return opaque(run, Asked(asked.name, Arguments(asked.given), asked.node, asked.frame))


def _quantified(run: Run, asked: Asked) -> Value:
    """`any` and `all`, if one item decides or every item is known."""
    held = contents(run, asked.given[0])
    known = [truth(condition(run, each)) for each in held] if held is not None else [None]
    if (asked.name == "any") in known:
        return constant(asked.name == "any")
    return opaque(run, asked) if None in known else constant(asked.name == "all")


_BUILTINS: dict[tuple[str, int | None], Callable[[Run, Asked], Value]] = {
    **{(name, None): call for name, call in SEQUENCES.items()},
    ("vars", 1): _vars,
    **{(name, None): _names for name in ("globals", "locals", "vars", "dir")},
    ("object.__setattr__", 3): _set,
    ("setattr", 3): _set,
    ("getattr", 2): _get,
    ("getattr", 3): _get,
    ("hasattr", 2): _has,
    ("isinstance", 2): _is_instance,
    ("type", 1): _type,
    ("super", None): _super,
    ("next", 1): _next,
    ("next", 2): _next,
    ("len", 1): lambda run, asked: length(run, asked.given[0]),
    ("dict", None): lambda run, asked: dictionary(run, asked.arguments),
    ("any", 1): _quantified,
    ("all", 1): _quantified,
}
"""By name and number of arguments; None means any number."""
