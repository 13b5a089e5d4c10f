"""Calls, by the kind of what is called."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.described import state
from initlint.comparison.interpreter.drawing import unseen
from initlint.comparison.interpreter.outside import named_call
from initlint.comparison.interpreter.records import tuple_called
from initlint.comparison.terms import Term
from initlint.comparison.values import (
    Arguments,
    Bound,
    ClassRef,
    Closure,
    Frame,
    Function,
    Instance,
    Made,
    Partial,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def call(run: Run, callee: Value, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
    """The value of a call."""
    match callee:
        case ClassRef():
            return run.instantiate(callee.id, arguments, node, frame)
        case Function():
            return run.invoke(callee, arguments, node, frame)
        case Closure():
            return run.enter(callee, arguments, node, frame)
        case Partial():
            joined = arguments.behind(callee.arguments)
            return run.each(callee.callee, lambda one: run.call(one, joined, node, frame))
        case Bound():
            return run.call_method(callee.receiver, callee.name, arguments, node, frame)
        case Made() if callee.token in run.instances:
            code = run.code.of_call(run.instances[callee.token])
            return unseen(run, Term("forward", (callee.term, code)), arguments, node, frame)
        case Instance():
            called = run.project.method(callee.cls, "__call__") or run.project.method(callee.cls, "forward")
            if called is not None:
                return run.invoke(Function(called, callee), arguments, node, frame)
            return unseen(run, state(run, callee), arguments, node, frame)
        case Term(op="name"):
            return named_call(run, str(callee.args[0]), arguments, node, frame)
        case Term(op="attribute", args=(Term() as owner, str() as name)):
            return run.call_method(owner, name, arguments, node, frame)
        case Term() if (record := tuple_called(run, callee, arguments)) is not None:
            return record
        case _:
            return unseen(run, run.describe(callee), arguments, node, frame)
