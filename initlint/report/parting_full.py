"""Two builds for people: the answer first, then the aligned ledgers around what differs, then the tensors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from initlint.report.parting import Change, Line, Parting, Verdict, answer, set_apart
from initlint.report.terminal import Fragment, aligned, written
from initlint.report.trace import Draw, set_up, short
from initlint.report.words import counted, few

MARKS = {
    Change.SAME: "=",
    Change.ADDED: "+",
    Change.DROPPED: "-",
    Change.MOVED: ">",
    Change.CHANGED: "~",
    Change.OTHER: "~",
}
SHIFTED = "!"
"""The mark of an equal draw that gets different numbers."""

LEGEND = "= same numbers, ! other numbers, + added, - dropped, > moved, ~ changed"
STYLES = {"+": "green", "-": "red", ">": "magenta", "~": "yellow", SHIFTED: "yellow"}
VERDICTS = {
    Verdict.SAME: "bold green",
    Verdict.VALUES: "bold yellow",
    Verdict.PART: "bold red",
    Verdict.UNKNOWN: "bold magenta",
}
NEAR = 3
SHORT = 24
"""Ledgers of up to this many lines are shown completely; of longer ones, what differs, with this many lines around
it."""

MOST = 12
"""The number of differing draws that are shown."""

NAMED = 6
"""The number of tensors that are named; the rest is counted."""


def render(parting: Parting, color: bool = False) -> str:
    return written(_all(parting), color)


def _all(parting: Parting) -> Iterator[Fragment]:
    yield answer(parting) + "\n", VERDICTS[parting.verdict]
    if parting.disagreement:
        yield f"the static answer and the builds disagree: {parting.disagreement}\n", "bold yellow"
    if parting.static:
        yield f"compared without building, for the classes built here: {parting.static}\n", ""
    yield "\n", ""
    yield from _built(parting)
    if parting.first is not None:
        yield "\n", ""
        yield from _table(parting)
        yield f"\n{LEGEND}\n", "blue"
    yield "\n", ""
    yield from _tensors(parting)
    for note in parting.notes:
        yield f"note: {note}\n", "yellow"


def _built(parting: Parting) -> Iterator[Fragment]:
    for side, label, trace in zip(("old", "new"), parting.labels, (parting.old, parting.new), strict=True):
        what = f"`{trace.target}`" if label == trace.target else f"{label}: `{trace.target}`"
        yield f"{side}: {what}, {set_up(trace.setup)}\n", ""
    if parting.apart and parting.verdict is not Verdict.UNKNOWN:
        yield f"set up differently: {set_apart(parting)}\n", "yellow"


def marks(parting: Parting) -> Iterator[str]:
    """One mark per line: draws after the first that differs get different numbers, until the streams meet again."""
    for line in parting.lines:
        moved = line.old is not None and line.new is not None and line.old.state != line.new.state
        yield SHIFTED if moved and line.change is Change.SAME else MARKS[line.change]


def _table(parting: Parting) -> Iterator[Fragment]:
    rows = [("", "draw", "old", "new"), *_rows(parting)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        yield f"  {aligned(row, widths)}\n", "bold" if number == 0 else STYLES.get(row[0], "")


def _rows(parting: Parting) -> Iterator[tuple[str, str, str, str]]:
    """The lines that differ, with their neighbours; longer stretches of others are counted."""
    changed = [place for place, line in enumerate(parting.lines) if line.change is not Change.SAME]
    near = {each for place in changed[:MOST] for each in range(place - NEAR, place + NEAR + 1)}
    rows = list(zip(parting.lines, marks(parting), strict=True))
    for shown, places in itertools.groupby(range(len(rows)), lambda place: place in near or len(rows) <= SHORT):
        group = [rows[place] for place in places]
        if shown:
            yield from ((mark, _name(line), _cell(line.old), _cell(line.new)) for line, mark in group)
        else:
            yield "", f"({counted(len(group), 'draw')} more)", "", ""


def _name(line: Line) -> str:
    renamed = line.old is not None and line.new is not None and line.old.owner != line.new.owner
    return f"{line.draw.name} (was {line.old.name})" if renamed and line.old is not None else line.draw.name


def _cell(draw: Draw | None) -> str:
    return f"{draw.amount:,} {short(draw.operator)}  {draw.source}".rstrip() if draw is not None else ""


def _tensors(parting: Parting) -> Iterator[Fragment]:
    tensors = parting.tensors
    yield f"tensors: {tensors.same} same, {len(tensors.differ)} differ", "bold"
    yield f", {len(tensors.missing)} missing, {len(tensors.added)} added, {len(tensors.renamed)} renamed\n", "bold"
    renamed = tuple(f"{old} is {new}" for old, new in tensors.renamed)
    lists = {"differ": tensors.differ, "missing": tensors.missing, "added": tensors.added, "renamed": renamed}
    for label, names in lists.items():
        if names:
            yield f"  {label + ':':<9}{few(names, NAMED)}\n", ""
