"""Code that is not a module's constructor and gives parts to instances: `net.extra = nn.Linear(2, 2)`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from initlint.facts.spelled import ANY, fits
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.project import Project
from initlint.project.readers import Readers
from initlint.project.suspects import builds_modules, given_parts, may_build


def givers(readers: Readers, paths: Collection[str]) -> Iterator[Method]:
    """What is worth examining in some files, in order."""
    for path in sorted(paths & readers.project.files.keys()):
        for method in _outside(readers.project, path):
            if "<locals>" not in method.facts.name and _gives_module_part(readers.project, method):
                yield method


def _gives_module_part(project: Project, method: Method) -> bool:
    """Whether a function gives a part to what can be a module; for a method, only to what it builds itself."""
    receivers = given_parts(project, method)
    return any(method.owner is None or _is_built(project, method, receiver) for receiver in receivers)


def _is_built(project: Project, method: Method, name: str) -> bool:
    """Whether a method makes the value of a local name, and not by a method of its instance."""
    made = re.findall(_MADE % re.escape(name.encode()), project.code(method))
    return any(
        root.decode() != method.facts.instance and may_build(project, method, (root + rest).decode())
        for root, rest in made
    )


_MADE = rb"(?m)^\s*%s\s*(?::[^=\n]+)?=\s*([^\W\d]\w*)([\w.]*)\s*\("
"""A name that gets the result of a call."""


def _outside(project: Project, path: str) -> Iterator[Method]:
    """The code of a file that does not run on an instance of a module: the file itself, and its functions."""
    facts = project.files[path]
    yield Method(path, None, facts.module_level)
    yield from (Method(path, None, function) for function in facts.functions)
    for info in project.classes_in(path):
        plain = not builds_modules(project, info.id)
        yield from (method for method in info.functions if plain or method.is_static or method.is_of_class)


def names(method: Method, path: str) -> bool:
    """Whether a function itself names an attribute that it sets, rather than a function that it calls."""
    name = path.rpartition(".")[2]
    return any(given in (name, ANY) or fits(given, name) for given in method.facts.gives)


def handed(readers: Readers, method: Method) -> dict[str, ClassId]:
    """The parameters that are known to be instances of one class of the project.

    If a constructor passes its own instance to a function, it is told what that gives it.
    """
    body = readers.bodies.body(method)
    found: dict[str, ClassId] = {}
    for name in body.parameters.keys() - {method.facts.instance}:
        value = readers.inference.variables.parameter(name, body)
        classes = sorted(value.instances & readers.project.classes.keys())
        if not value.unknown and len(classes) == len(value.instances) == 1 and not _is_own(readers, name, body):
            found[name] = classes[0]
    return found


def _is_own(readers: Readers, name: str, body: Body) -> bool:
    """Whether a method passes its own instance for a parameter."""
    for caller, call in readers.callers.of(body.method) or ():
        argument = readers.callers.argument(name, body, call, caller)
        if argument is not None and caller.text(argument) == caller.method.facts.instance:
            return True
    return False
