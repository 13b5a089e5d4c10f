"""What a body assigns to attributes of its instance, and what it puts into containers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.extract import from_name
from initlint.facts.spelled import PATTERNS, string_pattern
from initlint.facts.vocabulary import REGISTRATIONS, SETTERS, registry_owner
from initlint.project.bindings import Path, positions

if TYPE_CHECKING:
    from tree_sitter import Node

    from initlint.project.bodies import Body

Stored = tuple[str, "Node", Path]
"""An attribute of the instance, its value, and the positions in that if it is unpacked."""

ADDING = frozenset(
    "append appendleft extend extendleft insert add add_module put put_nowait set setdefault update".split()
)
"""Methods of containers that add their arguments."""

REORDERING = frozenset("insert reverse sort pop remove popleft rotate".split())
"""Methods of lists after which items have other positions."""

WRITTEN_OUT = frozenset({"expression_list", "tuple", "list"})


def stored(body: Body) -> list[Stored]:
    """Every value that an attribute of the instance gets, by assignment, setattr or registration."""
    found: list[Stored] = []
    for node in body.nodes("assignment"):
        value = node.child_by_field_name("right")
        found += _assigned(node.child_by_field_name("left"), value, (), body) if value is not None else []
    for node in body.nodes("call"):
        value = _registered(node, body)
        found += [(name, value, ()) for name in body.named(node)] if value is not None else []
    return found


def named_along(value: Node, body: Body) -> bool:
    """Whether a call stores a variable under names that come along with it, as parameters or in the same loop."""
    call = value.parent.parent if value.parent is not None and value.parent.type == "argument_list" else None
    given = [node for node in call_arguments(call) if node != value] if call is not None else []
    names = [node for node in given if node.type == "identifier" and body.text(node) != body.method.facts.instance]
    return any(_binder(node, body) == _binder(value, body) is not None for node in names)


def _binder(variable: Node, body: Body) -> Node | None:
    """The innermost loop that gives a variable its values, or the function whose parameter it is."""
    name, outer = body.text(variable), variable.parent
    while outer is not None and outer != body.definition:
        target = outer.child_by_field_name("left") if outer.type == "for_statement" else None
        if target is not None and name in re.findall(r"\w+", body.text(target)):
            return outer
        outer = outer.parent
    return body.definition if name in body.parameters else None


def fillings(body: Body) -> dict[str, list[Node]]:
    """What is put into containers, by a method, an item or an attribute, by the container as written."""
    found: dict[str, list[Node]] = {}
    for node in body.nodes("call"):
        owner, _, name = body.callee(node).rpartition(".")
        if name in ADDING:
            arguments, instance = call_arguments(node), body.method.facts.instance
            given = from_name(owner, arguments, instance) if name in REGISTRATIONS else []
            if 0 < len(given) < len(arguments):
                owner, arguments = instance, given
            found.setdefault(owner, []).extend(arguments)
    for node in body.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        held = left.named_children[0] if left is not None and left.type in ("subscript", "attribute") else None
        if held is not None and right is not None:
            found.setdefault(body.text(held), []).append(right)
    return found


def reordered(body: Body) -> frozenset[str]:
    """The containers, as written, whose items are moved or removed."""
    called = (body.callee(node).rpartition(".") for node in body.nodes("call"))
    return frozenset(owner for owner, _, name in called if name in REORDERING)


def _registered(call: Node, body: Body) -> Node | None:
    """The value that a call stores under a name; None if it is not such a call."""
    receiver, _, callee = body.callee(call).rpartition(".")
    arguments = call_arguments(call)
    if callee in SETTERS:
        return arguments[-1] if len(arguments) > 1 else None
    given = from_name(receiver, arguments, body.method.facts.instance)
    return given[1] if callee in REGISTRATIONS and len(given) > 1 else None


def _assigned(target: Node | None, value: Node, path: Path, body: Body) -> Iterator[Stored]:
    """The attributes of the instance among the targets of an assignment."""
    instance = body.method.facts.instance
    text = body.text(target) if target is not None and target.type in ("attribute", "subscript") else ""
    if target is not None and target.type in PATTERNS:
        parts = value.named_children if value.type in WRITTEN_OUT and not path else []
        for index, child in positions(target):
            if -len(parts) <= index < len(parts):
                yield from _assigned(child, parts[index], (), body)
            else:
                yield from _assigned(child, value, (*path, index), body)
    elif text.rpartition(".")[0] == instance and not text.endswith("]"):
        yield text.rpartition(".")[2], value, path
    elif target is not None and target.type == "subscript":
        registry, key = (target.child_by_field_name(field) for field in ("value", "subscript"))
        if registry is not None and key is not None and registry_owner(body.text(registry)) == instance:
            yield string_pattern(body.text(key)) or "*", value, path
