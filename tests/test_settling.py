"""Values that depend on each other: what one of them is found to be reaches all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from initlint.project.settling import Settling
from initlint.project.values import NOTHING, Value, union


@pytest.mark.parametrize("length", [1, 3, 6])
def test_what_is_made_at_the_beginning_comes_to_the_end(length: int) -> None:
    """`self.a = Net()`, `self.b = self.a or self.c`, and so on; each asks the next one first."""
    settling, made = Settling(), Value(exact=frozenset({"Net"}))

    def value(number: int) -> Value:
        after = settling.once(number + 1, value, number + 1) if number < length else NOTHING
        return union([after, made if number == 0 else settling.once(number - 1, value, number - 1)])

    assert settling.once(0, value, 0) == made
    assert [settling.once(number, value, number) for number in range(length + 1)] == [made] * (length + 1)


def test_a_long_way_to_an_answer_is_gone_to_its_end() -> None:
    """When it was given up, the answer depended on the question that led there."""
    settling, made = Settling(), Value(exact=frozenset({"Net"}))

    def value(number: int) -> Value:
        return settling.once(number + 1, value, number + 1) if number < 500 else made

    assert settling.once(0, value, 0) == made
    assert settling.once(500, value, 500) == made


def test_what_never_settles_comes_to_an_end() -> None:
    settling = Settling()

    def nested(_: int) -> Value:
        return Value(element=settling.once(0, nested, 0), unknown=True)

    assert settling.once(0, nested, 0).unknown


QUESTIONS = 6
ASKED = st.tuples(st.integers(0, QUESTIONS - 1), st.none() | st.integers(0, QUESTIONS - 1))
"""What a question asks: always, or where its answer holds the name of some question so far."""

Asks = list[list[tuple[int, int | None]]]


@settings(max_examples=400)
@example([[(1, None), (3, None), (4, None)], [(2, None), (0, None)], [(1, None)], [(2, None)], [], []], [0])
@given(st.lists(st.lists(ASKED, max_size=3), min_size=QUESTIONS, max_size=QUESTIONS), st.permutations(range(QUESTIONS)))
def test_each_gets_what_is_made_wherever_its_questions_lead(asks: Asks, order: list[int]) -> None:
    """Whatever cycles there are, nested or side by side, and whichever is asked first."""
    settling = Settling()

    def ask(number: int) -> Value:
        return settling.once(number, _value, asks, number, ask)

    for number in order:
        ask(number)
    assert list(map(ask, range(QUESTIONS))) == _expected(asks)


def _value(asks: Asks, number: int, ask: Callable[[int], Value]) -> Value:
    total = Value(exact=frozenset({str(number)}))
    for asked, needed in asks[number]:
        if needed is None or str(needed) in total.exact:
            total = union([total, ask(asked)])
    return total


def _expected(asks: Asks) -> list[Value]:
    """The smallest answers that agree with each other."""
    answers, last = [NOTHING] * QUESTIONS, list[Value]()
    while answers != last:
        last = answers
        answers = [_value(asks, number, last.__getitem__) for number in range(QUESTIONS)]
    return answers


def test_what_a_circle_asks_and_is_not_part_of_it_is_computed_once() -> None:
    settling, asked = Settling(), list[str]()
    asks = {"first": ["second", "alone"], "second": ["first"], "alone": []}

    def value(name: str) -> Value:
        asked.append(name)
        return union([Value(exact=frozenset({name})), *(settling.once(each, value, each) for each in asks[name])])

    assert settling.once("first", value, "first").exact == set(asks)
    assert asked.count("alone") == 1 < asked.count("second")
