"""What `modules()`, `children()` and `parameters()` iterate over, and what `apply` runs on."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from initlint.comparison.draws import weights_of
from initlint.comparison.interpreter.attributes import freeze, of_made
from initlint.comparison.interpreter.described import state
from initlint.comparison.interpreter.drawing import unseen
from initlint.comparison.interpreter.filling import UTILITIES
from initlint.comparison.interpreter.iteration import iterate
from initlint.comparison.interpreter.machine import is_missing
from initlint.comparison.terms import NONE, Term, constant
from initlint.comparison.values import MISSING, Arguments, Choice, Frame, Instance, Made, Repeat, Spread, Value
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


Named: TypeAlias = list[tuple[str, Value]]
"""Values with the paths of the modules that contain them."""


def inner_modules(run: Run, value: Value) -> Named:
    """The direct submodules of a module, in order."""
    if not isinstance(value, Made | Instance):
        return []
    parts = [(name, part) for name, part in run.parts(value.token) if not name.startswith(".")]
    return [(name, _once(part)) for name, part in parts if module_like(run, part)]


def _once(part: Value) -> Value:
    """A part that is the same in all turns of a loop counts once, if there is any turn."""
    if not isinstance(part, Repeat) or not part.alike:
        return part
    return Choice(Term("turns", (part.header,)), part.value, MISSING)


def module_like(run: Run, value: Value) -> bool:
    value = run.resolved(value)
    match value:
        case Instance():
            return run.project.is_module(value.cls) or bool(run.project.unresolved_bases(value.cls))
        case Made():
            known = knowledge.module(value.cls)
            return (value.cls == "" and value.term.op == "call") or (
                known is not None and "torch.Tensor" not in known.bases
            )
        case Repeat():
            return module_like(run, value.value)
        case Spread():
            return True
        case Choice():
            return module_like(run, value.yes) or module_like(run, value.no)
        case _:
            return False


def modules_of(run: Run, root: Made | Instance, name: str) -> list[Value]:
    """What `modules()` and `children()` iterate over."""
    found = _each_once(run, inner_modules(run, root)) if name.endswith("children") else every_module(run, root)
    return _given(run, name, found)


def _given(run: Run, name: str, found: Named) -> list[Value]:
    """What a method yields: with names if it is called `named_...`."""
    return [named_item(run, path, value) if name.startswith("named_") else value for path, value in found]


def _each_once(run: Run, parts: Named) -> Named:
    """What has two names is visited under the first."""
    held = [(name, run.resolved(part)) for name, part in parts]
    first = {part.token: name for name, part in reversed(held) if isinstance(part, Made | Instance)}
    return [(n, part) for n, part in held if not isinstance(part, Made | Instance) or first[part.token] == n]


def named_item(run: Run, path: str, value: Value) -> Value:
    if isinstance(value, Repeat):
        return Repeat(value.header, run.items([Term("key", (path,)), value.value], "tuple"))
    if isinstance(value, Choice):
        one, other = (named_item(run, path, each) if each is not MISSING else each for each in (value.yes, value.no))
        return Choice(value.guard, one, other)
    return run.items([constant(path), value], "tuple")


def _through(run: Run, value: Value, walk: Callable[[Value], Named]) -> Named:
    """What is found in each of the values that a choice may be."""
    value = run.resolved(value)
    match value:
        case Repeat():
            return [(key, Repeat(value.header, part)) for key, part in _through(run, value.value, walk)]
        case Choice():
            one = [(key, Choice(value.guard, part, MISSING)) for key, part in _through(run, value.yes, walk)]
            other = [(key, Choice(value.guard, MISSING, part)) for key, part in _through(run, value.no, walk)]
            return [*one, *other]
        case _:
            return walk(value)


def every_module(run: Run, root: Value) -> Named:
    """A module and all modules inside, each once and before its own submodules, as `modules()` yields them."""
    seen: set[int] = set()

    def walk(value: Value, path: str) -> Named:
        if isinstance(value, Spread):
            return [(path, value)]
        if not isinstance(value, Made | Instance) or value.token in seen:
            return []
        seen.add(value.token)
        inner = [each for name, part in inner_modules(run, value) for each in below(part, _path(path, name))]
        return [(path, value), *inner]

    def below(value: Value, path: str) -> Named:
        return _through(run, value, lambda one: walk(one, path))

    return below(root, "")


def _path(path: str, name: str) -> str:
    return f"{path}.{name}".lstrip(".")


def _applied(run: Run, root: Value, around: frozenset[int] = frozenset()) -> Named:
    """A module after all modules inside, in the order of `apply`: once for every module that contains them."""

    def walk(value: Value) -> Named:
        if isinstance(value, Spread):
            return [("", value)]
        if not isinstance(value, Made | Instance) or value.token in around:
            return []
        parts = _each_once(run, inner_modules(run, value))
        return [*(each for _, part in parts for each in _applied(run, part, around | {value.token})), ("", value)]

    return _through(run, root, walk)


def apply_to_all(run: Run, root: Value, function: Value, node: ast.AST, frame: Frame) -> None:
    """`module.apply(function)`: run the function on every module, the inner ones first."""
    if not isinstance(root, Made | Instance):
        unseen(run, Term("apply", (run.describe(root),)), Arguments((function,)), node, frame)
        return
    modules = run.items([value for _, value in _applied(run, root)])

    def turn(item: Value) -> None:
        run.each(function, lambda one: run.call(one, Arguments((item,)), node, frame))

    iterate(run, modules, turn)


def freeze_all(run: Run, value: Value, needed: Value) -> None:
    """`requires_grad_` of a module: of all its parameters."""
    if isinstance(value, Made | Instance) and module_like(run, value):
        parameters = run.items(parameters_of(run, value, "parameters", recurse=True))
        iterate(run, parameters, lambda one: freeze(run, one, needed))
    else:
        freeze(run, value, needed)


def parameters_of(run: Run, root: Made | Instance, name: str, recurse: bool) -> list[Value]:
    """What `parameters()` iterates over: the parameters of every module, the outer modules first."""
    modules = every_module(run, root) if recurse else [("", root)]
    found = _each_once(run, [each for path, value in modules for each in _own_parameters(run, path, value)])
    return _given(run, name, found)


def _own_parameters(run: Run, path: str, module: Value) -> Named:
    def walk(value: Value) -> Named:
        match value:
            case Instance() | Made() if not is_missing(run.get(value.token, UTILITIES)):
                return _together(run, path, value)
            case Instance():
                parts = [(name, part) for name, part in run.parts(value.token) if _parameter_like(run, part)]
                base = run.get(value.token, ".base")
                inherited = _parameters_of_made(run, path, base) if isinstance(base, Made) else []
                return list((dict(inherited) | {_path(path, name): part for name, part in parts}).items())
            case Made():
                return _parameters_of_made(run, path, value)
            case Spread():
                return [(path, Spread(Term("parameters", (value.term,))))]
            case _:
                return []

    return _through(run, module, walk)


def _parameter_like(run: Run, value: Value) -> bool:
    value = run.resolved(value)
    if isinstance(value, Choice):
        return _parameter_like(run, value.yes) or _parameter_like(run, value.no)
    return isinstance(value, Made) and value.cls == "torch.nn.Parameter"


def _parameters_of_made(run: Run, path: str, made: Made) -> Named:
    """The parameters of a module of torch, one by one if they are known."""
    held = {name: part for name, part in run.parts(made.token) if not name.startswith(".")}
    own = {name: part for name, part in held.items() if _parameter_like(run, part)}
    if made.cls not in knowledge.CONTAINERS:
        weights = weights_of(made.term)
        replaced = any(name in held and name not in own and held[name] != NONE for name in weights or ())
        if weights is None or replaced or any("." in name for name in weights):
            return _together(run, path, made)
        own = {name: of_made(run, made, name) for name in weights if held.get(name) != NONE} | own
    return [(_path(path, name), part) for name, part in own.items()]


def _together(run: Run, path: str, module: Made | Instance) -> Named:
    """All parameters of a module, represented by one item in a loop."""
    each = run.made(Term("parameter of", (module.term,)), "torch.nn.Parameter")
    run.set(module.token, f".{len(run.parts(module.token))}", each)
    return [(path, Repeat(Term("parameters", (state(run, module),)), each))]
