"""The trace of one construction: every draw in order, with all that decides what is drawn, under which conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from initlint.comparison.terms import Term


@dataclass(frozen=True, slots=True)
class Place:
    """Where code stands: a line of a file, as a text, in the code of which class ("" outside of classes)."""

    path: str
    line: int
    what: str
    cls: str


@dataclass(slots=True, eq=False)
class Draw:
    """A stream is drawn from. `engine` names what makes the numbers, `shape` how many, `options` all else.

    `certain`: it draws for sure; else it is a call of which that is not known, and `options` is all of it.
    `trail` are the calls of constructors on the way. `owner` is the path of what gets the numbers, from the root of
    the construction; `name` the same as the class sees it that is built there.
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
    """Code under a condition that depends on what is passed: `yes` where it holds, `no` where it does not."""

    guard: Term
    yes: list[Event] = field(default_factory=list)
    no: list[Event] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Loop:
    """Code that runs once for each item of something that depends on what is passed."""

    header: Term
    body: list[Event] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Leave:
    """Something ends early: a loop, or a function in the middle of a loop."""

    how: str


Event = Draw | Branch | Loop | Leave


@dataclass(frozen=True, slots=True)
class Step:
    """One condition or loop around a row; `number` tells loops over the same from each other."""

    kind: str
    term: Term
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One line of a ledger: a draw with what stands around it. What only leaves something early has no draw."""

    draw: Draw | None
    context: tuple[Step, ...]
    how: str = ""

    @property
    def owner(self) -> str:
        """Who gets the numbers; "" where nothing is drawn, or for nobody that is known."""
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
