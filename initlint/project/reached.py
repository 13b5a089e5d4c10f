"""The classes whose instances some code reaches, unless it handles modules in general."""

from __future__ import annotations

import msgspec

from initlint.project.classes import ClassId
from initlint.project.project import Project
from initlint.project.values import Value

MANY = 8
"""Code that gets instances of more classes than this handles modules in general and means none of their parts."""


class Reached(msgspec.Struct, frozen=True, array_like=True):
    """Instances of exactly the classes `exact`, and of the classes `bound` and their subclasses."""

    exact: frozenset[ClassId] = frozenset()
    bound: frozenset[ClassId] = frozenset()

    def holds(self, cls: ClassId, project: Project) -> bool:
        """Whether an instance of a class is among them."""
        return cls in self.exact or not self.bound.isdisjoint(project.family(cls))


def reached(project: Project, value: Value) -> Reached:
    """The classes whose instances a value can be."""
    if len(value.instances) > MANY:
        return Reached()
    exact = {base for cls in value.exact for base in project.mro(cls)}
    bound = {cls for cls in value.bound if not project.is_framework(cls)}
    return Reached(frozenset(exact), frozenset(bound & project.classes.keys()))
