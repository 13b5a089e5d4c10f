"""Parameters and layers of next to no size, which give a module a parameter for an optimizer or to tell the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments, code_in
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId
from initlint.project.inheritance import MODULE
from initlint.project.sight import is_test
from initlint.project.sites import sites, stands_for
from initlint.project.values import Value, is_none

if TYPE_CHECKING:
    from tree_sitter import Node

SIZED = frozenset("empty zeros ones Tensor FloatTensor".split())
"""Functions of torch whose positional arguments are a size."""

FROM_DATA = frozenset({"tensor", "as_tensor"})


class Placeholders(Asking):
    """Which parameters and layers nothing can be meant to compute with."""

    def doubt(self, cls: ClassId, attribute: str) -> str:
        """What suggests a placeholder: no elements, a single one where nothing else has weights, or that code takes the
        parameters of an instance that has no others, as the code under test may do with a model in a test."""
        for body in map(self.bodies.body, self.callers.storing(cls, attribute)):
            sizes = {self._size(node, body) for node in body.stores(attribute)}
            if sizes == {0} or (sizes == {1} and not any(map(self._has_weights, self._others(body, attribute)))):
                return "what holds next to nothing may be there only so that there is a parameter"
            if self._is_only_one(cls, attribute, body):
                if is_test(self.project.classes[cls].path):
                    return "a model in a test may have it only so that it has weights"
                if place := self._parameters_taken(cls):
                    return place
        return ""

    def _is_only_one(self, cls: ClassId, attribute: str, body: Body) -> bool:
        """Whether something with weights is known to be the only definition of its kind in a class."""
        value = self.inference.attribute(Value(exact=frozenset({cls})), attribute)
        if self.project.mro(cls) != (cls, MODULE) or not self._has_weights(value):
            return False
        return not any(map(self._may_have_weights, self._others(body, attribute)))

    def _parameters_taken(self, cls: ClassId) -> str:
        """Where code takes all parameters of an instance of exactly this class, or ""."""
        for method, receiver in self.callers.reading.get("parameters"):
            body = self.bodies.body(method)
            values = (stands_for(site, body, self.inference) for site in sites(body, receiver, "parameters"))
            if any(cls in value.exact for value in values):
                return f"`{receiver}.parameters` in {method.path} is of an instance that has no others"
        return ""

    def _size(self, node: Node, body: Body) -> int | None:
        """The number of elements of a parameter, or of a layer in every direction; None if it is more than one."""
        kinds = [knowledge.module(kind) for kind in self.inference.expression(node, body).exact]
        layers = [known for known in kinds if known is not None and "torch.Tensor" not in known.bases]
        if not layers:
            return _elements(node, body)
        return 1 if all(known.weighted for known in layers) and _is_least(node, body) else None

    def _others(self, body: Body, attribute: str) -> Iterator[Value]:
        """What else the class that makes it defines, except None."""
        assert body.method.owner is not None
        owner = self.project.classes[body.method.owner]
        others = [name for name in sorted(owner.stored - {attribute}) if {*map(is_none, body.stores(name))} != {True}]
        return (self.inference.attribute(Value(exact=frozenset({owner.id})), other) for other in others)

    def _may_have_weights(self, value: Value) -> bool:
        """Whether a value is or contains something that may have weights."""
        inner = value.element is not None and self._may_have_weights(value.element)
        return value.unknown or bool(value.bound) or self._has_weights(value) or inner

    def _has_weights(self, value: Value) -> bool:
        """Whether a value is or contains a module or parameter that can have weights."""
        if value.element is not None:
            return self._has_weights(value.element)
        kinds = [(cls, knowledge.module(cls)) for cls in value.exact]
        return any(
            self.project.is_module(cls)
            if known is None
            else known.weighted or cls in knowledge.CONTAINERS or "torch.Tensor" in known.bases
            for cls, known in kinds
        )


def _elements(node: Node, body: Body) -> int | None:
    """The number of elements of `Parameter(torch.empty(0))`, if it is written out and is zero or one."""
    arguments = call_arguments(node)
    name = body.called(arguments[0]) if arguments else ""
    if not name:
        return None
    given = [child for child in call_arguments(arguments[0]) if child.parent and child.parent.type == "argument_list"]
    parts = [part.strip("()[] ") for child in given for part in body.text(child).split(",")]
    numbers = [part for part in parts if part]
    if name in SIZED and set(numbers) <= {"0", "1"}:
        return 0 if "0" in numbers or not (numbers or given) else 1
    if name in FROM_DATA and len(numbers) <= 1:
        return len(numbers)
    return None


def _is_least(call: Node, body: Body) -> bool:
    """Whether all sizes of a layer are written out and are one: `nn.Linear(1, 1, bias=False)`."""
    children = code_in(call.child_by_field_name("arguments"))
    sizes = [child for child in children if child.type != "keyword_argument"]
    named = [child.child_by_field_name("value") for child in children if child.type == "keyword_argument"]
    sizes += [value for value in named if value is not None and value.type not in ("true", "false", "none")]
    return bool(sizes) and all(body.text(size) == "1" for size in sizes)
