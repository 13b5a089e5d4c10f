"""Functions of the project, run: their parameters, their body, what they return."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.containers import unless_kept
from initlint.comparison.interpreter.described import before_starred
from initlint.comparison.interpreter.drawing import unread, unseen
from initlint.comparison.interpreter.flow import Flow, block
from initlint.comparison.interpreter.instances import MAX_DEPTH, MAX_NESTED, passes_data
from initlint.comparison.interpreter.reflection import shows
from initlint.comparison.interpreter.statements import checked
from initlint.comparison.pieces import statements, without_docstring
from initlint.comparison.reach import key_of
from initlint.comparison.signatures import in_order, parameter
from initlint.comparison.terms import Term, constant
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Closure,
    Frame,
    Function,
    Instance,
    Made,
    Spread,
    Token,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


Defaults = Callable[[ast.expr], Value]
"""Gives the value of a default, by its node."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A function that is running: what owns its node, its frame, and the modules that it was given."""

    function: int
    frame: Token
    modules: frozenset[Token]


def module_tokens(values: Iterable[Value]) -> frozenset[Token]:
    """The tokens of modules and tensors in some values."""
    return frozenset(value.token for value in values if isinstance(value, Instance | Made))


def invoke(run: Run, function: Function, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """Run a function of the project."""
    method = function.method
    found = run.code.function(method)
    if method.owner is None and not run.at_import and passes_data(run, arguments):
        alike = run.shared.of_function(run.code, method)
        if alike is not None and alike not in run.followed and not shows(run, arguments, key_of(method)):
            return unread(run, alike, in_order(run.code, method, arguments), node, frame)
    if found is None or run.code.changes.of(f"{method.path}::{method.facts.name}", stored=True):
        return unseen(run, run.code.of_function(method), arguments, node, frame)
    instance = function.instance
    if instance is None and method.owner is not None and arguments.positional and not method.is_static:
        instance, arguments = arguments.positional[0], arguments.others
    qualname = method.facts.name
    if qualname == "forward" and isinstance(instance, Instance) and run.code.rewrapped(instance.cls):
        return unseen(run, run.code.of_call(instance.cls), arguments.behind(Arguments((instance,))), node, frame)
    if method.owner is not None:
        qualname = f"{run.project.classes[method.owner].facts.qualname}.{qualname}"
    cls = method.owner or (run.home[-1].cls if run.home else "")
    inner = Frame(run.token(), method.path, qualname, cls, None, instance)
    bound = () if instance is None else (instance,)
    return _run_body(run, found, inner, partial(_default, run, inner), bound, arguments, node, frame)


def _default(run: Run, frame: Frame, node: ast.expr) -> Value:
    """A default of a function, which is computed once, where the function is defined."""
    if id(node) not in run.defaults:
        outer = Frame(run.token(), frame.path, frame.qualname, frame.cls, early=True)
        run.defaults[id(node)] = run.evaluate(node, outer)
    return run.defaults[id(node)]


def enter(run: Run, closure: Closure, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """Run a lambda or nested function."""
    outer = closure.frame
    inner = Frame(run.token(), outer.path, outer.qualname, outer.cls, outer, outer.instance)
    return _run_body(run, closure.node, inner, dict(closure.defaults).__getitem__, (), arguments, node, frame)


def _run_body(
    run: Run,
    function: ast.FunctionDef | ast.Lambda,
    frame: Frame,
    defaults: Defaults,
    bound: tuple[Value, ...],
    arguments: Arguments,
    node: ast.AST,
    caller: Frame,
) -> Value:
    passed = arguments.behind(Arguments(bound))
    entered = Entered(id(function), frame.token, module_tokens(passed.values()))
    wrapped = [] if isinstance(function, ast.Lambda) else function.decorator_list
    rewritten = not all(run.code.keeps(each, frame.path) for each in wrapped) or (run.active and _rebinds(function))
    if rewritten or len(run.active) > MAX_DEPTH or _goes_round(run, entered):
        return unseen(run, run.code.of_nodes([function], frame.path, frame.qualname), passed, node, caller)
    for value in arguments.values():
        checked(value, node, caller)
    _bind(run, function.args, before_starred(run, passed), frame, defaults)
    run.active.append(entered)
    try:
        if isinstance(function, ast.Lambda):
            return run.evaluate(function.body, frame)
        yields, before = run.items([]), len(run.events)
        run.set(frame.token, ".yields", yields)
        flow = block(run, without_docstring(function.body), frame)
        return unless_kept(run, yields, before) if run.held(yields) else _result(run, flow)
    finally:
        run.active.pop()


def _rebinds(function: ast.FunctionDef | ast.Lambda) -> bool:
    """Whether a function assigns global names, which code that runs in another order may see."""
    body = [] if isinstance(function, ast.Lambda) else function.body
    return any(isinstance(each, ast.Global) for each in statements(body))


def _goes_round(run: Run, entered: Entered) -> bool:
    """Whether a function calls itself again without going down into a module that existed before."""
    around = [each for each in run.active if each.function == entered.function]
    if len(around) < MAX_NESTED:
        return False
    older = frozenset(token for token in entered.modules if token < around[0].frame)
    return not older or any(older <= each.modules for each in around)


def _result(run: Run, flow: Flow | None) -> Value:
    """The result of a function with this flow."""
    if flow is None or flow.kind == "raise":
        return MISSING
    if flow.kind == "split" and flow.guard is not None:
        one, other = _result(run, flow.yes), _result(run, flow.no)
        return other if one is MISSING else one if other is MISSING else run.choice(flow.guard, one, other)
    return flow.value


def _bind(run: Run, params: ast.arguments, arguments: Arguments, frame: Frame, defaults: Defaults) -> None:
    """Give every parameter its argument or default; starred parameters of the first call can be anything."""
    values, given, rest = arguments.positional, dict(arguments.named), arguments.rest
    positional = [*params.posonlyargs, *params.args]
    first_default = len(positional) - len(params.defaults)
    for place, param in enumerate(positional):
        default = params.defaults[place - first_default] if place >= first_default else None
        value = values[place] if place < len(values) else given.pop(param.arg, None)
        _set_parameter(run, param.arg, value, default, rest, frame, defaults)
    for param, default in zip(params.kwonlyargs, params.kw_defaults, strict=True):
        _set_parameter(run, param.arg, given.pop(param.arg, None), default, rest, frame, defaults)
    (any_places, any_names), run.open_ended = run.open_ended, (False, False)
    if params.vararg is not None:
        rest = (parameter("*"),) if any_places else rest
        more = [*values[len(positional) :], *(Spread(term) for term in rest)]
        run.set(frame.token, params.vararg.arg, run.items(more, "tuple"))
    if params.kwarg is not None:
        entries = [(constant(name), value) for name, value in given.items()]
        rest = (parameter("**"),) if any_names else rest
        keep = Term("rest", rest) if rest else None
        run.set(frame.token, params.kwarg.arg, run.table(entries, keep))


def _set_parameter(
    run: Run,
    name: str,
    value: Value | None,
    default: ast.expr | None,
    rest: tuple[Term, ...],
    frame: Frame,
    defaults: Defaults,
) -> None:
    if value is None:
        value = defaults(default) if default is not None else Term("unset", (name,))
        if rest:
            value = Term("looked up", (*rest, name, run.describe(value)))
    run.set(frame.token, name, value)
