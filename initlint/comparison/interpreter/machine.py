"""The state while code is followed: cells for what changes, the events so far, and current assumptions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from initlint.comparison.interpreter.cells import Cells, Content, Key, Listed, Tabled, listed, tabled
from initlint.comparison.terms import Term, negated, operands, truth
from initlint.comparison.trace import Branch, Draw, Event, Place
from initlint.comparison.values import (
    MISSING,
    Choice,
    Instance,
    Items,
    Made,
    Missing,
    Table,
    Value,
)

if TYPE_CHECKING:
    from initlint.project.classes import ClassId

LIST, TABLE, REST = "[]", "{}", "**"
"""The cells for the items of a list, the entries of a dictionary, and its unknown contents."""

EARLIER = "*earlier"
"""The part that stands for everything that earlier turns of a loop added to a module."""

MAX_STEPS = 10_000
DEFAULT_STEPS = 65_000
"""The limit with default arguments: conditions are known, and there are as many steps as layers."""

BRANCH = 10
"""The cost of an undecided condition, in steps."""

MAX_CHOICES = 12
Result = TypeVar("Result")


class Unfollowed(Exception):
    """Code that is not followed to its end; the text says why."""


class Machine:
    """The state of one construction that is being followed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cells = Cells()
        self.events: list[Event] = []
        self.assumed: dict[Term, bool] = {}
        self.level = 0
        self.entry = 0
        self.silent = 0
        self.meta = 0
        self.forked = 0
        self.home: list[Instance] = []
        self.trail: list[Place] = []
        self.homes: dict[int, Instance] = {}
        self.instances: dict[int, ClassId] = {}
        self.wanted: set[Term] = set()
        self.handed: set[int] = set()
        self.lent: set[int] = set()
        self._steps = 0
        self.at_import = False
        self._tokens = itertools.count(1)

    def step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > self.limit:
            raise Unfollowed(f"its construction takes more than {self.limit:,} steps to follow")

    def token(self) -> int:
        return next(self._tokens)

    # -- objects -----------------------------------------------------------------------------------------------

    def made(self, term: Term, cls: str = "", parts: tuple[Value, ...] = ()) -> Made:
        """A new module or tensor; its parts are what it is computed from."""
        made = Made(self.token(), term, cls)
        for place, part in enumerate(parts):
            if not isinstance(part, Term):
                self.set(made.token, f".{place}", part)
        return made

    def items(self, values: Iterable[Value], kind: str = "list") -> Items:
        items = Items(self.token(), kind)
        self.hold(items, tuple(values))
        return items

    def table(self, entries: list[tuple[Term, Value]], rest: Term | None = None) -> Table:
        table = Table(self.token())
        self.enter_all(table, tuple(entries))
        self.leave(table, rest)
        return table

    def rest(self, table: Table) -> Term | None:
        """The unknown contents of a dictionary."""
        found = self.get(table.token, REST)
        return found if isinstance(found, Term) else None

    def rests(self, table: Table) -> list[Term]:
        rest = self.rest(table)
        return [] if rest is None else [rest]

    def leave(self, table: Table, rest: Term | None) -> None:
        self.set(table.token, REST, MISSING if rest is None else rest)

    def held(self, items: Items) -> tuple[Value, ...]:
        """The items of a list."""
        return listed(self.cells.get((items.token, LIST)))

    def entries(self, table: Table) -> tuple[tuple[Term, Value], ...]:
        """The entries of a dictionary."""
        return tabled(self.cells.get((table.token, TABLE)))

    def hold(self, items: Items, values: tuple[Value, ...]) -> None:
        """Give a list its items."""
        self.cells.set((items.token, LIST), Listed(values))

    def lend(self, table: Table) -> Table:
        """A dictionary that belongs to another object, which changes with it."""
        self.lent.add(table.token)
        return table

    def enter_all(self, table: Table, entries: tuple[tuple[Term, Value], ...]) -> None:
        """Give a dictionary its entries."""
        if table.token in self.lent:
            raise Unfollowed("a change of the keywords of a partial function is not followed")
        self.cells.set((table.token, TABLE), Tabled(entries))

    def get(self, token: int, name: str) -> Value:
        """A part, an attribute, a name."""
        found = self.cells.get((token, name))
        return MISSING if isinstance(found, Listed | Tabled) else found

    def find(self, token: int, name: str) -> Value | None:
        """The same, restricted to the choices made here; None if there is none."""
        found = self.get(token, name)
        return None if is_missing(found) else self.resolved(found)

    def set(self, token: int, name: str, value: Value) -> None:
        self.cells.set((token, name), value)

    def parts(self, token: int) -> list[tuple[str, Value]]:
        """All parts or attributes, in the order of their creation."""
        return [(name, part) for name, part in self.cells.parts(token) if not isinstance(part, Listed | Tabled)]

    # -- events ------------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        if isinstance(event, Draw) and self.home:
            self.homes[id(event)] = self.home[-1]
        self.events.append(event)

    @contextmanager
    def into(self, sink: list[Event]) -> Iterator[None]:
        """Send events to another list."""
        before = self.events
        self.events = sink
        try:
            yield
        finally:
            self.events = before

    @contextmanager
    def before_all(self) -> Iterator[None]:
        """What is done within lasts in every branch, like what runs at import, and is no event."""
        before = self.assumed, self.level
        self.assumed, self.level = {}, 0
        try:
            with self.into([]), self.cells.lasting():
                yield
        finally:
            self.assumed, self.level = before

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Code that runs once, at import, is always followed, even if both versions share it, and costs no steps."""
        before = self.at_import, self._steps
        self.at_import, self._steps = True, 0
        try:
            yield
        finally:
            self.at_import, self._steps = before

    # -- conditions --------------------------------------------------------------------------------------------

    def holds(self, guard: Term) -> bool | None:
        """Whether a condition holds, by itself or under the current assumptions."""
        known = truth(guard)
        if known is not None:
            return known
        if guard.op == "Not":
            inner = self.holds(negated(guard))
            return None if inner is None else not inner
        return self.assumed.get(guard)

    def either(self, guard: Term, yes: Callable[[], Result], no: Callable[[], Result]) -> tuple[Result | None, ...]:
        """Do one thing if a condition holds and another if not; None for an arm that cannot run here."""
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
    ) -> tuple[Result, dict[Key, Content]]:
        with self.cells.attempt() as written, self.into(sink), self.assuming(guard, holds):
            result = action()
        return result, written

    @contextmanager
    def assuming(self, guard: Term, holds: bool) -> Iterator[None]:
        before = self.assumed
        self.assumed = {**before, guard: holds}
        if guard.op == ("And" if holds else "Or"):
            for part in operands(guard):
                core = negated(part) if part.op == "Not" else part
                self.assumed[core] = holds if core is part else not holds
        try:
            yield
        finally:
            self.assumed = before

    def _join(self, guard: Term, one: dict[Key, Content], other: dict[Key, Content], newest: int) -> None:
        """Write what two arms have written; what was created in one of them stays as it is."""
        for key in dict.fromkeys((*one, *other)):
            before = self.cells.get(key)
            left, right = one.get(key, before), other.get(key, before)
            if left is right or key[0] > newest:
                self.cells.set(key, right if key not in one else left)
            else:
                self.cells.set(key, self._joined(guard, left, right))

    def _joined(self, guard: Term, left: Content, right: Content) -> Content:
        if isinstance(left, Listed) or isinstance(right, Listed):
            one, other = listed(left), listed(right)
            same = _alike(one, other)
            mine = (self.choice(guard, item, MISSING) for item in one[same:])
            return Listed((*one[:same], *mine, *(self.choice(guard, MISSING, item) for item in other[same:])))
        if isinstance(left, Tabled) or isinstance(right, Tabled):
            before, after = tabled(left), tabled(right)
            same = _alike(before, after)
            held = ((key, self.choice(guard, item, MISSING)) for key, item in before[same:])
            more = ((key, self.choice(guard, MISSING, item)) for key, item in after[same:])
            return Tabled((*before[:same], *held, *more))
        return self.choice(guard, left, right)

    def choice(self, guard: Term, yes: Value, no: Value) -> Value:
        """One of two values, decided by a condition."""
        if yes is no or (isinstance(yes, Term) and yes == no):
            return yes
        if guard.op == "Not":
            guard, yes, no = negated(guard), no, yes
        return Choice(guard, yes, no)

    def one_of(self, guard: Term, one: Value | None, other: Value | None) -> Value:
        """The results of two arms, decided by a condition; None is the result of an arm that cannot run."""
        if one is None or other is None:
            return one if one is not None else other if other is not None else MISSING
        return self.choice(guard, one, other)

    def resolved(self, value: Value) -> Value:
        """A value without the choices that are already made here."""
        while isinstance(value, Choice):
            known = self.holds(value.guard)
            if known is None:
                return value
            value = value.yes if known else value.no
        return value

    def each(self, value: Value, action: Callable[[Value], Value], depth: int = 0) -> Value:
        """The results of an action on each choice of a value, under its condition."""
        value = self.resolved(value)
        if not isinstance(value, Choice):
            return action(value)
        if depth > MAX_CHOICES:
            raise Unfollowed(f"more than {MAX_CHOICES} conditions decide what one value of its construction is")
        yes, no = value.yes, value.no
        arms = self.either(
            value.guard, lambda: self.each(yes, action, depth + 1), lambda: self.each(no, action, depth + 1)
        )
        return self.one_of(value.guard, *arms)


def _alike(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """The length of the common beginning of two lists."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a is not b), min(len(one), len(other))
    )


def is_missing(value: object) -> bool:
    return isinstance(value, Missing)
