"""Functions and methods that fill an existing tensor."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.distributions import options_of
from initlint.comparison.draws import TORCH
from initlint.comparison.interpreter.described import argument_terms, passed_terms
from initlint.comparison.interpreter.drawing import draw, on_meta, unseen
from initlint.comparison.shapes import shape_of
from initlint.comparison.terms import Term
from initlint.comparison.values import Arguments, Frame, Instance, Made, Value
from initlint.construction import knowledge
from initlint.model import Answer

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


UTILITIES = ".utilities"
"""The cell of a module for what changes its parameters after construction, such as `weight_norm`."""


def filled(
    run: Run,
    name: str,
    known: knowledge.TorchFunction | None,
    arguments: Arguments,
    node: ast.AST,
    frame: Frame,
) -> Value:
    """`nn.init.normal_(tensor, ...)` fills its argument and returns it."""
    target = arguments.get("tensor") or arguments.get("module") or arguments.get("", 0)
    if target is None:
        return unseen(run, Term("name", (name,)), arguments, node, frame)
    rest = Arguments(
        arguments.others.positional if arguments.positional[:1] == (target,) else (),
        tuple((key, value) for key, value in arguments.named if value is not target),
        arguments.rest,
    )
    if name.startswith("torch.nn.utils."):
        run.each(target, lambda one: _note_utility(run, name, one, rest))
    if known is not None:
        run.each(target, lambda one: fill(run, name, known, one, rest, node, frame))
    return target


def _note_utility(run: Run, name: str, target: Value, arguments: Arguments) -> Value:
    if isinstance(target, Made | Instance):
        before = run.describe(run.get(target.token, UTILITIES))
        run.set(target.token, UTILITIES, Term("call", (before, name, *argument_terms(run, arguments))))
    return target


def fill(
    run: Run,
    name: str,
    known: knowledge.TorchFunction,
    target: Value,
    arguments: Arguments,
    node: ast.AST,
    frame: Frame,
) -> Value:
    """A function, or a method of a tensor, fills something; `arguments` excludes that."""
    positional, named = passed_terms(run, arguments)
    generator = draws.explicit_generator(known, named)
    silent = draws.of_function(known, positional, named, arguments.rest) is Answer.NO
    if (silent and generator is None) or on_meta(run, target):
        return target
    stream = TORCH if generator is None else draws.EXPLICIT
    options = options_of(name, positional, [pair for pair in named if pair[0] != "generator"], arguments.rest)
    shape, certain = shape_of(run.describe(target)), name not in draws.BY_SHAPE
    made = draw(run, stream, draws.engine_of(name), shape, options, node, frame, certain)
    if isinstance(target, Made):
        target.draws += made
    return target
