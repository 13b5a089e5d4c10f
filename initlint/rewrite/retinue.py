"""What is removed with a definition: code that only initialises it, and locals that exist only for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from initlint.construction import knowledge
from initlint.construction.slices import TEXT_LENGTH
from initlint.construction.syntax import dotted, variables, walk
from initlint.model import Answer
from initlint.rewrite.draws import may_draw
from initlint.rewrite.effects import Effects, Roots
from initlint.rewrite.mentions import mentions, stores
from initlint.rewrite.place import OVERWRITTEN, Place, Refused
from initlint.rewrite.tree import Tree
from initlint.texts import shortened


@dataclass(frozen=True, slots=True)
class Touch:
    """A statement that touches a definition, and where. `only`: it does nothing else."""

    statement: cst.CSTNode
    nodes: tuple[cst.BaseExpression, ...]
    only: bool


def touching(tree: Tree, place: Place, gone: Sequence[cst.CSTNode]) -> list[Touch]:
    """The statements outside of `gone` that touch a definition."""
    if place.finding.touched_by:
        raise Refused(f"{place.finding.touched_by} initialises it")
    nodes = mentions(tree, place) if place.keeps else []
    if place.finding.code == OVERWRITTEN:
        nodes = _until_replaced(tree, place, nodes)
    effects, roots = Effects(tree, place.cls), Roots(frozenset(id(node) for node in nodes))
    found: dict[int, list[cst.BaseExpression]] = {}
    statements: dict[int, cst.CSTNode] = {}
    for node in nodes:
        if not any(tree.within(node, each) for each in gone):
            statement = tree.statement(node)
            statements[id(statement)] = statement
            found.setdefault(id(statement), []).append(node)
    return [Touch(each, tuple(found[key]), effects.only(each, roots)) for key, each in statements.items()]


def retinue(
    tree: Tree, place: Place, gone: Sequence[cst.CSTNode], defining: Sequence[cst.CSTNode]
) -> list[cst.CSTNode]:
    """What is removed together with the statements `gone`; refuses if any of it is needed.

    `defining` are the statements that lose definitions, including those that are removed only in part.
    """
    touched = touching(tree, place, gone)
    for touch in touched:
        if not touch.only:
            raise still_needed(tree, touch.statement)
    if touched:
        only_definition(tree, place, [*defining, *replaced_before(tree, place, defining)])
    going = [*replaced_before(tree, place, defining), *(touch.statement for touch in touched)]
    own = Roots(frozenset(), frozenset() if place.keeps else frozenset({place.attribute}))
    if place.value is not None and (effect := Effects(tree, place.cls).of(place.value, own)):
        raise Refused(effect)
    going += carriers(tree, place, [*gone, *going])
    _no_name_left(tree, [place.statement, *going], gone)
    _no_use_left(tree, place, [*gone, *going])
    return going


def replaced_before(tree: Tree, place: Place, defining: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """What was assigned to the attribute earlier in the same function, and would be its value again without the
    definition."""
    if not place.keeps or place.finding.code == OVERWRITTEN:
        return []
    function, start = tree.function(place.statement), tree.start(place.statement)
    earlier = [each for each in stores(tree, place) if tree.function(each) is function and tree.start(each) < start]
    return [each for each in earlier if each not in defining and _only_builds(tree, place, each)]


def _only_builds(tree: Tree, place: Place, statement: cst.CSTNode) -> bool:
    match statement:
        case cst.Assign(targets=[_], value=cst.Call() as value):
            return not Effects(tree, place.cls).of(value, Roots(frozenset()))
        case _:
            return False


def still_needed(tree: Tree, statement: cst.CSTNode) -> Refused:
    return Refused(f"line {tree.line(statement)} still needs it: `{shortened(tree.code(statement), TEXT_LENGTH)}`")


def only_definition(tree: Tree, place: Place, defining: Sequence[cst.CSTNode]) -> None:
    """Refuse if the attribute has another definition, which is initialised by the same code."""
    if place.finding.code == OVERWRITTEN:
        return
    for statement in stores(tree, place):
        none = isinstance(statement, cst.Assign) and isinstance(statement.value, cst.Name)
        if not none and not any(statement is each for each in defining):
            raise Refused(f"line {tree.line(statement)} defines it as well, and it is initialised with that one")


def _no_name_left(tree: Tree, going: Sequence[cst.CSTNode], gone: Sequence[cst.CSTNode]) -> None:
    """Refuse if remaining statements read a name that `:=` binds in removed ones."""
    for statement in going:
        function = tree.function(statement)
        for node in walk(statement):
            if isinstance(node, cst.NamedExpr) and isinstance(node.target, cst.Name) and function is not None:
                for name in variables(function.body):
                    left = not any(tree.within(name, each) for each in (*going, *gone))
                    if name.value == node.target.value and left:
                        raise Refused(f"`{name.value}`, which it names on the way, is read in line {tree.line(name)}")


def _no_use_left(tree: Tree, place: Place, going: Sequence[cst.CSTNode]) -> None:
    """A local that is discarded may still be counted, or be put into a list that is discarded too."""
    function = tree.function(place.statement)
    match place.statement:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as local)])
            | cst.AnnAssign(target=cst.Name() as local)
        ):
            pass
        case _:
            return
    for name in variables(function.body) if function is not None and not place.keeps else ():
        if name.value == local.value and not any(tree.within(name, each) for each in going):
            raise still_needed(tree, tree.statement(name))


def _until_replaced(tree: Tree, place: Place, nodes: list[cst.BaseExpression]) -> list[cst.BaseExpression]:
    """The mentions between a definition and its replacement."""
    start = tree.start(place.statement)
    function = tree.function(place.statement)
    later = [tree.start(node) for node in stores(tree, place) if tree.start(node) > start]
    end = min(later, default=start)
    return [node for node in nodes if tree.function(node) is function and start < tree.start(node) < end]


def carriers(tree: Tree, place: Place, gone: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """The statements that create locals used only by statements in `gone`."""
    function = tree.function(place.statement)
    if function is None:
        return []
    effects, going = Effects(tree, place.cls), list(gone)
    bound = _made_in(function)
    pending = _names(going) & bound
    seen: set[str] = set()
    while pending:
        name = min(pending)
        seen.add(name)
        uses = [node for node in variables(function.body) if node.value == name]
        left = [node for node in uses if not any(tree.within(node, each) for each in going)]
        statements = {id(each): each for each in map(tree.statement, left)}.values()
        roots = Roots(frozenset(), frozenset({name}))
        if all(_makes(effects, each, name, roots) or effects.only(each, roots) for each in statements):
            going += statements
        elif any(tree.within(node, each) for each in statements for node in _drawing(tree, place, function)):
            raise Refused(
                f"`{name}`, which it is made of, is needed in line {_needed(tree, effects, statements, roots)}"
            )
        pending = (_names(going) & bound) - seen
    return going[len(gone) :]


def _made_in(function: cst.FunctionDef) -> frozenset[str]:
    """The local names that simple assignments and nested functions create."""
    found: set[str] = set()
    for node in walk(function.body):
        match node:
            case cst.AssignTarget(target=cst.Name(value=name)) | cst.AnnAssign(target=cst.Name(value=name)):
                found.add(name)
            case cst.FunctionDef(name=cst.Name(value=name)):
                found.add(name)
            case _:
                pass
    return frozenset(found - {param.name.value for param in walk(function.params) if isinstance(param, cst.Param)})


def _needed(tree: Tree, effects: Effects, statements: Iterable[cst.CSTNode], roots: Roots) -> int:
    (name,) = roots.names
    needing = [each for each in statements if not _makes(effects, each, name, roots) and not effects.only(each, roots)]
    return min(tree.line(each) for each in needing)


def _drawing(tree: Tree, place: Place, function: cst.FunctionDef) -> list[cst.CSTNode]:
    """The places in the body of a function itself where the definition draws."""
    if place.finding.draws is Answer.NO:
        return []
    nodes = [node for span in place.finding.drawn_at for node in tree.at(span)]
    return [node for node in nodes if tree.callable(node) is function]


def _names(nodes: Iterable[cst.CSTNode]) -> set[str]:
    return {name.value for node in nodes for name in variables(node)}


def _makes(effects: Effects, statement: cst.CSTNode, name: str, roots: Roots) -> bool:
    """Whether a statement assigns a local and does nothing else."""
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=value):
            return target == name and not effects.of(value, roots)
        case cst.AnnAssign(target=cst.Name(value=target), value=value):
            return target == name and (value is None or not effects.of(value, roots))
        case cst.FunctionDef():
            return statement.name.value == name and not statement.decorators
        case _:
            return False


def emptied(tree: Tree, removed: set[int]) -> set[int]:
    """The loops and contexts that become empty, and do nothing by themselves."""
    found: set[int] = set()
    for node in tree.enclosing(removed).values():
        if isinstance(node, cst.For | cst.With) and _is_emptied(node, removed) and _is_idle(tree, node):
            found.add(id(node))
    return found


def _is_emptied(node: cst.CSTNode, removed: set[int]) -> bool:
    match node:
        case cst.For(body=body, orelse=None) | cst.With(body=body):
            return all(_is_emptied(each, removed) for each in body.body)
        case cst.SimpleStatementLine(body=body):
            return all(id(each) in removed for each in body)
        case _:
            return id(node) in removed


def _is_idle(tree: Tree, node: cst.For | cst.With) -> bool:
    """Whether the head of a loop or context does nothing by itself, and binds nothing that is read elsewhere."""
    function = tree.function(node)
    if function is None:
        return False
    if isinstance(node, cst.With):
        return all(item.asname is None and _is_context_of_torch(item.item) for item in node.items)
    names = {name.value for name in variables(node.target)}
    read = {name.value for name in variables(function.body) if name.value in names and not _is_of_a_loop(tree, name)}
    return not may_draw(tree, node.iter, ()) and not read


def _is_context_of_torch(node: cst.BaseExpression) -> bool:
    """`torch.no_grad()`, `torch.device("meta")`: contexts that only affect their body."""
    name = dotted(node.func) if isinstance(node, cst.Call) else None
    return name is not None and name.rpartition(".")[2] in knowledge.namespace("torch")


def _is_of_a_loop(tree: Tree, name: cst.Name) -> bool:
    """Whether a name is inside of a loop or comprehension that binds it."""
    for outer in tree.around(name):
        match outer:
            case cst.For(target=target) | cst.BaseComp(for_in=cst.CompFor(target=target)):
                if any(each.value == name.value for each in variables(target)):
                    return True
            case _:
                pass
    return False
