"""Initialisation from elsewhere: code in other files that touches a dead definition, and loops that draw for all parts.

None of it reads a definition, so that stays dead; but removing or isolating it has to take this into account.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator

from initlint.facts.vocabulary import MODULE_SWEEPS, PARAMETER_SWEEPS
from initlint.project.callers import Callers
from initlint.project.classes import ClassId, Method
from initlint.project.project import Project
from initlint.project.roles import INITIALISATION, Roles
from initlint.remembered import remembered

REACHING = ("apply", *sorted(MODULE_SWEEPS | PARAMETER_SWEEPS))
"""Methods of a module that reach everything in it, at any depth."""

_INITIALISES = re.compile(rb"\bapply\b|\binit\.|[a-z]_\(")
"""A hint that a function which goes over everything gives it new values: `nn.init.normal_(p)`, `p.data.normal_()`."""

_TEXTS = re.compile(rb"""\"{3}.*?\"{3}|"[^"\n]*"|'[^'\n]*'|#[^\n]*""", re.DOTALL)
"""Strings and comments: what they mention is not used."""

_MEANT = re.compile(r"[^\W\d]\w*\b(?!\s*\.)")
"""A name that means what it names, as in `isinstance(m, nn.Net)`; `Base.init(m)` is about a method of `Base`."""


class Initialisers:
    """Lookups in one project. All state is memoised."""

    def __init__(self, project: Project, callers: Callers, roles: Roles) -> None:
        self.project = project
        self.callers = callers
        self.roles = roles
        self._reaching = project.index("reaching", self._reaches)

    def touching(self, cls: ClassId, attribute: str) -> str:
        """The place in another file whose initialisation touches an attribute, or ""."""
        path, family = cls.partition("::")[0], self.project.family(cls)
        for method, receiver in self.callers.readers(attribute):
            if method.path == path or method.owner == cls:
                continue
            own = receiver == method.facts.instance != ""
            if own and method.owner in family and self.roles.constructs(method):
                touches = not self._defined_besides(cls, method.owner, attribute)
            else:
                touches = not own and self._initialises(method) and self._names_one_of(method, family)
            if touches:
                return f"`{method.facts.name}` in {method.path}"
        return ""

    def _names_one_of(self, method: Method, family: frozenset[ClassId]) -> bool:
        """Whether a function mentions a class by its name."""
        names = {self.project.classes[each].facts.name for each in family if each in self.project.classes}
        return any(self._can_mean(method, name, family) for name in names & self._words(method))

    @remembered
    def _words(self, method: Method) -> frozenset[str]:
        """The names in the code of a function that mean what they name."""
        return frozenset(_MEANT.findall(_TEXTS.sub(b"", self.project.code(method)).decode()))

    def _can_mean(self, method: Method, name: str, classes: Collection[ClassId]) -> bool:
        """Whether a name, as resolved in a function's file, is one of these classes or unknown."""
        symbol = self.project.resolve(method.path, name)
        meant = self.project.class_of(symbol) if symbol is not None else None
        return meant is None or meant in classes

    def _defined_besides(self, cls: ClassId, other: ClassId | None, attribute: str) -> bool:
        """Whether another class or one of its bases defines the attribute too."""
        return other is not None and bool(self.callers.assigning_among(self.project.mro(other), attribute) - {cls})

    @remembered
    def sweeping(self, cls: ClassId) -> str:
        """The initialiser that draws for everything in its class, if that is or may hold an instance of a class."""
        holders = self._holders(cls)
        found = sorted(each for each in self._sweepers if self.project.descendants(each) & holders)
        return self._sweepers[found[0]] if found else ""

    @functools.cached_property
    def _sweepers(self) -> dict[ClassId, str]:
        """The classes with an initialiser that goes over all parts, with its name."""
        return {
            method.owner: f"{self.project.classes[method.owner].facts.name}.{method.facts.name}"
            for name in REACHING
            for method in self._reaching.get(name)
            if method.owner is not None and _INITIALISES.search(self.project.code(method))
        }

    def _reaches(self, path: str) -> Iterator[tuple[str, Method]]:
        """The initialisers of a file that reach what is in their instance, with the methods that they use."""
        for method in self.callers.in_file(path):
            if method.owner is not None and self._initialises(method):
                reads = method.facts.reads.get(method.facts.instance, ())
                yield from ((name, method) for name in REACHING if name in reads)

    def _holders(self, cls: ClassId) -> frozenset[ClassId]:
        """A class, its descendants, and the classes whose code names one of these or a function that does."""
        found: set[ClassId] = set()
        pending, named = [cls], set[str]()
        while pending:
            for each in self.project.descendants(pending.pop()):
                if each in found or each not in self.project.classes:
                    continue
                found.add(each)
                users = self._naming_class(each)
                while users:
                    user = users.pop()
                    if user.owner is not None:
                        pending += [user.owner] if user.owner not in found else []
                    elif user.facts.name not in named:
                        named.add(user.facts.name)
                        users += self._naming(user.facts.name)
        return frozenset(found)

    def _naming_class(self, cls: ClassId) -> list[Method]:
        name = self.project.classes[cls].facts.name
        return [method for method in self._naming(name) if self._can_mean(method, name, (cls,))]

    def _naming(self, name: str) -> list[Method]:
        dotted = [method for method, _ in self.callers.reading.get(name)]
        return [*self.callers.calling.get(name), *self.callers.mentioning.get(name), *dotted]

    def _initialises(self, method: Method) -> bool:
        return INITIALISATION.fullmatch(method.facts.name.partition(".<locals>")[0]) is not None
