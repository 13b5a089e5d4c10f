"""What construction does with a definition that it reads: keep it elsewhere, look at it, initialise it, use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from initlint.facts.extract import REGISTRATIONS, string_pattern
from initlint.project.bodies import Body, call_arguments

if TYPE_CHECKING:
    from tree_sitter import Node


class Use(Enum):
    """One read during construction."""

    NONE = "none"
    CONFIGURATION = "configuration"
    FLOW = "flow"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Flow:
    """A use, with the definition that it flows into, or the place that needs its configuration."""

    use: Use
    target: str = ""
    line: int = 0


INITIALISES = re.compile(
    r"(.*\.)?(init\w*\..*|\w+_|\w*init\w*|\w*weights?_norm|\w*spectral_norm|isinstance|hasattr|print|len|id|type|repr|str|named_apply"
    r"|zero_module|\w*freeze\w*|delattr|setattr)\Z",
    re.IGNORECASE,
)
"""Callees that only initialise, freeze or look at what they are given."""

HOUSEKEEPING = frozenset(
    "requires_grad_ eval train to cuda cpu half float double bfloat16 type apply share_memory zero_grad flatten_parameters"
    " append extend insert update add_module register_buffer register_parameter register_module load_state_dict"
    " reset_parameters pop clear compile".split()
)
"""Methods that change a module and give nothing away when nobody takes their result."""

TAKES = frozenset("append extend insert update add_module load_state_dict".split())
"""Methods whose object keeps what it is given; so does that of a method that works in place."""

ALL_OF_IT = frozenset(
    "weight bias data parameters modules children named_parameters named_modules state_dict forward".split()
)
"""Attributes through which a module's parameters themselves are reached, not only their shape."""

TRANSPARENT = frozenset(
    "parenthesized_expression list tuple set expression_list conditional_expression boolean_operator list_splat"
    " named_expression pair dictionary dictionary_splat keyword_argument argument_list await list_comprehension"
    " generator_expression not_operator comparison_operator".split()
)


Ignores = Callable[["Node", "Node", Body], bool]
"""Whether a call does nothing with one of its arguments."""


def uses(body: Body, attribute: str, ignores: Ignores) -> Iterator[Flow]:
    """Every read of `self.attribute` in a body that belongs to construction."""
    instance = body.method.facts.instance
    for node in body.nodes("attribute"):
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        if owner is not None and name is not None and body.text(name) == attribute and body.text(owner) == instance:
            yield from _use(node, body, _Seen(ignores))


def uses_of(node: Node, body: Body, ignores: Ignores = lambda *_: False) -> Iterator[Flow]:
    """What becomes of the value of one expression."""
    return _use(node, body, _Seen(ignores))


def unused(body: Body, name: str) -> bool:
    """Whether nothing is done with a local name but to initialise what it holds."""
    return all(flow.use in (Use.NONE, Use.CONFIGURATION) for flow in _alias(name, body, _Seen(lambda *_: False)))


class _Seen(set[str]):
    """The aliases followed so far for one question."""

    def __init__(self, ignores: Ignores) -> None:
        super().__init__()
        self.ignores = ignores


def _use(node: Node, body: Body, seen: _Seen) -> Iterator[Flow]:
    parent = node.parent
    line = body.method.facts.line + node.start_point.row
    if parent is None:
        return
    match parent.type:
        case "attribute":
            yield from _member(parent, body, seen, line)
        case "subscript" if parent.child_by_field_name("value") == node:
            yield from _subscript(parent, body, seen)
        case "assignment" | "augmented_assignment":
            yield from _assigned(node, parent, body, seen, line)
        case "call":
            yield Flow(Use.READ, line=line)
        case "expression_statement" | "delete_statement" | "assert_statement":
            yield Flow(Use.NONE)
        case (
            "if_statement"
            | "elif_clause"
            | "while_statement"
            | "interpolation"
            | "comparison_operator"
            | "not_operator"
        ):
            yield Flow(Use.CONFIGURATION, line=line)
        case "for_statement" | "for_in_clause":
            yield from _looped(parent, body, seen, line)
        case "argument_list" if parent.parent is not None and parent.parent.type == "call":
            if not seen.ignores(parent.parent, node, body):
                yield from _argument(parent.parent, body, seen, line)
        case kind if kind in TRANSPARENT:
            yield from _through(node, parent, body, seen)
        case _:
            yield Flow(Use.READ, line=line)


def _through(node: Node, parent: Node, body: Body, seen: _Seen) -> Iterator[Flow]:
    """A conditional's condition only looks; everything else of these passes the value on."""
    if parent.type == "conditional_expression" and parent.named_children[1] == node:
        yield Flow(Use.CONFIGURATION, line=body.method.facts.line + node.start_point.row)
    elif parent.type == "named_expression":
        yield from _alias(body.text(parent.named_children[0]), body, seen)
        yield from _use(parent, body, seen)
    else:
        yield from _use(parent, body, seen)


def _member(node: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    """`self.x.name`: a method called for its effect, a shape, or a part of it."""
    name = body.text(node).rpartition(".")[2].strip()
    parent = node.parent
    if _is_target(node):
        yield Flow(Use.NONE)
    elif parent is not None and parent.type == "call" and parent.child_by_field_name("function") == node:
        yield from _method(parent, name, body, seen, line)
    elif name in ALL_OF_IT:
        yield from _use(node, body, seen)
    else:
        yield from _part(node, body, seen, line)


def _part(node: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    """A part of which the kind is not known: flows on where it is kept or passed as a module might be."""
    top = node
    while (
        top.parent is not None
        and top.parent.type in ("attribute", "subscript", "call")
        and top.parent.named_children[0] == top
    ):
        top = top.parent
    if _is_target(top) or (top.parent is not None and top.parent.type == "expression_statement"):
        yield Flow(Use.NONE)
    else:
        yield Flow(Use.CONFIGURATION, line=line)


def _method(call: Node, name: str, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    alone = call.parent is not None and call.parent.type == "expression_statement"
    if alone and (name in HOUSEKEEPING or name.endswith("_") or "init" in name or "freeze" in name):
        yield Flow(Use.NONE)
    elif name in ("size", "dim", "numel", "element_size", "get_input_embeddings", "get_output_embeddings"):
        yield Flow(Use.CONFIGURATION, line=line)
    elif (
        name in HOUSEKEEPING
        or name in ALL_OF_IT
        or name.endswith("_")
        or name in ("items", "values", "keys", "detach", "clone")
    ):
        yield from _use(call, body, seen)
    else:
        yield Flow(Use.READ, line=line)


def _subscript(node: Node, body: Body, seen: _Seen) -> Iterator[Flow]:
    if _is_target(node):
        yield Flow(Use.NONE)
    else:
        yield from _use(node, body, seen)


def _is_target(node: Node) -> bool:
    """Whether a value is stored to this place."""
    parent = node.parent
    return parent is not None and (
        (parent.type in ("assignment", "augmented_assignment") and parent.child_by_field_name("left") == node)
        or parent.type in ("pattern_list", "tuple_pattern", "delete_statement")
    )


def _assigned(node: Node, assignment: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    left = assignment.child_by_field_name("left")
    if left is None or left == node:
        yield Flow(Use.NONE)
        return
    yield from _into(left, body, seen, line)
    if assignment.parent is not None and assignment.parent.type == "assignment":
        yield from _assigned(assignment, assignment.parent, body, seen, line)


def _into(target: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    """Where a value goes that is assigned to `target`."""
    instance = body.method.facts.instance
    text = body.text(target)
    if target.type == "identifier":
        yield from _alias(text, body, seen)
    elif target.type in ("pattern_list", "tuple_pattern"):
        for child in target.named_children:
            yield from _into(child, body, seen, line)
    elif target.type in ("attribute", "subscript") and text.startswith(instance + "."):
        yield Flow(Use.FLOW, re.split(r"[.\[(]", text.removeprefix(instance + "."))[0].strip(), line)
    elif (
        target.type in ("attribute", "subscript") and (root := re.match(r"\w+", text)) and root.group() in body.bindings
    ):
        yield from _alias(root.group(), body, seen)
    else:
        yield Flow(Use.READ, line=line)


def _alias(name: str, body: Body, seen: _Seen) -> Iterator[Flow]:
    """What is done with a local name that holds the value; code nested in the body keeps it for later."""
    if name in seen:
        return
    seen.add(name)
    for node in body.captures.get("identifier", ()):
        if body.text(node) != name:
            continue
        if not body.own(node):
            yield Flow(Use.READ, line=body.method.facts.line + node.start_point.row)
        elif not _is_target(node) and not _is_name_only(node):
            yield from _use(node, body, seen)


def _is_name_only(node: Node) -> bool:
    """Whether an identifier is the name of something else: an attribute, a keyword, a loop target."""
    parent = node.parent
    if parent is None:
        return True
    fields = {
        "attribute": "attribute",
        "keyword_argument": "name",
        "for_statement": "left",
        "for_in_clause": "left",
        "named_expression": "name",
    }
    field = fields.get(parent.type)
    return field is not None and parent.child_by_field_name(field) == node


def _looped(loop: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    """What the loop variables go through; an element of a comprehension also goes where the comprehension goes."""
    left = loop.child_by_field_name("left")
    names = [] if left is None else [left] if left.type == "identifier" else left.named_children
    for node in names:
        yield from _alias(body.text(node), body, seen)


def _is_held(function: Node, body: Body) -> bool:
    """Whether a method belongs to the instance or to a local variable, and not to a module like nn.init."""
    root = re.match(r"\w+", body.text(function))
    return root is not None and (root.group() == body.method.facts.instance or root.group() in body.bindings)


def _argument(call: Node, body: Body, seen: _Seen, line: int) -> Iterator[Flow]:
    function = call.child_by_field_name("function")
    callee = body.text(function) if function is not None else ""
    instance = body.method.facts.instance
    name = callee.rpartition(".")[2]
    if callee.startswith(instance + ".") and name in REGISTRATIONS and callee.count(".") == 1:
        yield Flow(Use.FLOW, string_pattern(body.text(call_arguments(call)[0])) or "*", line)
    elif function is not None and (name in TAKES or (name.endswith("_") and _is_held(function, body))):
        owner = function.child_by_field_name("object")
        if owner is not None:
            yield from _into(owner, body, seen, line)
    elif name == "setattr" and call_arguments(call) and body.text(call_arguments(call)[0]) == instance:
        yield Flow(Use.FLOW, string_pattern(body.text(call_arguments(call)[1])) or "*", line)
    elif name != "__init__" and INITIALISES.match(callee):
        yield (
            Flow(Use.NONE)
            if call.parent is None or call.parent.type == "expression_statement"
            else Flow(Use.CONFIGURATION, line=line)
        )
    elif call.parent is not None and call.parent.type == "expression_statement":
        yield Flow(Use.READ, line=line)
    else:
        yield from _use(call, body, seen)
