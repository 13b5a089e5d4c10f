"""What `isinstance` tests around an expression say about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import string_pattern
from initlint.project.bodies import Body

if TYPE_CHECKING:
    from tree_sitter import Node


def tested_classes(node: Node, body: Body) -> Node | None:
    """The class expression that an expression is tested to be an instance of; None without a test."""
    text, child, parent = body.text(node), node, node.parent
    while parent is not None:
        tested = None
        if parent.type in ("if_statement", "elif_clause", "conditional_expression", "while_statement"):
            condition, holds = _branch(parent, child)
            tested = _tested(condition, text, holds, body) if condition is not None else None
        elif parent.type == "boolean_operator" and parent.named_children[0] != child and " and " in body.text(parent):
            tested = _tested(parent.named_children[0], text, True, body)
        if tested is not None:
            return tested
        child, parent = parent, parent.parent
    return None


def asserted_classes(name: str, body: Body) -> Node | None:
    """The class expression that a function asserts a name to be an instance of."""
    for call in body.nodes("call"):
        tested = _tested(call, name, True, body)
        if tested is not None and call.parent is not None and call.parent.type == "assert_statement":
            return tested
    return None


def tested_names(node: Node, body: Body) -> set[str]:
    """The attributes that `hasattr` tests around an expression say that it has."""
    text, child, parent = body.text(node), node, node.parent
    found: set[str] = set()
    while parent is not None:
        if parent.type in ("if_statement", "elif_clause", "conditional_expression"):
            condition, holds = _branch(parent, child)
            if condition is not None and holds and body.callee(condition) == "hasattr":
                arguments = call_arguments(condition)
                if len(arguments) == 2 and body.text(arguments[0]) == text:
                    found.add(string_pattern(body.text(arguments[1])))
        child, parent = parent, parent.parent
    return found - {""}


def in_other_arm(node: Node, other: Node) -> bool:
    """Whether two places are in different arms of one `if`, of which no run takes both."""
    arms = dict(_arms(node))
    return any(arms.get(statement, arm) != arm for statement, arm in _arms(other))


def _arms(node: Node) -> Iterator[tuple[int, int]]:
    """The `if` statements around a place, each with the block that contains it."""
    while (parent := node.parent) is not None:
        if node.type == "block" and parent.type in ("if_statement", "elif_clause", "else_clause"):
            statement = parent if parent.type == "if_statement" else parent.parent
            if statement is not None and statement.type == "if_statement":
                yield statement.id, node.id
        node = parent


def _branch(statement: Node, child: Node) -> tuple[Node | None, bool]:
    """The condition under which a part of a branching statement runs, and whether it must hold or fail."""
    if statement.type == "conditional_expression":
        value, condition, _ = statement.named_children[:3]
        return (None, True) if child == condition else (condition, child == value)
    condition_ = statement.child_by_field_name("condition")
    if child == condition_:
        return None, True
    return condition_, child == statement.child_by_field_name("consequence") or child == statement.child_by_field_name(
        "body"
    )


def _tested(condition: Node, text: str, holds: bool, body: Body) -> Node | None:
    """The classes that `text` is known to be an instance of if a condition holds (or fails)."""
    if condition.type == "parenthesized_expression":
        return _tested(condition.named_children[0], text, holds, body)
    if condition.type == "not_operator":
        return _tested(condition.named_children[0], text, not holds, body)
    if condition.type == "boolean_operator" and holds and " or " not in body.text(condition):
        found = (_tested(side, text, True, body) for side in condition.named_children)
        return next((node for node in found if node is not None), None)
    if not holds or body.callee(condition) != "isinstance":
        return None
    arguments = call_arguments(condition)
    return arguments[1] if len(arguments) == 2 and body.text(arguments[0]) == text else None
