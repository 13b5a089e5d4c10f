"""Whether two sets of conditions hold for the same callers: tried with all values that the conditions distinguish."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initlint.comparison.terms import AT_IMPORT, Scalar, Term, binary, constant, is_constant, operands, symbols
from initlint.comparison.trace import Step
from initlint.model import Answer

OPAQUE = frozenset({"call", "raises", "left", "while", "carried", AT_IMPORT})
"""Conditions with these terms in them may hold always, or never."""

MAX_TRIED = 4_096
OTHER: tuple[Scalar, ...] = (None, True, False, 1, "another")
"""Values that are tried besides the constants of the conditions."""

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "Is": lambda one, other: one == other and type(one) is type(other),
    "Lt": operator.lt,
    "LtE": operator.le,
}
_ORDERED = frozenset({"Lt", "LtE", "Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow"})
"""Operators for which the tried values do not represent all others."""

Held = list[Scalar] | tuple[Scalar, ...] | frozenset[Scalar]
Given = Sequence[Scalar]
Read = Callable[[Given], Scalar | Held]


class _BeyondError(Exception):
    """A condition that is too complex to be evaluated here."""


@functools.lru_cache(maxsize=4_096)
def differ(old: tuple[Step, ...], new: tuple[Step, ...]) -> Answer:
    """Whether some caller meets one set of conditions but not the other; the steps are not loops.

    Many draws share their conditions, hence the cache.
    """
    terms = [step.term for step in (*old, *new)]
    inner = set(_inner(terms))
    free = sorted({term for term in inner if _is_free(term)}, key=lambda term: term.digest)
    values = _values(inner)
    every = len(values) ** len(free)
    step = next(each for each in itertools.count(1 + every // MAX_TRIED) if math.gcd(each, len(values)) == 1)
    beyond = False
    hold = _holding([old, new], {term: place for place, term in enumerate(free)})
    for number in range(0, every, step):
        given = [values[number // len(values) ** place % len(values)] for place in range(len(free))]
        try:
            apart = hold[0](given) != hold[1](given)
        except _BeyondError:
            beyond = True
            continue
        except (TypeError, ValueError, ArithmeticError):
            continue
        if apart:
            return Answer.YES if _decided(free) else Answer.UNKNOWN
    covered = not beyond and every <= MAX_TRIED and not any(term.op in _ORDERED for term in inner)
    return Answer.NO if covered else Answer.UNKNOWN


def _decided(free: Sequence[Term]) -> bool:
    """Whether callers can pass every combination of some terms: no two computed ones share a parameter."""
    passed = [symbols((term,), "parameter") for term in free]
    return all(
        found
        and not term.marks & OPAQUE
        and (
            _is_passed(term) or not any(found & others for one, others in zip(free, passed, strict=True) if one != term)
        )
        for term, found in zip(free, passed, strict=True)
    )


def _is_passed(term: Term) -> bool:
    """Whether a term is something that callers pass, an item of it in a loop, or a part with a fixed name."""
    if term.op not in ("attribute", "getattr", "looked up", "item") or not term.args:
        return term.op == "parameter"
    first, *rest = term.args
    if not isinstance(first, Term):
        return term.op == "item"
    return _is_passed(first) and not any(isinstance(each, Term) and "parameter" in each.marks for each in rest)


def _values(inner: Iterable[Term]) -> list[Scalar]:
    """The constants of conditions, and the values next to them, each once."""
    found = [*OTHER]
    inner = [*inner]
    found += sorted({_label(term) for term in inner if term.op == "member"})
    for term in sorted(filter(is_constant, inner), key=lambda term: term.digest):
        value = term.args[0]
        assert not isinstance(value, Term)
        near = [value - 1, value + 1] if isinstance(value, int | float) and not isinstance(value, bool) else []
        found += [value, *near]
    return [value for value, _ in dict.fromkeys((value, type(value)) for value in found)]


_READ = frozenset({"constant", "Not", "And", "Or", "In", "choice", "list", "tuple", "set", *_COMPARED, *_ORDERED})


def _is_free(term: Term) -> bool:
    """Whether callers decide a term, as far as is known."""
    return term.op not in (*_READ, "member") or (term.op == "In" and not _is_list(term.args[1]))


def _is_list(term: Term | Scalar) -> bool:
    """Whether the contents of a term are known."""
    return isinstance(term, Term) and term.op in ("list", "tuple", "set")


def _inner(terms: Iterable[Term]) -> Iterator[Term]:
    """All terms that are evaluated, down to the free ones."""
    for term in terms:
        yield term
        if not _is_free(term):
            yield from _inner(operands(term))


def _label(member: Term) -> str:
    """The value that represents a member of an enumeration."""
    return f"member {member.digest.hex()}"


def _holding(sides: Iterable[Sequence[Step]], places: Mapping[Term, int]) -> list[Callable[[Given], bool]]:
    """Whether the conditions of each side hold, given values for the free terms."""
    reads: dict[Term, Read] = {}

    def holding(steps: Sequence[Step]) -> Callable[[Given], bool]:
        tests = [(_read(step.term, places, reads), step.kind == "if") for step in steps]
        return lambda given: all(bool(read(given)) is wanted for read, wanted in tests)

    return [holding(steps) for steps in sides]


def _read(term: Term, places: Mapping[Term, int], reads: dict[Term, Read]) -> Read:
    """A function that evaluates a term, made once for all values."""
    if term not in reads:
        parts = [] if term in places else [_read(part, places, reads) for part in operands(term)]
        reads[term] = operator.itemgetter(places[term]) if term in places else _worked_out(term, parts)
    return reads[term]


def _worked_out(term: Term, parts: Sequence[Read]) -> Read:  # noqa: C901  (one case for each operator)
    """The same for a term that is not free; the function raises what Python would raise."""
    match term.op:
        case "constant":
            value = term.args[0]
            assert not isinstance(value, Term)
            return lambda _: value
        case "member":
            return lambda _: _label(term)
        case "Not":
            return lambda given: not parts[0](given)
        case "And":
            return lambda given: parts[0](given) and parts[1](given)
        case "Or":
            return lambda given: parts[0](given) or parts[1](given)
        case "choice":
            return lambda given: parts[1](given) if parts[0](given) else parts[2](given)
        case "list":
            return lambda given: [_single(part(given)) for part in parts]
        case "tuple":
            return lambda given: tuple(_single(part(given)) for part in parts)
        case "set":
            return lambda given: frozenset(_single(part(given)) for part in parts)
        case "In":
            return lambda given: _is_in(_several(parts[1](given)), parts[0](given))
        case _ if term.op in _COMPARED:
            compared = _COMPARED[term.op]
            return lambda given: compared(parts[0](given), parts[1](given))
        case _:
            return lambda given: _computed(term.op, [constant(_single(part(given))) for part in parts])


def _computed(op: str, parts: Sequence[Term]) -> Scalar:
    found = binary(op, *parts)
    if not is_constant(found) or isinstance(found.args[0], Term):
        raise TypeError(op)
    return found.args[0]


def _single(value: Scalar | Held) -> Scalar:
    if isinstance(value, list | tuple | frozenset):
        raise _BeyondError
    return value


def _is_in(held: Held, value: Scalar | Held) -> bool:
    return _single(value) in held


def _several(value: Scalar | Held) -> Held:
    if not isinstance(value, list | tuple | frozenset):
        raise _BeyondError
    return value
