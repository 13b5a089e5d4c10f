"""The strategy `remove`: a definition is removed, with everything that exists only for it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from initlint.construction.syntax import walk
from initlint.facts.vocabulary import REGISTRATIONS
from initlint.rewrite.draws import sites
from initlint.rewrite.edits import Edits
from initlint.rewrite.place import Place, Refusals, Refused
from initlint.rewrite.retinue import retinue
from initlint.rewrite.targets import left_of
from initlint.rewrite.tree import Tree


def remove(tree: Tree, places: Sequence[Place], refusals: Refusals) -> Edits:
    """The edits that remove definitions together."""
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
            with_it = list(retinue(tree, place, gone, defining))
            _all_draws_go(tree, place, [place.statement, *gone, *with_it])
            edits.removed |= {id(node) for node in with_it}
    return edits


def _all_draws_go(tree: Tree, place: Place, gone: Sequence[cst.CSTNode]) -> None:
    """Refuse if a draw for the definition would stay because the code only stores a caller's value."""
    drawn = sites(tree, place)
    if drawn and not any(tree.within(site, node) for site in drawn for node in gone) and not any(map(_makes, gone)):
        raise Refused(f"line {tree.line(drawn[0])} draws for it and does more")


def _makes(node: cst.CSTNode) -> bool:
    """Whether code calls anything but what registers a definition."""
    callees = (each.func for each in walk(node) if isinstance(each, cst.Call))
    names = (callee.attr if isinstance(callee, cst.Attribute) else callee for callee in callees)
    return any(not isinstance(name, cst.Name) or name.value not in (*REGISTRATIONS, "setattr") for name in names)
