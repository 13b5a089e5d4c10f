"""What values say about their code: attributes and functions that read names, docstrings and annotations."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from initlint.comparison.reach import class_key
from initlint.comparison.reflection import (
    DOCSTRINGS,
    NAMES,
    REFLECTING,
    SUBCLASSES,
    annotated,
    docstring,
    shown,
    subclasses,
)
from initlint.comparison.terms import Term, constant
from initlint.comparison.values import Arguments, ClassRef, Function, Instance, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.comparison.reach import Key


def told(run: Run, owner: Value, name: str) -> Term | None:
    """What a class or function returns for the attribute `name` about itself; None if the attribute is not about
    that."""
    if name == SUBCLASSES and isinstance(owner, ClassRef):
        return run.code.content([class_key(each) for each in subclasses(run.project, owner.id)])
    found = _definition(run, owner, name) if name in REFLECTING else None
    if found is None or (isinstance(owner, Instance) and name in NAMES):
        return None
    path, qualname, nodes = found
    if name in NAMES:
        return constant(qualname if name == "__qualname__" else qualname.rpartition(".")[2])
    if name in DOCSTRINGS:
        return Term("docstring", tuple(map(docstring, nodes)))
    given = [each for node in nodes for each in annotated(node)]
    kinds = run.code.of_nodes([kind for _, kind in given if kind is not None], path, "")
    return Term("annotations", (shown(given), kinds))


def shows(run: Run, arguments: Arguments, key: Key) -> bool:
    """Whether a call passes code to a function that reads more about it than what it does."""
    return run.code.walk(key).reflects and any(
        not {"code", "alike"}.isdisjoint(run.describe(value).marks) for value in arguments.values()
    )


def _definition(run: Run, owner: Value, name: str) -> tuple[str, str, Sequence[ast.AST]] | None:
    """The file, qualified name and code of a class, of an instance's class, or of a function."""
    match owner:
        case ClassRef(id=id) | Instance(cls=id):
            path, _, qualname = id.partition("::")
            inherited = run.project.mro(id) if name != "__doc__" else [id]
            return path, qualname, [node for each in inherited for node in run.code.classes(each)]
        case Function(method=method) if (node := run.code.function(method)) is not None:
            within = method.owner.partition("::")[2] + "." if method.owner is not None else ""
            return method.path, within + method.facts.name, [node]
        case _:
            return None
