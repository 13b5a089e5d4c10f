"""Which statements draw for a definition, and which are known not to draw at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from initlint.construction import knowledge
from initlint.construction.syntax import children
from initlint.rewrite.place import Place, Refused
from initlint.rewrite.tree import Tree

_PLAIN = frozenset("enumerate float getattr int isinstance len list max min range reversed round tuple zip".split())
_VIEWS = frozenset("items keys values parameters named_parameters children named_children modules".split())
"""Functions and methods that draw nothing."""


def sites(tree: Tree, place: Place) -> list[cst.CSTNode]:
    """The expressions in this file that draw only for the definition."""
    return [node for span in place.finding.drawn_at for node in tree.at(span)]


def may_draw(tree: Tree, statement: cst.CSTNode, sites: Iterable[cst.CSTNode]) -> bool:
    """Whether a statement may draw: it contains such a place, or calls something not known to be without draws."""
    if any(tree.within(site, statement) for site in sites):
        return True
    return any(isinstance(node, cst.Call) and not _is_still(node) for node in _running(statement))


def _running(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What runs together with a statement: not the bodies of the functions that it defines."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        if not isinstance(current, cst.FunctionDef | cst.Lambda):
            pending.extend(children(current))


def _is_still(call: cst.Call) -> bool:
    """Whether a callee is known by its name not to draw."""
    match call.func:
        case cst.Name(value=name):
            return name in _PLAIN or _is_still_module(name)
        case cst.Attribute(attr=cst.Name(value=name)):
            functions = (knowledge.function(f"{package}.{name}") for package in ("torch", "torch.nn.init"))
            found = [knowledge.tensor_method(name), *functions]
            known = (
                name in _VIEWS or name in knowledge.tensor_attributes() or name in knowledge.namespace("torch.nn.init")
            )
            draws = any(function is not None and function.draws for function in found)
            return (known and not draws) or _is_still_module(name)
        case _:
            return False


def _is_still_module(name: str) -> bool:
    module = knowledge.module(f"torch.nn.{name}")
    return module is not None and not module.draws and not module.variants


def alone(place: Place) -> None:
    """Refuse if draws are made for the definition along with others, since those cannot be separated."""
    if place.finding.swept_by:
        raise Refused(f"`{place.finding.swept_by}` may draw for it along with others")
