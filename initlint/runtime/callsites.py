"""What the files of a project show about building a class: calls with constants only, and subclasses."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import warnings
from collections.abc import Collection, Iterable, Iterator

from initlint.errors import Unreadable
from initlint.texts import read

MANY = 4
"""The number of different calls, or subclasses, of one class that are tried."""


def constant_calls(root: str, files: Iterable[str], names: Collection[str]) -> dict[str, list[str]]:
    """The arguments of such calls by the name of the class, as written: `64, num_heads=8`."""
    found: dict[str, list[str]] = {name: [] for name in names}
    called = re.compile(rb"\b(?:%s)\s*\(" % b"|".join(re.escape(name.encode()) for name in sorted(names)))
    for _, source in _sources(root, files if names else ()):
        if called.search(source):
            for name, arguments in _calls(source):
                known = found.get(name)
                if known is not None and arguments not in known and len(known) < MANY:
                    known.append(arguments)
    return found


def heirs(root: str, files: Iterable[str], cls: str) -> list[tuple[str, str]]:
    """The top-level classes of files that derive from a class of this name, the nearest first, as path and name."""
    found: list[tuple[str, str]] = []
    names = [cls]
    for name in names:
        for heir in _derived(root, files, name):
            if heir not in found and len(found) < MANY:
                found.append(heir)
                names.append(heir[1])
    return found


def _derived(root: str, files: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    derives = re.compile(rb"\bclass\s+\w+\s*\([^)]*\b%s\b" % re.escape(name.encode()))
    for path, source in _sources(root, files):
        if derives.search(source):
            for node in _tree(source).body:
                if isinstance(node, ast.ClassDef) and name in map(_last_name, node.bases):
                    yield path, node.name


def _last_name(node: ast.expr) -> str:
    """`Base` of `Base` and of `package.Base`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _sources(root: str, files: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for path in files:
        with contextlib.suppress(Unreadable):
            yield path, read(os.path.join(root, path))


def _tree(source: bytes) -> ast.Module:
    """The tree of a source; an empty one if Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _calls(source: bytes) -> Iterator[tuple[str, str]]:
    tree = _tree(source)
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
                yield _last_name(node.func), ", ".join(filter(None, texts))


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
