"""Functions outside of classes that give instances parts: `net.extra = nn.Linear(2, 2)` where one is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.readers import Readers
from initlint.project.suspects import gives_part


def givers(readers: Readers, paths: Collection[str]) -> Iterator[Method]:
    """Those functions of some files that are worth a look, in order."""
    for path in sorted(paths & readers.project.files.keys()):
        for facts in readers.project.files[path].functions:
            method = Method(path, None, facts)
            if "<locals>" not in facts.name and gives_part(readers.project, method):
                yield method


def handed(readers: Readers, method: Method) -> dict[str, ClassId]:
    """The parameters that are known to be instances of one class of the project.

    Who hands a function its own instance is told itself what that gives it.
    """
    body = readers.bodies.body(method)
    found: dict[str, ClassId] = {}
    for name in body.parameters:
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
