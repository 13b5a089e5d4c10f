"""Where the code of a file uses an attribute of a class's instances."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from initlint.construction.syntax import children, dotted, variables, walk
from initlint.project.roles import INITIALISATION
from initlint.rewrite.place import Place, Refused, fits_attribute, parts_of, registered, stored, text
from initlint.rewrite.tree import Tree, instance


def mentions(tree: Tree, place: Place) -> list[cst.BaseExpression]:
    """The expressions that fail once the attribute is gone, except the definition itself."""
    family = tree.family(place.cls)
    found = [
        node
        for cls in family
        if cls is place.cls or not _defines(cls, place.attribute)
        for node in _of_class(tree, cls, place.attribute)
    ]
    return [*found, *_by_initialisers(tree, place, family)]


def stores(tree: Tree, place: Place) -> list[cst.CSTNode]:
    """The statements of the class that set the attribute, including the definition, in order."""
    found = [
        node for method in _methods(place.cls) for node in walk(method.body) if _sets(node, method, place.attribute)
    ]
    return sorted((tree.statement(node) for node in found), key=tree.start)


def _methods(cls: cst.ClassDef) -> list[cst.FunctionDef]:
    return [node for node in cls.body.body if isinstance(node, cst.FunctionDef)]


def _sets(node: cst.CSTNode, method: cst.FunctionDef, attribute: str) -> bool:
    owner = instance(method)
    match node:
        case cst.AssignTarget(target=target) | cst.AnnAssign(target=target):
            return any(fits_attribute(stored(part, owner), attribute) for part in parts_of(target))
        case cst.Call():
            return fits_attribute(registered(node, owner)[0], attribute)
        case _:
            return False


def _defines(cls: cst.ClassDef, attribute: str) -> bool:
    return any(_sets(node, method, attribute) for method in _methods(cls) for node in walk(method.body))


def _of_class(tree: Tree, cls: cst.ClassDef, attribute: str) -> Iterator[cst.BaseExpression]:
    for method in _methods(cls):
        owner = instance(method)
        if owner:
            for node in _seeing(method.body, owner):
                if isinstance(node, cst.Attribute | cst.Call) and _reads(tree, node, owner, attribute):
                    yield node


def _seeing(body: cst.CSTNode, owner: str) -> Iterator[cst.CSTNode]:
    """The code in which a name still means the instance: not classes and functions that bind it again."""
    pending = [body]
    while pending:
        node = pending.pop()
        match node:
            case cst.ClassDef():
                continue
            case cst.FunctionDef(params=params) | cst.Lambda(params=params):
                if any(isinstance(each, cst.Param) and each.name.value == owner for each in walk(params)):
                    continue
            case _:
                pass
        yield node
        pending.extend(children(node))


def _reads(tree: Tree, node: cst.Attribute | cst.Call, owner: str, attribute: str) -> bool:
    match node:
        case cst.Attribute(value=cst.Name(value=name), attr=attr) if name == owner:
            return fits_attribute(attr.value, attribute) and not _is_set(tree, node)
        case cst.Call(func=cst.Name(value="getattr" | "delattr"), args=[cst.Arg(value=cst.Name(value=name)), key]):
            return name == owner and fits_attribute(text(key.value), attribute)
        case _:
            return False


def _is_set(tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether a node is the target of an assignment, alone or among others."""
    inner: cst.CSTNode = node
    for outer in tree.around(node):
        if not isinstance(outer, cst.Element | cst.Tuple | cst.List | cst.StarredElement):
            return isinstance(outer, cst.AssignTarget | cst.AnnAssign) and outer.target is inner
        inner = outer
    return False


def _by_initialisers(tree: Tree, place: Place, family: list[cst.ClassDef]) -> Iterator[cst.BaseExpression]:
    """Reads like `module.gamma` in a function that initialises every module it is given, by class."""
    names = {cls.name.value for cls in family}
    reads = _initialised(tree)
    pattern = "*" in place.attribute
    for name in [each for each in reads if fits_attribute(each, place.attribute)] if pattern else [place.attribute]:
        yield from (node for node, receiver in reads.get(name, ()) if _is_ours(tree, node, receiver, names))


@lru_cache(maxsize=1)
def _initialised(tree: Tree) -> dict[str, list[tuple[cst.Attribute, str]]]:
    """What the initialisers of a file read from their arguments, by attribute, with the name of the receiver."""
    found: dict[str, list[tuple[cst.Attribute, str]]] = {}
    for function in walk(tree.module):
        if isinstance(function, cst.FunctionDef) and INITIALISATION.fullmatch(function.name.value):
            given = _given(tree, function)
            for node in walk(function.body):
                match node:
                    case cst.Attribute(value=cst.Name(value=receiver), attr=attr) if receiver in given:
                        found.setdefault(attr.value, []).append((node, receiver))
                    case _:
                        pass
    return found


def _given(tree: Tree, function: cst.FunctionDef) -> set[str]:
    """The names under which a function can get modules: in its loops and, if it constructs nothing, as arguments."""
    targets = (node.target for node in walk(function.body) if isinstance(node, cst.For))
    loops = {name.value for target in targets for name in variables(target)}
    if function.name.value.startswith("__"):
        return loops
    return loops | {param.name.value for param in function.params.params} - {instance(tree.method(function.body))}


def _is_ours(tree: Tree, node: cst.Attribute, receiver: str, names: set[str]) -> bool:
    """Whether an `isinstance` around a read tests for the class; refuses if that cannot be decided."""
    inner: cst.CSTNode = node
    for outer in tree.around(node):
        if isinstance(outer, cst.If) and inner is outer.body:
            for test in walk(outer.test):
                match test:
                    case cst.Call(func=cst.Name(value="hasattr"), args=[cst.Arg(value=cst.Name(value=name)), key]):
                        if name == receiver and text(key.value) == node.attr.value:
                            return False
                    case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), kinds]):
                        if name == receiver:
                            return _lets_through(tree, kinds.value, node, names)
                    case _:
                        pass
        inner = outer
    raise Refused(f"line {tree.line(node)} initialises `{tree.code(node)}` of any class")


def _lets_through(tree: Tree, kinds: cst.BaseExpression, node: cst.Attribute, names: set[str]) -> bool:
    each = [element.value for element in kinds.elements] if isinstance(kinds, cst.Tuple) else [kinds]
    given = {(dotted(kind) or "").rpartition(".")[2] for kind in each}
    if given & names and not given <= names:
        raise Refused(f"line {tree.line(node)} initialises `{tree.code(node)}` of several classes")
    return bool(given & names)
