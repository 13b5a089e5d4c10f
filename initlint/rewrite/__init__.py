"""Fixes findings in the source of one file: edits only what it must, and refuses what it cannot do safely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from initlint.construction.parsing import parse
from initlint.model import Finding, Strategy
from initlint.rewrite.encoding import decode
from initlint.rewrite.plan import plan
from initlint.rewrite.tree import parsed


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding that was left alone, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The source of a file after the fixes; each finding is either fixed or refused."""

    source: bytes
    fixed: tuple[Finding, ...]
    refused: tuple[Refusal, ...]


def rewrite(source: bytes, findings: Sequence[Finding], strategy: Strategy, device: str = "cpu") -> Rewritten:
    """Fix the findings of one file with a strategy.

    The places of the findings are those in `source`. `device` is what the models are built on, whose generators have to
    be isolated, too.
    """
    text = decode(source)
    if isinstance(text, str):
        return _left_alone(source, findings, text)
    tree = parsed(text.text)
    if tree is None:
        return _left_alone(source, findings, "the file cannot be parsed and written again unchanged")
    edits, refused = plan(tree, findings, strategy, device)
    fixed = tuple(finding for finding in findings if finding not in refused)
    after = edits.apply(tree) if fixed else text.text
    if parse(after) is None:
        return _left_alone(source, findings, "what would be left of the file is not valid Python")
    return Rewritten(
        source=text.encoded(after),
        fixed=fixed,
        refused=tuple(Refusal(finding, refused[finding]) for finding in findings if finding in refused),
    )


def _left_alone(source: bytes, findings: Sequence[Finding], reason: str) -> Rewritten:
    return Rewritten(source, (), tuple(Refusal(finding, reason) for finding in findings))
