"""What changes while code is followed: names, attributes and contents, each in a cell of its frame or object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from initlint.comparison.terms import Term
from initlint.comparison.values import MISSING, Value

Key = tuple[int, str]
"""The token of a frame or object, and the name of a cell in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The items of a list."""

    items: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tabled:
    """The entries of a dictionary."""

    entries: tuple[tuple[Term, Value], ...] = ()


Content = Value | Listed | Tabled


def listed(content: Content) -> tuple[Value, ...]:
    """The items in a cell; none if it holds something else."""
    return content.items if isinstance(content, Listed) else ()


def tabled(content: Content) -> tuple[tuple[Term, Value], ...]:
    """The entries in a cell; none if it holds something else."""
    return content.entries if isinstance(content, Tabled) else ()


class Cells:
    """The cells of all objects, and what was written to them within each attempt."""

    def __init__(self) -> None:
        self._objects: dict[int, dict[str, Content]] = {}
        self._logs: list[dict[Key, Content | None]] = []

    def __contains__(self, key: Key) -> bool:
        return key[1] in self._objects.get(key[0], ())

    def get(self, key: Key) -> Content:
        return self._objects.get(key[0], {}).get(key[1], MISSING)

    def set(self, key: Key, value: Content) -> None:
        cells = self._objects.setdefault(key[0], {})
        if self._logs:
            self._logs[-1].setdefault(key, cells.get(key[1]))
        cells[key[1]] = value

    def parts(self, token: int) -> list[tuple[str, Content]]:
        """The cells of an object, in the order of their creation."""
        return list(self._objects.get(token, {}).items())

    @contextmanager
    def attempt(self) -> Iterator[dict[Key, Content]]:
        """Undo at the end what is written within, and return it: the last content of every cell."""
        log: dict[Key, Content | None] = {}
        written: dict[Key, Content] = {}
        self._logs.append(log)
        try:
            yield written
        finally:
            self._logs.pop()
            for key in log:
                written[key] = self._objects[key[0]][key[1]]
            for (token, name), before in log.items():
                if before is None:
                    del self._objects[token][name]
                else:
                    self._objects[token][name] = before

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """What is written within is never undone."""
        logs, self._logs = self._logs, []
        try:
            yield
        finally:
            self._logs = logs
