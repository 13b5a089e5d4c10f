"""The strategy `isolate`: a definition stays, and its draws leave the stream as it was before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from initlint.construction.syntax import variables, walk
from initlint.model import Kind
from initlint.rewrite.draws import alone, may_draw, sites
from initlint.rewrite.edits import Edits
from initlint.rewrite.place import OVERWRITTEN, Place, Refusals, Refused
from initlint.rewrite.retinue import carriers, touching
from initlint.rewrite.targets import left_of
from initlint.rewrite.tree import Tree

_STILL = {Kind.SUBMODULE: "SOH201", Kind.PARAMETER: "SOH202"}
"""The rule for a dead definition of each kind once it no longer draws."""


def isolate(tree: Tree, places: Sequence[Place], refusals: Refusals, device: str = "cpu") -> Edits:
    """The edits that isolate definitions in models that are built on a device."""
    edits = Edits()
    for place in places:
        with refusals.of(place):
            alone(place)
            if left_of(place.statement, [each for each in places if each.statement is place.statement]) is not None:
                raise Refused("it is made in one statement with others")
            drawing = _drawing(tree, place)
            torch = _torch(tree, place)
            if torch is None:
                edits.imports.add("torch")
            edits.wrapped.update({id(statement): _context(torch or "torch", device) for statement in drawing})
            if place.keeps and place.finding.code != OVERWRITTEN and place.finding.kind in _STILL:
                code = _STILL[place.finding.kind]
                edits.comments[id(place.statement)] = f"initlint: ignore[{code}] kept, with its draws isolated"
    return edits


def _context(torch: str, device: str) -> str:
    """A context for the generators of the CPU and of all devices of a type, since only the run decides which of them
    draws.

    For the CPU the type is CUDA, torch's default; there may be no such device.
    """
    kind = device.partition(":")[0]
    if kind in ("cpu", "cuda"):
        return f"{torch}.random.fork_rng(devices=range({torch}.cuda.device_count()))"
    return f'{torch}.random.fork_rng(devices=range({torch}.{kind}.device_count()), device_type="{kind}")'


def _drawing(tree: Tree, place: Place) -> list[cst.CSTNode]:
    """The statements that draw for a definition; refuses if one does more than that."""
    drawn, touched = sites(tree, place), touching(tree, place, [place.statement])
    mine = [place.statement, *carriers(tree, place, [place.statement])]
    mine += [touch.statement for touch in touched if touch.only]
    for site in drawn:
        statement, function = tree.statement(site), tree.callable(site)
        near = function is tree.callable(place.statement) or any(touch.statement is statement for touch in touched)
        if near and not any(tree.within(site, each) for each in mine):
            raise Refused(f"line {tree.line(statement)} draws for it and does more")
    drawing = [statement for statement in mine if may_draw(tree, statement, drawn)]
    if drawn and not drawing:
        raise Refused(f"line {tree.line(drawn[0])} draws for it and does more")
    return drawing


def _torch(tree: Tree, place: Place) -> str | None:
    """The name of torch in the file; None if it is not imported."""
    found = [name for line in tree.module.body for name, module in _imported(line) if module == "torch"]
    name = found[0] if found else "torch"
    function = tree.method(place.statement)
    taken = {each.value for each in variables(function)} if function is not None and not found else set()
    others = {name for line in tree.module.body for name, module in _imported(line) if module != "torch"}
    if name in _bound(function) or (not found and name in taken | others):
        raise Refused(f"`{name}` is not the module there")
    return name if found else None


def _imported(line: cst.CSTNode) -> Iterator[tuple[str, str]]:
    """The names that the imports of a line bind, and what each stands for."""
    for node in walk(line) if isinstance(line, cst.SimpleStatementLine | cst.Try) else ():
        match node:
            case cst.Import(names=names):
                for alias in names:
                    module = cst.Module([]).code_for_node(alias.name)
                    bound = alias.evaluated_alias
                    yield (bound, module) if bound else (module.partition(".")[0], module.partition(".")[0])
            case cst.ImportFrom(names=[*names]):
                for alias in names:
                    yield alias.evaluated_alias or alias.evaluated_name, ""
            case _:
                pass


def _bound(function: cst.FunctionDef | None) -> set[str]:
    """The parameters and assigned names of a function."""
    if function is None:
        return set()
    params = {node.name.value for node in walk(function.params) if isinstance(node, cst.Param)}
    targets = (node.target for node in walk(function.body) if isinstance(node, cst.AssignTarget))
    return params | {target.value for target in targets if isinstance(target, cst.Name)}
