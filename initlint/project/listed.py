"""Reads of tensors and modules by their paths in listings: `model.state_dict()["head.weight"]`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import string_pattern
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId
from initlint.project.flows import USED, Trace, is_used
from initlint.project.foreign import Foreign
from initlint.project.inference import Inference
from initlint.project.roles import initialises
from initlint.project.values import Value

if TYPE_CHECKING:
    from tree_sitter import Node

LISTING = frozenset({"named_parameters", "named_buffers", "named_modules", "named_children", "state_dict"})
"""Methods that list parts by name."""

FETCHING = frozenset({"get", "pop"})


class Place(msgspec.Struct, frozen=True):
    """A path that some code reads from a listing of `owner`."""

    body: Body
    node: Node
    owner: Node
    path: tuple[str, ...]


class Listed(Asking):
    """Which definitions are read by such a path."""

    def __init__(self, inference: Inference, foreign: Foreign) -> None:
        super().__init__(inference)
        self.foreign = foreign

    def doubt(self, cls: ClassId, attribute: str) -> str:
        """Where it is read from a listing of an instance, or by its family from any listing; or ""."""
        places = (place for place in self._places.get(attribute, ()) if self._can_mean(place, cls, attribute))
        found = next(((place.node, place.body) for place in places), None) or self._in_family(cls, attribute)
        return f"`{found[1].text(found[0])}` in {found[1].method.path}" if found else self._expected(cls, attribute)

    def _expected(self, cls: ClassId, attribute: str) -> str:
        """Where the function around a class has a path to a weight in a string, which a test may look for; or ""."""
        around = self.project.around(self.project.classes[cls]) if cls in self.project.classes else None
        path = re.compile(rb"[\"'][\w.]*\b%s\.(weight|bias)\b" % re.escape(attribute).encode())
        found = path.search(self.project.code(around)) if around is not None else None
        return f"a string with a path to it in {around.path}" if around is not None and found else ""

    def _in_family(self, cls: ClassId, attribute: str) -> tuple[Node, Body] | None:
        """A path in a table in the family's own code, which may be a checkpoint: `state["model.scale"].item()`."""
        wanted = re.compile(rb"[\"'.]%s[\"'.]" % re.escape(attribute).encode())
        for relative in self.project.near(cls):
            info = self.project.classes[relative]
            if wanted.search(self.project.source(info.path), info.facts.start, info.facts.end):
                for body in map(self.bodies.body, info.functions):
                    for node in body.nodes("subscript"):
                        path = _path(node.child_by_field_name("subscript"), body)
                        if attribute in path and len(path) > 1 and is_used(node, body):
                            return node, body
        return None

    def _can_mean(self, place: Place, cls: ClassId, attribute: str) -> bool:
        """Whether the path leads to an attribute of an instance of the class."""
        value = self.inference.expression(place.owner, place.body)
        for name in place.path:
            if name == attribute:
                unknown = value.unknown and self.foreign.sees(place.body.method, cls)
                if unknown or self.foreign.is_instance(value, cls):
                    return True
            value = self._step(value, name)
        return False

    def _step(self, value: Value, name: str) -> Value:
        return self.inference.item(value) if name.isdigit() else self.inference.attribute(value, name)

    @functools.cached_property
    def _places(self) -> dict[str, list[Place]]:
        """The paths that are read from listings, by each name in them."""
        index: dict[str, list[Place]] = {}
        listing = {m.id: m for name in sorted(LISTING) for m, _ in self.callers.reading.get(name)}
        for method in listing.values():
            if not initialises(self.project, method.facts.name):
                for place in _taken(self.bodies.body(method)):
                    for name in dict.fromkeys(place.path):
                        index.setdefault(name, []).append(place)
        return index


def _taken(body: Body) -> Iterator[Place]:
    """The paths that a body reads from listings and uses."""
    for node in body.nodes("subscript"):
        yield from _from_table(node, node.child_by_field_name("value"), node.child_by_field_name("subscript"), body)
    for node in body.nodes("call"):
        function, arguments = node.child_by_field_name("function"), call_arguments(node)
        if function is not None and body.called(node) in FETCHING and arguments:
            yield from _from_table(node, function.child_by_field_name("object"), arguments[0], body)
    for node in body.nodes("loop"):
        yield from _picked(node, body)


def _from_table(node: Node, table: Node | None, key: Node | None, body: Body) -> Iterator[Place]:
    path = _path(key, body)
    owner = _listed(table, body) if table is not None and path else None
    if owner is not None and is_used(node, body):
        yield Place(body, node, owner, path)


def _picked(loop: Node, body: Body) -> Iterator[Place]:
    """`for name, part in model.named_parameters(): if name == "scale": ...`: what the name is compared with."""
    target, source = loop.child_by_field_name("left"), loop.child_by_field_name("right")
    names = target.named_children if target is not None and target.type == "pattern_list" else []
    owner = _listed(source, body) if source is not None and len(names) == 2 else None
    whole = loop if loop.type == "for_statement" else loop.parent
    if owner is None or whole is None or not any(f.use in USED for f in Trace(body).name(body.text(names[1]))):
        return
    for comparison in _inside(whole, "comparison_operator"):
        if body.text(comparison.named_children[0]) == body.text(names[0]):
            for text in _inside(comparison, "string"):
                yield Place(body, comparison, owner, _path(text, body))


def _listed(node: Node, body: Body) -> Node | None:
    """The module whose parts a value lists."""
    for call in body.makers(node):
        function = call.child_by_field_name("function")
        if function is not None and body.called(call) in LISTING:
            return function.child_by_field_name("object")
    return None


def _inside(node: Node, kind: str) -> Iterator[Node]:
    pending = [node]
    while pending:
        inner = pending.pop()
        pending += inner.named_children
        if inner.type == kind:
            yield inner


def _path(node: Node | None, body: Body) -> tuple[str, ...]:
    """The names of a path in a string; none if it is not a string."""
    text = string_pattern(body.text(node)) if node is not None and node.type == "string" else ""
    return tuple(text.split(".")) if text else ()
