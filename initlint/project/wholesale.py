"""Reads that name no definition: all children at once, or one by a name that the code computes."""

from __future__ import annotations

import functools

from initlint.facts.extract import string_pattern
from initlint.facts.records import Function
from initlint.project.bodies import Bodies, call_arguments
from initlint.project.callers import Callers
from initlint.project.calls import CONTAINERS
from initlint.project.classes import ClassId, Method, Project
from initlint.project.entries import Entries
from initlint.project.flows import Use, uses_of
from initlint.project.inference import Inference
from initlint.project.roles import Roles
from initlint.project.sweeps import CHILDREN, SWEEPS, sweeps, swept


class Wholesale:
    """Which classes have all their definitions read, or any that a computed name fits."""

    def __init__(
        self,
        project: Project,
        bodies: Bodies,
        callers: Callers,
        inference: Inference,
        roles: Roles,
        entries: Entries,
    ) -> None:
        self.project = project
        self.bodies = bodies
        self.callers = callers
        self.inference = inference
        self.roles = roles
        self.entries = entries

    def reads_all(self, cls: ClassId, submodule: bool) -> bool:
        """Whether the family reads all its submodules, or all its other definitions, without naming them."""
        contained = submodule and any(self._container(d) for d in self.project.descendants(cls))
        return contained or any(self._reads_all(relative, submodule) for relative in self.project.near(cls))

    @functools.cache  # noqa: B019
    def _container(self, cls: ClassId) -> bool:
        """Sequential, ModuleList and ModuleDict read all their children, unless a forward of their own says what."""
        held = CONTAINERS & set(self.project.mro(cls))
        if not held:
            return False
        forward = self.project.method(cls, "forward")
        return forward is None or held != {"torch.nn.Sequential"} or self._iterates_itself(cls)

    def _iterates_itself(self, cls: ClassId) -> bool:
        info = self.project.classes[cls]
        return any(
            f.instance in f.mentions or "forward" in f.reads.get("super()", ())
            for f in info.facts.methods
            if f.name != "__init__"
        )

    @functools.cache  # noqa: B019
    def _reads_all(self, cls: ClassId, submodule: bool) -> bool:
        """Whether a method of this very class does."""
        info = self.project.classes[cls]
        for facts in info.facts.methods:
            if facts.instance and _may_sweep(facts):
                method = Method(info.path, cls, facts)
                constructs = self.roles.constructs(method)
                if (
                    self._kept_by_construction(method)
                    if constructs
                    else _reads_any(facts) or swept(self.bodies.body(method), submodule)
                ):
                    return True
        return False

    def _kept_by_construction(self, method: Method) -> bool:
        """Whether a constructor puts its children, found by a sweep, into something that is read."""
        assert method.owner is not None
        body = self.bodies.body(method)
        for node, name in sweeps(body):
            if name in CHILDREN and node.parent is not None and node.parent.type == "call":
                flows = uses_of(node.parent, body)
                if any(f.use is Use.FLOW and self.entries.read(method.owner, f.target) for f in flows):
                    return True
        return False

    def reads_computed(self, cls: ClassId, attribute: str) -> bool:
        """Whether a `getattr(self, name)` of the family can be given this name."""
        family = self.project.family(cls)
        for method, receiver in self.callers.reading.get("*", ()):
            if method.owner in family and receiver == method.facts.instance and not self.roles.constructs(method):
                names = self._computed(cls, method)
                if attribute in names if names is not None else not self.project.is_framework(method.owner):
                    return True
        return False

    def _computed(self, cls: ClassId, method: Method) -> frozenset[str] | None:
        """The names that a method can compute and read, by `getattr(self, name)`; None where that is not known."""
        body = self.bodies.body(method)
        names: set[str] = set()
        for node in body.nodes("call"):
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            if (
                function is None
                or body.text(function) != "getattr"
                or len(arguments) < 2
                or body.text(arguments[0]) != method.facts.instance
            ):
                continue
            if string_pattern(body.text(arguments[1])):
                continue
            found = self._class_strings(cls, body.text(arguments[1]), method.facts.instance)
            if not found:
                value = self.inference.expression(arguments[1], body)
                if value.unknown or not value.strings:
                    return None
                found = value.strings
            names |= found
        return frozenset(names) or None

    def _class_strings(self, cls: ClassId, text: str, instance: str) -> frozenset[str]:
        """The strings that a class attribute `self.name` has among the descendants of a class and their ancestors."""
        name = text.removeprefix(instance + ".")
        if not name.isidentifier() or name == text:
            return frozenset()
        family = [self.project.classes[c] for c in self.project.family(cls) if c in self.project.classes]
        return frozenset(
            s for info in family for store in info.facts.attributes if store.attribute == name for s in store.strings
        )


def _may_sweep(facts: Function) -> bool:
    return bool(SWEEPS.intersection(facts.reads.get(facts.instance, ()))) or facts.instance in facts.mentions


def _reads_any(facts: Function) -> bool:
    """`reduce(getattr, path, self)` reads what only run time knows."""
    return facts.instance in facts.mentions and "getattr" in facts.mentions
