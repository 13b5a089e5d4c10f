"""Builtins that make or go through sequences."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.containers import UNROLLED, enumerated, is_plain, side_by_side, unless_kept
from initlint.comparison.interpreter.described import argument_terms, compound
from initlint.comparison.interpreter.drawing import opaque_call, unseen
from initlint.comparison.interpreter.iteration import children_of, iterate
from initlint.comparison.terms import Term, constant, number
from initlint.comparison.values import Arguments, Frame, Items, Made, Table, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a builtin."""

    name: str
    arguments: Arguments
    node: ast.AST
    frame: Frame

    @property
    def given(self) -> tuple[Value, ...]:
        return self.arguments.positional

    @property
    def callee(self) -> Term:
        return Term("name", (f"builtins.{self.name}",))


def opaque(run: Run, asked: Asked) -> Value:
    """A call that is just a term."""
    return opaque_call(run, asked.callee, asked.arguments, asked.node, asked.frame)


def _lazy(run: Run, asked: Asked) -> Value:
    """An iterable of which nothing more is known."""
    term = Term("call", (asked.callee, *argument_terms(run, asked.arguments)))
    held = [value for value in asked.given if not isinstance(value, Term)]
    return compound(run, "call", [term, *held]) if held else term


def _range(run: Run, asked: Asked) -> Value:
    bounds = [number(value) for value in asked.given]
    whole = [bound for bound in bounds if isinstance(bound, int)]
    if len(whole) == len(bounds) and whole[2:] != [0] and len(range(*whole)) <= UNROLLED:
        return run.items([constant(turn) for turn in range(*whole)])
    return _lazy(run, asked)


def _enumerate(run: Run, asked: Asked) -> Value:
    values = asked.arguments.get("iterable", 0)
    start = asked.arguments.get("start", 1) or constant(0)
    return _lazy(run, asked) if values is None else enumerated(run, values, start)


def _zip(run: Run, asked: Asked) -> Value:
    found = None if asked.arguments.named else side_by_side(run, asked.given)
    return _lazy(run, asked) if found is None else found


def _reversed(run: Run, asked: Asked) -> Value:
    first = asked.given[0]
    if isinstance(first, Items) and is_plain(run, first):
        return run.items(run.held(first)[::-1])
    return _lazy(run, asked)


def _map(run: Run, asked: Asked) -> Value:
    """The function runs on every item at once, although Python runs it when the result is iterated."""
    if len(asked.given) != 2:
        return _filter(run, asked)
    function, values = asked.given
    found, before = run.items([]), len(run.events)

    def turn(item: Value) -> None:
        made = run.each(function, lambda one: run.call(one, Arguments((item,)), asked.node, asked.frame))
        run.hold(found, (*run.held(found), made))

    iterate(run, values, turn)
    return unless_kept(run, found, before)


def _filter(run: Run, asked: Asked) -> Value:
    term = Term("call", (asked.callee, *argument_terms(run, asked.arguments)))
    return unseen(run, term, asked.arguments, asked.node, asked.frame)


def _list(run: Run, asked: Asked) -> Value:
    """Another sequence of the same items in the same order; sets and sorted items have their own order."""
    kind = asked.name if asked.name in ("tuple", "set") else "list"
    if not asked.given:
        return run.items([], kind)
    first, ordered = asked.given[0], asked.name not in ("set", "sorted", "frozenset")
    if isinstance(first, Items) and ordered:
        return run.items(run.held(first), kind)
    if isinstance(first, Table) and ordered and run.rest(first) is None:
        return run.items([key for key, _ in run.entries(first)], kind)
    if isinstance(first, Made) and children_of(run, first):
        return run.items([part for _, part in children_of(run, first)], kind)
    return opaque(run, asked)


SEQUENCES: dict[str, Callable[[Run, Asked], Value]] = {
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": _reversed,
    "map": _map,
    "filter": _filter,
    **dict.fromkeys(("list", "tuple", "set", "sorted", "frozenset", "iter"), _list),
}
