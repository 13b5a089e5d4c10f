"""What runs when a file is imported: the files of the project that it imports, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from initlint.comparison.statements import AMBIENT
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.reach import Key
    from initlint.project.project import Project


class Loading:
    """The files that run when another one is imported. Imports inside functions count like all others."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @remembered
    def order(self, path: str) -> dict[str, None]:
        """The files that an import of a file runs, in the order in which they finish."""
        done: dict[str, None] = {}
        entered = {path}
        pending = [(path, iter(self._imported(path)))]
        while pending:
            file, imports = pending[-1]
            inner = next((each for each in imports if each not in entered), None)
            if inner is None:
                done[file] = None
                pending.pop()
            else:
                entered.add(inner)
                pending.append((inner, iter(self._imported(inner))))
        return done

    @remembered
    def _imported(self, path: str) -> tuple[str, ...]:
        """The files that a file imports; a package comes before its modules."""
        modules = self._project.modules
        names = [modules.names.get(path, "")]
        for each in self._project.files[path].imports:
            module = modules.absolute(path, each.module, each.level)
            names.append(f"{module}.{each.attribute}" if each.attribute else module)
        files = (modules.file(name, path) for full in names for name in _packages(full))
        return tuple(dict.fromkeys(file for file in files if file is not None))


def _packages(name: str) -> Iterator[str]:
    """A dotted name, after all packages that contain it."""
    return accumulate(name.split("."), "{}.{}".format)


def loaded_otherwise(old: Loading, new: Loading, paths: Iterable[str]) -> frozenset[str]:
    """The files that only one version runs, or that run in another order, when some files are imported."""
    found: set[str] = set()
    for path in paths:
        left, right = old.order(path), new.order(path)
        if list(left) != list(right):
            both = left.keys() & right.keys()
            found |= left.keys() ^ right.keys()
            common = ([each for each in order if each in both] for order in (left, right))
            found.update(each for pair in zip(*common, strict=True) if pair[0] != pair[1] for each in pair)
    return frozenset(found)


def ambient(code: Code, path: str) -> list[Key]:
    """The statements that set torch's defaults, among those that run when a file is imported."""
    found = code.changes.of(AMBIENT)
    order = code.loading.order(path) if found else ()
    return [key for file in order for key in found if key[1] == file]
