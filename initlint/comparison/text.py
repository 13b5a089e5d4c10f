"""A comparison as text: the answer first, then the aligned ledgers of the classes that differ by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.comparison.align import Change, Line
from initlint.comparison.compare import ClassDiff, Comparison, Verdict
from initlint.comparison.shifts import numbers
from initlint.comparison.trace import Row
from initlint.comparison.words import answer, name_of, sentence
from initlint.model import Answer
from initlint.texts import shortened

MARKS = {
    Change.ADDED: "+",
    Change.DROPPED: "-",
    Change.MOVED: ">",
    Change.RESIZED: "~",
    Change.DISTRIBUTION: "~",
    Change.STREAM: "~",
    Change.CONDITION: "~",
    Change.OTHER: "?",
}
NUMBERS = {Answer.NO: "=", Answer.YES: "!", Answer.UNKNOWN: "?"}
"""The marks of equal draws, by whether they get different numbers."""

LEGEND = "= same numbers, ! other numbers, + added, - dropped, > moved, ~ changed, ? cannot be told"
WIDTH = 46
NEAR = 2
SHORT = 20
"""Ledgers of up to this many lines are shown completely; of longer ones, what differs, with this many lines around
it."""


def render(comparison: Comparison) -> str:
    """Everything, for a terminal."""
    parts = [answer(comparison) + "\n"]
    roots = comparison.roots
    parts += ["\n".join(_class(diff, first=diff is roots[0])) + "\n" for diff in roots]
    if roots:
        parts.append(LEGEND + "\n")
    parts += ["\n".join(lines) + "\n" for lines in (list(_inherited(comparison)), list(_rest(comparison))) if lines]
    return "\n".join(parts)


def _class(diff: ClassDiff, first: bool) -> Iterator[str]:
    yield f"{name_of(diff.new)}, {moved(diff)}"
    if not first:
        yield f"  {sentence(diff)}"
    if not diff.lines:
        return
    rows = [("", "owner", "old", "new"), *_rows(diff)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  " + "  ".join(cells).rstrip()


def _rows(diff: ClassDiff) -> Iterator[tuple[str, str, str, str]]:
    """The lines that differ, with their neighbours; longer stretches of others are counted."""
    changed = [place for place, line in enumerate(diff.lines) if line.change is not Change.SAME]
    hidden = 0
    for place, (line, mark) in enumerate(zip(diff.lines, marks(diff), strict=True)):
        if any(abs(place - each) <= NEAR for each in changed) or len(diff.lines) <= SHORT:
            if hidden:
                yield "", f"({hidden} more draws)", "", ""
            hidden = 0
            yield _cells(line, mark)
        else:
            hidden += 1
    if hidden:
        yield "", f"({hidden} more draws)", "", ""


def moved(diff: ClassDiff) -> str:
    """The path of a class, and its old path if that is different."""
    old, new = diff.old.partition("::")[0], diff.new.partition("::")[0]
    names = name_of(diff.old), name_of(diff.new)
    if old == new and names[0] == names[1]:
        return new
    return f"{new} (was {names[0]}, {old})"


def marks(diff: ClassDiff) -> Iterator[str]:
    """One mark per line: what is drawn while the streams are out of step gets different numbers."""
    for line, other in zip(diff.lines, numbers(diff.lines), strict=True):
        if line.change is Change.SAME:
            yield NUMBERS[other]
        else:
            yield MARKS[line.change] if line.row.draw is None or line.row.draw.certain else "?"


def _cells(line: Line, mark: str) -> tuple[str, str, str, str]:
    draw = line.row.draw
    owner = (draw.owner or draw.place.what.partition("(")[0]) if draw is not None else line.row.how
    return mark, owner, _cell(line.old), _cell(line.new)


def _cell(row: Row | None) -> str:
    if row is None or row.draw is None:
        return ""
    depth = "".join({"for": "for: ", "if": "if: ", "unless": "else: "}[step.kind] for step in row.context)
    return f"{shortened(depth + row.draw.place.what, WIDTH)}  :{row.draw.place.line}"


def _inherited(comparison: Comparison) -> Iterator[str]:
    """The classes and functions that build or extend what differs."""
    for diff in comparison.classes:
        if diff.through:
            yield f"{name_of(diff.new)}, {moved(diff)}: inherits this from {name_of(diff.through)}"
    for place, cls in comparison.factories:
        path, _, name = place.partition("::")
        yield f"{name}(), {path}: builds {name_of(cls)}"


def _rest(comparison: Comparison) -> Iterator[str]:
    for diff in comparison.classes:
        for old, new in diff.renames:
            yield f"{name_of(diff.new)}: `{old}` is `{new}` now, with the same numbers"
        if diff.verdict is Verdict.SAME and diff.reason:
            yield f"{name_of(diff.new)}: its code is the same; {diff.reason}"
    for ids, side in ((comparison.dropped, comparison.old), (comparison.added, comparison.new)):
        if ids:
            yield f"only in {side}: " + ", ".join(name_of(id) for id in ids)
    for problem in comparison.problems:
        yield f"not read: {problem.path}:{problem.line}: {problem.reason}"
    yield from comparison.notes
