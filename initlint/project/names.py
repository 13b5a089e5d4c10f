"""Names that code computes: which attributes `getattr(module, name)` can read.

Unlike the inference of classes, this is unknown unless everything that an expression can be is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.arguments import call_arguments, code_in
from initlint.facts.spelled import ANY, DISPLAYS, MAX_NAMES, SAME_ITEMS, put_together, string_pattern
from initlint.project.asking import Asking
from initlint.project.bindings import Binding, Origin, holding
from initlint.project.bodies import Body
from initlint.project.classes import ClassId
from initlint.project.imports import SymbolKind
from initlint.project.inference import COMPREHENSIONS, Inference
from initlint.project.members import MAX_OWNERS

if TYPE_CHECKING:
    from tree_sitter import Node

Found = frozenset[str] | None
"""Names, some of which may be patterns ("layer*"); None if not all are known."""

ITEMS = DISPLAYS | {"argument_list"}
STRINGS = frozenset({"concatenated_string", "call"})
GIVES_ITEMS = SAME_ITEMS | {"keys"}
"""Functions and methods that return the items of their argument or object."""

GROWS = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
"""Methods that add items to a list, set or dictionary."""

MAX_DEPTH = 12
MAX_STEPS = 200
"""Limits, after which a question is unknown: of nested questions, and of questions in total."""


class Place(msgspec.Struct, frozen=True):
    """Code, and the class whose instance runs it (None: the enclosing class)."""

    body: Body
    cls: ClassId | None = None


Question = Callable[["Node", Place], Found]


def every(found: Iterable[Found]) -> Found:
    """The names of all alternatives; None as soon as one is unknown."""
    names: set[str] = set()
    for one in found:
        if one is None:
            return None
        names |= one
    return frozenset(names)


class Names(Asking):
    """The names that expressions can be."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._depth = 0
        self._steps = 0

    def of(self, node: Node, place: Place) -> Found:
        """The strings that an expression can be; None if not all are known."""
        self._steps = 0
        return self._of(node, place) or None

    def _of(self, node: Node, place: Place) -> Found:
        if node.type in ("string", "binary_operator"):
            found = put_together(node, lambda part: self._of(part, place) or (ANY,))
            names = frozenset(itertools.islice(found, MAX_NAMES))
            return None if ANY in names or len(names) == MAX_NAMES else names
        if node.type in STRINGS:
            pattern = string_pattern(place.body.text(node))
            return frozenset({pattern}) if pattern else None
        if node.type == "subscript":
            value = node.child_by_field_name("value")
            return self._each(value, place, self._of) if value is not None else None
        return self._value(node, place, self._of)

    def _each(self, node: Node, place: Place, question: Question) -> Found:
        """An answer for every item of an expression."""
        kind = node.type
        if kind in ITEMS:
            return every(question(child, place) for child in code_in(node))
        if kind in COMPREHENSIONS:
            return every(question(child, place) for child in node.children_by_field_name("body"))
        if kind == "dictionary":
            return every(self._field(pair, "key", place, question) for pair in code_in(node))
        if kind == "binary_operator":
            return every(self._each(side, place, question) for side in node.named_children)
        if kind == "augmented_assignment":
            return self._each(node.named_children[1], place, question)
        if kind == "call":
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            if function is None or place.body.called(node) not in GIVES_ITEMS:
                return None
            owner = arguments[0] if arguments else function.child_by_field_name("object")
            return self._each(owner, place, question) if owner is not None else None
        return self._value(node, place, lambda value, there: self._each(value, there, question))

    def _field(self, node: Node, field: str, place: Place, question: Question) -> Found:
        child = node.child_by_field_name(field)
        return question(child, place) if child is not None else None

    def _at(self, path: tuple[int, ...], question: Question) -> Question:
        """The question about one position of a tuple display."""
        if not path:
            return question

        def picked(node: Node, place: Place) -> Found:
            if node.type not in ITEMS:
                return self._value(node, place, picked)
            children = code_in(node)
            return self._at(path[1:], question)(children[path[0]], place) if path[0] < len(children) else None

        return picked

    def _value(self, node: Node, place: Place, question: Question) -> Found:
        """The question about what an expression stands for."""
        self._steps += 1
        if self._depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return None
        self._depth += 1
        try:
            match node.type:
                case "parenthesized_expression":
                    return question(node.named_children[0], place)
                case "conditional_expression":
                    return every(question(node.named_children[side], place) for side in (0, -1))
                case "identifier":
                    return self._variable(node, place, question)
                case "attribute":
                    return self._attribute(node, place, question)
                case _:
                    return None
        finally:
            self._depth -= 1

    def _variable(self, node: Node, place: Place, question: Question) -> Found:
        """The value of a name: here, in an enclosing function, or at module level."""
        name = place.body.text(node)
        scope: Body | None = place.body
        while scope is not None:
            if name in scope.bindings:
                bound = scope.bindings[name]
                held = holding(bound, node) if scope is place.body else bound
                return self._bound(name, held, Place(scope, place.cls), question)
            scope = scope.parent
        symbol = self.project.resolve(place.body.method.path, name)
        path, _, variable = symbol.target.partition("::") if symbol is not None else ("", "", "")
        if symbol is None or symbol.kind is not SymbolKind.VARIABLE or path not in self.project.files:
            return None
        module = self.bodies.of_module(path)
        return self._bound(variable, module.bindings.get(variable, ()), Place(module), question)

    def _bound(self, name: str, bindings: Sequence[Binding], place: Place, question: Question) -> Found:
        found = [self._binding(name, binding, place, question) for binding in bindings]
        return every([*found, *self._growth(name, place, question)]) if found else None

    def _binding(self, name: str, binding: Binding, place: Place, question: Question) -> Found:
        node, path = binding.node, binding.path
        if node is None:
            return None
        match binding.origin:
            case Origin.VALUE:
                return self._at(path, question)(_given(node), place)
            case Origin.ELEMENT:
                return self._looped(node, path, place, question)
            case Origin.PARAMETER:
                return self._passed(name, node, place, question)
            case Origin.REST | Origin.OPAQUE | Origin.UNSEEN:
                return None

    def _looped(self, node: Node, path: tuple[int, ...], place: Place, question: Question) -> Found:
        """A loop variable, also with enumerate, zip and items."""
        function = node.child_by_field_name("function")
        if function is not None and path:
            arguments, callee = call_arguments(node), place.body.called(node)
            if callee == "enumerate" and path[0] == 1 and arguments:
                return self._each(arguments[0], place, self._at(path[1:], question))
            if callee == "zip" and path[0] < len(arguments):
                return self._each(arguments[path[0]], place, self._at(path[1:], question))
            if callee == "items" and path == (0,) and not arguments:
                return self._field(function, "object", place, lambda value, there: self._each(value, there, question))
        return self._each(node, place, self._at(path, question))

    def _passed(self, name: str, parameter: Node, place: Place, question: Question) -> Found:
        """What the project's calls pass for a parameter, and its default; anyone may call a public function."""
        calls = self.callers.of(place.body.method) if place.body.method.private else None
        if not calls:
            return None
        default = parameter.child_by_field_name("value")
        given = [(self.callers.argument(name, place.body, call, caller), caller) for caller, call in calls]
        if default is None and any(node is None for node, _ in given):
            return None
        found = [question(node, Place(caller)) for node, caller in given if node is not None]
        return every([*found, *([question(default, place)] if default is not None else [])])

    def _attribute(self, node: Node, place: Place, question: Question) -> Found:
        """What the classes of the receiver assign to an attribute, anywhere in their families.

        Only a member of an enumeration has a `value`: what the class assigns.
        """
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        if owner is None or name is None:
            return None
        body = place.body
        if place.cls is not None and body.text(owner) == body.method.facts.instance:
            classes = frozenset({place.cls})
        else:
            value = self.inference.expression(owner, body)
            classes = frozenset() if value.unknown else value.instances | value.classes
        wanted = body.text(name)
        if wanted == "value" and all(map(self.project.is_enumeration, classes)):
            return question(owner, place)
        reading = {m.owner for m, receiver in self.callers.reading.get(wanted) if receiver == m.facts.instance}
        having = self.callers.assigning(wanted) | reading
        family = sorted({relative for cls in classes for relative in self.project.family(cls) & having})
        if len(family) > MAX_OWNERS:
            return None
        return every(each for cls in family for each in self._assigned(cls, wanted, place.cls, question)) or None

    def _assigned(self, cls: ClassId, name: str, runs: ClassId | None, question: Question) -> Iterator[Found]:
        """What the code of one class assigns to an attribute: in its body, and in its methods."""
        info = self.project.classes.get(cls)
        if info is None:
            return
        if any(store.attribute == name for store in info.facts.attributes):
            source = self.bodies.of_class(info)
            values = source.class_values(name)
            yield every(question(value, Place(source, runs)) for value in values) if values else None
        for method in info.functions:
            facts, owner = method.facts, f"{method.facts.instance}.{name}"
            if owner in facts.reads or method.stores(name):
                place = Place(self.bodies.body(method), runs)
                yield from (question(_given(value), place) for value in place.body.stores(name))
                yield from self._growth(owner, place, question)

    def _growth(self, owner: str, place: Place, question: Question) -> Iterator[Found]:
        """What is added to a list with the name `owner`."""
        body = place.body
        for node in body.captures("assignment"):
            left = node.child_by_field_name("left")
            if left is not None and left.type == "subscript" and body.text(left.named_children[0]) == owner:
                yield None
        for node in body.captures("call"):
            receiver, _, method = body.callee(node).rpartition(".")
            arguments = node.child_by_field_name("arguments")
            if receiver == owner and arguments is not None and method in GROWS:
                yield question(arguments.named_children[0] if method == "extend" else arguments, place)


def _given(value: Node) -> Node:
    """The value of an assignment; for an augmented one the whole statement, since it only adds to the old value."""
    parent = value.parent
    return parent if parent is not None and parent.type == "augmented_assignment" else value
