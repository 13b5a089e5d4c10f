"""What a followed construction came to, so that both versions' can be compared: everything that a caller can see."""

from __future__ import annotations

from dataclasses import dataclass

from initlint.comparison.terms import Term


@dataclass(frozen=True, slots=True)
class Outline:
    """A value: what it is by itself, its parts by name in their order, and its plain data by name."""

    own: Term
    parts: tuple[tuple[str, Outline], ...] = ()
    data: tuple[tuple[str, Term], ...] = ()


def agree(old: Outline, new: Outline) -> bool:
    """Whether both are the same to whoever reads only data that both have."""
    left, right = dict(old.data), dict(new.data)
    return (
        old.own == new.own
        and all(left[name] == right[name] for name in left.keys() & right.keys())
        and [name for name, _ in old.parts] == [name for name, _ in new.parts]
        and all(agree(one, other) for (_, one), (_, other) in zip(old.parts, new.parts, strict=True))
    )


def plain(outline: Outline) -> bool:
    """Whether nothing in it is an instance of a class of which both versions have another."""
    return not outline.own.marks & OWN and all(plain(part) for _, part in outline.parts)


OWN = frozenset({"instance", "alike"})
