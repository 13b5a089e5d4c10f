"""Calls of torch's classes and functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.distributions import options_of
from initlint.comparison.draws import TORCH
from initlint.comparison.interpreter.described import argument_terms, passed_terms
from initlint.comparison.interpreter.drawing import EMPTY, TENSOR, draw, put_on_meta, unseen
from initlint.comparison.interpreter.filling import filled
from initlint.comparison.interpreter.iteration import children_of
from initlint.comparison.interpreter.machine import EARLIER
from initlint.comparison.shapes import LIKE, SHAPED, shape_given, shape_of
from initlint.comparison.terms import NONE, Term, is_constant, number
from initlint.comparison.values import (
    Arguments,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)
from initlint.construction import knowledge
from initlint.model import Answer
from initlint.project.inheritance import MODULE

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


SILENT = Term("silent", ())
"""A context without draws from the default stream."""


def torch_instance(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """An instance of a class of torch."""
    name = knowledge.canonical(name)
    if name in knowledge.CONTAINERS:
        return new_container(run, name, arguments)
    positional, named = passed_terms(run, arguments)
    made = run.made(draws.instance(name, positional, named, arguments.rest), name)
    hold_parts(run, made, name, arguments)
    put_on_meta(run, made, dict(named).get("device"))
    if draws.of_class(name, positional, named, arguments.rest) is not Answer.NO:
        options = draws.options_of_class(name, positional, named, arguments.rest)
        made.draws += draw(run, TORCH, name, options, EMPTY, node, frame)
    return made


def hold_parts(run: Run, made: Made, cls: str, arguments: Arguments) -> None:
    """Arguments of a constructor may become parts of what it makes; a parameter is what it is made from."""
    plain = cls.endswith(("Parameter", "Buffer"))
    for place, value in enumerate(arguments.positional):
        if not isinstance(value, Term):
            run.set(made.token, f".{place}" if plain else f"{place}", value)
    for key, value in arguments.named:
        if not isinstance(value, Term):
            run.set(made.token, f".{key}" if plain else key, value)


def new_container(run: Run, name: str, arguments: Arguments) -> Made:
    """A Sequential, ModuleList or the like, with its items."""
    made = run.made(Term("container", (name, *argument_terms(run, arguments))), name)
    fill_container(run, made.token, name, arguments)
    return made


def fill_container(run: Run, token: int, name: str, arguments: Arguments) -> None:
    given = arguments.positional
    if name.endswith("Sequential") and not (len(given) == 1 and isinstance(given[0], Table)):
        extend_modules(run, token, run.items(given))
    else:
        for value in given:
            extend_modules(run, token, value)
    for term in arguments.rest:
        extend_modules(run, token, Spread(term))


def extend_modules(run: Run, token: int, value: Value) -> None:
    """Add items to a container of modules, under the next keys."""
    value = run.resolved(value)
    match value:
        case Items():
            for item in run.held(value):
                append_module(run, token, item)
        case Table():
            for key, item in run.entries(value):
                run.set(token, str(key.args[0]) if is_constant(key) else f"*{len(run.parts(token))}", item)
        case Made() if value.cls in knowledge.CONTAINERS:
            for _, part in children_of(run, value):
                append_module(run, token, part)
        case _:
            append_module(run, token, value if isinstance(value, Spread) else Spread(run.describe(value)))


def append_module(run: Run, token: int, value: Value) -> None:
    known = [name for name, _ in run.parts(token) if name != EARLIER]
    open_ended = token < run.entry or isinstance(value, Repeat | Spread) or any(name.startswith("*") for name in known)
    run.set(token, f"*{len(known)}" if open_ended else str(len(known)), value)


def insert_module(run: Run, owner: Made | Instance, at: Value, value: Value) -> bool:
    """Insert an item into a list of modules; returns whether that can be followed."""
    parts = run.parts(owner.token)
    place = number(at)
    if (
        not isinstance(place, int)
        or owner.token < run.entry
        or [key for key, _ in parts] != [*map(str, range(len(parts)))]
    ):
        return False
    items = [part for _, part in parts]
    items.insert(place, value)
    for key, item in enumerate(items):
        run.set(owner.token, str(key), item)
    return True


def torch_function(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """A function of torch."""
    kept = tuple((key, value) for key, value in arguments.named if value != draws.DEFAULT_GENERATOR)
    arguments = Arguments(arguments.positional, kept, arguments.rest)
    space, _, tail = name.rpartition(".")
    known = knowledge.function(name)
    positional, named = passed_terms(run, arguments)
    if tail == "__init__" and arguments.positional and isinstance(arguments.positional[0], Instance):
        inherit(run, arguments.positional[0], space, arguments.others, node, frame)
        return NONE
    isolates = known is not None and known.isolates
    if isolates and not arguments.named:
        return SILENT
    if isolates or tail.startswith("set_"):
        return unseen(run, Term("name", (name,)), arguments, node, frame)
    if tail == "skip_init" and arguments.positional:
        return _skipped(run, arguments, node, frame)
    if space == "torch.nn.init" or space.startswith("torch.nn.utils"):
        return filled(run, name, known, arguments, node, frame)
    if tail in ("compile", "script") and arguments.positional:
        return arguments.positional[0]
    term = Term("call", (Term("name", (name,)), *argument_terms(run, arguments)))
    made = run.made(term, TENSOR, tuple(arguments.values()))
    put_on_meta(run, made, dict(named).get("device"))
    if known is None:
        foreign = space.startswith(("torch.hub", "torch.distributions", "torch.utils"))
        return unseen(run, Term("name", (name,)), arguments, node, frame) if foreign else made
    if known.reseeds:
        made.draws += draw(run, TORCH, name, term, EMPTY, node, frame)
    generator = draws.explicit_generator(known, named)
    if generator is not None or draws.of_function(known, positional, named, arguments.rest) is not Answer.NO:
        engine, shape, options = _told(name, positional, named, arguments.rest)
        stream = TORCH if generator is None else draws.EXPLICIT
        made.draws += draw(run, stream, engine, shape, options, node, frame)
    return made


def _told(
    name: str, positional: list[Term], named: list[tuple[str, Term]], rest: tuple[Term, ...]
) -> tuple[str, Term, Term]:
    """The engine of a random function, the amount, and everything else that decides the numbers."""
    given = {
        key: term
        for key, term in named
        if key not in (*draws.SILENT_ARGUMENTS, "generator") and draws.DEFAULTS.get(key) != term
    }
    engine = draws.engine_of(name)
    sized = {key: given.pop(key) for key in ("size", "dtype") if key in given}
    sizes = [Term("argument", pair) for pair in sized.items()]
    if name in SHAPED:
        return engine, shape_given([*positional, *sizes]), options_of(name, (), given.items(), rest)
    if name in LIKE and positional:
        shape = shape_of(positional[0])
        return engine, Term("shape", (shape, *sizes)) if sizes else shape, options_of(name, (), given.items(), rest)
    if name == "torch.normal" and (len(positional) > 2 or "size" in sized):
        return "normal", shape_given([*positional[2:], *sizes]), options_of(name, positional[:2], given.items(), rest)
    options = options_of(name, (), (given | sized).items(), rest)
    return engine, Term("shape", (Term(name, tuple(positional)),)), options


def _skipped(run: Run, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    run.silent += 1
    try:
        return run.each(arguments.positional[0], lambda one: run.call(one, arguments.others, node, frame))
    finally:
        run.silent -= 1


def inherit(run: Run, instance: Instance, cls: str, arguments: Arguments, node: ast.AST, frame: Frame) -> None:
    """The constructor of a class of torch, run on an instance of a subclass."""
    name = knowledge.canonical(cls)
    known = knowledge.module(name)
    if name == MODULE or known is None:
        return
    if name in knowledge.CONTAINERS:
        fill_container(run, instance.token, name, arguments)
        return
    own = run.project.method(instance.cls, "reset_parameters")
    replaced = own is not None and "reset_parameters" in known.methods
    run.silent += replaced
    made = torch_instance(run, name, arguments, node, frame)
    run.silent -= replaced
    run.set(instance.token, ".base", made)
    if own is not None and replaced:
        run.invoke(Function(own, instance), Arguments(), node, frame)


def next_constructor(run: Run, receiver: Super, arguments: Arguments, node: ast.AST, frame: Frame) -> None:
    """The first constructor of torch after a class in the MRO of the instance."""
    base = run.project.torch_base(receiver.instance.cls, receiver.owner)
    if base is not None:
        inherit(run, receiver.instance, base, arguments, node, frame)
    elif unread := run.project.unresolved_bases(receiver.instance.cls):
        unseen(run, Term("base", tuple(unread)), arguments, node, frame)
