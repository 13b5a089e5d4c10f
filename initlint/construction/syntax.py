"""Questions about libcst nodes that need no values: what code names, reads and assigns."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import fields

import libcst as cst

from initlint.construction.values import EVERYTHING

_LAYOUT = frozenset({"lpar", "rpar", "leading_lines", "header", "footer", "semicolon", "asynchronous"})
_TARGETS = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.NamedExpr, cst.CompFor, cst.For)


@functools.cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node that can contain code rather than white space."""
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if name not in _LAYOUT and "whitespace" not in name)


@functools.cache
def _is_node(kind: type) -> bool:
    """Decided by type, since `isinstance` is slow for libcst's abstract classes."""
    return issubclass(kind, cst.CSTNode)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a node that are code, several times faster than libcst's own `children`."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if _is_node(value.__class__):
            yield value
        elif isinstance(value, list | tuple):
            for item in value:
                if _is_node(item.__class__):
                    yield item


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything in it, in no order."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def variables(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Every name that is a variable: neither an attribute's nor a keyword's."""
    pending = [node]
    while pending:
        current = pending.pop()
        if type(current) is cst.Name:
            yield current
        elif type(current) is cst.Attribute or type(current) is cst.Arg:
            pending.append(current.value)
        else:
            pending.extend(children(current))


def displayed(node: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that an expression is, or that stand in the lists, tuples and dictionaries that it spells out."""
    pending = [node]
    while pending:
        match pending.pop():
            case cst.Name() as name:
                yield name
            case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
                pending += [each.value for each in elements if type(each) is cst.Element]
            case cst.Dict(elements=entries):
                pending += [each.value for each in entries if type(each) is cst.DictElement]
            case _:
                pass


def loads(function: cst.FunctionDef) -> dict[str, set[int]]:
    """Name -> the nodes, by id, that mention a local without assigning or deleting it."""
    targets = (
        node.target for node in walk(function.body) if isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.Del)
    )
    assigned = {id(name) for target in targets for name in displayed(target)}
    found: dict[str, set[int]] = {}
    for node in variables(function.body):
        if id(node) not in assigned:
            found.setdefault(node.value, set()).add(id(node))
    return found


def assigned_names(body: cst.CSTNode) -> frozenset[str]:
    """Every name that a statement or expression in a body assigns."""
    targets = (node.target for node in walk(body) if isinstance(node, _TARGETS))
    return frozenset(name.value for target in targets for name in variables(target))


def attributes_read(node: cst.CSTNode, instance: str) -> set[str]:
    """The attributes that code reads from the instance; `*` if it passes the instance on."""
    found: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        match current:
            case cst.Attribute(value=cst.Name(value=name)) if name == instance:
                found.add(current.attr.value)
            case cst.Name(value=name) if name == instance:
                found.add(EVERYTHING)
            case cst.Call(func=cst.Name(value="setattr"), args=[cst.Arg(value=cst.Name(value=name)), *rest]) if (
                name == instance
            ):
                pending.extend(rest)
            case _:
                pending.extend(children(current))
    return found


def dotted(node: cst.BaseExpression) -> str | None:
    """`a.b.c` as text; None if it is more than names."""
    names: list[str] = []
    while type(node) is cst.Attribute:
        names.append(node.attr.value)
        node = node.value
    return ".".join([node.value, *reversed(names)]) if type(node) is cst.Name else None


def argument(node: cst.CSTNode, number: int) -> cst.CSTNode:
    """The expression of a call's argument; the whole call if it has fewer."""
    if isinstance(node, cst.Call) and len(node.args) > number:
        return node.args[number].value
    return node
