"""Answers that depend on each other: each is computed once, and those of a cycle in rounds until they settle."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from initlint.depth import recursion
from initlint.project.values import NOTHING, UNKNOWN, Value

MAX_DEPTH = 1_000
"""The depth of nested questions at which an answer is given up as unknown, and then depends on what was asked first.

The longest known chain is 310, and each question takes up to ten nested calls.
"""

RECURSION = 12_000
"""The nested calls that Python may need for that many questions."""

MAX_ROUNDS = 8
"""The rounds in which values that depend on each other settle, or are taken as they are: `x = [x]` never would.

Each round carries results one question further, and five are the most that anything known has needed.
"""


class Open(msgspec.Struct, eq=False):
    """A question whose answer is being computed, at its depth: the number of questions around it.

    `back` is the outermost open question that the answer depends on, other than itself.
    """

    place: int
    back: Open | None = None

    def outermost(self) -> Open:
        """The outermost open question that whatever depends on this one depends on."""
        return self if self.back is None else self.back.outermost()


NONE = Open(MAX_DEPTH + 1)


class Settling:
    """Values by the question that they answer. What depends on an open question is provisional until that settles."""

    def __init__(self) -> None:
        self._memo: dict[object, Value] = {}
        self._provisional: dict[object, tuple[Value, Open]] = {}
        self._assumed: dict[object, Value] = {}
        self._open: dict[object, Open] = {}
        self._back = NONE
        """The outermost open question that the answer which is being computed goes back to so far."""

    def once(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        """Compute a value once.

        A question that comes up inside of its own answer gets the result of the last round, at first nothing. What
        depends on it is in a cycle with it; everything else is settled, whatever is open around it.
        """
        known = self._memo.get(key)
        if known is not None:
            return known
        if key in self._provisional:
            value, back = self._provisional[key]
            self._goes_back(back.outermost())
            return value
        if key in self._open:
            self._goes_back(self._open[key])
            return self._assumed.get(key, NOTHING)
        if self._open:
            return self._ask(key, compute, *arguments)
        with recursion(RECURSION):
            return self._ask(key, compute, *arguments)

    def _ask(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        """Compute what is neither known nor being asked."""
        place, before, around = len(self._open), len(self._provisional), self._back
        if place > MAX_DEPTH:
            return UNKNOWN
        value = self._answer(key, compute, *arguments)
        if self._back.place == place:
            value = self._settled(key, value, before, compute, *arguments)
        if self._back is NONE:
            self._memo[key] = value
        else:
            self._provisional[key] = value, self._back
        self._goes_back(around)
        return value

    def _goes_back(self, question: Open) -> None:
        if question.place < self._back.place:
            self._back = question

    def _answer(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        self._open[key] = question = Open(len(self._open))
        self._back = NONE
        try:
            return compute(*arguments)
        finally:
            del self._open[key]
            if self._back.place < question.place:
                question.back = self._back

    def _settled(
        self, key: object, value: Value, before: int, compute: Callable[..., Value], *arguments: object
    ) -> Value:
        """Ask again, with the results for all questions of a cycle, until nothing new is found.

        The cycle's answers are those beyond the number of provisional ones there were before. If the result depends on
        a question around it, the cycle is part of that one's.
        """
        found: dict[object, Value] = {}
        place, around = self._back.place, self._assumed
        for _ in range(MAX_ROUNDS):
            last, found = found, {**self._taken(before), key: value}
            if found == last:
                break
            self._assumed = {**around, **found}
            value = self._answer(key, compute, *arguments)
            if self._back.place < place:
                break
        else:
            found = self._taken(before)
        self._assumed = around
        if self._back.place >= place:
            self._memo.update(found)
            self._back = NONE
        return value

    def _taken(self, before: int) -> dict[object, Value]:
        """The latest provisional answers, which are removed."""
        latest = (self._provisional.popitem() for _ in range(len(self._provisional) - before))
        return {key: value for key, (value, _) in latest}
