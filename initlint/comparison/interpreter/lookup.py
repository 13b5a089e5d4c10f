"""Names: those of a function first, then those of its file, considering all statements that affect them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison.bindings import Assigned, Binding, Defined, Either, Imported
from initlint.comparison.interpreter.described import condition
from initlint.comparison.interpreter.registries import registered
from initlint.comparison.names import CONTENTS
from initlint.comparison.packages import everywhere, unbound
from initlint.comparison.terms import AT_IMPORT, Term, truth
from initlint.comparison.values import ClassRef, Closure, Frame, Function, ModuleRef, Value
from initlint.project.classes import Method
from initlint.project.imports import SymbolKind

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def external(name: str) -> Term:
    """A name of another package."""
    return Term("name", (everywhere(name),))


def plain_name(run: Run, name: str, frame: Frame) -> Value:
    """The value of a plain name."""
    for inner in frame.outwards():
        if (found := run.find(inner.token, name)) is not None:
            return found
    if frame.body and (beside := _beside(run, name, frame)) is not None:
        return beside
    if frame.body and (method := run.project.method(frame.cls, name)) is not None:
        return Function(method)
    if any(each.early or each.body for each in frame.outwards()) and run.code.names.rebound(frame.path, name):
        return run.code.of_variable(frame.path, name)
    return resolve_name(run, frame.path, name, frame.qualname)


def _beside(run: Run, name: str, frame: Frame) -> Value | None:
    """The value of a name in the body of a class, when another statement of the body uses it."""
    given, key = run.code.class_level(frame.cls, name), (frame.cls, name)
    if not isinstance(given, ast.expr) or key in run.resolving:
        return given if isinstance(given, Term) else None
    run.resolving.add(key)
    try:
        return run.evaluate(given, frame)
    finally:
        run.resolving.discard(key)


def resolve_name(run: Run, path: str, dotted: str, qualname: str = "") -> Value:
    """The value of a name at module level of a file."""
    key = (path, dotted, qualname)
    if key not in run.globals:
        run.globals[key] = _resolve(run, path, dotted, qualname)
    return run.resolved(run.globals[key])


def _resolve(run: Run, path: str, name: str, qualname: str) -> Value:
    symbol = run.project.resolve(path, name, qualname)
    if symbol is not None and symbol.kind is SymbolKind.CLASS and symbol.target.endswith(f".{name}"):
        return ClassRef(symbol.target)
    found = run.code.names.binding(path, name)
    return stands_for(run, path, name, found) if found is not None else Term("name", (unbound(name),))


def stands_for(run: Run, path: str, name: str, found: Binding) -> Value:
    """The value of a binding: a choice between all arms that decide it."""
    if (known := run.registries.get((path, name))) is not None:
        return known
    if (path, name) in run.resolving:
        return run.code.of_variable(path, name)
    run.resolving.add((path, name))
    try:
        return _stands_for(run, path, name, found)
    finally:
        run.resolving.discard((path, name))


def _stands_for(run: Run, path: str, name: str, found: Binding) -> Value:
    match found:
        case Imported():
            return imported_value(run, path, found)
        case Defined(node=ast.ClassDef()) if run.code.names.once(path, name):
            return ClassRef(f"{path}::{name}")
        case Defined(node=ast.FunctionDef() as node) if (method := _method_at(run, path, name, node)) is not None:
            return Function(method)
        case Assigned(value=ast.Call(func=ast.Name(id="object"), args=[])) if run.code.settled(path, name):
            return Term("sentinel", (run.sentinels.setdefault((path, name), len(run.sentinels)),))
        case Assigned(value=value) if run.code.settled(path, name):
            return _at_import(run, path, value)
        case Assigned(value=value) if (table := registered(run, path, name, value)) is not None:
            return table
        case Either():
            return _choice_of_arms(run, path, name, found)
        case _:
            return run.code.of_variable(path, name)


def _method_at(run: Run, path: str, name: str, node: ast.FunctionDef) -> Method | None:
    functions = (each for each in run.project.files[path].functions if each.name == name)
    return next((Method(path, None, each) for each in functions if each.line == node.lineno), None)


def imported_value(run: Run, path: str, found: Imported) -> Value:
    """The value that an import binds."""
    file, name = run.code.names.source(path, found)
    if file is None:
        return external(name)
    if not name:
        return ModuleRef(file)
    return member_of_file(run, file, name)


def member_of_file(run: Run, path: str, name: str) -> Value:
    """An attribute of a file of the project."""
    if run.code.names.binding(path, name) is not None:
        return resolve_name(run, path, name)
    if name in CONTENTS:
        return Term("attribute", (run.code.of_file(path), name))
    inner = run.project.modules.file(f"{run.project.modules.names[path]}.{name}")
    return ModuleRef(inner) if inner is not None else run.code.of_variable(path, name)


def _at_import(run: Run, path: str, node: ast.expr) -> Value:
    """The value of a module-level expression when its file is imported."""
    with run.before_all():
        return run.evaluate(node, Frame(run.token(), path, "", "", early=True))


def _choice_of_arms(run: Run, path: str, name: str, found: Either) -> Value:
    """The values of both arms of a module-level statement; callers do not decide which arm runs."""
    if found.yes is None or found.no is None:
        one = found.yes or found.no
        assert one is not None
        return _stands_for(run, path, name, one)
    if isinstance(found.by, tuple):
        guard = Term("raises", (run.code.of_nodes(found.by, path, ""),))
    else:
        guard = condition(run, _at_import(run, path, found.by))
    yes, no = _stands_for(run, path, name, found.yes), _stands_for(run, path, name, found.no)
    if (known := truth(guard)) is not None:
        return yes if known else no
    return run.choice(guard if guard.op == "raises" else Term(AT_IMPORT, (guard,)), yes, no)


def new_closure(run: Run, node: ast.Lambda | ast.FunctionDef, frame: Frame) -> Closure:
    """A function at its definition, when its defaults are computed."""
    given = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
    return Closure(node, frame, tuple((each, run.evaluate(each, frame)) for each in given))
