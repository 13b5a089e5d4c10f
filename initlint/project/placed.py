"""Instances that replace parts of something whose code cannot be seen: `model.layers[i] = Dummy()`.

Code that reads such a part reads from the instance what the earlier part had. If the code tests that this was a layer
of torch, its attributes are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.vocabulary import SETTERS
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


class Placed(Asking):
    """Which classes replace parts of others."""

    @remembered
    def doubt(self, cls: ClassId) -> str:
        """Where an instance becomes a part of something unknown, or ""."""
        info = self.project.classes.get(cls)
        for method in self.callers.calling.get(info.facts.name) if info is not None else ():
            body = self.bodies.body(method)
            for owner, value in _given(body):
                if cls in self.inference.expression(value, body).exact and self._is_strange(owner, body):
                    return f"`{body.text(owner)}` is given an instance in {method.path}"
        return ""

    def _is_strange(self, owner: Node, body: Body) -> bool:
        """Whether an object is a part of something unknown, and not even known to be a layer of torch."""
        values = [self.inference.expression(part, body) for part in _chain(owner)]
        strange = any(value.unknown for value in values)
        return strange and not any(self._is_of_torch(node, body) for node in body.nodes("call"))

    def _is_of_torch(self, call: Node, body: Body) -> bool:
        """Whether a call tests for an instance of one of some classes of torch."""
        arguments = call_arguments(call)
        if body.callee(call) != "isinstance" or len(arguments) != 2:
            return False
        kinds = arguments[1].named_children if arguments[1].type == "tuple" else arguments[1:]
        symbols = [self.inference.static(kind, body) for kind in kinds]
        return all(symbol is not None and symbol.target.startswith("torch.") for symbol in symbols)


def _chain(node: Node) -> Iterator[Node]:
    """An expression, and what is before each of its dots and brackets."""
    yield node
    if node.type in ("attribute", "subscript"):
        yield from _chain(node.named_children[0])


def _given(body: Body) -> Iterator[tuple[Node, Node]]:
    """What a body gives objects other than its instance: the object, and its new item or attribute."""
    for node in body.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and left.type in ("subscript", "attribute"):
            yield left.named_children[0], right
    for node in body.nodes("call"):
        arguments = call_arguments(node)
        if body.callee(node) in SETTERS and len(arguments) == 3:
            yield arguments[0], arguments[2]
