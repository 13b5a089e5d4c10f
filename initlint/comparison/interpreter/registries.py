"""What decorators put into a table at import: each is called with what it decorates."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.machine import Unfollowed
from initlint.comparison.names import longest_known
from initlint.comparison.pieces import callee, dotted
from initlint.comparison.terms import Term, is_constant
from initlint.comparison.values import Arguments, ClassRef, Frame, Function, Instance, Table, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.comparison.reach import Key

MAX_REGISTERED = 256
"""The largest number of definitions in a table."""

Registered = tuple[str, ast.expr, Value]
"""The file and the expression of a decorator, and what it decorates."""


def registered(run: Run, path: str, name: str, value: ast.expr) -> Value | None:
    """A module-level name with everything that decorators put into it; None if anything else changes it."""
    if (path, name) not in run.registries:
        calls = _calls(run, path, name)
        run.registries[path, name] = None if calls is None else _filled(run, path, name, value, calls)
    return run.registries[path, name]


def _calls(run: Run, path: str, name: str) -> list[Registered] | None:
    """The decorators that may change a name, in order; None if anything else may change it."""
    target = f"{path}::{name}"
    changes = run.code.changes.of(target)
    if path not in run.project.own or not changes or run.code.names.changed(path, name):
        return None
    decorated = [key for key in changes if any(_decorators(run, key, {target}))]
    adding = [key for key in changes if key not in decorated]
    if any(key[0] != "function" or run.code.changes.of(f"{key[1]}::{key[2]}") for key in adding):
        return None
    more = [run.code.changes.decorated(key) for key in adding]
    if not all(more):
        return None
    decorated += [each for found in more for each in found]
    targets = {target, *(f"{key[1]}::{key[2]}" for key in adding)}
    calls = [each for key in dict.fromkeys(decorated) for each in _decorators(run, key, targets)]
    if len(calls) > MAX_REGISTERED or not all(_only_decorates(run, key[2], path, calls) for key in adding):
        return None
    return calls


def _only_decorates(run: Run, function: str, path: str, calls: list[Registered]) -> bool:
    """Whether the files that fill a table use a function only as a decorator."""
    called = [dotted(callee(decorator)) or "" for _, decorator, _ in calls]
    names = {function, *(each for each in called if each.rpartition(".")[2] == function)}
    nodes = (
        node for each in sorted({path, *(place for place, _, _ in calls)}) for node in ast.walk(run.code.tree(each))
    )
    used = [each for node in nodes if isinstance(node, ast.Name | ast.Attribute) and (each := dotted(node)) in names]
    return len(used) <= sum(each in names for each in called)


def _decorators(run: Run, key: Key, targets: set[str]) -> Iterator[Registered]:
    """The decorators of a definition that call one of some names, or a method of their value."""
    kind, path, name = key
    function = run.code.named_function(path, name) if kind == "function" else None
    node = run.code.cls(f"{path}::{name}") if function is None else run.code.function(function)
    for decorator in reversed(node.decorator_list) if node is not None else ():
        symbol, _ = longest_known(run.project, path, dotted(callee(decorator)) or "")
        if symbol is not None and symbol.target in targets:
            yield path, decorator, Function(function) if function is not None else ClassRef(f"{path}::{name}")


def _filled(run: Run, path: str, name: str, value: ast.expr, calls: list[Registered]) -> Value | None:
    """The value of a name after all decorators were called, if they may be called in any order.

    What else may be in it is unknown.
    """
    with run.before_all(), run.importing():
        try:
            found, other = (_after(run, path, name, value, order) for order in (calls, calls[::-1]))
        except Unfollowed:
            return None
        _stand_for(run, path, name, found)
        tables, others = (_tables(run, each) for each in (found, other))
        contents = [[_contents(run, each) for each in held] for held in (tables, others)]
        if contents[0] != contents[1] or None in contents[0]:
            return None
        for table in tables:
            run.leave(table, Term("registered", (run.code.of_variable(path, name),)))
    return found


def _after(run: Run, path: str, name: str, value: ast.expr, calls: list[Registered]) -> Value:
    found = run.evaluate(value, Frame(run.token(), path, "", "", early=True))
    _stand_for(run, path, name, found)
    for place, decorator, thing in calls:
        frame = Frame(run.token(), place, "", "", early=True)
        run.call(run.evaluate(decorator, frame), Arguments((thing,)), decorator, frame)
    return found


def _stand_for(run: Run, path: str, name: str, value: Value) -> None:
    """From now on a name stands for this value wherever it is used."""
    run.registries[path, name] = value
    run.globals = {key: held for key, held in run.globals.items() if key[:2] != (path, name)}


def _tables(run: Run, value: Value) -> list[Table]:
    """A dictionary, or those that an object has."""
    parts = [part for _, part in run.parts(value.token)] if isinstance(value, Instance) else [value]
    return [part for part in parts if isinstance(part, Table)]


def _contents(run: Run, table: Table) -> dict[Term, Term] | None:
    """The contents of a dictionary, in no order; None if not every key is known."""
    entries = {key: run.describe(value) for key, value in run.entries(table)}
    return entries if all(map(is_constant, entries)) else None
