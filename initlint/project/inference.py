"""What an expression can be, from the code around it: bindings, annotations, calls, and what attributes are given."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.spelled import fits
from initlint.project.annotations import Annotations
from initlint.project.bodies import ADDING, Binding, Bodies, Body, Origin, call_arguments
from initlint.project.callers import SPLATS, Callers
from initlint.project.calls import CONTAINERS, Calls
from initlint.project.classes import MAX_FAMILY, MODULE, ClassId, Method, Project
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.narrowing import asserted_classes, tested_classes
from initlint.project.values import NOTHING, UNKNOWN, Value, union

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 60
"""Questions within questions before an answer is given up as unknown."""


MAX_ROUNDS = 2
"""Rounds in which values that depend on each other settle, or are taken as they are: `x = [x]` never would."""

MAX_OWNERS = 40
"""An attribute that more classes have is answered as unknown."""

WRAPPED = frozenset(
    "module model net network backbone encoder decoder base_model _orig_mod pl_module lightning_module".split()
)
"""Attributes by which objects of other libraries hand out the module that they were given."""


SAME_AS_PARTS = frozenset("parenthesized_expression await list_splat yield type boolean_operator".split())
DISPLAYS = frozenset("list tuple set expression_list".split())
COMPREHENSIONS = frozenset("list_comprehension generator_expression set_comprehension".split())

NUMBERS = frozenset({"integer", "float", "true", "false"})
"""Defaults that say what a parameter is: no module stands in for a number or a truth value."""

NARROWED = frozenset({"identifier", "attribute", "subscript", "call"})
"""Expressions of which an `isinstance` test tells more."""


class Inference:
    """Values of expressions, on demand and memoised."""

    def __init__(self, project: Project, bodies: Bodies, callers: Callers) -> None:
        self.project = project
        self.bodies = bodies
        self.callers = callers
        self.annotations = Annotations(project, bodies)
        self.calls = Calls(project, self)
        self._memo: dict[object, Value] = {}
        self._provisional: dict[object, Value] = {}
        self._assumed: dict[object, Value] = {}
        self._active: set[object] = set()
        self._cut: set[object] = set()

    def _once(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        """Compute a value once.

        A question that comes up inside its own answer gets what the last round found, at first nothing. What depends
        on that is provisional until the question that the circle goes back to has settled.
        """
        known = self._memo.get(key) or self._provisional.get(key)
        if known is not None:
            return known
        if key in self._active:
            self._cut.add(key)
            return self._assumed.get(key, NOTHING)
        if len(self._active) > MAX_DEPTH:
            return UNKNOWN
        value = self._answer(key, compute, *arguments)
        circular = key in self._cut
        self._cut.discard(key)
        if circular and not self._cut:
            value = self._settled(key, value, compute, *arguments)
        (self._provisional if self._cut else self._memo)[key] = value
        return value

    def _answer(self, key: object, compute: Callable[..., Value], *arguments: object) -> Value:
        self._active.add(key)
        try:
            return compute(*arguments)
        finally:
            self._active.discard(key)

    def _settled(self, key: object, value: Value, compute: Callable[..., Value], *arguments: object) -> Value:
        """Ask again, with what was found for all questions of a circle, until nothing more is found."""
        for _ in range(MAX_ROUNDS):
            found = {**self._provisional, key: value}
            if found == self._assumed:
                break
            self._assumed, self._provisional = found, {}
            value = self._answer(key, compute, *arguments)
            self._cut.discard(key)
        if not self._cut:
            self._memo.update(self._provisional)
            self._provisional = {}
        self._assumed = {}
        return value

    def name(self, name: str, body: Body) -> Value:
        """What a name can be where `body` uses it: local, from an enclosing function, or from the module."""
        scope: Body | None = body
        while scope is not None:
            if name in scope.bindings:
                return self._once((scope.method.id, name), self._local, name, scope)
            scope = scope.parent
        return self.module_name(name, body)

    def _local(self, name: str, body: Body) -> Value:
        value = union(self._bound(name, binding, body) for binding in body.bindings[name])
        if value.element is not None:
            value = self._with_filling(value, name, body)
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
                value = self.expression(binding.node, body)
                return self._unpacked(value, binding.path, binding.node, body)
            case Origin.ELEMENT:
                return self._iterated(binding, body)
            case Origin.REST:
                whole = self._unpacked(self.expression(binding.node, body), binding.path, binding.node, body)
                return Value(element=self.item(whole))

    def _unpacked(self, value: Value, path: tuple[int, ...], node: Node | None, body: Body) -> Value:
        for index in path:
            if node is not None and node.type in ("tuple", "expression_list", "list"):
                children = node.named_children
                node = children[index] if index < len(children) else None
                value = self.expression(node, body) if node is not None else UNKNOWN
            else:
                node, value = None, self.item(value)
        return value

    def _iterated(self, binding: Binding, body: Body) -> Value:
        """The element of an iterable, by way of enumerate, zip and items, which wrap it."""
        node, path = binding.node, binding.path
        if node is not None and node.type == "call":
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            callee = body.text(function).rpartition(".")[2] if function is not None else ""
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
        return self.expression(owner, body).strings if owner is not None else frozenset()

    def _iterated_items(self, function: Node, callee: str, body: Body) -> Value:
        owner = function.child_by_field_name("object")
        if owner is None:
            return UNKNOWN
        value = self.expression(owner, body)
        return self.item(value) if callee == "items" else self.submodules(value)

    def _element(self, node: Node | None, path: tuple[int, ...], body: Body) -> Value:
        value = self.item(self.expression(node, body))
        for _ in path:
            value = self.item(value)
        return value

    def submodules(self, value: Value) -> Value:
        """What `modules()` and `children()` of a value give: any module at all."""
        return Value(bound=frozenset({MODULE})) if value.unknown or value.instances else NOTHING

    def item(self, value: Value) -> Value:
        """What iterating over a value or subscribing it gives."""
        parts = [value.element] if value.element is not None else []
        for cls in sorted(value.instances):
            if self.project.method(cls, "__getitem__") is not None:
                parts.append(self._returned(cls, "__getitem__"))
            elif CONTAINERS & set(self.project.mro(cls)) and value.element is None:
                parts.append(Value(bound=frozenset({MODULE})))
        if value.unknown:
            parts.append(UNKNOWN)
        return union(parts)

    def module_name(self, name: str, body: Body) -> Value:
        qualname = body.method.owner.partition("::")[2] + "." if body.method.owner else ""
        symbol = self.project.resolve(body.method.path, name, qualname)
        if symbol is not None:
            return self.symbol(symbol, body)
        return self._global(body.method.path, name) if not hasattr(builtins, name) else NOTHING

    def _global(self, path: str, name: str) -> Value:
        """A variable at module level."""
        if path not in self.project.files or name not in self.project.modules.variables(path):
            return UNKNOWN
        module = self.bodies.body(Method(path, None, self.project.files[path].module_level))
        if name not in module.bindings:
            return UNKNOWN
        if all(_is_none(binding.node) for binding in module.bindings[name]):
            return UNKNOWN
        return _filled(self._once((path, name), self._local, name, module))

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
        """What a parameter can be: its annotation, else its default and what the project's calls pass."""
        facts, owner = body.method.facts, body.method.owner
        if name == facts.instance and owner and "<locals>" not in facts.name:
            return Value(bound=frozenset({owner}))
        node = body.parameters.get(name)
        if node is None:
            return Value(element=UNKNOWN) if {f"*{name}", f"**{name}"} & body.parameters.keys() else NOTHING
        if owner and name == next(iter(body.parameters)) and "<locals>" not in facts.name:
            if "classmethod" in facts.decorators:
                return self.annotations.classes_under(owner)
            if "staticmethod" in facts.decorators and self._is_autograd_function(owner):
                return NOTHING
        if decorated := self._decorated(name, body):
            return decorated
        annotation = node.child_by_field_name("type")
        if annotation is not None:
            annotated = self.annotations.annotation(body.text(annotation), body)
            if annotated is not UNKNOWN:
                return self._narrowed_by_calls(annotated, name, body)
        asserted = asserted_classes(name, body)
        if asserted is not None and (instance := self._instance_of(asserted, body)) is not None:
            return instance
        return self._passed_or_default(name, node.child_by_field_name("value"), body)

    def _passed_or_default(self, name: str, default: Node | None, body: Body) -> Value:
        passed = self._passed(name, body)
        if default is None:
            return passed
        if default.type in NUMBERS:
            return replace(passed, unknown=False)
        return union([passed, self.expression(default, body)])

    def _narrowed_by_calls(self, annotated: Value, name: str, body: Body) -> Value:
        """Some module, says the annotation: the calls of a function that only the project calls say which."""
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
        classes = self.callers.decorated.get(f"{body.method.path}::{outer}")
        return Value(bound=classes) if classes and self.callers.of(body.method) is None else None

    def _passed(self, name: str, body: Body) -> Value:
        """What the project's calls pass for a parameter."""
        return self._once(("calls", body.method.id, name), self._of_calls, name, body)

    def _of_calls(self, name: str, body: Body) -> Value:
        calls = self.callers.of(body.method)
        if calls is None or not calls:
            return UNKNOWN
        return union(self._argument(name, body, call, caller) for caller, call in calls)

    def _argument(self, name: str, body: Body, call: Node, caller: Body) -> Value:
        node = self.callers.argument(name, body, call, caller)
        return UNKNOWN if node is not None and node.type in SPLATS else self.expression(node, caller)

    def expression(self, node: Node | None, body: Body) -> Value:
        """What an expression can be in the scope of `body`."""
        if node is None:
            return NOTHING
        key = ("node", body.method.id, node.start_byte, node.end_byte, node.type)
        return self._once(key, self._expression, node, body)

    def _expression(self, node: Node, body: Body) -> Value:
        kind = node.type
        if kind in NARROWED and "isinstance" in body.method.facts.calls:
            narrowed = self.narrowed(node, body)
            if narrowed is not None:
                return narrowed
        if kind in SAME_AS_PARTS:
            return union(self.expression(child, body) for child in node.named_children)
        if kind in DISPLAYS:
            return Value(element=union(self._part(child, body) for child in node.named_children))
        if kind in COMPREHENSIONS:
            return Value(element=self.expression(node.child_by_field_name("body"), body))
        if kind == "identifier":
            return self.name(body.text(node), body)
        if kind == "subscript":
            return self._subscript(node, body)
        if kind == "call":
            return self.calls.value(node, body)
        return self._less_common(node, body)

    def _part(self, node: Node, body: Body) -> Value:
        """What a container gets from one of the expressions that it is written with."""
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
        return self.item(value)

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
            return self.symbol(symbol, body)
        if owner.type == "call" and body.text(owner).startswith("super("):
            return self._super(body.text(name), body)
        return self.attribute(self.expression(owner, body), body.text(name))

    def static(self, node: Node, body: Body) -> Symbol | None:
        """A dotted name that no local variable hides."""
        text = "".join(body.text(node).split())
        if body.hides(text.partition(".")[0]) or not text.replace(".", "").replace("_", "").isalnum():
            return None
        return self.project.resolve(body.method.path, text)

    def _super(self, name: str, body: Body) -> Value:
        owner = body.method.owner
        method = self.project.method(owner, name, after=owner) if owner else None
        return Value(functions=frozenset({method})) if method else UNKNOWN

    def attribute(self, value: Value, name: str) -> Value:
        """What `value.name` can be."""
        parts = [self._member(cls, name, exact=cls in value.exact) for cls in sorted(value.instances)]
        parts += [self._class_member(cls, name) for cls in sorted(value.classes)]
        if value.unknown:
            parts.append(self.of_unknown(name))
        if name == "data":
            parts.append(replace(value, unknown=False))
        if name == "__class__":
            return union(
                [Value(classes=value.exact), *(self.annotations.classes_under(cls) for cls in sorted(value.bound))]
            )
        return union(parts)

    def of_unknown(self, name: str) -> Value:
        """An attribute of something unknown: what any class of the project gives an attribute of that name."""
        return self._once(("by name", name), self._by_name, name)

    def _by_name(self, name: str) -> Value:
        owners = self.callers.having(name)
        if not owners:
            return NOTHING if name in knowledge.tensor_attributes() else UNKNOWN
        if name in WRAPPED or len(owners) > MAX_OWNERS:
            return UNKNOWN
        return union(self._member(owner, name, exact=True) for owner in owners)

    def _class_member(self, cls: ClassId, name: str) -> Value:
        method = self.project.method(cls, name)
        return Value(functions=frozenset({method})) if method else UNKNOWN if cls in self.project.classes else NOTHING

    def _member(self, cls: ClassId, name: str, exact: bool) -> Value:
        return self._once(("member", cls, name, exact), self._member_of, cls, name, exact)

    def _member_of(self, cls: ClassId, name: str, exact: bool) -> Value:
        if cls not in self.project.classes and not exact and len(self.project.descendants(cls)) > 1:
            return self.of_unknown(name)
        method = self.project.method(cls, name)
        if method is not None:
            if any(d.rpartition(".")[2] in ("property", "cached_property") for d in method.facts.decorators):
                return self.returned(method)
            return Value(functions=frozenset({method}))
        family = self.project.mro(cls) if exact else sorted(self.project.family(cls))
        if len(family) > MAX_FAMILY:
            return self.of_unknown(name)
        assigning = [ancestor for ancestor in family if ancestor in self.callers.assigning(name)]
        assigning = assigning or [ancestor for ancestor in family if self._assigns(ancestor, name)]
        if not assigning:
            dynamic = not self.callers.assigning("*").isdisjoint(family)
            other = UNKNOWN if dynamic else self.of_unknown(name)
            return UNKNOWN if other == NOTHING and cls in self.project.classes else other
        return union(self._assigned(a, name) for a in assigning)

    def _assigns(self, cls: ClassId, name: str) -> bool:
        info = self.project.classes.get(cls)
        if info is None:
            known = knowledge.module(cls)
            return known is None or name in known.attributes
        return info.id in self.callers.assigning(name) or bool(info.unresolved)

    def _assigned(self, cls: ClassId, name: str) -> Value:
        """What the code of one class assigns to `self.name`, or to `name` in its body."""
        return self._once(("assigned", cls, name), self._assigned_in, cls, name)

    def _assigned_in(self, cls: ClassId, name: str) -> Value:
        info = self.project.classes.get(cls)
        if info is None:
            known = knowledge.module(cls)
            return NOTHING if known else UNKNOWN
        parts: list[Value] = []
        given: list[Node] = []
        for facts in info.facts.methods:
            added = ADDING.intersection(facts.reads.get(f"{facts.instance}.{name}", ()))
            if added or any(store.attribute == name or fits(store.attribute, name) for store in facts.stores):
                body = self.bodies.body(Method(info.path, cls, facts))
                parts.append(self._stored(body, name))
                given += body.stores(name)
        if any(store.attribute == name for store in info.facts.attributes):
            parts.append(self._class_level(cls, name))
            given += self.bodies.class_body(info.path, info.facts).class_values(name)
        if (info.unresolved and not parts) or (given and all(map(_is_none, given))):
            parts.append(UNKNOWN)
        return _filled(union(parts))

    def _class_level(self, cls: ClassId, name: str) -> Value:
        info = self.project.classes[cls]
        source = self.bodies.class_body(info.path, info.facts)
        if annotation := source.class_annotation(name):
            return self.annotations.annotation(annotation, source)
        return union(self.expression(node, source) for node in source.class_values(name))

    def _stored(self, body: Body, name: str) -> Value:
        given = body.given(name)
        value = union(self._unpacked(self.expression(node, body), path, node, body) for node, path in given)
        return self._with_filling(value, f"{body.method.facts.instance}.{name}", body)

    def _with_filling(self, value: Value, owner: str, body: Body) -> Value:
        """A container with what a body puts into it."""
        added = [self.expression(node, body) for node in body.filled(owner)]
        if not added:
            return value
        held = union(part for item in added for part in (replace(item, element=None), item.element or NOTHING))
        return union([value, Value(element=held)])

    def narrowed(self, node: Node, body: Body) -> Value | None:
        """What `isinstance` tests around an expression say that it is there; None where there are none."""
        tested = tested_classes(node, body)
        return self._instance_of(tested, body) if tested is not None else None

    def _instance_of(self, node: Node, body: Body) -> Value | None:
        parts = node.named_children if node.type == "tuple" else [node]
        values = [self.expression(part, body) for part in parts]
        if any(value.unknown for value in values):
            return None
        return Value(bound=frozenset(cls for value in values for cls in value.classes))

    def returned(self, method: Method) -> Value:
        """What a function gives back."""
        return self._once(("returned", method.id), self._returned_by, method)

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
        value = union(self.expression(node, body) for node in body.returns)
        return Value(element=value, unknown=False) if body.yields else value


def _is_starred(node: Node) -> bool:
    return node.text is not None and node.text.startswith(b"*")


def _is_none(node: Node | None) -> bool:
    """Whether a name only gets None where it is made: other code gives it what it is to hold."""
    return node is not None and node.type == "none"


def _filled(value: Value) -> Value:
    """An empty container that outlives the function that makes it is one that other code fills."""
    return replace(value, element=UNKNOWN) if value.element == NOTHING else value
