"""Findings for people: the place in the source, what is wrong, what it shifts, what to do."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Confidence, Finding
from initlint.report.record import Report
from initlint.report.terminal import WIDTH, Fragment, columns, filled, printable, written
from initlint.report.words import few

_HANGING = 4
_CONTEXT = 1
_LONGEST = 6
"""The number of lines shown of one statement."""

_NAMED = 8
"""The number of shifted definitions that are named; the rest is counted."""


def render(report: Report, color: bool = False, width: int = 0) -> str:
    """`width` is the width of the terminal, 0 if there is none."""
    return written((fragment for finding in report.findings for fragment in _finding(finding, report, width)), color)


def _finding(finding: Finding, report: Report, width: int) -> Iterator[Fragment]:
    lines = report.lines.get(finding.place, ())
    gutter = len(str(min(finding.span.end_line + _CONTEXT, max(len(lines), 1))))
    yield from _head(finding, report.shown(finding.place), width)
    yield from _excerpt(finding, lines, gutter)
    yield from _notes(finding, gutter, width)
    yield "\n", ""


def _head(finding: Finding, path: str, width: int) -> Iterator[Fragment]:
    place = f":{finding.span.line}:{finding.span.column}: "
    yield path, "bold"
    yield place, "cyan"
    yield finding.code, "bold red" if finding.confidence is Confidence.CERTAIN else "bold yellow"
    yield " ", ""
    yield from filled(finding.message, width, len(f"{path}{place}{finding.code} "), _HANGING)
    yield "\n", ""


def _excerpt(finding: Finding, lines: tuple[str, ...], gutter: int) -> Iterator[Fragment]:
    """The lines of the statement, marked, and the lines around them."""
    span = finding.span
    if not 1 <= span.line <= len(lines):
        return
    last = min(span.end_line, span.line + _LONGEST - 1)
    yield f"  {' ' * gutter} |\n", "blue"
    for number in range(max(1, span.line - _CONTEXT), min(len(lines), last + _CONTEXT) + 1):
        marked = span.line <= number <= last
        text = printable(lines[number - 1])
        yield ("> " if marked else "  "), "bold red"
        yield f"{number:>{gutter}} |", "blue"
        if text:
            yield " ", ""
            yield text, "source"
        yield "\n", ""
        if number == span.line == span.end_line:
            yield f"  {' ' * gutter} | ", "blue"
            yield _underline(finding, lines[number - 1]) + "\n", "bold red"
    if last < span.end_line:
        yield f"  {' ' * gutter} | ...\n", "blue"
    yield f"  {' ' * gutter} |\n", "blue"


def _underline(finding: Finding, line: str) -> str:
    before = line[: finding.span.column - 1]
    marked = line[finding.span.column - 1 : finding.span.end_column - 1]
    indent = columns(printable(before))
    return (" " * indent + "^" * max(1, columns(printable(marked))))[:WIDTH]


def _notes(finding: Finding, gutter: int, width: int) -> Iterator[Fragment]:
    notes = (("shifts", shifted(finding)), ("help", finding.advice))
    for label, text in notes:
        if text:
            yield f"  {' ' * gutter} = ", "blue"
            yield f"{label}: ", "bold green" if label == "help" else "bold yellow"
            column = gutter + len(f"   = {label}: ")
            yield from filled(text, width, column, column)
            yield "\n", ""


def shifted(finding: Finding) -> str:
    """The definitions that get different numbers because of this one, if the message does not name them all."""
    if all(f"`{name}`" in finding.message for name in finding.shifts):
        return ""
    return few([f"`{name}`" for name in finding.shifts], _NAMED)
