"""Edits of statements, and their application: everything else stays as it is, including comments and blank lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from initlint.rewrite.tree import Tree

Replacement = Callable[[cst.BaseSmallStatement], cst.BaseSmallStatement]


@dataclass(slots=True)
class Edits:
    """Statements by the ids of their nodes: those to remove, to replace, to comment, and to wrap into a `with`, by its
    expression.

    `renamed` are expressions that a local name replaces, `imports` are modules to import.
    """

    removed: set[int] = field(default_factory=set)
    replaced: dict[int, Replacement] = field(default_factory=dict)
    renamed: dict[int, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)
    wrapped: dict[int, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)

    def apply(self, tree: Tree) -> str:
        edited = tree.module.visit(self._editor(tree))
        for name in sorted(self.imports):
            edited = _with_import(edited, name)
        return edited.code

    def changes(self, tree: Tree) -> Iterator[tuple[int, str, str]]:
        """The outermost statements with edits, except imports: the start of each, and its code before and after."""
        editor = self._editor(tree)
        for node in sorted(filter(tree.is_outermost, tree.enclosing(self._nodes()).values()), key=tree.start):
            edited = node.visit(editor)
            assert isinstance(edited, cst.CSTNode)
            before, after = tree.text(node), tree.module.code_for_node(edited)
            ended = before.endswith(("\r", "\n"))
            yield tree.start(node), before, after if ended else after.rstrip("\r\n")

    def _editor(self, tree: Tree) -> _Editor:
        nodes = set(self._nodes())
        return _Editor(self, nodes.union(tree.enclosing(nodes)))

    def _nodes(self) -> Iterator[int]:
        return chain(self.removed, self.replaced, self.renamed, self.comments, self.wrapped)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A statement of a block, and the context to wrap it into, or ""."""

    statement: cst.BaseStatement
    context: str = ""


class _Editor(cst.CSTTransformer):
    """Rewrites blocks from the inside out, visiting only nodes that contain an edit.

    Statements are only removed from their blocks here, so old and new ones exist side by side until then.
    """

    def __init__(self, edits: Edits, holding: Set[int]) -> None:
        super().__init__()
        self.edits = edits
        self._holding = holding

    def on_visit(self, node: cst.CSTNode) -> bool:
        return id(node) in self._holding

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self._renamed(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        return self._renamed(original_node, updated_node)

    def _renamed(self, old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
        name = self.edits.renamed.get(id(old))
        return new if name is None else cst.Name(name, lpar=new.lpar, rpar=new.rpar)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> cst.BaseSuite:
        body = self._block(original_node.body, updated_node.body)
        return updated_node.with_changes(body=body or [cst.SimpleStatementLine([cst.Pass()])])

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        line = cst.SimpleStatementLine(updated_node.body, trailing_whitespace=updated_node.trailing_whitespace)
        pieces = self._line(original_node, line)
        if any(piece.context for piece in pieces):
            return cst.IndentedBlock(_wrapped(pieces))
        if not pieces:
            return updated_node.with_changes(body=[cst.Pass()])
        (only,) = (piece.statement for piece in pieces)
        assert isinstance(only, cst.SimpleStatementLine)
        return updated_node.with_changes(body=only.body, trailing_whitespace=only.trailing_whitespace)

    def _block(
        self, before: Sequence[cst.BaseStatement], after: Sequence[cst.BaseStatement]
    ) -> list[cst.BaseStatement]:
        """The statements that stay. The comment above a group of lines is removed with the last line of the group."""
        pieces: list[_Piece] = []
        waiting: Sequence[cst.EmptyLine] = ()
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            lines: Sequence[cst.EmptyLine] = getattr(new, "leading_lines", ())
            found = self._pieces(old, new)
            if not found:
                waiting = lines or waiting
                continue
            if waiting and not lines:
                found[0] = _led(found[0], waiting)
            elif index and not pieces:
                found[0] = _led(found[0], _without_blank_start(lines))
            waiting = ()
            pieces += found
        return _wrapped(pieces)

    def _pieces(self, old: cst.BaseStatement, new: cst.BaseStatement) -> list[_Piece]:
        """What remains of a statement of a block."""
        if id(old) in self.edits.removed:
            return []
        if isinstance(old, cst.SimpleStatementLine) and isinstance(new, cst.SimpleStatementLine):
            return self._line(old, new)
        return [_Piece(new, self.edits.wrapped.get(id(old), ""))]

    def _line(
        self, old: cst.SimpleStatementLine | cst.SimpleStatementSuite, new: cst.SimpleStatementLine
    ) -> list[_Piece]:
        """What remains of a line, as several lines if some of its statements are wrapped."""
        edits = self.edits
        kept = [pair for pair in zip(old.body, new.body, strict=True) if id(pair[0]) not in edits.removed]
        pieces: list[_Piece] = []
        for context, group in groupby(kept, key=lambda pair: edits.wrapped.get(id(pair[0]), "")):
            pairs = list(group)
            body = [edits.replaced.get(id(one), _same)(other) for one, other in pairs]
            last = pairs[-1][0] is kept[-1][0]
            if pairs[-1][0] is not old.body[-1]:
                body[-1] = body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            trailing = new.trailing_whitespace if last else cst.TrailingWhitespace()
            comments = [edits.comments[id(one)] for one, _ in pairs if id(one) in edits.comments]
            line = new.with_changes(body=body, trailing_whitespace=_commented(trailing, comments))
            pieces.append(_Piece(line if not pieces else line.with_changes(leading_lines=()), context))
        return pieces


def _same(statement: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
    return statement


def _smalls(statement: cst.BaseStatement) -> Sequence[cst.BaseSmallStatement]:
    return statement.body if isinstance(statement, cst.SimpleStatementLine) else ()


def _led(piece: _Piece, lines: Sequence[cst.EmptyLine]) -> _Piece:
    """A piece with other blank lines and comments before it."""
    return _Piece(piece.statement.with_changes(leading_lines=lines), piece.context)


def _without_blank_start(lines: Sequence[cst.EmptyLine]) -> Sequence[cst.EmptyLine]:
    start = next((index for index, line in enumerate(lines) if line.comment is not None), len(lines))
    return lines[start:]


def _commented(trailing: cst.TrailingWhitespace, comments: Iterable[str]) -> cst.TrailingWhitespace:
    """The end of a line with more comments after its own."""
    present = [trailing.comment.value] if trailing.comment is not None else []
    found = [*present, *(f"# {comment}" for comment in comments)]
    if len(found) == len(present):
        return trailing
    space = trailing.whitespace if present else cst.SimpleWhitespace("  ")
    return trailing.with_changes(whitespace=space, comment=cst.Comment("  ".join(found)))


def _wrapped(pieces: Sequence[_Piece]) -> list[cst.BaseStatement]:
    """The statements of a block; neighbours with the same context share one `with`."""
    body: list[cst.BaseStatement] = []
    context = ""
    for piece in pieces:
        lines: Sequence[cst.EmptyLine] = getattr(piece.statement, "leading_lines", ())
        before = body[-1] if body else None
        if not piece.context:
            body.append(piece.statement)
        elif piece.context == context and not lines and isinstance(before, cst.With):
            body[-1] = before.with_changes(body=cst.IndentedBlock([*before.body.body, piece.statement]))
        else:
            inside = cst.IndentedBlock([_led(piece, ()).statement])
            item = cst.WithItem(cst.parse_expression(piece.context))
            body.append(cst.With([item], inside, leading_lines=lines))
        context = piece.context
    return body


def _with_import(module: cst.Module, name: str) -> cst.Module:
    """The module with an added import: before the first other one of the same package, or after what has to come
    first."""
    place = next((index for index, line in enumerate(module.body) if _imports_from(line, name)), None)
    if place is None:
        place = next((index for index, line in enumerate(module.body) if not _comes_first(line)), len(module.body))
    line = cst.SimpleStatementLine([cst.Import([cst.ImportAlias(cst.Name(name))])])
    body = list(module.body)
    if place < len(body):
        lines: Sequence[cst.EmptyLine] = getattr(body[place], "leading_lines", ())
        is_import = any(isinstance(small, cst.Import | cst.ImportFrom) for small in _smalls(body[place]))
        line = line.with_changes(leading_lines=lines)
        body[place] = body[place].with_changes(
            leading_lines=() if is_import else (lines or [cst.EmptyLine(indent=False)])
        )
    return module.with_changes(body=[*body[:place], line, *body[place:]])


def _imports_from(line: cst.BaseStatement, package: str) -> bool:
    for small in _smalls(line):
        match small:
            case cst.Import(names=names):
                modules = [cst.Module([]).code_for_node(alias.name) for alias in names]
            case cst.ImportFrom(module=cst.Attribute() | cst.Name() as module, relative=()):
                modules = [cst.Module([]).code_for_node(module)]
            case _:
                continue
        if any(module.partition(".")[0] == package for module in modules):
            return True
    return False


def _comes_first(line: cst.BaseStatement) -> bool:
    """Whether this is the docstring of a module or an import from `__future__`."""
    match _smalls(line):
        case [cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]:
            return True
        case [cst.ImportFrom(module=cst.Name(value="__future__"))]:
            return True
        case _:
            return False
