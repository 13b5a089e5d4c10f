"""Comparisons of abstract values."""

from __future__ import annotations

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


def compared(operator: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    """The result of a comparison where both sides are known."""
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
            return _ordered(operator, left, right)


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


def _ordered(operator: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    one = left.value if isinstance(left, Constant) else None
    other = right.value if isinstance(right, Constant) else None
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return None
    match operator:
        case cst.LessThan():
            return one < other
        case cst.LessThanEqual():
            return one <= other
        case cst.GreaterThan():
            return one > other
        case cst.GreaterThanEqual():
            return one >= other
        case _:
            return None
