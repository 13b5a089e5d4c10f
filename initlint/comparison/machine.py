"""The state in which code is followed: cells for what changes, the events so far, what is assumed on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

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

LIST, TABLE = "[]", "{}"
"""The cells in which the items of a list stand, and the entries of a dictionary."""

MAX_STEPS = 60_000
MAX_CHOICES = 12
PASSES = 4
"""How often a loop is read until nothing new is found to change in it."""

Cell = Value | tuple["Value", ...] | tuple[tuple[Term, "Value"], ...]
Cells = dict[tuple[int, str], "Value | tuple[object, ...]"]
Result = TypeVar("Result")


class TooLarge(Exception):
    """Code that is too large, or nested too deeply, to be followed to its end."""


class Machine:
    """What one followed construction has done so far."""

    def __init__(self) -> None:
        self.cells: Cells = {}
        self.events: list[Event] = []
        self.assumed: dict[Term, bool] = {}
        self.level = 0
        self.silent = 0
        self.home: list[Instance] = []
        self.trail: list[Place] = []
        self.homes: dict[int, Instance] = {}
        self._steps = 0
        self._tokens = itertools.count(1)

    def step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooLarge

    def token(self) -> int:
        return next(self._tokens)

    # -- objects -----------------------------------------------------------------------------------------------

    def made(self, term: Term, cls: str = "", parts: tuple[Value, ...] = ()) -> Made:
        """A new module or tensor; its parts are those that it is computed from."""
        made = Made(self.token(), term, cls)
        for place, part in enumerate(parts):
            if not isinstance(part, Term):
                self.cells[made.token, f".{place}"] = part
        return made

    def items(self, values: Iterable[Value], kind: str = "list") -> Items:
        items = Items(self.token(), kind)
        self.cells[items.token, LIST] = tuple(values)
        return items

    def table(self, entries: list[tuple[Term, Value]], rest: Term | None = None) -> Table:
        table = Table(self.token(), rest)
        self.cells[table.token, TABLE] = tuple(entries)
        return table

    def held(self, items: Items) -> tuple[Value, ...]:
        """The items of a list."""
        return self.cells[items.token, LIST]  # type: ignore[return-value]

    def entries(self, table: Table) -> tuple[tuple[Term, Value], ...]:
        """The entries of a dictionary."""
        return self.cells[table.token, TABLE]  # type: ignore[return-value]

    def put(self, holder: Items | Table, content: tuple[object, ...]) -> None:
        self.cells[holder.token, LIST if isinstance(holder, Items) else TABLE] = content

    def get(self, token: int, name: str) -> Value:
        """A part, an attribute, a name."""
        found = self.cells.get((token, name), MISSING)
        return found if not isinstance(found, tuple) else MISSING

    def set(self, token: int, name: str, value: Value) -> None:
        self.cells[token, name] = value

    def parts(self, token: int) -> list[tuple[str, Value]]:
        """All parts or attributes in the order in which they came."""
        return [(name, value) for (owner, name), value in self.cells.items() if owner == token]  # type: ignore[misc]

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
        event, before, newest = Branch(guard), self.cells, self.token()
        first, held = self._arm(guard, True, event.yes, yes)
        self.cells = before
        second, failed = self._arm(guard, False, event.no, no)
        self.cells = self._joined(guard, held, failed, before, newest)
        if event.yes or event.no:
            self.emit(event)
        return first, second

    def _arm(self, guard: Term, holds: bool, sink: list[Event], action: Callable[[], Result]) -> tuple[Result, Cells]:
        self.cells = dict(self.cells)
        with self.into(sink), self.assuming(guard, holds):
            result = action()
        return result, self.cells

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

    def _joined(self, guard: Term, one: Cells, other: Cells, before: Cells, newest: int) -> Cells:
        """The cells behind a condition; what came into being in one of its arms is as it is there."""
        result: Cells = {}
        for key in dict.fromkeys((*before, *one, *other)):
            left, right = one.get(key, MISSING), other.get(key, MISSING)
            if left is right or key[0] > newest:
                result[key] = right if left is MISSING else left
            elif isinstance(left, tuple) or isinstance(right, tuple):
                result[key] = self._joined_items(guard, left, right)
            else:
                result[key] = self.choice(guard, left, right)
        return result

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
            raise TooLarge
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
        before = self.cells
        carried: dict[tuple[int, str], Term] = {}
        for _ in range(PASSES):
            start = self._start(before, carried)
            self.cells = dict(start)
            sink: list[Event] = []
            self.level += 1
            try:
                with self.into(sink):
                    over = domain()
                    turn()
            finally:
                self.level -= 1
            fresh = [key for key in before if self.cells.get(key) is not start[key] and key not in carried]
            fresh = [key for key in fresh if not _equal(self.cells.get(key), start[key])]
            if not fresh:
                break
            for key in fresh:
                carried[key] = Term("carried", (self.level, len(carried)))
        else:
            raise TooLarge
        header = self._header(over, sink, before, carried)
        ended = self.cells
        self.cells = {key: value for key, value in ended.items() if key in before or isinstance(value, tuple)}
        self.cells |= {key: value for key, value in ended.items() if key not in before}
        for key in carried:
            self.cells[key] = self._after(key[1], header, before[key], start[key], ended.get(key, MISSING))
        if sink:
            self.emit(Loop(header, sink))

    def _start(self, before: Cells, carried: dict[tuple[int, str], Term]) -> Cells:
        start = dict(before)
        for key, term in carried.items():
            old = before[key]
            if isinstance(old, tuple):
                start[key] = (*old, (term, Spread(term)) if key[1] == TABLE else Spread(term))
            else:
                start[key] = term
        return start

    def _header(self, over: Term, sink: list[Event], before: Cells, carried: dict[tuple[int, str], Term]) -> Term:
        """What is gone through, with the start and the change of all that the draws within depend on."""
        own = {term: key for key, term in carried.items()}
        pending = [term for term in symbols(_terms(sink), "carried") if term in own]
        used: dict[Term, tuple[Term, Term]] = {}
        while pending:
            term = pending.pop()
            if term not in used:
                key = own[term]
                used[term] = self._term(before[key]), self._term(self.cells.get(key, MISSING))
                pending += [each for each in symbols((used[term][1],), "carried") if each in own]
        if not used:
            return over
        ordered = sorted(used, key=lambda term: carried_number(term))
        return Term("over", (over, *(Term("changes", (term, *used[term])) for term in ordered)))

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

    def name_owners(self, root: Instance) -> None:
        """Tell every draw who has its numbers in the end."""
        by_token: dict[int, list[tuple[str, object]]] = {}
        for (token, name), content in self.cells.items():
            by_token.setdefault(token, []).append((name, content))
        paths: dict[int, str] = {}
        draws: dict[int, str] = {}
        self._walk(root, "", by_token, paths, draws)
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
        by_token: dict[int, list[tuple[str, object]]],
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
                for name, part in by_token.get(value.token, ()):
                    inner = path if name.startswith(".") else f"{path}.{name}".lstrip(".")
                    self._walk(part, inner, by_token, paths, draws)
            case Items() | Table():
                for _, content in by_token.get(value.token, ()):
                    self._walk(content, path, by_token, paths, draws)
            case tuple():
                for place, item in enumerate(value):
                    if isinstance(item, tuple):
                        key = item[0].args[0] if item[0].op == "constant" else "*"
                        self._walk(item[1], f"{path}.{key}", by_token, paths, draws)
                    else:
                        name = "*" if isinstance(item, Repeat | Spread) else str(place)
                        self._walk(item, f"{path}.{name}", by_token, paths, draws)
            case Repeat():
                self._walk(value.value, path, by_token, paths, draws)
            case Choice():
                self._walk(value.yes, path, by_token, paths, draws)
                self._walk(value.no, path, by_token, paths, draws)
            case _:
                pass


def carried_number(term: Term) -> int:
    number = term.args[1]
    assert isinstance(number, int)
    return number


def _equal(one: object, other: object) -> bool:
    return isinstance(one, Term) and one == other


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


__all__ = ["Machine", "Place", "Scalar", "TooLarge", "is_missing"]
