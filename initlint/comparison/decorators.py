"""Which decorators and functions leave their argument unchanged, and which members change the class around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.comparison.bindings import Assigned
from initlint.comparison.pieces import callee, dotted, statements, without_docstring
from initlint.comparison.reach import class_key
from initlint.project.imports import SymbolKind

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.reach import Key
    from initlint.project.classes import ClassId, Method

SET_NAME = "__set_name__"

HARMLESS = frozenset(
    "dataclass dataclass_transform staticmethod classmethod property cached_property lru_cache cache no_grad wraps"
    " inference_mode enable_grad export ignore unused script abstractmethod override final total_ordering runtime"
    " setter getter deleter overload".split()
)
"""Decorators of other packages that do not change a constructor or the draws of a method."""

ADDING = frozenset({"append", "add", "update", "setdefault", "insert"})
"""Methods that put something into a collection."""


def hands_back(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function returns the value of one of its names, and does nothing else."""
    returns = [each for each in statements(function.body[-1:]) if isinstance(each, ast.Return)]
    every = [each for each in statements(function.body) if isinstance(each, ast.Return) and each not in returns]
    nested = [each for each in function.body if isinstance(each, ast.FunctionDef)]
    own = [each for each in every if not any(each in statements(inner.body) for inner in nested)]
    found = [each.value for each in (*returns, *own)]
    return bool(found) and all(isinstance(each, ast.Name) and each.id == name for each in found)


def leaves_alone(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function only stores, returns or inspects the value of one of its names."""
    harmless = {id(part) for each in ast.walk(function) for part in _unchanged(each)}
    uses = (each for each in ast.walk(function) if isinstance(each, ast.Name) and each.id == name)
    return bool(name) and all(id(each) in harmless for each in uses)


def _unchanged(node: ast.AST) -> Sequence[ast.expr | None]:
    """The parts of a node that it leaves unchanged."""
    match node:
        case ast.Return(value=value) | ast.FormattedValue(value=value):
            return [value]
        case ast.Assign(targets=targets, value=value) if all(isinstance(each, ast.Subscript) for each in targets):
            return [value]
        case ast.Attribute(value=value, attr="__name__" | "__qualname__" | "__module__", ctx=ast.Load()):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.Call(func=ast.Attribute(attr=method), args=arguments) if method in ADDING:
            return arguments
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "hasattr" | "callable"), args=arguments):
            return arguments
        case _:
            return []


def keeps(code: Code, decorator: ast.expr, path: str) -> bool:
    """Whether a decorator leaves what it decorates unchanged."""
    name = dotted(callee(decorator)) or ""
    symbol = code.project.resolve(path, name)
    known = symbol is not None and symbol.kind is SymbolKind.FUNCTION
    method = code.project.function(symbol) if symbol is not None and known else _of_object(code, path, name)
    function = code.function(method) if method is not None else None
    if method is None or function is None:
        outside = symbol is None or symbol.kind is SymbolKind.EXTERNAL
        return outside and (symbol.target if symbol is not None else name).rpartition(".")[2] in HARMLESS
    first = parameter_at(function, 0 if method.owner is None else 1)
    if isinstance(decorator, ast.Call):
        inner = [each for each in function.body if isinstance(each, ast.FunctionDef)]
        if len(inner) != 1 or not hands_back(function, inner[0].name):
            return False
        function, first = inner[0], parameter_at(inner[0], 0)
    return hands_back(function, first) and leaves_alone(function, first)


def _of_object(code: Code, path: str, name: str) -> Method | None:
    """The method of an object that a file creates from a class of the project."""
    found, rest = code.names.lead(path, name)
    made = code.names.binding(found[1], found[2]) if found is not None and found[0] == "variable" else None
    if found is None or not isinstance(made, Assigned) or not isinstance(made.value, ast.Call):
        return None
    cls, more = code.names.lead(found[1], dotted(made.value.func) or "")
    known = cls is not None and cls[0] == "class" and not more
    return code.project.method(f"{cls[1]}::{cls[2]}", rest) if cls is not None and known else None


def passed(call: ast.Call, name: str) -> list[int | str]:
    """Where a call passes a value: places and names of parameters, "" if neither is known."""
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    places = ["" if starred else place for place, each in enumerate(call.args) if dotted(each) == name]
    return [*places, *(each.arg or "" for each in call.keywords if dotted(each.value) == name)]


def parameter_at(function: ast.FunctionDef, place: int | str) -> str:
    """The parameter that receives an argument; `""` for one without a name of its own."""
    positional = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    named = {*positional, *(each.arg for each in function.args.kwonlyargs)}
    if isinstance(place, int):
        return positional[place] if place < len(positional) else ""
    return place if place in named else ""


def wraps_forward(hook: ast.FunctionDef) -> bool:
    """Whether an `__init_subclass__` only replaces the `forward` of a class."""
    return all(map(_prepares, without_docstring(hook.body))) and all(
        _is_forward(parent)
        for parent in ast.walk(hook)
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Name) and node.id == hook.args.args[0].arg
    )


def _prepares(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[])))):
            return True
        case ast.FunctionDef() | ast.Assign(targets=[ast.Name()], value=ast.Attribute(attr="forward")):
            return True
        case ast.Assign(targets=[ast.Attribute() as target], value=ast.Name()):
            return _is_forward(target)
        case _:
            return False


def _is_forward(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "forward" and isinstance(node.value, ast.Name)


def named_by_members(code: Code, id: ClassId) -> Iterator[Key]:
    """What members do to their class when they are told their names (`__set_name__`)."""
    values = [each.value for each in code.body(id) if isinstance(each, ast.Assign | ast.AnnAssign)]
    callees = [dotted(each.func) for each in values if isinstance(each, ast.Call)]
    named = [code.meaning(class_key(id), each)[0] for each in callees if each is not None]
    for key in named:
        if key is not None and key[0] == "class" and code.project.method(f"{key[1]}::{key[2]}", SET_NAME):
            yield key
