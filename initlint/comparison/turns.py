"""Loops that were split or joined: each draws as often as before, but in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from initlint.comparison.align import Change, Line
from initlint.comparison.conditions import OPAQUE
from initlint.comparison.trace import Row, Step
from initlint.model import Answer

Around = tuple[Step, ...]
"""The steps around a loop, and the loop."""


def regrouped(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines of one loop that are in several loops on the other side have changed their order."""
    pairs: dict[tuple[str, Around], Around] = {}
    return tuple(_checked(line, pairs) for line in lines)


def _checked(line: Line, pairs: dict[tuple[str, Around], Around]) -> Line:
    """A line, checked against the pairs of loops that earlier lines established."""
    old, new = line.old, line.new
    if old is None or new is None or old.draw is None or new.draw is None or line.shifts is Answer.YES:
        return line
    both = list(zip(_loops(old), _loops(new), strict=False))
    stream = old.draw.stream
    if all(pairs.setdefault((f"old {stream}", one), other) == other for one, other in both) and all(
        pairs.setdefault((f"new {stream}", other), one) == one for one, other in both
    ):
        return line
    decided = all(_turns_are_passed(step) for one, _ in both for step in one if step.kind == "for")
    shifts = Answer.YES if decided and old.draw.certain and new.draw.certain else Answer.UNKNOWN
    return replace(line, change=Change.CONDITION if line.change is Change.SAME else line.change, shifts=shifts)


def _loops(row: Row) -> Iterator[Around]:
    for place, step in enumerate(row.context):
        if step.kind == "for":
            yield row.context[: place + 1]


def _turns_are_passed(loop: Step) -> bool:
    """Whether callers decide the number of turns."""
    return "parameter" in loop.term.marks and not loop.term.marks & OPAQUE
