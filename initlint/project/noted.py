"""A project that notes what is looked at in it, so that irrelevant changes of files are recognised."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from initlint.facts.records import Class, FileFacts, Function
from initlint.project.classes import ClassId, ClassInfo, Method
from initlint.project.conventions import Conventions
from initlint.project.environment import Environment
from initlint.project.index import Index, Row, Rows
from initlint.project.project import Project
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.links import Standing


HEAD = ("name", "instance", "decorators", "start")
"""What is known about a function without looking at its file."""


class Noted:
    """The files that were looked at, and by index the names that were asked for in all files.

    Making the rows of a file does not count: the rows show nothing else of it.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.names: dict[str, set[str]] = {}
        self.any_name = False
        self._aside = False

    def look(self, path: str) -> None:
        if not self._aside:
            self.files.add(path)

    @contextmanager
    def ask(self, index: str, name: str) -> Iterator[None]:
        self.names.setdefault(index, set()).add(name)
        before, self._aside = self._aside, True
        try:
            yield
        finally:
            self._aside = before


class NotedProject(Project):
    """What is kept of a file once it was looked at is looked at again: whoever asks for it later needs it as well."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        read: Callable[[str], bytes],
        environment: Environment,
        package: str,
        conventions: Conventions,
        extracting: Callable[[bytes], FileFacts],
        standing: Standing,
    ) -> None:
        self.noted = Noted()
        super().__init__(files, read, environment, package, conventions, extracting, standing)
        self.files = self.files.watched(self.noted.look)

    def _index(
        self, name: str, rows: Rows[Row], files: Sequence[str], words: bytes | None, fresh: Collection[int]
    ) -> Index[Row]:
        return _NotedIndex(self.noted, name, rows, files, words, fresh)

    def source(self, path: str) -> bytes:
        self.noted.files.add(path)
        return super().source(path)

    def method(self, id: ClassId, name: str, after: ClassId | None = None) -> Method | None:
        """Which method a name finds is known from the rows about methods."""
        with self.noted.ask("methods", name):
            found = super().method(id, name, after)
        return Method(found.path, found.owner, self.named(found.path, found.facts)) if found is not None else None

    def named(self, path: str, facts: Function) -> Function:
        return cast("Function", _Named(facts, functools.partial(self.noted.look, path)))

    def _info(self, id: ClassId, bases: tuple[ClassId, ...] = (), unresolved: tuple[str, ...] = ()) -> ClassInfo:
        return _NotedInfo(id, self._looked_at, bases, unresolved)

    def _looked_at(self, id: ClassId) -> Class:
        self.noted.look(id.partition("::")[0])
        return self._kept(id)

    @remembered
    def _kept(self, id: ClassId) -> Class:
        return self._class(id)


class _Named:
    """A function of which only name and head are known; asking for more looks at its file."""

    __slots__ = (*HEAD, "_facts", "_look")

    def __init__(self, facts: Function, look: Callable[[], None]) -> None:
        for name in HEAD:
            setattr(self, name, getattr(facts, name))
        self._facts = facts
        self._look = look

    def __getattr__(self, name: str) -> object:
        self._look()
        return getattr(self._facts, name)


class _NotedInfo(ClassInfo, frozen=True, eq=False):
    @property
    def facts(self) -> Class:
        return self.read(self.id)

    @property
    def methods(self) -> Mapping[str, Function]:
        self.read(self.id)
        return self._methods

    @functools.cached_property
    def _methods(self) -> Mapping[str, Function]:
        return {method.name: method for method in self.facts.methods}


class _NotedIndex(Index[Row]):
    def __init__(
        self,
        noted: Noted,
        index: str,
        rows: Rows[Row],
        files: Sequence[str],
        words: bytes | None,
        fresh: Collection[int],
    ) -> None:
        super().__init__(rows, files, words, fresh)
        self._noted = noted
        self._index = index

    def get(self, name: str) -> Sequence[Row]:
        with self._noted.ask(self._index, name):
            return super().get(name)

    def within(self, name: str, paths: Collection[str]) -> Sequence[Row]:
        with self._noted.ask(self._index, name):
            return list(super().within(name, paths))

    def least(self, name: str) -> int:
        with self._noted.ask(self._index, name):
            return super().least(name)

    def names(self) -> list[str]:
        self._noted.any_name = True
        return super().names()
