"""What an expression takes its value out of: the list behind `*parts[1:]`, the table behind a comprehension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.facts.receivers import normalise
from initlint.project.bodies import Body

if TYPE_CHECKING:
    from tree_sitter import Node

GATHERING = frozenset({"list_comprehension", "generator_expression", "dictionary_comprehension"})


def root_of(node: Node, instance: str, body: Body) -> Node:
    """`self.parts` in `*self.parts[1:]`, `parts` in `parts[0]` and in `[part for part in parts]`.

    What a function gives is taken out of nothing.
    """
    while node.type in ("list_splat", "subscript", "attribute", "call") or node.type in GATHERING:
        inner = _gathered(node, body) if node.type in GATHERING else node.named_children[0]
        if inner == node or body.text(inner) == instance or (node.type == "call" and inner.type == "identifier"):
            break
        node = inner
    return node


def _gathered(comprehension: Node, body: Body) -> Node:
    """What a comprehension takes its items from, if it gives them on as they are; else the comprehension itself."""
    made, loop = comprehension.named_children[:2]
    item = made.child_by_field_name("value") if made.type == "pair" else made
    target, source = loop.child_by_field_name("left"), loop.child_by_field_name("right")
    if item is None or target is None or source is None:
        return comprehension
    names = {body.text(node) for node in (target, *target.named_children)}
    return source if body.text(item) in names else comprehension


def is_part_of_given(node: Node, body: Body) -> bool:
    """Whether an expression takes something out of what a local name holds: `embedding["weight"]`."""
    if node.type not in ("subscript", "attribute"):
        return False
    root = normalise(body.text(node)).partition(".")[0].removesuffix("[]")
    return root in body.bindings and root != body.method.facts.instance
