"""A parsed file that knows the places of its nodes and what is around them."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

import libcst as cst

from initlint.construction.parsing import parse
from initlint.construction.slices import offsets
from initlint.construction.syntax import children, walk
from initlint.model import Span

Compound = cst.For | cst.While | cst.With | cst.If | cst.Try | cst.TryStar


class Tree:
    """One whole file."""

    def __init__(self, text: str, module: cst.Module) -> None:
        self.module = module
        self._text = text
        self._offsets = offsets(module)
        self._lines = [0, *(match.end() for match in re.finditer(r"\n", text))]

    @functools.cached_property
    def _parents(self) -> dict[int, cst.CSTNode]:
        return {id(child): node for node in walk(self.module) for child in children(node)}

    @functools.cached_property
    def _by_span(self) -> dict[Span, list[cst.CSTNode]]:
        found: dict[Span, list[cst.CSTNode]] = {}
        for node in walk(self.module):
            if isinstance(node, cst.BaseSmallStatement | cst.Call):
                found.setdefault(self.span(node), []).append(node)
        return found

    @functools.cached_property
    def classes(self) -> tuple[cst.ClassDef, ...]:
        return tuple(node for node in walk(self.module) if isinstance(node, cst.ClassDef))

    def at(self, span: Span) -> list[cst.CSTNode]:
        """The simple statements and calls with exactly this range."""
        return self._by_span.get(span, [])

    def span(self, node: cst.CSTNode) -> Span:
        start, end = self._offsets[id(node)]
        return Span(*self._place(start), *self._place(end))

    def line(self, node: cst.CSTNode) -> int:
        """The line in which the code of a node starts."""
        first = node.body[0] if isinstance(node, cst.SimpleStatementLine) else node
        if isinstance(node, Compound):
            first = next(children(node))
        return self.span(first).line

    def code(self, node: cst.CSTNode) -> str:
        """The code of a node, on one line."""
        start, end = self._offsets[id(node)]
        return " ".join(self._text[start:end].split())

    def start(self, node: cst.CSTNode) -> int:
        return self._offsets[id(node)][0]

    def text(self, node: cst.CSTNode) -> str:
        """The code of a node as written."""
        start, end = self._offsets[id(node)]
        return self._text[start:end]

    def is_outermost(self, node: cst.CSTNode) -> bool:
        """Whether a statement is not inside of another."""
        return self.parent(node) is self.module

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset) - 1
        return line + 1, offset - self._lines[line] + 1

    # -- what is around a node -----------------------------------------------------------------------------------

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(id(node))

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What encloses a node, from the inside out."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def enclosing(self, nodes: Iterable[int]) -> dict[int, cst.CSTNode]:
        """By its id, everything that encloses some nodes, which are given by their ids."""
        found: dict[int, cst.CSTNode] = {}
        for each in nodes:
            while (parent := self._parents.get(each)) is not None and id(parent) not in found:
                each = id(parent)
                found[each] = parent
        return found

    def within(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        return node is outer or any(each is outer for each in self.around(node))

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The simple statement of a node; the compound one if the node is in its head."""
        for each in (node, *self.around(node)):
            if isinstance(each, cst.BaseSmallStatement | cst.BaseCompoundStatement):
                return each
        raise AssertionError("an expression outside of all statements")

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function whose body contains a node; None at class or module level."""
        for each in self.around(node):
            if isinstance(each, cst.FunctionDef):
                return each
            if isinstance(each, cst.ClassDef):
                return None
        return None

    def callable(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The innermost function or lambda in which a node runs."""
        return next((each for each in self.around(node) if isinstance(each, cst.FunctionDef | cst.Lambda)), None)

    def method(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The method of a class that contains a node, through nested functions."""
        found: cst.FunctionDef | None = None
        for each in self.around(node):
            if isinstance(each, cst.ClassDef):
                return found
            if isinstance(each, cst.FunctionDef):
                found = each
        return None

    def cls(self, node: cst.CSTNode) -> cst.ClassDef | None:
        return next((each for each in self.around(node) if isinstance(each, cst.ClassDef)), None)

    # -- classes ------------------------------------------------------------------------------------------------------

    def family(self, cls: cst.ClassDef) -> list[cst.ClassDef]:
        """A class with its ancestors and descendants in this file, found by name."""
        related = {id(cls)}
        for step in (self._bases, self._derived):
            pending = [cls]
            while pending:
                for each in step(pending.pop()):
                    if id(each) not in related:
                        related.add(id(each))
                        pending.append(each)
        return [self.classes[number] for number in sorted(map(self._numbers.__getitem__, related))]

    @functools.cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(cls): number for number, cls in enumerate(self.classes)}

    @functools.cached_property
    def _named(self) -> dict[str, list[cst.ClassDef]]:
        named: dict[str, list[cst.ClassDef]] = {}
        for cls in self.classes:
            named.setdefault(cls.name.value, []).append(cls)
        return named

    @functools.cached_property
    def _heirs(self) -> dict[str, list[cst.ClassDef]]:
        heirs: dict[str, list[cst.ClassDef]] = {}
        for cls in self.classes:
            for name in _base_names(cls):
                heirs.setdefault(name, []).append(cls)
        return heirs

    def _bases(self, cls: cst.ClassDef) -> list[cst.ClassDef]:
        return [base for name in _base_names(cls) for base in self._named.get(name, ())]

    def _derived(self, cls: cst.ClassDef) -> list[cst.ClassDef]:
        return self._heirs.get(cls.name.value, [])


def _base_names(cls: cst.ClassDef) -> set[str]:
    """The last parts of the names of a class's bases."""
    found = set()
    for base in cls.bases:
        match base.value:
            case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
                found.add(name)
            case _:
                pass
    return found


@functools.lru_cache(maxsize=1)
def parsed(text: str) -> Tree | None:
    """The tree of a text, if it can be written back unchanged."""
    module = parse(text)
    return Tree(text, module) if module is not None and module.code == text else None


def instance(method: cst.FunctionDef | None) -> str:
    """The name of a method's first parameter; "" for a static method."""
    if method is None or any(_is_static(decorator) for decorator in method.decorators):
        return ""
    first = [*method.params.posonly_params, *method.params.params][:1]
    return first[0].name.value if first else ""


def _is_static(decorator: cst.Decorator) -> bool:
    return isinstance(decorator.decorator, cst.Name) and decorator.decorator.value == "staticmethod"
