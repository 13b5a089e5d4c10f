"""One piece of a file, parsed alone: a function, a class-level statement, a module-level assignment."""

from __future__ import annotations

import functools
import re
import tokenize
from bisect import bisect_left, bisect_right
from weakref import WeakValueDictionary

import libcst as cst
from libcst._nodes.internal import CodegenState

from initlint.construction.parsing import parse_rest
from initlint.construction.syntax import assigned_names, dotted, loads
from initlint.model import Span
from initlint.texts import shortened

TEXT_LENGTH = 80
"""The length at which a quoted expression is cut."""

_COMMENT = re.compile(r"""('[^'\n]*'|"[^"\n]*")|#[^\n]*""")


class Tree:
    """A parsed text, with what was derived from its nodes; `module` is None if it cannot be parsed.

    `unread` are the starts of statements that cannot be parsed.
    """

    def __init__(self, text: str) -> None:
        self.module, self.unread = parse_rest(text)
        self.assigned = functools.cache(assigned_names)
        """The names that a body assigns."""
        self.loads = functools.cache(loads)
        """The nodes of a function that mention its names, by name."""
        self.dotted = functools.cache(_dotted)
        """The first name of `a.b.c`, and all of it as text; empty where it is more than names."""

    @functools.cached_property
    def offsets(self) -> dict[int, tuple[int, int]]:
        assert self.module is not None
        return offsets(self.module)


_trees: WeakValueDictionary[str, Tree] = WeakValueDictionary()
"""The trees in use, by text: many classes of a project are copies of each other."""


class Slice:
    """A piece of a file, with the places of its nodes in the file.

    Indented code is parsed after an added `class` line, so that its columns stay the same.
    """

    def __init__(self, source: bytes, start: int, end: int) -> None:
        line_start = source.rfind(b"\n", 0, start) + 1
        self._first_line = bisect_left(_line_ends(source), start) + 1
        before = source[line_start:start].decode()
        indent = before if not before.strip() else " " * len(before)
        self._lead = len("class _:\n") if indent else 0
        self._text = ("class _:\n" if indent else "") + indent + source[start:end].decode().rstrip() + "\n"
        self.tree = _tree(self._text)

    @property
    def node(self) -> cst.BaseStatement | None:
        """The first statement of the piece."""
        module = self.tree.module
        if module is None or not module.body:
            return None
        statement: cst.CSTNode = module.body[0]
        if self._lead and isinstance(statement, cst.ClassDef):
            statement = statement.body.body[0]
        return statement if isinstance(statement, cst.BaseStatement) else None

    @property
    def unread(self) -> tuple[int, ...]:
        """The lines of the file where statements start that cannot be parsed and are not in the tree."""
        return tuple(self._place(offset)[0] for offset in self.tree.unread)

    @property
    def small(self) -> cst.BaseSmallStatement | None:
        """The first simple statement of the piece."""
        line = self.node
        return line.body[0] if isinstance(line, cst.SimpleStatementLine) and line.body else None

    def code(self, node: cst.CSTNode) -> str:
        """The source of a node on one line, without comments, cut if it is long."""
        start, end = self.tree.offsets.get(id(node), (0, 0))
        text = self._text[start:end]
        if "#" in text:
            text = _COMMENT.sub(lambda match: match[1] or "", text)
        return shortened(" ".join(text.split()).replace("( ", "(").replace(", )", ")"), TEXT_LENGTH)

    def plain(self, node: cst.CSTNode) -> str:
        """The source of a node as written: cheaper than `code` if no place in the slice is needed."""
        assert self.tree.module is not None
        return self.tree.module.code_for_node(node)

    def span(self, node: cst.CSTNode) -> Span:
        """The place of a node in the file."""
        start, end = self.tree.offsets.get(id(node), (self._lead, self._lead))
        return Span(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset) - 1
        extra = 1 if self._lead else 0
        return self._first_line + line - extra, offset - self._lines[line] + 1

    @functools.cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(r"\n", self._text))]


def _tree(text: str) -> Tree:
    tree = _trees.get(text)
    if tree is None:
        tree = _trees[text] = Tree(text)
    return tree


@functools.lru_cache(maxsize=8)
def _line_ends(source: bytes) -> list[int]:
    """The offsets of the line ends of a file: most slices follow another one of the same file."""
    return [match.start() for match in re.finditer(rb"\n", source)]


def _dotted(node: cst.Attribute) -> tuple[str, str]:
    text = dotted(node) or ""
    return text.partition(".")[0], text


class _Offsets(CodegenState):
    """Writes the code once and notes the start and end of every node: a fifth of PositionProvider's time."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent=default_indent, default_newline=default_newline)
        self.found: dict[int, tuple[int, int]] = {}
        self._offset = 0
        self._starts: list[int] = []

    def add_token(self, value: str) -> None:
        self._offset += len(value)

    def add_indent_tokens(self) -> None:
        self._offset += sum(map(len, self.indent_tokens))

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(self._offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.found[id(node)] = (self._starts.pop(), self._offset)


def offsets(tree: cst.Module) -> dict[int, tuple[int, int]]:
    """The start and end of every node in the text of a tree, by the node's id."""
    state = _Offsets(default_indent=tree.default_indent, default_newline=tree.default_newline)
    tree._codegen(state)
    return state.found


def statement_end(source: bytes, start: int) -> int:
    """The end of the logical line that starts at `start`, or of the part that is examined."""
    for size in (2_000, 200_000):
        end = _statement_end(source[start : start + size])
        if end < size - 1:
            break
    return start + end


def _statement_end(source: bytes) -> int:
    lines = source.decode(errors="replace").splitlines(keepends=True)
    last = (1, len(lines[0]) if lines else 0)
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            last = token.end
            if token.type == tokenize.NEWLINE:
                last = token.start
                break
    except (tokenize.TokenError, IndentationError, SyntaxError, StopIteration):
        pass
    text = "".join(lines[: last[0] - 1]) + (lines[last[0] - 1][: last[1]] if last[0] <= len(lines) else "")
    return len(text.encode())
