"""What an expression takes its value out of: the list behind `*parts[1:]`, the table behind a comprehension."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.receivers import normalise
from initlint.project.bindings import Origin
from initlint.project.bodies import Body

if TYPE_CHECKING:
    from tree_sitter import Node

GATHERING = frozenset({"list_comprehension", "generator_expression", "dictionary_comprehension"})

COPYING = frozenset({"list", "tuple", "dict", "sorted", "reversed", "iter"})
"""Functions that give the same items as what they are given."""


def root_of(node: Node, instance: str, body: Body) -> Node:
    """`self.parts` in `*self.parts[1:]` and `list(self.parts.values())`, `nodes` in `[node.module for node in nodes]`.

    What any other function gives is taken out of nothing.
    """
    while node.type in ("list_splat", "subscript", "attribute", "call") or node.type in GATHERING:
        inner = _gathered(node, body) if node.type in GATHERING else node.named_children[0]
        if node.type == "call" and inner.type == "identifier":
            given = call_arguments(node)
            inner = given[0] if body.text(inner) in COPYING and len(given) == 1 else node
        if inner == node or body.text(inner) == instance:
            break
        node = inner
    return node


def roots_of(node: Node, instance: str, body: Body) -> Iterator[Node]:
    """What the items of a container come out of: the root of what is given, and the source of a loop that names it."""
    root = root_of(node, instance, body)
    yield root
    for binding in body.bindings.get(body.text(root), ()) if root.type == "identifier" else ():
        if binding.origin is Origin.ELEMENT and binding.node is not None:
            yield root_of(binding.node, instance, body)


def _gathered(comprehension: Node, body: Body) -> Node:
    """What a comprehension takes its items from, as they are or parts of them; else the item, if it is a part."""
    made, loop = comprehension.named_children[:2]
    item = made.child_by_field_name("value") if made.type == "pair" else made
    target, source = loop.child_by_field_name("left"), loop.child_by_field_name("right")
    if item is None or target is None or source is None:
        return comprehension
    names = {body.text(node) for node in (target, *target.named_children)}
    root = item
    while root.type in ("attribute", "subscript"):
        root = root.named_children[0]
    if body.text(root) in names:
        return source
    return item if item.type in ("attribute", "subscript") else comprehension


def is_part_of_given(node: Node, body: Body) -> bool:
    """Whether an expression takes something out of what a local name holds: `embedding["weight"]`."""
    if node.type not in ("subscript", "attribute"):
        return False
    root = normalise(body.text(node)).partition(".")[0].removesuffix("[]")
    return root in body.bindings and root != body.method.facts.instance
