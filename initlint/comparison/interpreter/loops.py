"""Loops with an unknown number of turns: one turn is followed, for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.cells import Content, Key, Listed, Tabled, listed, tabled
from initlint.comparison.interpreter.described import state
from initlint.comparison.interpreter.machine import EARLIER, REST, Unfollowed
from initlint.comparison.terms import Term, symbols
from initlint.comparison.trace import Branch, Draw, Event, Leave, Loop
from initlint.comparison.values import Instance, Made, Repeat, Spread, Token, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


PASSES = 4
"""How often a loop is read until no new changes are found in it."""


@dataclass(frozen=True, slots=True)
class _Turns:
    """A loop: what it iterates over, and how the values carried from turn to turn start and change."""

    over: Term
    carried: dict[Key, Term]
    changes: dict[Key, tuple[Term, Term]]

    def used(self, terms: Iterable[Term]) -> Iterator[Key]:
        """The carried values that some terms depend on; how these change is asked next."""
        own = {term: key for key, term in self.carried.items()}
        pending = sorted(symbols((self.over, *terms), "carried"), key=lambda term: term.digest)
        met: set[Term] = set()
        while pending:
            term = pending.pop()
            if term in own and term not in met:
                met.add(term)
                yield own[term]
                pending += sorted(symbols(self.changes[own[term]], "carried"), key=lambda term: term.digest)

    def header(self, terms: Iterable[Term]) -> Term:
        """What is iterated over, with the start and the change of everything that some terms depend on."""
        used = set(self.used(terms))
        if not used:
            return self.over
        ordered = [(term, key) for key, term in self.carried.items() if key in used]
        return Term("over", (self.over, *(Term("changes", (term, *self.changes[key])) for term, key in ordered)))

    def behind(self, content: Content) -> Content:
        """A value computed in the last turn, as it is after the loop."""
        term = _held(content)
        if term is None or not symbols((term,), "carried") & set(self.carried.values()):
            return content
        after = Term("after", (self.header((term,)), term))
        if isinstance(content, Made):
            content.term = after
            return content
        return after


def _held(content: Content) -> Term | None:
    """The term that something is, or that it was made from."""
    return content.term if isinstance(content, Made) else content if isinstance(content, Term) else None


def _equal(one: Content, other: Content) -> bool:
    return one is other or (isinstance(one, Term) and one == other)


def _terms(events: list[Event]) -> Iterator[Term]:
    """Every term that the events depend on."""
    for event in events:
        match event:
            case Draw():
                yield event.shape
                yield event.options
            case Branch():
                yield event.guard
                yield from _terms(event.yes)
                yield from _terms(event.no)
            case Loop():
                yield event.header
                yield from _terms(event.body)
            case Leave():
                pass


def repeat(run: Run, domain: Callable[[], Term], turn: Callable[[], None]) -> None:
    """Follow all turns of a loop at once, if their number is unknown.

    What changes from turn to turn is represented by a symbol inside the turn; how it starts and how it changes is part
    of the loop's header if a draw depends on it.
    """
    carried: dict[Key, Term] = {}
    entry = run.token()
    for _ in range(PASSES):
        sink: list[Event] = []
        with run.cells.attempt() as written, run.into(sink), _inside(run, entry):
            start = {key: _start(run, key, term) for key, term in carried.items()}
            for key, content in start.items():
                run.cells.set(key, content)
            over = domain()
            turn()
        added = {key for key in written if _is_added(key, entry)}
        changed = [key for key, content in written.items() if key in run.cells and key not in (carried.keys() | added)]
        fresh = [key for key in changed if not _equal(written[key], run.cells.get(key))]
        fresh += dict.fromkeys((token, EARLIER) for token, _ in sorted(added) if (token, EARLIER) not in carried)
        if not fresh:
            break
        for key in fresh:
            carried[key] = Term("carried", (run.level, len(carried)))
    else:
        raise Unfollowed(f"what a loop carries from turn to turn is not settled after {PASSES} turns")
    turns = _Turns(over, carried, {})
    _note_changes(run, turns, sink, written)
    header = turns.header(_terms(sink))
    for key, content in written.items():
        if key[1] == EARLIER:
            continue
        if key in added:
            content = _repeated(header, content, entry) if not isinstance(content, Term | Listed | Tabled) else content
        elif key in carried:
            content = _after(run, header, run.cells.get(key), start[key], content, entry)
        run.cells.set(key, turns.behind(content) if key not in carried else content)
    if sink:
        run.emit(Loop(header, sink))


def _note_changes(run: Run, turns: _Turns, events: list[Event], written: dict[Key, Content]) -> None:
    """Find out how what draws depend on, or what is written, changes."""
    for key in turns.used((*_terms(events), *filter(None, map(_held, written.values())))):
        turns.changes[key] = (_before(run, key), _behind(run, key, written))


@contextmanager
def _inside(run: Run, entry: Token) -> Iterator[None]:
    """One turn of a loop that was entered when `entry` was the newest token."""
    before, run.entry = run.entry, entry
    run.level += 1
    try:
        yield
    finally:
        run.entry = before
        run.level -= 1


def _is_added(key: Key, entry: Token) -> bool:
    """Whether a part has no name of its own and belongs to something from before the loop: every turn adds one."""
    token, name = key
    return token < entry and name.startswith("*") and name not in (EARLIER, REST)


def _before(run: Run, key: Key) -> Term:
    """The content of a cell before a loop; for what turns add to a module, all that it has then."""
    if key[1] != EARLIER:
        return _as_term(run, run.cells.get(key))
    return Term("parts", tuple(state(run, part) for _, part in run.parts(key[0])))


def _behind(run: Run, key: Key, written: dict[Key, Content]) -> Term:
    """The content of a cell after one turn."""
    if key[1] != EARLIER:
        return _as_term(run, written[key])
    return Term("parts", tuple(_as_term(run, part) for each, part in written.items() if each[0] == key[0]))


def _start(run: Run, key: Key, term: Term) -> Content:
    """The content of a cell at the beginning of a turn: a symbol."""
    if key[1] == EARLIER:
        return Spread(term)
    match run.cells.get(key):
        case Listed(items=items):
            return Listed((*items, Spread(term)))
        case Tabled(entries=entries):
            return Tabled((*entries, (term, Spread(term))))
        case _:
            return term


def _repeated(header: Term, value: Value, entry: Token) -> Repeat:
    return Repeat(header, value, alike=isinstance(value, Made | Instance) and value.token < entry)


def _after(run: Run, header: Term, old: Content, start: Content, new: Content, entry: Token) -> Content:
    """The content of a cell after a loop: what it held before, with what every turn has added."""

    def after() -> Term:
        return Term("after", (header, _as_term(run, old), _as_term(run, new)))

    match new:
        case Listed(items=items) if isinstance(start, Listed):
            before, more = start.items, items[len(start.items) :]
            if items[: len(before)] != before:
                return Listed((Spread(after()),))
            return Listed((*listed(old), *(_repeated(header, item, entry) for item in more)))
        case Tabled(entries=entries) if isinstance(start, Tabled):
            known, added = start.entries, entries[len(start.entries) :]
            if entries[: len(known)] != known:
                return Tabled(((after(), Spread(after())),))
            return Tabled((*tabled(old), *((key, _repeated(header, item, entry)) for key, item in added)))
        case Term():
            return after()
        case _:
            return new


def _as_term(run: Run, content: Content) -> Term:
    match content:
        case Listed(items=items):
            return Term("items", tuple(map(run.describe, items)))
        case Tabled(entries=entries):
            return Term("items", tuple(Term("entry", (key, run.describe(item))) for key, item in entries))
        case _:
            return run.describe(content)
