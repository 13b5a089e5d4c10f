"""TOML that knows the lines of its values."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from initlint.errors import InitlintError


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text; `name` is its path, or another name that the user knows it by."""

    name: str
    text: str
    content: dict[str, Any]

    def place(self, keys: Sequence[str]) -> str:
        """`path:line` of the value with these keys; a text that is not a file has no lines."""
        return f"{self.name}:{_line(self.text, keys)}" if os.path.isabs(self.name) else self.name


def read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InitlintError(f"cannot read the configuration file {path}: {error.strerror}") from error


def parse(name: str, data: bytes) -> Document:
    try:
        text = data.decode("utf-8-sig")
        return Document(name, text, _loads(text))
    except ValueError as error:
        raise InitlintError(f"{name} is not valid TOML: {error}") from error


def _loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _line(text: str, keys: Sequence[str]) -> int:
    """The line after the longest valid beginning of the text that does not have the keys yet."""
    lines = text.splitlines(keepends=True)
    before = 0
    for count in range(len(lines) + 1):
        try:
            content = _loads("".join(lines[:count]))
        except ValueError:
            continue
        if _has(content, keys):
            break
        before = count
    return before + 1


def _has(content: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True
