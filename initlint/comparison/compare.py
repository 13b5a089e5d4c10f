"""Two versions compared: for every class that both have, where its streams part, and what inherits the difference."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from initlint.comparison.align import Change, Line, renamed
from initlint.comparison.beside import Aligned, followed, signatures
from initlint.comparison.code import Code
from initlint.comparison.loading import Loading, loaded_otherwise
from initlint.comparison.matching import affected, altered, changed_files, match
from initlint.comparison.shared import Shared
from initlint.comparison.sides import Side
from initlint.comparison.signatures import equal_defaults
from initlint.comparison.trees import Texts
from initlint.model import Answer, Problem
from initlint.project.classes import ClassId


class Verdict(enum.Enum):
    """How two constructions of a class compare, from the mildest to the gravest."""

    SAME = "same"
    VALUES = "values"
    UNKNOWN = "unknown"
    PART = "part"


LOADED = "what imports change of what it uses is not changed by the same imports, or not in the same order"


@dataclass(frozen=True, slots=True)
class ClassDiff:
    """One class in both versions.

    `by_default`: the difference shows only with default arguments. `defaults`: with these there is none. `lines` are
    those with default arguments if these show as much. `through`: the class of the project whose code has the
    difference, and which differs by itself; "" if that is this class.
    """

    old: ClassId
    new: ClassId
    verdict: Verdict
    lines: tuple[Line, ...] = ()
    by_default: bool = False
    defaults: bool = False
    through: ClassId = ""
    reason: str = ""

    @property
    def parting(self) -> Line | None:
        """The first line that decides the verdict."""
        wanted = {
            Verdict.PART: (Answer.YES,),
            Verdict.UNKNOWN: (Answer.UNKNOWN,),
            Verdict.VALUES: (Answer.NO,),
            Verdict.SAME: (),
        }[self.verdict]
        found = (line for line in self.lines if line.change is not Change.SAME and line.shifts in wanted)
        return next(found, None)

    @property
    def doubt(self) -> Line | None:
        """An earlier line that may or may not shift anything."""
        parting = self.parting
        for line in self.lines:
            if line is parting:
                return None
            if line.shifts is Answer.UNKNOWN:
                return line
        return None

    @property
    def renames(self) -> tuple[tuple[str, str], ...]:
        """Owners with a new name and the same numbers, except those that keep their old name in another line."""
        rows = [(line, line.old.draw, line.new.draw) for line in self.lines if line.old and line.new]
        pairs = [(line, old.owner, new.owner) for line, old, new in rows if old and new]
        kept = {old for _, old, new in pairs if old == new}
        return tuple(dict.fromkeys((old, new) for line, old, new in pairs if renamed(line) and not {old, new} & kept))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for two versions. `classes` are the compared pairs that differ."""

    old: str
    new: str
    classes: tuple[ClassDiff, ...]
    compared: int
    dropped: tuple[ClassId, ...]
    added: tuple[ClassId, ...]
    factories: tuple[tuple[str, ClassId], ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        order = list(Verdict)
        return max((each.verdict for each in self.classes), key=order.index, default=Verdict.SAME)

    @property
    def roots(self) -> tuple[ClassDiff, ...]:
        """The classes that differ by themselves, the gravest first."""
        order = list(Verdict)
        own = [each for each in self.classes if not each.through and each.verdict is not Verdict.SAME]
        return tuple(sorted(own, key=lambda each: -order.index(each.verdict)))


def compare(old: Side, new: Side, under: tuple[str, ...] = (), notes: Sequence[str] = ()) -> Comparison:
    """Compare the constructions of all module classes that both versions have."""
    texts, changed, touched = Texts(new.cache, new.processes), changed_files(old, new), affected(old, new)
    both = touched & old.facts.keys() & new.facts.keys()
    moved = loaded_otherwise(Loading(old.project), Loading(new.project), sorted(both))
    codes = (
        Code(old.project, touched & old.facts.keys(), texts, changed, moved & old.facts.keys()),
        Code(new.project, touched & new.facts.keys(), texts, changed, moved & new.facts.keys()),
    )
    touched = affected(old, new, altered(*codes, touched))
    matched = match(*codes)
    shared = Shared(codes, dict(matched.pairs))
    matched = matched.within(under)
    found = [
        _class(shared, left, right)
        for left, right in matched.pairs
        if {left.partition("::")[0], right.partition("::")[0]} & touched and not shared.same(left, right)
    ]
    differing = {each.new: each for each in found if each.verdict is not Verdict.SAME}
    found = [_attributed(each, differing, itself=_rewritten(codes, each)) for each in found]
    shown = tuple(each for each in found if each.verdict is not Verdict.SAME or each.renames or each.reason)
    return Comparison(
        old=old.label,
        new=new.label,
        classes=shown,
        compared=len(matched.pairs),
        dropped=matched.dropped,
        added=matched.added,
        factories=tuple(_factories(new, differing.keys())),
        problems=_problems(old, new),
        notes=(*notes, *old.notes, *new.notes),
    )


def _problems(old: Side, new: Side) -> tuple[Problem, ...]:
    """What could not be read on either side; equal texts that neither side can read are no difference."""
    found = []
    for side, other in ((old, new), (new, old)):
        unread = [problem for problem in side.problems if side is old or problem not in other.problems]
        found += [replace(problem, path=f"{side.label}: {problem.path}") for problem in unread]
    return tuple(found)


def _class(shared: Shared, old: ClassId, new: ClassId) -> ClassDiff:
    """Compare one class: with open parameters, and with default arguments if they may matter."""
    opened = shared.aligned(new, old, new)
    assert opened is not None
    verdict = _verdict(opened)
    if verdict is not Verdict.PART and not shared.loaded_alike(old, new):
        return ClassDiff(old, new, Verdict.UNKNOWN, opened.lines, reason=LOADED)
    if verdict is Verdict.SAME and equal_defaults(*signatures(shared, old, new)):
        return ClassDiff(old, new, verdict, opened.lines)
    closed = followed(shared, old, new, defaults=True)
    with_defaults = _verdict(closed)
    order = list(Verdict)
    if with_defaults is Verdict.SAME or order.index(with_defaults) < order.index(verdict):
        differs = verdict is not Verdict.SAME
        defaults = with_defaults is Verdict.SAME and differs
        return ClassDiff(old, new, verdict, opened.lines, defaults=defaults, reason=opened.reason)
    by_default = with_defaults is not verdict
    return ClassDiff(old, new, with_defaults, closed.lines, by_default=by_default, reason=closed.reason)


def _verdict(aligned: Aligned) -> Verdict:
    shifts = {line.shifts for line in aligned.lines}
    if aligned.reason:
        return Verdict.UNKNOWN
    if Answer.YES in shifts:
        return Verdict.PART
    if Answer.UNKNOWN in shifts:
        return Verdict.UNKNOWN
    return Verdict.VALUES if any(line.change is not Change.SAME for line in aligned.lines) else Verdict.SAME


def _rewritten(codes: tuple[Code, Code], each: ClassDiff) -> bool:
    """Whether the code of the class itself changed."""
    old, new = (code.cls(id) for code, id in zip(codes, (each.old, each.new), strict=True))
    return old is None or new is None or ast.dump(old) != ast.dump(new)


def _attributed(each: ClassDiff, differing: dict[ClassId, ClassDiff], itself: bool) -> ClassDiff:
    """Whether a difference comes entirely from classes that this class builds or inherits from.

    If the class did not change `itself`, it comes from one that it builds, or else from a base.
    """
    news = {diff.old: diff.new for diff in differing.values()}
    homes = []
    for line in each.lines:
        if line.change is not Change.SAME:
            draw = line.row.draw
            places = [] if draw is None else [draw.place] if itself else [draw.place, *reversed(draw.trail)]
            others = (news.get(place.cls, place.cls) for place in places)
            homes.append(next((id for id in others if id in differing and id != each.new), ""))
    return replace(each, through=homes[0]) if homes and all(homes) else each


def _factories(new: Side, differing: Iterable[ClassId]) -> Iterator[tuple[str, ClassId]]:
    """Functions that build a class that differs, or call a function that does."""
    project = new.project
    known: dict[str, ClassId] = {}
    classes = set(differing)
    grown = True
    while grown:
        grown = False
        for path in sorted(project.own):
            for function in project.files[path].functions:
                place = f"{path}::{function.name}"
                if place in known or "<locals>" in function.name:
                    continue
                built = _built(new, path, function.calls + function.mentions, classes, known)
                if built:
                    known[place] = built
                    grown = True
    yield from sorted(known.items())


def _built(new: Side, path: str, names: Sequence[str], classes: set[ClassId], known: dict[str, ClassId]) -> ClassId:
    for name in names:
        symbol = new.project.resolve(path, name)
        if symbol is not None and symbol.target in classes:
            return symbol.target
        if symbol is not None and symbol.target in known:
            return known[symbol.target]
    return ""
