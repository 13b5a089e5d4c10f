"""What torch's own source says of its classes: the attributes that their methods read."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

CONSTRUCTION = frozenset(
    {"__init__", "reset_parameters", "_reset_parameters", "initialize_parameters", "reset_running_stats"}
)
CHILD_MAPS = frozenset({"_modules", "_parameters", "children", "named_children"})


def own_functions(cls: type) -> list[ast.FunctionDef]:
    """The methods that the class body itself defines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    return [statement for statement in body.body if isinstance(statement, ast.FunctionDef)]


def receivers(cls: type) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Each own method outside construction, and the name of its first parameter."""
    for function in own_functions(cls):
        if function.name not in CONSTRUCTION and function.args.args:
            yield function, function.args.args[0].arg


def reads(cls: type) -> set[str]:
    """The attributes that own methods outside construction read on the instance."""
    return {
        name
        for function, receiver in receivers(cls)
        for node in ast.walk(function)
        if (name := read_name(node, receiver)) is not None
    }


def read_name(node: ast.AST, receiver: str) -> str | None:
    """`x` of `self.x` and of `getattr(self, "x")`."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=name, ctx=ast.Load()) if owner == receiver:
            return name
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=owner), ast.Constant(value=str(name)), *_]) if (
            owner == receiver
        ):
            return name
        case _:
            return None


def reads_children(cls: type) -> bool:
    """Whether calling, iterating or indexing an instance reaches children that the class does not name."""
    return any(
        reaches_children(node, receiver)
        for function, receiver in receivers(cls)
        if function.name in ("forward", "__iter__", "__getitem__")
        for node in ast.walk(function)
    )


def reaches_children(node: ast.AST, receiver: str) -> bool:
    """A loop over the instance or its children, an index into it, a `getattr` with a computed name."""
    match node:
        case ast.For(iter=ast.Name(id=owner)) | ast.comprehension(iter=ast.Name(id=owner)):
            return owner == receiver
        case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Load()):
            return owner == receiver
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=owner), name, *_]):
            return owner == receiver and not isinstance(name, ast.Constant)
        case _:
            return read_name(node, receiver) in CHILD_MAPS
