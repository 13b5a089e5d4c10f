"""Comparisons of abstract values."""

from __future__ import annotations

import operator
from collections.abc import Callable

import libcst as cst

from initlint.construction.values import (
    ClassObject,
    Closure,
    Constant,
    Either,
    Group,
    ProjectFunction,
    Self,
    Thing,
    Value,
)

COMPARED: dict[type[cst.BaseCompOp], Callable[..., bool]] = {
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
}
"""The operators of comparisons, for numbers."""


def compared(operator: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    """The result of a comparison, if both sides are known."""
    if isinstance(left, Either):
        found = {compared(operator, option, right) for option in left.options}
        return found.pop() if len(found) == 1 else None
    match operator:
        case cst.Is() | cst.Equal():
            return _same(left, right)
        case cst.IsNot() | cst.NotEqual():
            same = _same(left, right)
            return None if same is None else not same
        case cst.In() | cst.NotIn():
            held = _holds(right, left)
            return None if held is None else held is isinstance(operator, cst.In)
        case _:
            compare, sides = COMPARED.get(type(operator)), [_number(left), _number(right)]
            return compare(*sides) if compare is not None and None not in sides else None


def _same(left: Value, right: Value) -> bool | None:
    if not isinstance(right, Constant) or right.pattern:
        return None
    if isinstance(left, Constant):
        return None if left.pattern else left.value == right.value
    built = isinstance(left, Thing) and left.kind is not None
    known = built or isinstance(left, ClassObject | ProjectFunction | Closure | Group | Self)
    return False if right.value is None and known else None


def _holds(group: Value, value: Value) -> bool | None:
    if not isinstance(group, Group) or not group.exact or not isinstance(value, Constant) or value.pattern:
        return None
    items = [Constant(name) if group.mapping else item for name, item in group.items]
    return value in items if all(isinstance(item, Constant) for item in items) else None


def _number(value: Value) -> int | float | None:
    known = value.value if isinstance(value, Constant) else None
    return known if isinstance(known, int | float) else None
