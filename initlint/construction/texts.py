"""What operators and methods make of strings, which name attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from initlint.construction.values import UNKNOWN, Arguments, Constant, Group, Value

_CONVERSION = re.compile(r"%[-\w.]*[sdif]")
_FIELD = re.compile(r"\{[^{}]*\}")

CASES = frozenset("lower upper capitalize title strip".split())
"""Methods without arguments that return another string."""


def concatenated(parts: Iterable[Value]) -> Constant:
    """The string that parts make, with `*` for unknown parts."""
    texts, pattern = [], False
    for part in parts:
        known = isinstance(part, Constant) and isinstance(part.value, str)
        texts.append(str(part.value) if known and isinstance(part, Constant) else "*")
        pattern = pattern or not known or (isinstance(part, Constant) and part.pattern)
    text = "".join(texts)
    return Constant(re.sub(r"\*+", "*", text) if pattern else text, pattern)


def converted(text: str) -> Constant:
    """`"layer%d" % i`."""
    return Constant(_CONVERSION.sub("*", text), pattern=True)


def called(text: Constant, name: str, arguments: Arguments) -> Value:
    """The result of a method of a string: `"layer{}".format(i)`, `"_".join(parts)`, `"HEAD".lower()`."""
    given = arguments.positional
    if not isinstance(text.value, str):
        return UNKNOWN
    if name == "format":
        return Constant(_FIELD.sub("*", text.value), pattern=True)
    if name == "join" and len(given) == 1 and isinstance(given[0], Group) and given[0].exact:
        parts = [value for _, value in given[0].items for value in (text, value)]
        return concatenated(parts[1:])
    if name in CASES and not given and not text.pattern:
        return Constant(getattr(text.value, name)())
    return UNKNOWN
