"""Code that never runs: after a `return`, a `raise`, a `break` or a `continue`, and under `if False`.

Nothing in it reads, stores or builds anything. Its imports count, since such names help type checkers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.arguments import code_in

if TYPE_CHECKING:
    from tree_sitter import Node

    from initlint.facts.scopes import Captures

LEAVES = frozenset({"return_statement", "raise_statement", "break_statement", "continue_statement"})
NEVER, ALWAYS = frozenset({b"False", b"0"}), frozenset({b"True", b"1"})
KEPT = frozenset({"import", "error"})
"""Captures that count everywhere."""


def reachable(captures: Captures) -> Captures:
    """The captures without those in code that never runs."""
    ranges = _outermost(sorted(_unreachable(captures)))
    if not ranges:
        return captures
    starts = [start for start, _ in ranges]

    def runs(node: Node) -> bool:
        place = bisect_right(starts, node.start_byte) - 1
        return place < 0 or node.start_byte >= ranges[place][1]

    return {name: nodes if name in KEPT else list(filter(runs, nodes)) for name, nodes in captures.items()}


def _outermost(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in ranges:
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _unreachable(captures: Captures) -> Iterator[tuple[int, int]]:
    for statement in captures.get("leaves", ()):
        yield from _behind(_fork(statement) or statement)
    for condition in captures.get("constant", ()):
        branch = _branch(condition)
        if branch is not None:
            yield branch.start_byte, branch.end_byte


def _behind(statement: Node) -> Iterator[tuple[int, int]]:
    block, following = statement.parent, statement.next_named_sibling
    if block is not None and following is not None:
        yield following.start_byte, block.end_byte


def _fork(statement: Node) -> Node | None:
    """The `if` that ends with a statement, if each of its arms leaves."""
    clause = statement.parent.parent if statement.parent is not None else None
    if clause is None or clause.type != "else_clause" or statement.next_named_sibling is not None:
        return None
    return clause.parent if clause.parent is not None and _is_left(clause.parent) else None


def _is_left(statement: Node) -> bool:
    """Whether the code after a statement never runs: for an `if`, because every arm of it leaves."""
    if statement.type != "if_statement":
        return statement.type in LEAVES
    arms = [statement, *statement.children_by_field_name("alternative")]
    blocks = (arm.child_by_field_name("consequence") or arm.child_by_field_name("body") for arm in arms)
    ends = [code_in(block) for block in blocks if block]
    return arms[-1].type == "else_clause" and all(end and _is_left(end[-1]) for end in ends)


def _branch(condition: Node) -> Node | None:
    """The arm that never runs because of a constant condition."""
    statement, text = condition.parent, condition.text
    if statement is None:
        return None
    if text in NEVER:
        return statement.child_by_field_name("consequence") or statement.child_by_field_name("body")
    if text in ALWAYS and statement.type == "if_statement":
        alternatives = statement.children_by_field_name("alternative")
        return alternatives[0] if len(alternatives) == 1 else None
    return None
