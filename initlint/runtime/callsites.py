"""Calls of classes with nothing but constants, found in the files of a project: arguments that are known to fit."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Collection, Iterable, Iterator

from initlint.errors import Unreadable
from initlint.texts import read

MANY = 4
"""Different calls of one class that are tried."""


def constant_calls(root: str, files: Iterable[str], names: Collection[str]) -> dict[str, list[str]]:
    """The arguments of such calls by the name of the class, as they are written: `64, num_heads=8`."""
    found: dict[str, list[str]] = {name: [] for name in names}
    called = re.compile(rb"\b(?:%s)\s*\(" % b"|".join(re.escape(name.encode()) for name in sorted(names)))
    for path in files if names else ():
        try:
            source = read(os.path.join(root, path))
        except Unreadable:
            continue
        if called.search(source):
            for name, arguments in _calls(source):
                known = found.get(name)
                if known is not None and arguments not in known and len(known) < MANY:
                    known.append(arguments)
    return found


def _calls(source: bytes) -> Iterator[tuple[str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_constant(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            values = [(None, value) for value in node.args] + [(word.arg, word.value) for word in node.keywords]
            texts = [_argument(name, value, constants) for name, value in values]
            starred = any(word.arg is None for word in node.keywords)
            if not starred and all(text is not None for text in texts):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield name, ", ".join(filter(None, texts))


def _argument(name: str | None, value: ast.expr, constants: dict[str, ast.expr]) -> str | None:
    if isinstance(value, ast.Name):
        value = constants.get(value.id, value)
    if not _is_constant(value):
        return None
    return f"{name}={ast.unparse(value)}" if name else ast.unparse(value)


def _is_constant(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
