"""What an enclosing class draws for its parts: `_init_weights(self, module)` with a test of the class.

Such code runs after the constructor of the whole, for every part, including dead ones.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.imports import SymbolKind
from initlint.project.roles import initialises
from initlint.project.sites import named
from initlint.project.values import Value
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


class Enclosing(Asking):
    """Which definitions are filled at random by an initialisation of whatever holds an instance."""

    def draws(self, cls: ClassId, attribute: str) -> bool:
        """Whether such code draws for a parameter, or for a parameter of the module that the attribute is."""
        if self._fills(cls, attribute):
            return True
        held = self.inference.attribute(Value(exact=frozenset({cls})), attribute)
        parts = [part for part in held.exact if part in self.project.classes and self.project.is_module(part)]
        return bool(parts) and not held.unknown and all(self._fills_any(part) for part in parts)

    def _fills_any(self, cls: ClassId) -> bool:
        names = frozenset().union(*(info.stored for info in self.project.lineage(cls)))
        return any(self._fills(cls, name) for name in sorted(names) if "*" not in name)

    def _fills(self, cls: ClassId, attribute: str) -> bool:
        return not self._filled(attribute).isdisjoint(self.project.mro(cls))

    @remembered
    def _filled(self, attribute: str) -> frozenset[ClassId]:
        """The classes whose instances have an attribute that an initialising function fills at random."""
        reading = {_place(method) for method, _ in self.callers.reading.get(attribute)}
        bodies = [self.bodies.body(method) for method in self._testing if _place(method) in reading]
        sites = ((site, body) for body in bodies for site in named(body, attribute))
        filled = ((site.owner, body) for site, body in sites if self._is_filled(site.node, body))
        tested = (self.inference.narrowed(owner, body) for owner, body in filled)
        return frozenset(cls for value in tested if value is not None for cls in value.bound)

    @functools.cached_property
    def _testing(self) -> list[Method]:
        """The initialising functions that test the class of their argument."""
        calling = self.callers.calling.get("isinstance")
        return [method for method in calling if initialises(self.project, method.facts.name)]

    def _is_filled(self, node: Node, body: Body) -> bool:
        """Whether a tensor is the first argument of a function that draws, or calls a method that does."""
        while (parent := node.parent) is not None and parent.type == "attribute":
            if knowledge.tensor_method_draws(body.text(parent).rpartition(".")[2]):
                return parent.parent is not None and parent.parent.type == "call"
            node = parent
        call = parent.parent if parent is not None and parent.type == "argument_list" else None
        function = call.child_by_field_name("function") if call is not None and call.type == "call" else None
        if call is None or function is None or call_arguments(call)[:1] != [node]:
            return False
        symbol = self.inference.static(function, body)
        if symbol is None or symbol.kind is SymbolKind.CLASS:
            return False
        known = knowledge.initialiser(symbol.target.replace("::", "."))
        return known is not None and known.draws


def _place(method: Method) -> tuple[str, ClassId | None, str]:
    """The place of a function, or of the one around it, to which nested code belongs."""
    return method.path, method.owner, method.facts.name.partition(".<locals>.")[0]
