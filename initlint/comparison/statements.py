"""What statements bind, and what they may change that others define."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from initlint.comparison.pieces import MODULES, Definition, dotted, statements, targets

AMBIENT = "torch.set_default_"
"""Prefixes of functions that set how everything is made from then on."""

CHANGES_IN_PLACE = frozenset(
    "append extend insert remove pop clear sort reverse add discard update setdefault popitem".split()
)
"""Methods of lists, sets and dictionaries that change them."""


def heads(statement: ast.stmt) -> Iterator[str]:
    """The module-level names whose objects a statement may change."""
    if not isinstance(statement, Definition):
        yield from (name.partition(".")[0] for name, _ in altered(statement))


def sets_anything(statement: ast.stmt) -> bool:
    """Whether a statement binds computed names: `exec`, or an entry of `globals()`."""
    if isinstance(statement, Definition):
        return False
    stored = [each.value for each in targets([statement]) if isinstance(each, ast.Subscript | ast.Attribute)]
    calls = [each.value for each in statements([statement]) if isinstance(each, ast.Expr)]
    updated = [each.func.value for each in calls if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)]
    given = [each.args[0] for each in calls if isinstance(each, ast.Call) and each.args]
    if any(isinstance(each, ast.Subscript) and dotted(each.value) == MODULES for each in (*stored, *given)):
        return True
    return any(isinstance(each, ast.Call) and dotted(each.func) == "exec" for each in calls) or any(
        isinstance(each, ast.Call) and dotted(each.func) in ("globals", "vars", "locals") and not each.args
        for each in (*stored, *updated)
    )


def altered(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """The names whose attributes or items a statement sets (True), or which it passes to a call at module level
    (False)."""
    for target in targets([statement]):
        for inner in ast.walk(target):
            if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
                yield from ((name, True) for name in _holders(inner))
    if isinstance(statement, Definition):
        done = [each.value for each in statements([statement]) if isinstance(each, ast.Expr)]
        yield from ((name, True) for each in done for name in _changed_in_place(each))
        calls = () if isinstance(statement, ast.ClassDef) else done
        called = [dotted(each.func) or "" for each in calls if isinstance(each, ast.Call)]
        yield from ((name, False) for name in called if name.rpartition(".")[2].startswith(AMBIENT.rpartition(".")[2]))
        return
    for each in statements([statement]):
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call):
            callee = each.value.func
            sets = dotted(callee) in ("setattr", "delattr")
            receiver = callee.value if isinstance(callee, ast.Attribute) else callee
            given = (*each.value.args, *(keyword.value for keyword in each.value.keywords))
            named = [dotted(one) for one in (callee, receiver, *_within(given))]
            yield from ((name, sets) for name in named if name is not None)
    for inner in ast.walk(statement):
        if isinstance(inner, ast.Call):
            yield from ((name, False) for name in _changed_in_place(inner))


def _within(given: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """The arguments of a call, and what is inside of lists, dictionaries and calls among them."""
    for each in given:
        if isinstance(each, ast.expr):
            yield each
        if isinstance(each, ast.List | ast.Tuple | ast.Set | ast.Dict | ast.Starred | ast.Call | ast.keyword):
            yield from _within(ast.iter_child_nodes(each))


def _holders(target: ast.Attribute | ast.Subscript) -> Iterator[str]:
    """What an assignment changes: `a.b` for `a.b` and for `a.b[0]`, `a` for `vars(a)[0]`."""
    holder = target.value
    if isinstance(holder, ast.Call):
        yield from (name for name in map(dotted, holder.args) if name is not None)
    elif (name := dotted(target) or dotted(holder)) is not None:
        yield name


def _changed_in_place(call: ast.expr) -> Iterator[str]:
    """The list, set or dictionary that a method call changes."""
    match call:
        case ast.Call(func=ast.Attribute(value=holder, attr=name)) if name in CHANGES_IN_PLACE:
            found = holder.args if isinstance(holder, ast.Call) else [holder]
            yield from (each for each in map(dotted, found) if each is not None)
        case _:
            pass
