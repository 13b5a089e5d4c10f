"""A function while it is read, and how its blocks end."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from initlint.construction.run import Candidate, Site
from initlint.construction.values import Swept, Value, join

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.ledger import Path
    from initlint.construction.slices import Slice
    from initlint.project.classes import ClassId

Names = dict[str, Value]


@dataclass(eq=False)
class Frame:
    """One function while it is read. `site` is where it was called, for code outside of the class's own methods.

    `idle` are the nodes, by their ids, that name a local and do no more than to fill it or to give it items; `put` are
    those that put it into a local list, with the name of that.
    """

    slice: Slice
    path: str
    qualname: str
    owner: ClassId
    parent: Frame | None = None
    site: Site | None = None
    names: Names = field(default_factory=dict)
    returns: list[Value] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    idle: set[int] = field(default_factory=set)
    put: dict[int, str] = field(default_factory=dict)

    def lookup(self, name: str) -> Value | None:
        """The value of a local name, here or in an enclosing function."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.parent
        return None

    def leaves(self, name: str, loads: Mapping[str, Set[int]], seen: frozenset[str] = frozenset()) -> bool:
        """Whether nothing is done with a local name, nor with the local lists that it is put into."""
        lists = {self.put.get(node, "") for node in loads.get(name, set()) - self.idle} - seen - {name}
        return all(each and self.leaves(each, loads, seen | {name}) for each in lists)

    def place(self, node: cst.CSTNode) -> Site:
        """Where an event at a node is said to happen."""
        return self.site or Site(self.slice, node, self.path, self.owner)

    def outside(self) -> Frame:
        """Module level, as seen by this function: the scope of its defaults and annotations."""
        return Frame(self.slice, self.path, self.qualname, self.owner, None, self.site)


class Flow(msgspec.Struct, frozen=True):
    """How a block ends: whether it continues after its end, and under which additional conditions."""

    ends: bool = False
    raises: bool = False
    rest: Path = ()


GOES_ON = Flow()


class Guard(msgspec.Struct, frozen=True):
    """In one arm of a branch, a name stands for only some modules or parameters."""

    name: str
    value: Swept


Guards = tuple[Guard | None, Guard | None]
"""The guards of the arm where a condition holds, and of the other."""

UNGUARDED: Guards = (None, None)


def joined(ends: list[Names], start: Names) -> Names:
    """The names after a branch; a name that only some arms bind may be unbound, but then nothing reads it."""
    if not ends:
        return start
    result = dict(ends[0])
    for end in ends[1:]:
        for name, value in end.items():
            if name not in result:
                result[name] = value
            elif result[name] is not value:
                result[name] = join((result[name], value))
    return result
