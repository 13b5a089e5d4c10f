"""Definitions that are read by name: strings in class attributes, and paths that tie one weight to another."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from initlint.project.bodies import Bodies
from initlint.project.classes import ClassId, Project

NO_READERS = re.compile(
    r"_?(keys?_to_ignore|no_split|keep_in_fp32|skip_keys|no_placement|can_record|supports_|input_modalities)\w*|__(all|slots|annotations|constants)__\w*|_repeated_blocks"
)
"""Class attributes whose strings name definitions without anything being read by them."""


_NAME = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[^\W\d]\w*(\.\w+)*")
_TIE = re.compile(r"""r?["'][\w.\\*+()\[\]^$?:|-]+["']\Z""")


@dataclass(frozen=True, slots=True)
class Tie:
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

    def names(self, cls: ClassId, attribute: str) -> bool:
        """Whether a class attribute of the family names the definition."""
        owners = self._index[0].get(attribute)
        return owners is not None and not owners.isdisjoint(self.project.family(cls))

    def ties(self, attribute: str) -> list[Tie]:
        """The ties whose source leads through an attribute of that name."""
        return self._index[1].get(attribute, [])

    def tied(self, attribute: str) -> list[Tie]:
        """The ties that replace a weight of that name."""
        return self._targets.get(attribute, [])

    @functools.cached_property
    def _targets(self) -> dict[str, list[Tie]]:
        index: dict[str, list[Tie]] = {}
        for tie in dict.fromkeys(tie for ties in self._index[1].values() for tie in ties):
            index.setdefault(tie.target[-1], []).append(tie)
        return index

    @functools.cached_property
    def _index(self) -> tuple[dict[str, set[ClassId]], dict[str, list[Tie]]]:
        names: dict[str, set[ClassId]] = {}
        ties: dict[str, list[Tie]] = {}
        for info in self.project.linked_classes:
            for store in info.facts.attributes:
                if not store.strings or NO_READERS.fullmatch(store.attribute):
                    continue
                found = self._ties(info.id, store.attribute) if any("." in text for text in store.strings) else []
                for tie in found:
                    for name in tie.path[tie.shared :]:
                        ties.setdefault(name, []).append(tie)
                if not found:
                    for text in filter(_DOTTED.fullmatch, store.strings):
                        names.setdefault(text.partition(".")[0], set()).add(info.id)
        return names, ties

    def _ties(self, cls: ClassId, attribute: str) -> list[Tie]:
        """For a mapping of paths, target -> source: what each source reads."""
        info = self.project.classes[cls]
        body = self.bodies.class_body(info.path, info.facts)
        found: list[Tie] = []
        for value in body.class_values(attribute):
            for pair in (child for child in value.named_children if child.type == "pair"):
                key, source = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if key is None or source is None or not (_TIE.match(body.text(key)) and _TIE.match(body.text(source))):
                    return []
                found.append(_tie(cls, body.text(key), body.text(source)))
        return found


def _tie(owner: ClassId, target: str, source: str) -> Tie:
    ends, starts = _path(target), _path(source)
    shared = 0
    while shared < min(len(ends), len(starts)) - 1 and ends[shared] == starts[shared]:
        shared += 1
    return Tie(owner, ends, starts, shared)


def _path(literal: str) -> tuple[str, ...]:
    return tuple(_NAME.findall(literal.strip("rf\"'").replace("\\d", "").replace("\\", "")))
