"""Statements: one function for each kind of node."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint.comparison.bindings import imported
from initlint.comparison.interpreter.assignment import delete
from initlint.comparison.interpreter.branches import (
    for_statement,
    if_statement,
    match_statement,
    try_statement,
    while_statement,
    with_statement,
)
from initlint.comparison.interpreter.containers import LAZY
from initlint.comparison.interpreter.described import opaque_code
from initlint.comparison.interpreter.drawing import unfollowed
from initlint.comparison.interpreter.flow import ON, Flow
from initlint.comparison.interpreter.lookup import imported_value, new_closure
from initlint.comparison.interpreter.operators import operate
from initlint.comparison.interpreter.torch_calls import extend_modules
from initlint.comparison.interpreter.views import module_like
from initlint.comparison.terms import NONE, Term
from initlint.comparison.values import Frame, Instance, Items, Made, Spread, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def statement(run: Run, node: ast.stmt, frame: Frame) -> Flow:
    """Run one statement."""
    run.step()
    method = _KINDS.get(type(node))
    if method is None:
        raise unfollowed(f"a statement of the kind {type(node).__name__}", node, frame)
    flow: Flow | None = method(run, node, frame)
    return flow or ON


def _expression(run: Run, node: ast.Expr, frame: Frame) -> None:
    if isinstance(node.value, ast.Yield | ast.YieldFrom):
        _yield(run, node.value, frame)
    else:
        run.evaluate(node.value, frame)


def _yield(run: Run, node: ast.Yield | ast.YieldFrom, frame: Frame) -> None:
    value = run.evaluate(node.value, frame) if node.value is not None else NONE
    yields = run.get(frame.token, ".yields")
    if isinstance(yields, Items):
        more = run.held(value) if isinstance(node, ast.YieldFrom) and isinstance(value, Items) else (value,)
        run.hold(yields, (*run.held(yields), *more))


def _assign(run: Run, node: ast.Assign, frame: Frame) -> None:
    value = checked(run.evaluate(node.value, frame), node, frame)
    for target in node.targets:
        run.give(target, value, frame)


def _annotated(run: Run, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        run.give(node.target, checked(run.evaluate(node.value, frame), node, frame), frame)


def checked(value: Value, node: ast.AST, frame: Frame) -> Value:
    """A value that is kept; an iterator that draws would do so later, which is not followed."""
    if isinstance(value, Items) and value.kind == LAZY:
        raise unfollowed("an iterator that draws and is kept", node, frame)
    return value


def _augmented(run: Run, node: ast.AugAssign, frame: Frame) -> None:
    before = run.evaluate(node.target, frame)
    value = run.evaluate(node.value, frame)
    op = type(node.op).__name__
    if op == "Add" and isinstance(before, Items) and before.kind == "list":
        more = run.held(value) if isinstance(value, Items) else (Spread(run.describe(value)),)
        run.hold(before, (*run.held(before), *more))
    elif op == "Add" and isinstance(before, Made | Instance) and module_like(run, before):
        extend_modules(run, before.token, value)
    else:
        run.give(node.target, operate(run, op, before, value, node, frame), frame)


def _return(run: Run, node: ast.Return, frame: Frame) -> Flow:
    return Flow("return", NONE if node.value is None else checked(run.evaluate(node.value, frame), node, frame))


def _nonlocal(_run: Run, node: ast.Nonlocal, frame: Frame) -> None:
    frame.outer.update(node.names)


def _import(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    for name, found in imported(node):
        run.set(frame.token, name, imported_value(run, frame.path, found))


def _assert(run: Run, node: ast.Assert, frame: Frame) -> None:
    run.evaluate(node.test, frame)


def _global(_run: Run, node: ast.Global, frame: Frame) -> None:
    """An assignment to a global name is seen by code that runs in another order than the one followed."""
    raise unfollowed("a global name that is assigned", node, frame)


def _define(run: Run, node: ast.FunctionDef, frame: Frame) -> None:
    run.set(frame.token, node.name, new_closure(run, node, frame))


def _define_class(run: Run, node: ast.ClassDef, frame: Frame) -> None:
    run.set(frame.token, node.name, Term("local class", (opaque_code(run, [node], frame),)))


_KINDS: dict[type, Callable[[Run, Any, Frame], Flow | None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Raise: lambda *_: Flow("raise"),
    ast.Break: lambda *_: Flow("break"),
    ast.Continue: lambda *_: Flow("continue"),
    ast.Delete: delete,
    ast.Nonlocal: _nonlocal,
    ast.Global: _global,
    ast.Assert: _assert,
    ast.Pass: lambda *_: None,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.AsyncFunctionDef: lambda *_: None,
    ast.FunctionDef: _define,
    ast.ClassDef: _define_class,
    ast.If: if_statement,
    ast.Try: try_statement,
    ast.Match: match_statement,
    ast.With: with_statement,
    ast.For: for_statement,
    ast.While: while_statement,
}
