"""Two versions compared: for every class that both have, where its streams part, and who inherits that."""

from __future__ import annotations

import ast
import enum
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from initlint.comparison.align import Change, Line, align, renamed
from initlint.comparison.code import Code, Texts, Unparsed
from initlint.comparison.follow import Follower, TooLarge, names_of, parameter
from initlint.comparison.matching import affected, altered, match
from initlint.comparison.shared import Shared
from initlint.comparison.sides import Side
from initlint.comparison.terms import Term
from initlint.comparison.trace import Row, rows
from initlint.comparison.values import Value
from initlint.model import Answer, Problem
from initlint.project.classes import ClassId

RECURSION = 30_000
MAX_ROUNDS = 8
"""How often a class is followed again, each time deeper."""


class Verdict(enum.Enum):
    """How two constructions of a class compare, from the mildest to the gravest."""

    SAME = "same"
    VALUES = "values"
    UNKNOWN = "unknown"
    PART = "part"


@dataclass(frozen=True, slots=True)
class ClassDiff:
    """One class in both versions. `by_default`: only with arguments left to their defaults is there a difference.

    `defaults`: with such arguments there is none. `lines` are those with defaults where these show as much.
    `through`: the class of the project in whose code the difference stands and which differs by itself; "" where the
    difference is this class's own.
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
        """A line before that, of which it is not known whether it shifts anything."""
        parting = self.parting
        for line in self.lines:
            if line is parting:
                return None
            if line.shifts is Answer.UNKNOWN:
                return line
        return None

    @property
    def renames(self) -> tuple[tuple[str, str], ...]:
        """Owners that have another name now and the same numbers."""
        pairs = (
            (line.old.draw.owner, line.new.draw.owner)
            for line in self.lines
            if renamed(line) and line.old and line.new and line.old.draw and line.new.draw
        )
        return tuple(dict.fromkeys(pairs))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of two versions. `classes` are the pairs that were compared and differ in something."""

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
        """The classes whose difference is their own, the gravest first."""
        order = list(Verdict)
        own = [each for each in self.classes if not each.through and each.verdict is not Verdict.SAME]
        return tuple(sorted(own, key=lambda each: -order.index(each.verdict)))


def compare(old: Side, new: Side, under: tuple[str, ...] = (), notes: Sequence[str] = ()) -> Comparison:
    """Compare the constructions of all module classes that both versions have."""
    texts, touched = Texts(), affected(old, new)
    codes = Code(old.project, touched & old.facts.keys(), texts), Code(new.project, touched & new.facts.keys(), texts)
    touched = affected(old, new, altered(*codes, touched))
    matched = match(*codes, under)
    shared = Shared(codes, dict(matched.pairs), lambda shared, left, right: _class(codes, left, right, shared))
    asked = [
        shared.diff(left, right)
        for left, right in matched.pairs
        if {left.partition("::")[0], right.partition("::")[0]} & touched and not shared.same(left, right)
    ]
    found = [diff for diff in asked if diff is not None]
    differing = {each.new: each for each in found if each.verdict is not Verdict.SAME}
    found = [_attributed(each, differing) for each in found]
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
    """What could not be read on either side; equal texts that neither can read are no difference."""
    found = []
    for side, other in ((old, new), (new, old)):
        unread = [problem for problem in side.problems if side is old or problem not in other.problems]
        found += [replace(problem, path=f"{side.label}: {problem.path}") for problem in unread]
    return tuple(found)


def _class(codes: tuple[Code, Code], old: ClassId, new: ClassId, shared: Shared) -> ClassDiff:
    """One class: with all parameters open, and, where the defaults may matter, with these."""
    lines, reason = _followed(codes, old, new, False, shared)
    default_lines, default_reason = _followed(codes, old, new, True, shared)
    verdict = Verdict.UNKNOWN if reason else _verdict(lines)
    with_defaults = Verdict.UNKNOWN if default_reason else _verdict(default_lines)
    order = list(Verdict)
    if with_defaults is Verdict.SAME or order.index(with_defaults) < order.index(verdict):
        differs = verdict is not Verdict.SAME
        defaults = with_defaults is Verdict.SAME and differs
        return ClassDiff(old, new, verdict, lines, defaults=defaults, reason=reason)
    by_default = with_defaults is not verdict
    return ClassDiff(old, new, with_defaults, default_lines, by_default=by_default, reason=default_reason)


def _followed(
    codes: tuple[Code, Code], old: ClassId, new: ClassId, defaults: bool, shared: Shared
) -> tuple[tuple[Line, ...], str]:
    """Both ledgers side by side, or the reason why there are none."""
    try:
        with _recursion(RECURSION):
            return _lines(codes, old, new, defaults, shared), ""
    except (TooLarge, Unparsed, RecursionError) as error:
        return (), _reason(error)


def _lines(codes: tuple[Code, Code], old: ClassId, new: ClassId, defaults: bool, shared: Shared) -> tuple[Line, ...]:
    """Both ledgers side by side. What both versions share is not followed, until something differs that has to do
    with it."""
    followed: frozenset[Term] = frozenset()
    for _ in range(MAX_ROUNDS):
        lines = align(*_ledgers(codes, old, new, defaults, shared, followed))
        involved = shared.met(term for line in _open(lines) for term in _deciding(line))
        if involved <= followed:
            return lines
        followed |= involved
    raise TooLarge


def _open(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines that differ; all of them where one has moved, since it may only have passed what draws nothing."""
    moved = any(line.change is Change.MOVED for line in lines)
    return (line for line in lines if moved or line.change is not Change.SAME)


def _deciding(line: Line) -> Iterator[Term]:
    """Everything that decides what a line is on either side."""
    for row in (line.old, line.new):
        if row is not None:
            yield from (step.term for step in row.context)
            if row.draw is not None:
                yield from (row.draw.shape, row.draw.options)


def _reason(error: Exception) -> str:
    if isinstance(error, Unparsed):
        return f"{error} cannot be parsed by Python {sys.version_info.major}.{sys.version_info.minor}"
    return "its construction cannot be followed to its end"


def _verdict(lines: Sequence[Line]) -> Verdict:
    shifts = {line.shifts for line in lines}
    if Answer.YES in shifts:
        return Verdict.PART
    if Answer.UNKNOWN in shifts:
        return Verdict.UNKNOWN
    return Verdict.VALUES if any(line.change is not Change.SAME for line in lines) else Verdict.SAME


def _ledgers(
    codes: tuple[Code, Code], old: ClassId, new: ClassId, defaults: bool, shared: Shared, followed: frozenset[Term]
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Both ledgers, over the same parameters."""
    followers = Follower(codes[0], shared, followed), Follower(codes[1], shared, followed)
    nodes = [_initialiser(follower, id) for follower, id in zip(followers, (old, new), strict=True)]
    given = _given(nodes[0], nodes[1], defaults)
    found = []
    for follower, id, values in zip(followers, (old, new), given, strict=True):
        follower.construct(id, values)
        found.append(tuple(rows(follower.events)))
    return found[0], found[1]


def _initialiser(follower: Follower, cls: ClassId) -> ast.FunctionDef | None:
    method = follower.initialiser(cls)
    return follower.code.function(method) if method is not None else None


def _given(
    old: ast.FunctionDef | None, new: ast.FunctionDef | None, defaults: bool
) -> tuple[dict[str, Value], dict[str, Value]]:
    """What both constructors are given: the parameters that both have are the same, by name or else by place.

    A parameter with a default that only one side has keeps it: callers of the other side cannot pass it.
    """
    left, right = (names_of(node) if node is not None else [] for node in (old, new))
    aliases = {
        other: one
        for one, other in zip(left, right, strict=False)
        if one != other and one not in right and other not in left
    }
    shared = {*left} & {aliases.get(name, name) for name in right}
    return (
        _parameters(old, left, {}, shared, defaults),
        _parameters(new, right, aliases, shared, defaults),
    )


def _parameters(
    node: ast.FunctionDef | None, names: list[str], aliases: dict[str, str], shared: set[str], defaults: bool
) -> dict[str, Value]:
    optional = _optional(node)
    given: dict[str, Value] = {}
    for name in names:
        common = aliases.get(name, name)
        if name not in optional or (common in shared and not defaults):
            given[name] = parameter(common)
    return given


def _optional(node: ast.FunctionDef | None) -> set[str]:
    """The parameters that have a default."""
    if node is None:
        return set()
    arguments = node.args
    positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    keywords = [
        each.arg
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    ]
    return {*with_default, *keywords}


def _attributed(each: ClassDiff, differing: dict[ClassId, ClassDiff]) -> ClassDiff:
    """Whether all of a difference is that of classes that it builds or inherits from."""
    changed = [line for line in each.lines if line.change is not Change.SAME]
    homes = [line.row.draw.place.cls if line.row.draw is not None else each.new for line in changed]
    news = {diff.old: diff.new for diff in differing.values()}
    homes = [news.get(home, home) for home in homes]
    if homes and all(home != each.new and home in differing for home in homes):
        return replace(each, through=homes[0])
    return each


def _factories(new: Side, differing: object) -> Iterator[tuple[str, ClassId]]:
    """Functions that build a class which differs, or call a function that does."""
    project = new.project
    known: dict[str, ClassId] = {}
    classes = set(differing)  # type: ignore[call-overload]
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


@contextmanager
def _recursion(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


__all__ = ["ClassDiff", "Comparison", "Term", "Verdict", "compare"]
