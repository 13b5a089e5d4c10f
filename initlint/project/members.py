"""What an attribute of a value can be: a method, or what the code of its classes assigns to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.facts.spelled import fits
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method, by_place
from initlint.project.inheritance import MAX_FAMILY
from initlint.project.stored import ADDING, REORDERING
from initlint.project.values import NOTHING, UNKNOWN, Value, filled, is_none, union
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

    from initlint.project.inference import Inference

MAX_OWNERS = 40
"""An attribute of more classes than this is unknown."""

MADE = frozenset({"call", "identifier"})
"""Expressions for something that the code has made itself."""

WRAPPERS = frozenset({"module", "_orig_mod", "_forward_module"})
"""Attributes by which torch's wrappers return the module that they wrap."""

WRAPPED = frozenset(
    "module model net network backbone encoder decoder base_model _orig_mod pl_module lightning_module".split()
)
"""Attributes of other libraries' objects that return the module that these were given."""


class Members(Asking):
    """The values of attributes, for the inference."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._reordering = self.project.index("reorders", self._reorders)

    def attribute(self, value: Value, name: str) -> Value:
        """The value of `value.name`; an object from outside of the project that holds something may return that."""
        parts = [self._member(cls, name, exact=cls in value.exact) for cls in sorted(value.instances)]
        parts += [self._class_member(cls, name) for cls in sorted(value.classes)]
        if value.unknown:
            parts.append(self.of_unknown(name))
        elif value.element is not None and not parts:
            parts.append(value.element)
        if name == "data":
            parts.append(replace(value, unknown=False))
        if name == "__class__":
            return union(
                [
                    Value(classes=value.exact),
                    *(self.inference.annotations.classes_under(cls) for cls in sorted(value.bound)),
                ]
            )
        return union(parts)

    def of_unknown(self, name: str) -> Value:
        """An attribute of something unknown: what any class of the project assigns to an attribute with this name."""
        return self.inference.settling.once(("by name", name), self._by_name, name)

    def _by_name(self, name: str) -> Value:
        if name in WRAPPED or self.callers.many_have(name, MAX_OWNERS):
            return UNKNOWN
        owners = self.callers.having(name)
        if not owners:
            return NOTHING if name in knowledge.tensor_attributes() else UNKNOWN
        if len(owners) > MAX_OWNERS:
            return UNKNOWN
        return union(self._member(owner, name, exact=True) for owner in owners)

    def _inner(self, cls: ClassId, name: str) -> Value | None:
        """A class in the body of a class or of one of its bases."""
        inner = (f"{ancestor}.{name}" for ancestor in self.project.mro(cls))
        return next((Value(classes=frozenset({each})) for each in inner if each in self.project.classes), None)

    def _class_member(self, cls: ClassId, name: str) -> Value:
        """An attribute of a class itself: a method, or what is known to be a string."""
        method = self.project.method(cls, name)
        if method is not None:
            return Value(functions=frozenset({method}))
        if inner := self._inner(cls, name):
            return inner
        if cls not in self.project.classes:
            return NOTHING
        if self.project.is_enumeration(cls):
            return Value(exact=frozenset({cls}))
        value = union(self._assigned(each, name) for each in self.project.mro(cls))
        return value if value.strings else UNKNOWN

    def _member(self, cls: ClassId, name: str, exact: bool) -> Value:
        return self.inference.settling.once(("member", cls, name, exact), self._member_of, cls, name, exact)

    def _member_of(self, cls: ClassId, name: str, exact: bool) -> Value:
        if cls not in self.project.classes and not exact and len(self.project.descendants(cls)) > 1:
            return self.of_unknown(name)
        if inner := self._inner(cls, name):
            return inner
        if name == "value" and self.project.is_enumeration(cls):
            return union(self._assigned(cls, store.attribute) for store in self.project.classes[cls].facts.attributes)
        methods = self._methods(cls, name, exact)
        if methods:
            computed = [method for method in methods if method.is_property]
            called = Value(functions=frozenset(methods).difference(computed))
            return union([called, *map(self.inference.returned, computed)])
        family = self.project.mro(cls) if exact else sorted(self.project.family(cls))
        if len(family) > MAX_FAMILY:
            return self.of_unknown(name)
        owners = self.callers.assigning_among(family, name)
        assigning = [each for each in family if each in owners or (not owners and self._may_assign(each, name))]
        if not assigning and name in WRAPPERS and cls in self.project.classes:
            return Value(exact=frozenset({cls})) if exact else Value(bound=frozenset({cls}))
        if not assigning:
            dynamic = bool(self.callers.assigning_among(family, "*"))
            other = UNKNOWN if dynamic else self.of_unknown(name)
            return UNKNOWN if other == NOTHING and cls in self.project.classes else other
        return union([*(self._assigned(a, name) for a in assigning), *self._given_by_others(cls, name)])

    def _methods(self, cls: ClassId, name: str, exact: bool) -> list[Method]:
        """The methods that run under a name: that of a class, and those of subclasses if the instance may be of one."""
        heirs = self.project.descendants(cls)
        classes = {cls} if exact or len(heirs) > MAX_OWNERS else heirs
        found = {method for each in classes if (method := self.project.method(each, name)) is not None}
        return by_place(found) if self.project.method(cls, name) is not None else []

    def _given_by_others(self, cls: ClassId, name: str) -> Iterator[Value]:
        """What other code makes to replace an attribute: `block.conv = fused(block.conv)`."""
        for owner_node, node, body in self._given(name):
            owner = self.inference.expression(owner_node, body)
            if owner.unknown or not owner.instances.isdisjoint(self.project.family(cls)):
                yield replace(self.inference.expression(node, body), unknown=False)

    @remembered
    def _given(self, name: str) -> list[tuple[Node, Node, Body]]:
        """Where code makes something and assigns it to an attribute with this name: on what, and what."""
        methods = self.callers.giving.get(name)
        bodies = map(self.bodies.body, methods if len(methods) <= MAX_OWNERS else ())
        return [(*given, body) for body in bodies for given in _attributes_given(body, name)]

    def _may_assign(self, cls: ClassId, name: str) -> bool:
        """Whether a class may set an attribute although no code that was read does."""
        info = self.project.classes.get(cls)
        if info is None:
            known = knowledge.module(cls)
            return known is None or name in known.attributes
        return bool(info.unresolved)

    def _assigned(self, cls: ClassId, name: str) -> Value:
        """What the code of one class assigns to `self.name`, or to `name` in its body."""
        return self.inference.settling.once(("assigned", cls, name), self._assigned_in, cls, name)

    def _assigned_in(self, cls: ClassId, name: str) -> Value:
        info = self.project.classes.get(cls)
        if info is None:
            known = knowledge.module(cls)
            return NOTHING if known else UNKNOWN
        parts: list[Value] = []
        given: list[Node] = []
        for method in info.functions:
            facts = method.facts
            added = ADDING.intersection(facts.reads.get(f"{facts.instance}.{name}", ()))
            if added or method.stores(name) or any(fits(store.attribute, name) for store in facts.stores):
                body = self.bodies.body(method)
                parts.append(self._stored(body, name))
                given += body.stores(name)
        if any(store.attribute == name for store in info.facts.attributes):
            parts.append(self._class_level(cls, name))
            given += self.bodies.of_class(info).class_values(name)
        if (info.unresolved and not parts) or (given and all(map(is_none, given))):
            parts.append(UNKNOWN)
        value = union(parts)
        return filled(replace(value, items=()) if self._reordering.get(name) else value)

    def _reorders(self, path: str) -> Iterator[tuple[str, None]]:
        """The attributes whose items a file moves or removes: positions in such lists mean nothing."""
        for method in self.callers.in_file(path):
            for receiver, names in method.facts.reads.items():
                if not REORDERING.isdisjoint(names):
                    yield receiver.rpartition(".")[2], None

    def _class_level(self, cls: ClassId, name: str) -> Value:
        info = self.project.classes[cls]
        source = self.bodies.of_class(info)
        if annotation := source.class_annotation(name):
            return self.inference.annotations.annotation(annotation, source)
        return union(self.inference.expression(node, source) for node in source.class_values(name))

    def _stored(self, body: Body, name: str) -> Value:
        given = body.given(name)
        value = union(self.inference.unpacked(node, path, body) for node, path in given)
        return self.inference.with_filling(value, f"{body.method.facts.instance}.{name}", body)


def _attributes_given(body: Body, name: str) -> Iterator[tuple[Node, Node]]:
    """The assignments of something made to an attribute with this name: the object and the value."""
    for node in body.nodes("assignment"):
        target, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        if value is None or value.type not in MADE or target is None or target.type != "attribute":
            continue
        if body.text(target).endswith(f".{name}"):
            yield target.named_children[0], value
