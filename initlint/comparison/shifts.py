"""Where two aligned ledgers are in step: from the first shift until both have drawn the same, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from initlint.comparison.align import Change, Line, certainty
from initlint.comparison.amounts import BLOCK, Amount, amount, apart
from initlint.comparison.draws import TORCH
from initlint.comparison.trace import Row
from initlint.model import Answer

UNIFORM = frozenset(
    {"uniform"}
    | {f"torch.nn.{name}" for name in "Linear Bilinear RNN LSTM GRU RNNCell LSTMCell GRUCell".split()}
    | {f"torch.nn.Conv{kind}{dimensions}d" for kind in ("", "Transpose") for dimensions in "123"}
)
"""Draws that leave a generator in the same state in any order: no half of a pair of normal numbers is left over, and
the amount does not depend on the numbers. tests/test_comparison.py measures it."""


@dataclass(slots=True)
class _Stream:
    """One stream on both sides. `ahead`: what one side has drawn more often than the other, by key and as a row."""

    other: Answer = Answer.NO
    counts: bool = True
    ahead: Counter[object] = field(default_factory=Counter)
    rows: dict[object, Row] = field(default_factory=dict)

    def apart(self) -> Answer:
        """Whether the sides have drawn differently: neither the same draws, nor as much with others, in any order."""
        left = [(times, _amount(self.rows[key])) for key, times in self.ahead.items() if times]
        if any(amount is None for _, amount in left):
            return Answer.YES
        sides = ([amount for times, amount in left if amount for _ in range(times * sign)] for sign in (-1, 1))
        return apart(*sides)


def streams(line: Line) -> set[str]:
    """The streams that a line draws from, on either side; an early exit may affect all of them."""
    return set(map(_stream, _rows(line)))


def behind(lines: Sequence[Line]) -> tuple[Answer, ...]:
    """For each line, whether the next draws from one of its streams get different numbers."""
    return tuple(after for _, after in _walk(lines))


def numbers(lines: Sequence[Line]) -> tuple[Answer, ...]:
    """For each line, whether its streams are out of step when it draws."""
    return tuple(before for before, _ in _walk(lines))


def exchanged(line: Line) -> bool:
    """Whether an equal draw has another owner, which does not affect the stream."""
    return line.change is Change.MOVED and line.old is not None and line.new is not None


def _walk(lines: Sequence[Line]) -> Iterator[tuple[Answer, Answer]]:
    found: dict[str, _Stream] = {}
    for line in lines:
        concerned = {name: found.setdefault(name, _Stream()) for name in sorted(streams(line))}
        before = _gravest(concerned.values())
        for name, stream in concerned.items():
            _draw(stream, line, [row for row in _rows(line) if _stream(row) == name])
        yield before, _gravest(concerned.values())


def _draw(stream: _Stream, line: Line, rows: Sequence[Row]) -> None:
    """Draw a line from a stream on both sides."""
    shifts = line.shifts is not Answer.NO and not exchanged(line)
    if stream.other is Answer.NO and not shifts:
        return
    if stream.other is Answer.NO:
        stream.counts = True
    stream.counts = stream.counts and all(map(_by_count, rows))
    if not shifts:
        return
    stream.other = Answer.YES if Answer.YES in (stream.other, line.shifts) else Answer.UNKNOWN
    for row in rows:
        stream.ahead[row.key] += 1 if row is line.new else -1
        stream.rows[row.key] = row
    if (found := stream.apart()) is not Answer.YES:
        stream.other = found if stream.counts else Answer.UNKNOWN


def _by_count(row: Row) -> bool:
    """Whether a draw always moves the state by the same number of steps."""
    if row.draw is None or row.draw.stream != TORCH or certainty(row) is not Answer.YES:
        return False
    sizes = amount(row.draw)
    large = sizes is not None and sizes[0] == "normal" and all(size >= BLOCK for size in sizes[1])
    return large or row.draw.engine in UNIFORM


def _amount(row: Row) -> Amount | None:
    """How many numbers a row draws, if that is the same for all callers."""
    return amount(row.draw) if row.draw is not None and not row.context else None


def _rows(line: Line) -> list[Row]:
    return [row for row in (line.old, line.new) if row is not None]


def _stream(row: Row) -> str:
    return row.draw.stream if row.draw is not None else TORCH


def _gravest(found: Iterable[_Stream]) -> Answer:
    answers = {stream.other for stream in found}
    return next(each for each in (Answer.YES, Answer.UNKNOWN, Answer.NO) if each in answers)
