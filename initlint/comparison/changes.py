"""Statements that change definitions elsewhere."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from initlint.comparison.bindings import Assigned, Binding
from initlint.comparison.decorators import ADDING, leaves_alone, parameter_at, passed
from initlint.comparison.names import longest_known
from initlint.comparison.reach import class_key
from initlint.comparison.statements import AMBIENT
from initlint.project.imports import SymbolKind

if TYPE_CHECKING:
    from initlint.comparison.names import Names
    from initlint.comparison.reach import Key
    from initlint.comparison.sketches import Altering
    from initlint.comparison.trees import Trees


class Changes:
    """Which statements change what, in one project. `paths` are the files that are searched for them."""

    def __init__(self, trees: Trees, names: Names, paths: Iterable[str]) -> None:
        self._trees = trees
        self._project = trees.project
        self._sketches = trees.texts.sketches
        self._names = names
        self._paths = sorted(paths)
        self._looked = False
        self._found: dict[str, list[tuple[Key, bool]]] = {}
        self._decorated: dict[str, list[Key]] = {}

    def of(self, target: str, stored: bool = False) -> list[Key]:
        """The statements that may change a class, a function, a variable or a name of torch; with `stored`, those that
        change its contents."""
        self._look()
        found = (*self._found.get(target, ()), *self._found.get(target.partition("::")[0], ()))
        return [key for key, stores in found if stores or not stored]

    def outside(self, known: Set[str]) -> dict[str, list[Key]]:
        """Everything outside of the `known` files that statements elsewhere change, with these statements."""
        self._look()
        outside = {t: found for t, found in self._found.items() if t.partition("::")[0] not in known}
        return {target: [key for key, _ in found] for target, found in outside.items()}

    def decorated(self, key: Key) -> list[Key]:
        """What a function decorates, with the statements that apply it; or the subclasses of a class."""
        target = f"{key[1]}::{key[2]}"
        match key[0]:
            case "function":
                return [*self._decorated.get(target, ()), *self.of(target)]
            case "class":
                return [class_key(each) for each in sorted(self._project.descendants(target)) if each != target]
            case _:
                return []

    def _look(self) -> None:
        """Search the files, then those whose functions they call at module level or use as decorators."""
        if self._looked:
            return
        self._looked = True
        self._sketches.expect(self._project.source(path) for path in self._paths if path in self._project.own)
        pending = deque(self._paths)
        seen = set(self._paths)
        while pending:
            path = pending.popleft()
            called = dict.fromkeys(self._noted(path)) if path in self._project.own else {}
            pending += [each for each in called if each not in seen]
            seen.update(called)

    def _noted(self, path: str) -> Iterator[str]:
        """Note what the statements of a file change; yield the files of the functions that do so."""
        for statement in self._sketches.of(self._project.source(path)).altering:
            if statement.kind:
                yield from self._note_decorators(path, statement)
            if statement.kind == "class":
                hook = self._project.method(f"{path}::{statement.name}", "__init_subclass__")
                yield from [hook.path] if hook is not None else []
            for name, stores in statement.altered:
                yield from self._note_change(path, name, stores, statement)

    def _note_decorators(self, path: str, definition: Altering) -> Iterator[str]:
        """A decorator may store what it decorates somewhere; a method, in its object."""
        for name in definition.decorators:
            symbol, rest = longest_known(self._project, path, name)
            if symbol is None or symbol.kind in (SymbolKind.EXTERNAL, SymbolKind.MODULE):
                continue
            yield symbol.target.partition("::")[0]
            if rest or symbol.kind is SymbolKind.VARIABLE:
                stores = symbol.kind is SymbolKind.FUNCTION
                self._found.setdefault(symbol.target, []).append((definition.key(path), stores))
            elif symbol.kind is SymbolKind.FUNCTION:
                self._decorated.setdefault(symbol.target, []).append(definition.key(path))

    def _note_change(self, path: str, name: str, stores: bool, statement: Altering) -> Iterator[str]:
        symbol, _ = longest_known(self._project, path, name)
        if symbol is None or (symbol.kind is SymbolKind.MODULE and not stores):
            return
        foreign = symbol.kind is SymbolKind.EXTERNAL
        if foreign and symbol.target.startswith(AMBIENT):
            self._found.setdefault(AMBIENT, []).append((statement.key(path), stores))
        own = symbol.kind is SymbolKind.VARIABLE and symbol.target.startswith(f"{path}::")
        if (own and not statement.inside) or (foreign and not stores):
            return
        given = symbol.kind is SymbolKind.CLASS and not stores
        if given and self._only_kept(path, name, self._trees.tree(path).body[statement.place]):
            return
        for target in (symbol.target, symbol.target.rpartition(".")[0])[: 1 + foreign]:
            self._found.setdefault(target, []).append((statement.key(path), stores))
        if symbol.kind is SymbolKind.FUNCTION:
            yield symbol.target.partition("::")[0]

    def _only_kept(self, path: str, name: str, statement: ast.stmt) -> bool:
        """Whether a name is passed only to functions and collections that leave its value unchanged."""
        nodes = [*ast.walk(statement)]
        uses = [each for each in nodes if isinstance(each, ast.Name) and each.id == name.partition(".")[0]]
        calls = [each for each in nodes if isinstance(each, ast.Call)]
        return len(uses) == sum(len(passed(each, name)) for each in calls if self._keeps_as_is(path, name, each))

    def _keeps_as_is(self, path: str, name: str, call: ast.Call) -> bool:
        """Whether a call leaves the value of a name unchanged."""
        match call.func:
            case ast.Attribute(value=ast.Name(id=holder), attr=method) if method in ADDING:
                return _is_collection(self._names.binding(path, holder))
            case ast.Name(id=callee):
                found, _ = self._names.lead(path, callee)
                function = self._at_module_level(found) if found is not None and found[0] == "function" else None
                return function is not None and all(
                    leaves_alone(function, parameter_at(function, place)) for place in passed(call, name)
                )
            case _:
                return False

    def _at_module_level(self, key: Key) -> ast.FunctionDef | None:
        """The only function of this name at module level."""
        method = self._trees.named_function(key[1], key[2])
        return self._trees.function(method) if method is not None else None


def _is_collection(found: Binding | None) -> bool:
    """Whether a name stands for a list, set or dictionary of Python's own."""
    match found:
        case Assigned(value=ast.List() | ast.Set() | ast.Dict()):
            return True
        case Assigned(value=ast.Call(func=ast.Name(id="list" | "set" | "dict"))):
            return True
        case _:
            return False
