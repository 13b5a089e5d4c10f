"""Methods of known strings, and the origin of terms."""

from __future__ import annotations

from initlint.comparison.terms import Term, is_constant, operands

TEXTS = frozenset(
    "lower upper title strip lstrip rstrip replace startswith endswith removeprefix removesuffix join split"
    " rsplit".split()
)
"""Methods of a string that take strings, and return strings or truth values."""


def of_text(owner: Term, name: str, given: list[Term]) -> str | bool | list[str] | None:
    """The result of a method of a known string with known strings."""
    text, *passed = [_text(each) for each in (owner, *given)]
    if name not in TEXTS or not isinstance(text, str) or None in passed:
        return None
    try:
        found: str | bool | list[str] = getattr(text, name)(*passed)
    except (TypeError, ValueError):
        return None
    return found


def _text(term: Term) -> str | tuple[str, ...] | None:
    """A known string, or several in order."""
    if term.op in ("tuple", "list"):
        texts = [*map(_text, operands(term))]
        plain = tuple(each for each in texts if isinstance(each, str))
        return plain if len(plain) == len(term.args) else None
    return term.args[0] if is_constant(term) and isinstance(term.args[0], str) else None


def root(term: Term) -> str:
    """The package that a term was obtained from by calls and attributes."""
    while term.op in ("attribute", "call") and term.args and isinstance(term.args[0], Term):
        term = term.args[0]
    return str(term.args[0]).split(".")[0] if term.op == "name" else ""
