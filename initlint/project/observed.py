"""What is read from one object under all its names: a parameter, the attribute that stores it, a local."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.project.asking import Asking
from initlint.project.bindings import Origin
from initlint.project.bodies import Body
from initlint.project.classes import Method
from initlint.remembered import remembered


class Observed(Asking):
    """Names read from an object, gathered over the methods of the instance that stores it."""

    def names(self, method: Method, receiver: str) -> frozenset[str]:
        """Everything that is read from the value of `receiver` in a method, here or where the instance stores it."""
        found = set(method.facts.reads.get(receiver, ()))
        if method.owner is not None:
            for attribute in self._attributes(self.bodies.body(method), receiver):
                found |= self._of_attribute(method.owner, attribute)
        return frozenset(found)

    def _attributes(self, body: Body, receiver: str) -> Iterator[str]:
        """The paths from the instance to the value of a receiver."""
        prefix = body.method.facts.instance + "."
        for text in (receiver, *_sources(body, receiver)):
            if text.startswith(prefix) and len(text) > len(prefix):
                yield text.removeprefix(prefix)
        for store in body.method.facts.stores if receiver in body.bindings else ():
            if any(body.text(node) == receiver for node in body.stores(store.attribute)):
                yield store.attribute

    @remembered
    def _of_attribute(self, owner: str, attribute: str) -> frozenset[str]:
        """What the methods of an instance of a class read from `self.attribute`, and from what they store there."""
        return frozenset(self._reads(owner, attribute))

    def _reads(self, owner: str, attribute: str) -> Iterator[str]:
        first = attribute.partition(".")[0].removesuffix("[]")
        for method in self._running(owner):
            facts = method.facts
            if first not in facts.reads.get(facts.instance, ()) and all(s.attribute != attribute for s in facts.stores):
                continue
            yield from facts.reads.get(f"{facts.instance}.{attribute}", ())
            body = self.bodies.body(method)
            names = {body.text(node) for node in body.stores(attribute) if node.type == "identifier"}
            names |= {name for name in body.bindings if _sources(body, name) == [f"{facts.instance}.{attribute}"]}
            for name in names:
                yield from facts.reads.get(name, ())

    def _running(self, owner: str) -> Iterator[Method]:
        """The methods that run on an instance of exactly this class, also through others of the same name."""
        for method in (method for info in self.project.lineage(owner) for method in info.functions):
            name = method.facts.name.partition(".<locals>.")[0]
            running = self.project.method(owner, name)
            if method.facts.instance and (running is None or running.owner == method.owner or _extends(running, name)):
                yield method


def _extends(method: Method, name: str) -> bool:
    """Whether a method calls the one that it overrides."""
    return name in method.facts.reads.get("super()", ())


def _sources(body: Body, name: str) -> list[str]:
    """The expression that a local name is bound to, if there is just one."""
    bindings = body.bindings.get(name, ())
    values = [body.text(b.node) for b in bindings if b.origin is Origin.VALUE and b.node is not None and not b.path]
    return values if len(bindings) == 1 else []
