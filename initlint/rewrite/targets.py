"""Statements that define more than one thing: what is left of one when some of its targets go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from initlint.rewrite.place import Place, Refused, Small

Goes = Callable[[cst.BaseExpression], bool]
"""Whether an assignment target goes."""


def left_of(statement: Small, places: Sequence[Place]) -> cst.Assign | None:
    """What is left of a statement without some of the definitions in it; None where it goes as a whole."""

    def goes(target: cst.BaseExpression) -> bool:
        return any(place.is_target(target) for place in places)

    if not isinstance(statement, cst.Assign):
        return None
    if len(statement.targets) == 1:
        return _left_of_tuple(statement, statement.targets[0].target, goes)
    kept = []
    for target in statement.targets:
        match target.target:
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                if any(goes(each.value) for each in elements):
                    raise Refused("it is unpacked from a value that has other names too")
                kept.append(target)
            case single if not goes(single):
                kept.append(target)
            case _:
                pass
    return statement.with_changes(targets=kept) if kept else None


def _left_of_tuple(statement: cst.Assign, target: cst.BaseExpression, goes: Goes) -> cst.Assign | None:
    if not isinstance(target, cst.Tuple | cst.List):
        return None
    value = statement.value
    kept = [index for index, each in enumerate(target.elements) if not goes(each.value)]
    if not kept:
        return None
    elements = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
    starred = any(isinstance(each, cst.StarredElement) for each in (*target.elements, *elements))
    if len(elements) != len(target.elements) or starred:
        raise Refused("it is unpacked from a value that makes others too")
    return statement.with_changes(
        targets=[statement.targets[0].with_changes(target=_only(target, kept))], value=_only(value, kept)
    )


def _only(node: cst.BaseExpression, kept: list[int]) -> cst.BaseExpression:
    """A tuple or list with some of its elements; the element itself where one is left."""
    assert isinstance(node, cst.Tuple | cst.List)
    elements = [node.elements[index] for index in kept]
    if len(elements) == 1:
        return elements[0].value
    if kept[-1] != len(node.elements) - 1:
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(elements=elements)
