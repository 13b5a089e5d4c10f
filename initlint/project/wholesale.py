"""Reads that name no definition: all children at once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.records import Function
from initlint.model import Kind
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.calls import CONTAINERS
from initlint.project.classes import ClassId, Method
from initlint.project.entries import Entries
from initlint.project.flows import Use, is_called, uses_of
from initlint.project.inference import Inference
from initlint.project.reached import reached
from initlint.project.roles import Roles, initialises_others
from initlint.project.survey import Swept
from initlint.project.sweeps import CHILDREN, DESCENDANTS, SWEEPS, calls_first, sweeps, sweeps_of_others, swept
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

GOING_OVER = SWEEPS | {"apply"}

OF_OTHERS = CHILDREN | DESCENDANTS
"""Methods that give the parts of something to outside code; parameters alone go to an optimizer."""


class Wholesale(Asking):
    """Which classes have all their definitions read."""

    def __init__(self, inference: Inference, roles: Roles, entries: Entries) -> None:
        super().__init__(inference)
        self.roles = roles
        self.entries = entries

    @remembered
    def reads_all(self, cls: ClassId, kind: Kind, past: frozenset[str] = frozenset()) -> bool:
        """Whether the family reads all its submodules, or all its other definitions, without naming them.

        Code that only iterates over something else, `past` them, is left out.
        """
        if kind is Kind.SUBMODULE and any(self._container(d) for d in self.project.descendants(cls)):
            return True
        return any(self._reads_all(relative, kind, past) for relative in self.project.near(cls))

    def swept(self, cls: ClassId) -> bool:
        """Whether other code uses all parts of something that is an instance of this class."""
        return any(swept.alone and swept.values.holds(cls, self.project) for swept in self.elsewhere)

    def doubt(self, cls: ClassId) -> str:
        """Where other code uses all parts of something that can be an instance among others, or ""."""
        elsewhere = (swept.place for swept in self.elsewhere if swept.values.holds(cls, self.project))
        return next(elsewhere, "") or next(filter(None, map(self._decorated, self.project.near(cls))), "")

    def _decorated(self, cls: ClassId) -> str:
        """Where a decorator gives a class a method that goes over all parts, or ""."""
        info = self.project.classes[cls]
        for decorator in info.facts.decorators:
            symbol = self.project.decorator(info.path, decorator)
            path, _, name = symbol.target.partition("::") if symbol is not None else ("", "", "")
            for method in self.callers.in_file(path) if path in self.project.files else ():
                within = method.owner is None and method.facts.name.startswith(f"{name}.<locals>.")
                if within and any(not OF_OTHERS.isdisjoint(names) for names in method.facts.reads.values()):
                    return f"`{method.facts.name}` in {path}"
        return ""

    @functools.cached_property
    def elsewhere(self) -> tuple[Swept, ...]:
        """Where code uses all parts of something other than its instance."""
        if (survey := self.project.survey()) is not None:
            return survey.swept
        reading = [entry for name in sorted(OF_OTHERS) for entry in self.callers.reading.get(name)]
        others = {m.id: m for m, receiver in reading if not m.owner or receiver != m.facts.instance}
        bodies = [self.bodies.body(m) for m in others.values() if not initialises_others(self.project, m)]
        owners = [(owner, body) for body in bodies for owner in sweeps_of_others(body)]
        values = [self.inference.expression(owner, body) for owner, body in owners]
        return tuple(
            Swept(_place(owner, body), len(value.instances) == 1, reached(self.project, value))
            for (owner, body), value in zip(owners, values, strict=True)
        )

    @remembered
    def _container(self, cls: ClassId) -> bool:
        """Sequential, ModuleList and ModuleDict read all their children, unless they have a forward of their own."""
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

    @remembered
    def _reads_all(self, cls: ClassId, kind: Kind, past: frozenset[str]) -> bool:
        """Whether a method of exactly this class does."""
        for method in self.project.classes[cls].functions:
            if method.facts.instance and _may_sweep(method.facts):
                constructs = self.roles.constructs(method)
                if self._kept_by_construction(method) if constructs else self._uses_all(method, kind, past):
                    return True
        return False

    def _uses_all(self, method: Method, kind: Kind, past: frozenset[str]) -> bool:
        swept_here = swept(self.bodies.body(method), kind, past)
        return swept_here or _reads_any(method.facts) or self._applies_caller(method)

    def _applies_caller(self, method: Method) -> bool:
        """Whether a method calls each part by `self.apply(fn)`, with an `fn` that calls its argument."""
        body = self.bodies.body(method)
        calls = (node.parent for node in body.attributes.get("apply", ()) if _is_call_on(node, method.facts.instance))
        given = (argument for call in calls if call is not None for argument in call_arguments(call)[:1])
        functions = (function for argument in given for function in self.inference.expression(argument, body).functions)
        return any(calls_first(self.bodies.body(function)) for function in functions)

    def _kept_by_construction(self, method: Method) -> bool:
        """Whether a constructor stores its parts, found by a sweep, in something that is read."""
        assert method.owner is not None
        body = self.bodies.body(method)
        for node, name in sweeps(body):
            if name in OF_OTHERS and node.parent is not None and node.parent.type == "call":
                flows = uses_of(node.parent, body)
                if any(f.use is Use.FLOW and self.entries.read(method.owner, f.target) for f in flows):
                    return True
        return False


def _may_sweep(facts: Function) -> bool:
    return not GOING_OVER.isdisjoint(facts.reads.get(facts.instance, ())) or facts.instance in facts.mentions


def _is_call_on(attribute: Node, instance: str) -> bool:
    owner = attribute.child_by_field_name("object")
    return is_called(attribute) and owner is not None and owner.text == instance.encode()


def _reads_any(facts: Function) -> bool:
    """`reduce(getattr, path, self)` reads attributes known only at run time."""
    return facts.instance in facts.mentions and "getattr" in facts.mentions


def _place(owner: Node, body: Body) -> str:
    return f"the parts of `{body.text(owner)}` in {body.method.path}"
