"""What the entry points of a family read from their own instance: the plain `self.x` after construction."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.facts.records import Function
from initlint.facts.spelled import fits
from initlint.facts.vocabulary import MODULE_SWEEPS, PARAMETER_SWEEPS
from initlint.project.bodies import LAMBDA, Bodies
from initlint.project.classes import ClassId, Method
from initlint.project.flows import Use
from initlint.project.project import Project
from initlint.project.roles import Roles
from initlint.project.sites import only_does, sites
from initlint.remembered import remembered

_FREEZING = MODULE_SWEEPS | PARAMETER_SWEEPS | {"eval", "train", "requires_grad_", "zero_grad"}
"""What a method calls on a part to set its mode, or to go over its parameters."""

_FILLED = frozenset("weight bias data reset_parameters".split())
"""What is read of a part to fill it."""


def _may_prepare(name: str) -> bool:
    return name in _FREEZING or name in _FILLED or name.endswith("_")


def _fills(facts: Function) -> bool:
    """Whether a function calls what may fill what it is given: `nn.init.ones_(self.scale)`."""
    called = (name for names in facts.reads.values() for name in names)
    return any(name.endswith("_") and not name.endswith("__") for name in (*facts.calls, *called))


class Entries:
    """The reads of entry points, by class."""

    def __init__(self, project: Project, bodies: Bodies, roles: Roles) -> None:
        self.project = project
        self.bodies = bodies
        self.roles = roles

    def read(self, cls: ClassId, attribute: str) -> bool:
        """Whether a method of the family reads it from its own instance after construction."""
        readers = (m for relative in self.project.family(cls) for m in self._reading(relative, attribute))
        return any(not self._constructs(method) and not self._prepares(method, attribute) for method in readers)

    def _prepares(self, method: Method, attribute: str) -> bool:
        """Whether a method only freezes or fills an attribute, or sets its mode."""
        facts = method.facts
        read = facts.reads.get(f"{facts.instance}.{attribute}", ())
        if facts.name == "forward" or not (all(map(_may_prepare, read)) if read else _fills(facts)):
            return False
        body = self.bodies.body(method)
        return only_does((Use.NONE,), sites(body, method.facts.instance, attribute), body)

    def _reading(self, cls: ClassId, attribute: str) -> Iterator[Method]:
        """The methods of exactly this class that read it from their instance, whenever they run."""
        for name in (attribute, *(pattern for pattern in self._patterns(cls) if fits(pattern, attribute))):
            yield from self._by_name(cls).get(name, ())

    @remembered
    def _patterns(self, cls: ClassId) -> list[str]:
        return [name for name in self._by_name(cls) if "*" in name]

    @remembered
    def _by_name(self, cls: ClassId) -> dict[str, list[Method]]:
        found: dict[str, list[Method]] = {}
        if cls in self.project.classes:
            for method in self.project.classes[cls].functions:
                for name in method.facts.reads.get(method.facts.instance, ()) if method.facts.instance else ():
                    found.setdefault(name, []).append(method)
        return found

    def _constructs(self, method: Method) -> bool:
        return self.roles.constructs(method) or self.lambda_of_construction(method) is not None

    def lambda_of_construction(self, method: Method) -> Method | None:
        """The constructing method that makes a lambda, if this is one."""
        if not method.facts.name.endswith(LAMBDA):
            return None
        outer = self.project.enclosing(method)
        return outer if outer is not None and self.roles.constructs(outer) else None
