"""Expressions: one function for each kind of node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from initlint.comparison.interpreter.containers import item_at, sliced, with_all_of
from initlint.comparison.interpreter.described import compound
from initlint.comparison.interpreter.iteration import by_itself, comprehension, dict_comprehension, iterable
from initlint.comparison.interpreter.lookup import new_closure, plain_name
from initlint.comparison.interpreter.operators import (
    binary_operation,
    boolean,
    comparison,
    conditional,
    unary_operation,
)
from initlint.comparison.pieces import MODULES, dotted
from initlint.comparison.terms import NONE, Term, constant, is_constant
from initlint.comparison.values import Arguments, Choice, ClassRef, Frame, Items, ModuleRef, Spread, Table, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression."""
    run.step()
    method = _KINDS.get(type(node))
    value: Value = method(run, node, frame) if method is not None else _other(run, node, frame)
    return run.resolved(value)


def _other(run: Run, node: ast.expr, frame: Frame) -> Value:
    parts = [run.evaluate(child, frame) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return compound(run, type(node).__name__, parts)


def _by_name(run: Run, node: ast.Name, frame: Frame) -> Value:
    return plain_name(run, node.id, frame)


def _attribute(run: Run, node: ast.Attribute, frame: Frame) -> Value:
    owner = run.evaluate(node.value, frame)
    return run.each(owner, lambda one: run.attribute(one, node.attr, node, frame))


def _called(run: Run, node: ast.Call, frame: Frame) -> Value:
    callee = run.evaluate(node.func, frame)
    arguments = passed_arguments(run, node, frame)
    return run.each(callee, lambda one: run.call(one, arguments, node, frame))


def passed_arguments(run: Run, node: ast.Call, frame: Frame) -> Arguments:
    positional = tuple(_listed(run, node.args, node, frame))
    named: dict[str, Value] = {}
    rest: list[Term] = []
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            named[keyword.arg] = value
        elif isinstance(value, Table):
            for key, item in run.entries(value):
                if is_constant(key) and not isinstance(item, Choice):
                    named[str(key.args[0])] = item
                else:
                    rest.append(Term("entry", (key, run.describe(item))))
            rest += run.rests(value)
        else:
            rest.append(run.describe(value))
    return Arguments(positional, tuple(named.items()), tuple(rest))


def _listed(run: Run, elements: Iterable[ast.expr], node: ast.AST, frame: Frame) -> Iterator[Value]:
    """The items of a display such as a list, with starred values as what they iterate over."""
    for element in elements:
        if isinstance(element, ast.Starred):
            value = iterable(run, run.evaluate(element.value, frame), node, frame)
            yield from run.held(value) if isinstance(value, Items) else (Spread(run.describe(value)),)
        else:
            yield run.evaluate(element, frame)


def _constant(_run: Run, node: ast.Constant, _frame: Frame) -> Value:
    value = node.value
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return constant(value)
    return Term("constant", (repr(value),))


def _formatted(run: Run, node: ast.JoinedStr, frame: Frame) -> Value:
    parts = [_formatted_part(run, part, frame) for part in node.values]
    if all(is_constant(part) for part in parts):
        return constant("".join(str(part.args[0]) for part in parts if isinstance(part, Term)))
    return Term("format", tuple(map(run.describe, parts)))


def _formatted_part(run: Run, part: ast.expr, frame: Frame) -> Value:
    if not isinstance(part, ast.FormattedValue):
        return run.evaluate(part, frame)
    value = run.evaluate(part.value, frame)
    if part.format_spec is None and part.conversion in (-1, ord("s")):
        return value
    spec = NONE if part.format_spec is None else run.evaluate(part.format_spec, frame)
    return Term("formatted", (run.describe(value), part.conversion, run.describe(spec)))


def _sequence(run: Run, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
    return run.items([*_listed(run, node.elts, node, frame)], type(node).__name__.lower())


def _dictionary(run: Run, node: ast.Dict, frame: Frame) -> Value:
    entries: list[tuple[Term, Value]] = []
    rest: list[Term] = []
    for key, item in zip(node.keys, node.values, strict=True):
        value = run.evaluate(item, frame)
        if key is not None:
            entries.append((run.describe(run.evaluate(key, frame)), value))
        else:
            entries = with_all_of(run, entries, rest, value)
    return run.table(entries, Term("rest", tuple(rest)) if rest else None)


def _walrus(run: Run, node: ast.NamedExpr, frame: Frame) -> Value:
    value = run.evaluate(node.value, frame)
    while frame.within and frame.parent is not None:
        frame = frame.parent
    run.give(node.target, value, frame)
    return value


def _starred(run: Run, node: ast.Starred, frame: Frame) -> Value:
    return Spread(run.describe(run.evaluate(node.value, frame)))


def _subscript(run: Run, node: ast.Subscript, frame: Frame) -> Value:
    owner = run.evaluate(node.value, frame)
    if isinstance(node.slice, ast.Slice):
        bounds = [node.slice.lower, node.slice.upper, node.slice.step]
        parts = [NONE if bound is None else run.evaluate(bound, frame) for bound in bounds]
        return run.each(owner, lambda one: sliced(run, one, parts))
    if dotted(node.value) == MODULES and dotted(node.slice) == "__name__":
        return ModuleRef(frame.path)
    index = run.evaluate(node.slice, frame)
    return run.each(owner, lambda one: run.each(index, lambda at: _taken(run, one, at, node, frame)))


def _taken(run: Run, owner: Value, index: Value, node: ast.AST, frame: Frame) -> Value:
    getter = "__class_getitem__" if isinstance(owner, ClassRef) else "__getitem__"
    method = by_itself(run, owner, getter)
    return item_at(run, owner, index) if method is None else run.invoke(method, Arguments((index,)), node, frame)


_KINDS: dict[type, Callable[[Run, Any, Frame], Value]] = {
    ast.Name: _by_name,
    ast.Attribute: _attribute,
    ast.Call: _called,
    ast.Constant: _constant,
    ast.JoinedStr: _formatted,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dictionary,
    ast.Lambda: new_closure,
    ast.NamedExpr: _walrus,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.BinOp: binary_operation,
    ast.UnaryOp: unary_operation,
    ast.Compare: comparison,
    ast.IfExp: conditional,
    ast.BoolOp: boolean,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.DictComp: dict_comprehension,
}
