"""Where construction stores the value of a definition: the other names of the same object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.receivers import normalise
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.calls import CONTAINERS
from initlint.project.classes import ClassId, Method, by_place
from initlint.project.flows import USED, Trace, is_statement
from initlint.project.gathered import sources
from initlint.project.stored import named_along

if TYPE_CHECKING:
    from tree_sitter import Node

_TORCH_FUNCTION = re.compile(r"torch\.\w+")


class Aliases(Asking):
    """The other names of definitions."""

    def of(self, cls: ClassId, attribute: str) -> Iterator[str]:
        """Other names that construction gives the same object."""
        for method in self.callers.storing(cls, attribute):
            body = self.bodies.body(method)
            for target in body.chained(attribute):
                yield from self._kept_by(target, body)
            yield from self._shared(body, attribute)

    def _kept_by(self, target: Node, body: Body) -> Iterator[str]:
        """The attribute that an assignment target is or belongs to, or that a local name is stored as; "*" for anything
        else."""
        instance = body.method.facts.instance
        if target.type == "identifier":
            yield from self._kept(body.text(target), body)
        else:
            owner, *path = normalise(body.text(target)).split(".")
            yield path[0].removesuffix("[]") if owner == instance and path else "*"

    def _shared(self, body: Body, attribute: str) -> Iterator[str]:
        """The other attributes that are, or get, what this one gets; "*" if that goes elsewhere."""
        for node in body.stores(attribute):
            yield from self._registered(node, body, attribute)
            holder = _holder(node)
            if holder.type == "attribute" and body.text(holder.named_children[0]) == body.method.facts.instance:
                yield body.text(holder).rpartition(".")[2]
            if holder.type == "identifier":
                apart = holder != node or named_along(node, body)
                yield from self._kept(body.text(holder), body, holder if apart else None)

    def _registered(self, node: Node, body: Body, attribute: str) -> Iterator[str]:
        """`nn.ModuleList(self.parts)` registers the items of the list `self.parts`, and is needed as long as that is
        read.

        The same holds for a local name that construction also stores elsewhere, and for a list whose items are all
        stored.
        """
        function = node.child_by_field_name("function") if node.type == "call" else None
        classes = self.inference.expression(function, body).classes if function is not None else frozenset[ClassId]()
        held = CONTAINERS.intersection(*map(self.project.mro, classes)) if classes else frozenset[str]()
        for argument in call_arguments(node) if held else ():
            if not all(self._takes(cls, node, argument) for cls in classes):
                continue
            written = argument.type in ("list", "tuple")
            items = argument.named_children if written else [argument]
            whole = not written and held != {"torch.nn.Sequential"}
            holding = [set(self.holding(item, body, whole)) - {attribute} for item in items]
            yield from sorted(set().union(*holding)) if all(holding) else ()

    def _takes(self, cls: ClassId, call: Node, argument: Node) -> bool:
        """Whether a container gets its constructor's argument unchanged; one of the project may build its own items."""
        method = self.project.method(cls, "__init__")
        if method is None:
            return True
        body = self.bodies.body(method)
        name = body.parameter_given(call, argument)
        calls = (node for node in body.nodes("call") if body.text(node).startswith("super"))
        passed = (source for call in calls for given in call_arguments(call) for source in sources(given, body))
        return name is not None and name in map(body.text, passed)

    def holding(self, item: Node, body: Body, whole: bool) -> Iterator[str]:
        """The attributes that hold a container's argument; one that is a module only if the whole argument is given.

        A name of a function around the class is held by that function: "*".
        """
        instance = body.method.facts.instance
        for source in sources(item, body):
            given = whole and source == item
            if source.type == "attribute" and (given or not self.inference.expression(source, body).instances):
                yield body.text(source).rpartition(".")[2]
            elif body.text(source) in body.bindings and body.text(source) != instance:
                yield from self._kept(body.text(source), body, source)
            elif source.type == "identifier" and body.parent is not None and body.parent.hides(body.text(source)):
                yield "*"

    def _kept(self, name: str, body: Body, but: Node | None = None) -> Iterator[str]:
        """The attributes that get the value of a local name, except in one place; "*" if it is used otherwise."""
        for flow in self.trace(body).name(name, but):
            if flow.use in USED:
                yield flow.target or "*"

    def trace(self, body: Body) -> Trace:
        """A trace through a body that knows what the functions of the project do with their arguments."""
        return Trace(body, self._ignores, self._is_plain)

    def _is_plain(self, node: Node, body: Body) -> bool:
        """Whether an attribute is a number or the like: no module, and no tensor that its owner computes."""
        value = self.inference.expression(node, body)
        if value.unknown or value.instances or value.element is not None:
            return False
        owners, name = self.inference.expression(node.named_children[0], body).exact, body.text(node).rpartition(".")[2]
        storing = (method for cls in sorted(owners) for method in self.callers.storing(cls, name))
        return not any(
            self._is_computed(each, inner) for inner in map(self.bodies.body, storing) for each in inner.stores(name)
        )

    def _is_computed(self, node: Node, body: Body) -> bool:
        """Whether a function of torch contributes to a value: `torch.arange(dim) / dim`."""
        functions = (call.child_by_field_name("function") for call in body.makers(node))
        symbols = (self.inference.static(function, body) for function in functions if function is not None)
        return any(symbol is not None and _TORCH_FUNCTION.fullmatch(symbol.target) for symbol in symbols)

    def _ignores(self, call: Node, argument: Node, body: Body) -> bool:
        """Whether a constructor or function of the project never mentions the parameter for this argument.

        `parametrize.register_parametrization(self.x, ...)` only changes its first argument.
        """
        function = call.child_by_field_name("function")
        if function is None or body.text(function).startswith("super("):
            return False
        if call_arguments(call)[:1] == [argument] and is_statement(call):
            symbol = self.inference.static(function, body)
            if symbol is not None and symbol.target.startswith("torch.nn.utils."):
                return True
        value = self.inference.expression(function, body)
        built = [self.project.method(cls, "__init__") for cls in sorted(value.classes)]
        called = [*built, *by_place(value.functions)]
        if value.unknown or not called:
            return False
        return all(method is not None and self._unmentioned(method, call, argument) for method in called)

    def _unmentioned(self, method: Method, call: Node, argument: Node) -> bool:
        body = self.bodies.body(method)
        name = body.parameter_given(call, argument)
        return name is not None and not body.mentions(name)


def _holder(node: Node) -> Node:
    """What an expression is taken out of: `self.layers` for `self.layers[-1]`."""
    value = node.child_by_field_name("value") if node.type == "subscript" else None
    return _holder(value) if value is not None else node
