"""What is read from one object under all the names that it has: a parameter, the attribute that keeps it, a local."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.project.bodies import Bodies, Body, Origin
from initlint.project.classes import Method, Project


class Observed:
    """Names read from an object, gathered over the methods of the instance that keeps it."""

    def __init__(self, project: Project, bodies: Bodies) -> None:
        self.project = project
        self.bodies = bodies
        self._kept: dict[tuple[str, str], frozenset[str]] = {}

    def names(self, method: Method, receiver: str) -> frozenset[str]:
        """Everything that is read from what `receiver` is in a method, here or where the instance keeps it."""
        found = set(method.facts.reads.get(receiver, ()))
        if method.owner is not None:
            for attribute in self._attributes(self.bodies.body(method), receiver):
                found |= self._of_attribute(method.owner, attribute)
        return frozenset(found)

    def _attributes(self, body: Body, receiver: str) -> Iterator[str]:
        """The attributes of the instance that a receiver is, is taken from, or is kept in."""
        prefix = body.method.facts.instance + "."
        bindings = body.bindings.get(receiver, ())
        sources = [body.text(b.node) for b in bindings if b.origin is Origin.VALUE and b.node is not None]
        for text in (receiver, *(sources if len(bindings) == 1 else ())):
            if text.startswith(prefix) and text.removeprefix(prefix).isidentifier():
                yield text.removeprefix(prefix)
        for store in body.method.facts.stores if receiver in body.bindings else ():
            if any(body.text(node) == receiver for node in body.stores(store.attribute)):
                yield store.attribute

    def _of_attribute(self, owner: str, attribute: str) -> frozenset[str]:
        """What the methods of an instance of a class read from `self.attribute`, and from what they store there."""
        key = (owner, attribute)
        if key not in self._kept:
            self._kept[key] = frozenset(self._reads(owner, attribute))
        return self._kept[key]

    def _reads(self, owner: str, attribute: str) -> Iterator[str]:
        for ancestor in self.project.mro(owner):
            info = self.project.classes.get(ancestor)
            for facts in info.facts.methods if info is not None else ():
                outer = facts.name.partition(".<locals>.")[0]
                running = self.project.method(owner, outer)
                if info is None or not facts.instance or (running is not None and running.owner != ancestor):
                    continue
                yield from facts.reads.get(f"{facts.instance}.{attribute}", ())
                if any(store.attribute == attribute and not store.callees for store in facts.stores):
                    body = self.bodies.body(Method(info.path, ancestor, facts))
                    for node in body.stores(attribute):
                        yield from facts.reads.get(body.text(node), ()) if node.type == "identifier" else ()
