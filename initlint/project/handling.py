"""What code does with a value shows what it can be: no layer is called without an argument, iterated or subscripted."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments
from initlint.project.bodies import Bodies, Body
from initlint.project.project import Project
from initlint.project.values import Value

if TYPE_CHECKING:
    from tree_sitter import Node

ITERATING = frozenset("len enumerate zip list tuple set sorted reversed iter sum max min any all dict".split())

PLAIN = frozenset("integer float string true false none".split())
"""What no layer with weights takes as its first argument."""


class Deed(Enum):
    """A use of an expression that not every value allows."""

    CALL = "call"
    BARE_CALL = "call without arguments"
    PLAIN_CALL = "call with a number or a string"
    ITEMS = "items"
    ARITHMETIC = "arithmetic"


CALLS = frozenset({Deed.CALL, Deed.BARE_CALL, Deed.PLAIN_CALL})

CALLABLE = "torch.nn.Sequential"
"""The only container of torch that can be called."""


def allows(project: Project, bodies: Bodies, value: Value, nodes: Iterable[Node], body: Body) -> bool:
    """Whether a value of known class allows everything that is done with some expressions."""
    deeds = {deed for node in nodes if (deed := _deed(node, body)) is not None}
    if not deeds or value.unknown or value.bound:
        return True
    if not value.exact:
        return _tensor_allows(deeds)
    return any(_allows(project, bodies, cls, deeds) for cls in sorted(value.exact))


def _tensor_allows(deeds: set[Deed]) -> bool:
    return not deeds & CALLS


def _allows(project: Project, bodies: Bodies, cls: str, deeds: set[Deed]) -> bool:
    known = knowledge.module(cls)
    if known is None:
        return not deeds & _refused_by(project, bodies, cls)
    if "torch.Tensor" in known.bases:
        return _tensor_allows(deeds)
    refused = {Deed.BARE_CALL, Deed.ARITHMETIC} | ({Deed.PLAIN_CALL} if known.weighted else set())
    if cls not in knowledge.CONTAINERS:
        refused.add(Deed.ITEMS)
    elif cls != CALLABLE:
        refused |= CALLS
    return not deeds & refused


def _refused_by(project: Project, bodies: Bodies, cls: str) -> set[Deed]:
    """The uses that a module of the project does not allow, judging by its methods."""
    if not project.is_module(cls) or project.unresolved_bases(cls) or knowledge.CONTAINERS & set(project.mro(cls)):
        return set()
    refused = set()
    if not any(project.method(cls, name) for name in ("__getitem__", "__iter__", "__len__")):
        refused.add(Deed.ITEMS)
    forward = project.method(cls, "forward")
    if forward is not None and project.method(cls, "__call__") is None and _needs_argument(bodies.body(forward)):
        refused.add(Deed.BARE_CALL)
    return refused


def _needs_argument(forward: Body) -> bool:
    first = next((node for node in list(forward.parameters.values())[1:2]), None)
    return first is not None and first.type in ("identifier", "typed_parameter") and b"*" not in (first.text or b"")


def _call(arguments: list[Node]) -> Deed:
    if not arguments:
        return Deed.BARE_CALL
    return Deed.PLAIN_CALL if arguments[0].type in PLAIN else Deed.CALL


def _deed(node: Node, body: Body) -> Deed | None:
    parent = node.parent
    if parent is None:
        return None
    match parent.type:
        case "call" if parent.child_by_field_name("function") == node:
            return _call(call_arguments(parent))
        case "subscript" if parent.child_by_field_name("value") == node:
            return Deed.ITEMS
        case "for_statement" | "for_in_clause" if parent.child_by_field_name("right") == node:
            return Deed.ITEMS
        case "binary_operator" | "unary_operator":
            return Deed.ARITHMETIC
        case "argument_list" if parent.parent is not None and parent.parent.type == "call":
            return Deed.ITEMS if body.callee(parent.parent) in ITERATING else None
        case _:
            return None
