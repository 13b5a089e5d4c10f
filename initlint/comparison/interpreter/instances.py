"""Instances of the project's classes: constructors are followed, or compared if both versions share them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.described import argument_terms, compound
from initlint.comparison.interpreter.drawing import place_of, unread, unseen
from initlint.comparison.interpreter.machine import Unfollowed
from initlint.comparison.interpreter.records import filled, named_tuple
from initlint.comparison.interpreter.reflection import shows
from initlint.comparison.interpreter.torch_calls import next_constructor
from initlint.comparison.reach import class_key
from initlint.comparison.signatures import Open, in_order, parameter
from initlint.comparison.terms import Term
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
    ModuleRef,
    Partial,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)
from initlint.project.roles import POST_INITIALISERS, initialiser

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.project.classes import ClassId, Method


MAX_DEPTH = 40


MAX_NESTED = 3
"""How often a function may call itself, unless it goes down into what existed before."""


def construct(run: Run, cls: ClassId, given: Mapping[str, Value], more: Open) -> Instance:
    """Build an instance of a class from named arguments; missing ones keep their defaults."""
    if base := run.code.guessed(cls):
        name = cls.partition("::")[2]
        raise Unfollowed(f"what `{base}` is, from which {name} inherits, is decided by several statements at import")
    instance = Instance(run.token(), cls, Term("instance", ("self",)))
    run.home.append(instance)
    node = run.code.cls(cls) or ast.Pass()
    frame = Frame(run.token(), run.project.classes[cls].path, "", cls, None, instance)
    _around(run, cls, node, frame)
    method = initialiser(run.project, cls)
    if method is not None:
        run.open_ended = more
        run.invoke(Function(method, instance), Arguments(named=tuple(given.items())), node, frame)
    else:
        next_constructor(run, Super(instance, cls), Arguments(rest=(parameter("*"),)), node, frame)
    return instance


def run_function(run: Run, method: Method, given: Mapping[str, Value], more: Open) -> Value:
    """Run a function with named arguments; missing ones keep their defaults."""
    run.open_ended = more
    frame = Frame(run.token(), method.path, "", "")
    return run.invoke(Function(method), Arguments(named=tuple(given.items())), ast.Pass(), frame)


def instantiate(run: Run, cls: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """An instance of a class of the project, whose constructor is followed."""
    if cls not in run.project.classes:
        return unseen(run, Term("name", (cls,)), arguments, node, frame)
    alike = run.shared.of_class(run.code, cls)
    known = alike is not None and alike not in run.followed and passes_data(run, arguments)
    if alike is not None and known and not shows(run, arguments, class_key(cls)):
        made = unread(run, alike, in_order(run.code, initialiser(run.project, cls), arguments), node, frame)
        run.instances[made.token] = cls
        return made
    if (record := named_tuple(run, cls, arguments, node, frame)) is not None:
        return record
    method = initialiser(run.project, cls)
    if method is None and run.code.foreign(cls) and not run.project.is_module(cls):
        plain = not any(run.code.methods(class_key(each)) for each in run.project.mro(cls))
        whole = run.code.whole(cls)
        passed = [whole, *arguments.values()]
        return compound(run, "call", passed) if plain else unseen(run, whole, arguments, node, frame)
    own = run.code.of_function(method) if method is not None else Term("class", ())
    instance = Instance(run.token(), cls, Term("instance", (own, *argument_terms(run, arguments))))
    if run.code.guessed(cls) or len(run.home) > MAX_DEPTH or [home.cls for home in run.home].count(cls) >= MAX_NESTED:
        return unseen(run, run.code.of_class(cls), arguments, node, frame)
    run.home.append(instance)
    run.trail.append(place_of(node, frame))
    try:
        _around(run, cls, node, frame)
        if method is None or method.facts.name in POST_INITIALISERS:
            arguments = filled(run, instance, arguments, node, frame)
        if method is not None:
            run.invoke(Function(method, instance), arguments, node, frame)
        else:
            next_constructor(run, Super(instance, cls), arguments, node, frame)
    finally:
        run.home.pop()
        run.trail.pop()
    return instance


def _around(run: Run, cls: ClassId, node: ast.AST, frame: Frame) -> None:
    """Note what besides constructors makes an instance; it is not followed, only compared."""
    around = run.code.around(cls)
    if around is not None:
        unseen(run, around, Arguments(), node, frame)


def passes_data(run: Run, arguments: Arguments) -> bool:
    """Whether a call passes only data: no module, tensor or code that the callee could fill, change or run."""
    return all(_is_data(run, value) for value in arguments.values())


def _is_data(run: Run, value: Value) -> bool:
    match run.resolved(value):
        case ClassRef() | Term():
            return {"alike", "sentinel"}.isdisjoint(run.describe(value).marks)
        case ModuleRef() | Spread() | Missing():
            return True
        case Made(cls="", term=Term(op="call") as term):
            return "alike" not in term.marks
        case Function(instance=instance):
            return instance is None
        case Items() as items:
            return all(_is_data(run, item) for item in run.held(items))
        case Table() as table:
            return all(_is_data(run, item) for _, item in run.entries(table))
        case Repeat(value=inner):
            return _is_data(run, inner)
        case Choice(yes=yes, no=no):
            return _is_data(run, yes) and _is_data(run, no)
        case Partial(callee=callee, arguments=inner):
            return _is_data(run, callee) and passes_data(run, inner)
        case _:
            return False
