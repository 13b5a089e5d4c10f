"""The strategy `keep-stream`: the attribute is removed; its draws are still made in the same place, and thrown away."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from initlint.construction.methods import GROWS
from initlint.construction.syntax import variables, walk
from initlint.rewrite.draws import alone, may_draw, sites
from initlint.rewrite.edits import Edits, Replacement
from initlint.rewrite.place import Place, Refusals, Refused, registered
from initlint.rewrite.retinue import only_definition, replaced_before, still_needed, touching
from initlint.rewrite.targets import thrown_away
from initlint.rewrite.tree import Tree

COMMENT = "initlint: keep-stream so that old seeds give the same weights"


def keep_stream(tree: Tree, places: Sequence[Place], refusals: Refusals) -> Edits:
    """The edits for definitions whose draws stay."""
    edits = Edits()
    for place in places:
        with refusals.of(place):
            alone(place)
            if place.keeps:
                together = [each for each in places if each.statement is place.statement]
                _throw_away(tree, place, together, [each.statement for each in places], edits)
            else:
                edits.comments[id(place.statement)] = COMMENT
    return edits


def _throw_away(
    tree: Tree, place: Place, together: Sequence[Place], defining: Sequence[cst.CSTNode], edits: Edits
) -> None:
    """Remove the attribute of a definition. Initialisation that draws or does more gets the value through a local
    name."""
    statement, value = place.statement, place.value
    needing = _needing(tree, place, defining, edits)
    local = value.value if isinstance(value, cst.Name) else _free_name(tree, place)
    rest = thrown_away(statement, together, local if needing else "_")
    shared = isinstance(statement, cst.Assign) and len(statement.targets) > 1
    if needing and (len(together) > 1 or (rest is not None and shared)):
        raise still_needed(tree, tree.statement(needing[0]))
    edits.renamed.update({id(node): local for node in needing})
    edits.comments.update({id(each): COMMENT for each in map(tree.statement, needing) if _grows(each)})
    if rest is not None:
        if not (needing or shared):
            _no_call_of_underscore(tree, statement)
        edits.replaced[id(statement)] = rest
    elif isinstance(value, cst.Name):
        edits.removed.add(id(statement))
    else:
        edits.replaced[id(statement)] = _valued(place, local if needing else "")
    if not (rest is not None and shared):
        makers = _makers(tree, statement, local) if isinstance(value, cst.Name) else [statement]
        edits.comments.update({id(each): COMMENT for each in makers})


def _grows(statement: cst.CSTNode) -> bool:
    """Whether a statement gives a list or a container an item, which is thrown away with it."""
    match statement:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=name))):
            return name.value in GROWS
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Subscript())]) | cst.AugAssign():
            return True
        case _:
            return False


def _no_call_of_underscore(tree: Tree, statement: cst.CSTNode) -> None:
    """Refuse to assign to `_` if it is a function that translates texts."""
    for node in walk(tree.method(statement) or cst.Pass()):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "_":
            raise Refused("it is unpacked from a value that makes others too, and `_` is a function there")


def _needing(tree: Tree, place: Place, defining: Sequence[cst.CSTNode], edits: Edits) -> list[cst.BaseExpression]:
    """The mentions in statements that draw or do more, and stay; other statements that touch the definition are
    removed."""
    drawn, function = sites(tree, place), tree.callable(place.statement)
    touched = touching(tree, place, [])
    replaced = [each for each in replaced_before(tree, place, defining) if not may_draw(tree, each, drawn)]
    if touched:
        only_definition(tree, place, [*defining, *replaced])
    edits.removed |= {id(statement) for statement in replaced}
    found: list[cst.BaseExpression] = []
    for touch in touched:
        if touch.only and not may_draw(tree, touch.statement, drawn):
            edits.removed.add(id(touch.statement))
            continue
        for node in touch.nodes:
            behind = tree.callable(node) is function and tree.start(node) > tree.start(place.statement)
            if function is None or not behind or "*" in place.attribute:
                raise still_needed(tree, touch.statement)
        found += touch.nodes
    return found


def _valued(place: Place, local: str) -> Replacement:
    """The statement that creates the value, and throws it away or assigns it to a local name."""

    def made(new: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        match new:
            case cst.Expr(value=cst.Call() as call):
                value = registered(call, place.owner)[1]
            case cst.Assign(value=value) | cst.AnnAssign(value=value):
                pass
            case _:
                raise AssertionError("no definition")
        assert value is not None
        if local:
            return cst.Assign([cst.AssignTarget(cst.Name(local))], value, semicolon=new.semicolon)
        return cst.Expr(value, semicolon=new.semicolon)

    return made


def _makers(tree: Tree, statement: cst.CSTNode, name: str) -> list[cst.CSTNode]:
    """The statements of a function that assign a local name."""
    function = tree.function(statement)
    found = walk(function.body) if function is not None else ()
    targets = [node for node in found if isinstance(node, cst.AssignTarget)]
    return [tree.statement(node) for node in targets if isinstance(node.target, cst.Name) and node.target.value == name]


def _free_name(tree: Tree, place: Place) -> str:
    """A name like that of the attribute that the function does not use yet."""
    function = tree.method(place.statement)
    used = {node.value for node in variables(function or place.cls)}
    return next(name for count in range(len(used) + 1) if (name := place.attribute + "_" * count) not in used)
