"""Versions of a project as folders to build from; a revision is written out, and removed afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from initlint.comparison import git
from initlint.comparison.sides import kind
from initlint.errors import InitlintError
from initlint.runtime.trials import package
from initlint.sources import project_root


@dataclass(frozen=True, slots=True)
class Tree:
    """One version: its folder, where its code runs, and whose environment it runs in.

    `paths` come first on the import path, `module` is the module of every target there, or "" for the target's own.
    """

    label: str
    root: str
    folder: str
    home: str
    paths: tuple[str, ...]
    module: str = ""
    notes: tuple[str, ...] = ()

    def target(self, text: str) -> str:
        """The name of a target in this tree."""
        module, _, expression = text.partition(":")
        return f"{self.module or module}:{expression}"


def here() -> Tree:
    """The project around the current folder, whose code runs in that folder."""
    folder = os.getcwd()
    root = project_root(folder)
    return _tree("", root, folder, root)


@contextmanager
def trees(versions: tuple[str, ...]) -> Iterator[tuple[Tree, ...]]:
    """The trees of folders, files and revisions. A revision beside a folder of its repository means that folder at that
    revision."""
    kinds = [kind(version) for version in versions]
    places = [os.path.abspath(version) for version, what in zip(versions, kinds, strict=True) if what != "git"]
    with tempfile.TemporaryDirectory(prefix="initlint-") as temporary:
        found = []
        for number, (version, what) in enumerate(zip(versions, kinds, strict=True)):
            if what == "folder":
                found.append(_tree(version, os.path.abspath(version)))
            elif what == "file":
                found.append(_file(version, os.path.abspath(version)))
            else:
                found.append(_revision(version, places[0] if places else "", os.path.join(temporary, str(number))))
        yield tuple(found)


def _tree(label: str, root: str, folder: str = "", home: str = "", notes: tuple[str, ...] = ()) -> Tree:
    folder = folder or root
    return Tree(label, root, folder, home or project_root(root), search_path(folder, root), notes=notes)


def search_path(folder: str, root: str) -> tuple[str, ...]:
    """Where to import the modules of a project from."""
    places = (folder, root, os.path.join(root, "src"))
    return tuple(dict.fromkeys(place for place in places if os.path.isdir(place)))


def _file(label: str, path: str, home: str = "", notes: tuple[str, ...] = ()) -> Tree:
    """A file is imported by its own name, whatever the target says."""
    place, module = package(os.path.dirname(path), os.path.basename(path))
    return Tree(label, place, place, home or project_root(place), (place,), module, notes)


def _revision(version: str, beside: str, folder: str) -> Tree:
    top = git.top(os.getcwd())
    commit = git.commit(os.getcwd(), version)
    assert top is not None and commit is not None
    missing = git.export(top, commit, folder)
    notes = git.notes(missing, version)
    inside = git.inside(top, version, beside or os.getcwd())
    place = os.path.normpath(os.path.join(folder, inside))
    if beside and not os.path.exists(place):
        raise InitlintError(f"`{inside}` is not in {version}")
    if os.path.isfile(place):
        return _file(version, place, top, notes)
    return _tree(version, place if beside else folder, place if os.path.isdir(place) else folder, top, notes)
