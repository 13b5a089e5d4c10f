"""What a name stands for after some statements: what the last one gives it, or a choice between several."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from initlint.comparison.pieces import Definition, dotted, names_bound, statements


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A name of another module; the module itself if `attribute` is empty."""

    module: str
    attribute: str
    level: int


@dataclass(frozen=True, slots=True, eq=False)
class Defined:
    """A function or class statement."""

    node: Definition


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """The value of an assignment to this name alone."""

    value: ast.expr


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One of two, decided by a test or by whether some statements raise; None is what the name was before."""

    by: ast.expr | tuple[ast.stmt, ...]
    yes: Binding | None
    no: Binding | None


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """Something else decides: a loop, a pattern, a context manager, or computed code."""


Binding = Imported | Defined | Assigned | Either | Computed
Exports = Callable[[ast.ImportFrom], bool | None]
"""Whether a star import brings a name; None if unknown."""


def binding(body: Iterable[ast.stmt], name: str, exports: Exports, before: Binding | None = None) -> Binding | None:
    """What a name stands for after some statements; `before` is what it stood for in front of them."""
    for statement in body:
        before = _behind(statement, name, exports, before)
    return before


def _behind(node: ast.stmt, name: str, exports: Exports, before: Binding | None) -> Binding | None:  # noqa: C901  (one case for each kind)
    match node:
        case ast.Import() | ast.ImportFrom():
            return _imported(node, name, exports, before)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.name == name:
            return Defined(node)
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return Assigned(value)
        case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name:
            return before if value is None else Assigned(value)
        case ast.If(test=test) if only_for_checkers(test):
            arm = node.body if _puts_another_in_place(node.orelse) else node.orelse
            return binding(arm, name, exports, before)
        case ast.If(test=test) if name not in bound(ast.Expr(test)):
            arms = [binding(arm, name, exports, before) for arm in (node.body, node.orelse)]
            return _either(test, arms[0], arms[1])
        case ast.Try(handlers=handlers) if all(each.name != name for each in handlers):
            whole = binding([*node.body, *node.orelse], name, exports, before)
            for handler in handlers:
                if not isinstance(handler.body[-1], ast.Raise):
                    whole = _either(tuple(node.body), binding(handler.body, name, exports, before), whole)
            return binding(node.finalbody, name, exports, whole)
        case ast.Delete(targets=targets) if any(dotted(target) == name for target in targets):
            return None
        case _:
            return Computed() if name in bound(node) else before


def _either(by: ast.expr | tuple[ast.stmt, ...], yes: Binding | None, no: Binding | None) -> Binding | None:
    return yes if yes is no else Either(by, yes, no)


def _imported(node: ast.Import | ast.ImportFrom, name: str, exports: Exports, before: Binding | None) -> Binding | None:
    for alias, target in imported(node):
        if alias == name:
            before = target
        elif alias == "*" and isinstance(node, ast.ImportFrom) and (brings := exports(node)) is not False:
            before = Imported(node.module or "", name, node.level) if brings else Computed()
    return before


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds, and what each stands for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Imported(node.module or "", alias.name, node.level)
        elif alias.asname is not None:
            yield alias.asname, Imported(alias.name, "", 0)
        else:
            head = alias.name.partition(".")[0]
            yield head, Imported(head, "", 0)


def only_for_checkers(test: ast.expr) -> bool:
    """Whether a condition holds for type checkers only."""
    return (dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING"


def _puts_another_in_place(body: Iterable[ast.stmt]) -> bool:
    """Whether a module replaces itself by one that loads on demand what type checkers import."""
    targets = [target for each in body if isinstance(each, ast.Assign) for target in each.targets]
    return any(
        isinstance(each, ast.Subscript) and dotted(each.value) == "sys.modules" and dotted(each.slice) == "__name__"
        for each in targets
    )


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement may bind; "*" stands for those of a star import."""
    found: set[str] = set()
    for node in _inside(statement):
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            found.update(names_bound(node))
        if isinstance(node, Definition):
            found.update(_globals(node))
    return found


def _globals(definition: Definition) -> Iterator[str]:
    yield from (name for each in statements([definition]) if isinstance(each, ast.Global) for name in each.names)


def _inside(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement that run where it is, in the same scope."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.comprehension):
            pending += [node.iter, *node.ifs]
        elif not isinstance(node, Definition | ast.Lambda | ast.Constant):
            pending += ast.iter_child_nodes(node)
