"""Functions and methods that fill a tensor which is there already."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.draws import TORCH
from initlint.comparison.interpreter.described import argument_terms, passed_terms
from initlint.comparison.interpreter.drawing import TENSOR, draw, unseen
from initlint.comparison.terms import NONE, Term
from initlint.comparison.values import Arguments, Frame, Made, Value
from initlint.construction import knowledge
from initlint.model import Answer

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def shape_of(term: Term) -> Term:
    """The shape of a tensor, as far as it can be told from how it was made."""
    while term.op == "call" and len(term.args) > 1:
        callee, first = term.args[0], term.args[1]
        name = callee.args[0] if isinstance(callee, Term) and callee.op == "name" else ""
        if isinstance(name, str) and name in draws.SHAPED:
            rest = [arg for arg in term.args[1:] if isinstance(arg, Term) and arg.op != "argument"]
            return draws.shape_of(rest)
        if not (isinstance(name, str) and name.endswith(("Parameter", "Buffer")) and isinstance(first, Term)):
            break
        given = first.args[1] if first.op == "argument" else first
        assert isinstance(given, Term)
        term = given
    return Term("shape of", (term,))


def filled(
    run: Run,
    name: str,
    known: knowledge.TorchFunction | None,
    arguments: Arguments,
    node: ast.AST,
    frame: Frame,
) -> Value:
    """`nn.init.normal_(tensor, ...)` fills what it is given, and hands it back."""
    target = arguments.get("tensor") or arguments.get("module") or arguments.get("", 0)
    if target is None:
        return unseen(run, Term("name", (name,)), arguments, node, frame)
    rest = Arguments(
        arguments.positional[1:] if arguments.positional and arguments.positional[0] is target else (),
        tuple((key, value) for key, value in arguments.named if value is not target),
        arguments.rest,
    )
    run.each(target, lambda one: _fill_one(run, name, known, one, rest, node, frame))
    return target


def _fill_one(
    run: Run,
    name: str,
    known: knowledge.TorchFunction | None,
    target: Value,
    rest: Arguments,
    node: ast.AST,
    frame: Frame,
) -> Value:
    positional, named = passed_terms(run, rest)
    generator = draws.explicit_generator(known, named) if known is not None else None
    silent = known is None or draws.of_function(known, [NONE, *positional], named, rest.rest) is Answer.NO
    if silent and generator is None:
        return target
    stream = TORCH if generator is None else draws.EXPLICIT
    options = Term(name, tuple(term for term in argument_terms(run, rest) if term.args[:1] != ("generator",)))
    shape = shape_of(run.describe(target))
    certain = name not in draws.BY_SHAPE
    made = draw(run, stream, draws.engine_of(name), shape, options, node, frame, certain)
    if isinstance(target, Made):
        target.draws += made
    return target


def fill_by_method(
    run: Run,
    made: Made,
    name: str,
    known: knowledge.TorchFunction,
    arguments: Arguments,
    node: ast.AST,
    frame: Frame,
) -> None:
    positional, named = passed_terms(run, arguments)
    generator = draws.explicit_generator(known, named)
    if generator is None and draws.of_function(known, positional, named, arguments.rest) is Answer.NO:
        return
    full = f"{TENSOR}.{name}"
    options = Term(full, tuple(term for term in argument_terms(run, arguments) if term.args[:1] != ("generator",)))
    stream = TORCH if generator is None else draws.EXPLICIT
    made.draws += draw(run, stream, draws.engine_of(full), shape_of(made.term), options, node, frame)
