"""Phrases that several reports share."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str, ending: str = "s") -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else ending}"


def few(texts: Sequence[str], most: int, more: str = "more") -> str:
    """The first of some texts, and the number of the others."""
    rest = f" and {len(texts) - most} {more}" if len(texts) > most else ""
    return ", ".join(texts[:most]) + rest
