"""What a type annotation says about a value."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from initlint.construction import knowledge
from initlint.project.bindings import Origin
from initlint.project.bodies import Bodies, Body
from initlint.project.classes import ClassId
from initlint.project.imports import SymbolKind
from initlint.project.inheritance import MAX_FAMILY, MODULE
from initlint.project.project import Project
from initlint.project.values import NOTHING, UNKNOWN, Value, union

ABSTRACT = frozenset({"typing", "typing_extensions", "collections", "abc", "beartype", "jaxtyping"})
"""Modules whose names, as annotations, say nothing about the class of a value."""


TRANSPARENT = frozenset({"torch", *sys.stdlib_module_names})
"""Packages whose inheritance is known."""

PLAIN = frozenset("None int float str bool bytes complex slice Ellipsis ...".split())
"""Builtin types that no module is an instance of."""

_PLACED = ("tuple", "Tuple")

MAX_ALIAS = 400
"""The length up to which an alias is read."""


_HOLDS_ANY = re.compile(r"torch\.[\w.]*(Parallel|Module|Model)")
"""Classes of torch that hold or wrap any module: DistributedDataParallel, GraphModule, AveragedModel."""


class Annotations:
    """Annotations, read in their own scope."""

    def __init__(self, project: Project, bodies: Bodies) -> None:
        self.project = project
        self.bodies = bodies
        self._open: set[tuple[str, str]] = set()
        self._foreign_bases = project.index("inherits", self._inherits)

    def annotation(self, text: str, body: Body) -> Value:
        """What a type annotation says; UNKNOWN if it says nothing about modules."""
        text = text.strip().strip("\"'").strip()
        parts = _split(text, "|")
        if len(parts) > 1:
            return self._alternatives(parts, body)
        head, bracket, rest = text.partition("[")
        if bracket:
            return self._generic(head.strip(), _split(rest.rstrip()[:-1], ","), body)
        if text in PLAIN:
            return NOTHING
        symbol = self.project.resolve(body.method.path, text, body.inside)
        if symbol is None or symbol.kind in (SymbolKind.FUNCTION, SymbolKind.MODULE):
            return UNKNOWN
        if symbol.kind is SymbolKind.VARIABLE:
            return self._alias(*symbol.target.split("::", 1))
        if symbol.kind is SymbolKind.CLASS and self.project.is_protocol(symbol.target):
            return UNKNOWN
        if symbol.kind is SymbolKind.CLASS or knowledge.module(symbol.target):
            return Value(bound=frozenset({symbol.target}))
        if symbol.target.split(".")[0] in ABSTRACT or _HOLDS_ANY.fullmatch(symbol.target):
            return UNKNOWN
        package = symbol.target.split(".")[0]
        heirs = self._foreign_bases.get(package)
        if not heirs:
            return NOTHING
        cls = self.project.class_of(symbol)
        found = frozenset({cls} if cls is not None else heirs)
        return Value(bound=found) if len(found) <= MAX_FAMILY else UNKNOWN

    def _alias(self, path: str, name: str) -> Value:
        """What a module-level alias like `Size = int | tuple[int, int]` stands for; nothing if it contains itself."""
        if (path, name) in self._open:
            return UNKNOWN
        body = self.bodies.of_module(path)
        values = [binding.node for binding in body.bindings.get(name, ()) if binding.origin is Origin.VALUE]
        if len(values) != 1 or values[0] is None or len(values[0].text or b"") > MAX_ALIAS:
            return UNKNOWN
        self._open.add((path, name))
        try:
            return self.annotation(body.text(values[0]), body)
        finally:
            self._open.discard((path, name))

    def _alternatives(self, parts: list[str], body: Body) -> Value:
        values = [self.annotation(part, body) for part in parts]
        return UNKNOWN if any(value is UNKNOWN for value in values) else union(values)

    def _generic(self, head: str, arguments: list[str], body: Body) -> Value:
        name = head.rpartition(".")[2]
        if name in ("Optional", "Union", "Annotated", "Final", "ClassVar"):
            return self._alternatives(arguments[:1] if name == "Annotated" else arguments, body)
        if name in ("list", "List", "Sequence", "Iterable", "tuple", "Tuple", "set", "Set", "Iterator", "Collection"):
            element = self._alternatives([a for a in arguments if a.strip() != "..."], body)
            return Value(element=element, items=self._placed(arguments, element, body) if name in _PLACED else ())
        if name in ("dict", "Dict", "Mapping", "OrderedDict", "MutableMapping") and len(arguments) == 2:
            return Value(element=self.annotation(arguments[1], body))
        if name in ("type", "Type"):
            inner = self.annotation(arguments[0], body)
            return UNKNOWN if inner is UNKNOWN else union(self.classes_under(cls) for cls in sorted(inner.bound))
        return UNKNOWN

    def _placed(self, arguments: list[str], element: Value, body: Body) -> tuple[Value, ...]:
        """What is at each position of a tuple; what a class of another library wraps can be any of its parameters."""
        if "..." in map(str.strip, arguments):
            return ()
        told = (self.annotation(argument, body) for argument in arguments)
        return tuple(value if value.carries else element for value in told)

    def classes_under(self, cls: ClassId) -> Value:
        """A class or any of its descendants, as class objects; `nn.Module` says nothing."""
        found = self.project.descendants(cls)
        return Value(classes=found) if cls != MODULE and len(found) <= MAX_FAMILY else UNKNOWN

    def _inherits(self, path: str) -> Iterator[tuple[str, ClassId]]:
        """By package: the project's classes that inherit from classes of another library.

        Which of those inherit from each other is unknown if their source is missing.
        """
        for info in self.project.classes_in(path) if path in self.project.own else ():
            for base in info.facts.bases:
                symbol = self.project.resolve(path, base)
                external = symbol is not None and symbol.kind is SymbolKind.EXTERNAL
                if symbol is not None and external and symbol.target.split(".")[0] not in TRANSPARENT:
                    yield symbol.target.split(".")[0], info.id


def _split(text: str, separator: str) -> list[str]:
    """The parts of an annotation, split at its own separators, not at those inside of brackets."""
    parts, depth, last = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character == separator and depth == 0:
            parts.append(text[last:index])
            last = index + 1
    return [*parts, text[last:]]
