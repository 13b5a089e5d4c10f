"""Classes and functions of a project: their facts, and where they were read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from initlint.facts.records import Class, Function

ClassId = str
"""`path::qualname` for a class that was read, the dotted name for one of torch or of a known framework."""


class ClassInfo(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One class that was read: `bases` are ids in order, `unresolved` the bases whose source could not be found."""

    id: ClassId
    read: Callable[[ClassId], Class]
    bases: tuple[ClassId, ...] = ()
    unresolved: tuple[str, ...] = ()

    @functools.cached_property
    def path(self) -> str:
        return self.id.partition("::")[0]

    @functools.cached_property
    def facts(self) -> Class:
        return self.read(self.id)

    @property
    def functions(self) -> Iterator[Method]:
        """All functions in it, in order: also those with the same name, and nested ones."""
        return (Method(self.path, self.id, facts) for facts in self.facts.methods)

    @functools.cached_property
    def stored(self) -> frozenset[str]:
        """The attributes that its methods set."""
        return frozenset(store.attribute for method in self.facts.methods for store in method.stores)

    @functools.cached_property
    def methods(self) -> Mapping[str, Function]:
        return {method.name: method for method in self.facts.methods}


class Method(msgspec.Struct, frozen=True, eq=False):
    """A function and its place: `owner` is the class whose instance it is called on, None for a plain function."""

    path: str
    owner: ClassId | None
    facts: Function

    @property
    def id(self) -> tuple[str, int, str]:
        return self.path, self.facts.start, self.facts.name

    @property
    def private(self) -> bool:
        """Whether by convention only the project's own code calls it."""
        name = self.facts.name
        return (name.startswith("_") and not name.startswith("__")) or "<locals>" in name

    def stores(self, attribute: str) -> bool:
        """Whether it sets an attribute with exactly this name on its instance."""
        return any(store.attribute == attribute for store in self.facts.stores)

    @property
    def is_property(self) -> bool:
        """Whether reading it calls it."""
        return any(each.rpartition(".")[2] in ("property", "cached_property") for each in self.facts.decorators)

    @property
    def is_static(self) -> bool:
        """Whether it has no instance parameter."""
        return any(each.endswith("staticmethod") for each in self.facts.decorators)

    @property
    def is_of_class(self) -> bool:
        """Whether it is called on the class."""
        return any(each.endswith("classmethod") for each in self.facts.decorators)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Method) and self.id == other.id and self.owner == other.owner

    def __hash__(self) -> int:
        return hash(self.id)


def by_place(methods: Iterable[Method]) -> list[Method]:
    """Functions in the order of files and lines."""
    return sorted(methods, key=lambda method: method.id)


def sets_property(facts: Function) -> bool:
    """Whether a method is the setter of a property."""
    return any(decorator.endswith(".setter") for decorator in facts.decorators)
