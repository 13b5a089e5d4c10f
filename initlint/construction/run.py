"""The state of one constructor run: what was built, what belongs to what, and the log of events, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from initlint.construction import knowledge
from initlint.construction.ledger import Path
from initlint.construction.values import EVERYTHING, Constant, Group, Swept, Thing, Token, Value, options, tokens
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.slices import Slice
    from initlint.project.classes import ClassId


class Site(msgspec.Struct, frozen=True, eq=False):
    """A node with its slice of a file, and the class whose code it is in ("" outside of classes)."""

    slice: Slice
    node: cst.CSTNode
    path: str
    owner: ClassId


class Draws(msgspec.Struct, frozen=True, eq=False):
    """Building `token` draws. `weak`: the callee is unknown, and might build a module."""

    token: Token
    answer: Answer
    names: tuple[str, ...]
    site: Site
    branch: Path
    loops: tuple[int, ...]
    weak: bool = False


class Stored(msgspec.Struct, frozen=True, eq=False):
    """An attribute of the instance gets a value.

    `kind` is known from how it is registered; stores of one `group` share their value (`self.a = self.b = ...`). Not
    `definable` is what is inherited from torch, or an item of a container.
    """

    attribute: str
    value: Value
    kind: Kind | None
    site: Site
    what: cst.CSTNode
    group: int
    branch: Path
    loops: tuple[int, ...]
    definable: bool


class Read(msgspec.Struct, frozen=True, eq=False):
    """Attributes are read, or what tokens stand for is.

    `kept`: only to put it into a container, or as a container that gets or gives items.
    """

    attribute: str
    tokens: frozenset[Token] = frozenset()
    kept: bool = False


class Sweeps(msgspec.Struct, frozen=True, eq=False):
    """An initialisation loop draws for what `swept` lets through; `certain` unless a further condition guards it."""

    swept: Swept
    attribute: str
    certain: bool
    branch: Path


class Candidate(msgspec.Struct, eq=False):
    """Something built that may be unused: decided when the enclosing function ends."""

    name: str
    tokens: tuple[Token, ...]
    site: Site
    what: cst.CSTNode
    branch: Path
    unused: bool = False


Entry = Draws | Stored | Read | Sweeps | Candidate


class Sweep(msgspec.Struct, eq=False):
    """One initialisation loop: its place in the source, and its position among branches."""

    site: Site
    branch: Path
    loops: tuple[int, ...]


@dataclass(eq=False)
class Run:
    """One run of the constructor of `cls`.

    Tokens and branch numbers come from a counter that all runs share, so those of one run never occur in another.
    `arms` are the arms of each branch that do not raise, of which a run takes one.
    """

    cls: ClassId
    numbers: Iterator[int]
    log: list[Entry] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    parts: dict[Token, list[tuple[str, Token]]] = field(default_factory=dict)
    owners: dict[Token, Stored] = field(default_factory=dict)
    built: dict[Token, tuple[str, frozenset[str]]] = field(default_factory=dict)
    born: dict[Token, Path] = field(default_factory=dict)
    direct: dict[Token, object] = field(default_factory=dict)
    ranks: dict[Token, int] = field(default_factory=dict)
    used: set[Token] = field(default_factory=set)
    passed: set[tuple[Token, Token]] = field(default_factory=set)
    placed: dict[tuple[Token, Token], Site] = field(default_factory=dict)
    given: set[Token] = field(default_factory=set)
    drawn: set[Token] = field(default_factory=set)
    branch: Path = ()
    loops: tuple[int, ...] = ()
    arms: dict[int, frozenset[int]] = field(default_factory=dict)
    guards: set[int] = field(default_factory=set)
    certain: set[int] = field(default_factory=set)
    sweeps: dict[int, Sweep] = field(default_factory=dict)
    silent: int = 0
    quiet: int = 0
    complete: bool = True
    cut: bool = False
    unread: set[tuple[str, int]] = field(default_factory=set)

    def fresh(self) -> int:
        """A new number, unique in this run."""
        return next(self.numbers)

    def thing(self, kind: Kind | None, cls: str = "", contains: frozenset[str] = frozenset()) -> Thing:
        """Something new."""
        token = self.fresh()
        self.built[token] = (cls, contains)
        self.born[token] = self.branch
        return Thing(kind, cls, token)

    def rank(self, value: Value) -> int | None:
        """The number of dimensions of a tensor, or 0 for a number; None if unknown."""
        return 0 if isinstance(value, Constant) else self.ranks.get(value.token) if isinstance(value, Thing) else None

    def group(self, mapping: bool = False) -> Group:
        """A new list, tuple or dict."""
        token = self.fresh()
        self.born[token] = self.branch
        return Group(token, mapping=mapping)

    def draw(self, token: Token, answer: Answer, names: tuple[str, ...], site: Site, weak: bool = False) -> None:
        """Log that building or filling `token` draws; inside of a forked or meta context nothing does."""
        if answer is not Answer.NO and not self.silent:
            if not weak:
                self.drawn.add(token)
            self.log.append(Draws(token, answer, names, site, self.branch, self.loops, weak))

    def reach(self, roots: Iterable[Token], held: bool = False) -> list[Token]:
        """Tokens and all their parts, each once; with `held`, without what was only passed to a constructor."""
        found: dict[Token, None] = {}
        pending = list(roots)[::-1]
        while pending:
            token = pending.pop()
            if token not in found:
                found[token] = None
                parts = reversed(self.parts.get(token, ()))
                pending += [part for _, part in parts if not held or (token, part) not in self.passed]
        return list(found)

    def is_list(self, token: Token) -> bool:
        """Whether something is a list, a dictionary or a container of torch, so that adding to it is no use."""
        return token not in self.built or self.class_of(token) in knowledge.CONTAINERS

    def held(self, value: Value) -> Iterator[Token]:
        """What a value is, and what is in it where that is a list."""
        pending = [*tokens(value)]
        while pending:
            token = pending.pop()
            yield token
            if self.is_list(token):
                pending += [part for _, part in self.parts.get(token, ())]

    def class_of(self, token: Token) -> str:
        """The class of something that was built; "" if unknown."""
        return self.built.get(token, ("",))[0]

    def part(self, whole: Thing, name: str) -> Thing | None:
        """The part of something built with a given name."""
        found = (token for key, token in self.parts.get(whole.token, ()) if key == name)
        return next((Thing(None, self.class_of(token), token) for token in found), None)

    def classes(self, token: Token) -> Iterator[str]:
        """The classes of something that was built and of everything in it."""
        cls, contains = self.built.get(token, ("", frozenset()))
        if cls:
            yield cls
        yield from contains

    def hollow(self, value: Value) -> bool:
        """Whether a value is something unknown that contains nothing that was seen being built."""
        if not isinstance(value, Thing) or value.kind is not None or value.cls:
            return False
        reached = self.reach((value.token,))
        known = (token in self.drawn or token in self.owners or self.class_of(token) for token in reached)
        return not any(known)

    def attach(self, whole: Token, key: str, value: Value, passed: bool = False, site: Site | None = None) -> None:
        """Make a value a part of something built; parts without an owner get its owner."""
        owner = self.owners.get(whole)
        for token in tokens(value):
            if token == whole:
                continue
            self.parts.setdefault(whole, []).append((key, token))
            if not self.is_list(whole):
                self.used.add(token)
            if passed:
                self.passed.add((whole, token))
            if site is not None:
                self.placed[whole, token] = site
            if owner is not None:
                self._own(owner, token)

    def _own(self, owner: Stored, token: Token) -> None:
        for part in self.reach((token,)):
            self.owners.setdefault(part, owner)

    def store(
        self,
        attribute: str,
        value: Value,
        site: Site,
        what: cst.CSTNode,
        group: int,
        kind: Kind | None = None,
        definable: bool = True,
    ) -> None:
        """Log that an attribute gets a value."""
        self.keep_each(value)
        stored = Stored(attribute, value, kind, site, what, group, self.branch, self.loops, definable)
        self.log.append(stored)
        self.attributes[attribute] = value
        for token in tokens(value):
            self.used.add(token)
            self._own(stored, token)

    def keep(self, value: Value) -> None:
        """Log that a container keeps a value."""
        self.read("", value, kept=True)
        self.keep_each(value)

    def keep_each(self, value: Value) -> None:
        """Log that a module or an attribute keeps what a loop goes through: each part has then been read."""
        for option in options(value):
            match option:
                case Swept(root=None):
                    self.read(EVERYTHING)
                case Swept(root=int() as root):
                    self.read("", Thing(None, "", root))
                case _:
                    pass

    def read(self, attribute: str, value: Value | None = None, kept: bool = False) -> None:
        """Log a read, unless it only initialises."""
        if self.quiet:
            return
        found = tokens(value) if value is not None else ()
        if attribute or found:
            if not kept:
                self.used.update(found)
            self.log.append(Read(attribute, frozenset(found), kept))

    def sweep(self, root: Token | None, parameters: bool, site: Site) -> Swept:
        """Start an initialisation loop."""
        number = self.fresh()
        self.sweeps[number] = Sweep(site, self.branch, self.loops)
        return Swept(number, root, (), parameters)

    def sweep_draws(self, swept: Swept, answer: Answer) -> None:
        """Log that an initialisation loop draws at this point."""
        if answer is Answer.NO or self.silent:
            return
        start = self.sweeps[swept.id].branch
        free = self.guards.union(self.loops, self.certain)
        further = [step for step in self.branch if step not in start and step[0] not in free]
        certain = not further and answer is Answer.YES
        self.log.append(Sweeps(swept, swept.attribute, certain, self.branch))

    def arm(self, statement: int, number: int) -> Under:
        """A context for one arm of a branch."""
        return Under(self, ((statement, number),))

    def under(self, steps: Path) -> Under:
        """A context for code under further steps."""
        return Under(self, steps)

    def looping(self, statement: int) -> Under:
        """A context for code that runs an unknown number of times."""
        return Under(self, ((statement, 0),), (statement,))


class Under:
    """A stretch of a run under further branches and loops."""

    __slots__ = ("_before", "_loops", "_run", "_steps")

    def __init__(self, run: Run, steps: Path, loops: tuple[int, ...] = ()) -> None:
        self._run, self._steps, self._loops = run, steps, loops

    def __enter__(self) -> None:
        run = self._run
        self._before = run.branch, run.loops
        run.branch += self._steps
        run.loops += self._loops

    def __exit__(self, *error: object) -> None:
        self._run.branch, self._run.loops = self._before
