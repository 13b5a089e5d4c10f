"""Which files a file has in sight: what it imports, what those import, and its importers.

Instances reach a function from code near it. A read from a receiver of unknown type is taken for a read of a class in
sight that fits, rather than of one that the file has never heard of.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from initlint.project.imports import SymbolKind
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.project import Project

MAX_IMPORTERS = 10
"""A file with more importers than this is a common tool: what these see says little about what it is given."""

_TEST = re.compile(r"(.*/)?((tests?|testing)/.*|test_\w+\.py|\w+_test\.py|conftest\.py)")


def is_test(path: str) -> bool:
    """Whether a file tests others, with stand-ins for what those meet in use."""
    return _TEST.fullmatch(path) is not None


class Sight:
    """The files in sight of each file; for those in `kept` the imports are known."""

    def __init__(self, project: Project, kept: Mapping[str, frozenset[str]]) -> None:
        self.project = project
        self._kept = kept

    @remembered
    def of(self, path: str) -> frozenset[str]:
        """The file itself, its imports and theirs, its importers, and the imports of these if they are few."""
        direct = self.imported(path)
        importers = self.importers.get(path, frozenset())
        near = direct | importers if len(importers) <= MAX_IMPORTERS else direct
        found = {path, *direct, *importers}
        for neighbour in near:
            found |= self.imported(neighbour)
        return frozenset(found)

    @remembered
    def imported(self, path: str) -> frozenset[str]:
        """The files that define the names which a file imports."""
        if path in self._kept:
            return self._kept[path]
        names = {imported.name for imported in self.project.files[path].imports if imported.name != "*"}
        symbols = [self.project.resolve(path, name) for name in sorted(names)]
        own = [s.target.partition("::")[0] for s in symbols if s is not None and s.kind is not SymbolKind.EXTERNAL]
        return frozenset(file for file in own if file in self.project.files)

    @functools.cached_property
    def importers(self) -> Mapping[str, Set[str]]:
        """The files of the project that import each file, or a name defined there, through any other file."""
        found: dict[str, set[str]] = {}
        for path in sorted(self.project.own):
            for file in self.imported(path):
                found.setdefault(file, set()).add(path)
        return found
