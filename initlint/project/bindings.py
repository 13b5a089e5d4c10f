"""What the statements and parameters of a body bind its names to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.spelled import PATTERNS

if TYPE_CHECKING:
    from tree_sitter import Node

    from initlint.project.bodies import Body

Path = tuple[int, ...]
"""The positions on the way to a value that is unpacked from another; negative ones count from the end."""

MODULE_LEVEL = "<module>"
CLASS_LEVEL = "<class>"
"""The names of the code around functions."""


class Origin(Enum):
    """How a name gets a value from the expression bound to it."""

    VALUE = "value"
    ELEMENT = "element"
    REST = "rest"
    PARAMETER = "parameter"
    OPAQUE = "opaque"
    UNSEEN = "unseen"


_BINDERS = (
    ("assignment", "left", "right", Origin.VALUE),
    ("walrus", "name", "value", Origin.VALUE),
    ("loop", "left", "right", Origin.ELEMENT),
)
"""How captures bind: the fields of the target and of the expression, and how one gets its value from the other."""

_AS = {"with_item": Origin.VALUE, "except_clause": Origin.OPAQUE}
"""What `as` binds, depending on where it is; in a `case` that is a part of the subject."""


class Binding(msgspec.Struct, frozen=True):
    """One way in which a name gets its value: the expression, how, and for unpacking the positions in it."""

    origin: Origin
    node: Node | None
    path: Path = ()


def bindings(body: Body) -> dict[str, list[Binding]]:
    """Name -> everything that is bound to it in a body."""
    found: dict[str, list[Binding]] = {}
    for name, node in body.parameters.items():
        found.setdefault(name.lstrip("*"), []).append(Binding(Origin.PARAMETER, node))
    for capture, target, value, origin in _BINDERS:
        for node in body.nodes(capture):
            _bind(found, node.child_by_field_name(target), Binding(origin, node.child_by_field_name(value)), body)
    for node in body.nodes("as"):
        value_node, alias = node.named_children[0], node.named_children[-1]
        origin = _AS.get(node.parent.type, Origin.UNSEEN) if node.parent is not None else Origin.UNSEEN
        _bind(found, alias.named_children[0] if alias.named_children else alias, Binding(origin, value_node), body)
    for node in _local_functions(body):
        _bind(found, node.child_by_field_name("name"), Binding(Origin.VALUE, node), body)
    for node in body.captures("outer"):
        _share(found, node, body)
    return found


def holding(bound: Sequence[Binding], node: Node) -> Sequence[Binding]:
    """The bindings of a name that an expression can see: in the body of a loop over it, which binds it anew in each
    turn, only those of the innermost such loop."""
    around = [
        (iterated.start_byte, each, block)
        for each in bound
        if (iterated := each.node) is not None
        and (block := _looped(iterated)) is not None
        and _holds(block, node)
        and not _holds(iterated, node)
    ]
    if not around:
        return bound
    _, loop, block = max(around, key=itemgetter(0))
    return [each for each in bound if each is loop or each.node is None or _holds(block, each.node)]


def _looped(iterated: Node) -> Node | None:
    """The code in which each turn of a loop, or comprehension, over an expression binds a name; None without a loop."""
    loop = iterated.parent
    if loop is None or loop.type not in _LOOPS or loop.child_by_field_name("right") != iterated:
        return None
    return loop.child_by_field_name("body") if loop.type == "for_statement" else loop.parent


_LOOPS = ("for_statement", "for_in_clause")


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _share(found: dict[str, list[Binding]], statement: Node, body: Body) -> None:
    """`nonlocal` and `global` add what is bound further out, and what nested functions bind to it."""
    for name in map(body.text, statement.named_children):
        if body.own(statement):
            found.pop(name, None)
        elif statement.type == "nonlocal_statement" and name in found:
            found[name].append(Binding(Origin.UNSEEN, None))


def _bind(found: dict[str, list[Binding]], target: Node | None, binding: Binding, body: Body) -> None:
    if target is None:
        return
    if target.type == "identifier":
        found.setdefault(body.text(target), []).append(binding)
    elif target.type in PATTERNS:
        for index, child in positions(target):
            _bind(found, child, Binding(binding.origin, binding.node, (*binding.path, index)), body)
    elif target.type == "list_splat_pattern":
        origin = Origin.REST if binding.origin is Origin.VALUE else Origin.OPAQUE
        _bind(found, target.named_children[0], Binding(origin, binding.node, binding.path[:-1]), body)


def positions(target: Node) -> Iterator[tuple[int, Node]]:
    """The parts of a target with their positions; after a starred one, counted from the end."""
    parts = target.named_children
    starred = next((index for index, part in enumerate(parts) if part.type == "list_splat_pattern"), len(parts))
    return ((index if index <= starred else index - len(parts), part) for index, part in enumerate(parts))


def _local_functions(body: Body) -> list[Node]:
    """The functions that are defined directly in this one."""
    if body.method.facts.name in (MODULE_LEVEL, CLASS_LEVEL):
        return []
    nodes = [node for node in body.captures("nested") if node.type == "function_definition"]
    inner = [node for node in nodes if node != body.definition]
    return [node for node in inner if sum(low <= node.start_byte < high for low, high in body.nested) == 1]
