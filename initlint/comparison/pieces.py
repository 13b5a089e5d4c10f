"""Pieces of code as digests: a definition without its places, comments and names of locals, and what it mentions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IGNORED = frozenset({"annotation", "returns", "type_comment", "type_params", "kind", "ctx"})
"""Fields of a syntax tree that do not affect what runs."""

NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")
"""Annotations that make a name of a dataclass something other than a plain field."""

COMPUTED = frozenset(
    "globals locals vars eval exec __import__ operator.attrgetter operator.methodcaller sys.modules.get".split()
)
"""Functions that look up computed names."""


MODULES = "sys.modules"
"""All imported modules, by name."""

_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_NOTED = frozenset(
    {
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Attribute, ast.Constant, ast.Call, ast.Subscript),
        *(ast.Import, ast.ImportFrom),
    }
)
_BINDING = frozenset(
    {
        *(ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
        *(ast.MatchMapping, ast.Import, ast.ImportFrom, ast.Global),
    }
)

_OWN_NAMES = frozenset(("name", kind) for kind in _DEFINITIONS)
_LEAVES = frozenset("id attr arg name names ctx op ops kind type_comment level module".split())
"""Fields that contain no node that binds a name."""


_KINDS = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)]
_FIELDS = {kind: [f for f in kind._fields if f not in IGNORED and (f, kind) not in _OWN_NAMES] for kind in _KINDS}
"""The fields of every kind of node that decide what runs."""

_BRANCHES = {kind: [field for field in kind._fields if field not in _LEAVES] for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of code: `digest` is everything in it except the meaning of its names.

    `names` are the dotted names that it takes from outside, in order; `members` are the attributes and strings in it.
    `called` are the attributes that it calls on its instance, "" for any other value that may be a module. `computed`:
    it uses names computed at run time. `imports` are the import statements in it.
    """

    digest: bytes
    names: tuple[str, ...]
    members: frozenset[str]
    called: frozenset[str]
    computed: bool
    imports: tuple[ast.Import | ast.ImportFrom, ...]


def piece(nodes: Sequence[ast.AST]) -> Piece:
    """The piece made of some nodes, which share their locals."""
    dump = _Dump()
    for node in nodes:
        dump.write(node)
    digest = blake2b("\0".join(dump.parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return Piece(
        digest,
        tuple(dump.names),
        frozenset(dump.members),
        frozenset(dump.called),
        dump.computed,
        tuple(dump.imports),
    )


class _Dump:
    """Writes code so that equal texts do the same wherever their names mean the same."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.names: dict[str, int] = {}
        self.members: set[str] = set()
        self.called: set[str] = set()
        self.computed = False
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self._locals: dict[str, int] = {}
        self._given: dict[str, None] = {}

    def write(self, node: ast.AST) -> None:
        kind = type(node)
        if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node)) is not None:
            self._chain(name)
            return
        if isinstance(node, ast.arg):
            self._local(node.arg)
            return
        if kind in _NOTED:
            self._note(node)
        self.parts.append(kind.__name__)
        if isinstance(node, ast.AnnAssign):
            self.parts += [each for each in NO_FIELDS if each in ast.dump(node.annotation)]
        for field in _FIELDS[kind]:
            content = getattr(node, field)
            self._content(without_docstring(content) if field == "body" and kind in _DEFINITIONS else content)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._bind(node)
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                self.members.add(name)
            case ast.Call():
                self.called.update(self._modules(node.func))
                self.computed = self.computed or _computes(node)
            case ast.Subscript(value=value) if dotted(value) == MODULES:
                self.computed = True
            case ast.Import() | ast.ImportFrom():
                self.imports.append(node)
            case _:
                pass

    def _content(self, content: object) -> None:
        if isinstance(content, list):
            self.parts.append(f"[{len(content)}")
            for item in content:
                self._content(item)
        elif isinstance(content, ast.AST):
            self.write(content)
        else:
            self.parts.append(repr(content))

    def _chain(self, name: str) -> None:
        head, *rest = name.split(".")
        self.members.update(rest)
        if head in self._locals:
            self.parts.append(f"local {self._locals[head]} {'.'.join(rest)}")
        else:
            self.parts.append(f"name {self.names.setdefault(name, len(self.names))}")

    def _local(self, name: str) -> None:
        self.parts.append(f"local {self._locals.setdefault(name, len(self._locals))}")

    def _bind(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for each in _arguments(node.args):
            self._given.setdefault(each.arg)
            self._locals.setdefault(each.arg, len(self._locals))
        inside = _inside(node)
        outer = {name for each in inside if isinstance(each, ast.Global) for name in each.names}
        for name in _bound(node, inside):
            if name not in outer:
                self._locals.setdefault(name, len(self._locals))

    def _modules(self, callee: ast.expr) -> Iterator[str]:
        """The parts of a called value that may be a module: a local that no caller passes, or the value of an
        attribute."""
        match callee:
            case ast.Name(id=name):
                if name in self._locals and name not in self._given:
                    yield ""
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                pass
            case ast.Attribute(attr=name):
                root = (dotted(callee) or "").partition(".")[0]
                if root == next(iter(self._given), None):
                    yield name
            case _:
                yield ""


def _computes(call: ast.Call) -> bool:
    """Whether a call looks up a name that is not written in the code."""
    name = dotted(call.func) or ""
    plain = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    return name in COMPUTED or (name == "getattr" and not plain) or name.startswith("importlib.")


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return (each for each in every if each is not None)


def bound_names(node: ast.AST) -> Iterator[str]:
    """The names that code binds, level by level."""
    return _bound(node, _inside(node))


def _bound(node: ast.AST, inside: Iterable[ast.AST]) -> Iterator[str]:
    for inner in inside:
        if not (inner is node and isinstance(inner, Definition)):
            yield from names_bound(inner)


def names_bound(node: ast.AST) -> Iterator[str]:
    """The names that a single node binds."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case _:
            pass


def _inside(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that may bind names, level by level."""
    found: list[ast.AST] = []
    level = [node]
    while level:
        binding = [each for each in level if type(each) in _BINDING]
        found += [each for each in binding if not (isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))]
        level = [part for each in level for part in _parts(each)]
    return found


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for field in _BRANCHES[type(node)]:
        content = getattr(node, field)
        if isinstance(content, list):
            yield from (each for each in content if isinstance(each, ast.AST) and type(each) is not ast.Constant)
        elif isinstance(content, ast.AST):
            yield content


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, and all statements inside of them."""
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, field, ()))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from statements(part.body)


def targets(body: Iterable[ast.stmt]) -> Iterator[ast.expr]:
    """What statements assign to or delete."""
    for statement in statements(body):
        match statement:
            case ast.Assign(targets=found) | ast.Delete(targets=found):
                yield from found
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.For(target=target):
                yield target
            case ast.With(items=items):
                yield from (item.optional_vars for item in items if item.optional_vars is not None)
            case _:
                pass


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text; None if it is more than names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def callee(decorator: ast.expr) -> ast.expr:
    """The function behind a decorator: `register` in `@register("name")`."""
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def generic(base: ast.expr) -> ast.expr:
    """A base class without its parameters: `Generic` for `Generic[T]`."""
    return base.value if isinstance(base, ast.Subscript) else base


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without a docstring in front."""
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case _:
            return body


def heading(node: ast.ClassDef) -> Sequence[ast.AST]:
    """The parts of a class that are not definitions inside of it."""
    inner = [each for each in without_docstring(node.body) if not isinstance(each, Definition)]
    return [*node.decorator_list, *node.bases, *node.keywords, *inner] or [ast.Pass()]
