"""A trace for people: the draws in order, as a tree of their owners beside a table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from initlint.report.terminal import Fragment, prose, written
from initlint.report.trace import Draw, Trace, set_up, short, totals
from initlint.report.words import counted

Row = tuple[str, str, str, str, str, str]
"""Name, numbers, running total, operator, stream, place."""


def render(trace: Trace, color: bool = False) -> str:
    return written(_all(trace), color)


def _all(trace: Trace) -> Iterator[Fragment]:
    yield from prose(f"`{trace.target}`")
    yield f" is a {trace.of}; {set_up(trace.setup)}, Python {trace.python}\n\n", ""
    rows = list(_rows(trace))
    widths = [max(map(len, column)) for column in zip(*(row for row, _ in rows), strict=True)]
    for row, style in rows:
        yield from _line(row, widths, style)
    yield "\n", ""
    yield summary(trace) + "\n", "bold"
    for note in trace.notes:
        yield f"note: {note}\n", "yellow"


def summary(trace: Trace) -> str:
    """How much was drawn, for how many tensors, and how much of that for dead definitions."""
    owners = len({draw.owner for draw in trace.draws if draw.owner})
    text = f"{counted(len(trace.draws), 'draw')} of {trace.amount:,} numbers, for {owners:,} of "
    text += counted(len(trace.tensors), "tensor")
    dead = [draw for draw in trace.draws if draw.dead]
    if dead:
        codes = ", ".join(sorted({draw.dead for draw in dead}))
        text += (
            f"; {counted(len(dead), 'draw')} of {sum(draw.amount for draw in dead):,} for what is never used ({codes})"
        )
    return text


def _rows(trace: Trace) -> Iterator[tuple[Row, str]]:
    """A line per draw, under a line for each module on the path to its owner."""
    several = len({draw.stream for draw in trace.draws}) > 1
    yield ("", "draws", "total", "operator", "stream" if several else "", "source"), "bold"
    above: list[str] = []
    for draw, total in zip(trace.draws, totals(trace.draws), strict=True):
        *modules, name = _path(draw)
        for depth in range(_shared(above, modules), len(modules)):
            yield (f"{'  ' * depth}{modules[depth]}", "", "", "", "", ""), "cyan"
        above = modules
        label = "  " * len(modules) + name + (f"  dead: {draw.dead}" if draw.dead else "")
        stream = draw.stream if several else ""
        row = (label, f"{draw.amount:,}", f"{total:,}", short(draw.operator), stream, draw.source)
        yield row, "red" if draw.dead else ""


def _shared(one: list[str], other: list[str]) -> int:
    """The length of the common beginning."""
    equal = (a == b for a, b in zip(one, other, strict=False))
    return sum(1 for _ in itertools.takewhile(bool, equal))


def _path(draw: Draw) -> list[str]:
    """The modules around a draw, and its own name there, in parentheses if no tensor holds what was drawn."""
    return draw.owner.split(".") if draw.owner else [*filter(None, draw.maker.split(".")), f"({short(draw.operator)})"]


def _line(row: Row, widths: list[int], style: str) -> Iterator[Fragment]:
    name, amount, total, operator, stream, source = row
    cells = [name.ljust(widths[0]), amount.rjust(widths[1]), total.rjust(widths[2])]
    cells += [text.ljust(width) for text, width in zip((operator, stream), widths[3:5], strict=True) if width]
    yield "  ".join([*cells, ""]) if source else "  ".join(cells).rstrip(), style
    yield f"{source}\n", style if style == "bold" else "blue"
