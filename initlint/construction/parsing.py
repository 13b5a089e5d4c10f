"""From text to libcst's tree, without the statements that libcst cannot parse.

Python 2 and too deep nesting only cost the statements that contain them: tree-sitter, which accepts both, finds the
statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.extract import parser

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BRACKETS = 100
MAX_DEPTH = 400
SMALL = 8_000
"""libcst's parser overflows the stack on deep nesting; shorter text can only nest too deep by brackets."""

_BRACKET = re.compile(r"[()\[\]{}]")


def parse(text: str) -> cst.Module | None:
    """The tree of a text; None if it has none, or nests too deep for libcst."""
    if _too_deep(text):
        return None
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError, ValueError):
        return None


def parse_rest(text: str) -> tuple[cst.Module | None, tuple[int, ...]]:
    """The tree of what can be parsed of a text, and the starts of the statements that cannot.

    Each of these is replaced by `0` and spaces, so that every offset stays.
    """
    module = parse(text)
    if module is not None:
        return module, ()
    source = text.encode()
    unread = [*_unread(source, parser().parse(source).root_node)]
    return parse(_without(source, 0, len(source), unread)), tuple(len(source[: n.start_byte].decode()) for n in unread)


def _unread(source: bytes, node: Node) -> Iterator[Node]:
    """The smallest statements under a node that have to be removed for the others to be parsed."""
    for statement in _statements(node):
        if not _can_be_parsed(source, statement, ()):
            inner = [*_unread(source, statement)]
            yield from inner if inner and _can_be_parsed(source, statement, inner) else [statement]


def _statements(node: Node) -> Iterator[Node]:
    """The statements directly under a node, in blocks and in the clauses of a compound statement."""
    for child in node.named_children:
        if child.type == "block" or child.type.endswith("_clause"):
            yield from _statements(child)
        elif node.type in ("module", "block"):
            if child.type != "comment":
                yield child
        elif child.type.endswith("_definition"):
            yield from _statements(child)


def _can_be_parsed(source: bytes, statement: Node, blanks: Iterable[Node]) -> bool:
    column = statement.start_point.column
    lead = "if _:\n" + " " * column if column else ""
    return parse(lead + _without(source, statement.start_byte, statement.end_byte, blanks) + "\n") is not None


def _without(source: bytes, start: int, end: int, blanks: Iterable[Node]) -> str:
    """A stretch of source with each of the nodes replaced by `0` and spaces."""
    pieces = []
    for node in blanks:
        text = source[node.start_byte : node.end_byte].decode()
        pieces += [source[start : node.start_byte].decode(), re.sub(r"[^\n]", " ", text).replace(" ", "0", 1)]
        start = node.end_byte
    return "".join((*pieces, source[start:end].decode()))


def _too_deep(text: str) -> bool:
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match.group() in "([{" else -1
        if depth > MAX_BRACKETS:
            return True
    return len(text) > SMALL and any(depth > MAX_DEPTH for depth in _depths(text))


def _depths(text: str) -> Iterator[int]:
    """The depth of every leaf of the syntax tree, from a parser that accepts any depth."""
    cursor = parser().parse(text.encode()).walk()
    depth = 0
    while True:
        while cursor.goto_first_child():
            depth += 1
        yield depth
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1
