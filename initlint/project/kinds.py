"""The kind of a definition: a submodule, a parameter or a buffer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.model import Kind
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, by_place
from initlint.project.inference import Inference
from initlint.project.values import Value

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CALLS = 3
"""How deep functions are searched for a tensor."""


class Kinds(Asking):
    """Kinds of definitions, inferred from the values that construction gives them."""

    def __init__(self, inference: Inference, admitted: Mapping[ClassId, Mapping[str, Kind]]) -> None:
        super().__init__(inference)
        self._admitted = admitted

    def of(self, cls: ClassId, attribute: str) -> Kind:
        """The kind of a definition; a submodule if it cannot be known."""
        told = self._admitted.get(cls, {}).get(attribute)
        if told is not None:
            return Kind.PARAMETER if told is Kind.TENSOR else told
        if self._is_submodule(cls, attribute):
            return Kind.SUBMODULE
        return Kind.BUFFER if self.registered(cls, attribute) else Kind.PARAMETER

    def registered(self, cls: ClassId, attribute: str) -> bool:
        """Whether all code that sets an attribute registers it as a buffer."""
        methods = self.callers.storing(cls, attribute)
        stores = [store for method in methods for store in method.facts.stores if store.attribute == attribute]
        registered = (any(callee.endswith(".register_buffer") for callee in store.callees) for store in stores)
        return bool(stores) and all(registered)

    def lacks_buffers(self, cls: ClassId, attribute: str) -> bool:
        """Whether a submodule certainly has no buffers: a layer of torch, or a container of such layers."""
        return _lacks_buffers(self.inference.attribute(Value(bound=frozenset({cls})), attribute))

    def _is_submodule(self, cls: ClassId, attribute: str) -> bool:
        """Whether a definition is or may be a module, and is not certainly a parameter or tensor."""
        value = self.inference.attribute(Value(bound=frozenset({cls})), attribute)
        if value.unknown or value.bound:
            return True
        if not value.exact:
            plain = value.element is not None or value.functions or value.classes
            return not plain and not self._is_computed(cls, attribute)
        kinds = [knowledge.module(kind) for kind in value.exact]
        return any(known is None or "torch.Tensor" not in known.bases for known in kinds)

    def _is_computed(self, cls: ClassId, attribute: str) -> bool:
        """Whether a function of torch makes the attribute's value: a tensor."""
        bodies = map(self.bodies.body, self.callers.storing(cls, attribute))
        return any(self._computes(node, body) for body in bodies for node in body.stores(attribute))

    def _computes(self, node: Node, body: Body, depth: int = 0) -> bool:
        """Whether a function of torch contributes to a value, perhaps inside of functions of the project."""
        calls = self.callers.of(body.method) if depth < MAX_CALLS and body.text(node) in body.parameters else None
        for caller, call in calls or ():
            argument = self.callers.argument(body.text(node), body, call, caller)
            if argument is not None and self._computes(argument, caller, depth + 1):
                return True
        for call in body.makers(node):
            function = call.child_by_field_name("function")
            symbol = self.inference.static(function, body) if function is not None else None
            if symbol is not None and knowledge.function(symbol.target) is not None:
                return True
            called = self.inference.expression(function, body).functions if depth < MAX_CALLS else ()
            bodies = map(self.bodies.body, by_place(called))
            if any(self._computes(result, inner, depth + 1) for inner in bodies for result in inner.returns):
                return True
        return False


def _lacks_buffers(value: Value) -> bool:
    """Whether everything that a value can be, or contains, has weights and no buffers."""
    if value.unknown or value.bound or not value.exact:
        return False
    if value.element is not None:
        return value.exact <= knowledge.CONTAINERS and _lacks_buffers(replace(value.element, element=None))
    kinds = map(knowledge.module, value.exact)
    return all(kind is not None and kind.weighted and "running_mean" not in kind.attributes for kind in kinds)
