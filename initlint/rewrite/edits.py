"""What is to be done with which statements, and the doing: all else stays as it is, comments and blank lines too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import libcst as cst

Block = TypeVar("Block", cst.IndentedBlock, cst.Module)


@dataclass(slots=True)
class Edits:
    """Statements by the ids of their nodes: those that go, and those that others take the place of."""

    removed: set[int] = field(default_factory=set)
    replaced: dict[int, cst.BaseSmallStatement] = field(default_factory=dict)

    def apply(self, module: cst.Module) -> str:
        return module.visit(_Editor(self)).code


class _Editor(cst.CSTTransformer):
    """Rewrites blocks from the inside out. Statements are taken out of blocks only here, so that old and new ones
    stand side by side until then."""

    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self.edits = edits

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return self._block(original_node, updated_node)

    def leave_IndentedBlock(self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> cst.BaseSuite:
        return self._block(original_node, updated_node)

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        small = self._small(original_node.body, updated_node.body)
        return updated_node.with_changes(body=small or [cst.Pass()])

    def _block(self, old: Block, new: Block) -> Block:
        """The statements that stay. The comment over a group of lines goes with the last line of the group."""
        body: list[cst.BaseStatement] = []
        waiting: list[cst.EmptyLine] = []
        for index, (before, after) in enumerate(zip(old.body, new.body, strict=True)):
            kept = self._kept(before, after)
            lines: list[cst.EmptyLine] = list(getattr(after, "leading_lines", ()))
            if kept is None:
                waiting = lines or waiting
            elif lines or not waiting:
                is_first_now = index > 0 and not body
                body.append(_without_blank_start(kept, lines) if is_first_now else kept)
                waiting = []
            else:
                body.append(kept.with_changes(leading_lines=waiting))
                waiting = []
        if not body and old.body and not isinstance(old, cst.Module):
            body.append(cst.SimpleStatementLine([cst.Pass()]))
        return new.with_changes(body=body) if _differs(body, new.body) else new

    def _kept(self, before: cst.CSTNode, after: cst.CSTNode) -> cst.BaseStatement | None:
        """What stays of a statement of a block."""
        if id(before) in self.edits.removed:
            return None
        if isinstance(before, cst.SimpleStatementLine) and isinstance(after, cst.SimpleStatementLine):
            small = self._small(before.body, after.body)
            return after.with_changes(body=small) if small else None
        assert isinstance(after, cst.BaseStatement)
        return after

    def _small(
        self, before: Sequence[cst.BaseSmallStatement], after: Sequence[cst.BaseSmallStatement]
    ) -> list[cst.BaseSmallStatement]:
        """What stays of the statements of a line; what is last now needs no semicolon."""
        kept = []
        for old, new in zip(before, after, strict=True):
            if id(old) not in self.edits.removed:
                replacement = self.edits.replaced.get(id(old))
                kept.append(new if replacement is None else replacement.with_changes(semicolon=new.semicolon))
        if kept and id(before[-1]) in self.edits.removed:
            kept[-1] = kept[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return kept


def _differs(one: Sequence[cst.CSTNode], other: Sequence[cst.CSTNode]) -> bool:
    return len(one) != len(other) or any(a is not b for a, b in zip(one, other, strict=True))


def _without_blank_start(statement: cst.BaseStatement, lines: list[cst.EmptyLine]) -> cst.BaseStatement:
    start = next((index for index, line in enumerate(lines) if line.comment is not None), len(lines))
    return statement.with_changes(leading_lines=lines[start:]) if start else statement
