"""Events of calls: draws, and calls that may draw because they are not followed."""

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
"""The length at which a quoted expression is cut."""


UNSEEN = "call"
"""The engine of a call that may or may not draw."""


TENSOR = "Tensor"

PARAMETERS = frozenset({"torch.nn.Parameter", "torch.nn.Buffer"})

META = ".meta"
"""The cell that says whether something is on the meta device."""


EMPTY = Term("none", ())


ITERATING = frozenset("list tuple set frozenset sorted dict enumerate zip map filter sum any all max min iter".split())
"""Builtins that iterate over their arguments."""


RUNNING = frozenset(f"builtins.{name}" for name in ITERATING)
"""Those that may call their arguments."""


def runs(arguments: Arguments) -> bool:
    """Whether a call passes code of the project, which it may run."""
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
    """Note a draw, unless the context prevents it."""
    if (run.silent or run.meta) and stream == TORCH:
        return []
    if run.forked and stream == TORCH:
        stream = draws.FORKED
    draw = Draw(stream, engine, shape, options, place_of(node, frame), certain, tuple(run.trail))
    run.emit(draw)
    return [draw]


def put_on_meta(run: Run, made: Made, device: Term | None = None) -> None:
    """What is made on the meta device has no numbers to draw."""
    if run.meta or (device is not None and draws.known_value(device) == Constant("meta")):
        run.set(made.token, META, TRUE)


def on_meta(run: Run, value: Value) -> bool:
    """Whether something, or what it was made from or in, was made on the meta device."""
    match run.resolved(value):
        case Made() as made:
            held = [run.get(made.token, name) for name in (META, ".0")]
            return held[0] == TRUE or (made.cls in PARAMETERS and on_meta(run, held[1]))
        case Bound(receiver=receiver):
            return on_meta(run, receiver)
        case _:
            return False


def take_off_meta(run: Run, value: Value, seen: frozenset[int] = frozenset()) -> None:
    """`to_empty`: everything in a module is made again on another device."""
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
    """Note an unknown call; whatever code it may run has to be the same in both versions."""
    made = unread(run, callee, arguments, node, frame)
    run.wanted |= symbols((made.term,), "alike")
    return made


def unread(run: Run, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Made:
    """Note a call that is not followed: it may draw, and its result may be a module."""
    changed = [state(run, value) for value in arguments.values() if isinstance(value, Instance)]
    run.handed.update(value.token for value in arguments.values() if isinstance(value, Instance | Made))
    term = Term("call", (callee, *argument_terms(run, arguments), *changed))
    made = run.made(term, "", tuple(arguments.values()))
    put_on_meta(run, made)
    _perhaps_changed(run, arguments, term)
    made.draws += draw(run, TORCH, UNSEEN, term, EMPTY, node, frame, certain=False)
    return made


def _perhaps_changed(run: Run, arguments: Arguments, call: Term) -> None:
    """A list or dictionary that was passed to a call which is not followed may have changed."""
    for value in map(run.resolved, arguments.values()):
        if isinstance(value, Items) and value.kind in ("list", "set"):
            run.hold(value, (Spread(Term("changed", (run.describe(value), call))),))
        elif isinstance(value, Table):
            run.leave(value, Term("changed", (run.describe(value), call)))
            run.enter_all(value, ())


def place_of(node: ast.AST, frame: Frame) -> Place:
    """The place of a node in the source."""
    text = shortened(" ".join(ast.unparse(node).split()), TEXT)
    return Place(frame.path, getattr(node, "lineno", 1), text, frame.cls)


def unfollowed(what: str, node: ast.AST, frame: Frame) -> Unfollowed:
    """Why code is not followed, and where."""
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
    """The file of the project that is imported under a computed name."""
    texts = [value.args[0] for value in arguments.positional if is_constant(value)]
    match texts:
        case [str(name)] if len(arguments.values()) == 1:
            return run.project.modules.file(name, frame.path)
        case _:
            return None
