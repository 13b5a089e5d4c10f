"""Loops of a constructor that initialise what exists: what they draw for."""

from __future__ import annotations

from collections.abc import Callable

from initlint.construction.run import Run, Stored, Sweeps
from initlint.construction.torchcalls import ANY_MODULE, PARAMETER, PERHAPS_PARAMETER, RANKED
from initlint.construction.values import Thing, options, tokens
from initlint.model import Answer, Kind

IsA = Callable[[str, str], bool]
"""Whether the first class is the second or inherits from it."""


def kind_told(store: Stored) -> Kind | None:
    """The kind by registration or by value, whether or not it draws."""
    kinds = (option.kind for option in options(store.value) if isinstance(option, Thing) and option.kind)
    return store.kind or next(kinds, None)


def lets_through(run: Run, is_a: IsA, entry: Sweeps, store: Stored, drawing: bool) -> Answer:
    """Whether a loop draws for what is stored, which may be `drawing` by itself."""
    swept = entry.swept
    owners = ((token, run.owners.get(token)) for token in run.reach(tokens(store.value)))
    reached = [token for token, owner in owners if owner is not None and owner.group == store.group]
    if swept.root is not None and swept.root not in reached:
        return Answer.NO
    sure = Answer.YES if entry.certain else Answer.UNKNOWN
    if entry.attribute == store.attribute and any(is_a(run.cls, cls) for cls in swept.classes):
        return sure
    held = {cls for token in reached for cls in run.classes(token)}
    if swept.ranks is not None:
        return _of_ranks(store, held, swept.ranks, sure)
    if swept.parameters:
        return _of_parameters(store, held, drawing, sure)
    if not swept.classes:
        return Answer.UNKNOWN if drawing and kind_told(store) is Kind.SUBMODULE else Answer.NO
    if any(is_a(cls, wanted) for cls in held for wanted in swept.classes):
        return sure
    unsure = drawing and (ANY_MODULE in held or ANY_MODULE in swept.classes)
    return Answer.UNKNOWN if unsure else Answer.NO


def _of_parameters(store: Stored, held: set[str], drawing: bool, sure: Answer) -> Answer:
    """Whether a loop over all parameters draws for what is stored, which contains these classes."""
    kind = kind_told(store)
    alias = not held and bool(tokens(store.value))
    if alias or kind in (Kind.BUFFER, Kind.TENSOR):
        return Answer.NO
    if kind is Kind.PARAMETER or (PARAMETER in held and (drawing or sure is Answer.YES)):
        return sure
    unseen = drawing and ANY_MODULE in held
    return Answer.UNKNOWN if unseen or (PERHAPS_PARAMETER in held and sure is Answer.YES) else Answer.NO


def _of_ranks(store: Stored, held: set[str], ranks: frozenset[int], sure: Answer) -> Answer:
    """Whether a loop over all parameters with some numbers of dimensions draws for what is stored."""
    if kind_told(store) in (Kind.BUFFER, Kind.TENSOR) or not held:
        return Answer.NO
    if any(f"{RANKED}{rank}" in held for rank in ranks):
        return sure
    return Answer.UNKNOWN if held & {RANKED, PERHAPS_PARAMETER} else Answer.NO
