"""Answers that depend on each other: each is computed once, and those of a circle in rounds until they settle."""

from __future__ import annotations

from collections.abc import Callable

from initlint.project.values import NOTHING, UNKNOWN, Value

MAX_DEPTH = 60
"""Questions within questions before an answer is given up as unknown."""

MAX_ROUNDS = 8
"""Rounds in which values that depend on each other settle, or are taken as they are: `x = [x]` never would.

Each carries what is found one question further, and five are the most that anything known has needed.
"""


class Settling:
    """Values by the question that they answer."""

    def __init__(self) -> None:
        self._memo: dict[object, Value] = {}
        self._provisional: dict[object, Value] = {}
        self._assumed: dict[object, Value] = {}
        self._active: set[object] = set()
        self._cut: set[object] = set()

    def once(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        """Compute a value once.

        A question that comes up inside its own answer gets what the last round found, at first nothing. What depends
        on that is provisional until the question that the circle goes back to has settled.
        """
        known = self._memo.get(key) or self._provisional.get(key)
        if known is not None:
            return known
        if key in self._active:
            self._cut.add(key)
            return self._assumed.get(key, NOTHING)
        if len(self._active) > MAX_DEPTH:
            return UNKNOWN
        value = self._answer(key, compute, *arguments)
        circular = key in self._cut
        self._cut.discard(key)
        if circular and not self._cut:
            value = self._settled(key, value, compute, *arguments)
        (self._provisional if self._cut else self._memo)[key] = value
        return value

    def _answer(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        self._active.add(key)
        try:
            return compute(*arguments)
        finally:
            self._active.discard(key)

    def _settled(self, key: object, value: Value, compute: Callable[..., Value], *arguments: object) -> Value:
        """Ask again, with what was found for all questions of a circle, until nothing more is found."""
        for _ in range(MAX_ROUNDS):
            found = {**self._provisional, key: value}
            if found == self._assumed:
                break
            self._assumed, self._provisional = found, {}
            value = self._answer(key, compute, *arguments)
            self._cut.discard(key)
        if not self._cut:
            self._memo.update(self._provisional)
            self._provisional = {}
        self._assumed = {}
        return value
