"""Code that no construction needs to follow: nothing in it, or in what it calls, can build, draw or assign anything."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.construction.methods import METHODS, PLAIN
from initlint.construction.values import (
    ClassObject,
    Closure,
    Group,
    ProjectFunction,
    Table,
    TorchFunction,
    Value,
    options,
)
from initlint.facts.records import Function
from initlint.facts.vocabulary import SAME_MODULE
from initlint.project.classes import Method
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.project import Project

if TYPE_CHECKING:
    from initlint.project.classes import ClassId

ACTS = METHODS - PLAIN - SAME_MODULE | {"__init__", "__setattr__", "setattr"}
"""Methods that build, register or fill."""

_ROOT = re.compile(r"\w+")


class Inert:
    """Answers from the facts alone, memoised; a function in doubt is not inert.

    `variable` gives the value of a module-level name, which may be a table of classes.
    """

    def __init__(self, project: Project, variable: Callable[[str, str], Value]) -> None:
        self.project = project
        self._variable = variable
        self._known: dict[tuple[object, ...], bool] = {}

    def function(self, method: Method) -> bool:
        """Whether a plain function neither builds, draws, nor returns anything that builds or draws."""
        key = (method.id, method.facts.name)
        if key not in self._known:
            self._known[key] = True
            pieces = (method.facts, *self._nested(method))
            local = frozenset(piece.name.rpartition(".")[2] for piece in pieces)
            self._known[key] = not (
                self._defines_module(method) or any(self._matters(method.path, facts, local) for facts in pieces)
            )
        return self._known[key]

    def method(self, cls: ClassId, method: Method) -> bool:
        """Whether a method that runs on an instance of `cls` only inspects it."""
        key = (cls, method.id)
        if key not in self._known:
            self._known[key] = True
            self._known[key] = not self._changes(cls, method) and not self._matters(method.path, method.facts)
        return self._known[key]

    def _changes(self, cls: ClassId, method: Method) -> bool:
        """Whether a method, or what it calls, assigns to the instance or its parts, or stores its arguments."""
        facts = method.facts
        if facts.stores or facts.instance in facts.mentions or self._has_nested(cls, facts.name):
            return True
        for receiver, names in facts.reads.items():
            if _ROOT.match(receiver) and receiver.startswith((facts.instance, "super()")):
                own = receiver in (facts.instance, "super()")
                if any(name in ACTS or (own and self._calls_on(cls, method, receiver, name)) for name in names):
                    return True
        return False

    def _calls_on(self, cls: ClassId, method: Method, receiver: str, name: str) -> bool:
        found = self.project.method(cls, name, after=method.owner if receiver == "super()" else None)
        return found is not None and not self.method(cls, found)

    def _has_nested(self, cls: ClassId, name: str) -> bool:
        prefix = f"{name}.<locals>."
        methods = (facts for info in self.project.lineage(cls) for facts in info.facts.methods)
        return any(facts.name.startswith(prefix) for facts in methods)

    def _defines_module(self, method: Method) -> bool:
        """Whether a function contains a class of modules."""
        prefix = f"{method.facts.name}.<locals>."
        names = (cls.qualname for cls in self.project.files[method.path].classes)
        ids = (f"{method.path}::{name}" for name in names if name.startswith(prefix))
        return any(self._is_builder(Symbol(SymbolKind.CLASS, id)) for id in ids)

    def _nested(self, method: Method) -> Iterator[Function]:
        prefix = f"{method.facts.name}.<locals>."
        return (f for f in self.project.files[method.path].functions if f.name.startswith(prefix))

    def _matters(self, path: str, facts: Function, local: frozenset[str] = frozenset()) -> bool:
        if facts.stores or any(knowledge.tensor_method_draws(name) for read in facts.reads.values() for name in read):
            return True
        dotted = (f"{receiver}.{name}" for receiver, read in facts.reads.items() for name in read)
        roots = (match.group() for receiver in facts.reads if (match := _ROOT.match(receiver)))
        names = {*facts.mentions, *dotted, *roots} - local
        return any(self._builds(path, name, called=False) for name in sorted(names)) or any(
            self._builds(path, name, called=True) for name in facts.calls if name not in local
        )

    def _builds(self, path: str, name: str, called: bool) -> bool:
        symbol = self.project.resolve(path, name)
        if symbol is not None:
            return self._is_builder(symbol)
        if called:
            return not hasattr(builtins, name)
        return "." not in name and _builds(self._variable(path, name))

    def _is_builder(self, symbol: Symbol) -> bool:
        match symbol.kind:
            case SymbolKind.FUNCTION:
                function = self.project.function(symbol)
                return function is None or not self.function(function)
            case SymbolKind.CLASS:
                return self.project.is_module(symbol.target) or bool(self.project.unresolved_bases(symbol.target))
            case SymbolKind.EXTERNAL:
                known = knowledge.function(symbol.target)
                table = self.project.tables.classes(symbol.target.rpartition(".")[0])
                return bool(table or knowledge.module(symbol.target)) or (known is not None and known.draws)
            case SymbolKind.VARIABLE:
                path, _, name = symbol.target.partition("::")
                return _builds(self._variable(path, name))
            case SymbolKind.MODULE:
                return False


def _builds(value: Value) -> bool:
    """Whether a module-level value is, or contains, something that builds when it is called."""
    return any(
        isinstance(option, ClassObject | Table | TorchFunction | ProjectFunction | Closure)
        or (isinstance(option, Group) and (option.instantiates or any(_builds(item) for _, item in option.items)))
        for option in options(value)
    )
