"""Whether two sets of conditions hold for the same callers: tried with all values that the conditions tell apart."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initlint.comparison.terms import AT_IMPORT, Scalar, Term, binary, constant, is_constant, operands
from initlint.comparison.trace import Step
from initlint.model import Answer

OPAQUE = frozenset({"call", "raises", "left", "while", "carried", AT_IMPORT})
"""Conditions with such terms in them may hold always, or never."""

MAX_TRIED = 4_096
OTHER: tuple[Scalar, ...] = (None, True, False, 1, "another")
"""What is passed beside the constants of the conditions."""

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "Is": lambda one, other: one == other and type(one) is type(other),
    "Lt": operator.lt,
    "LtE": operator.le,
}
_ORDERED = frozenset({"Lt", "LtE", "Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow"})
"""Operators for which the tried values do not stand for all others."""

Values = Mapping[Term, Scalar]
Held = list[Scalar] | tuple[Scalar, ...] | frozenset[Scalar]


class _BeyondError(Exception):
    """A condition that is more than what is worked out here."""


@functools.lru_cache(maxsize=4_096)
def differ(old: tuple[Step, ...], new: tuple[Step, ...]) -> Answer:
    """Whether some caller meets one set of conditions and not the other; the steps are no loops.

    Draws under the same conditions ask for the same pair, hence the cache.
    """
    terms = [step.term for step in (*old, *new)]
    inner = set(_inner(terms))
    free = sorted({term for term in inner if _is_free(term)}, key=lambda term: term.digest)
    values = _values(inner)
    every = len(values) ** len(free)
    step = next(each for each in itertools.count(1 + every // MAX_TRIED) if math.gcd(each, len(values)) == 1)
    beyond = False
    for number in range(0, every, step):
        given = {term: values[number // len(values) ** place % len(values)] for place, term in enumerate(free)}
        try:
            apart = _hold(old, given) != _hold(new, given)
        except _BeyondError:
            beyond = True
            continue
        except (TypeError, ValueError, ArithmeticError):
            continue
        if apart:
            return Answer.UNKNOWN if any(term.marks & OPAQUE for term in free) else Answer.YES
    covered = not beyond and every <= MAX_TRIED and not any(term.op in _ORDERED for term in inner)
    return Answer.NO if covered else Answer.UNKNOWN


def _values(inner: Iterable[Term]) -> list[Scalar]:
    """The constants of conditions and what lies beside them, each once."""
    found = [*OTHER]
    for term in sorted(filter(is_constant, inner), key=lambda term: term.digest):
        value = term.args[0]
        assert not isinstance(value, Term)
        near = [value - 1, value + 1] if isinstance(value, int | float) and not isinstance(value, bool) else []
        found += [value, *near]
    return [value for value, _ in dict.fromkeys((value, type(value)) for value in found)]


_READ = frozenset({"constant", "Not", "And", "Or", "In", "choice", "list", "tuple", "set", *_COMPARED, *_ORDERED})


def _is_free(term: Term) -> bool:
    """Whether a term is one of those that callers decide, as far as is known."""
    return term.op not in _READ or (term.op == "In" and not _is_list(term.args[1]))


def _is_list(term: Term | Scalar) -> bool:
    """Whether it is known what a term holds."""
    return isinstance(term, Term) and term.op in ("list", "tuple", "set")


def _inner(terms: Iterable[Term]) -> Iterator[Term]:
    """All that is worked out, down to what is free."""
    for term in terms:
        yield term
        if not _is_free(term):
            yield from _inner(operands(term))


def _hold(steps: Sequence[Step], given: Values) -> bool:
    return all(bool(_value(step.term, given)) is (step.kind == "if") for step in steps)


def _value(term: Term, given: Values) -> Scalar | Held:  # noqa: C901  (one case for each operator)
    """What a term is for given values; what cannot be computed raises what Python would."""
    if term in given:
        return given[term]
    parts = list(operands(term))
    match term.op:
        case "constant":
            assert not isinstance(term.args[0], Term)
            return term.args[0]
        case "Not":
            return not _value(parts[0], given)
        case "And":
            return _value(parts[1] if _value(parts[0], given) else parts[0], given)
        case "Or":
            return _value(parts[0] if _value(parts[0], given) else parts[1], given)
        case "choice":
            return _value(parts[1] if _value(parts[0], given) else parts[2], given)
        case "list":
            return [_single(part, given) for part in parts]
        case "tuple":
            return tuple(_single(part, given) for part in parts)
        case "set":
            return frozenset(_single(part, given) for part in parts)
        case "In":
            held = _value(parts[1], given)
            if not isinstance(held, list | tuple | frozenset):
                raise _BeyondError(term.op)
            return _single(parts[0], given) in held
        case _ if term.op in _COMPARED:
            one, other = (_value(part, given) for part in parts)
            return _COMPARED[term.op](one, other)
        case _:
            found = binary(term.op, *(constant(_single(part, given)) for part in parts))
            if not is_constant(found):
                raise TypeError(term.op)
            return _single(found, given)


def _single(term: Term, given: Values) -> Scalar:
    value = _value(term, given)
    if isinstance(value, list | tuple | frozenset):
        raise _BeyondError(term.op)
    return value
