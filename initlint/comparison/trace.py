"""The trace of one construction: every draw in order, with what decides its values and the conditions around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from initlint.comparison.terms import Term


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the code: the line of a file, its text, and the class whose code it is ("" outside of classes)."""

    path: str
    line: int
    what: str
    cls: str


@dataclass(slots=True, eq=False)
class Draw:
    """A draw from a stream. `engine` names what makes the numbers, `shape` how many, and `options` everything else.

    `certain`: it certainly draws; otherwise it is a call that may draw, and `options` is all of it. `trail` are the
    constructor calls on the way to it. `owner` is the path of what gets the numbers, from the root of the construction;
    `name` is the path from the class that is built there.
    """

    stream: str
    engine: str
    shape: Term
    options: Term
    place: Place
    certain: bool
    trail: tuple[Place, ...] = ()
    owner: str = ""
    name: str = ""

    @property
    def key(self) -> bytes:
        return Term(self.engine, (self.stream, self.shape, self.options, self.certain)).digest


@dataclass(slots=True, eq=False)
class Branch:
    """Code under a condition that depends on what callers pass: `yes` if it holds, `no` if not."""

    guard: Term
    yes: list[Event] = field(default_factory=list)
    no: list[Event] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Loop:
    """Code that runs once for each item of something that depends on what callers pass."""

    header: Term
    body: list[Event] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Leave:
    """An early exit: from a loop, or from a function inside of a loop."""

    how: str


Event = Draw | Branch | Loop | Leave


@dataclass(frozen=True, slots=True)
class Step:
    """One condition or loop around a row; `number` distinguishes loops over the same items."""

    kind: str
    term: Term
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One line of a ledger: a draw with the conditions and loops around it. A row for an early exit has no draw."""

    draw: Draw | None
    context: tuple[Step, ...]
    how: str = ""

    @property
    def owner(self) -> str:
        """The owner of the numbers; "" if nothing is drawn or the owner is unknown."""
        return self.draw.owner if self.draw is not None else ""

    @property
    def key(self) -> tuple[tuple[Step, ...], bytes]:
        return self.context, self.draw.key if self.draw is not None else self.how.encode()


def rows(events: Iterable[Event], context: tuple[Step, ...] = ()) -> Iterator[Row]:
    """The ledger of a trace, line by line."""
    loops: dict[Term, int] = {}
    for event in events:
        match event:
            case Draw():
                yield Row(event, context)
            case Leave():
                yield Row(None, context, event.how)
            case Branch():
                yield from rows(event.yes, (*context, Step("if", event.guard)))
                yield from rows(event.no, (*context, Step("unless", event.guard)))
            case Loop():
                number = loops[event.header] = loops.get(event.header, -1) + 1
                yield from rows(event.body, (*context, Step("for", event.header, number)))
