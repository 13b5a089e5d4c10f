"""What construction does with a definition that it reads: store it elsewhere, inspect it, initialise it, use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.arguments import call_arguments
from initlint.facts.vocabulary import REGISTRATIONS, SAME_MODULE
from initlint.project.bindings import Origin
from initlint.project.bodies import Body

if TYPE_CHECKING:
    from tree_sitter import Node


PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern"})
"""Assignment targets that unpack a value."""


class Use(Enum):
    """What one read during construction does."""

    NONE = "none"
    CONFIGURATION = "configuration"
    FLOW = "flow"
    READ = "read"


USED = (Use.READ, Use.FLOW)


class Flow(msgspec.Struct, frozen=True):
    """A use, with the definition that the value flows into, or the place that needs its configuration."""

    use: Use
    target: str = ""
    line: int = 0


INITIALISES = re.compile(
    r"(.*\.)?(init\w*\..*|(?!clip_grad)\w+_|\w*init\w*|\w*weights?_norm|\w*spectral_norm|named_apply|zero_module|\w*freeze\w*|delattr"
    r"|setattr)\Z",
    re.IGNORECASE,
)
"""Callees that only initialise or freeze their argument, and return it. To clip is to train."""

LOOKS = frozenset(
    "isinstance hasattr print len id type repr str _calculate_fan_in_and_fan_out _calculate_correct_fan".split()
)
"""Callees that only inspect their argument."""

HOUSEKEEPING = SAME_MODULE.union(
    REGISTRATIONS,
    "zero_grad flatten_parameters append extend insert update load_state_dict reset_parameters pop clear".split(),
)
"""Methods that change a module and give nothing away if their result is unused."""

TAKES = frozenset("append extend insert update add_module load_state_dict".split())
"""Methods whose object keeps the argument; so does that of an in-place method."""

ALL_OF_IT = frozenset(
    "weight bias data parameters modules children named_parameters named_modules state_dict forward".split()
)
"""Attributes that lead to a module's parameters themselves, not only to their shape."""

GIVES_ON = frozenset("items values keys detach clone".split())
"""Methods that return the object itself, or its contents."""

METADATA = frozenset("shape ndim dtype device requires_grad is_cuda layout itemsize nbytes".split())
"""Attributes of tensors that are no tensors."""

TESTS = frozenset(
    "if_statement elif_clause while_statement assert_statement interpolation comparison_operator not_operator".split()
)
"""Places that only test whether something exists, or what it is like."""

LOOKS_AT = frozenset("size dim numel element_size get_input_embeddings get_output_embeddings".split())
"""Methods that describe a module or tensor without using it."""

TRANSPARENT = frozenset(
    "parenthesized_expression list tuple set expression_list conditional_expression boolean_operator list_splat"
    " named_expression pair dictionary dictionary_splat keyword_argument argument_list await list_comprehension"
    " generator_expression not_operator comparison_operator".split()
)


COMPREHENSIONS = frozenset("list_comprehension set_comprehension dictionary_comprehension generator_expression".split())
"""Expressions that have their own scope."""

Ignores = Callable[["Node", "Node", Body], bool]
"""Whether a call does nothing with one of its arguments."""

Plain = Callable[["Node", Body], bool]
"""Whether an expression is known to be neither a module nor a parameter."""


def uses_of(node: Node, body: Body) -> Iterator[Flow]:
    """What happens to the value of one expression."""
    return Trace(body).value(node)


def is_used(node: Node, body: Body) -> bool:
    """Whether the value of an expression is used, and not only its shape or configuration."""
    return any(flow.use in USED for flow in uses_of(node, body))


def unused(body: Body, name: str) -> bool:
    """Whether the value of a local name is at most initialised."""
    return all(flow.use in (Use.NONE, Use.CONFIGURATION) for flow in Trace(body).name(name))


class Trace:
    """Follows one value through a body: into calls, aliases and containers, up to where it is stored or used."""

    def __init__(self, body: Body, ignores: Ignores = lambda *_: False, plain: Plain = lambda *_: False) -> None:
        self.body = body
        self.instance = body.method.facts.instance
        self._ignores = ignores
        self._plain = plain
        self._seen: set[tuple[str, int]] = set()
        self._origin = ""

    def value(self, node: Node) -> Iterator[Flow]:
        """What happens to the value of an expression, depending on where it is."""
        self._origin = self._origin or self.body.text(node).partition(".")[0]
        parent = node.parent
        if parent is None:
            return
        match parent.type:
            case "attribute":
                yield from self._member(parent)
            case "subscript" if parent.child_by_field_name("value") == node:
                yield from [Flow(Use.NONE)] if _is_target(parent) else self.value(parent)
            case "assignment" | "augmented_assignment":
                yield from self._assigned(node, parent)
            case kind if kind in PATTERNS or kind in ("expression_statement", "delete_statement"):
                yield Flow(Use.NONE)
            case "for_statement" | "for_in_clause":
                yield from self._looped(parent)
            case "argument_list" if parent.parent is not None and parent.parent.type == "call":
                if not self._ignores(parent.parent, node, self.body):
                    yield from self._argument(parent.parent, node)
            case "call" if parent.child_by_field_name("arguments") == node:
                yield from self._argument(parent, node)
            case kind:
                yield from self._within(node, parent, kind)

    def name(self, name: str, but: Node | None = None, within: Node | None = None) -> Iterator[Flow]:
        """What happens to the value of a local name; nested code keeps it for later.

        The place `but` is left out. Within a loop or comprehension, `within`, its variable is distinguished from others
        of that name.
        """
        key = (name, within.id if within is not None else 0)
        if key in self._seen:
            return
        self._seen.add(key)
        for node in self.body.captures("identifier"):
            if self.body.text(node) != name or node == but:
                continue
            if _is_walrus(node):
                yield from self.value(node)
            if is_name_only(node):
                continue
            if _is_another(self._loop(name, node), within):
                continue
            if not self.body.own(node):
                yield self._flow(Use.READ, node)
            elif not _is_target(node):
                yield from self.value(node)

    def _loop(self, name: str, node: Node) -> Node | None:
        """The innermost loop or comprehension around a node that has this name as its variable."""
        inside, around = node, node.parent
        while around is not None:
            clauses = around.named_children if around.type in COMPREHENSIONS else ()
            loops = [clause for clause in clauses if clause.type == "for_in_clause"]
            if around.type == "for_statement" and around.child_by_field_name("body") == inside:
                loops = [around]
            if any(name in looped_names(loop, self.body) for loop in loops):
                return around
            inside, around = around, around.parent
        return None

    def _flow(self, use: Use, node: Node, target: str = "") -> Flow:
        return Flow(use, target, self.body.method.facts.line + node.start_point.row)

    def _within(self, node: Node, parent: Node, kind: str) -> Iterator[Flow]:
        """Expressions that test the value, pass it on, or use it."""
        if kind in TESTS or (kind == "conditional_expression" and parent.named_children[1] == node):
            yield self._flow(Use.CONFIGURATION, node)
        elif kind in TRANSPARENT:
            if kind == "named_expression":
                yield from self.name(self.body.text(parent.named_children[0]))
            yield from self.value(parent)
        else:
            yield self._flow(Use.READ, node)

    def _member(self, node: Node) -> Iterator[Flow]:
        """`self.x.name`: a method called for its effect, a shape, or a part of it."""
        name = self.body.text(node).rpartition(".")[2].strip()
        parent = node.parent
        if _is_target(node) or _is_only_stored_to(node):
            yield Flow(Use.NONE)
        elif parent is not None and parent.type == "call" and parent.child_by_field_name("function") == node:
            yield from self._method(parent, name)
        elif name in METADATA or (name not in ALL_OF_IT and self._plain(node, self.body)):
            yield self._flow(Use.CONFIGURATION, node)
        else:
            yield from self.value(node)

    def _method(self, call: Node, name: str) -> Iterator[Flow]:
        if is_statement(call) and (_only_changes(name) or "init" in name or "freeze" in name):
            yield Flow(Use.NONE)
        elif name in LOOKS_AT:
            yield self._flow(Use.CONFIGURATION, call)
        elif name in HOUSEKEEPING | ALL_OF_IT | GIVES_ON or name.endswith("_"):
            yield from self.value(call)
        else:
            yield self._flow(Use.READ, call)

    def _assigned(self, node: Node, assignment: Node) -> Iterator[Flow]:
        left = assignment.child_by_field_name("left")
        if left is None or left == node:
            yield Flow(Use.NONE)
            return
        yield from self._into(left)
        if assignment.parent is not None and assignment.parent.type == "assignment":
            yield from self._assigned(assignment, assignment.parent)

    def _into(self, target: Node) -> Iterator[Flow]:
        """Where a value goes that is assigned to `target`."""
        text = self.body.text(target)
        root = re.match(r"\w+", text)
        if target.type == "identifier" and text in self.body.bindings:
            yield from self.name(text)
        elif target.type in PATTERNS:
            for child in target.named_children:
                yield from self._into(child)
        elif target.type in ("attribute", "subscript") and text.startswith(self.instance + "."):
            name = re.split(r"[.\[(]", text.removeprefix(self.instance + "."))[0].strip()
            yield self._flow(Use.FLOW, target, name)
        elif target.type in ("attribute", "subscript") and root and root.group() in self.body.bindings:
            yield from self._part_of(root.group(), target)
        else:
            yield self._flow(Use.READ, target)

    def _part_of(self, name: str, target: Node) -> Iterator[Flow]:
        """Where a value goes that becomes a part of a local name's value: there, and into what that is an item of.

        An attribute of an argument is read by the caller. What comes from that object stays there.
        """
        if (name, -1) in self._seen:
            return
        self._seen.add((name, -1))
        yield from self.name(name)
        if name == self._origin:
            return
        for binding in self.body.bindings.get(name, ()):
            if binding.origin is Origin.PARAMETER and name != self.instance:
                yield self._flow(Use.READ, target)
            elif binding.origin is Origin.ELEMENT and binding.node is not None:
                for owner, part in re.findall(r"(?<![\w.])([^\W\d]\w*)(?:\.(\w+))?", self.body.text(binding.node)):
                    if owner == self.instance and part:
                        yield self._flow(Use.FLOW, target, part)
                    elif owner in self.body.bindings:
                        yield from self._part_of(owner, target)

    def _looped(self, loop: Node) -> Iterator[Flow]:
        """What the loop variables iterate over; an element of a comprehension also goes where the comprehension
        goes."""
        within = loop.parent if loop.type == "for_in_clause" else loop
        for name in looped_names(loop, self.body):
            yield from self.name(name, within=within)

    def _argument(self, call: Node, given: Node) -> Iterator[Flow]:
        function = call.child_by_field_name("function")
        callee, name = self.body.callee(call), self.body.called(call)
        if targets := self.body.named(call):
            yield from (self._flow(Use.FLOW, call, target) for target in targets)
        elif function is not None and (name in TAKES or (name.endswith("_") and self._is_held(function))):
            owner = function.child_by_field_name("object")
            yield from self._into(owner) if owner is not None else ()
        elif callee == "setattr" and (holder := call_arguments(call)[0]) != given:
            root = self.body.text(holder).partition(".")[0]
            yield from self._part_of(root, holder) if root in self.body.bindings else self._into(holder)
        elif is_statement(call):
            done = name in LOOKS or (name != "__init__" and INITIALISES.match(callee))
            yield Flow(Use.NONE) if done else self._flow(Use.READ, call)
        elif name in LOOKS:
            yield self._flow(Use.CONFIGURATION, call)
        else:
            yield from self.value(call)

    def _is_held(self, function: Node) -> bool:
        """Whether a method belongs to the instance or to a local variable, and not to a Python module like nn.init."""
        root = re.match(r"\w+", self.body.text(function))
        return root is not None and (root.group() == self.instance or root.group() in self.body.bindings)


def _is_another(loop: Node | None, within: Node | None) -> bool:
    """Whether a loop variable is another one than the one `within` a loop, after it, or where it is assigned."""
    if within is None:
        return loop is not None and loop.type in COMPREHENSIONS
    return loop != within and (loop is not None or within.type in COMPREHENSIONS)


def _is_target(node: Node) -> bool:
    """Whether a value is stored to this place."""
    parent = node.parent
    return parent is not None and (
        (parent.type in ("assignment", "augmented_assignment") and parent.child_by_field_name("left") == node)
        or parent.type in PATTERNS
        or parent.type == "delete_statement"
    )


def _is_only_stored_to(node: Node) -> bool:
    """Whether an attribute only leads to a place that is stored to, or to a method called for its effect."""
    top = node
    while (
        top.parent is not None and top.parent.type in ("attribute", "subscript") and top.parent.named_children[0] == top
    ):
        top = top.parent
    if _is_target(top):
        return True
    call = top.parent
    name = (top.text or b"").decode().rpartition(".")[2]
    return call is not None and is_called(top) and is_statement(call) and _only_changes(name)


def is_called(node: Node) -> bool:
    """Whether an expression is the callee of a call."""
    return node.parent is not None and node.parent.child_by_field_name("function") == node


def looped_names(loop: Node, body: Body) -> list[str]:
    """The variables of a loop."""
    left = loop.child_by_field_name("left")
    nodes = [] if left is None else [left] if left.type == "identifier" else left.named_children
    return [body.text(node) for node in nodes]


def only_name(node: Node, body: Body) -> str:
    """The local name that gets the value of an expression, and of nothing else; "" if there is none."""
    target = node.parent
    left = target.child_by_field_name("left") if target is not None and target.type == "assignment" else None
    name = body.text(left) if left is not None and left.type == "identifier" and left != node else ""
    return name if len(body.bindings.get(name, ())) == 1 else ""


def standing_for(node: Node, body: Body) -> Iterator[Node]:
    """An expression, and the uses of a local name that gets its value and no other."""
    yield node
    if name := only_name(node, body):
        for each in body.nodes("identifier"):
            if body.text(each) == name and not is_name_only(each) and not _is_target(each):
                yield each


def is_statement(call: Node) -> bool:
    """Whether the result of a call is unused."""
    return call.parent is None or call.parent.type == "expression_statement"


def _only_changes(method: str) -> bool:
    """Whether a method with this name changes a module, or attaches a hook to it, which only runs when the module
    does."""
    return method in HOUSEKEEPING or method.endswith(("_", "_hook"))


def is_name_only(node: Node) -> bool:
    """Whether an identifier is the name of something else: an attribute, a keyword, a loop target, a parameter."""
    parent = node.parent
    if parent is None or parent.type in ("parameters", "lambda_parameters", "typed_parameter"):
        return True
    return parent.type in _NAMING and parent.child_by_field_name(_NAMING[parent.type]) == node


def _is_walrus(node: Node) -> bool:
    """Whether an identifier is assigned inside of an expression that continues with its value."""
    parent = node.parent
    return parent is not None and parent.type == "named_expression" and parent.child_by_field_name("name") == node


_NAMING = {
    "attribute": "attribute",
    "keyword_argument": "name",
    "for_statement": "left",
    "for_in_clause": "left",
    "named_expression": "name",
    "default_parameter": "name",
    "typed_default_parameter": "name",
}
"""The field of a node that contains its own name."""
