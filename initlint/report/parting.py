"""The comparison of two builds: the only thing that its formats know."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from initlint.report.trace import META, OUTSIDE, Draw, Trace, short


class Verdict(enum.Enum):
    """How two builds compare. Unknown: they were set up differently and differ, which says nothing about the code."""

    SAME = "same"
    VALUES = "values"
    PART = "part"
    UNKNOWN = "unknown"


class Change(enum.Enum):
    """What happened to a draw. Other: the same draw, but the stream is in another state afterwards."""

    SAME = "same"
    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    CHANGED = "changed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """A draw in the old and in the new build; one of them is None if only the other side makes it there."""

    old: Draw | None
    new: Draw | None
    change: Change

    @property
    def draw(self) -> Draw:
        draw = self.new or self.old
        assert draw is not None
        return draw


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of both builds: the number of equal ones, the names of those that differ or exist on one side only,
    and equal values with new names."""

    same: int
    differ: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]

    @property
    def shared(self) -> int:
        return self.same + len(self.differ) + len(self.renamed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Two builds side by side.

    `lines` are the aligned ledgers, `first` is the index of the first that differs, or None. `apart` names what was set
    up differently, with both values. `streams` end in different states although no recorded draw differs. `static` is
    the answer without building; `disagreement` says where the two contradict each other.
    """

    labels: tuple[str, str]
    old: Trace
    new: Trace
    lines: tuple[Line, ...]
    first: int | None
    tensors: Tensors
    apart: tuple[tuple[str, str, str], ...]
    streams: tuple[str, ...]
    verdict: Verdict
    notes: tuple[str, ...] = ()
    static: str = ""
    disagreement: str = ""


def answer(parting: Parting) -> str:
    """The answer in one sentence."""
    match parting.verdict:
        case Verdict.SAME:
            return "the same streams"
        case Verdict.UNKNOWN:
            return _unknown(parting)
        case Verdict.PART:
            return _part(parting)
        case Verdict.VALUES:
            return f"the streams stay in step, but the values differ at {_tensor(parting)}: {_differ(parting)}"


def set_apart(parting: Parting) -> str:
    """What was set up differently, as a phrase."""
    return ", ".join(f"{name} is {new or 'not set'} and was {old or 'not set'}" for name, old, new in parting.apart)


def _unknown(parting: Parting) -> str:
    line = next((line for line in parting.lines if line.change not in (Change.SAME, Change.OTHER)), None)
    shape = "both draw the same amounts in the same order"
    if line is not None:
        shape = f"what they draw differs too, at {_where(line)}: {_what(parting, line)}"
    return f"nothing follows about the code: {set_apart(parting)}; {shape}"


def _part(parting: Parting) -> str:
    if parting.first is None:
        return f"the streams part: {' and '.join(parting.streams)} end in another state; {_differ(parting)}"
    line = parting.lines[parting.first]
    return f"the streams part at {_where(line)}: {_what(parting, line)}; {_differ(parting)}"


def _where(line: Line) -> str:
    """`blocks.0.attn.gamma, models/attention.py:26 (new)`"""
    draw, side = line.draw, "old" if line.new is None else "new"
    named = "a reset of the stream" if draw.operator == OUTSIDE else draw.name
    return f"{named}, {draw.source} ({side})" if draw.source else f"{named} ({side})"


def _what(parting: Parting, line: Line) -> str:
    old, new = line.old, line.new
    match line.change:
        case Change.ADDED:
            return f"its draw comes {_before(parting, line)}"
        case Change.DROPPED:
            return f"its draw is gone; it came {_before(parting, line)}"
        case Change.MOVED:
            return "its draw has moved to here" if old is None else "its draw has moved away from here"
        case Change.CHANGED if old is not None and new is not None:
            return _changed(old, new)
        case _:
            return "the stream is in another state after it"


def _changed(old: Draw, new: Draw) -> str:
    if old.amount != new.amount:
        return f"it takes {new.amount:,} numbers instead of {old.amount:,}"
    if old.operator != new.operator:
        return f"it is drawn by {short(new.operator)} instead of {short(old.operator)}"
    if old.stream != new.stream:
        return f"it is drawn from {new.stream} instead of {old.stream}"
    return f"it is drawn as {new.dtype} instead of {old.dtype}"


def _before(parting: Parting, line: Line) -> str:
    """Which of the common draws comes next."""
    behind = parting.lines[parting.lines.index(line) + 1 :]
    follower = next((each.new for each in behind if each.old is not None and each.new is not None), None)
    return f"before {follower.name}" if follower is not None else "last"


def _differ(parting: Parting) -> str:
    tensors = parting.tensors
    if META in (parting.old.setup.device, parting.new.setup.device):
        return f"on {META} no tensor has values"
    if not tensors.differ:
        return f"none of the {tensors.shared} shared tensors differs"
    return f"{len(tensors.differ)} of {tensors.shared} shared tensors differ, the first is {tensors.differ[0]}"


def _tensor(parting: Parting) -> str:
    """The first tensor that differs, with the line that filled it."""
    name = parting.tensors.differ[0]
    source = next((draw.source for draw in reversed(parting.new.draws) if draw.owner == name and draw.source), "")
    return f"{name}, {source} (new)" if source else name
