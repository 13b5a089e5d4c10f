"""From findings and a strategy to edits: what is removed with one finding depends on the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from initlint.model import Finding, Strategy, container_of
from initlint.rewrite.isolate import isolate
from initlint.rewrite.keep_stream import keep_stream
from initlint.rewrite.place import OVERWRITTEN, Place, Refusals, locate
from initlint.rewrite.remove import remove
from initlint.rewrite.retinue import emptied

if TYPE_CHECKING:
    from initlint.rewrite.edits import Edits
    from initlint.rewrite.tree import Tree


def plan(tree: Tree, findings: Sequence[Finding], strategy: Strategy, device: str) -> tuple[Edits, dict[Finding, str]]:
    """The edits, and the refused findings with reasons.

    A refusal can take away what other fixes rely on, so the rest is planned again until none is refused.
    """
    edits_of: dict[Strategy, Callable[[Tree, Sequence[Place], Refusals], Edits]] = {
        Strategy.REMOVE: remove,
        Strategy.ISOLATE: partial(isolate, device=device),
        Strategy.KEEP_STREAM: keep_stream,
    }
    refusals = Refusals({f: without_fix(f, strategy) for f in findings if strategy not in f.fixes})
    places: list[Place] = []
    for finding in findings:
        if finding not in refusals.reasons:
            with refusals.of(finding):
                places.append(locate(tree, finding))
    while True:
        known = len(refusals.reasons)
        left = [place for place in places if place.finding not in refusals.reasons]
        edits = edits_of[strategy](tree, left, refusals)
        if len(refusals.reasons) == known:
            edits.removed |= emptied(tree, edits.removed)
            return edits, refusals.reasons


def without_fix(finding: Finding, strategy: Strategy) -> str:
    """Why a strategy does not apply to a finding that has no such fix."""
    if container_of(finding.attribute):
        return "no fix takes an item out of its container"
    if finding.code == OVERWRITTEN and not finding.fixes:
        return "no fix changes what a base class builds"
    return f"{finding.code} has no fix `{strategy.value}`"
