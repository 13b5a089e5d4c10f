"""A thousand generated pairs of programs: the static answer agrees with what torch draws when both are built.

`INITLINT_EXAMPLES=1000 pytest tests/test_streams.py` makes a thousand others.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, note, seed

torch = pytest.importorskip("torch")

from generated import render
from generated.edits import Pair, pairs
from generated.execution import SEED, configurations, imported
from generated.series import EXAMPLES, series
from generated.strategies import programs

from initlint.comparison.align import Change
from initlint.comparison.compare import ClassDiff, Verdict, compare
from initlint.comparison.shifts import numbers
from initlint.comparison.sides import Side
from initlint.comparison.text import render as text
from initlint.comparison.trace import Row
from initlint.facts.extract import extract
from initlint.model import Answer
from initlint.runtime.ledger import Draw, Recorder, heirs_among, named_tensors, owners

if TYPE_CHECKING:
    from generated.program import Class, Program

PARTS = 8
PROFILE = series(1600 // PARTS, smallest=False, parts=PARTS)
"""Hypothesis makes some pairs again: of so many, more than a thousand are different ones."""


def side(label: str, texts: dict[str, str]) -> Side:
    """A version given as texts."""
    encoded = {path: content.encode() for path, content in texts.items()}
    return Side(label, os.sep, encoded, facts={path: extract(content) for path, content in encoded.items()})


@dataclass(frozen=True)
class Measured:
    """One construction under torch: its draws, who got each, who was computed from it, and what attributes hold."""

    draws: list[Draw]
    owners: list[str]
    heirs: list[str]
    weights: dict[str, bytes]


def measured(modules: dict[str, ModuleType], cls: Class, flags: dict[str, bool]) -> Measured:
    torch.manual_seed(SEED)
    with Recorder(keep=True) as recorder:
        instance = getattr(modules[cls.file], cls.name)(**flags)
    weights = {name: tensor.detach().numpy().tobytes() for name, tensor in named_tensors(instance)}
    heirs = heirs_among(named_tensors(instance), recorder)
    inherited = [heirs.get(place, "") for place in range(len(recorder.draws))]
    return Measured(recorder.draws, owners(instance, recorder), inherited, weights)


def both(pair: Pair) -> Iterator[tuple[Class, list[tuple[Measured, Measured]]]]:
    """Every class of both programs, built in all configurations that both have, the default one first."""
    found = []
    for program in (pair.old, pair.new):
        with imported(program) as modules:
            found.append(
                {
                    (cls.name, tuple(sorted(flags.items()))): measured(modules, cls, flags)
                    for cls in program.classes
                    if cls.module
                    for flags in configurations(cls)
                }
            )
    for cls in pair.new.classes:
        keys = [key for key in found[1] if key[0] == cls.name and key in found[0]]
        if keys:
            yield cls, [(found[0][key], found[1][key]) for key in keys]


@pytest.mark.parametrize("part", range(PARTS))
def test_static_and_measured_agree(part: int) -> None:
    """What is statically the same is so under torch, what parts does, and the first draw that differs is named."""
    checked = PROFILE(given(pairs(programs()))(lambda pair: agree_on(pair)))
    (checked if EXAMPLES else seed(part)(checked))()


@functools.cache
def agree_on(pair: Pair) -> None:
    comparison = compare(side("old", render.files(pair.old)), side("new", render.files(pair.new)))
    note(f"{pair}\n{text(comparison)}\n{render.show(pair.old)}\n# ======== new\n{render.show(pair.new)}")
    diffs = {diff.new.partition("::")[2]: diff for diff in comparison.classes}
    if pair.still:
        assert comparison.verdict is Verdict.SAME, pair.edits
    for cls, builds in both(pair):
        others = (reached(pair.old, cls) | reached(pair.new, cls)) - {cls.name}
        held = [diffs[name] for name in sorted(others) if name in diffs]
        parts = {f"*.{old}": new for diff in held for old, new in diff.renames}
        agree(cls.name, diffs.get(cls.name), builds, parts)


def reached(program: Program, cls: Class) -> set[str]:
    """The classes that a class inherits from, or that it holds instances of, by name."""
    found: set[str] = set()
    pending = [cls.name]
    classes = {each.name: each for each in program.classes}
    while pending:
        one = classes.get(pending.pop())
        if one is not None and one.name not in found:
            found.add(one.name)
            pending += [one.base, *one.mixins, *(part for each in one.definitions for part in each.product.parts)]
    return found


def agree(name: str, diff: ClassDiff | None, builds: list[tuple[Measured, Measured]], parts: dict[str, str]) -> None:
    """One class, static and measured. Only another distribution for an unknown shape is left open.

    `parts` are the renames inside of instances of other classes that it holds, since these are reported for those
    classes.
    """
    verdict = diff.verdict if diff is not None else Verdict.SAME
    renames = dict(diff.renames if diff else ()) | parts
    apart = [first_apart(one, other, renames) for one, other in builds]
    in_step = [states(one) == states(other) for one, other in builds]
    if verdict is Verdict.SAME:
        assert all(in_step), f"{name}: said to be the same, and the streams part"
        assert all(place is None for place in apart), f"{name}: said to be the same, and other owners get the numbers"
        for one, other in builds:
            assert differing(one, other, renames) == set(), f"{name}: said to be the same, and weights differ"
    elif verdict is Verdict.VALUES:
        assert all(in_step), f"{name}: said to be in step, and the streams part"
    elif verdict is Verdict.UNKNOWN:
        assert diff is not None
        assert diff.parting is not None
        assert diff.parting.change is Change.DISTRIBUTION, f"{name}: it cannot be told whether the streams part"
    else:
        assert diff is not None
        agree_on_numbers(diff, builds)
        places = [place for place in apart if place is not None]
        other_values = any(weights(one, renames, other) != other.weights for one, other in builds)
        assert places or other_values, f"{name}: said to part, and all is the same"
        line = diff.parting
        assert line is not None and line.row.draw is not None
        owner = line.row.draw.owner
        if not diff.defaults and not line.row.context and apart[0] is not None:
            known = owner and all(apart[0])
            assert not known or any(within(each, owner) for each in apart[0]), (
                f"{name}: parts at {apart[0]}, not {owner}"
            )


def agree_on_numbers(diff: ClassDiff, builds: list[tuple[Measured, Measured]]) -> None:
    """What should get the same numbers does so in every build, what should get others does so in at least one."""
    said = [
        (owner_of(line.old or line.new), owner_of(line.new or line.old), other if line.change is Change.SAME else None)
        for line, other in zip(diff.lines, numbers(diff.lines), strict=True)
    ]
    builds = builds[:1] if diff.by_default else builds
    for old, new in sorted({(old, new) for old, new, _ in said if old and new}):
        answers = {answer for one, two, answer in said if nested(old, one) or nested(new, two)}
        drawn = [(befores(one, old), befores(other, new)) for one, other in builds]
        drawn = [(one, other) for one, other in drawn if one and other]
        if answers == {Answer.NO}:
            assert all(one == other for one, other in drawn), f"{new}: said to get the same numbers"
        elif answers == {Answer.YES} and drawn:
            assert any(one != other for one, other in drawn), f"{new}: said to get other numbers"


def owner_of(row: Row | None) -> str:
    return row.draw.owner if row is not None and row.draw is not None else ""


def nested(one: str, other: str) -> bool:
    """Whether one owner is a part of the other, or may be."""
    return not other or within(one, other) or within(other, one)


def befores(one: Measured, owner: str) -> list[str]:
    """Where the streams are before each draw of an owner."""
    return [draw.before for draw, each in zip(one.draws, one.owners, strict=True) if within(each, owner)]


def within(name: str, owner: str) -> bool:
    """Whether the name of a tensor belongs to an owner."""
    return name == owner or name.startswith(f"{owner}.")


def translated(name: str, renames: dict[str, str], other: Measured) -> str:
    """The name of a tensor on the other side; a part of an instance may have that of torch's own `weight`."""
    for old, new in renames.items():
        if within(name, old):
            return new + name[len(old) :]
        held = re.search(rf"(?<=\.){re.escape(old[2:])}(?=\.|$)", name) if old.startswith("*.") else None
        if held is not None and name not in other.weights:
            return name[: held.start()] + new + name[held.end() :]
    return name


def weights(one: Measured, renames: dict[str, str], other: Measured) -> dict[str, bytes]:
    """The contents of every tensor, by its name on the other side."""
    return {translated(name, renames, other): content for name, content in one.weights.items()}


def states(one: Measured) -> list[tuple[str, str]]:
    return [(draw.before, draw.after) for draw in one.draws]


def first_apart(one: Measured, other: Measured, renames: dict[str, str]) -> tuple[str, str] | None:
    """Who gets the first draw that is not the same on both sides: another amount, or another owner.

    What is computed from a draw is nobody's that can be told; none is named behind such draws, which may have changed
    places.
    """
    rows = [[(d.before, d.after, owner) for d, owner in zip(m.draws, m.owners, strict=True)] for m in (one, other)]
    for place in range(max(map(len, rows))):
        left, right = (each[place] if place < len(each) else ("", "", "") for each in rows)
        known = left[2] and right[2]
        if left[:2] != right[:2] or (known and translated(left[2], renames, other) != right[2]):
            traced = all(one.owners[:place]) and all(other.owners[:place])
            return (left[2], right[2]) if traced else ("", "")
    return None


def differing(one: Measured, other: Measured, renames: dict[str, str]) -> set[str]:
    """The tensors that are drawn on both sides with different values."""
    pairs = {name: translated(name, renames, other) for name in one.owners if name}
    return {old for old, new in pairs.items() if new in other.weights and one.weights[old] != other.weights[new]}
