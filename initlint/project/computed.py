"""Reads by computed names: `for name in ("stem", "head"): getattr(model, name)`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import fits
from initlint.facts.vocabulary import EVALUATIONS
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.callers import SPLATS
from initlint.project.classes import ClassId, Method
from initlint.project.flows import Use, is_called
from initlint.project.imports import SymbolKind
from initlint.project.inference import Inference
from initlint.project.names import Found, Names, Place
from initlint.project.reached import Reached, reached
from initlint.project.roles import Roles, initialises_others
from initlint.project.sites import Site, computed, only_does, stands_for
from initlint.project.survey import ComputedRead
from initlint.project.values import Value
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


IMPORTING = frozenset({"import_module", "__import__"})
"""Functions that return a Python module."""


class Read(msgspec.Struct, frozen=True):
    """A read through another receiver than the own instance, and what that can be."""

    method: Method
    receiver: str
    value: Value


class Computed(Asking):
    """Which definitions a computed name can read."""

    def __init__(self, inference: Inference, roles: Roles) -> None:
        super().__init__(inference)
        self.roles = roles
        self.names = Names(inference)

    def reads(self, cls: ClassId, attribute: str) -> bool:
        """Whether the family reads it from its own instance."""
        own = self._running(cls, in_construction=False)
        return any(self._can_be(names, attribute, owner) for owner, m in own for names in self._names(m, cls))

    def fitting(self, cls: ClassId, pattern: str) -> list[str]:
        """The names that match a pattern, of those that code reads by known computed names."""
        own = (names for _, m in self._running(cls, in_construction=False) for names in self._names(m, cls))
        found = {name for names in (*own, *(read.names for read in self.elsewhere)) for name in names or ()}
        return sorted(name for name in found if "*" not in name and fits(pattern, name))

    def in_construction(self, cls: ClassId, attribute: str) -> Iterator[tuple[Body, Node]]:
        """Where construction reads from its instance by a computed name that can be this one."""
        for owner, method in self._running(cls, in_construction=True):
            body = self.bodies.body(method)
            for site in computed(body, method.facts.instance):
                if self._can_be(self._of(site, Place(body, cls)), attribute, owner):
                    yield body, site.node

    def _running(self, cls: ClassId, in_construction: bool) -> Iterator[tuple[ClassId, Method]]:
        """The methods of a family that read by a computed name from their instance, while it is built or afterwards."""
        for owner, method in self._own(cls):
            if self.roles.constructs(method) is in_construction:
                yield owner, method

    def _can_be(self, names: Found, attribute: str, owner: ClassId) -> bool:
        """Whether a name that a method of `owner` reads can be this one; a framework means none of its parts."""
        return not self.project.is_framework(owner) if names is None else _fitting(names, attribute)

    def doubt(self, cls: ClassId) -> str:
        """Where code reads from an instance by an unknown name, or ""."""
        return next((str(read) for read, values in self.unknown if values.holds(cls, self.project)), "")

    def naming(self, attribute: str) -> Iterator[Read]:
        """The reads through other receivers with known names, one of which can be this attribute."""
        for read in self.elsewhere:
            if read.names is not None and _fitting(read.names, attribute):
                yield from self._used(read)

    @functools.cached_property
    def called(self) -> tuple[ComputedRead, ...]:
        """Reads by an unknown name from something unknown whose result is called with arguments, like a layer."""
        if (survey := self.project.survey()) is not None:
            return survey.called
        called = (read for read in self.elsewhere if read.names is None and _is_called(self._at(read)[1].node))
        return tuple(read for read in called for used in self._used(read) if used.value.unknown)

    def _names(self, method: Method, cls: ClassId) -> list[Found]:
        """The computed names that a method reads when it runs on an instance of a class."""
        if not EVALUATIONS.isdisjoint(method.facts.calls):
            return [None]
        body = self.bodies.body(method)
        found = computed(body, method.facts.instance)
        return [self._of(site, Place(body, cls)) for site in found]

    @remembered
    def _own(self, cls: ClassId) -> list[tuple[ClassId, Method]]:
        """The methods of a family that read by a computed name from their instance, with their class, in its order."""
        rows = self.callers.reading_within(cls, "*")
        own = [method for method, receiver in rows if receiver == method.facts.instance]
        return sorted(((method.owner, method) for method in own if method.owner), key=lambda entry: entry[0])

    @functools.cached_property
    def unknown(self) -> tuple[tuple[ComputedRead, Reached], ...]:
        """The places that read by an unknown name, with the values that they read from."""
        if (survey := self.project.survey()) is not None:
            return survey.unknown
        unknown = [read for read in self.elsewhere if read.names is None]
        return tuple((read, reached(self.project, used.value)) for read in unknown for used in self._used(read))

    @functools.cached_property
    def elsewhere(self) -> tuple[ComputedRead, ...]:
        """The reads by computed names through other receivers."""
        if (survey := self.project.survey()) is not None:
            return survey.computed
        found = []
        for method, receiver in self.callers.reading.get("*"):
            own = method.owner and receiver == method.facts.instance
            if not own and not initialises_others(self.project, method):
                body = self.bodies.body(method)
                for number, site in enumerate(computed(body, receiver)):
                    if not self._is_namespace(site.owner, body):
                        names = self._of(site, Place(body))
                        found.append(ComputedRead(*method.id, method.owner, receiver, number, names))
        return tuple(found)

    def method(self, read: ComputedRead) -> Method:
        """The function that contains a read."""
        place = (read.path, read.start, read.function)
        return next(m for m in self.callers.in_file(read.path) if m.id == place and m.owner == read.owner)

    def _at(self, read: ComputedRead) -> tuple[Body, Site]:
        body = self.bodies.body(self.method(read))
        return body, list(computed(body, read.receiver))[read.number]

    def _is_namespace(self, owner: Node, body: Body) -> bool:
        """Whether an expression is a Python module or package: `getattr(torch, name)` reads from no instance."""
        symbol = self.inference.static(owner, body)
        imported = any(callee.rpartition(".")[2] in IMPORTING for callee in body.callees(owner))
        return imported or (symbol is not None and symbol.kind in (SymbolKind.MODULE, SymbolKind.EXTERNAL))

    def _used(self, read: ComputedRead) -> Iterator[Read]:
        """What a read is of, if it can be one of a module and does more than set or initialise it."""
        body, site = self._at(read)
        value = stands_for(site, body, self.inference)
        spared = (Use.NONE, Use.CONFIGURATION) if value.unknown else (Use.NONE,)
        if (value.unknown or value.instances) and not only_does(spared, [site], body):
            yield Read(body.method, read.receiver, value)

    def _of(self, site: Site, place: Place) -> Found:
        found = self.names.of(site.computed, place) if site.computed is not None else None
        return found or self._given_to_decorator(place.body.method)

    def _given_to_decorator(self, method: Method) -> Found:
        """A read inside of a decorator is named where that is applied: `@with_hooks("conv")`."""
        outer, nested, _ = method.facts.name.partition(".<locals>.")
        found = self.callers.decorating.get(f"{method.path}::{outer}") if nested else ()
        texts = [text for _, text in found]
        if not texts or not all(_LITERALS.fullmatch(text) for text in texts):
            return None
        return frozenset(name for text in texts for name in _LITERAL.findall(text))


_LITERAL = re.compile(r"""["']([\w.]+)["']""")
_LITERALS = re.compile(r"""[\w.]+\(\s*\[?\s*(?:["'][\w.]+["']\s*,?\s*)+\]?\s*,?\s*\)""")
"""A decorator with only names in strings as arguments."""


def _is_called(node: Node) -> bool:
    """Whether a call has an explicit argument: one that only passes on `*args` calls any method."""
    call = node.parent if is_called(node) else None
    return call is not None and any(argument.type not in SPLATS for argument in call_arguments(call))


def _fitting(names: frozenset[str], attribute: str) -> bool:
    return any(name == attribute or fits(name, attribute) for name in names)
