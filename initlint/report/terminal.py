"""Text for a terminal: styled fragments, wrapped prose, tables, and source without control characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.texts import shortened

if TYPE_CHECKING:
    from rich.text import Text

Fragment = tuple[str, str]
"""A text and its style; "source" is Python code, which is highlighted."""

WIDTH = 160
"""The width at which a line of source is cut; longer lines are data rather than code."""

LEAST = 20
"""The least width for prose, however narrow the terminal is."""

_QUOTED = re.compile(r"(`[^`]*`)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def written(fragments: Iterable[Fragment], color: bool) -> str:
    """Fragments as one text, with or without their styles."""
    return _painted(fragments) if color else "".join(text for text, _ in fragments)


def aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table, without spaces at its end."""
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


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


def printable(line: str) -> str:
    """A line of source without tabs and control characters, cut if it is long."""
    plain = line.rstrip("\n").replace("\t", "    ").replace("\f", "")
    return shortened(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", plain), WIDTH)


def columns(text: str) -> int:
    """The width of a text in a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _painted(fragments: Iterable[Fragment]) -> str:
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
