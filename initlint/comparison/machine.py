"""The state in which code is followed: cells for what changes, the events so far, what is assumed on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from initlint.comparison.cells import Cells, Key
from initlint.comparison.terms import Scalar, Term, negated, symbols, truth
from initlint.comparison.trace import Branch, Draw, Event, Leave, Loop, Place, rows
from initlint.comparison.values import (
    MISSING,
    Choice,
    Instance,
    Items,
    Made,
    Missing,
    Repeat,
    Spread,
    Table,
    Value,
)

if TYPE_CHECKING:
    from initlint.project.classes import ClassId

LIST, TABLE, REST = "[]", "{}", "**"
"""The cells in which the items of a list stand, the entries of a dictionary, and what else that holds."""

MAX_STEPS = 10_000
DEFAULT_STEPS = 40_000
"""With all parameters left to their defaults: conditions are known, and steps are as many as layers."""

BRANCH = 10
"""What a condition that is not known counts as in steps."""

MAX_CHOICES = 12
PASSES = 4
"""How often a loop is read until nothing new is found to change in it."""

Result = TypeVar("Result")


class Unfollowed(Exception):
    """Code that is not followed to its end; the text says why."""


class Machine:
    """What one followed construction has done so far."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cells = Cells()
        self.events: list[Event] = []
        self.assumed: dict[Term, bool] = {}
        self.level = 0
        self.silent = 0
        self.forked = 0
        self.home: list[Instance] = []
        self.trail: list[Place] = []
        self.homes: dict[int, Instance] = {}
        self.instances: dict[int, ClassId] = {}
        self.wanted: set[Term] = set()
        self.handed: set[int] = set()
        self._steps = 0
        self._tokens = itertools.count(1)

    def step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > self.limit:
            raise Unfollowed(f"its construction takes more than {self.limit:,} steps to follow")

    def token(self) -> int:
        return next(self._tokens)

    # -- objects -----------------------------------------------------------------------------------------------

    def made(self, term: Term, cls: str = "", parts: tuple[Value, ...] = ()) -> Made:
        """A new module or tensor; its parts are those that it is computed from."""
        made = Made(self.token(), term, cls)
        for place, part in enumerate(parts):
            if not isinstance(part, Term):
                self.set(made.token, f".{place}", part)
        return made

    def items(self, values: Iterable[Value], kind: str = "list") -> Items:
        items = Items(self.token(), kind)
        self.put(items, tuple(values))
        return items

    def table(self, entries: list[tuple[Term, Value]], rest: Term | None = None) -> Table:
        table = Table(self.token())
        self.put(table, tuple(entries))
        self.leave(table, rest)
        return table

    def rest(self, table: Table) -> Term | None:
        """What a dictionary holds beside its entries."""
        found = self.get(table.token, REST)
        return found if isinstance(found, Term) else None

    def rests(self, table: Table) -> list[Term]:
        rest = self.rest(table)
        return [] if rest is None else [rest]

    def leave(self, table: Table, rest: Term | None) -> None:
        self.set(table.token, REST, MISSING if rest is None else rest)

    def overridden(self, entries: Iterable[tuple[Term, Value]], rest: Term | None) -> list[tuple[Term, Value]]:
        """Entries behind which something comes of which nothing is known."""
        if rest is None:
            return list(entries)
        return [(key, Term("looked up", (rest, key, self.describe(value)))) for key, value in entries]

    def held(self, items: Items) -> tuple[Value, ...]:
        """The items of a list."""
        return self.cells.get((items.token, LIST), ())  # type: ignore[return-value]

    def entries(self, table: Table) -> tuple[tuple[Term, Value], ...]:
        """The entries of a dictionary."""
        return self.cells.get((table.token, TABLE), ())  # type: ignore[return-value]

    def put(self, holder: Items | Table, content: tuple[object, ...]) -> None:
        self.cells.set((holder.token, LIST if isinstance(holder, Items) else TABLE), content)

    def get(self, token: int, name: str) -> Value:
        """A part, an attribute, a name."""
        found = self.cells.get((token, name), MISSING)
        return found if not isinstance(found, tuple) else MISSING  # type: ignore[return-value]

    def set(self, token: int, name: str, value: Value) -> None:
        self.cells.set((token, name), value)

    def parts(self, token: int) -> list[tuple[str, Value]]:
        """All parts or attributes in the order in which they came."""
        return self.cells.parts(token)  # type: ignore[return-value]

    # -- events ------------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        if isinstance(event, Draw) and self.home:
            self.homes[id(event)] = self.home[-1]
        self.events.append(event)

    @contextmanager
    def into(self, sink: list[Event]) -> Iterator[None]:
        """Events go to another list."""
        before = self.events
        self.events = sink
        try:
            yield
        finally:
            self.events = before

    @contextmanager
    def before_all(self) -> Iterator[None]:
        """What is done stays done in every branch, as what runs when a file is imported, and is no event."""
        before = self.assumed, self.level
        self.assumed, self.level = {}, 0
        try:
            with self.into([]), self.cells.lasting():
                yield
        finally:
            self.assumed, self.level = before

    # -- conditions --------------------------------------------------------------------------------------------

    def holds(self, guard: Term) -> bool | None:
        """Whether a condition holds, by itself or by what is assumed here."""
        known = truth(guard)
        if known is not None:
            return known
        if guard.op == "Not":
            inner = self.holds(guard.args[0])  # type: ignore[arg-type]
            return None if inner is None else not inner
        return self.assumed.get(guard)

    def either(self, guard: Term, yes: Callable[[], Result], no: Callable[[], Result]) -> tuple[Result | None, ...]:
        """Do one thing where a condition holds and another where it does not; None for what cannot happen here."""
        known = self.holds(guard)
        if known is not None:
            return (yes(), None) if known else (None, no())
        if guard.op == "Not":
            other, one = self.either(negated(guard), no, yes)
            return one, other
        self.step(BRANCH)
        event, newest = Branch(guard), self.token()
        first, held = self._arm(guard, True, event.yes, yes)
        second, failed = self._arm(guard, False, event.no, no)
        self._join(guard, held, failed, newest)
        if event.yes or event.no:
            self.emit(event)
        return first, second

    def _arm(
        self, guard: Term, holds: bool, sink: list[Event], action: Callable[[], Result]
    ) -> tuple[Result, dict[Key, object]]:
        with self.cells.attempt() as written, self.into(sink), self.assuming(guard, holds):
            result = action()
        return result, written

    @contextmanager
    def assuming(self, guard: Term, holds: bool) -> Iterator[None]:
        before = self.assumed
        self.assumed = {**before, guard: holds}
        if guard.op == ("And" if holds else "Or"):
            for part in guard.args:
                if isinstance(part, Term):
                    core, flipped = (part.args[0], not holds) if part.op == "Not" else (part, holds)
                    self.assumed[core] = flipped  # type: ignore[index]
        try:
            yield
        finally:
            self.assumed = before

    def _join(self, guard: Term, one: dict[Key, object], other: dict[Key, object], newest: int) -> None:
        """Write what two arms have written; what came into being in one of them is as it is there."""
        for key in dict.fromkeys((*one, *other)):
            before = self.cells.get(key, MISSING)
            left, right = one.get(key, before), other.get(key, before)
            if left is right or key[0] > newest:
                self.cells.set(key, right if key not in one else left)
            elif isinstance(left, tuple) or isinstance(right, tuple):
                self.cells.set(key, self._joined_items(guard, left, right))
            else:
                self.cells.set(key, self.choice(guard, left, right))  # type: ignore[arg-type]

    def _joined_items(self, guard: Term, left: object, right: object) -> tuple[object, ...]:
        one = left if isinstance(left, tuple) else ()
        other = right if isinstance(right, tuple) else ()
        same = 0
        while same < min(len(one), len(other)) and one[same] is other[same]:
            same += 1
        rest_one = [(item, MISSING) for item in one[same:]]
        rest_other = [(MISSING, item) for item in other[same:]]
        return (*one[:same], *(self._item(guard, a, b) for a, b in (*rest_one, *rest_other)))

    def _item(self, guard: Term, one: object, other: object) -> object:
        if isinstance(one, tuple):
            return one[0], self.choice(guard, one[1], MISSING)
        if isinstance(other, tuple):
            return other[0], self.choice(guard, MISSING, other[1])
        return self.choice(guard, one, other)  # type: ignore[arg-type]

    def choice(self, guard: Term, yes: Value, no: Value) -> Value:
        """One of two values, by a condition."""
        if yes is no or (isinstance(yes, Term) and yes == no):
            return yes
        if guard.op == "Not":
            guard, yes, no = negated(guard), no, yes
        return Choice(guard, yes, no)

    def resolved(self, value: Value) -> Value:
        """A value without the choices that are already made here."""
        while isinstance(value, Choice):
            known = self.holds(value.guard)
            if known is None:
                return value
            value = value.yes if known else value.no
        return value

    def each(self, value: Value, action: Callable[[Value], Value], depth: int = 0) -> Value:
        """What an action makes of a value, for each of its choices under its condition."""
        value = self.resolved(value)
        if not isinstance(value, Choice):
            return action(value)
        if depth > MAX_CHOICES:
            raise Unfollowed(f"more than {MAX_CHOICES} conditions decide what one value of its construction is")
        yes, no = value.yes, value.no
        one, other = self.either(
            value.guard, lambda: self.each(yes, action, depth + 1), lambda: self.each(no, action, depth + 1)
        )
        if one is None or other is None:
            return one if one is not None else other if other is not None else MISSING
        return self.choice(value.guard, one, other)

    # -- loops -------------------------------------------------------------------------------------------------

    def repeat(self, domain: Callable[[], Term], turn: Callable[[], None]) -> None:
        """Follow the turns of a loop of which the number is not known, all at once.

        What changes from turn to turn stands for itself in the turn; how it starts and how it changes is part of the
        loop's header wherever a draw depends on it.
        """
        carried: dict[Key, Term] = {}
        for _ in range(PASSES):
            sink: list[Event] = []
            self.level += 1
            with self.cells.attempt() as written, self.into(sink):
                start = {key: self._start(key, term) for key, term in carried.items()}
                for key, content in start.items():
                    self.cells.set(key, content)
                over = domain()
                turn()
            self.level -= 1
            changed = [key for key, content in written.items() if key in self.cells and key not in carried]
            fresh = [key for key in changed if not _equal(written[key], self.cells.get(key, MISSING))]
            if not fresh:
                break
            for key in fresh:
                carried[key] = Term("carried", (self.level, len(carried)))
        else:
            raise Unfollowed(f"what a loop carries from turn to turn is not settled after {PASSES} turns")
        turns = _Turns(
            over,
            carried,
            {key: (self._term(self.cells.get(key, MISSING)), self._term(written[key])) for key in carried},
        )
        header = turns.header(_terms(sink))
        for key, content in written.items():
            if key in carried:
                content = self._after(key[1], header, self.cells.get(key, MISSING), start[key], content)
            self.cells.set(key, turns.behind(content) if key not in carried else content)
        if sink:
            self.emit(Loop(header, sink))

    def _start(self, key: Key, term: Term) -> object:
        old = self.cells.get(key, MISSING)
        if isinstance(old, tuple):
            return (*old, (term, Spread(term)) if key[1] == TABLE else Spread(term))
        return term

    def _after(self, name: str, header: Term, old: object, start: object, new: object) -> Value | tuple[object, ...]:
        if isinstance(new, tuple) and isinstance(start, tuple):
            old_items = old if isinstance(old, tuple) else ()
            grown = new[len(start) :] if new[: len(start)] == start else None
            if grown is None:
                after = Term("after", (header, self._term(old), self._term(new)))
                return ((after, Spread(after)) if name == TABLE else Spread(after),)
            return (*old_items, *(_repeated(header, item) for item in grown))
        if isinstance(new, Term):
            return Term("after", (header, self._term(old), new))
        return new  # type: ignore[return-value]

    def _term(self, content: object) -> Term:
        if isinstance(content, tuple):
            parts = [
                Term("entry", (entry[0], self.describe(entry[1]))) if isinstance(entry, tuple) else self.describe(entry)
                for entry in content
            ]
            return Term("items", tuple(parts))
        return self.describe(content)  # type: ignore[arg-type]

    def describe(self, value: Value) -> Term:
        """A value as a term."""
        raise NotImplementedError

    # -- owners ------------------------------------------------------------------------------------------------

    def name_owners(self, root: Value) -> None:
        """Tell every draw who has its numbers in the end."""
        paths: dict[int, str] = {}
        draws: dict[int, str] = {}
        self._walk(root, "", paths, draws)
        for row in rows(self.events):
            draw = row.draw
            if draw is None:
                continue
            home = self.homes.get(id(draw))
            prefix = paths.get(home.token, "") if home is not None else ""
            draw.owner = draws.get(id(draw), "")
            inside = draw.owner.startswith(prefix + ".") if prefix else True
            draw.name = draw.owner[len(prefix) + 1 :] if prefix and inside else draw.owner

    def _walk(  # noqa: C901  (one case for each kind)
        self,
        value: object,
        path: str,
        paths: dict[int, str],
        draws: dict[int, str],
    ) -> None:
        match value:
            case Made() | Instance():
                if value.token in paths:
                    return
                paths[value.token] = path
                if isinstance(value, Made):
                    for draw in value.draws:
                        draws.setdefault(id(draw), path)
                for name, part in self.cells.parts(value.token):
                    inner = path if name.startswith(".") else f"{path}.{name}".lstrip(".")
                    self._walk(part, inner, paths, draws)
            case Items() | Table() if value.token not in paths:
                paths[value.token] = path
                for _, content in self.cells.parts(value.token):
                    self._walk(content, path, paths, draws)
            case tuple():
                for place, item in enumerate(value):
                    if isinstance(item, tuple):
                        key = item[0].args[0] if item[0].op == "constant" else "*"
                        self._walk(item[1], f"{path}.{key}", paths, draws)
                    else:
                        name = "*" if isinstance(item, Repeat | Spread) else str(place)
                        self._walk(item, f"{path}.{name}", paths, draws)
            case Repeat():
                self._walk(value.value, path, paths, draws)
            case Choice() if -id(value) not in paths:
                paths[-id(value)] = path
                self._walk(value.yes, path, paths, draws)
                self._walk(value.no, path, paths, draws)
            case _:
                pass


@dataclass(frozen=True, slots=True)
class _Turns:
    """A loop: what it goes through, and how that which is carried from turn to turn starts and changes."""

    over: Term
    carried: dict[Key, Term]
    changes: dict[Key, tuple[Term, Term]]

    def header(self, terms: Iterable[Term]) -> Term:
        """What is gone through, with the start and the change of all that some terms depend on."""
        own = {term: key for key, term in self.carried.items()}
        pending = [term for term in symbols((self.over, *terms), "carried") if term in own]
        used: set[Term] = set()
        while pending:
            term = pending.pop()
            if term not in used:
                used.add(term)
                pending += [each for each in symbols(self.changes[own[term]], "carried") if each in own]
        if not used:
            return self.over
        ordered = [term for term in own if term in used]
        return Term("over", (self.over, *(Term("changes", (term, *self.changes[own[term]])) for term in ordered)))

    def behind(self, content: object) -> object:
        """What was computed in the last turn, as it is behind the loop."""
        term = content.term if isinstance(content, Made) else content
        if not isinstance(term, Term) or not symbols((term,), "carried") & set(self.carried.values()):
            return content
        after = Term("after", (self.header((term,)), term))
        if isinstance(content, Made):
            content.term = after
            return content
        return after


def _equal(one: object, other: object) -> bool:
    return one is other or (isinstance(one, Term) and one == other)


def _repeated(header: Term, item: object) -> object:
    if isinstance(item, tuple):
        return item[0], Repeat(header, item[1])
    return Repeat(header, item)  # type: ignore[arg-type]


def _terms(events: list[Event]) -> Iterator[Term]:
    """Every term on which the events depend."""
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


def is_missing(value: object) -> bool:
    return isinstance(value, Missing)


__all__ = ["Machine", "Place", "Scalar", "Unfollowed", "is_missing"]
