"""What a name can be: a local variable, a parameter, or what the Python module binds it to."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments
from initlint.project.asking import Asking
from initlint.project.bindings import Binding, Origin, holding
from initlint.project.bodies import Body
from initlint.project.callers import SPLATS
from initlint.project.classes import ClassId
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.inheritance import MODULE
from initlint.project.narrowing import asserted_classes
from initlint.project.values import NOTHING, UNKNOWN, Value, filled, is_none, union

if TYPE_CHECKING:
    from tree_sitter import Node

NUMBERS = frozenset({"integer", "float", "true", "false"})
"""Defaults that show what a parameter is: no module can take the place of a number or a truth value."""


class Variables(Asking):
    """The values of names, for the inference."""

    def name(self, node: Node, body: Body) -> Value:
        """The value of a name that `body` uses: local, from an enclosing function, or from the Python module."""
        name, scope = body.text(node), body
        while name not in scope.bindings:
            if scope.parent is None:
                return self.module_name(name, body)
            scope = scope.parent
        bound = scope.bindings[name]
        held = holding(bound, node) if scope is body else bound
        places = () if held is bound else tuple(each.node.start_byte for each in held if each.node is not None)
        return self.inference.settling.once((scope.method.id, name, *places), self._local, name, held, scope)

    def _local(self, name: str, bound: Sequence[Binding], body: Body) -> Value:
        value = union(self._bound(name, binding, body) for binding in bound)
        if value.element is not None:
            value = self.inference.with_filling(value, name, body)
            value = filled(value) if all(_is_empty(binding.node) for binding in bound) else value
        return replace(value, unknown=False) if value.unknown and name in body.operands else value

    def _bound(self, name: str, binding: Binding, body: Body) -> Value:
        match binding.origin:
            case Origin.PARAMETER:
                return self.parameter(name, body)
            case Origin.OPAQUE:
                return NOTHING
            case Origin.UNSEEN:
                return UNKNOWN
            case Origin.VALUE:
                return self.inference.unpacked(binding.node, binding.path, body)
            case Origin.ELEMENT:
                return self._iterated(binding, body)
            case Origin.REST:
                return Value(element=self.inference.item(self.inference.unpacked(binding.node, binding.path, body)))

    def _iterated(self, binding: Binding, body: Body) -> Value:
        """The element of an iterable, also through enumerate, zip and items."""
        node, path = binding.node, binding.path
        if node is not None and node.type == "call":
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            callee = body.called(node)
            if callee == "enumerate" and arguments:
                return NOTHING if path[:1] == (0,) else self._element(arguments[0], path[1:], body)
            if callee == "zip" and path and path[0] < len(arguments):
                return self._element(arguments[path[0]], path[1:], body)
            if callee in ("items", "named_children", "named_modules") and path and function is not None:
                if path[0] == 0:
                    return NOTHING if callee != "items" else Value(strings=self._keys(function, body))
                return self._iterated_items(function, callee, body)
        return self._element(node, path, body)

    def _keys(self, function: Node, body: Body) -> frozenset[str]:
        owner = function.child_by_field_name("object")
        return self.inference.expression(owner, body).strings if owner is not None else frozenset()

    def _iterated_items(self, function: Node, callee: str, body: Body) -> Value:
        owner = function.child_by_field_name("object")
        if owner is None:
            return UNKNOWN
        value = self.inference.expression(owner, body)
        return self.inference.item(value) if callee == "items" else self.inference.submodules(value)

    def _element(self, node: Node | None, path: tuple[int, ...], body: Body) -> Value:
        value = self.inference.item(self.inference.expression(node, body))
        for _ in path:
            value = self.inference.item(value)
        return value

    def module_name(self, name: str, body: Body) -> Value:
        if name == "__class__" and body.method.owner:
            return Value(classes=frozenset({body.method.owner}))
        symbol = self.project.resolve(body.method.path, name, body.inside)
        if symbol is not None:
            return self.symbol(symbol, body)
        return self._global(body.method.path, name) if not hasattr(builtins, name) else NOTHING

    def _global(self, path: str, name: str) -> Value:
        """A variable at module level."""
        if path not in self.project.files or name not in self.project.modules.variables(path):
            return UNKNOWN
        module = self.bodies.of_module(path)
        if name not in module.bindings:
            return UNKNOWN
        if all(is_none(binding.node) for binding in module.bindings[name]):
            return UNKNOWN
        value = filled(self.inference.settling.once((path, name), self._local, name, module.bindings[name], module))
        return union([value, UNKNOWN]) if self._is_rebound(path, name) else value

    def _is_rebound(self, path: str, name: str) -> bool:
        """Whether a function assigns another value to a variable at module level."""
        statement = rb"^\s*global\b[^\n]*\b" + re.escape(name).encode() + rb"\b"
        return re.search(statement, self.project.source(path), re.MULTILINE) is not None

    def symbol(self, symbol: Symbol, body: Body) -> Value:
        match symbol.kind:
            case SymbolKind.CLASS:
                return Value(classes=frozenset({symbol.target}))
            case SymbolKind.FUNCTION:
                function = self.project.function(symbol)
                return Value(functions=frozenset({function})) if function else UNKNOWN
            case SymbolKind.VARIABLE:
                path, _, name = symbol.target.partition("::")
                return self._global(path, name)
            case SymbolKind.EXTERNAL:
                known = knowledge.module(symbol.target)
                return Value(classes=frozenset({symbol.target})) if known else NOTHING
            case SymbolKind.MODULE:
                return NOTHING

    def parameter(self, name: str, body: Body) -> Value:
        """The value of a parameter: its annotation, or else its default and what the project's calls pass."""
        facts, owner = body.method.facts, body.method.owner
        if name == facts.instance and owner and "<locals>" not in facts.name:
            own = Value(bound=frozenset({owner}), unknown=self.callers.is_lent(body.method))
            return UNKNOWN if self.project.is_metaclass(owner) else own
        node = body.parameters.get(name)
        if node is None:
            return Value(element=UNKNOWN) if {f"*{name}", f"**{name}"} & body.parameters.keys() else NOTHING
        if owner and name == next(iter(body.parameters)) and "<locals>" not in facts.name:
            if "classmethod" in facts.decorators or facts.name == "__new__":
                return self.inference.annotations.classes_under(owner)
            if "staticmethod" in facts.decorators and self._is_autograd_function(owner):
                return NOTHING
        if decorated := self._decorated(name, body):
            return decorated
        annotation = node.child_by_field_name("type")
        if annotation is not None:
            annotated = self.inference.annotations.annotation(body.text(annotation), body)
            if annotated is not UNKNOWN:
                return self._narrowed_by_calls(annotated, name, body)
        asserted = asserted_classes(name, body)
        if asserted is not None and (instance := self.inference.instance_of(asserted, body)) is not None:
            return instance
        return self._passed_or_default(name, node.child_by_field_name("value"), body)

    def _passed_or_default(self, name: str, default: Node | None, body: Body) -> Value:
        passed = self._passed(name, body)
        if default is None:
            return passed
        if default.type in NUMBERS:
            return replace(passed, unknown=False)
        return union([passed, self.inference.expression(default, body)])

    def _narrowed_by_calls(self, annotated: Value, name: str, body: Body) -> Value:
        """If the annotation only says "a module", the calls of a private function show which one."""
        if annotated.bound != {MODULE} or not body.method.private:
            return annotated
        passed = self._passed(name, body)
        return passed if passed.instances and not passed.unknown else annotated

    def _is_autograd_function(self, cls: ClassId) -> bool:
        info = self.project.classes[cls]
        symbols = [self.project.resolve(info.path, base) for base in info.facts.bases]
        return any(symbol is not None and symbol.target == "torch.autograd.Function" for symbol in symbols)

    def _decorated(self, name: str, body: Body) -> Value | None:
        """The first parameter of a wrapper is an instance of the classes whose methods its decorator wraps."""
        outer, nested, _ = body.method.facts.name.partition(".<locals>.")
        if not nested or body.method.owner or name != next(iter(body.parameters), ""):
            return None
        decorated = self.callers.decorating.get(f"{body.method.path}::{outer}")
        classes = frozenset(method.owner for method, _ in decorated if method.owner)
        return Value(bound=classes) if classes and self.callers.of(body.method) is None else None

    def _passed(self, name: str, body: Body) -> Value:
        """What the project's calls pass for a parameter."""
        return self.inference.settling.once(("calls", body.method.id, name), self._of_calls, name, body)

    def _of_calls(self, name: str, body: Body) -> Value:
        calls = self.callers.of(body.method)
        if calls is None or not calls:
            return UNKNOWN
        return union(self._argument(name, body, call, caller) for caller, call in calls)

    def _argument(self, name: str, body: Body, call: Node, caller: Body) -> Value:
        node = self.callers.argument(name, body, call, caller)
        return UNKNOWN if node is not None and node.type in SPLATS else self.inference.expression(node, caller)


def _is_empty(node: Node | None) -> bool:
    """Whether an expression makes an empty container."""
    if node is None or node.type not in ("list", "dictionary", "call"):
        return False
    return not (call_arguments(node) if node.type == "call" else node.named_children)
