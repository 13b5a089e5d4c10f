"""What a type annotation says about a value."""

from __future__ import annotations

import functools

from initlint.construction import knowledge
from initlint.project.bodies import Body
from initlint.project.classes import MAX_FAMILY, ClassId, Project
from initlint.project.imports import SymbolKind
from initlint.project.values import NOTHING, UNKNOWN, Value, union

ABSTRACT = frozenset({"typing", "typing_extensions", "collections", "abc", "beartype", "jaxtyping"})
"""Modules whose names, as annotations, say nothing about what a value is an instance of."""


class Annotations:
    """Annotations read in the scope in which they stand."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def annotation(self, text: str, body: Body) -> Value:
        """What a type annotation says; UNKNOWN where it says nothing about modules."""
        text = text.strip().strip("\"'").strip()
        if "|" in text and "[" not in text:
            return self._alternatives([part for part in text.split("|")], body)
        head, bracket, rest = text.partition("[")
        if bracket:
            return self._generic(head.strip(), _split(rest.rstrip()[:-1]), body)
        if text in ("None", "int", "float", "str", "bool", "bytes", "complex", "slice", "Ellipsis", "..."):
            return NOTHING
        if text in (
            "Any",
            "typing.Any",
            "object",
            "Callable",
            "typing.Callable",
            "T",
            "list",
            "dict",
            "tuple",
            "Sequence",
            "Iterable",
        ):
            return UNKNOWN
        symbol = self.project.resolve(
            body.method.path, text, body.method.owner.partition("::")[2] + "." if body.method.owner else ""
        )
        if symbol is None or symbol.kind in (SymbolKind.VARIABLE, SymbolKind.FUNCTION, SymbolKind.MODULE):
            return UNKNOWN
        if symbol.kind is SymbolKind.CLASS or knowledge.module(symbol.target):
            return Value(bound=frozenset({symbol.target}))
        if symbol.target.split(".")[0] in ABSTRACT:
            return UNKNOWN
        if symbol.target.rpartition(".")[2] not in self._foreign_bases:
            return NOTHING
        cls = self.project.class_of(symbol)
        return Value(bound=frozenset({cls})) if cls is not None else UNKNOWN

    def _alternatives(self, parts: list[str], body: Body) -> Value:
        values = [self.annotation(part, body) for part in parts]
        return UNKNOWN if any(value is UNKNOWN for value in values) else union(values)

    def _generic(self, head: str, arguments: list[str], body: Body) -> Value:
        name = head.rpartition(".")[2]
        if name in ("Optional", "Union", "Annotated", "Final", "ClassVar"):
            return self._alternatives(arguments[:1] if name == "Annotated" else arguments, body)
        if name in ("list", "List", "Sequence", "Iterable", "tuple", "Tuple", "set", "Set", "Iterator", "Collection"):
            return Value(element=self._alternatives([a for a in arguments if a.strip() != "..."], body))
        if name in ("dict", "Dict", "Mapping", "OrderedDict", "MutableMapping") and len(arguments) == 2:
            return Value(element=self.annotation(arguments[1], body))
        if name in ("type", "Type"):
            inner = self.annotation(arguments[0], body)
            return UNKNOWN if inner is UNKNOWN else union(self.classes_under(cls) for cls in sorted(inner.bound))
        return UNKNOWN

    def classes_under(self, cls: ClassId) -> Value:
        """A class or any of its descendants, as class objects."""
        found = self.project.descendants(cls)
        return Value(classes=found) if len(found) <= MAX_FAMILY else UNKNOWN

    @functools.cached_property
    def _foreign_bases(self) -> frozenset[str]:
        """The names of the classes of other libraries that classes of the project inherit from."""
        own = [info for info in self.project.classes.values() if info.path in self.project.own]
        return frozenset(base.rpartition(".")[2] for info in own for base in info.facts.bases)


def _split(text: str) -> list[str]:
    """The arguments of a subscript, split at its own commas."""
    parts, depth, last = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append(text[last:index])
            last = index + 1
    return [*parts, text[last:]]
