"""Two versions of a constructor or function side by side: followed with the same parameters, line by line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from initlint.comparison.align import Change, Line, align
from initlint.comparison.interpreter.described import outline
from initlint.comparison.interpreter.instances import construct, run_function
from initlint.comparison.interpreter.machine import Unfollowed
from initlint.comparison.interpreter.owners import name_owners
from initlint.comparison.interpreter.run import Run
from initlint.comparison.outline import Outline, agree
from initlint.comparison.signatures import Open, Signature, given, unnamed
from initlint.comparison.trace import Row, rows
from initlint.comparison.trees import Unparsed
from initlint.comparison.turns import regrouped
from initlint.depth import recursion
from initlint.project.classes import ClassId, Method
from initlint.project.roles import initialiser

if TYPE_CHECKING:
    from initlint.comparison.shared import Shared
    from initlint.comparison.terms import Term
    from initlint.comparison.values import Value

RECURSION = 30_000
MAX_ROUNDS = 8
"""How often a pair is followed again, each time into more of its calls."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Both ledgers side by side, with the outlines of the results; or the reason why there are none."""

    lines: tuple[Line, ...] = ()
    results: tuple[Outline, Outline] | None = None
    reason: str = ""

    @property
    def alike(self) -> bool:
        """Whether no caller can see a difference: in the draws, their owners, or the result."""
        return all(map(_untouched, self.lines)) and self.results is not None and agree(*self.results)


@dataclass(frozen=True, slots=True)
class Followed:
    """One version, followed: its ledger, its result, and what else has to be followed."""

    ledger: tuple[Row, ...]
    result: Outline
    wanted: frozenset[Term]


Target = ClassId | Method
"""A class, whose constructor is followed, or a function."""


def followed(shared: Shared, old: Target, new: Target, defaults: bool = False) -> Aligned:
    """Both versions side by side, with open parameters or with defaults."""
    try:
        with recursion(RECURSION):
            return _aligned(shared, (old, new), defaults)
    except (Unfollowed, Unparsed, RecursionError) as error:
        return Aligned(reason=_reason(error))


def signatures(shared: Shared, old: Target, new: Target) -> tuple[Signature, Signature]:
    """The parameters of each version."""
    one, other = (
        Signature(code, initialiser(code.project, target) if isinstance(target, str) else target)
        for code, target in zip(shared.codes, (old, new), strict=True)
    )
    return one, other


def _aligned(shared: Shared, pair: tuple[Target, Target], defaults: bool) -> Aligned:
    """Follow both versions; what they share is only followed once something related to it differs."""
    taken = signatures(shared, *pair)
    passed = given(*taken, defaults)
    more = ((False, False), (False, False)) if defaults else unnamed(*taken)
    inside: frozenset[Term] = frozenset()
    for _ in range(MAX_ROUNDS):
        old, new = (
            _followed(Run(code, shared, inside, by_default=defaults), target, values, besides)
            for code, target, values, besides in zip(shared.codes, pair, passed, more, strict=True)
        )
        lines = regrouped(align(old.ledger, new.ledger))
        involved = shared.met(term for line in _open(lines) for term in _deciding(line)) | old.wanted | new.wanted
        if involved <= inside:
            return Aligned(lines, (old.result, new.result))
        inside |= involved
    raise Unfollowed(f"what it builds differs in more than {MAX_ROUNDS} levels")


def _followed(run: Run, target: Target, passed: dict[str, Value], more: Open) -> Followed:
    follow = partial(construct, run, target) if isinstance(target, str) else partial(run_function, run, target)
    result = follow(passed, more)
    name_owners(run, result)
    return Followed(tuple(rows(run.events)), outline(run, result), frozenset(run.wanted))


def _untouched(line: Line) -> bool:
    """Whether a line is the same, including the name of its owner."""
    old, new = (row.owner if row is not None else "" for row in (line.old, line.new))
    return line.change is Change.SAME and old == new


def _open(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines that differ; all lines if a draw may have moved, since it may only have passed what draws nothing."""
    gone = {line.row.key for line in lines if line.new is None}
    moved = any(line.change is Change.MOVED or (line.old is None and line.row.key in gone) for line in lines)
    return (line for line in lines if moved or line.change is not Change.SAME)


def _deciding(line: Line) -> Iterator[Term]:
    """Everything that decides what a line is, on both sides."""
    for row in (line.old, line.new):
        if row is not None:
            yield from (step.term for step in row.context)
            if row.draw is not None:
                yield from (row.draw.shape, row.draw.options)


def _reason(error: Exception) -> str:
    if isinstance(error, Unparsed):
        return f"{error} cannot be parsed by Python {sys.version_info.major}.{sys.version_info.minor}"
    return str(error) if isinstance(error, Unfollowed) else "it is nested too deeply to be followed"
