"""Findings for people: the place in the source, what is wrong, what it shifts, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from initlint.model import Confidence, Finding
from initlint.report.record import Report

if TYPE_CHECKING:
    from rich.text import Text

Fragment = tuple[str, str]
"""A text and its style; "source" is Python code, which is highlighted."""

WIDTH = 160
"""The width at which a line of source is cut; longer lines are data rather than code."""

LEAST = 20
"""The least width for prose, however narrow the terminal is."""

_HANGING = 4
_CONTEXT = 1
_LONGEST = 6
"""The number of lines shown of one statement."""

_NAMED = 8
"""The number of shifted definitions that are named; the rest is counted."""

_QUOTED = re.compile(r"(`[^`]*`)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def render(report: Report, color: bool = False, width: int = 0) -> str:
    """`width` is the width of the terminal, 0 if there is none."""
    fragments = [fragment for finding in report.findings for fragment in _finding(finding, report, width)]
    return painted(fragments) if color else "".join(text for text, _ in fragments)


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
        text = _shown(lines[number - 1])
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
    indent = _columns(_shown(before))
    return (" " * indent + "^" * max(1, _columns(_shown(marked))))[:WIDTH]


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
    names = [f"`{name}`" for name in finding.shifts[:_NAMED]]
    rest = len(finding.shifts) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")


def filled(text: str, width: int, start: int, indent: int) -> Iterator[Fragment]:
    """Prose that starts in one column and continues in another, wrapped to fit the terminal; code is not broken."""
    if not width:
        yield from prose(text)
        return
    import textwrap

    joined = _QUOTED.sub(lambda code: code[0].replace(" ", "\0"), text)
    filler = textwrap.TextWrapper(
        width=max(width, indent + LEAST),
        initial_indent=" " * start,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    first, *others = filler.wrap(joined)
    yield from prose(first[start:].replace("\0", " "))
    for line in others:
        yield "\n", ""
        yield from prose(line.replace("\0", " "))


def prose(text: str) -> Iterator[Fragment]:
    """Prose, with code between backticks."""
    for part in _QUOTED.split(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)):
        if part:
            yield part, "bold" if part.startswith("`") else ""


def _shown(line: str) -> str:
    """A line of source without tabs and control characters, cut if it is long."""
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line.rstrip("\n").replace("\t", "    ").replace("\f", ""))
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _columns(text: str) -> int:
    """The width of a text in a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def painted(fragments: list[Fragment]) -> str:
    import io

    from rich.console import Console
    from rich.text import Text

    highlight = _highlighter()
    page = Text()
    for text, style in fragments:
        page.append_text(highlight(text)) if style == "source" else page.append(text, style)
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", soft_wrap=True)
    with console.capture() as captured:
        console.print(page, end="")
    return captured.get()


def _highlighter() -> Callable[[str], Text]:
    from rich.syntax import Syntax

    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")

    def highlight(line: str) -> Text:
        text = syntax.highlight(line)
        text.rstrip()
        return text

    return highlight
