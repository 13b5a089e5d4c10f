"""Statements with blocks: conditions, exceptions, patterns, context managers, loops."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from initlint.comparison.draws import known_value
from initlint.comparison.interpreter.containers import is_plain
from initlint.comparison.interpreter.described import compound, condition, opaque_code
from initlint.comparison.interpreter.drawing import unseen
from initlint.comparison.interpreter.flow import ON, Flow, block, split_flow
from initlint.comparison.interpreter.iteration import iterable, iterate
from initlint.comparison.interpreter.loops import repeat
from initlint.comparison.interpreter.operators import compared
from initlint.comparison.interpreter.torch_calls import SILENT
from initlint.comparison.terms import NONE, Term, constant, joined
from initlint.comparison.trace import Leave
from initlint.comparison.values import Arguments, Frame, Instance, Items, Made, Value
from initlint.construction.values import Constant

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


SUPPRESS = Term("name", ("contextlib.suppress",))


def if_statement(run: Run, node: ast.If, frame: Frame) -> Flow:
    guard = condition(run, run.evaluate(node.test, frame))
    flows = run.either(guard, lambda: block(run, node.body, frame), lambda: block(run, node.orelse, frame))
    if guard.op == "Not":
        core = guard.args[0]
        assert isinstance(core, Term)
        return split_flow(core, flows[1], flows[0])
    return split_flow(guard, flows[0], flows[1])


def try_statement(run: Run, node: ast.Try, frame: Frame) -> Flow:
    """Whether anything is raised is unknown: the condition is a term for the code that may raise."""
    handlers = [each for each in node.handlers if not isinstance(each.body[-1], ast.Raise)]
    whole = [*node.body, *node.orelse]
    if handlers:
        flow = _caught(run, node.body, whole, lambda: _handled(run, handlers, frame), frame)
    else:
        flow = block(run, whole, frame)
    rest = block(run, node.finalbody, frame)
    return flow if rest.kind == "next" else rest


def _caught(
    run: Run, risky: Sequence[ast.stmt], whole: list[ast.stmt], handled: Callable[[], Flow], frame: Frame
) -> Flow:
    guard = Term("raises", (opaque_code(run, risky, frame),))
    return split_flow(guard, *run.either(guard, handled, lambda: block(run, whole, frame)))


def _handled(run: Run, handlers: Sequence[ast.ExceptHandler], frame: Frame) -> Flow:
    first, *rest = handlers
    if not rest:
        return block(run, first.body, frame)
    guard = Term("raises", (opaque_code(run, [first.type] if first.type is not None else [], frame),))
    flows = run.either(guard, lambda: block(run, first.body, frame), lambda: _handled(run, rest, frame))
    return split_flow(guard, *flows)


def match_statement(run: Run, node: ast.Match, frame: Frame) -> Flow:
    subject = run.describe(run.evaluate(node.subject, frame))
    return _cases(run, node.cases, subject, frame)


def _cases(run: Run, cases: list[ast.match_case], subject: Term, frame: Frame) -> Flow:
    if not cases:
        return ON
    case, *rest = cases
    pattern = case.pattern
    for name in [each.name for each in ast.walk(pattern) if isinstance(each, ast.MatchAs) and each.name]:
        run.set(frame.token, name, Term("matched", (subject, name)))
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and case.guard is None:
        return block(run, case.body, frame)
    test = _matches(run, pattern, subject, frame)
    if case.guard is not None:
        test = Term("And", (test, condition(run, run.evaluate(case.guard, frame))))
    flows = run.either(test, lambda: block(run, case.body, frame), lambda: _cases(run, rest, subject, frame))
    return split_flow(test, *flows)


def _matches(run: Run, pattern: ast.pattern, subject: Term, frame: Frame) -> Term:
    """The condition that a value matches a pattern."""
    match pattern:
        case ast.MatchValue(value=value):
            return compared(run, "Eq", subject, run.evaluate(value, frame))
        case ast.MatchSingleton(value=value):
            return compared(run, "Is", subject, constant(value))
        case ast.MatchOr(patterns=patterns):
            return joined("Or", [_matches(run, each, subject, frame) for each in patterns])
        case _:
            return Term("matches", (subject, run.code.of_nodes([pattern], frame.path, frame.qualname)))


def with_statement(run: Run, node: ast.With, frame: Frame) -> Flow:
    managers = [_enter_context(run, item, frame) for item in node.items]
    meta = sum(isinstance(one, Made) and known_value(one.term) == Constant("meta") for one in managers)
    forked = managers.count(SILENT)
    run.meta += meta
    run.forked += forked
    if any(isinstance(one, Term) and one.args[:1] == (SUPPRESS,) for one in managers):
        flow = _caught(run, node.body, node.body, lambda: ON, frame)
    else:
        flow = block(run, node.body, frame)
    run.meta -= meta
    run.forked -= forked
    for manager in reversed(managers):
        _crossed(run, manager, "__exit__", (NONE, NONE, NONE), node.items[0].context_expr, frame)
    return flow


def _enter_context(run: Run, item: ast.withitem, frame: Frame) -> Value:
    manager = run.evaluate(item.context_expr, frame)
    value = _crossed(run, manager, "__enter__", (), item.context_expr, frame)
    if item.optional_vars is not None:
        run.give(item.optional_vars, value, frame)
    return manager


def _crossed(run: Run, manager: Value, name: str, passed: tuple[Value, ...], node: ast.expr, frame: Frame) -> Value:
    """Enter or leave a context: code of the project is followed, and an unknown call may draw."""
    if isinstance(manager, Instance):
        return run.call(run.attribute(manager, name, node, frame), Arguments(passed), node, frame)
    if isinstance(manager, Made) and manager.cls == "":
        return unseen(run, Term("attribute", (manager.term, name)), Arguments(), node, frame)
    return compound(run, "entered", [manager])


def for_statement(run: Run, node: ast.For, frame: Frame) -> Flow:
    state = {"left": ""}
    over = iterable(run, run.evaluate(node.iter, frame), node.iter, frame)

    def turn(item: Value) -> None:
        if state["left"]:
            return
        run.give(node.target, item, frame)
        flow = block(run, node.body, frame)
        if flow.kind in ("break", "return"):
            state["left"] = flow.kind
            results.append(flow)
        _note_leaving(run, flow, results)

    results: list[Flow] = []
    iterate(run, over, turn)
    known = isinstance(over, Items) and is_plain(run, over)
    if state["left"] == "return" and known:
        return results[-1]
    return _ended(run, node, results, state["left"] == "break" and known, frame)


def while_statement(run: Run, node: ast.While, frame: Frame) -> Flow:
    results: list[Flow] = []

    def test() -> Term:
        return Term("while", (condition(run, run.evaluate(node.test, frame)),))

    repeat(run, test, lambda: _note_leaving(run, block(run, node.body, frame), results))
    return _ended(run, node, results, False, frame)


def _ended(run: Run, node: ast.For | ast.While, results: list[Flow], broken: bool, frame: Frame) -> Flow:
    """The `else` of a loop runs unless the loop was left early."""
    flow = ON
    if node.orelse and not broken:
        guard = Term("left", (opaque_code(run, [node], frame),))
        left = any(each.kind == "break" for each in results)
        if left:
            flow = split_flow(guard, *run.either(guard, lambda: ON, lambda: block(run, node.orelse, frame)))
        else:
            flow = block(run, node.orelse, frame)
    return _returned(run, results, node, frame) if flow.kind == "next" else flow


def _note_leaving(run: Run, flow: Flow | None, results: list[Flow]) -> None:
    """Note where a turn leaves the loop early."""
    if flow is None or flow.kind in ("next", "continue", "raise"):
        return
    if flow.kind == "split" and flow.guard is not None:
        run.either(
            flow.guard, lambda: _note_leaving(run, flow.yes, results), lambda: _note_leaving(run, flow.no, results)
        )
        return
    results.append(flow)
    run.emit(Leave(flow.kind))


def _returned(run: Run, results: list[Flow], node: ast.stmt, frame: Frame) -> Flow:
    """A function that returns from inside of a loop returns something that depends on the loop."""
    values = [flow for flow in results if flow.kind == "return"]
    if not values:
        return ON
    guard = Term("left", (opaque_code(run, [node], frame),))
    return Flow("split", NONE, guard, values[-1], ON)
