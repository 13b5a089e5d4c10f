"""The class graph: inheritance, C3 MRO, families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, ClassInfo

MODULE = "torch.nn.Module"

METACLASSES = frozenset({"type", "ABCMeta"})
ENUMERATIONS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})

MAX_FAMILY = 80
"""A class with more relatives than this belongs to a framework."""


class Inheritance:
    """The classes of a project by their ids, those that were read, and the heirs of each."""

    def __init__(self) -> None:
        self.classes: dict[ClassId, ClassInfo] = {}
        self.children: dict[ClassId, list[ClassId]] = {}
        self._mro: dict[ClassId, tuple[ClassId, ...]] = {}

    def mro(self, id: ClassId) -> tuple[ClassId, ...]:
        """The method resolution order; if Python would reject it, the order of a depth-first walk."""
        if id not in self._mro:
            self._mro[id] = (id,)
            info = self.classes.get(id)
            if info is None:
                known = knowledge.module(id)
                self._mro[id] = (id, *known.bases) if known else (id, MODULE)
            else:
                self._mro[id] = (id, *_merge([*(self.mro(base) for base in info.bases), info.bases]))
        return self._mro[id]

    def lineage(self, id: ClassId) -> Iterator[ClassInfo]:
        """A class and its ancestors in the order of the MRO, as far as they were read."""
        return (self.classes[each] for each in self.mro(id) if each in self.classes)

    def torch_base(self, id: ClassId, after: ClassId = "") -> ClassId | None:
        """The first class of torch in the MRO of a class, or in that after one of its classes."""
        order = self.mro(id)
        rest = order[order.index(after) + 1 :] if after in order else order
        return next((each for each in rest if knowledge.module(each) is not None), None)

    def is_module(self, id: ClassId) -> bool:
        return MODULE in self.mro(id)

    def is_metaclass(self, id: ClassId) -> bool:
        """Whether instances are classes themselves."""
        return self._is_below(id, METACLASSES)

    def is_enumeration(self, id: ClassId) -> bool:
        """Whether the values in the body of a class become instances of it."""
        return self._is_below(id, ENUMERATIONS)

    def _is_below(self, id: ClassId, names: frozenset[str]) -> bool:
        bases = (base for info in self.lineage(id) for base in info.facts.bases)
        return any(base.rpartition(".")[2] in names for base in bases)

    @remembered
    def descendants(self, id: ClassId) -> frozenset[ClassId]:
        """The class itself and every class that inherits from it."""
        found = {id: None}
        pending = [id]
        while pending:
            for child in self.children.get(pending.pop(), ()):
                if child not in found:
                    found[child] = None
                    pending.append(child)
        return frozenset(found)

    @remembered
    def family(self, id: ClassId) -> frozenset[ClassId]:
        """Ancestors, descendants, and the ancestors of those: all whose methods can run on an instance."""
        found = set(self.descendants(id))
        pending = list(found)
        while pending:
            fresh = [base for base in self._above(pending.pop()) if base not in found]
            found.update(fresh)
            pending += fresh
        return frozenset(found)

    def _above(self, id: ClassId) -> tuple[ClassId, ...]:
        info = self.classes.get(id)
        return info.bases if info is not None else self.mro(id)

    @remembered
    def family_files(self, id: ClassId) -> frozenset[str]:
        """The files that contain the classes of a family."""
        own = (self.classes[relative].path for relative in self.family(id) if relative in self.classes)
        return frozenset(own)

    def is_framework(self, id: ClassId) -> bool:
        """A base of so many classes that its code handles modules in general and means none of their parts."""
        return len(self.descendants(id)) > MAX_FAMILY or len(self.family(id)) > MAX_FAMILY

    @remembered
    def near(self, id: ClassId) -> list[ClassId]:
        """The family without the frameworks that it inherits from: its code can mean parts of exactly this class."""
        descendants = self.descendants(id)
        family = sorted(relative for relative in self.family(id) if relative in self.classes)
        return [r for r in family if r in descendants or not self.is_framework(r)]

    def unresolved_bases(self, id: ClassId) -> tuple[str, ...]:
        return tuple(base for info in self.lineage(id) for base in info.unresolved)


def _merge(sequences: list[tuple[ClassId, ...]]) -> Iterable[ClassId]:
    """C3: the first head that is in no other tail; if there is none, the first head."""
    if len(sequences) == 2:
        return sequences[0]  # of one base: most classes have no more
    merged: list[ClassId] = []
    rest = [list(sequence) for sequence in sequences if sequence]
    while rest:
        heads = [sequence[0] for sequence in rest]
        best = next((h for h in heads if not any(h in sequence[1:] for sequence in rest)), heads[0])
        merged.append(best)
        rest = [kept for sequence in rest if (kept := [entry for entry in sequence if entry != best])]
    return merged
