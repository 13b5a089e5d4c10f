"""What both versions share: code that is the same, with everything that it reaches, need not be followed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from initlint.comparison.beside import Aligned, Target, followed, signatures
from initlint.comparison.outline import plain
from initlint.comparison.reach import class_key, key_of
from initlint.comparison.signatures import interchangeable
from initlint.comparison.terms import Term, symbols
from initlint.comparison.trees import Unparsed
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.reach import Key
    from initlint.project.classes import ClassId, Method


class Shared:
    """The classes and functions that are the same on both sides; `pairs` are the matched classes."""

    def __init__(self, codes: tuple[Code, Code], pairs: dict[ClassId, ClassId]) -> None:
        self.codes = codes
        self._pairs = (pairs, {new: old for old, new in pairs.items()})
        self._aligned: dict[str, Aligned | None] = {}
        self._found: set[Term] = set()

    def aligned(self, name: str, old: Target, new: Target) -> Aligned | None:
        """Both versions of a class or function side by side; None while that is being computed."""
        if name not in self._aligned:
            self._aligned[name] = None
            self._aligned[name] = followed(self, old, new)
        return self._aligned[name]

    def same(self, old: ClassId, new: ClassId) -> bool:
        """Whether a class is the same in both versions."""
        return self._common(class_key(old), class_key(new)) is not None

    def loaded_alike(self, old: ClassId, new: ClassId) -> bool:
        """Whether the imports of both versions change what a class uses in the same way."""
        try:
            left, right = (code.walk(class_key(id)) for code, id in zip(self.codes, (old, new), strict=True))
            others = {each.target: each for each in right.loaded} if self.codes[0].moved else {}
            return all(each.alike(others.get(each.target, each)) for each in left.loaded)
        except (Unparsed, RecursionError):
            return True

    @remembered
    def _common(self, old: Key, new: Key) -> Term | None:
        """The term of a definition that is the same in both versions, with everything that it reaches."""
        left, right = self.codes
        try:
            return left.common([old], right, [new])
        except (Unparsed, RecursionError):
            return None

    def name(self, code: Code, id: ClassId) -> str:
        """The common name of a class in both versions, which is the new one."""
        return self._pairs[0].get(id, f"{id} (old)") if code is self.codes[0] else id

    def paired(self, code: Code, id: ClassId) -> bool:
        """Whether both versions have the class."""
        return id in self._pairs[self.codes.index(code)]

    def of_class(self, code: Code, id: ClassId) -> Term | None:
        """The term of a class that both sides share, or that cannot be followed.

        Shared are classes that are identical with everything that they reach ("code"), and those whose instances no
        caller can tell apart ("alike"). Code of the latter has to be followed when it runs.
        """
        side = self.codes.index(code)
        other = self._pairs[side].get(id, "")
        old, new = (id, other) if side == 0 else (other, id)
        if not other:
            return None
        if (term := self._common(class_key(old), class_key(new))) is not None:
            return self._noted(term)
        if self.codes[0].special(old) or self.codes[1].special(new):
            return None
        aligned = self.aligned(new, old, new)
        if aligned is not None and aligned.alike and interchangeable(*signatures(self, old, new)):
            return self._noted(Term("alike", (new,)))
        return None

    def of_function(self, code: Code, method: Method) -> Term | None:
        """The term of a function that both sides share."""
        side = self.codes.index(code)
        twin = self.codes[1 - side].named_function(method.path, method.facts.name)
        if twin is None or code.named_function(method.path, method.facts.name) is None:
            return None
        old, new = (method, twin) if side == 0 else (twin, method)
        if (term := self._common(key_of(old), key_of(new))) is not None:
            return self._noted(term)
        name = f"{new.path}::{new.facts.name}"
        aligned = self.aligned(name, old, new)
        if aligned is None or aligned.results is None or not aligned.alike:
            return None
        if not interchangeable(*signatures(self, old, new)):
            return None
        return self._noted(Term("code" if plain(aligned.results[1]) else "alike", (name,)))

    def _noted(self, term: Term) -> Term:
        self._found.add(term)
        return term

    def met(self, terms: Iterable[Term]) -> frozenset[Term]:
        """The shared classes and functions that occur in some terms."""
        found = tuple(terms)
        return (symbols(found, "code") | symbols(found, "alike")) & self._found
