"""What both versions have alike: code that is the same with all that it reaches needs no following."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from initlint.comparison.code import Unparsed
from initlint.comparison.terms import Term, symbols

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.compare import ClassDiff
    from initlint.project.classes import ClassId, Method


class Shared:
    """The classes and functions that are the same on both sides.

    `pairs` are the classes that belong together; `compare` compares one such pair.
    """

    def __init__(
        self,
        codes: tuple[Code, Code],
        pairs: dict[ClassId, ClassId],
        compare: Callable[[Shared, ClassId, ClassId], ClassDiff],
    ) -> None:
        self._codes = codes
        self._pairs = (pairs, {new: old for old, new in pairs.items()})
        self._compare = compare
        self._diffs: dict[ClassId, ClassDiff | None] = {}
        self._found: set[Term] = set()

    def diff(self, old: ClassId, new: ClassId) -> ClassDiff | None:
        """How a pair of classes compares; None while that is being found out."""
        if old not in self._diffs:
            self._diffs[old] = None
            self._diffs[old] = self._compare(self, old, new)
        return self._diffs[old]

    def same(self, old: ClassId, new: ClassId) -> bool:
        """Whether a class is the same in both versions."""
        return _equal(lambda: self._codes[0].of_class(old), lambda: self._codes[1].of_class(new))

    def of_class(self, code: Code, id: ClassId) -> Term | None:
        """The term of a class that both sides share, or that cannot be followed.

        That both draw the same is not enough: whoever holds one may go over all its parameters.
        """
        side = self._codes.index(code)
        other = self._pairs[side].get(id, "")
        old, new = (id, other) if side == 0 else (other, id)
        if not other:
            return None
        if self.same(old, new):
            return self._noted(code.of_class(id))
        diff = self.diff(old, new)
        return code.of_class(id) if diff is not None and diff.reason else None

    def of_function(self, code: Code, method: Method) -> Term | None:
        """The term of a function that both sides share."""
        other = self._codes[1 - self._codes.index(code)]
        twin = other.named_function(method.path, method.facts.name)
        if twin is None or not _equal(lambda: code.of_function(method), lambda: other.of_function(twin)):
            return None
        return self._noted(code.of_function(method))

    def _noted(self, term: Term) -> Term:
        self._found.add(term)
        return term

    def met(self, terms: Iterable[Term]) -> frozenset[Term]:
        """Which of them stand in terms."""
        return symbols(terms, "code") & self._found


def _equal(one: Callable[[], Term], other: Callable[[], Term]) -> bool:
    try:
        return one() == other()
    except (Unparsed, RecursionError):
        return False
