"""Classes that a decorator derives from those that it decorates: `class Wrapped(cls)` in a function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, ClassInfo
    from initlint.project.project import Project

LOCAL = ".<locals>."


def wrapped(project: Project, infos: Iterable[ClassInfo]) -> Iterator[tuple[ClassId, ClassId]]:
    """Each class in a function whose only base is unknown, with the classes that this function decorates."""
    infos = list(infos)
    inside: dict[str, list[ClassId]] = {}
    for info in infos:
        outer, local, _ = info.facts.qualname.partition(LOCAL)
        if local and len(info.unresolved) == 1:
            inside.setdefault(f"{info.path}::{outer}", []).append(info.id)
    for info in infos if inside else ():
        for decorator in info.facts.decorators:
            symbol = project.decorator(info.path, decorator)
            found = inside.get(symbol.target, ()) if symbol is not None else ()
            yield from ((wrapper, info.id) for wrapper in found if wrapper != info.id)
