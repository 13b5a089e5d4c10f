"""Tables of classes that decorators fill: `@BLOCKS.register("a")` before a class, or `@register("a")`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.project.imports import Symbol, SymbolKind

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, Project

REGISTERS = "register"
"""What the method of an object is called, in a part of its name, that keeps the classes which it decorates."""

_FILLS = re.compile(rb"(?m)^\s*([\w.]+)\s*\[[^\]\n]*\]\s*=\s*\w+\s*(?:#.*)?$")
"""`TABLE[name] = cls`, in a function that is given the class."""


class Tables:
    """The classes that are kept under a name at module level, by an object or a function that decorates them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._registered = project.index("registers", self._registers)

    @functools.cache  # noqa: B019
    def classes(self, target: str) -> tuple[ClassId, ...]:
        """What is kept in `path::VARIABLE`, or in an object of another package; none where not all of it is modules."""
        keepers = (target, *self._filling.get(target, ()))
        found = dict.fromkeys(cls for keeper in keepers for cls in self._registered.get(keeper))
        return tuple(sorted(found)) if all(map(self.project.is_module, found)) else ()

    def _registers(self, path: str) -> Iterator[tuple[str, ClassId]]:
        """By what decorates them, an object or a function: the classes of a file."""
        for info in self.project.classes_in(path):
            for decorator in info.facts.decorators:
                symbol = self._keeper(path, decorator.partition("(")[0])
                if symbol is not None:
                    yield symbol.target, info.id

    def _keeper(self, path: str, callee: str) -> Symbol | None:
        symbol = self.project.resolve(path, callee)
        if symbol is not None and symbol.kind is SymbolKind.FUNCTION:
            return symbol
        owner, _, name = callee.rpartition(".")
        symbol = self.project.resolve(path, owner) if owner and REGISTERS in name else None
        return symbol if symbol is not None and symbol.kind in (SymbolKind.VARIABLE, SymbolKind.EXTERNAL) else None

    @functools.cached_property
    def _filling(self) -> dict[str, list[str]]:
        """By variable: the functions that put into it what they decorate."""
        found: dict[str, list[str]] = {}
        for target in sorted(name for name in self._registered.names() if "::" in name):
            function = self.project.function(Symbol(SymbolKind.FUNCTION, target))
            if function is not None:
                text = self.project.source(function.path)[function.facts.start : function.facts.end]
                for table in dict.fromkeys(match.decode() for match in _FILLS.findall(text)):
                    symbol = self.project.resolve(function.path, table)
                    if symbol is not None and symbol.kind is SymbolKind.VARIABLE:
                        found.setdefault(symbol.target, []).append(target)
        return found
