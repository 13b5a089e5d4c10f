"""Statements with several targets: what remains if some of the targets are removed."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from initlint.rewrite.edits import Replacement
from initlint.rewrite.place import Place, Refused, Small


def left_of(statement: Small, places: Sequence[Place]) -> Replacement | None:
    """The expression for the rest of a statement without some of its definitions; None if it is removed entirely."""
    if not isinstance(statement, cst.Assign):
        return None
    if len(statement.targets) == 1:
        return _left_of_tuple(statement, statement.targets[0].target, places)
    kept = []
    for index, target in enumerate(statement.targets):
        going = _going(target.target, places)
        if isinstance(target.target, cst.Tuple | cst.List) and any(going):
            raise Refused("it is unpacked from a value that has other names too")
        if not any(going):
            kept.append(index)
    if not kept:
        return None
    return lambda new: _assign(new).with_changes(targets=[_assign(new).targets[index] for index in kept])


def thrown_away(statement: Small, places: Sequence[Place], name: str) -> Replacement | None:
    """Like `left_of`, but removed parts are still created: when unpacking, `name` takes them."""
    if not isinstance(statement, cst.Assign) or len(statement.targets) > 1:
        return left_of(statement, places)
    target = statement.targets[0]
    going = _going(target.target, places)
    if not isinstance(target.target, cst.Tuple | cst.List):
        return None
    if all(going):
        if _is_lazy(statement.value):
            raise Refused("it is made only when it is unpacked")
        return None
    elements = [
        element.with_changes(value=cst.Name(name)) if goes else element
        for element, goes in zip(target.target.elements, going, strict=True)
    ]
    unpacked = target.with_changes(target=target.target.with_changes(elements=elements))
    return lambda new: _assign(new).with_changes(targets=[unpacked])


def _is_lazy(value: cst.BaseExpression) -> bool:
    """Whether the items of a value are created one by one, on demand."""
    match value:
        case cst.GeneratorExp() | cst.Call(func=cst.Name(value="map" | "filter" | "zip")):
            return True
        case _:
            return False


def _going(target: cst.BaseExpression, places: Sequence[Place]) -> list[bool]:
    """Which parts of a target are removed."""
    parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple | cst.List) else [target]
    return [any(place.is_target(part) for place in places) for part in parts]


def _left_of_tuple(statement: cst.Assign, target: cst.BaseExpression, places: Sequence[Place]) -> Replacement | None:
    kept = [index for index, goes in enumerate(_going(target, places)) if not goes]
    if not isinstance(target, cst.Tuple | cst.List) or not kept:
        return None
    value = statement.value
    elements = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
    starred = any(isinstance(each, cst.StarredElement) for each in (*target.elements, *elements))
    if len(elements) != len(target.elements) or starred:
        raise Refused("it is unpacked from a value that makes others too")

    def rest(new: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        assign = _assign(new)
        only = assign.targets[0].with_changes(target=_only(assign.targets[0].target, kept))
        return assign.with_changes(targets=[only], value=_only(assign.value, kept))

    return rest


def _assign(statement: cst.BaseSmallStatement) -> cst.Assign:
    assert isinstance(statement, cst.Assign)
    return statement


def _only(node: cst.BaseExpression, kept: list[int]) -> cst.BaseExpression:
    """A tuple or list with some of its elements; the element itself if one remains."""
    assert isinstance(node, cst.Tuple | cst.List)
    elements = [node.elements[index] for index in kept]
    if len(elements) == 1:
        return elements[0].value
    if kept[-1] != len(node.elements) - 1:
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(elements=elements)
