"""What the user says about names that the source does not explain."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec


class Conventions(msgspec.Struct, frozen=True):
    """Base classes that are modules and read nothing of a subclass but their own attributes, and methods, by
    name or pattern, that only construct or initialise."""

    base_classes: tuple[str, ...] = ()
    init_methods: tuple[str, ...] = ()

    def initialises(self, method: str) -> bool:
        return any(fnmatchcase(method, pattern) for pattern in self.init_methods)
