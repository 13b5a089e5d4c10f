"""Reads of all children at once: loops over `self.children()` and the like that use what they find."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import string_pattern
from initlint.facts.vocabulary import GETTERS, MODULE_SWEEPS, PARAMETER_SWEEPS, REGISTRIES, registry_owner
from initlint.model import Kind
from initlint.project.bodies import Body
from initlint.project.flows import ALL_OF_IT, is_called, is_statement, is_used, looped_names

if TYPE_CHECKING:
    from tree_sitter import Node

CHILDREN = frozenset({"children", "named_children", *REGISTRIES})
DESCENDANTS = frozenset({"modules", "named_modules"})
MODULES = MODULE_SWEEPS | {"_modules"}
PARAMETERS = PARAMETER_SWEEPS | {"_parameters"}
BUFFERS = frozenset({"buffers", "named_buffers", "_buffers"})
TENSORS = PARAMETER_SWEEPS | {"buffers", "named_buffers", "state_dict"}
SWEEPS = CHILDREN | DESCENDANTS | TENSORS

PAST = {Kind.SUBMODULE: frozenset[str](), Kind.PARAMETER: MODULES | BUFFERS, Kind.BUFFER: MODULES | PARAMETERS}
"""Sweeps that do not reach definitions of each kind."""

KEEPING = frozenset(
    "return_statement yield list tuple assignment list_comprehension expression_list binary_operator"
    " augmented_assignment".split()
)
"""Places that store a value or compute with it."""

LOOPS = frozenset({"for_statement", "for_in_clause"})
_AROUND = frozenset({"attribute", "call", "argument_list", "parenthesized_expression", "list_splat"})
"""What may be between a sweep and the loop or place that takes its result."""

PLACES = frozenset({"integer", "unary_operator", "string"})
"""Subscripts that select one part."""

LOOKS = frozenset(
    "isinstance hasattr type print len id setattr getattr delattr str repr issubclass enumerate zip list"
    " reversed".split()
)
"""Callees that do not use a module that they are given."""


def sweeps(body: Body) -> Iterator[tuple[Node, str]]:
    """Every `self.children()` and the like in a body, with the name of what it iterates over."""
    for node, name in _gone_over(body):
        yield _registry_in(node, body) or (node, name)


def _gone_over(body: Body) -> Iterator[tuple[Node, str]]:
    instance = body.method.facts.instance
    for node in body.nodes("attribute"):
        owner, _, name = body.text(node).rpartition(".")
        if owner == instance and name in SWEEPS:
            yield node, name
    for node in body.nodes("call"):
        if body.text(node) == f"vars({instance})":
            yield node, "__dict__"
        elif (name := _looked_up(node, body)) in SWEEPS:
            yield node, name


def _looked_up(call: Node, body: Body) -> str:
    """The attribute of the instance that a call gets by its name: `getattr(self, "_modules")`."""
    given = call_arguments(call)
    owner, _, name = body.callee(call).rpartition(".")
    if name != "getattr" and name not in GETTERS:
        return ""
    owner, *key = [owner, *map(body.text, given)] if owner == body.method.facts.instance else map(body.text, given)
    return string_pattern(key[0]) if key and owner == body.method.facts.instance else ""


def _registry_in(table: Node, body: Body) -> tuple[Node, str] | None:
    """The registry that is taken out of `self.__dict__`, and its name: `vars(self)["_modules"]`."""
    item = table.parent
    key = item.child_by_field_name("subscript") if item is not None else None
    if item is not None and item.type == "attribute" and item.parent is not None and body.text(item).endswith(".get"):
        item = item.parent
        key = next(iter(call_arguments(item)), None)
    name = string_pattern(body.text(key)) if key is not None else ""
    return (item, name) if item is not None and name in REGISTRIES else None


def sweeps_of_others(body: Body) -> Iterator[Node]:
    """Every expression other than the instance whose children a body uses, or all of whose parts it calls."""
    for name in sorted(MODULES):
        for node in body.attributes.get(name, ()):
            owner = node.child_by_field_name("object")
            used = not _picks(node) and (_uses(node, body, True) if name in CHILDREN else _calls(node, body))
            if owner is not None and used and body.text(owner) != body.method.facts.instance:
                yield owner


def picks_out(body: Body, cls: str) -> bool:
    """Whether a body takes something from all modules of another object that are of a class with this name."""
    for name in sorted(DESCENDANTS):
        for node in body.attributes.get(name, ()):
            loop, owner = _top(node).parent, node.child_by_field_name("object")
            others = owner is not None and body.text(owner) != body.method.facts.instance
            taken = list(_taken(loop, body)) if others and loop is not None and loop.type in LOOPS else []
            if any(_is_asked(each, cls, body) for each in taken) and any(_gives(each, body) for each in taken):
                return True
    return False


def _gives(node: Node, body: Body) -> bool:
    """Whether a module is called, or something other than a method for its effect is read from it."""
    part = node.parent
    if part is None or part.type != "attribute":
        return is_called(node)
    call = part.parent if is_called(part) else None
    return is_used(node, body) and (call is None or not is_statement(call))


def _is_asked(node: Node, cls: str, body: Body) -> bool:
    """Whether a call tests for a class with this name, among others."""
    call = node.parent.parent if node.parent is not None else None
    given = call_arguments(call) if call is not None and body.callee(call) == "isinstance" else []
    kinds = [kind for asked in given[1:] for kind in (asked.named_children if asked.type == "tuple" else [asked])]
    return given[:1] == [node] and cls in map(body.text, kinds)


def _picks(node: Node) -> bool:
    """Whether one part is selected by position or name: `list(net.children())[0]`, `net._modules["0"]`."""
    taken = _top(node).parent
    index = taken.child_by_field_name("subscript") if taken is not None and taken.type == "subscript" else None
    return index is not None and index.type in PLACES


def swept(body: Body, kind: Kind, past: Collection[str] = ()) -> bool:
    """Whether a body uses what it iterates over, rather than only setting or printing things; `past` is left out.

    For a submodule the question is whether children are used, for other kinds whether the instance's own tensors of
    that kind are. Parameters and buffers are iterated over by optimizers, counters and loggers; only a forward that
    does so uses them.
    """
    forward = body.method.facts.name.startswith(("forward", "_forward"))
    for node, name in sweeps(body):
        if name in PAST[kind] or name in past:
            continue
        if name in TENSORS:
            if (forward or name == "state_dict") and _tensors_used(node, body, name):
                return True
        elif _uses(node, body, name in CHILDREN):
            return True
    return False


def _tensors_used(node: Node, body: Body, name: str) -> bool:
    call = node.parent
    if call is None or call.type != "call":
        return False
    if name == "state_dict":
        return call.parent is not None and call.parent.type == "subscript"
    return is_used(call, body)


def _uses(node: Node, body: Body, children: bool) -> bool:
    item = node.parent.child_by_field_name("subscript") if node.parent is not None else None
    if item is not None and string_pattern(body.text(item)) and registry_owner(body.text(node)):
        return False
    top = node
    while top.parent is not None and top.parent.type in _AROUND:
        if top.parent.type == "argument_list":
            call = top.parent.parent
            if call is None or body.callee(call) not in LOOKS:
                return children
        top = top.parent
    parent = top.parent
    if parent is None or parent.type == "expression_statement":
        return False
    if parent.type in LOOPS:
        return any(_used(use, body, children) for use in _taken(parent, body))
    if parent.type in ("comparison_operator", "not_operator", "if_statement"):
        return False
    return children


def _top(node: Node) -> Node:
    """The whole expression that takes the result of a sweep."""
    while node.parent is not None and node.parent.type in _AROUND:
        node = node.parent
    return node


def _calls(node: Node, body: Body) -> bool:
    """Whether what a loop takes from a sweep is called."""
    loop = _top(node).parent
    return loop is not None and loop.type in LOOPS and any(map(is_called, _taken(loop, body)))


def _taken(loop: Node, body: Body) -> Iterator[Node]:
    """Where the variables of a loop occur."""
    return _occurrences(set(looped_names(loop, body)), body)


def calls_first(body: Body) -> bool:
    """Whether a function calls its first argument."""
    parameters = [name for name in body.parameters if not name.startswith("*")][body.binds_first :]
    return any(map(is_called, _occurrences(set(parameters[:1]), body)))


def _occurrences(names: set[str], body: Body) -> Iterator[Node]:
    for node in body.captures("identifier"):
        if body.text(node) in names:
            yield node


def _used(node: Node, body: Body, children: bool) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if is_called(node):
        return True
    if parent.type == "attribute":
        part = parent.child_by_field_name("attribute")
        if not children and (part is None or body.text(part) not in ALL_OF_IT):
            return False
        return is_used(node, body)
    if not children:
        return False
    if parent.type == "argument_list" and parent.parent is not None:
        callee = body.callee(parent.parent)
        return callee not in LOOKS and "init" not in callee and "freeze" not in callee
    return parent.type in KEEPING
