"""Calls of builtins: one function for each that is more than a term."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint.comparison.interpreter.attributes import assign_by_name
from initlint.comparison.interpreter.containers import UNROLLED, dictionary, enumerated, is_plain, length, unless_kept
from initlint.comparison.interpreter.described import argument_terms, compound, state
from initlint.comparison.interpreter.drawing import ITERATING, named_module, opaque_call, unfollowed, unseen
from initlint.comparison.interpreter.iteration import children_of, iterable, iterate
from initlint.comparison.interpreter.questions import has_attribute, is_instance
from initlint.comparison.pieces import COMPUTED
from initlint.comparison.terms import NONE, Scalar, Term, constant, is_constant, number
from initlint.comparison.values import (
    Arguments,
    ClassRef,
    Frame,
    Instance,
    Items,
    Made,
    ModuleRef,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


UNSAFE = frozenset({"exec", "eval", "__import__", "open", "input", "compile"})
"""Builtins that can do anything."""


CONVERSIONS: dict[str, Callable[[Any], Scalar]] = {
    "int": int,
    "float": float,
    "bool": bool,
    "abs": abs,
    "round": round,
    "str": str,
}


def builtin(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
    if name in ITERATING:
        through = tuple(iterable(run, value, node, frame) for value in arguments.positional)
        arguments = Arguments(through, arguments.named, arguments.rest)
    if name == "__import__" and (file := named_module(run, arguments, frame)) is not None:
        return ModuleRef(file)
    given = arguments.positional
    first = given[0] if given else NONE
    if any(isinstance(value, Spread | Repeat) for value in given) or arguments.rest or name in UNSAFE:
        plain = name not in UNSAFE and name not in ("map", "filter", "getattr", "setattr")
        term = Term("name", (f"builtins.{name}",))
        if name in COMPUTED:
            term = Term("names", (name, run.code.of_file(frame.path)))
        return opaque_call(run, term, arguments, node, frame) if plain else unseen(run, term, arguments, node, frame)
    match name, len(given):
        case "vars", 1:
            raise unfollowed("`vars` of an object", node, frame)
        case (("globals" | "locals" | "vars" | "dir"), _):
            held = [state(run, value) for value in given]
            return Term("names", (name, run.code.of_file(frame.path), *held))
        case "object.__setattr__", 3:
            assign_by_name(run, first, run.describe(given[1]), given[2])
            return NONE
        case "next", 1 | 2:
            return _next_item(run, first, given, node, frame)
        case "super", _:
            return _super_of(given, frame)
        case "getattr", 2 | 3:
            return _got(run, given, node, frame)
        case "setattr", 3:
            assign_by_name(run, given[0], run.describe(given[1]), given[2])
            return NONE
        case "hasattr", 2:
            return run.each(first, lambda one: has_attribute(run, one, given[1]))
        case "isinstance", 2:
            return run.each(first, lambda one: is_instance(run, one, given[1]))
        case "len", 1:
            return length(run, first)
        case (("range" | "enumerate" | "zip" | "reversed" | "map" | "filter"), _):
            return _lazy(run, name, given, arguments, node, frame)
        case (("list" | "tuple" | "set" | "sorted" | "frozenset" | "iter"), _):
            return sequence_of(run, name, given, arguments, node, frame)
        case "dict", _:
            return dictionary(run, arguments)
        case "type", 1:
            return ClassRef(first.cls) if isinstance(first, Instance) else Term("type", (run.describe(first),))
        case (("int" | "float" | "bool" | "abs" | "round" | "str"), 1) if is_constant(first):
            return _converted(name, first)
        case (("max" | "min"), 2) if not arguments.named and None not in (bounds := [*map(number, given)]):
            known = [bound for bound in bounds if bound is not None]
            return constant(max(known) if name == "max" else min(known))
        case _:
            return opaque_call(run, Term("name", (f"builtins.{name}",)), arguments, node, frame)


def _converted(name: str, first: Value) -> Value:
    assert isinstance(first, Term)
    value = first.args[0]
    try:
        return constant(CONVERSIONS[name](value))
    except (TypeError, ValueError, OverflowError):
        return Term("call", (Term("name", (name,)), first))


def _super_of(given: tuple[Value, ...], frame: Frame) -> Value:
    owner = given[0].id if given and isinstance(given[0], ClassRef) else frame.cls
    inner: Frame | None = frame
    while inner is not None and inner.instance is None:
        inner = inner.parent
    instance = inner.instance if inner is not None else None
    return Super(instance, owner) if isinstance(instance, Instance) else Term("super", ())


def _got(run: Run, given: tuple[Value, ...], node: ast.AST, frame: Frame) -> Value:
    name = given[1]
    if isinstance(name, Term) and is_constant(name) and isinstance(name.args[0], str):
        text = name.args[0]
        return run.each(given[0], lambda one: run.attribute(one, text, node, frame))
    known = run.code.of_class(given[0].cls) if isinstance(given[0], Instance) else NONE
    return compound(run, "getattr", [*given, known])


def _next_item(run: Run, iterator: Value, given: tuple[Value, ...], node: ast.AST, frame: Frame) -> Value:
    """The first item is taken out; of a kept iterator of which nothing is known, it is not known which comes."""
    if isinstance(iterator, Items) and is_plain(run, iterator) and run.held(iterator):
        first, *rest = run.held(iterator)
        run.hold(iterator, tuple(rest))
        return first
    if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name):
        raise unfollowed("`next` on an iterator that is kept", node, frame)
    return opaque_call(run, Term("name", ("builtins.next",)), Arguments(given), node, frame)


def _lazy(run: Run, name: str, given: tuple[Value, ...], arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """What a loop goes through: numbers, pairs, results."""
    term = Term("call", (Term("name", (f"builtins.{name}",)), *argument_terms(run, arguments)))
    match name:
        case "range":
            bounds = [number(value) for value in given]
            whole = [bound for bound in bounds if isinstance(bound, int)]
            if len(whole) == len(given) and whole[2:] != [0] and len(range(*whole)) <= UNROLLED:
                return run.items([constant(turn) for turn in range(*whole)])
        case "enumerate" if len(given) == 1:
            return enumerated(run, given[0])
        case "zip" if given and all(isinstance(each, Items) and is_plain(run, each) for each in given):
            rows = zip(*(run.held(each) for each in given if isinstance(each, Items)), strict=False)
            return run.items([run.items(row, "tuple") for row in rows])
        case "reversed" if isinstance(given[0], Items) and is_plain(run, given[0]):
            return run.items(run.held(given[0])[::-1])
        case "map" if len(given) == 2:
            found = run.items([])

            def turn(item: Value) -> None:
                made = run.each(given[0], lambda one: run.call(one, Arguments((item,)), node, frame))
                run.hold(found, (*run.held(found), made))

            before = len(run.events)
            iterate(run, given[1], turn)
            return unless_kept(run, found, before)
        case "map" | "filter":
            return unseen(run, term, arguments, node, frame)
        case _:
            pass
    held = [value for value in given if not isinstance(value, Term)]
    return compound(run, "call", [term, *held]) if held else term


def sequence_of(
    run: Run, name: str, given: tuple[Value, ...], arguments: Arguments, node: ast.AST, frame: Frame
) -> Value:
    kind = name if name in ("tuple", "set") else "list"
    if not given:
        return run.items([], kind)
    first = given[0]
    if isinstance(first, Items) and name not in ("set", "sorted", "frozenset"):
        return run.items(run.held(first), kind)
    if isinstance(first, Table) and name not in ("set", "sorted", "frozenset") and run.rest(first) is None:
        return run.items([key for key, _ in run.entries(first)], kind)
    if isinstance(first, Made) and children_of(run, first):
        return run.items([part for _, part in children_of(run, first)], kind)
    return opaque_call(run, Term("name", (f"builtins.{name}",)), arguments, node, frame)
