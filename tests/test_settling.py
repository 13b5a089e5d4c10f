"""Values that depend on each other: what any of them is found to be comes to all of them."""

from __future__ import annotations

import pytest

from initlint.project.settling import Settling
from initlint.project.values import NOTHING, Value, union


@pytest.mark.parametrize("length", [1, 3, 6])
def test_what_is_made_at_the_beginning_comes_to_the_end(length: int) -> None:
    """`self.a = Net()`, `self.b = self.a or self.c`, and so on, of which each asks the next first."""
    settling, made = Settling(), Value(exact=frozenset({"Net"}))

    def value(number: int) -> Value:
        after = settling.once(number + 1, value, number + 1) if number < length else NOTHING
        return union([after, made if number == 0 else settling.once(number - 1, value, number - 1)])

    assert settling.once(0, value, 0) == made
    assert [settling.once(number, value, number) for number in range(length + 1)] == [made] * (length + 1)


def test_what_never_settles_comes_to_an_end() -> None:
    settling = Settling()

    def nested(_: int) -> Value:
        return Value(element=settling.once(0, nested, 0), unknown=True)

    assert settling.once(0, nested, 0).unknown
