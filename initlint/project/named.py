"""Definitions that are read by name: strings in class attributes, and paths that tie one weight to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.records import Store
from initlint.project.bodies import Bodies, Body
from initlint.project.classes import ClassId, ClassInfo
from initlint.project.project import Project
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

NO_READERS = re.compile(
    r"_?(keys?_to_ignore|no_split|keep_in_fp32|skip_keys|no_placement|can_record|supports_|input_modalities)\w*|__(all|slots|annotations|constants)__\w*|_repeated_blocks"
)
"""Class attributes whose strings name definitions without reading them."""


_NAME = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[^\W\d]\w*(\.\w+)*")
_TIE = re.compile(r"""r?["'][\w.\\*+()\[\]^$?:|-]+["']\Z""")


class Tie(msgspec.Struct, frozen=True):
    """A class attribute of `owner` ties the weight at `target` to that at `path`: names from `shared` on are read."""

    owner: ClassId
    target: tuple[str, ...]
    path: tuple[str, ...]
    shared: int


class NamedPaths:
    """What class attributes name."""

    def __init__(self, project: Project, bodies: Bodies) -> None:
        self.project = project
        self.bodies = bodies
        self._naming = project.index("names", self._names)
        self._from = project.index("ties", self._sources)
        self._to = project.index("tied", self._targets)

    def names(self, cls: ClassId, attribute: str) -> bool:
        """Whether a class attribute of the family names the definition."""
        owners = self._naming.get(attribute)
        family = self.project.family(cls)
        return (bool(owners) and not family.isdisjoint(owners)) or any(
            self._uses(relative, attribute) for relative in family
        )

    def _uses(self, cls: ClassId, attribute: str) -> bool:
        """Whether the body of a class uses its own name: in another value, as a default, in a decorator."""
        info = self.project.classes.get(cls)
        if info is None or all(store.attribute != attribute for store in info.facts.attributes):
            return False
        heads = [m for m in info.functions if attribute in (*m.facts.mentions, *m.facts.calls, *m.facts.reads)]
        bodies = map(self.bodies.body, heads)
        return any(
            body.text(node) == attribute and _is_used(node) and _stands_in_class(node)
            for body in [self.bodies.of_class(info), *bodies]
            for node in body.captures("identifier")
        )

    def ties(self, attribute: str, path: str) -> Iterator[Tie]:
        """The ties whose source leads through an attribute with this name, those in one file first, which may be
        enough."""
        yield from self._from.within(attribute, {path})
        yield from self._from.get(attribute)

    def tied(self, attribute: str) -> Sequence[Tie]:
        """The ties that replace a weight with this name."""
        return self._to.get(attribute)

    def _names(self, path: str) -> Iterator[tuple[str, ClassId]]:
        for info, store in self._naming_stores(path):
            if not self._tied_in(info, store):
                for text in filter(_DOTTED.fullmatch, store.strings):
                    yield text.partition(".")[0], info.id

    def _sources(self, path: str) -> Iterator[tuple[str, Tie]]:
        return ((name, tie) for tie in self._all_ties(path) for name in tie.path[tie.shared :])

    def _targets(self, path: str) -> Iterator[tuple[str, Tie]]:
        return ((tie.target[-1], tie) for tie in self._all_ties(path))

    def _all_ties(self, path: str) -> Iterator[Tie]:
        return (tie for info, store in self._naming_stores(path) for tie in self._tied_in(info, store))

    def _naming_stores(self, path: str) -> Iterator[tuple[ClassInfo, Store]]:
        """The class attributes of a file whose strings can name definitions."""
        for info in self.project.classes_in(path):
            for store in info.facts.attributes:
                if store.strings and not NO_READERS.fullmatch(store.attribute):
                    yield info, store

    def _tied_in(self, info: ClassInfo, store: Store) -> list[Tie]:
        """The ties in a class attribute."""
        return self._ties(info.id, store.attribute) if any("." in text for text in store.strings) else []

    @remembered
    def _ties(self, cls: ClassId, attribute: str) -> list[Tie]:
        """For a mapping of paths, target -> source: what each source reads."""
        info = self.project.classes[cls]
        body = self.bodies.of_class(info)
        found: list[Tie] = []
        for value in body.class_values(attribute):
            for pair in (child for child in value.named_children if child.type == "pair"):
                ends, starts = (_path(pair.child_by_field_name(field), body) for field in ("key", "value"))
                if not (ends and starts):
                    return []
                found.append(_tie(cls, ends, starts))
        return found


def _is_used(node: Node) -> bool:
    """Whether an identifier is not bound there, nor the name of an attribute, a keyword or a parameter."""
    parent = node.parent
    return parent is not None and all(
        parent.child_by_field_name(name) != node for name in ("left", "name", "attribute", "parameters")
    )


def _stands_in_class(node: Node) -> bool:
    """Whether the nearest scope around a node is the class, or the head of a function in it."""
    inner = node
    while inner.parent is not None and inner.parent.type not in ("function_definition", "lambda", "class_definition"):
        inner = inner.parent
    around = inner.parent
    if around is None or around.type == "class_definition":
        return True
    return around.child_by_field_name("body") != inner and _stands_in_class(around)


def _tie(owner: ClassId, ends: tuple[str, ...], starts: tuple[str, ...]) -> Tie:
    shared = 0
    while shared < min(len(ends), len(starts)) - 1 and ends[shared] == starts[shared]:
        shared += 1
    return Tie(owner, ends, starts, shared)


def _path(node: Node | None, body: Body) -> tuple[str, ...]:
    """The names in a string that is a path to a weight; none for any other string."""
    literal = body.text(node) if node is not None else ""
    names = _NAME.findall(literal.strip("rf\"'").replace("\\d", "").replace("\\", ""))
    return tuple(names) if _TIE.match(literal) else ()
