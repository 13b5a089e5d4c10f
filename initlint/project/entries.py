"""What the entry points of a family read from their own instance: the plain `self.x` after construction."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.facts.spelled import fits
from initlint.project.bodies import LAMBDA
from initlint.project.classes import ClassId, Method, Project
from initlint.project.roles import Roles


class Entries:
    """The reads of entry points, by class."""

    def __init__(self, project: Project, roles: Roles) -> None:
        self.project = project
        self.roles = roles
        self._reads_of: dict[ClassId, frozenset[str]] = {}

    def read(self, cls: ClassId, attribute: str) -> bool:
        """Whether a method of the family reads it from its own instance after construction."""
        return any(attribute in self._reads(relative) for relative in self.project.family(cls)) or any(
            fits(pattern, attribute) for relative in self.project.family(cls) for pattern in self._patterns(relative)
        )

    def _reads(self, cls: ClassId) -> frozenset[str]:
        """What the entry points of this very class read from their instance."""
        if cls not in self._reads_of:
            self._reads_of[cls] = frozenset(self._read(cls))
        return self._reads_of[cls]

    def _read(self, cls: ClassId) -> Iterator[str]:
        info = self.project.classes.get(cls)
        for facts in info.facts.methods if info else ():
            names = facts.reads.get(facts.instance, ()) if facts.instance else ()
            if names and info:
                method = Method(info.path, cls, facts)
                if not self.roles.constructs(method) and self.lambda_of_construction(method) is None:
                    yield from names

    def _patterns(self, cls: ClassId) -> list[str]:
        return [name for name in self._reads(cls) if "*" in name]

    def lambda_of_construction(self, method: Method) -> Method | None:
        """The constructing method in which a lambda is made, if that is what it is."""
        if not method.facts.name.endswith(LAMBDA):
            return None
        outer = self.project.enclosing(method)
        return outer if outer is not None and self.roles.constructs(outer) else None
