"""The strategy `remove`: a definition goes, with everything that is there for it alone."""

from __future__ import annotations

from collections.abc import Sequence

from initlint.rewrite.edits import Edits
from initlint.rewrite.place import Place, Refusals
from initlint.rewrite.retinue import retinue
from initlint.rewrite.targets import left_of
from initlint.rewrite.tree import Tree


def remove(tree: Tree, places: Sequence[Place], refusals: Refusals) -> Edits:
    """The edits for definitions that go together."""
    edits = Edits()
    gone = []
    for place in places:
        with refusals.of(place):
            left = left_of(place.statement, [each for each in places if each.statement is place.statement])
            if left is None:
                gone.append(place.statement)
                edits.removed.add(id(place.statement))
            else:
                edits.replaced[id(place.statement)] = left
    for place in places:
        with refusals.of(place):
            defining = [each.statement for each in places]
            edits.removed |= {id(node) for node in retinue(tree, place, gone, defining)}
    return edits
