"""Functions outside of classes that give instances parts: `net.extra = nn.Linear(2, 2)` where one is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator

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
    """The parameters that are known to be instances of one class of the project."""
    body = readers.bodies.body(method)
    values = {name: readers.inference.variables.parameter(name, body) for name in body.parameters}
    known = {name: value.instances for name, value in values.items() if not value.unknown}
    found = {name: next(iter(classes)) for name, classes in known.items() if len(classes) == 1}
    return {name: cls for name, cls in found.items() if cls in readers.project.classes}
