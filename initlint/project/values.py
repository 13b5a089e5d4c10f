"""Values: which classes of the project something can be an instance of.

Only that matters: tensors, numbers, strings and objects of other libraries are all `NOTHING`. What cannot be known is
`UNKNOWN` and stays so until the shape of its use rules a class out (foreign.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from initlint.project.classes import ClassId, Method

if TYPE_CHECKING:
    from tree_sitter import Node


class Value(msgspec.Struct, frozen=True):
    """A set of things that an expression can be.

    `exact` instances are of exactly that class, `bound` ones of it or of any descendant; `element` is the result of
    iteration or subscription, `items` the value at each position if all are written out; `unknown` says that it can be
    something else as well.
    """

    exact: frozenset[ClassId] = frozenset()
    bound: frozenset[ClassId] = frozenset()
    classes: frozenset[ClassId] = frozenset()
    functions: frozenset[Method] = frozenset()
    strings: frozenset[str] = frozenset()
    element: Value | None = None
    unknown: bool = False
    items: tuple[Value, ...] = ()

    @property
    def instances(self) -> frozenset[ClassId]:
        return self.exact | self.bound

    @property
    def carries(self) -> bool:
        """Whether an instance can be obtained from it: it is one, makes one or holds one."""
        return bool(self.instances or self.classes) or (self.element is not None and self.element.carries)

    @property
    def may_carry(self) -> bool:
        """Whether that cannot be ruled out."""
        return self.unknown or self.carries or (self.element is not None and self.element.may_carry)


NOTHING = Value()
UNKNOWN = Value(unknown=True)


def union(values: Iterable[Value]) -> Value:
    """Everything that any of the values can be."""
    total = NOTHING
    for value in values:
        if value is NOTHING or value is total:
            continue
        if total is NOTHING:
            total = value
            continue
        elements = [e for e in (total.element, value.element) if e is not None]
        total = Value(
            total.exact | value.exact,
            total.bound | value.bound,
            total.classes | value.classes,
            total.functions | value.functions,
            total.strings | value.strings,
            (elements[0] if len(elements) == 1 or elements[0] == elements[1] else union(elements))
            if elements
            else None,
            total.unknown or value.unknown,
        )
    return total


def is_none(node: Node | None) -> bool:
    """Whether a name is only None where it is made: other code assigns its value."""
    return node is not None and node.type == "none"


def filled(value: Value) -> Value:
    """An empty container that outlives the function that makes it is filled by other code, and so is one in it."""
    if value.element is None:
        return value
    return replace(value, element=UNKNOWN if value.element == NOTHING else filled(value.element))
