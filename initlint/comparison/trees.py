"""The syntax trees of a project, each parsed on demand."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from initlint.comparison.pieces import Definition, Piece, piece, statements
from initlint.comparison.reach import Contents
from initlint.comparison.sketches import Sketches, parsed
from initlint.project.classes import Method
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.classes import ClassId
    from initlint.project.project import Project


class Unparsed(Exception):
    """A file that this Python cannot parse."""


class Texts:
    """What two versions share: trees, pieces and sketches by the text of a file, and terms by contents."""

    def __init__(self, cache: str = "", processes: int = 1) -> None:
        self.pieces: dict[tuple[ast.AST, ...], Piece] = {}
        self.contents = Contents()
        self.sketches = Sketches(cache, processes)

    @remembered
    def tree(self, text: bytes) -> ast.Module | None:
        return parsed(text)

    def piece(self, nodes: Sequence[ast.AST]) -> Piece:
        key = tuple(nodes)
        if key not in self.pieces:
            self.pieces[key] = piece(nodes)
        return self.pieces[key]


class Trees:
    """The syntax trees of one project, and the positions of functions and classes in them."""

    def __init__(self, project: Project, texts: Texts) -> None:
        self.project = project
        self.texts = texts

    def tree(self, path: str) -> ast.Module:
        tree = self.texts.tree(self.project.source(path))
        if tree is None:
            raise Unparsed(path)
        return tree

    def at(self, path: str, line: int) -> Definition | None:
        return self._by_line(path).get(line)

    @remembered
    def _by_line(self, path: str) -> dict[int, Definition]:
        found = (node for node in statements(self.tree(path).body) if isinstance(node, Definition))
        return {node.lineno: node for node in found}

    def function(self, method: Method) -> ast.FunctionDef | None:
        node = self.at(method.path, method.facts.line)
        return node if isinstance(node, ast.FunctionDef) else None

    def cls(self, id: ClassId) -> ast.ClassDef | None:
        info = self.project.classes.get(id)
        node = self.at(info.path, info.facts.line) if info is not None else None
        return node if isinstance(node, ast.ClassDef) else None

    def named_function(self, path: str, name: str) -> Method | None:
        """The only function of this name at module level."""
        functions = self.project.files[path].functions if path in self.project.files else ()
        found = [each for each in functions if each.name == name]
        return Method(path, None, found[0]) if len(found) == 1 else None

    def body(self, id: ClassId) -> list[ast.stmt]:
        return [each for node in self.classes(id) for each in node.body]

    def classes(self, id: ClassId) -> list[ast.ClassDef]:
        """The statements that define a class; one of them takes effect."""
        path, _, qualname = id.partition("::")
        if id not in self.project.classes:
            return []
        lines = [cls.line for cls in self.project.files[path].classes if cls.qualname == qualname]
        return [node for line in lines if isinstance(node := self.at(path, line), ast.ClassDef)]
