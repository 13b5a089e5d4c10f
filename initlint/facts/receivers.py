"""Receivers in one spelling: "self.blocks[]" for `self.blocks[i + 1]`, "make()" for `make(dim, n=2)`."""

from __future__ import annotations

import functools
import re
import string
import unicodedata

NO_INSTANCE = "0"
"""A literal, an arithmetic result, a comparison: certainly not a module."""

UNKNOWN = "?"
"""An expression of another form: a conditional, an `or`, an `await`."""

MOST_LINKS = 100
"""Longer chains are not taken apart: every call in one is a chain of its own, which would take quadratic time."""

SPLAT = "*" + string.whitespace
"""The grammar binds a star more tightly than a dot: in `[*self.parts]` the object of `parts` is `*self`."""

_SIMPLE = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*\Z")
_STRING = re.compile(r"(?s)[bBrRuUfF]*(\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')")
_COMMENT = re.compile(r"#[^\n]*")
_NAME = re.compile(r"[^\W\d]\w*")
_CHOICE = re.compile(r"\b(?:if|or|and|await|lambda|yield)\b|:=")
_BRACKET = re.compile(r"[()\[\]{}]")
_CLOSE = {"(": ")", "[": "]", "{": "}"}


def meant(name: str) -> str:
    """The name that Python reads: a full-width digit is the plain one."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


@functools.lru_cache(maxsize=100_000)
def normalise(text: str) -> str:
    """Reduce the source of an expression to its chain of names, calls and subscripts."""
    if _SIMPLE.match(text):
        return "".join(text.split())
    return _chain(_STRING.sub("''", _COMMENT.sub("", text)) if "#" in text else _STRING.sub("''", text))


def _chain(text: str) -> str:
    text = text.strip(SPLAT)
    if not text or text[0] in "'[{0123456789-+~":
        return NO_INSTANCE
    parts: list[str] = []
    position = 0
    while position < len(text):
        if len(parts) > MOST_LINKS:
            return UNKNOWN
        character = text[position]
        if character.isspace() or character == ".":
            position += 1
        elif character in _CLOSE:
            end = _closing(text, position)
            if parts:
                parts[-1] += "()" if character == "(" else "[]"
            elif (inner := _chain_or_operation(text[position + 1 : end - 1])) in (NO_INSTANCE, UNKNOWN):
                return inner + _tail(text[end:])
            else:
                parts.append(inner)
            position = end
        elif name := _NAME.match(text, position):
            parts.append(name.group())
            position = name.end()
        else:
            return NO_INSTANCE
    return ".".join(parts)


def _tail(text: str) -> str:
    rest = _chain("_" + text) if text.strip() else ""
    return rest.removeprefix("_") if rest not in (NO_INSTANCE, UNKNOWN) else ""


def _chain_or_operation(text: str) -> str:
    if _CHOICE.search(text):
        return UNKNOWN
    flat = _flatten(text)
    return (
        _chain(text) if re.fullmatch(r"\s*[\w.\s()\[\]']+", flat) and not re.search(r"\w\s+\w", flat) else NO_INSTANCE
    )


def _flatten(text: str) -> str:
    """The text without everything inside of brackets."""
    out: list[str] = []
    position = 0
    while position < len(text):
        if text[position] in _CLOSE:
            end = _closing(text, position)
            out.append(text[position] + _CLOSE[text[position]])
            position = end
        else:
            out.append(text[position])
            position += 1
    return "".join(out)


def _closing(text: str, position: int) -> int:
    """The offset after the bracket that closes the one at `position`."""
    depth = 0
    for bracket in _BRACKET.finditer(text, position):
        depth += 1 if bracket.group() in _CLOSE else -1
        if depth == 0:
            return bracket.end()
    return len(text)
