"""Functions of known numbers, strings and lists of these, which are computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint.comparison.interpreter.containers import is_plain, literal
from initlint.comparison.terms import LARGEST, Term, binary, constant
from initlint.comparison.values import MISSING, Arguments, Items, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run

LARGE = frozenset({"factorial", "comb", "perm", "pow", "ldexp"})
"""Functions of `math` whose results may be too large to compute."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"builtins.{each.__name__}": each for each in (int, float, bool, abs, round, str, len, divmod, sorted)},
    **{f"builtins.{each.__name__}": each for each in (max, min, sum)},
    "builtins.pow": lambda one, other: binary("Pow", constant(one), constant(other)).args[0],
    **{f"math.{name}": each for name, each in vars(math).items() if callable(each) and name not in LARGE},
}
"""Pure functions, by name."""

UNORDERED = frozenset({"builtins.max", "builtins.min"})
"""Functions whose result does not depend on the order of the items."""


def computed(run: Run, name: str, arguments: Arguments) -> Value | None:
    """The result of a function; None if unknown."""
    given = arguments.positional
    if name not in FUNCTIONS or arguments.rest or not given:
        return None
    known = [literal(run, each) for each in given]
    named = {key: literal(run, each) for key, each in arguments.named}
    if MISSING not in (*known, *named.values()):
        try:
            return _value(run, FUNCTIONS[name](*known, **named))
        except (TypeError, ValueError, ArithmeticError):
            return None
    if named:
        return None
    if name == "builtins.sum" and len(given) == 1:
        return _sum(run, given[0])
    if name in UNORDERED and len(given) > 1:
        terms = sorted(map(run.describe, given), key=lambda term: term.digest)
        return Term("call", (Term("name", (name,)), *terms))
    return None


def _sum(run: Run, values: Value) -> Term | None:
    terms = [each for each in run.held(values) if isinstance(each, Term)] if isinstance(values, Items) else []
    if not isinstance(values, Items) or not is_plain(run, values) or len(terms) < len(run.held(values)):
        return None
    total = constant(0)
    for term in terms:
        total = binary("Add", total, term)
    return total


def _value(run: Run, found: object) -> Value | None:
    """A number or string, or a sequence of them, as a value; None if a number is too large."""
    match found:
        case bool() | str():
            return constant(found)
        case int() | float() if abs(found) <= LARGEST:
            return constant(found)
        case list() | tuple():
            parts = [_value(run, each) for each in found]
            kept = [each for each in parts if each is not None]
            return run.items(kept, type(found).__name__) if len(kept) == len(parts) else None
        case _:
            return None
