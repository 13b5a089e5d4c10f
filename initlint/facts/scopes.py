"""The scopes of one file: what is in which, and the records made of what is gathered in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.receivers import normalise
from initlint.facts.records import Class, Function, Local, Store

if TYPE_CHECKING:
    from tree_sitter import Node

Captures = dict[str, list["Node"]]

_FAR = (1 << 32) - 1
WORD = re.compile(rb"[A-Za-z_\x80-\xff][0-9A-Za-z_\x80-\xff]*")
"""A name in UTF-8."""

_FRESH = re.compile(rb"(?m)^[ \t]*(\w+)[ \t]*=[^=\n]*\.__new__\(")


class Scope(msgspec.Struct):
    """A class, function or lambda while its facts are being gathered; `start == -1` is the module."""

    kind: str
    start: int
    end: int
    name: str = ""
    node: Node | None = None
    instance: str = ""
    decorators: tuple[str, ...] = ()
    reads: dict[str, dict[str, None]] = msgspec.field(default_factory=lambda: defaultdict(dict))
    stores: list[Store] = []
    locals: list[Local] = []
    calls: dict[str, None] = {}
    mentions: dict[str, None] = {}
    gives: dict[str, None] = {}
    made: list[tuple[int, str]] = []
    assigned: set[bytes] = set()
    children: list[Scope] = []
    keeps: bool = False
    """Whether what is assigned here can be kept by an instance or a class."""
    builds: bool = False
    """Whether the local names of this scope matter: those of a method that is not for running the module."""

    def __post_init__(self) -> None:
        self.keeps = self.kind == "class" or self.instance != ""
        self.builds = self.instance != "" and not self.name.startswith("forward")


class Scopes:
    """The scopes of a file by position; captures are looked up with the scope around them."""

    def __init__(self, source: bytes, captures: Captures) -> None:
        self.source = source
        self.captures = captures
        self.module = Scope("module", -1, len(source) + 1, "<module>")
        self._edges: list[int] = [-1]
        self._owners: list[Scope] = [self.module]
        self._decorated = {node.start_byte for node in captures.get("decorated", ())}
        self._nest()

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def at(self, position: int) -> Scope:
        """The innermost scope around a position."""
        return self._owners[bisect_right(self._edges, position) - 1]

    def places(self, name: str, without: str = "") -> Iterator[tuple[Scope, int, bytes]]:
        """What is captured by one name and not by another, in order, outer nodes first: the scope, the place, the text.

        The numbers sort nodes by their start, and of those with the same start the longest first.
        """
        spots = {node.start_byte << 32 | _FAR - node.end_byte for node in self.captures.get(name, ())}
        if without:
            spots -= {node.start_byte << 32 | _FAR - node.end_byte for node in self.captures.get(without, ())}
        source, edges, owners = self.source, self._edges, self._owners
        for spot in sorted(spots):
            start = spot >> 32
            yield owners[bisect_right(edges, start) - 1], start, source[start : _FAR - (spot & _FAR)]

    def _nest(self) -> None:
        nodes = [
            (n.start_byte, -n.end_byte, k, n) for k in ("class", "function", "lambda") for n in self.captures.get(k, ())
        ]
        around = [self.module]
        for start, end, kind, node in sorted(nodes, key=lambda entry: entry[:2]):
            while start >= around[-1].end:
                self._leave(around)
            scope = self._scope(kind, start, -end, node, around[-1])
            around[-1].children.append(scope)
            self._edges.append(start)
            self._owners.append(scope)
            around.append(scope)
        while len(around) > 1:
            self._leave(around)

    def _leave(self, around: list[Scope]) -> None:
        self._edges.append(around.pop().end)
        self._owners.append(around[-1])

    def _scope(self, kind: str, start: int, end: int, node: Node, outer: Scope) -> Scope:
        name = node.child_by_field_name("name")
        text = self.text(name) if name else "<lambda>"
        decorators = self._decorators(node) if start in self._decorated else ()
        instance = ""
        if kind != "class" and outer.kind == "class":
            static = any(d.startswith(("staticmethod", "classmethod")) for d in decorators)
            first = "" if static else self._made_here(start, end, text) or next(self._parameters(node), "")
            instance = first if kind == "function" or first == "self" else ""
        elif kind != "class" and outer.instance and outer.instance not in self._parameters(node):
            instance = outer.instance
        return Scope(kind, start, end, text, node, instance, decorators)

    def _made_here(self, start: int, end: int, name: str) -> str:
        """The local name under which `__new__` creates the instance."""
        made = _FRESH.search(self.source, start, end) if name == "__new__" else None
        return made.group(1).decode() if made is not None else ""

    def _parameters(self, function: Node) -> Iterator[str]:
        parameters = function.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            if child.type != "comment" and (word := WORD.search(self.source, child.start_byte, child.end_byte)):
                yield word.group().decode()

    def _decorators(self, node: Node) -> tuple[str, ...]:
        parent = node.parent
        children = parent.children if parent is not None else []
        return tuple(self.text(child)[1:].strip() for child in children if child.type == "decorator")

    def all(self) -> list[Scope]:
        """Every scope, outer ones first."""
        found = [self.module]
        for scope in found:
            found.extend(scope.children)
        return found

    def function_record(self, scope: Scope, name: str = "") -> Function:
        return Function(
            name=name or scope.name,
            instance=scope.instance,
            start=max(scope.start, 0),
            end=min(scope.end, len(self.source)),
            line=scope.node.start_point.row + 1 if scope.node else 1,
            decorators=scope.decorators,
            reads={receiver: tuple(names) for receiver, names in scope.reads.items()},
            stores=tuple(scope.stores),
            locals=tuple(scope.locals),
            calls=tuple(scope.calls),
            mentions=tuple(scope.mentions),
            gives=tuple(scope.gives),
        )

    def function_records(self, scope: Scope) -> tuple[Function, ...]:
        """The functions under a scope, nested ones after the enclosing one; classes in between are skipped."""
        records: list[Function] = []
        pending = [(child, child.name) for child in reversed(scope.children)]
        while pending:
            child, name = pending.pop()
            if child.kind != "class":
                records.append(self.function_record(child, name))
                pending += [(inner, f"{name}.<locals>.{inner.name}") for inner in reversed(child.children)]
        return tuple(records)

    def class_records(self) -> tuple[Class, ...]:
        records: list[Class] = []
        pending = [(child, child.name) for child in reversed(self.module.children)]
        while pending:
            scope, qualname = pending.pop()
            joint = "." if scope.kind == "class" else ".<locals>."
            pending += [(child, qualname + joint + child.name) for child in reversed(scope.children)]
            if scope.kind == "class":
                records.append(self._class_record(scope, qualname))
        return tuple(records)

    def _class_record(self, scope: Scope, qualname: str) -> Class:
        assert scope.node is not None
        for receiver, names in scope.reads.items():
            self.module.reads[receiver].update(names)
        bases = scope.node.child_by_field_name("superclasses")
        return Class(
            name=scope.name,
            qualname=qualname,
            start=scope.start,
            end=scope.end,
            line=scope.node.start_point.row + 1,
            bases=tuple(self._base(base) for base in bases.named_children if base.type != "comment") if bases else (),
            decorators=scope.decorators,
            attributes=tuple(scope.stores),
            methods=self.function_records(scope),
        )

    def _base(self, node: Node) -> str:
        """`Generic[T]` is "Generic", `metaclass=M` is "", `make_base()` stays as "make_base()"."""
        if node.type == "keyword_argument":
            return ""
        return normalise(self.text(node)).removesuffix("[]")
