"""What code says about itself, besides what it does: names, docstrings, annotations, subclasses. Only some code reads
it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from initlint.comparison.pieces import Definition

if TYPE_CHECKING:
    from initlint.project.classes import ClassId
    from initlint.project.project import Project

NAMES = frozenset({"__name__", "__qualname__"})
DOCSTRINGS = frozenset({"__doc__", "getdoc"})
ANNOTATIONS = frozenset({"__annotations__", "get_type_hints", "get_annotations", "signature", "getfullargspec"})
SUBCLASSES = "__subclasses__"
REFLECTING = NAMES | DOCSTRINGS | ANNOTATIONS | {SUBCLASSES}


def said(nodes: Iterable[ast.AST], readers: Set[str]) -> Iterator[str]:
    """What definitions say to code that mentions the names of `readers`."""
    for node in nodes:
        if isinstance(node, Definition) and not NAMES.isdisjoint(readers):
            yield node.name
        if not DOCSTRINGS.isdisjoint(readers):
            yield docstring(node)
        if not ANNOTATIONS.isdisjoint(readers):
            yield shown(annotated(node))


def docstring(node: ast.AST) -> str:
    return (ast.get_docstring(node) or "") if isinstance(node, Definition | ast.Module) else ""


def annotated(node: ast.AST) -> list[tuple[str, ast.expr | None]]:
    """The annotations of a function's parameters and result, or of the names in a class or file."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            params = [each for each in ast.walk(node.args) if isinstance(each, ast.arg)]
            return [*((param.arg, param.annotation) for param in params), ("return", node.returns)]
        case ast.ClassDef() | ast.Module():
            found = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            return [(ast.unparse(each.target), each.annotation) for each in found]
        case _:
            return []


def shown(found: Iterable[tuple[str, ast.expr | None]]) -> str:
    """Annotations, as one text."""
    return ", ".join(f"{name}: {ast.unparse(kind) if kind is not None else ''}" for name, kind in found)


def subclasses(project: Project, id: ClassId) -> list[ClassId]:
    """The subclasses of a class, in the order of the source."""
    found = [each for each in project.descendants(id) if each != id]
    return sorted(found, key=lambda each: (project.classes[each].path, project.classes[each].facts.line))
