"""What changes while code is followed: names, attributes and contents, each a cell of its frame or object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

Key = tuple[int, str]
"""The token of a frame or object, and the name of one of its cells."""


class Cells:
    """The cells of all objects, and what was written to them since certain moments."""

    def __init__(self) -> None:
        self._objects: dict[int, dict[str, object]] = {}
        self._logs: list[dict[Key, object]] = []

    def __contains__(self, key: Key) -> bool:
        return key[1] in self._objects.get(key[0], ())

    def get(self, key: Key, default: object) -> object:
        return self._objects.get(key[0], {}).get(key[1], default)

    def set(self, key: Key, value: object) -> None:
        cells = self._objects.setdefault(key[0], {})
        if self._logs:
            self._logs[-1].setdefault(key, cells.get(key[1], _NOTHING))
        cells[key[1]] = value

    def parts(self, token: int) -> list[tuple[str, object]]:
        """The cells of one object in the order in which they came."""
        return list(self._objects.get(token, {}).items())

    @contextmanager
    def attempt(self) -> Iterator[dict[Key, object]]:
        """What is written within is undone at the end, and handed over: the last content of every cell written."""
        log: dict[Key, object] = {}
        written: dict[Key, object] = {}
        self._logs.append(log)
        try:
            yield written
        finally:
            self._logs.pop()
            for key in log:
                written[key] = self._objects[key[0]][key[1]]
            for (token, name), before in log.items():
                if before is _NOTHING:
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


_NOTHING = object()
