"""Definitions with everything that they reach, piece by piece, so that differences between two versions are found
early."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING

from initlint.comparison.loading import ambient
from initlint.comparison.reflection import REFLECTING, SUBCLASSES, said, subclasses
from initlint.comparison.terms import Term
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.project.classes import ClassId, Method

Key = tuple[str, str, str]
"""A definition: its kind, its file, and its name there; for a statement, its position."""

BY_ITSELF = frozenset({"reset_parameters"})
PLAIN_METHODS = frozenset(name for kind in (list, dict, str, set, tuple) for name in dir(kind))

BEGINNING = 8
"""This many pieces distinguish most contents."""

SMALL = 64
"""Definitions that reach more pieces are not compared within their version, only with the other one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A name in a definition: its canonical part, what it leads to, and what may be a member of that.

    `changed` are the statements that change what it stands for.
    """

    text: str
    met: tuple[Key, ...]
    mentioned: tuple[str, ...] = ()
    changed: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The changes to one thing, and those of them that have run when a file has been imported, in this order."""

    target: tuple[str, ...]
    changes: frozenset[tuple[str, ...]]
    run: tuple[tuple[str, ...], ...]

    def alike(self, other: Loaded) -> bool:
        """Whether the same of the common changes have run, with statements in the same order.

        Decorators register under different names, so their order seldom matters.
        """
        both = self.changes & other.changes
        mine, theirs = ([each for each in loaded.run if each in both] for loaded in (self, other))
        return set(mine) == set(theirs) and _statements(mine) == _statements(theirs)


def _statements(found: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [each for each in found if each[0] == "statement"]


class Walk:
    """What some definitions reach, piece by piece, walked only as far as needed."""

    def __init__(self, code: Code, keys: Sequence[Key]) -> None:
        self.code = code
        self.places = [(kind, path, name.rpartition(" ")[0] if kind == "node" else name) for kind, path, name in keys]
        self._reach: _Reach | None = _Reach(code, keys)
        self._steps = self._reach.steps()
        self._reflects = False
        self._loaded: tuple[Loaded, ...] = ()
        self._seen: list[bytes] = []
        self._broken: Exception | None = None

    def piece(self, place: int) -> bytes | None:
        """The digest of one piece; None after the last."""
        while place >= len(self._seen):
            if self._broken is not None:
                raise self._broken
            try:
                step = next(self._steps, None)
            except Exception as error:
                self._broken = error
                raise
            if step is None:
                self._keep()
                return None
            self._seen.append(blake2b(step, digest_size=16).digest())
        return self._seen[place]

    @property
    def reflects(self) -> bool:
        """Whether something on the walk reads what code says about itself."""
        self._finish()
        return self._reflects

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        """Which changes have run when the file has, and in which order, as far as versions differ."""
        self._finish()
        return self._loaded

    def _finish(self) -> None:
        while self._reach is not None:
            self.piece(len(self._seen))

    def _keep(self) -> None:
        """Keep only what will be asked for, once the walk is complete."""
        if self._reach is not None:
            self._reflects, self._loaded = not REFLECTING.isdisjoint(self._reach.members), self._reach.loaded
            self._reach = None

    def beginning(self) -> bytes:
        """The beginning of the pieces, which equal contents share."""
        return b"".join(filter(None, map(self.piece, range(BEGINNING))))

    def equals(self, other: Walk) -> bool:
        """Whether both walks have the same pieces; the first that differs decides."""
        for place in range(SMALL) if self.code is other.code else count():
            piece = self.piece(place)
            if piece != other.piece(place):
                return False
            if piece is None:
                return True
        return False


class Contents:
    """The terms of definitions with everything that they reach: equal ones do the same, whatever their names and
    places.

    Walks tell definitions apart, so that two versions that differ early are not read to the end.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, list[tuple[Walk, Term]]] = {}

    def term(self, walk: Walk) -> Term:
        beginning = walk.beginning()
        alike = self._known.setdefault(beginning, [])
        for other, term in sorted(alike, key=lambda each: _apart(each[0], walk)):
            if other.equals(walk):
                return term
        term = Term("code", (beginning, len(alike)))
        alike.append((walk, term))
        return term


def _apart(one: Walk, other: Walk) -> int:
    """How little the paths at the beginnings of two walks have in common."""
    if one.places == other.places:
        return 0
    return 1 if [place[1] for place in one.places] == [place[1] for place in other.places] else 2


class _Reach:
    """The pieces of code in the order in which they are reached, those of changed files first.

    A method counts if something reached so far mentions its name, or if Python calls it by itself.
    """

    def __init__(self, code: Code, keys: Sequence[Key]) -> None:
        self.code = code
        self.keys = keys
        self.places: dict[Key, int] = {}
        self.pending: tuple[deque[Key], deque[Key]] = (deque(), deque())
        self.members = set(BY_ITSELF)
        self.called: set[str] = set()
        self.computed = False
        self.methods: dict[str, list[Key]] = {}
        self.written: list[str] = []
        self.changers: dict[tuple[Key, str], tuple[Key, ...]] = {}
        self.loaded: tuple[Loaded, ...] = ()

    def steps(self) -> Iterator[bytes]:
        """Every piece with what its names stand for: definitions by the order in which they are reached."""
        for key in self.keys:
            self._meet(key)
        while any(self.pending):
            first, rest = self.pending
            piece = self._take((first or rest).popleft())
            if not any(self.pending):
                self._meet_late()
            yield piece + "\0".join(self.written).encode("utf-8", "surrogatepass")
            self.written.clear()
        yield from self._said()
        self.loaded = tuple(self._run_otherwise())
        if self.loaded:
            yield repr([each.run for each in self.loaded]).encode()

    def _meet_late(self) -> None:
        """Reach what only turns out to matter after everything else was reached."""
        if self._runs_modules():
            self._mention(["forward"])
        for statement in ambient(self.code, scope(self.keys[0])[0]):
            self._meet(statement)
        if SUBCLASSES in self.members:
            for kind, path, name in [*self.places]:
                below = subclasses(self.code.project, f"{path}::{name}") if kind == "class" else ()
                for each in below:
                    self._meet(class_key(each))
                if below:
                    self.changers[(kind, path, name), SUBCLASSES] = tuple(map(class_key, below))

    def _run_otherwise(self) -> Iterator[Loaded]:
        """The changes in files that the other version imports differently, and which of them have run."""
        order = self.code.loading.order(scope(self.keys[0])[0]) if self.code.moved else {}
        for (key, name), changers in self.changers.items():
            moved = [each for each in changers if scope(each)[0] in self.code.moved]
            run = [each for path in order for each in moved if scope(each)[0] == path]
            if moved:
                yield Loaded((*key, name), frozenset(map(self._identity, moved)), tuple(map(self._identity, run)))

    def _identity(self, key: Key) -> tuple[str, ...]:
        """An identity of a definition or statement that both versions share."""
        piece = self.code.piece(key) if key[0] == "statement" else None
        return (*key[:2], key[2] if piece is None else piece.digest.hex())

    def _said(self) -> Iterator[bytes]:
        """What definitions say about themselves, if something reached reads it."""
        for key in self.places:
            texts = "\0".join(said(self.code.definitions(key), self.members))
            if texts.strip("\0"):
                yield texts.encode("utf-8", "surrogatepass")

    def _meet(self, key: Key) -> None:
        if key not in self.places:
            self.places[key] = len(self.places)
            self.pending[file_of(key) not in self.code.changed].append(key)
        self.written.append(str(self.places[key]))

    def _take(self, key: Key) -> bytes:
        piece = self.code.piece(key)
        if piece is None:
            self.written.append(" ".join(key))
            return b""
        for link in self.code.links(key):
            self.written.append(link.text)
            self._mention([name for name in link.mentioned if name not in self.members])
            for each in link.met:
                self._meet(each)
            if link.changed:
                self.changers[key, link.text] = link.changed
        if piece.computed:
            self._compute(key)
        for name, method in self.code.methods(key):
            self.methods.setdefault(name, []).append(method)
            if name in self.members or name.startswith("__") or self.computed:
                self._meet(method)
        self.called |= piece.called
        if not piece.members <= self.members:
            self._mention(sorted(piece.members - self.members))
        return piece.digest

    def _compute(self, key: Key) -> None:
        """With computed names, all of the file and all methods can be meant."""
        self._meet(("file", scope(key)[0], ""))
        if not self.computed:
            self.computed = True
            self._mention(sorted(self.methods))

    def _mention(self, names: Iterable[str]) -> None:
        for name in names:
            self.members.add(name)
            for method in self.methods.get(name, ()):
                self._meet(method)

    def _runs_modules(self) -> bool:
        """Whether a `forward` may run: something is called that is neither a method reached nor a common one."""
        if "forward" in self.members:
            return False
        known = PLAIN_METHODS | knowledge.module_attributes()
        return any(name not in self.methods and name not in known for name in self.called)


def scope(key: Key) -> tuple[str, str]:
    """The file of a definition, and a name in whose scope its names are resolved."""
    kind, place, name = key
    path, _, cls = place.partition("::")
    match kind:
        case "class":
            return path, f"{name}."
        case "method":
            return path, f"{cls}.{name}"
        case "node":
            return path, name.rpartition(" ")[0]
        case "file" | "statement":
            return path, ""
        case _:
            return path, name if kind == "function" else ""


def file_of(key: Key) -> str:
    """The file of a definition."""
    return key[1].partition("::")[0]


def key_of(method: Method) -> Key:
    """The key of a function or method."""
    if method.owner is None:
        return "function", method.path, method.facts.name
    return "method", method.owner, method.facts.name


def class_key(id: ClassId) -> Key:
    """The key of a class."""
    path, _, name = id.partition("::")
    return "class", path, name


def targets(key: Key) -> Iterator[str]:
    """The keys under which changes to a definition are noted."""
    if key[0] not in ("node", "statement"):
        yield f"{key[1]}::{key[2]}" if key[0] != "method" else f"{key[1]}.{key[2]}"
