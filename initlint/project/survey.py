"""The results of a survey of all files: reads that name no definition, anywhere.

They do not depend on the question, and only changes of related code can change them (see surveys.py).
"""

from __future__ import annotations

import msgspec

from initlint.project.classes import ClassId
from initlint.project.reached import Reached


class Swept(msgspec.Struct, frozen=True, array_like=True):
    """Code at `place` uses all parts of a value, which is of a single class only if it is `alone`."""

    place: str
    alone: bool
    values: Reached


class ComputedRead(msgspec.Struct, frozen=True, array_like=True):
    """The `number`th of the reads by computed names from one receiver in a function, which starts at a byte of a file.

    `names` are what it can read, None if unknown.
    """

    path: str
    start: int
    function: str
    owner: ClassId | None
    receiver: str
    number: int
    names: frozenset[str] | None

    def __str__(self) -> str:
        return f"`getattr` on `{self.receiver}` in {self.path}"


class Survey(msgspec.Struct, frozen=True, array_like=True):
    """The code that goes over the parts of something, and the reads by computed names from other instances.

    `unknown` are those of the latter of which no name is known, with whose instances they read from; `called` those
    that call what they read from something unknown.
    """

    swept: tuple[Swept, ...]
    computed: tuple[ComputedRead, ...]
    unknown: tuple[tuple[ComputedRead, Reached], ...]
    called: tuple[ComputedRead, ...]
