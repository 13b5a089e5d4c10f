"""What files say about a name: the rows of a file are made when a name in it is asked for."""

from __future__ import annotations

import functools
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from initlint.remembered import remembered

Row = TypeVar("Row")

Rows = Callable[[str], Iterable[tuple[str, Row]]]
"""Gives the rows of one file, each with its name."""


class Index(Generic[Row]):
    """Rows by name, those of earlier files first.

    `words` tell which files have rows about which names; without them all files are read for the first name. They hold
    for all files but the `fresh` ones, which are read for every name.
    """

    def __init__(
        self, rows: Rows[Row], files: Sequence[str], words: bytes | None = None, fresh: Collection[int] = ()
    ) -> None:
        self._rows = rows
        self._files = files
        self._told = words
        self._fresh = fresh
        self._known: dict[str, Sequence[Row]] = {}

    def get(self, name: str) -> Sequence[Row]:
        """The rows about a name."""
        if self._told is None:
            return self._all.get(name, ())
        if name not in self._known:
            self._known[name] = [row for file in self._holding(name) for row in self._of(file).get(name, ())]
        return self._known[name]

    def has(self, name: str) -> bool:
        """Whether the rows about a name are at hand, without reading a file."""
        return self._told is None or name in self._known

    def within(self, name: str, paths: Collection[str]) -> Iterable[Row]:
        """The rows about a name, without some that are in other files than these, if those are not read yet.

        Each of these files is only read when it is reached: the first rows may be enough.
        """
        if self.has(name):
            return self.get(name)
        files = (file for file in self._holding(name) if self._files[file] in paths)
        return (row for file in files for row in self._of(file).get(name, ()))

    def of(self, path: str) -> Mapping[str, Sequence[Row]]:
        """The rows of one file, by name."""
        number = self._numbers.get(path)
        return self._of(number) if number is not None else {}

    @remembered
    def holders(self, name: str) -> frozenset[str]:
        """The files with rows about a name, and those for which that is unknown."""
        return frozenset(self._files[number] for number in self._holding(name))

    def least(self, name: str) -> int:
        """The number of files with rows about a name, at least, as far as is known without reading files."""
        return len(self._words.get(name, b"")) // array("I").itemsize - len(self._fresh)

    def told(self) -> int:
        """The number of names with rows, as far as is known without reading files."""
        return len(self._words)

    def names(self) -> list[str]:
        """Every name with rows, and perhaps some more."""
        if self._told is None:
            return list(self._all)
        return list(dict.fromkeys([*self._words, *(name for file in self._fresh for name in self._of(file))]))

    def lacks(self, name: str, path: str) -> bool:
        """Whether it is known, without reading a file, that it has no rows about a name."""
        if self._told is None:
            return False
        return path not in self.holders(name) and path in self._numbers

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self._files)}

    def words(self) -> bytes:
        """Which files have rows about which names, by their positions."""
        found: dict[str, array[int]] = {}
        for number, path in enumerate(self._files):
            for name in dict.fromkeys(name for name, _ in self._rows(path)):
                found.setdefault(name, array("I")).append(number)
        return msgspec.msgpack.encode({name: numbers.tobytes() for name, numbers in found.items()})

    @functools.cached_property
    def _words(self) -> dict[str, bytes]:
        return msgspec.msgpack.decode(self._told or b"\x80", type=dict[str, bytes])

    def _holding(self, name: str) -> list[int]:
        return sorted({*array("I", self._words.get(name, b"")), *self._fresh})

    @remembered
    def _of(self, file: int) -> dict[str, list[Row]]:
        return _by_name(self._rows(self._files[file]))

    @functools.cached_property
    def _all(self) -> dict[str, list[Row]]:
        return _by_name(row for path in self._files for row in self._rows(path))


def _by_name(rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    index = defaultdict[str, list[Row]](list)
    for name, row in rows:
        index[name].append(row)
    return dict(index)
