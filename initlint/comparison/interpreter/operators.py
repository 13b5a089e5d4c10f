"""Operators: arithmetic, comparisons, conditions."""

from __future__ import annotations

import ast
import contextlib
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from initlint.comparison.interpreter.containers import UNROLLED, contents, literal
from initlint.comparison.interpreter.described import compound, condition
from initlint.comparison.interpreter.iteration import by_itself
from initlint.comparison.terms import (
    COMPARISONS,
    NONE,
    Term,
    binary,
    compare,
    constant,
    is_constant,
    joined,
    negated,
    number,
)
from initlint.comparison.values import (
    Arguments,
    ClassRef,
    Frame,
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


OPERATORS = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "MatMult": "matmul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "LShift": "lshift",
    "RShift": "rshift",
    "BitOr": "or",
    "BitXor": "xor",
    "BitAnd": "and",
}
"""The methods behind Python's operators."""


def within_text(part: Value, whole: Value) -> bool | None:
    """Whether one known string contains another; None if they are not known strings."""
    texts = [each.args[0] for each in (part, whole) if is_constant(each)]
    match texts:
        case [str() as one, str() as other]:
            return one in other
        case _:
            return None


def binary_operation(run: Run, node: ast.BinOp, frame: Frame) -> Value:
    left, right = run.evaluate(node.left, frame), run.evaluate(node.right, frame)
    return operate(run, type(node.op).__name__, left, right, node, frame)


def operate(run: Run, op: str, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    """`left op right`."""
    return run.each(left, lambda one: run.each(right, lambda other: _operate(run, op, one, other, node, frame)))


def _operate(run: Run, op: str, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    for sign, owner, other in (("", left, right), ("r", right, left)):
        method = by_itself(run, owner, f"__{sign}{OPERATORS[op]}__") if isinstance(owner, Instance) else None
        if method is not None:
            return run.invoke(method, Arguments((other,)), node, frame)
    if isinstance(left, Term) and isinstance(right, Term):
        return binary(op, left, right)
    if op == "Add" and isinstance(left, Items) and isinstance(right, Items):
        return run.items((*run.held(left), *run.held(right)), left.kind)
    if op == "Mult":
        for items, times in ((left, number(right)), (right, number(left))):
            if isinstance(items, Items) and isinstance(times, int) and times * len(run.held(items)) <= UNROLLED:
                return run.items(run.held(items) * times, items.kind)
    if op == "BitOr" and isinstance(left, Table) and isinstance(right, Table):
        return run.table([*run.entries(left), *run.entries(right)], run.rest(left) or run.rest(right))
    return compound(run, op, [left, right])


def unary_operation(run: Run, node: ast.UnaryOp, frame: Frame) -> Value:
    value = run.evaluate(node.operand, frame)
    if isinstance(node.op, ast.Not):
        return negated(condition(run, value))
    known = number(value)
    if isinstance(node.op, ast.USub) and known is not None:
        return constant(-known)
    return compound(run, type(node.op).__name__, [value])


def comparison(run: Run, node: ast.Compare, frame: Frame) -> Value:
    left = run.evaluate(node.left, frame)
    rights = [run.evaluate(each, frame) for each in node.comparators]
    found = [
        run.each(one, lambda a: run.each(other, lambda b: compared(run, type(op).__name__, a, b)))  # noqa: B023
        for op, one, other in zip(node.ops, (left, *rights), rights, strict=False)
    ]
    return found[0] if len(found) == 1 else joined("And", [condition(run, each) for each in found])


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    **COMPARISONS,
}
"""Comparisons of known lists, tuples and sets."""


def compared(run: Run, op: str, left: Value, right: Value) -> Term:
    """`left op right` for a comparison."""
    if op not in ("Is", "IsNot"):
        left, right = _by_value(left), _by_value(right)
    plain = not isinstance(left, Term) and not (isinstance(left, Made) and not left.cls)
    if right == NONE and plain and (op in ("Is", "IsNot") or not isinstance(left, Instance)):
        same = isinstance(left, Missing)
        return constant(same if op in ("Is", "Eq") else not same)
    if op in ("In", "NotIn") or any(map(_is_itself, (left, right))):
        found = within_text(left, right) if op.endswith("In") else None
        if found is None:
            found = _among(run, left, contents(run, right) if op.endswith("In") else [right])
        if found is not None and op in ("In", "Eq", "Is", "NotIn", "NotEq", "IsNot"):
            return constant(found is not (op in ("NotIn", "NotEq", "IsNot")))
    if isinstance(left, Items) and isinstance(right, Items) and op in ORDER:
        one, other = literal(run, left), literal(run, right)
        if not isinstance(one, Missing) and not isinstance(other, Missing):
            with contextlib.suppress(TypeError):
                return constant(ORDER[op](one, other))
    return compare(op, run.describe(left), run.describe(right))


def _among(run: Run, value: Value, others: Sequence[Value] | None) -> bool | None:
    """Whether a constant or class is among others; None if unknown."""
    if others is None or not all(map(is_single, (value, *others))):
        return None
    keys = [each if isinstance(each, ClassRef) else run.describe(each) for each in (value, *others)]
    found = keys[0] in keys[1:]
    return None if found and isinstance(value, Partial) else found


def is_single(value: Value) -> bool:
    """Whether a value that looks different from another of its kind is certainly a different one."""
    return isinstance(value, Partial) or _is_itself(value) or is_constant(value)


def _is_itself(value: Value) -> bool:
    """Whether a value is only equal to itself."""
    return is_class(value) or (isinstance(value, Term) and value.op in ("sentinel", "member"))


def _by_value(value: Value) -> Value:
    """A member of an enumeration of numbers or strings as the value that it equals."""
    match value:
        case Term(op="member", args=(_, _, True, Term() as held)):
            return held
        case _:
            return value


def is_class(value: Value) -> bool:
    """Whether a value is certainly a class."""
    return isinstance(value, ClassRef) or (
        isinstance(value, Term) and value.op == "name" and knowledge.module(str(value.args[0])) is not None
    )


def conditional(run: Run, node: ast.IfExp, frame: Frame) -> Value:
    guard = condition(run, run.evaluate(node.test, frame))
    arms = run.either(guard, lambda: run.evaluate(node.body, frame), lambda: run.evaluate(node.orelse, frame))
    return run.one_of(guard, *arms)


def boolean(run: Run, node: ast.BoolOp, frame: Frame) -> Value:
    """`a and b`, `a or b`: the second is only computed if the first does not decide."""
    stops_at = isinstance(node.op, ast.Or)

    def follow(place: int) -> Value:
        value = run.evaluate(node.values[place], frame)
        if place + 1 == len(node.values):
            return value
        return run.each(value, lambda one: decide(one, place))

    def decide(value: Value, place: int) -> Value:
        guard = condition(run, value)
        if not stops_at:
            guard = negated(guard)
        one, other = run.either(guard, lambda: value, lambda: follow(place + 1))
        if isinstance(one, Term) and isinstance(other, Term):
            return Term("Or" if stops_at else "And", (one, other))
        return run.one_of(guard, one, other)

    return follow(0)
