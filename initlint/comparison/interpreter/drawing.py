"""What a call notes: that a stream is drawn from, or that it may be, where the call is not looked into."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.draws import TORCH
from initlint.comparison.interpreter.described import argument_terms, compound, state
from initlint.comparison.interpreter.machine import Unfollowed
from initlint.comparison.terms import FALSE, TRUE, Term, is_constant, symbols
from initlint.comparison.trace import Draw, Place
from initlint.comparison.values import (
    Arguments,
    Bound,
    Choice,
    ClassRef,
    Closure,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    Missing,
    Partial,
    Repeat,
    Spread,
    Table,
    Value,
)
from initlint.construction.values import Constant
from initlint.texts import shortened

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


TEXT = 80
"""Characters of an expression that are quoted."""


UNSEEN = "call"
"""The engine of a call of which it is not known whether it draws."""


TENSOR = "Tensor"

PARAMETERS = frozenset({"torch.nn.Parameter", "torch.nn.Buffer"})

META = ".meta"
"""The cell that says whether something is on the meta device."""


EMPTY = Term("none", ())


ITERATING = frozenset("list tuple set frozenset sorted dict enumerate zip map filter sum any all max min iter".split())
"""Builtins that go through what they are given."""


RUNNING = frozenset(f"builtins.{name}" for name in ITERATING)
"""Those of them that may run what they are given."""


def runs(arguments: Arguments) -> bool:
    """Whether a call hands over code of the project, which it may run."""
    return any(isinstance(value, Function | Closure | Partial | ClassRef) for value in arguments.values())


def draw(
    run: Run,
    stream: str,
    engine: str,
    shape: Term,
    options: Term,
    node: ast.AST,
    frame: Frame,
    certain: bool = True,
) -> list[Draw]:
    """Note that a stream is drawn from; nothing is where the context forbids it."""
    if (run.silent or run.meta) and stream == TORCH:
        return []
    if run.forked and stream == TORCH:
        stream = draws.FORKED
    draw = Draw(stream, engine, shape, options, place_of(node, frame), certain, tuple(run.trail))
    run.emit(draw)
    return [draw]


def put_on_meta(run: Run, made: Made, device: Term | None = None) -> None:
    """What is made on the meta device has no numbers that could be drawn."""
    if run.meta or (device is not None and draws.known_value(device) == Constant("meta")):
        run.set(made.token, META, TRUE)


def on_meta(run: Run, value: Value) -> bool:
    """Whether something was made on the meta device, or of or in what was made there."""
    match run.resolved(value):
        case Made() as made:
            held = [run.get(made.token, name) for name in (META, ".0")]
            return held[0] == TRUE or (made.cls in PARAMETERS and on_meta(run, held[1]))
        case Bound(receiver=receiver):
            return on_meta(run, receiver)
        case _:
            return False


def take_off_meta(run: Run, value: Value, seen: frozenset[int] = frozenset()) -> None:
    """`to_empty`: all that a module has in it is made anew on another device."""
    match value:
        case Repeat(value=inner):
            take_off_meta(run, inner, seen)
        case Choice(yes=yes, no=no):
            take_off_meta(run, yes, seen)
            take_off_meta(run, no, seen)
        case Made() | Instance() if value.token not in seen:
            if not isinstance(run.get(value.token, META), Missing):
                run.set(value.token, META, FALSE)
            for _, part in run.parts(value.token):
                take_off_meta(run, part, seen | {value.token})
        case _:
            pass


def unseen(run: Run, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Made:
    """A call of which nothing is known; of what it may run, both versions have to have the same."""
    made = unread(run, callee, arguments, node, frame)
    run.wanted |= symbols((made.term,), "alike")
    return made


def unread(run: Run, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Made:
    """A call that is not looked into: it may draw, and what it gives may be a module."""
    changed = [state(run, value) for value in arguments.values() if isinstance(value, Instance)]
    run.handed.update(value.token for value in arguments.values() if isinstance(value, Instance | Made))
    term = Term("call", (callee, *argument_terms(run, arguments), *changed))
    made = run.made(term, "", tuple(arguments.values()))
    put_on_meta(run, made)
    _perhaps_changed(run, arguments, term)
    made.draws += draw(run, TORCH, UNSEEN, term, EMPTY, node, frame, certain=False)
    return made


def _perhaps_changed(run: Run, arguments: Arguments, call: Term) -> None:
    """A list or dictionary that was handed to a call which is not followed."""
    for value in map(run.resolved, arguments.values()):
        if isinstance(value, Items) and value.kind in ("list", "set"):
            run.hold(value, (Spread(Term("changed", (run.describe(value), call))),))
        elif isinstance(value, Table):
            run.leave(value, Term("changed", (run.describe(value), call)))
            run.enter_all(value, ())


def place_of(node: ast.AST, frame: Frame) -> Place:
    """Where a node stands."""
    text = shortened(" ".join(ast.unparse(node).split()), TEXT)
    return Place(frame.path, getattr(node, "lineno", 1), text, frame.cls)


def unfollowed(what: str, node: ast.AST, frame: Frame) -> Unfollowed:
    """Why code is not followed, and where that is."""
    place = place_of(node, frame)
    return Unfollowed(f"{what} is not followed: `{place.what}`, {place.path}:{place.line}")


def operands(run: Run, arguments: Arguments) -> list[Value]:
    made = [value for value in arguments.values() if isinstance(value, Made)]
    return [*argument_terms(run, arguments), *made] if made else [*argument_terms(run, arguments)]


def opaque_call(run: Run, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    if runs(arguments) and callee.args[0] in RUNNING:
        return unseen(run, callee, arguments, node, frame)
    return compound(run, "call", [callee, *operands(run, arguments)])


def named_module(run: Run, arguments: Arguments, frame: Frame) -> str | None:
    """The file of the project that is imported by its name."""
    texts = [value.args[0] for value in arguments.positional if is_constant(value)]
    match texts:
        case [str(name)] if len(arguments.values()) == 1:
            return run.project.modules.file(name, frame.path)
        case _:
            return None
