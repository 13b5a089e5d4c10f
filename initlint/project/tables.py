"""Tables of classes: those that decorators fill (`@BLOCKS.register("a")`, `@register("a")`), or `__init_subclass__`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from initlint.project.imports import Symbol, SymbolKind
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, Method
    from initlint.project.project import Project

REGISTERS = "register"
"""A part of the name of the method by which an object registers the classes that it decorates."""

SUBCLASSED = "__init_subclass__"
"""The method that Python calls on a class for every new subclass."""

_FILLS = re.compile(rb"(?m)^\s*([\w.]+)\s*\[[^\]\n]*\]\s*=\s*\w+\s*(?:#.*)?$")
"""`TABLE[name] = cls`, in a function that is given the class."""


class Tables:
    """The classes that are registered under a name: at module level or by a class, by an object or a function."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._registered = project.index("registers", self._registers)
        self._subclassed = project.index("subclassed", self._hooks)

    @remembered
    def classes(self, target: str) -> tuple[ClassId, ...]:
        """The classes in `path::VARIABLE`, in `path::Class.attribute`, or in an object of another package.

        None if not all of them are modules.
        """
        keepers = (target, *self._filling.get(target, ()))
        found = dict.fromkeys(cls for keeper in keepers for cls in self._given(keeper))
        return tuple(sorted(found)) if all(map(self.project.is_module, found)) else ()

    def _given(self, keeper: str) -> Iterable[ClassId]:
        """The classes that a registering function gets: those that it decorates, or that inherit from its class."""
        cls, _, name = keeper.rpartition(".")
        return self.project.descendants(cls) - {cls} if name == SUBCLASSED else self._registered.get(keeper)

    def _registers(self, path: str) -> Iterator[tuple[str, ClassId]]:
        """By the object or function that decorates them: the classes of a file."""
        for info in self.project.classes_in(path):
            for decorator in info.facts.decorators:
                if keeper := self._keeper(path, decorator.partition("(")[0]):
                    yield keeper, info.id

    def _hooks(self, path: str) -> Iterator[tuple[str, ClassId]]:
        return ((SUBCLASSED, info.id) for info in self.project.classes_in(path) if SUBCLASSED in info.methods)

    def _keeper(self, path: str, callee: str) -> str:
        symbol = self.project.resolve(path, callee)
        if symbol is not None and symbol.kind is SymbolKind.FUNCTION:
            return symbol.target
        owner, _, name = callee.rpartition(".")
        symbol = self.project.resolve(path, owner) if owner and REGISTERS in name else None
        if symbol is not None and symbol.kind is SymbolKind.CLASS:
            return f"{symbol.target}.{name}"
        keeps = symbol is not None and symbol.kind in (SymbolKind.VARIABLE, SymbolKind.EXTERNAL)
        return symbol.target if symbol is not None and keeps else ""

    @functools.cached_property
    def _filling(self) -> dict[str, list[str]]:
        """By table: the functions that put their argument into it."""
        found: dict[str, list[str]] = {}
        keepers = [name for name in self._registered.names() if "::" in name]
        keepers += [f"{cls}.{SUBCLASSED}" for cls in self._subclassed.get(SUBCLASSED)]
        for keeper in sorted(keepers):
            function = self._function(keeper)
            if function is not None:
                matches = _FILLS.findall(self.project.code(function))
                for table in dict.fromkeys(match.decode() for match in matches):
                    if target := self._table(function, table):
                        found.setdefault(target, []).append(keeper)
        return found

    def _function(self, keeper: str) -> Method | None:
        cls, _, name = keeper.rpartition(".")
        if cls in self.project.classes:
            return self.project.method(cls, name)
        return self.project.function(Symbol(SymbolKind.FUNCTION, keeper))

    def _table(self, function: Method, text: str) -> str:
        """What a name with an item, as a function writes it, stands for: a variable, or an attribute of a class."""
        owner, _, name = text.rpartition(".")
        if function.owner is not None and owner == "cls":
            return f"{function.owner}.{name}"
        symbol = self.project.resolve(function.path, owner or name)
        if owner:
            return f"{symbol.target}.{name}" if symbol is not None and symbol.kind is SymbolKind.CLASS else ""
        return symbol.target if symbol is not None and symbol.kind is SymbolKind.VARIABLE else ""
