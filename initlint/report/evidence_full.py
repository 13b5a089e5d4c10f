"""Evidence for people: what was built, what differs, what was drawn, and how to see it again."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from initlint.model import Finding
from initlint.report.evidence import Evidence, Result, Shared, Verdict
from initlint.report.terminal import Fragment, aligned, filled, prose, written
from initlint.report.words import few

ROWS = 12
"""Rows of a table; equal tensors before the first difference are shown as far as they fit."""

BEFORE = 3
LABEL = 11
COMMANDS = ("repeat", "change")
"""The labels of commands to copy, which stay on one line."""

INDENT = 4
Row = tuple[str, str, str, str, str]

DRAWS = 6
"""The number of different draws of one definition that are listed."""

NAMED = 3
"""The number of findings that are named if several were fixed at once."""

STYLES = {
    Verdict.CONFIRMED: "bold red",
    Verdict.LATENT: "bold yellow",
    Verdict.HARMLESS: "bold green",
    Verdict.INCONCLUSIVE: "bold magenta",
}
FIXED = {"remove": "removed", "isolate": "isolated", "keep-stream": "removed, its draws kept"}


def render(evidence: Evidence, color: bool = False, whole: bool = False, width: int = 0) -> str:
    """`whole` shows every tensor; `width` is the width of the terminal, 0 if there is none."""
    results = (*evidence.results, *evidence.together)
    return written((part for result in results for part in _result(result, evidence, whole, width)), color)


def _result(result: Result, evidence: Evidence, whole: bool, width: int) -> Iterator[Fragment]:
    yield from _head(result, evidence)
    for label, text in _lines(result, evidence):
        yield f"  {label + ':':<{LABEL}}", "bold yellow" if label == "bug" else "blue"
        yield from prose(text) if label in COMMANDS else filled(text, width, LABEL + 2, LABEL + 2)
        yield "\n", ""
    if result.changed:
        yield from _table(result, whole, width)
    yield "\n", ""


def _head(result: Result, evidence: Evidence) -> Iterator[Fragment]:
    finding = result.findings[0]
    if len(result.findings) == 1:
        yield evidence.report.shown(finding.path), "bold"
        yield f":{finding.span.line}:{finding.span.column}: ", "cyan"
        yield f"{finding.code} ", "bold red"
        yield from prose(f"`{finding.attribute}` of `{finding.cls.replace('.<locals>', '')}`: ")
    else:
        yield f"{len(result.findings)} findings together", "bold"
        yield " (", ""
        yield from prose(_several(result.findings))
        yield "): ", ""
    yield result.verdict.value, STYLES[result.verdict]
    yield "\n", ""


def _several(findings: tuple[Finding, ...]) -> str:
    names = [f"`{finding.cls.rpartition('.')[2]}.{finding.attribute}`" for finding in findings]
    return few(names, NAMED)


def _lines(result: Result, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if result.target:
        yield "built", _built(result, evidence)
    if result.reason:
        yield "reason", result.reason
    if result.strategy is not None:
        yield "result", _outcome(result)
        yield "drawn", _drawn(result)
    for note in result.notes:
        yield "note", note
    for disagreement in result.disagreements:
        yield "bug", f"initlint and torch disagree, please report it: {disagreement}"
    if result.target:
        yield "repeat", _repeat(result, evidence)
    if result.strategy is not None:
        yield "change", _change(result, evidence)


def _built(result: Result, evidence: Evidence) -> str:
    placed = "" if evidence.device == "cpu" else f" ({evidence.placement})"
    dtype = f", {evidence.dtype}" if evidence.dtype else ""
    what = f"`{result.findings[0].attribute}`" if len(result.findings) == 1 else "all of them"
    fixed = f", as it is and with {what} {FIXED[result.strategy.value]}" if result.strategy else ""
    return (
        f"`{result.target}`{fixed}; seed {result.seed}, device {evidence.device}{placed}{dtype}, "
        f"torch {evidence.torch}, Python {evidence.python}"
    )


def _outcome(result: Result) -> str:
    streams = "in the same state" if result.end_state_equal else "in another state"
    count = f"{len(result.changed)} of {len(result.tensors)} shared tensors differ"
    if not result.changed:
        return f"{count}, the random streams end {streams}"
    greatest = result.max_abs_diff
    by = "" if greatest is None else f", by up to {greatest:.6f}"
    return f"{count}{by}, the first is `{result.changed[0].name}`; the random streams end {streams}"


def _drawn(result: Result) -> str:
    """The draws of the dead definition, with equal ones combined."""
    kinds = Counter((draw.operator, draw.numel, draw.stream) for draw in result.draws)
    texts = [
        f"{f'{count} x ' if count > 1 else ''}{operator} of {numel:,} from {stream}"
        for (operator, numel, stream), count in kinds.items()
    ]
    return few(texts, DRAWS, "more kinds") or "nothing"


def _repeat(result: Result, evidence: Evidence) -> str:
    words = ["initlint", "confirm", *_paths(result, evidence), "--build", result.target]
    words += ["--device", evidence.device, "--seed", str(result.seed)]
    words += ["--placement", evidence.placement] if evidence.placement != "construct" else []
    words += ["--dtype", evidence.dtype] if evidence.dtype else []
    words += ["--python", evidence.interpreter] if evidence.interpreter else []
    return shlex.join(words)


def _change(result: Result, evidence: Evidence) -> str:
    assert result.strategy is not None
    codes = sorted({finding.code for finding in result.findings})
    words = ["initlint", *_paths(result, evidence), "--select", ",".join(codes)]
    return shlex.join([*words, "--fix", result.strategy.value, "--diff"])


def _paths(result: Result, evidence: Evidence) -> list[str]:
    return sorted({evidence.report.shown(finding.path) for finding in result.findings})


def _table(result: Result, whole: bool, width: int) -> Iterator[Fragment]:
    """The shared tensors around the first difference, with their first values side by side."""
    tensors = result.tensors
    first = next(number for number, tensor in enumerate(tensors) if not tensor.same)
    start = 0 if whole else max(0, min(first - BEFORE, len(tensors) - ROWS))
    shown = tensors if whole else tensors[start : start + ROWS]
    rows, widths = _fitting(shown, width)
    yield from _left_out(tensors[:start], "before")
    for number, row in enumerate(rows):
        marked = number > 0 and shown[number - 1] is tensors[first]
        differs = number > 0 and not shown[number - 1].same
        yield "  > " if marked else "    ", "bold red"
        yield aligned(row, widths) + "\n", "red" if differs else "bold" if number == 0 else ""
    yield from _left_out(tensors[start + len(shown) :], "after")


def _fitting(tensors: tuple[Shared, ...], width: int) -> tuple[list[Row], list[int]]:
    """The rows, with as many values of each tensor as fit the terminal, but at least one; and the column widths."""
    values = max(len(tensor.before) for tensor in tensors)
    while True:
        rows = [("tensor", "", "with it", "without it", "difference"), *(_row(tensor, values) for tensor in tensors)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        if values <= 1 or not width or INDENT + sum(widths) + len("  ") * (len(widths) - 1) <= width:
            return rows, widths
        values -= 1


def _row(tensor: Shared, values: int) -> Row:
    before, after = (" ".join(each[:values]) for each in (tensor.before, tensor.after))
    if tensor.same:
        return tensor.name, "same", before, after, ""
    return tensor.name, "differs", before, after, "?" if tensor.difference is None else f"{tensor.difference:.6f}"


def _left_out(tensors: tuple[Shared, ...], where: str) -> Iterator[Fragment]:
    if tensors:
        differ = sum(not tensor.same for tensor in tensors)
        yield f"    ... {len(tensors)} more {where}: {len(tensors) - differ} same, {differ} differ\n", "blue"


def summary(evidence: Evidence) -> str:
    """One line for standard error."""
    if not evidence.results:
        return "Nothing to confirm.\n"
    counts = Counter(result.verdict for result in evidence.results)
    verdicts = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    return f"{verdicts}.\n"
