"""What the statements of a file may change that others define, kept by content: so most files need no parsing."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from initlint.comparison import bindings, pieces, statements
from initlint.comparison.bindings import bound, imported
from initlint.comparison.pieces import Definition, bound_names, callee, dotted
from initlint.comparison.statements import altered
from initlint.facts.cache import Cache
from initlint.facts.worker import digest

if TYPE_CHECKING:
    from initlint.comparison.reach import Key

STAR = "*"


class Altering(msgspec.Struct, frozen=True, array_like=True):
    """A statement at module level that may change something: its place, and the dotted names of what it changes.

    `altered` are those as written. `kind` and `name` are of a function or class, with the names of its decorators;
    `inside`: it is one, also an asynchronous one.
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


Survey = tuple[Altering, ...]


class Surveys:
    """The surveys of files by their texts; `tree` parses one that nobody has surveyed yet."""

    def __init__(self, tree: Callable[[bytes], ast.Module | None], folder: str) -> None:
        self._tree = tree
        self._folder = folder
        self._kept: dict[bytes, bytes] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._known: dict[bytes, Survey] = {}

    def expect(self, texts: Iterable[bytes]) -> None:
        """Look up at once what earlier runs have kept of some files."""
        cache = Cache(self._folder)
        self._kept.update(cache.get([_key(text) for text in texts]))
        cache.close()

    def keep(self) -> None:
        """Keep what is new."""
        cache = Cache(self._folder)
        cache.put(self._fresh)
        cache.close()
        self._fresh = {}

    def of(self, text: bytes) -> Survey:
        """What may change something; nothing in a file that cannot be parsed."""
        if text not in self._known:
            key = _key(text)
            blob = self._kept.get(key)
            if blob is None:
                blob = self._fresh[key] = msgspec.msgpack.encode(survey(self._tree(text)))
            self._known[text] = msgspec.msgpack.decode(blob, type=Survey)
        return self._known[text]


def _key(text: bytes) -> bytes:
    return _version() + digest(text)


@functools.cache
def _version() -> bytes:
    """Names the code that makes surveys, so that another version never meets its records."""
    made_by = (__file__, bindings.__file__, pieces.__file__, statements.__file__)
    return digest(b"\0".join([sys.version.encode(), *(Path(file).read_bytes() for file in made_by)]))


def survey(tree: ast.Module | None) -> Survey:
    """The statements of a file that may change what others define."""
    if tree is None:
        return ()
    heads = set(_heads(tree))
    found = (_altering(place, statement, heads) for place, statement in enumerate(tree.body))
    return tuple(each for each in found if each.kind or each.altered)


def _altering(place: int, statement: ast.stmt, heads: set[str]) -> Altering:
    own = set(bound_names(statement)) if isinstance(statement, Definition) else set()
    names = dict.fromkeys(altered(statement))
    kept = tuple(each for each in names if _is_outer(each[0].partition(".")[0], own, heads))
    if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return Altering(place, kept, inside=isinstance(statement, Definition))
    kind = "class" if isinstance(statement, ast.ClassDef) else "function"
    decorators = filter(None, (dotted(callee(each)) for each in statement.decorator_list))
    return Altering(place, kept, kind, statement.name, tuple(decorators), True)


def _is_outer(head: str, own: set[str], heads: set[str]) -> bool:
    return head not in own and (head in heads or STAR in heads)


def _heads(tree: ast.Module) -> Iterator[str]:
    """All names of module level: what the file binds there or imports anywhere; importing a module binds it too."""
    for statement in tree.body:
        yield from bound(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name for name, _ in imported(node))
            yield from (getattr(node, "module", None) or "").split(".")
