"""The parts of syntax nodes that are code, and the arguments of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def code_in(node: Node | None) -> list[Node]:
    """The parts of a node, in order, without comments."""
    return [child for child in node.named_children if child.type != "comment"] if node is not None else []


def call_arguments(call: Node) -> list[Node]:
    """The argument expressions of a call, positional and named, in order."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    if arguments.type == "generator_expression":
        return [arguments]
    values = [
        child.child_by_field_name("value") if child.type == "keyword_argument" else child
        for child in code_in(arguments)
    ]
    return [value for value in values if value is not None]


def followed(call: Node) -> tuple[Node, Node] | None:
    """The object and the path of `reduce(getattr, path, model)`; the object may also be the first item of the list."""
    how, *rest = call_arguments(call) or [call]
    if how.text is None or b"getattr" not in how.text or len(rest) not in (1, 2):
        return None
    if len(rest) == 2:
        return rest[1], rest[0]
    items = rest[0]
    while items.type == "binary_operator":
        items = items.named_children[0]
    first = code_in(items)[:1] if items.type in ("list", "tuple") else []
    return (first[0], rest[0]) if first else None
