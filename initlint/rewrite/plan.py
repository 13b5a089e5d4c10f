"""From findings and a strategy to edits: what one finding takes along depends on what the others take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from initlint.model import Finding, Strategy
from initlint.rewrite.edits import Edits
from initlint.rewrite.place import Place, Refused, locate
from initlint.rewrite.removal import emptied, retinue
from initlint.rewrite.targets import left_of

if TYPE_CHECKING:
    import libcst as cst

    from initlint.rewrite.tree import Tree


def plan(tree: Tree, findings: Sequence[Finding], strategy: Strategy) -> tuple[Edits, dict[Finding, str]]:
    """The edits, and the findings that are refused with the reasons.

    A refusal can take from others what they rely on, so all that are left are planned again until none is refused.
    """
    refused = {f: f"{f.code} has no fix `{strategy.value}`" for f in findings if strategy not in f.fixes}
    places: list[Place] = []
    for finding in findings:
        if finding not in refused:
            with _refusals(finding, refused):
                places.append(locate(tree, finding))
    while True:
        edits, failed = _edits(tree, [place for place in places if place.finding not in refused])
        if not failed:
            return edits, refused
        refused.update(failed)


def _edits(tree: Tree, places: list[Place]) -> tuple[Edits, dict[Finding, str]]:
    edits, failed = Edits(), dict[Finding, str]()
    gone: list[cst.CSTNode] = []
    for place in places:
        with _refusals(place.finding, failed):
            together = [each for each in places if each.statement is place.statement]
            left = left_of(place.statement, together)
            if left is None:
                gone.append(place.statement)
                edits.removed.add(id(place.statement))
            else:
                edits.replaced[id(place.statement)] = left
    for place in places:
        with _refusals(place.finding, failed):
            found = retinue(tree, place, gone)
            edits.removed |= {id(node) for node in (*found.initialisers, *found.locals)}
    edits.removed |= emptied(tree, edits.removed)
    return edits, failed


@contextmanager
def _refusals(finding: Finding, refused: dict[Finding, str]) -> Iterator[None]:
    try:
        yield
    except Refused as reason:
        refused[finding] = str(reason)
