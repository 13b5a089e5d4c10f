"""What an expression can be, from the code around it.

variables.py answers for names, members.py for attributes, calls.py for calls; each asks back here for their parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.facts.arguments import code_in
from initlint.facts.spelled import DISPLAYS
from initlint.project.annotations import Annotations
from initlint.project.bindings import Path
from initlint.project.bodies import Bodies, Body
from initlint.project.callers import Callers
from initlint.project.calls import CONTAINERS, Calls
from initlint.project.classes import ClassId, Method
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.inheritance import MODULE
from initlint.project.members import Members
from initlint.project.narrowing import tested_classes
from initlint.project.project import Project
from initlint.project.settling import Settling
from initlint.project.stored import WRITTEN_OUT
from initlint.project.values import NOTHING, UNKNOWN, Value, union
from initlint.project.variables import Variables

if TYPE_CHECKING:
    from tree_sitter import Node

SAME_AS_PARTS = frozenset(
    "parenthesized_expression await list_splat dictionary_splat yield type boolean_operator".split()
)
COMPREHENSIONS = frozenset("list_comprehension generator_expression set_comprehension".split())

FEW = 8
"""The number of items of a list that are distinguished."""

NARROWED = frozenset({"identifier", "attribute", "subscript", "call"})
"""Expressions that an `isinstance` test can narrow."""


class Inference:
    """Values of expressions, on demand and memoised."""

    def __init__(self, project: Project, bodies: Bodies, callers: Callers) -> None:
        self.project = project
        self.bodies = bodies
        self.callers = callers
        self.annotations = Annotations(project, bodies)
        self.calls = Calls(self)
        self.settling = Settling()
        self.variables = Variables(self)
        self.members = Members(self)

    def attribute(self, value: Value, name: str) -> Value:
        """The value of `value.name`."""
        return self.members.attribute(value, name)

    def unpacked(self, node: Node | None, path: Path, body: Body) -> Value:
        """The value at the positions in an expression."""
        value = self.expression(node, body)
        for index in path:
            if node is not None and node.type in WRITTEN_OUT:
                children = node.named_children
                node = children[index] if -len(children) <= index < len(children) else None
                value = self.expression(node, body) if node is not None else UNKNOWN
            else:
                placed = -len(value.items) <= index < len(value.items)
                node, value = None, value.items[index] if placed else self.item(value)
        return value

    def with_filling(self, value: Value, owner: str, body: Body) -> Value:
        """A container with what a body puts into it; a reordered one keeps no positions."""
        if body.reorders(owner):
            value = replace(value, items=())
        added = [self.expression(node, body) for node in body.filled(owner)]
        if not added:
            return value
        held = union(part for item in added for part in (replace(item, element=None), item.element or NOTHING))
        return union([value, Value(element=held)])

    def submodules(self, value: Value) -> Value:
        """What `modules()` and `children()` of a value yield: any module at all."""
        return Value(bound=frozenset({MODULE})) if value.unknown or value.instances else NOTHING

    def item(self, value: Value) -> Value:
        """The result of iterating over a value or subscribing it."""
        parts = [value.element] if value.element is not None else []
        parts += [part for cls in sorted(value.instances) for part in self._items_of(cls, value.element is not None)]
        parts += [Value(exact=frozenset({cls})) for cls in sorted(value.classes) if self.project.is_enumeration(cls)]
        if value.unknown:
            parts.append(UNKNOWN)
        return union(parts)

    def expression(self, node: Node | None, body: Body) -> Value:
        """The value of an expression in the scope of `body`."""
        if node is None:
            return NOTHING
        key = ("node", body.method.id, node.start_byte, node.end_byte, node.type)
        return self.settling.once(key, self._expression, node, body)

    def _expression(self, node: Node, body: Body) -> Value:
        kind = node.type
        if kind in NARROWED and "isinstance" in body.method.facts.calls:
            narrowed = self.narrowed(node, body)
            if narrowed is not None:
                return narrowed
        if kind in SAME_AS_PARTS:
            return union(self.expression(child, body) for child in node.named_children)
        if kind in DISPLAYS:
            return self._display(node, body)
        if kind in COMPREHENSIONS:
            return Value(element=self.expression(node.child_by_field_name("body"), body))
        if kind == "identifier":
            return self.variables.name(node, body)
        if kind == "subscript":
            return self._subscript(node, body)
        if kind == "call":
            return self.calls.value(node, body)
        return self._less_common(node, body)

    def _display(self, node: Node, body: Body) -> Value:
        """A list or tuple display; in a short one each item is known by its position."""
        written = code_in(node)
        parts = tuple(self._part(child, body) for child in written)
        placed = node.type != "set" and len(parts) <= FEW and not any(map(_is_starred, written))
        return Value(element=union(parts), items=parts if placed else ())

    def _part(self, node: Node, body: Body) -> Value:
        """What one of the expressions in a display adds to the container."""
        value = self.expression(node, body)
        return self.item(value) if _is_starred(node) else value

    def _less_common(self, node: Node, body: Body) -> Value:
        match node.type:
            case "attribute":
                return self._attribute(node, body)
            case "conditional_expression":
                children = node.named_children
                return union([self.expression(children[0], body), self.expression(children[-1], body)])
            case "named_expression" | "assignment":
                return self.expression(node.child_by_field_name("value") or node.child_by_field_name("right"), body)
            case "dictionary":
                return self._dictionary(node, body)
            case "dictionary_comprehension":
                pair = node.child_by_field_name("body")
                return Value(element=self.expression(pair.child_by_field_name("value") if pair else None, body))
            case "string":
                return self._string(node, body)
            case "binary_operator":
                return self._operation(node, body)
            case "lambda" | "function_definition":
                function = self.project.nested(body.method, body.place(node))
                return Value(functions=frozenset({function})) if function else UNKNOWN
            case _:
                return NOTHING

    def _subscript(self, node: Node, body: Body) -> Value:
        value = self.expression(node.child_by_field_name("value"), body)
        index = node.child_by_field_name("subscript")
        position = body.text(index) if index is not None else ""
        if value.items and position.isdigit() and int(position) < len(value.items):
            return value.items[int(position)]
        if index is not None and index.type == "slice":
            return union(
                [replace(value, items=()), *(self._returned(cls, "__getitem__") for cls in self._indexed(value))]
            )
        return self.item(value)

    def _items_of(self, cls: ClassId, known: bool) -> Iterator[Value]:
        """What an instance of a class gives by subscription and iteration; of a container, the items may be `known`."""
        iterated = self.project.method(cls, "__iter__")
        if self.project.method(cls, "__getitem__") is not None:
            yield self._returned(cls, "__getitem__")
        elif CONTAINERS & set(self.project.mro(cls)):
            yield NOTHING if known else Value(bound=frozenset({MODULE}))
        elif iterated is None and cls in self.project.classes and not self.project.is_module(cls):
            yield UNKNOWN
        if iterated is not None:
            yield self._returned(cls, "__iter__").element or UNKNOWN

    def _indexed(self, value: Value) -> list[ClassId]:
        """The classes of the project that say themselves what stands in brackets behind their instances."""
        return [cls for cls in sorted(value.instances) if self.project.method(cls, "__getitem__") is not None]

    def _operation(self, node: Node, body: Body) -> Value:
        """Arithmetic gives no module; `+` of two lists gives a list."""
        sides = [self.expression(node.child_by_field_name(side), body) for side in ("left", "right")]
        elements = [side.element for side in sides if side.element is not None]
        return Value(element=union(elements)) if elements else NOTHING

    def _dictionary(self, node: Node, body: Body) -> Value:
        pairs = [child for child in node.named_children if child.type == "pair"]
        keys = [self.expression(pair.child_by_field_name("key"), body) for pair in pairs]
        values = [self.expression(pair.child_by_field_name("value"), body) for pair in pairs]
        strings = frozenset(text for key in keys for text in key.strings)
        spread = [self._part(child, body) for child in node.named_children if _is_starred(child)]
        return Value(element=union([*values, *spread]), strings=strings)

    def _string(self, node: Node, body: Body) -> Value:
        text = body.text(node)
        if text[:1] in "\"'" and text[:3] not in ('"""', "'''"):
            return Value(strings=frozenset({text[1:-1]}))
        return NOTHING

    def _attribute(self, node: Node, body: Body) -> Value:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        if owner is None or name is None:
            return UNKNOWN
        if owner.type in ("identifier", "attribute") and (symbol := self.static(node, body)) is not None:
            return self.variables.symbol(symbol, body)
        if body.text(name) == "__dict__" and self.is_namespace(owner, body):
            return Value(element=UNKNOWN)
        if owner.type == "call" and body.text(owner).startswith("super("):
            return self._super(body.text(name), body)
        return self.attribute(self.expression(owner, body), body.text(name))

    def static(self, node: Node, body: Body) -> Symbol | None:
        """A dotted name that no local variable hides."""
        text = "".join(body.text(node).split())
        if body.hides(text.partition(".")[0]) or not text.replace(".", "").replace("_", "").isalnum():
            return None
        return self.project.resolve(body.method.path, text, body.inside)

    def is_namespace(self, node: Node, body: Body) -> bool:
        """Whether an expression is a Python module of the project, also if it is looked up among those loaded."""
        table = node.child_by_field_name("value" if node.type == "subscript" else "function")
        symbol = self.static(table or node, body)
        return symbol is not None and (symbol.kind is SymbolKind.MODULE or symbol.target.startswith("sys.modules"))

    def _super(self, name: str, body: Body) -> Value:
        owner = body.method.owner
        method = self.project.method(owner, name, after=owner) if owner else None
        return Value(functions=frozenset({method})) if method else UNKNOWN

    def narrowed(self, node: Node, body: Body) -> Value | None:
        """What `isinstance` tests around an expression say about it; None if there are none."""
        tested = tested_classes(node, body)
        return self.instance_of(tested, body) if tested is not None else None

    def instance_of(self, node: Node, body: Body) -> Value | None:
        """An instance of the class or classes that an expression names; None if not all are known."""
        parts = node.named_children if node.type == "tuple" else [node]
        values = [self.expression(part, body) for part in parts]
        if any(value.unknown or any(self.project.is_protocol(cls) for cls in value.classes) for value in values):
            return None
        return Value(bound=frozenset(cls for value in values for cls in value.classes))

    def returned(self, method: Method) -> Value:
        """The value that a function returns."""
        return self.settling.once(("returned", method.id), self._returned_by, method)

    def _returned(self, cls: ClassId, name: str) -> Value:
        method = self.project.method(cls, name)
        return self.returned(method) if method else UNKNOWN

    def _returned_by(self, method: Method) -> Value:
        body = self.bodies.body(method)
        annotation = body.definition.child_by_field_name("return_type") if body.definition is not None else None
        if annotation is not None:
            annotated = self.annotations.annotation(body.text(annotation), body)
            if annotated is not UNKNOWN and MODULE not in annotated.bound:
                return annotated
        value = union(self._given_by(node, body) for node in body.returns)
        entered = any(each.endswith("contextmanager") for each in method.facts.decorators)
        return Value(element=value, unknown=False) if body.yields and not entered else value

    def _given_by(self, node: Node, body: Body) -> Value:
        """What a `return` or `yield` gives; `yield from` gives each item."""
        value = self.expression(node, body)
        around = node.parent.children if node.parent is not None else []
        return self.item(value) if any(child.type == "from" for child in around) else value


def _is_starred(node: Node) -> bool:
    return node.text is not None and node.text.startswith(b"*")
