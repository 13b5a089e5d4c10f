"""Two ledgers of one class, line by line: what is the same, was added, dropped, moved or changed, and what that
shifts."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile

from initlint.comparison import conditions
from initlint.comparison.amounts import ENGINES, Amount, amount, apart, elements
from initlint.comparison.conditions import OPAQUE
from initlint.comparison.draws import APART
from initlint.comparison.terms import RANGE, Term, binary, constant, differ, is_constant, rounds, samples
from initlint.comparison.trace import Draw, Row
from initlint.model import Answer

REJECTING = frozenset({"torch.nn.init.trunc_normal_"})
"""Functions that draw again if a number does not fit, so the amount they take depends on the numbers themselves."""


class Change(enum.Enum):
    """What happened to a line of a ledger."""

    SAME = "same"
    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    RESIZED = "resized"
    DISTRIBUTION = "distribution"
    STREAM = "stream"
    CONDITION = "condition"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of two aligned ledgers. `shifts`: whether it shifts what is drawn after it from the same stream."""

    change: Change
    old: Row | None
    new: Row | None
    shifts: Answer

    @property
    def row(self) -> Row:
        """The row in the new version, or else in the old one."""
        row = self.new or self.old
        assert row is not None
        return row


def align(old: Sequence[Row], new: Sequence[Row]) -> tuple[Line, ...]:
    """The two ledgers side by side, in order. Their common beginning is not matched with anything later."""
    alike = takewhile(lambda pair: _identity(pair[0]) == _identity(pair[1]), zip(old, new, strict=False))
    begun = [changed(*pair) for pair in alike]
    rest = _aligned(old[len(begun) :], new[len(begun) :], list(_STAGES))
    return tuple(_moved(list(_exchanged([*begun, *rest]))))


def _aligned(old: Sequence[Row], new: Sequence[Row], stages: list[Callable[[Row], object]]) -> Iterator[Line]:
    """Match rows by the first key, and the rows between two matches by the next key."""
    if not stages:
        turns = _maybe_turns(old, new)
        gone, come = (_doubted if turns or _is_open(other) else certainty for other in (new, old))
        yield from (Line(Change.DROPPED, row, None, gone(row)) for row in old)
        yield from (Line(Change.ADDED, None, row, come(row)) for row in new)
        return
    key, *rest = stages
    matcher = SequenceMatcher(None, list(map(key, old)), list(map(key, new)), autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from map(changed, old[i1:i2], new[j1:j2])
        else:
            yield from _aligned(old[i1:i2], new[j1:j2], rest)


def _name(row: Row) -> object:
    if row.draw is None:
        return row.how
    return row.draw.owner or row.draw.place.what


def _identity(row: Row) -> object:
    return row.key, _name(row)


_STAGES: tuple[Callable[[Row], object], ...] = (_identity, lambda row: row.key, _name)
"""Equal draws for one owner, equal draws for owners of other names, other draws for one owner."""


def certainty(row: Row) -> Answer:
    """Whether a line takes numbers of the default stream that other draws would get without it."""
    if row.draw is not None and row.draw.stream in APART:
        return Answer.NO
    return Answer.YES if row.draw is not None and row.draw.certain and _clear(row) else Answer.UNKNOWN


def _clear(row: Row) -> bool:
    """Whether the arguments of callers alone decide if a line runs."""
    return not any(step.term.marks & OPAQUE for step in row.context if step.kind != "for")


def _doubted(row: Row) -> Answer:
    """The certainty of a line when the other side may make the same draw, in a loop or in code that is not followed."""
    return Answer.NO if certainty(row) is Answer.NO else Answer.UNKNOWN


def _is_open(rows: Sequence[Row]) -> bool:
    """Whether some of the rows may draw anything."""
    return any(row.draw is None or not row.draw.certain for row in rows)


def _maybe_turns(old: Sequence[Row], new: Sequence[Row]) -> bool:
    """Whether what one side draws in loops may be what the other side draws without loops."""
    (one, once), (other, single) = (_by_turns(rows) for rows in (old, new))
    if not (one & single or other & once):
        return False
    counts = [_counted(rows) for rows in (old, new)]
    return counts[0] is None or counts[1] is None or not differ(counts[0], counts[1])


def _by_turns(rows: Sequence[Row]) -> tuple[set[str], set[str]]:
    """What is drawn in loops, and what outside of them, by engine: amounts may turn out equal."""
    looped: set[str] = set()
    single: set[str] = set()
    for row in rows:
        turns = any(step.kind == "for" for step in row.context)
        (looped if turns else single).add(row.draw.engine if row.draw is not None else row.how)
    return looped, single


def _counted(rows: Sequence[Row]) -> Term | None:
    """The number of draws, if loops over numbers decide it."""
    total = constant(0)
    for row in rows:
        times = constant(1)
        for step in row.context:
            turns = step.term.args[1:] if step.term.args[:1] == (RANGE,) else ()
            if step.kind != "for" or len(turns) != 1 or not isinstance(turns[0], Term):
                return None
            times = binary("Mult", times, turns[0])
        total = binary("Add", total, times)
    return total


def _moved(lines: list[Line]) -> list[Line]:
    """What was dropped in one place and added in another has moved: both places stay."""
    gone = Counter(_identity(line.row) for line in lines if line.change is Change.DROPPED)
    came = Counter(_identity(line.row) for line in lines if line.change is Change.ADDED)
    both = set(gone & came)
    return [
        replace(line, change=Change.MOVED)
        if line.change in (Change.DROPPED, Change.ADDED) and _identity(line.row) in both
        else line
        for line in lines
    ]


def partner(lines: Sequence[Line], line: Line) -> Line | None:
    """The other place of a line that has moved."""
    if line.change is not Change.MOVED or (line.old is not None and line.new is not None):
        return None
    others = (each for each in lines if each is not line and each.change is Change.MOVED)
    return next((each for each in others if _identity(each.row) == _identity(line.row)), None)


def _exchanged(lines: list[Line]) -> Iterator[Line]:
    """Equal draws that swapped their owners have moved; those whose owner has a new name were renamed.

    If one side has drawn something else before, equality means nothing: each of the two has moved by itself.
    """
    old = {line.old.owner for line in lines if line.old is not None}
    new = {line.new.owner for line in lines if line.new is not None}
    ahead: Counter[object] = Counter()
    for line in lines:
        if line.old is None or line.new is None:
            ahead[line.row.key] += 1 if line.old is None else -1
        elif renamed(line) and _among(line.old.owner, new) and _among(line.new.owner, old):
            if any(ahead.values()):
                yield Line(Change.ADDED, None, line.new, certainty(line.new))
                yield Line(Change.DROPPED, line.old, None, certainty(line.old))
                continue
            line = replace(line, change=Change.MOVED, shifts=Answer.YES)
        yield line


def _among(owner: str, owners: set[str]) -> bool:
    """Whether an owner, or something that it is part of, is one of the owners."""
    return any(owner == each or (each and owner.startswith(f"{each}.")) for each in owners)


def renamed(line: Line) -> bool:
    """Whether an equal draw has an owner with another name."""
    if line.change is not Change.SAME or line.old is None or line.new is None:
        return False
    one, other = line.old.owner, line.new.owner
    return bool(one and other) and one != other


def changed(old: Row, new: Row) -> Line:
    """The line for two draws of one owner."""
    if old.key == new.key:
        return Line(Change.SAME, old, new, Answer.NO)
    one, other = old.draw, new.draw
    if one is None or other is None:
        return Line(Change.CONDITION, old, new, Answer.UNKNOWN)
    if not (one.certain and other.certain):
        return Line(Change.OTHER, old, new, Answer.UNKNOWN)
    around = _around(old, new)
    if old.key[1] == new.key[1]:
        return Line(Change.SAME if around is Answer.NO else Change.CONDITION, old, new, around)
    apart = one.stream in APART and other.stream in APART
    if one.stream != other.stream:
        return Line(Change.STREAM, old, new, Answer.NO if apart else Answer.YES)
    change, shifts = _compared(one, other)
    if apart:
        return Line(change, old, new, Answer.NO)
    if shifts is Answer.YES and not _clear(new):
        shifts = Answer.UNKNOWN
    return Line(change, old, new, shifts if shifts is not Answer.NO else around)


def _around(old: Row, new: Row) -> Answer:
    """Whether the conditions or loops around a draw differ."""
    if old.context == new.context:
        return Answer.NO
    loops = [[step.term for step in row.context if step.kind == "for"] for row in (old, new)]
    if len(loops[0]) != len(loops[1]) or any(map(_surely, *loops)):
        return Answer.YES
    tests = [tuple(step for step in row.context if step.kind != "for") for row in (old, new)]
    found = conditions.differ(*tests)
    return found if loops[0] == loops[1] or found is Answer.YES else Answer.UNKNOWN


def _compared(one: Draw, other: Draw) -> tuple[Change, Answer]:
    """How two draws of one stream differ, and whether they take different amounts."""
    amounts = amount(one), amount(other)
    if one.engine == other.engine and one.shape == other.shape:
        shifts = Answer.NO if one.engine in ENGINES else Answer.UNKNOWN
        return Change.DISTRIBUTION, shifts
    change = Change.RESIZED if one.engine == other.engine else Change.DISTRIBUTION
    if amounts[0] is not None and amounts[1] is not None:
        return change, _as_much(amounts[0], amounts[1])
    if (found := _as_much_for_all(one, other)) is not None:
        return change, found
    if one.engine != other.engine:
        engines = {one.engine, other.engine} <= set(ENGINES)
        known = engines and one.shape == other.shape and elements(one.shape, {}) is None
        rejecting = REJECTING & {one.engine, other.engine}
        return change, Answer.UNKNOWN if known or rejecting else Answer.YES
    return change, Answer.YES if _surely(one.shape, other.shape) else Answer.UNKNOWN


def _as_much_for_all(one: Draw, other: Draw) -> Answer | None:
    """Whether the amounts differ for some arguments; None if they cannot be computed."""
    tried = [(amount(one, given), amount(other, given)) for given in samples(one.shape, other.shape)]
    sizes = [(old, new) for old, new in tried if old is not None and new is not None]
    if len(sizes) < len(tried):
        return None
    if any(_as_much(*each) is Answer.YES for each in sizes):
        return Answer.YES
    alike = all(old[0] == new[0] for old, new in sizes)
    return Answer.NO if alike and not rounds(one.shape) and not rounds(other.shape) else Answer.UNKNOWN


def _as_much(one: Amount, other: Amount) -> Answer:
    """Whether two amounts differ."""
    same = one[0] == other[0] and sorted(one[1]) == sorted(other[1])
    return Answer.NO if same else apart([one], [other])


def _surely(one: Term, other: Term) -> bool:
    """Whether two shapes certainly differ."""
    if one.op == "argument" and other.op == "argument" and one.args[0] != other.args[0]:
        return True
    inner = [
        (left, right)
        for left, right in zip(one.args, other.args, strict=False)
        if isinstance(left, Term) and isinstance(right, Term)
    ]
    if len(one.args) != len(other.args) or not inner:
        return is_constant(one) and is_constant(other) and one != other
    if differ(one, other):
        return True
    counted = one.op == "call" and one.args[0] == other.args[0] == RANGE
    same = one.op == other.op and (one.op in ("shape", "arguments", "argument", "tuple", "list") or counted)
    return same and any(left != right and (differ(left, right) or _surely(left, right)) for left, right in inner)
