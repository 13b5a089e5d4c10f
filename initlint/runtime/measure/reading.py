"""What torch's own source says of its classes: the attributes that their methods read."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

CONSTRUCTION = frozenset(
    {"__init__", "reset_parameters", "_reset_parameters", "initialize_parameters", "reset_running_stats"}
)


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
