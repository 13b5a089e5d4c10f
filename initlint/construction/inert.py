"""Functions that no construction needs to follow: nothing in them, or in what they call, can build or draw anything."""

from __future__ import annotations

import builtins

from initlint.construction import knowledge
from initlint.facts.records import Function
from initlint.project.classes import Method, Project
from initlint.project.imports import Symbol, SymbolKind


class Inert:
    """Answers from the facts alone, memoised; a function that is in doubt is not inert."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, int, str], bool] = {}

    def __call__(self, method: Method) -> bool:
        """Whether a plain function neither builds, draws nor hands out what builds or draws."""
        if method.id not in self._known:
            self._known[method.id] = True
            self._known[method.id] = not any(
                self._matters(method.path, facts) for facts in (method.facts, *self._nested(method))
            )
        return self._known[method.id]

    def _nested(self, method: Method) -> list[Function]:
        prefix = method.facts.name + ".<locals>."
        return [f for f in self.project.files[method.path].functions if f.name.startswith(prefix)]

    def _matters(self, path: str, facts: Function) -> bool:
        names = [*facts.mentions, *(f"{owner}.{name}" for owner, read in facts.reads.items() for name in read)]
        if any(knowledge.tensor_method_draws(name) for read in facts.reads.values() for name in read):
            return True
        return any(self._builds(path, name, called=False) for name in names) or any(
            self._builds(path, name, called=True) for name in facts.calls
        )

    def _builds(self, path: str, name: str, called: bool) -> bool:
        symbol = self.project.resolve(path, name)
        if symbol is None:
            return called and not hasattr(builtins, name)
        return self._is_builder(symbol)

    def _is_builder(self, symbol: Symbol) -> bool:
        match symbol.kind:
            case SymbolKind.FUNCTION:
                function = self.project.function(symbol)
                return function is None or not self(function)
            case SymbolKind.CLASS:
                return self.project.is_module(symbol.target)
            case SymbolKind.EXTERNAL:
                known = knowledge.function(symbol.target)
                return knowledge.module(symbol.target) is not None or (known is not None and known.draws)
            case SymbolKind.VARIABLE:
                return True
            case SymbolKind.MODULE:
                return False
