"""Compares two builds: where their streams part, and which tensors differ. Nothing here builds anything."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from msgspec import structs

from initlint.comparison.align import Change as Draws
from initlint.comparison.compare import ClassDiff, Comparison
from initlint.comparison.compare import Verdict as Static
from initlint.comparison.words import answer
from initlint.report.parting import Change, Line, Parting, Tensors, Verdict
from initlint.report.trace import META, Draw, Tensor, Trace

DEFAULT = "torch:"
"""The prefix of the stream of a device."""

Key = tuple[str, str, int, str, str]
"""What identifies a draw on both sides: the owner of the numbers, their amount and their kind."""


def compare(old: Trace, new: Trace, labels: tuple[str, str], notes: Sequence[str] = ()) -> Parting:
    """Compare two builds; renamed tensors on the old side are matched with equal values on the new one."""
    valued = META not in (old.setup.device, new.setup.device)
    renamed = _renamed(old.tensors, new.tensors) if valued else {}
    tensors = _tensors(old.tensors, new.tensors, renamed)
    apart = tuple(_apart(old, new))
    before, after = (_comparable(trace.draws, {name for name, _, _ in apart}) for trace in (old, new))
    lines = tuple(_settled(list(_aligned(before, after, renamed))))
    first = next((place for place, line in enumerate(lines) if line.change is not Change.SAME), None)
    streams = tuple(name for name, end in old.ends.items() if new.ends.get(name, end) != end)
    return Parting(
        labels=labels,
        old=old,
        new=new,
        lines=lines,
        first=first,
        tensors=tensors,
        apart=apart,
        streams=streams,
        verdict=_verdict(first is not None or bool(streams), bool(tensors.differ), bool(apart)),
        notes=(*notes, *_noted(old, new, labels)),
    )


def _verdict(parts: bool, differ: bool, apart: bool) -> Verdict:
    if apart and (parts or differ):
        return Verdict.UNKNOWN
    return Verdict.PART if parts else Verdict.VALUES if differ else Verdict.SAME


def _apart(old: Trace, new: Trace) -> Iterator[tuple[str, str, str]]:
    for name in old.setup.__struct_fields__:
        one, other = getattr(old.setup, name), getattr(new.setup, name)
        if one != other:
            yield name, str(one), str(other)


def _noted(old: Trace, new: Trace, labels: tuple[str, str]) -> Iterator[str]:
    """Remarks about one side, or about both."""
    for note in dict.fromkeys((*old.notes, *new.notes)):
        sides = [label for label, trace in zip(labels, (old, new), strict=True) if note in trace.notes]
        yield note if len(sides) > 1 else f"{sides[0]}: {note}"


def beside(parting: Parting, comparison: Comparison) -> Parting:
    """The same with the static answer about the classes that were built, and where the builds contradict it."""
    built = {*parting.old.classes, *parting.new.classes}
    classes = tuple(each for each in comparison.classes if each.new in built or each.old in built)
    restricted = replace(comparison, classes=classes)
    text = answer(restricted)
    return replace(parting, static=text, disagreement=_disagreement(parting.verdict, restricted))


def _disagreement(measured: Verdict, static: Comparison) -> str:
    """What parts in every build of a class must part in this one; other differences may need other arguments."""
    if measured is Verdict.PART and static.verdict in (Static.SAME, Static.VALUES):
        return (
            "the streams part in a build of classes that draw the same; what differs is the code that calls them,"
            " or what they read when they run"
        )
    sure = [each for each in static.roots if _parts_always(each)]
    if measured in (Verdict.SAME, Verdict.VALUES) and sure:
        return "the streams do not part in this build, though the code says that they do"
    return ""


def _parts_always(diff: ClassDiff) -> bool:
    line = diff.parting
    if diff.verdict is not Static.PART or line is None or diff.by_default or diff.defaults:
        return False
    return line.change in (Draws.ADDED, Draws.DROPPED) and not line.row.context


# -- tensors ----------------------------------------------------------------------------------------------------------


def _renamed(old: Sequence[Tensor], new: Sequence[Tensor]) -> dict[str, str]:
    """The new names of values that lost their old names, if both sides have equally many of them.

    Names that only swap places are not new names: then the numbers went to other owners.
    """
    before, after = ({tensor.name: tensor.digest for tensor in tensors} for tensors in (old, new))
    groups: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, (own, others) in enumerate(((before, after), (after, before))):
        for name, digest in own.items():
            if others.get(name) != digest:
                groups[digest][side].append(name)
    pairs = {name: to for one, other in groups.values() if len(one) == len(other) for name, to in zip(one, other)}  # noqa: B905
    return {name: to for name, to in pairs.items() if not _comes_back(name, pairs)}


def _comes_back(name: str, pairs: dict[str, str]) -> bool:
    """Whether names have passed on their values in a cycle."""
    at = pairs[name]
    while at in pairs and at != name:
        at = pairs[at]
    return at == name


def _tensors(old: Sequence[Tensor], new: Sequence[Tensor], renamed: dict[str, str]) -> Tensors:
    before, after = ({tensor.name: tensor.digest for tensor in tensors} for tensors in (old, new))
    called = set(renamed.values())
    shared = {name: None for name in after if name in before and name not in renamed and name not in called}
    differ = tuple(name for name in shared if before[name] != after[name])
    return Tensors(
        same=len(shared) - len(differ),
        differ=differ,
        missing=tuple(name for name in before if name not in shared and name not in renamed),
        added=tuple(name for name in after if name not in shared and name not in called),
        renamed=tuple(renamed.items()),
    )


# -- draws ------------------------------------------------------------------------------------------------------------


def _aligned(old: Sequence[Draw], new: Sequence[Draw], renamed: dict[str, str]) -> Iterator[Line]:
    """Both ledgers side by side. Equal beginnings and ends are never shifted against each other."""
    before, after = [_key(draw, renamed) for draw in old], [_key(draw, {}) for draw in new]
    start = _equal(before, after)
    end = _equal(before[start:][::-1], after[start:][::-1])
    yield from itertools.starmap(_pair, zip(old[:start], new[:start], strict=True))
    middle = slice(start, len(before) - end), slice(start, len(after) - end)
    one, other = old[middle[0]], new[middle[1]]
    for tag, a, b, c, d in SequenceMatcher(None, before[middle[0]], after[middle[1]], autojunk=False).get_opcodes():
        if tag == "equal":
            yield from itertools.starmap(_pair, zip(one[a:b], other[c:d], strict=True))
        else:
            for left, right in itertools.zip_longest(one[a:b], other[c:d]):
                yield from _replaced(left, right, renamed)
    yield from itertools.starmap(_pair, zip(old[len(old) - end :], new[len(new) - end :], strict=True))


def _comparable(draws: Sequence[Draw], apart: Collection[str]) -> Sequence[Draw]:
    """Draws without what only shows that both sides were set up differently."""
    if "device" in apart:
        draws = [structs.replace(draw, stream="") if draw.stream.startswith(DEFAULT) else draw for draw in draws]
    return [structs.replace(draw, dtype="") for draw in draws] if "dtype" in apart else draws


def _key(draw: Draw, renamed: dict[str, str]) -> Key:
    owner = renamed.get(draw.owner, draw.owner) if draw.owner else draw.name
    return owner, draw.operator, draw.amount, draw.dtype, draw.stream


def _equal(one: Sequence[Key], other: Sequence[Key]) -> int:
    """The length of the common beginning."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _pair(old: Draw, new: Draw) -> Line:
    return Line(old, new, Change.SAME)


def _replaced(old: Draw | None, new: Draw | None, renamed: dict[str, str]) -> Iterator[Line]:
    """One owner that draws differently, or two unrelated draws."""
    if old is not None and new is not None and _key(old, renamed)[0] == new.name:
        yield Line(old, new, Change.CHANGED)
        return
    if new is not None:
        yield Line(None, new, Change.ADDED)
    if old is not None:
        yield Line(old, None, Change.DROPPED)


def _settled(lines: list[Line]) -> Iterator[Line]:
    """Equal draws in different places have moved. The first equal draw that leaves the stream in another state,
    although everything before it was equal, differs in something invisible."""
    dropped = Counter(_key(line.old, {}) for line in lines if line.old is not None and line.new is None)
    added = Counter(_key(line.new, {}) for line in lines if line.new is not None and line.old is None)
    even = True
    for line in lines:
        change = line.change
        if change in (Change.ADDED, Change.DROPPED) and (key := _key(line.draw, {})) in dropped and key in added:
            change = Change.MOVED
        elif even and line.old is not None and line.new is not None and line.old.state != line.new.state:
            change = Change.OTHER if change is Change.SAME else change
        even = even and change is Change.SAME
        yield Line(line.old, line.new, change)
