"""Terms: the data of a constructor as expressions over what its caller passes. Equal terms are equal values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TypeGuard
from weakref import WeakValueDictionary

Scalar = None | bool | int | float | str | bytes


AT_IMPORT = "at import"
"""The operator of a condition that is decided when a file is imported."""

MARKED = frozenset(
    ["parameter", "carried", "code", "alike", "instance", "call", "raises", "left", "while", "sentinel", AT_IMPORT]
)
"""Operators that are searched for inside of terms."""


class Term:
    """An operator and its operands. Equal terms are one object, whichever side they come from."""

    __slots__ = ("__weakref__", "_digest", "args", "marks", "op")
    op: str
    args: tuple[Term | Scalar, ...]
    marks: frozenset[str]
    _digest: bytes

    def __new__(cls, op: str, args: tuple[Term | Scalar, ...]) -> Term:
        key = (op, args, tuple(map(type, args)))
        found = _TERMS.get(key)
        return _made(cls, key) if found is None else found

    @property
    def digest(self) -> bytes:
        """Identifies the term across runs."""
        if not self._digest:
            parts = [self.op.encode()]
            parts += [
                arg.digest if isinstance(arg, Term) else f"{type(arg).__name__} {arg!r}".encode(errors="surrogatepass")
                for arg in self.args
            ]
            packed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
            self._digest = blake2b(packed, digest_size=16).digest()
        return self._digest

    def __repr__(self) -> str:
        return f"{self.op}{self.args!r}"


_TERMS: WeakValueDictionary[tuple[str, tuple[Term | Scalar, ...], tuple[type, ...]], Term] = WeakValueDictionary()


def _made(cls: type[Term], key: tuple[str, tuple[Term | Scalar, ...], tuple[type, ...]]) -> Term:
    term = object.__new__(cls)
    term.op, term.args, _ = key
    term._digest = b""
    term.marks = (MARKED & {term.op}).union(*(arg.marks for arg in term.args if isinstance(arg, Term)))
    _TERMS[key] = term
    return term


def constant(value: Scalar) -> Term:
    return Term("constant", (value,))


NONE = constant(None)
TRUE = constant(True)
FALSE = constant(False)
RANGE = Term("name", ("builtins.range",))


def is_constant(term: object) -> TypeGuard[Term]:
    return isinstance(term, Term) and term.op == "constant"


def is_fixed(term: Term) -> bool:
    """Whether a term is certainly one value: a constant, or a member of an enumeration."""
    return term.op in ("constant", "member")


def same_key(one: Term, other: Term) -> bool:
    """Whether two dictionary keys are equal: 1, 1.0 and True are."""
    known = is_constant(one) and is_constant(other)
    return one.args[0] == other.args[0] if known else one == other


def number(term: object) -> int | float | None:
    """The number that a term is, or None."""
    if isinstance(term, Term) and term.op == "constant":
        value = term.args[0]
        if isinstance(value, int | float):
            return value
    return None


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
_NEUTRAL = {"Add": constant(0), "Sub": constant(0), "Mult": constant(1)}
"""The neutral element of an operator."""

LARGEST = 10**12
"""Larger numbers are not computed."""


def binary(op: str, left: Term, right: Term) -> Term:
    """`left op right`; numbers are computed, and numeric factors and summands are put in a fixed order."""
    one, other = number(left), number(right)
    if one is not None and other is not None and op in _ARITHMETIC:
        found = _compute(op, one, other)
        if found is not None:
            return constant(found)
    texts = [t.args[0] for t in (left, right) if is_constant(t) and isinstance(t.args[0], str)]
    if op == "Add" and len(texts) == 2:
        return constant("".join(str(text) for text in texts))
    if op in _NEUTRAL:
        for known, rest in ((right, left), (left, right)):
            if known == _NEUTRAL[op] and (known is right or op in ("Mult", "Add")):
                return rest
    if op == "Mult" or (op == "Add" and (_numeric(left) or _numeric(right))):
        left, right = sorted((left, right), key=lambda term: term.digest)
    return Term(op, (left, right))


def _compute(op: str, one: float, other: float) -> int | float | None:
    if max(abs(one), abs(other)) > LARGEST or (op == "Pow" and abs(other) > 16):
        return None
    try:
        found = _ARITHMETIC[op](one, other)
    except (ArithmeticError, ValueError):
        return None
    return found if not isinstance(found, complex) else None


def _numeric(term: Term) -> bool:
    """Whether a term is certainly a number, so that a sum with it does not join lists."""
    summands = dict.fromkeys([term])
    pending = [term]
    while pending:
        each = pending.pop()
        parts = [each, *operands(each)] if each.op == "Add" else [each]
        if any(number(part) is not None or part.op in ("FloorDiv", "Pow", "Sub") for part in parts):
            return True
        fresh = [part for part in parts if part not in summands]
        summands.update(dict.fromkeys(fresh))
        pending += fresh
    return False


def operands(term: Term) -> Iterator[Term]:
    return (arg for arg in term.args if isinstance(arg, Term))


def called(term: Term) -> str:
    """The name of the function or class that a term is a call of, or ""."""
    callee = term.args[0] if term.op == "call" else None
    return str(callee.args[0]) if isinstance(callee, Term) and callee.op == "name" else ""


def argument_of(call: Term, name: str) -> Term | None:
    """The argument of a call, or of an instance of a class of torch, by name."""
    found = (each.args[1] for each in operands(call) if each.op == "argument" and each.args[0] == name)
    value = next(found, None)
    return value if isinstance(value, Term) else None


def compare(op: str, left: Term, right: Term) -> Term:
    """`left op right`; known if both sides are constants."""
    if is_constant(left) and is_constant(right):
        one, other = left.args[0], right.args[0]
        same = one == other and (op in ("Eq", "NotEq") or type(one) is type(other))
        if op in ("Eq", "Is", "NotEq", "IsNot"):
            return constant(same is (op in ("Eq", "Is")))
        if isinstance(one, int | float) and isinstance(other, int | float) and op in COMPARISONS:
            return constant(COMPARISONS[op](one, other))
    if op in ("NotEq", "IsNot", "NotIn"):
        return negated(compare({"NotEq": "Eq", "IsNot": "Is", "NotIn": "In"}[op], left, right))
    if op in ("Gt", "GtE"):
        return compare({"Gt": "Lt", "GtE": "LtE"}[op], right, left)
    if op == "Eq":
        left, right = sorted((left, right), key=lambda term: term.digest)
    return Term(op, (left, right))


def joined(op: str, terms: Iterable[Term]) -> Term:
    """Several conditions joined by `And` or `Or`."""
    decides = op == "Or"
    found = constant(not decides)
    for term in terms:
        if truth(found) is decides or truth(term) is (not decides):
            continue
        found = term if is_constant(found) or truth(term) is decides else Term(op, (found, term))
    return found


def negated(term: Term) -> Term:
    known = truth(term)
    if known is not None:
        return constant(not known)
    if term.op == "Not":
        inner = term.args[0]
        assert isinstance(inner, Term)
        return inner
    return Term("Not", (term,))


def truth(term: Term) -> bool | None:
    """Whether a term is true; None if that depends on what callers pass."""
    if term.op == "constant":
        return bool(term.args[0])
    return None


def symbols(terms: Iterable[Term], op: str) -> frozenset[Term]:
    """The terms with one of the MARKED operators inside of terms."""
    found: set[Term] = set()
    seen: set[Term] = set()
    pending = list(terms)
    while pending:
        term = pending.pop()
        if term in seen or op not in term.marks:
            continue
        seen.add(term)
        if term.op == op:
            found.add(term)
        pending += operands(term)
    return frozenset(found)


Numbers = dict["Term", "int | float | None"]
"""The values of terms, given a number for each parameter."""

# -- numbers for what is passed ----------------------------------------------------------------------------------------


def value(term: Term, given: Numbers) -> int | float | None:
    """The number that a term is for given parameters; None if it is more than arithmetic. Adds to the cache."""
    if term not in given:
        given[term] = _worked_out(term, given)
    return given[term]


def _worked_out(term: Term, given: Numbers) -> int | float | None:
    if term.op not in _ARITHMETIC:
        return number(term)
    one, other = (value(part, given) for part in operands(term))
    return None if one is None or other is None else _compute(term.op, one, other)


SAMPLES = (240, 96, 360)
"""Values of parameters to tell two terms apart: numbers with many divisors."""


def samples(*terms: Term) -> Iterator[Numbers]:
    """Numbers for the parameters in some terms, in a few combinations."""
    free = sorted(symbols(terms, "parameter"), key=lambda term: term.digest)
    for start in range(len(SAMPLES)):
        yield {term: SAMPLES[(start + place) % len(SAMPLES)] * (place + 1) for place, term in enumerate(free)}


def rounds(term: Term) -> bool:
    """Whether a term divides somewhere: then trying SAMPLES, which have many divisors, does not prove equality."""
    return term.op in ("Div", "FloorDiv", "Mod") or any(map(rounds, operands(term)))


def differ(one: Term, other: Term) -> bool:
    """Whether two terms have different values for some parameters, which proves that they differ."""
    for given in samples(one, other):
        left, right = value(one, given), value(other, given)
        if left is not None and right is not None and left != right:
            return True
    return False
