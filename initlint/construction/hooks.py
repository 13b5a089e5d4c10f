"""The method that a framework's base class runs on every module once the constructor is done.

Such a base handles modules in general, in its own ways. What counts is the initialiser that it leads to.
"""

from __future__ import annotations

import re

from initlint.project.classes import ClassId, Method
from initlint.project.frameworks import hook
from initlint.project.project import Project
from initlint.project.roles import INITIALISATION

_ONE_GIVEN = re.compile(rb"def\s+\w+\s*\(\s*\w+\s*,\s*\w+[^,=]*,?\s*\)")
"""A method with one parameter besides the instance."""


def initialiser(project: Project, cls: ClassId, method: Method) -> Method | None:
    """The method for one module that a framework's own method leads to, by calls on the instance."""
    if method.owner is None or not project.is_framework(method.owner):
        return None
    pending, seen = [method], {method.facts.name}
    while pending:
        facts = pending.pop(0).facts
        for name in sorted(set(facts.reads.get(facts.instance, ())) - seen):
            seen.add(name)
            found = project.method(cls, name)
            if found is not None and _is_for_a_module(project, found):
                return found
            pending += [found] if found is not None else []
    return None


def unread(project: Project, cls: ClassId, name: str) -> Method | None:
    """The same for a method of a known framework whose source is missing."""
    hooks = (hook(ancestor, name) for ancestor in project.mro(cls))
    return next((project.method(cls, found) for found in hooks if found), None)


def _is_for_a_module(project: Project, method: Method) -> bool:
    """Whether a method, by its name, initialises its argument."""
    if INITIALISATION.fullmatch(method.facts.name) is None:
        return False
    return _ONE_GIVEN.match(project.source(method.path), method.facts.start) is not None
