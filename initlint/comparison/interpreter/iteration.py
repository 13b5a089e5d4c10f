"""Iteration: loops over values, comprehensions, and the results of `__iter__`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.interpreter.containers import UNROLLED, unless_kept
from initlint.comparison.interpreter.described import condition
from initlint.comparison.interpreter.loops import repeat
from initlint.comparison.interpreter.machine import is_missing
from initlint.comparison.terms import RANGE, Term, constant, number
from initlint.comparison.values import (
    Arguments,
    Choice,
    ClassRef,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    Missing,
    Repeat,
    Spread,
    Table,
    Value,
)
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def iterate(run: Run, value: Value, turn: Callable[[Value], None]) -> None:
    """Do something with every item of a value in turn."""
    value = run.resolved(value)
    match value:
        case Choice():
            run.either(value.guard, lambda: iterate(run, value.yes, turn), lambda: iterate(run, value.no, turn))
        case Items():
            for item in run.held(value):
                _one_turn(run, item, turn)
        case Table() if run.rest(value) is None:
            for key, item in run.entries(value):
                _one_turn(run, Repeat(item.header, key) if isinstance(item, Repeat) else key, turn)
        case Made() | Instance() if parts := children_of(run, value):
            for _, part in parts:
                _one_turn(run, part, turn)
        case Missing():
            pass
        case _:
            _many(run, run.describe(value), turn)


def _many(run: Run, term: Term, turn: Callable[[Value], None]) -> None:
    """Every item of something of which at most the length is known."""
    count = draws.length(term)
    known = number(count)
    if isinstance(known, int) and 0 <= known <= UNROLLED:
        for place in range(known):
            turn(Term("item", (term, constant(place))))
        return
    over = term if count is None else Term("call", (RANGE, count))
    repeat(run, lambda: over, lambda: turn(Term("item", (run.level, term))))


def children_of(run: Run, value: Made | Instance) -> list[tuple[str, Value]]:
    """The items of a container of modules."""
    cls = value.cls if isinstance(value, Made) else ""
    return run.parts(value.token) if cls in knowledge.CONTAINERS else []


def _one_turn(run: Run, item: Value, turn: Callable[[Value], None]) -> None:
    item = run.resolved(item)
    match item:
        case Repeat():
            repeat(run, lambda: item.header, lambda: _one_turn(run, item.value, turn))
        case Spread():
            repeat(run, lambda: item.term, lambda: turn(Term("item", (run.level, item.term))))
        case Choice(yes=yes, no=no) if is_missing(yes) or is_missing(no):
            run.either(
                item.guard,
                lambda: None if is_missing(yes) else _one_turn(run, yes, turn),
                lambda: None if is_missing(no) else _one_turn(run, no, turn),
            )
        case Missing():
            pass
        case _:
            turn(item)


def iterable(run: Run, value: Value, node: ast.AST, frame: Frame) -> Value:
    """What is iterated in place of a value: the result of its `__iter__`."""
    method = by_itself(run, value, "__iter__") if isinstance(value, Instance) else None
    return value if method is None else run.invoke(method, Arguments(), node, frame)


def by_itself(run: Run, value: Value, name: str) -> Function | None:
    """The method of the project that Python calls for an operator on a value."""
    match value:
        case Instance(cls=cls) | ClassRef(id=cls) if (method := run.project.method(cls, name)) is not None:
            return Function(method, value)
        case _:
            return None


def comprehension(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value:
    found = run.items([])
    inner = _inside(run, frame)
    before = len(run.events)

    def add() -> None:
        run.hold(found, (*run.held(found), run.evaluate(node.elt, inner)))

    _through(run, node.generators, inner, add)
    lazy = isinstance(node, ast.GeneratorExp)
    return unless_kept(run, found, before) if lazy else found


def dict_comprehension(run: Run, node: ast.DictComp, frame: Frame) -> Value:
    found = run.table([])
    inner = _inside(run, frame)

    def add() -> None:
        entry = (run.describe(run.evaluate(node.key, inner)), run.evaluate(node.value, inner))
        run.enter_all(found, (*run.entries(found), entry))

    _through(run, node.generators, inner, add)
    return found


def _inside(run: Run, frame: Frame) -> Frame:
    return Frame(run.token(), frame.path, frame.qualname, frame.cls, frame, frame.instance, within=True)


def _through(run: Run, loops: list[ast.comprehension], frame: Frame, action: Callable[[], None]) -> None:
    if not loops:
        action()
        return
    first, *rest = loops

    def turn(item: Value) -> None:
        run.give(first.target, item, frame)
        tests = [condition(run, run.evaluate(test, frame)) for test in first.ifs]
        _where(run, tests, lambda: _through(run, rest, frame, action))

    iterate(run, iterable(run, run.evaluate(first.iter, frame), first.iter, frame), turn)


def _where(run: Run, tests: list[Term], action: Callable[[], None]) -> None:
    if not tests:
        action()
    else:
        run.either(tests[0], lambda: _where(run, tests[1:], action), lambda: None)
