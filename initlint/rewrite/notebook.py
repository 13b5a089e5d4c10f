"""A notebook is fixed as one source, and only the cells that changed are written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from initlint.model import Finding, Strategy
from initlint.notebooks import cells, source, with_source
from initlint.rewrite import Refusal, Rewritten, rewrite


def rewrite_notebook(data: bytes, findings: Sequence[Finding], strategy: Strategy, device: str = "cpu") -> Rewritten:
    """Fix the findings of one notebook, whose places are relative to its cells."""
    first_lines = {cell.number: cell.line for cell in cells(data)}
    given = {
        replace(finding, span=finding.span.up(1 - first_lines[finding.cell.number])): finding
        for finding in findings
        if finding.cell
    }
    result = rewrite(source(data), tuple(given), strategy, device)
    after = with_source(data, result.source)
    if after is None:
        refused = tuple(Refusal(finding, "the change does not stay in one cell") for finding in findings)
        return Rewritten(data, (), refused)
    return Rewritten(
        source=after,
        fixed=tuple(given[finding] for finding in result.fixed),
        refused=tuple(Refusal(given[refusal.finding], refusal.reason) for refusal in result.refused),
    )
