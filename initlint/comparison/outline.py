"""The outline of a followed construction: everything that a caller can see, to compare both versions."""

from __future__ import annotations

from dataclasses import dataclass

from initlint.comparison.terms import Term


@dataclass(frozen=True, slots=True)
class Outline:
    """A value: what it is, its parts by name in order, and its plain data by name."""

    own: Term
    parts: tuple[tuple[str, Outline], ...] = ()
    data: tuple[tuple[str, Term], ...] = ()


def agree(old: Outline, new: Outline) -> bool:
    """Whether both are the same for callers that only read data which both have."""
    left, right = dict(old.data), dict(new.data)
    return (
        old.own == new.own
        and all(left[name] == right[name] for name in left.keys() & right.keys())
        and [name for name, _ in old.parts] == [name for name, _ in new.parts]
        and all(agree(one, other) for (_, one), (_, other) in zip(old.parts, new.parts, strict=True))
    )


def plain(outline: Outline) -> bool:
    """Whether it contains no instance of a class that differs between the versions."""
    return not outline.own.marks & OWN and all(plain(part) for _, part in outline.parts)


OWN = frozenset({"instance", "alike"})
