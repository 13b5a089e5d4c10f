"""Methods of texts that are known, and where a term comes from."""

from __future__ import annotations

from initlint.comparison.terms import Term, is_constant, operands

TEXTS = frozenset(
    "lower upper title strip lstrip rstrip replace startswith endswith removeprefix removesuffix join split"
    " rsplit".split()
)
"""Methods of a text that take texts, and give texts or whether something holds."""


def of_text(owner: Term, name: str, given: list[Term]) -> str | bool | list[str] | None:
    """What a method of a known text gives for known texts."""
    text, *passed = [_text(each) for each in (owner, *given)]
    if name not in TEXTS or not isinstance(text, str) or None in passed:
        return None
    try:
        found: str | bool | list[str] = getattr(text, name)(*passed)
    except (TypeError, ValueError):
        return None
    return found


def _text(term: Term) -> str | tuple[str, ...] | None:
    """A known text, or several in order."""
    if term.op in ("tuple", "list"):
        texts = [*map(_text, operands(term))]
        plain = tuple(each for each in texts if isinstance(each, str))
        return plain if len(plain) == len(term.args) else None
    return term.args[0] if is_constant(term) and isinstance(term.args[0], str) else None


def root(term: Term) -> str:
    """The package from which something comes that was got by calls and attributes."""
    while term.op in ("attribute", "call") and term.args and isinstance(term.args[0], Term):
        term = term.args[0]
    return str(term.args[0]).split(".")[0] if term.op == "name" else ""
