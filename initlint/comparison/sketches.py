"""What a file binds, and what it may change in others, from its text alone: so most files need no parsing."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from initlint.comparison import bindings, pieces, statements
from initlint.comparison.bindings import Assigned, binding, bound, imported
from initlint.comparison.kept import by_text
from initlint.comparison.pieces import Definition, bound_names, callee, dotted
from initlint.comparison.statements import altered, heads, sets_anything
from initlint.facts.worker import digest

if TYPE_CHECKING:
    from initlint.comparison.reach import Key

STAR = "*"
EXPORTED = "__all__"
ANYTHING = ""
"""Stands for computed names that a statement may bind."""


class Altering(msgspec.Struct, frozen=True, array_like=True):
    """A module-level statement that may change something: its position, and the dotted names of what it changes.

    `altered` are the names as written. `kind` and `name` are those of a function or class, and the names of its
    decorators are noted; `inside`: it is one, also an asynchronous one.
    """

    place: int
    altered: tuple[tuple[str, bool], ...]
    kind: str = ""
    name: str = ""
    decorators: tuple[str, ...] = ()
    inside: bool = False

    def key(self, path: str) -> Key:
        """The definition that it is, or the statement."""
        return (self.kind, path, self.name) if self.kind else ("statement", path, str(self.place))


class Sketch(msgspec.Struct, frozen=True, array_like=True):
    """The sketch of a file: statements that may change something, names bound at module level, and star imports.

    `stars` are modules as written, each with its number of leading dots. `exported` is its `__all__`, if that is
    written out.
    """

    altering: tuple[Altering, ...]
    names: tuple[str, ...]
    stars: tuple[tuple[str, int], ...] = ()
    exported: tuple[str, ...] | None = None


class Sketches:
    """The sketches of files by text, cached in a folder, and made by several processes if there are many."""

    def __init__(self, folder: str = "", processes: int = 1) -> None:
        self._folder = folder
        self._processes = processes
        self._known: dict[bytes, Sketch] = {}

    def expect(self, texts: Iterable[bytes]) -> None:
        """Sketch some files at once."""
        blobs = by_text(texts, _sketched, _version(), self._folder, self._processes)
        self._known.update({text: msgspec.msgpack.decode(blob, type=Sketch) for text, blob in blobs.items()})

    def of(self, text: bytes) -> Sketch:
        """The sketch of one file."""
        if text not in self._known:
            self._known[text] = sketch(parsed(text))
        return self._known[text]


def _sketched(text: bytes) -> bytes:
    return msgspec.msgpack.encode(sketch(parsed(text)))


def parsed(text: bytes) -> ast.Module | None:
    """The syntax tree of a file, if this Python can parse it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@functools.cache
def _version() -> bytes:
    """A name for the code that makes sketches, so that another version never reads its cache entries."""
    made_by = (__file__, bindings.__file__, pieces.__file__, statements.__file__)
    return digest(b"\0".join([sys.version.encode(), *(Path(file).read_bytes() for file in made_by)]))


def sketch(tree: ast.Module | None) -> Sketch:
    """What a file binds and may change; a file that cannot be parsed may bind anything."""
    if tree is None:
        return Sketch((), (ANYTHING,))
    names = dict.fromkeys(name for statement in tree.body for name in sorted(bound(statement)))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    outer = {*names, *_imported(imports)}
    found = (_altering(place, statement, outer) for place, statement in enumerate(tree.body))
    if any(map(sets_anything, tree.body)):
        names[ANYTHING] = None
    return Sketch(
        tuple(each for each in found if each.kind or each.altered),
        tuple(names),
        tuple(
            (node.module or "", node.level)
            for node in imports
            if isinstance(node, ast.ImportFrom) and any(alias.name == STAR for alias in node.names)
        ),
        _exported(tree.body) if EXPORTED in names else None,
    )


def _exported(body: Iterable[ast.stmt]) -> tuple[str, ...] | None:
    """The names in a file's `__all__`, if that is a list of strings that nothing changes."""
    changed = any(EXPORTED in heads(statement) for statement in body if EXPORTED not in bound(statement))
    match binding(body, EXPORTED, lambda _: None):
        case Assigned(value=ast.List(elts=items) | ast.Tuple(elts=items)) if not changed:
            texts = [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            return tuple(texts) if len(texts) == len(items) else None
        case _:
            return None


def _altering(place: int, statement: ast.stmt, outer: set[str]) -> Altering:
    own = set(bound_names(statement)) if isinstance(statement, Definition) else set()
    names = dict.fromkeys(altered(statement))
    kept = tuple(each for each in names if _is_outer(each[0].partition(".")[0], own, outer))
    if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return Altering(place, kept, inside=isinstance(statement, Definition))
    kind = "class" if isinstance(statement, ast.ClassDef) else "function"
    decorators = filter(None, (dotted(callee(each)) for each in statement.decorator_list))
    return Altering(place, kept, kind, statement.name, tuple(decorators), True)


def _is_outer(head: str, own: set[str], outer: set[str]) -> bool:
    return head not in own and (head in outer or STAR in outer)


def _imported(imports: Iterable[ast.Import | ast.ImportFrom]) -> Iterator[str]:
    """The names that imports anywhere in a file bind; importing a module binds its name too."""
    for node in imports:
        yield from (name for name, _ in imported(node))
        yield from (getattr(node, "module", None) or "").split(".")
