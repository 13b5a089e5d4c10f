"""What statements bind, and what they may change of what others define."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from initlint.comparison.pieces import Definition, dotted, statements, targets


def touched(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds, or whose objects it may change."""
    if isinstance(statement, Definition):
        inner = statements([statement])
        yield from (name for each in inner if isinstance(each, ast.Global) for name in each.names)
        return
    for target in targets([statement]):
        yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
    for each in statements([statement]):
        if isinstance(each, Definition):
            yield each.name
        elif isinstance(each, ast.Import | ast.ImportFrom) and each is not statement:
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
    yield from (name.partition(".")[0] for name, _ in altered(statement))


def altered(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """The names of what a statement gives attributes or items (True), or hands to a call at module level (False)."""
    for target in targets([statement]):
        for inner in ast.walk(target):
            if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
                name = dotted(inner) or dotted(inner.value)
                if name is not None:
                    yield name, True
    for each in statements([statement]) if not isinstance(statement, Definition) else ():
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call):
            callee = each.value.func
            sets = dotted(callee) in ("setattr", "delattr")
            receiver = callee.value if isinstance(callee, ast.Attribute) else callee
            named = [dotted(one) for one in (callee, receiver, *each.value.args)]
            yield from ((name, sets) for name in named if name is not None)
