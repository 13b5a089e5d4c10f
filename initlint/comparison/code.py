"""The code of a project as syntax trees, and terms for code that is compared but not followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.comparison.terms import Scalar, Term
from initlint.project.imports import Symbol, SymbolKind

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, Method, Project

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IGNORED = frozenset({"annotation", "returns", "type_comment", "type_params", "kind", "ctx"})
"""Fields of a syntax tree that decide nothing about what runs."""


class Unparsed(Exception):
    """A file that this Python cannot parse."""


class Code:
    """The syntax trees of one project, each parsed when it is asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._trees: dict[str, ast.Module | None] = {}
        self._by_line: dict[str, dict[int, Definition]] = {}
        self._terms: dict[object, Term] = {}

    def tree(self, path: str) -> ast.Module:
        if path not in self._trees:
            try:
                self._trees[path] = ast.parse(self.project.source(path))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._trees[path] = None
        tree = self._trees[path]
        if tree is None:
            raise Unparsed(path)
        return tree

    def _at(self, path: str, line: int) -> Definition | None:
        if path not in self._by_line:
            found = (node for node in ast.walk(self.tree(path)) if isinstance(node, Definition))
            self._by_line[path] = {node.lineno: node for node in found}
        return self._by_line[path].get(line)

    def function(self, method: Method) -> ast.FunctionDef | None:
        node = self._at(method.path, method.facts.line)
        return node if isinstance(node, ast.FunctionDef) else None

    def cls(self, id: ClassId) -> ast.ClassDef | None:
        info = self.project.classes.get(id)
        node = self._at(info.path, info.facts.line) if info is not None else None
        return node if isinstance(node, ast.ClassDef) else None

    def assigned(self, path: str, name: str) -> list[ast.expr]:
        """The values that a module-level name is given, in order."""
        return [value for target, value in _assignments(self.tree(path).body) if target == name]

    def class_level(self, id: ClassId, name: str) -> ast.expr | None:
        """The value of a name in a class's own body."""
        node = self.cls(id)
        found = [value for target, value in _assignments(node.body) if target == name] if node is not None else []
        return found[-1] if found else None

    # -- terms for code ----------------------------------------------------------------------------------------

    def of_function(self, method: Method) -> Term:
        """A function with all that it refers to in the project."""
        return self._term(method.id, method.path, method.facts.name, self.function(method))

    def of_class(self, id: ClassId) -> Term:
        """A class with all that it refers to in the project; its name does not matter."""
        info = self.project.classes.get(id)
        if info is None:
            return Term("name", (id,))
        return self._term(id, info.path, info.facts.qualname, self.cls(id))

    def of_node(self, node: ast.AST, path: str, qualname: str) -> Term:
        """A piece of code in a file."""
        return _Dump(self, path, qualname).term(node)

    def _term(self, key: object, path: str, qualname: str, node: Definition | None) -> Term:
        if key not in self._terms:
            self._terms[key] = Term("recursion", (qualname.rpartition(".")[2],))
            self._terms[key] = (
                Term("name", (f"{path}::{qualname}",)) if node is None else _Dump(self, path, qualname).term(node)
            )
        return self._terms[key]

    def of_symbol(self, symbol: Symbol) -> Term:
        """What a name stands for, by its content."""
        path, _, name = symbol.target.partition("::")
        match symbol.kind:
            case SymbolKind.CLASS:
                return self.of_class(symbol.target)
            case SymbolKind.FUNCTION:
                method = self.project.function(symbol)
                return self.of_function(method) if method is not None else Term("name", (name,))
            case SymbolKind.VARIABLE:
                return self._variable(path, name)
            case _:
                return Term("name", (symbol.target,))

    def _variable(self, path: str, name: str) -> Term:
        key = ("variable", path, name)
        if key not in self._terms:
            self._terms[key] = Term("recursion", (name,))
            values = self.assigned(path, name) if path in self.project.files else []
            self._terms[key] = Term("variable", tuple(self.of_node(value, path, "") for value in values) or (name,))
        return self._terms[key]


class _Dump:
    """Makes a term of a piece of code: places, comments, annotations and the names of locals do not matter."""

    def __init__(self, code: Code, path: str, qualname: str) -> None:
        self.code, self.path, self.qualname = code, path, qualname
        self.locals: dict[str, int] = {}

    def term(self, node: ast.AST) -> Term:
        if isinstance(node, ast.Name | ast.Attribute) and (named := self._named(node)) is not None:
            return named
        if isinstance(node, ast.arg):
            return Term("local", (self.locals.setdefault(node.arg, len(self.locals)),))
        if isinstance(node, Definition | ast.Lambda):
            self._bind(node)
        parts: list[Term | Scalar] = []
        for name, content in ast.iter_fields(node):
            if name in IGNORED or (name == "name" and isinstance(node, Definition)):
                continue
            if name == "body" and isinstance(node, Definition):
                content = without_docstring(content)
            parts.append(self._content(content))
        return Term(type(node).__name__, tuple(parts))

    def _content(self, content: object) -> Term | Scalar:
        if isinstance(content, ast.AST):
            return self.term(content)
        if isinstance(content, list):
            return Term("list", tuple(self._content(item) for item in content))
        return content if isinstance(content, Scalar) else repr(content)

    def _bind(self, node: Definition | ast.Lambda) -> None:
        if isinstance(node, ast.ClassDef):
            return
        for name in bound_names(node):
            self.locals.setdefault(name, len(self.locals))

    def _named(self, node: ast.expr) -> Term | None:
        """What a name, or a chain of names, stands for."""
        name = dotted(node)
        if name is None:
            return None
        head = name.partition(".")[0]
        if head in self.locals:
            return Term("local", (self.locals[head],)) if head == name else None
        symbol = self.code.project.resolve(self.path, name, self.qualname)
        if symbol is None:
            return Term("name", (name,)) if head == name else None
        return self.code.of_symbol(symbol)


def bound_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[str]:
    """The parameters and locals of a function in the order in which they stand."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    yield from (each.arg for each in every if each is not None)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text; None where it is more than names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without a text that stands first."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case _:
            return body


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that statements give a value, through branches."""
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        yield target.id, value
                    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                        pairs = zip(target.elts, value.elts, strict=False)
                        yield from ((each.id, given) for each, given in pairs if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.If() | ast.Try() | ast.With():
                for field in ("body", "orelse", "finalbody"):
                    yield from _assignments(getattr(statement, field, []))
                for handler in getattr(statement, "handlers", []):
                    yield from _assignments(handler.body)
            case _:
                pass
