"""Where an expression takes its value from: the list behind `*parts[1:]`, the table behind a comprehension."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.receivers import normalise
from initlint.project.bindings import Origin
from initlint.project.bodies import Body
from initlint.project.stored import WRITTEN_OUT

if TYPE_CHECKING:
    from tree_sitter import Node

SELECTING = frozenset({"map", "filter"})
"""Functions that iterate over their arguments after the first, a function."""

COPYING = frozenset(
    "list tuple dict set frozenset sorted reversed iter enumerate sum chain from_iterable islice deque OrderedDict"
    " fromkeys copy values items get".split()
)
"""Functions and methods that return their argument or object, or some of it."""

FETCHING = frozenset({"attrgetter", "itemgetter"})
"""Functions that make functions which extract a part."""

PARTS = frozenset({"subscript", "attribute", "pair"})
"""Expressions for a part of another expression, and the field that leads to that."""

PAIRED = frozenset({"list", "list_comprehension", "generator_expression"})
"""Functions for whose arguments a tuple is a name and its value."""

ALTERNATIVES = frozenset(
    "list tuple set dictionary parenthesized_expression list_splat dictionary_splat binary_operator boolean_operator"
    " expression_list".split()
)
"""Expressions that contain, or are, the expressions in them."""


def sources(node: Node, body: Body, seen: Collection[str] = ()) -> Iterator[Node]:
    """The names, and the attributes of the instance, that hold the items of a value, but none made for it."""
    instance = body.method.facts.instance
    inner: list[Node | None] = []
    if node.type == "identifier":
        yield node
        name = body.text(node)
        inner = [] if name in seen else list(_bound(name, body))
        seen = {*seen, name}
    elif node.type == "attribute" and body.text(node.named_children[0]) == instance:
        yield node
    elif node.type in PARTS:
        inner = [node.child_by_field_name("value") or node.named_children[0]]
    elif node.type == "call":
        inner = list(_given(node, body))
    elif node.type == "conditional_expression":
        inner = [node.named_children[0], node.named_children[-1]]
    elif node.type in ALTERNATIVES:
        paired = node.type == "tuple" and node.parent is not None and node.parent.type in PAIRED
        inner = list(node.named_children[-1:] if paired else node.named_children)
    else:
        inner = [node.child_by_field_name("body")]
    for each in inner:
        if each is not None:
            yield from sources(each, body, seen)


def _bound(name: str, body: Body) -> Iterator[Node]:
    """What a name is an item of, or another name for."""
    for binding in body.bindings.get(name, ()):
        node = binding.node
        if node is not None and binding.origin in (Origin.ELEMENT, Origin.VALUE):
            parts = _columns(node, body) if binding.origin is Origin.ELEMENT else _written(node)
            yield parts[binding.path[0]] if binding.path and binding.path[0] < len(parts) else node
            yield from body.targets_beside(name) if binding.origin is Origin.VALUE else ()


def _written(node: Node) -> list[Node]:
    return node.named_children if node.type in WRITTEN_OUT else []


def _columns(node: Node, body: Body) -> list[Node]:
    """What each variable of a loop over a `zip` iterates over."""
    return call_arguments(node) if body.callee(node) == "zip" else []


def _given(call: Node, body: Body) -> Iterator[Node]:
    """Where a call that copies or selects takes its value from; a function that makes something new takes nothing."""
    function, arguments = call.child_by_field_name("function"), call_arguments(call)
    if function is None:
        return
    name = body.called(call)
    if name in SELECTING and arguments:
        if name == "filter" or _picks(arguments[0], body):
            yield from arguments[1:]
    elif name == "zip":
        yield from arguments[-1:]
    elif name in COPYING:
        yield from arguments
        if function.type == "attribute":
            yield function.named_children[0]
    elif function.type == "call" and _picks(function, body):
        yield from arguments
    elif body.text(function) == "getattr":
        yield arguments[0]


def _picks(function: Node, body: Body) -> bool:
    """Whether a function returns its argument, or a part of it."""
    if function.type == "call":
        return body.called(function) in FETCHING
    result = function.child_by_field_name("body") if function.type == "lambda" else None
    return result is not None and any(sources(result, body))


def is_part_of_given(node: Node, body: Body) -> bool:
    """Whether an expression takes something out of the value of a local name: `embedding["weight"]`."""
    if node.type not in ("subscript", "attribute"):
        return False
    root = normalise(body.text(node)).partition(".")[0].removesuffix("[]")
    return root in body.bindings and root != body.method.facts.instance
