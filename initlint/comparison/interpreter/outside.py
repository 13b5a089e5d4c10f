"""Calls of functions by name: of torch, of the standard library, of other packages."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.builtin_calls import builtin
from initlint.comparison.interpreter.computed import computed
from initlint.comparison.interpreter.containers import dictionary
from initlint.comparison.interpreter.described import argument_terms, compound
from initlint.comparison.interpreter.drawing import EMPTY, TENSOR, draw, named_module, operands, runs, unseen
from initlint.comparison.interpreter.iteration import by_itself
from initlint.comparison.interpreter.records import replaced
from initlint.comparison.interpreter.reflection import told
from initlint.comparison.interpreter.torch_calls import torch_function, torch_instance
from initlint.comparison.terms import Term, constant
from initlint.comparison.values import Arguments, Bound, Frame, Instance, Made, ModuleRef, Partial, Value
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


STREAMS = {"random": "python", "numpy.random": "numpy", "secrets": "system", "uuid": "system"}
"""The generators of other packages."""


PLAIN = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "packaging", "einops", "loguru"}) - {
    "importlib",
    "runpy",
}
"""Packages whose functions leave every stream alone, except those in STREAMS."""


COPIERS = ("__deepcopy__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__")
"""Methods by which an object defines how it is copied."""


def named_call(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    changes = run.code.changes.of(name, stored=True)
    if changes:
        return unseen(run, Term("changed", (name, run.code.content(changes))), arguments, node, frame)
    if (known := computed(run, name, arguments)) is not None:
        return known
    if name.startswith("builtins."):
        return builtin(run, name.removeprefix("builtins."), arguments, node, frame)
    if knowledge.module(name) is not None:
        return torch_instance(run, name, arguments, node, frame)
    if name.split(".")[0] == "torch":
        return torch_function(run, name, arguments, node, frame)
    return _foreign(run, name, arguments, node, frame)


def _foreign(run: Run, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    package, _, last = name.rpartition(".")
    stream = STREAMS.get(package) or STREAMS.get(name.split(".")[0])
    if stream is not None:
        term = Term("call", (Term("name", (name,)), *argument_terms(run, arguments)))
        made = run.made(term, TENSOR, tuple(arguments.values()))
        made.draws += draw(run, stream, name, term, EMPTY, node, frame)
        return made
    match name:
        case "functools.partial" if arguments.positional:
            return Partial(arguments.positional[0], arguments.others)
        case "importlib.import_module" if (file := named_module(run, arguments, frame)) is not None:
            return ModuleRef(file)
        case "dataclasses.replace" if isinstance(record := arguments.get("", 0), Instance):
            return replaced(run, record, Arguments(named=arguments.named, rest=arguments.rest), node, frame)
        case "copy.deepcopy" | "copy.copy" if _copies_itself(run, arguments):
            return unseen(run, Term("name", (name,)), arguments, node, frame)
        case "copy.deepcopy" | "copy.copy" if arguments.positional:
            return cloned(run, arguments.positional[0], {})
        case "collections.OrderedDict":
            return dictionary(run, arguments)
        case _:
            pass
    callee = Term("name", (name,))
    if said := [text for value in arguments.values() if (text := told(run, value, last)) is not None]:
        callee = Term("told", (callee, *said))
    if (package.split(".")[0] in PLAIN or name in PLAIN) and not runs(arguments):
        return compound(run, "call", [callee, *operands(run, arguments)])
    return unseen(run, callee, arguments, node, frame)


def _copies_itself(run: Run, arguments: Arguments) -> bool:
    copied = arguments.positional[:1]
    return any(by_itself(run, value, name) is not None for value in copied for name in COPIERS)


def cloned(run: Run, value: Value, done: dict[int, Value]) -> Value:
    """A copy draws nothing, and is an object of its own."""
    if isinstance(value, Bound) and value.name == "__dict__" and isinstance(value.receiver, Instance):
        return _attributes(run, value, value.receiver, done)
    if not isinstance(value, Made | Instance):
        return value
    if value.token not in done:
        token = run.token()
        if isinstance(value, Instance):
            done[value.token] = Instance(token, value.cls, value.term)
        else:
            done[value.token] = Made(token, value.term, value.cls)
            run.set(token, ".original", value)
        for name, part in run.parts(value.token):
            run.set(token, name, cloned(run, part, done))
    return done[value.token]


def _attributes(run: Run, contents: Bound, owner: Instance, done: dict[int, Value]) -> Value:
    """A copy of an object's `__dict__`; that of a module has its parts elsewhere."""
    parts = run.parts(owner.token)
    if run.project.is_module(owner.cls):
        return contents
    plain = [(constant(name), cloned(run, part, done)) for name, part in parts if not name.startswith(("*", "."))]
    return run.table(plain, None if len(plain) == len(parts) else Term("copied", (run.describe(contents),)))
