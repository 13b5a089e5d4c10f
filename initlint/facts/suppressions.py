"""Suppression comments: what each names, and which lines it covers."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from initlint.facts.records import IGNORE, KEEP_STREAM, NOQA, SKIP_FILE, Suppression

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_HINT = re.compile(rb"#\s*(?:initlint:|noqa)", re.IGNORECASE)
_COMMENT = re.compile(
    r"#\s*(?:initlint:\s*(?:(?P<skip>skip-file\b)|(?P<keep>keep-stream\b)|ignore\b(?:\s*\[(?P<ignore>[^\]]*)\])?)"
    r"|(?i:noqa)\b(?:(?P<colon>\s*:)\s*(?P<noqa>[A-Z]+\d+\b(?:[,\s]+[A-Z]+\d+\b)*)?)?)"
)
_CODE = re.compile(r"[^\s,]+")
_OWN_CODE = re.compile(r"SOH\d+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
DISCARDED = ("SOH105",)
"""The codes that draws which are kept on purpose are exempt from."""

_BLOCKS = ("module", "block", "decorated_definition", "ERROR")
_BETWEEN = (*_BLOCKS, "_definition", "_statement", "_clause")
"""Suffixes of the types of nodes whose own comments are between statements and not inside of one."""


def suppressions(source: bytes, root: Node) -> tuple[Suppression, ...]:
    """The suppression comments of a file; `root` is its tree."""
    if not _HINT.search(source):
        return ()
    lines = Lines(source)
    return tuple(found for comment in _comments(root) for found in _read(comment, lines, root))


class Lines:
    """The lines of a source as Python counts them, from 1."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0, *(end.end() for end in _LINE_END.finditer(source))]

    def number(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def code(self, line: int) -> int:
        """The offset of the first byte on a line that is not blank."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        text = self.source[start:end]
        return start + len(text) - len(text.lstrip(b" \t\f"))

    def column(self, offset: int) -> int:
        start = self.starts[self.number(offset) - 1]
        return len(self.source[start:offset].decode()) + 1


def statement(root: Node, offset: int) -> Node:
    """The statement, or the clause of one, that the code at an offset belongs to."""
    node = root.descendant_for_byte_range(offset, offset) or root
    while node.parent is not None and node.parent.type not in _BLOCKS and not node.type.endswith("_clause"):
        node = node.parent
    return node


def header_end(node: Node, lines: Lines) -> int:
    """The last line of a statement without the statements inside of it."""
    body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
    if body is None:
        return lines.number(node.end_byte)
    return max(lines.number(node.start_byte), lines.number(body.start_byte) - 1)


@functools.cache
def _query() -> Query:
    from tree_sitter import Query

    from initlint.facts.extract import language

    return Query(language(), "(comment) @comment")


def _comments(root: Node) -> list[Node]:
    from tree_sitter import QueryCursor

    found = QueryCursor(_query()).captures(root).get("comment", [])
    return sorted(found, key=lambda node: node.start_byte)


def _read(comment: Node, lines: Lines, root: Node) -> Iterator[Suppression]:
    text = lines.source[comment.start_byte : comment.end_byte].decode()
    line, column = lines.number(comment.start_byte), lines.column(comment.start_byte)
    for match in _COMMENT.finditer(text):
        kind, codes = _meaning(match)
        if kind:
            first, last = _covered(comment, lines, root, kind, codes)
            yield Suppression(kind, codes, line, column + match.start(), column + match.end(), first, last)


def _meaning(match: re.Match[str]) -> tuple[str, tuple[str, ...]]:
    """The kind of a comment and the codes that it names, without those of other tools."""
    if match["skip"]:
        return SKIP_FILE, ()
    if match["keep"]:
        return KEEP_STREAM, DISCARDED
    if match[0].lstrip("# \t").startswith("initlint"):
        return IGNORE, tuple(_CODE.findall(match["ignore"] or ""))
    codes = tuple(code for code in _CODE.findall(match["noqa"] or "") if _OWN_CODE.fullmatch(code))
    return (NOQA, codes) if codes or not match["colon"] else ("", ())


def _covered(comment: Node, lines: Lines, root: Node, kind: str, codes: tuple[str, ...]) -> tuple[int, int]:
    """The lines of the statement with the comment; a comment with codes in the head of a class covers the class."""
    line = lines.number(comment.start_byte)
    alone = lines.code(line) == comment.start_byte
    if alone and comment.parent is not None and comment.parent.type.endswith(_BETWEEN):
        return line, line
    node = statement(root, lines.code(line))
    whole = node.type == "class_definition" and (codes or kind != NOQA)
    return lines.number(node.start_byte), max(line, lines.number(node.end_byte) if whole else header_end(node, lines))


def places(source: bytes, numbers: Iterable[int]) -> list[tuple[int, Suppression | None]]:
    """For each of these lines, the line that can take a comment on the statement there, and our own comment that it
    already has."""
    from initlint.facts.extract import parser

    lines, root = Lines(source), parser().parse(source).root_node
    there = {found.line: found for found in suppressions(source, root) if found.kind == IGNORE}
    ends = [header_end(statement(root, lines.code(number)), lines) for number in numbers]
    return [(end, there.get(end)) for end in ends]
