"""Definitions with all that they reach, piece by piece, so that two versions of them can be told apart early."""

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
"""A definition: its kind, its file, and its name there; for a statement, its place."""

BY_ITSELF = frozenset({"reset_parameters"})
PLAIN_METHODS = frozenset(name for kind in (list, dict, str, set, tuple) for name in dir(kind))

BEGINNING = 8
"""So many pieces tell most contents apart."""

SMALL = 64
"""Definitions of one version that reach more pieces are not held against each other, only against the other's."""


@dataclass(frozen=True, slots=True)
class Link:
    """A name in a definition: what of it is the same for everybody, what is met under it, and what may be a member.

    `changed` are the statements that change what it stands for.
    """

    text: str
    met: tuple[Key, ...]
    mentioned: tuple[str, ...] = ()
    changed: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What changes one thing, and what of that has run when a file has been imported, in this order."""

    target: tuple[str, ...]
    changes: frozenset[tuple[str, ...]]
    run: tuple[tuple[str, ...], ...]

    def alike(self, other: Loaded) -> bool:
        """Whether of the changes that both versions have the same have run, statements in the same order.

        What decorators register goes under names of its own, so that its order seldom matters.
        """
        both = self.changes & other.changes
        mine, theirs = ([each for each in loaded.run if each in both] for loaded in (self, other))
        return set(mine) == set(theirs) and _statements(mine) == _statements(theirs)


def _statements(found: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [each for each in found if each[0] == "statement"]


class Walk:
    """What some definitions reach, piece by piece, gone through only as far as somebody asks."""

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
        """The digest of one piece; None behind the last."""
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
        """Whether something that was met reads what code says of itself."""
        self._finish()
        return self._reflects

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        """Which changes to what was met have run when its file has, and in which order, as far as versions differ."""
        self._finish()
        return self._loaded

    def _finish(self) -> None:
        while self._reach is not None:
            self.piece(len(self._seen))

    def _keep(self) -> None:
        """Of what was gone through to its end, only that is kept which is asked for."""
        if self._reach is not None:
            self._reflects, self._loaded = not REFLECTING.isdisjoint(self._reach.members), self._reach.loaded
            self._reach = None

    def beginning(self) -> bytes:
        """What equal contents begin with alike."""
        return b"".join(filter(None, map(self.piece, range(BEGINNING))))

    def equals(self, other: Walk) -> bool:
        """Whether both come to the same, which is known from the first piece that differs."""
        for place in range(SMALL) if self.code is other.code else count():
            piece = self.piece(place)
            if piece != other.piece(place):
                return False
            if piece is None:
                return True
        return False


class Contents:
    """The terms of definitions with all that they reach: equal ones do the same, whatever they are called or where.

    Definitions are told apart by walks, so that those of two versions that differ early are not read to their end.
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
    """How little the places of what two walks begin with have in common."""
    if one.places == other.places:
        return 0
    return 1 if [place[1] for place in one.places] == [place[1] for place in other.places] else 2


class _Reach:
    """The pieces of code in the order in which they are met, those of changed files before all others.

    A method counts where something met so far mentions its name, or Python calls it by itself.
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
        """Every piece with what its names stand for: definitions by the order in which they are met."""
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
        """Meet what only all that was met so far shows to have a say."""
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
        """The changes in files that are imported otherwise in the other version, and which of them have run."""
        order = self.code.loading.order(scope(self.keys[0])[0]) if self.code.moved else {}
        for (key, name), changers in self.changers.items():
            moved = [each for each in changers if scope(each)[0] in self.code.moved]
            run = [each for path in order for each in moved if scope(each)[0] == path]
            if moved:
                yield Loaded((*key, name), frozenset(map(self._identity, moved)), tuple(map(self._identity, run)))

    def _identity(self, key: Key) -> tuple[str, ...]:
        """The same for a definition or statement of both versions."""
        piece = self.code.piece(key) if key[0] == "statement" else None
        return (*key[:2], key[2] if piece is None else piece.digest.hex())

    def _said(self) -> Iterator[bytes]:
        """What definitions say of themselves, where something that was met reads it."""
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
        """Names are computed: all of the file, and all methods, can be what they stand for."""
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
        """Whether a `forward` may run: something is called that is none of the methods met, nor one of everybody's."""
        if "forward" in self.members:
            return False
        known = PLAIN_METHODS | knowledge.module_attributes()
        return any(name not in self.methods and name not in known for name in self.called)


def scope(key: Key) -> tuple[str, str]:
    """The file of a definition, and a name in whose scope its names are looked up."""
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
    """What changes to a definition are known under."""
    if key[0] not in ("node", "statement"):
        yield f"{key[1]}::{key[2]}" if key[0] != "method" else f"{key[1]}.{key[2]}"
