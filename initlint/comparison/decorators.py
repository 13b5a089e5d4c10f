"""Which decorators leave what they are put on as it is."""

from __future__ import annotations

import ast

from initlint.comparison.pieces import dotted, statements, targets

HARMLESS = frozenset(
    "dataclass dataclass_transform staticmethod classmethod property cached_property lru_cache cache no_grad wraps"
    " inference_mode enable_grad export ignore unused script abstractmethod override final total_ordering runtime"
    " setter getter deleter overload".split()
)
"""Decorators of other packages that leave a constructor, and what a method draws, as they are."""

ADDING = frozenset({"append", "add", "update", "setdefault", "insert"})
"""Methods that put something into a collection."""


def hands_back(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function returns what it has under a name, and nothing else."""
    returns = [each for each in statements(function.body[-1:]) if isinstance(each, ast.Return)]
    every = [each for each in statements(function.body) if isinstance(each, ast.Return) and each not in returns]
    nested = [each for each in function.body if isinstance(each, ast.FunctionDef)]
    own = [each for each in every if not any(each in statements(inner.body) for inner in nested)]
    found = [each.value for each in (*returns, *own)]
    return bool(found) and all(isinstance(each, ast.Name) and each.id == name for each in found)


def changes_it(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function may change what it has under a name: it hands it on, or gives it attributes."""
    handed = [
        argument
        for each in ast.walk(function)
        if isinstance(each, ast.Call) and not (isinstance(each.func, ast.Attribute) and each.func.attr in ADDING)
        for argument in (*each.args, *(keyword.value for keyword in each.keywords))
    ]
    given = any((dotted(target) or "").partition(".")[0] == name for target in targets(function.body))
    return given or any(isinstance(each, ast.Name) and each.id == name for each in handed)
