"""How a block of statements ends, and what runs after it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.comparison.terms import NONE, Term
from initlint.comparison.values import Frame, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """How a block ends: it continues, leaves in some way with a value, or does one or the other under a condition."""

    kind: str
    value: Value = NONE
    guard: Term | None = None
    yes: Flow | None = None
    no: Flow | None = None


ON = Flow("next")


def block(run: Run, body: list[ast.stmt], frame: Frame) -> Flow:
    """Run statements in order; after one that leaves under a condition, the rest runs under the opposite one."""
    for place, statement in enumerate(body):
        flow = run.statement(statement, frame)
        if flow.kind == "split":
            return _resume(run, flow, lambda: block(run, body[place + 1 :], frame))  # noqa: B023
        if flow.kind != "next":
            return flow
    return ON


def _resume(run: Run, flow: Flow | None, rest: Callable[[], Flow]) -> Flow:
    """Continue where a flow continues."""
    if flow is None:
        return ON
    if flow.kind == "next":
        return rest()
    if flow.kind != "split" or flow.guard is None:
        return flow
    if flow.yes is not None and flow.yes.kind == "raise":
        return _resume(run, flow.no, rest)
    if flow.no is not None and flow.no.kind == "raise":
        return _resume(run, flow.yes, rest)
    return split_flow(
        flow.guard,
        *run.either(flow.guard, lambda: _resume(run, flow.yes, rest), lambda: _resume(run, flow.no, rest)),
    )


def split_flow(guard: Term, yes: Flow | None, no: Flow | None) -> Flow:
    if yes is None or no is None:
        return yes or no or ON
    if yes.kind == no.kind and yes.kind != "split" and yes.kind != "return":
        return yes
    return Flow("split", NONE, guard, yes, no)
