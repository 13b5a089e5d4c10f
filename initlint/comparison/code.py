"""The code of a project as syntax trees, and as terms: equal terms do the same, whatever it is called or where."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from initlint.comparison.decorators import HARMLESS, changes_it, hands_back
from initlint.comparison.packages import everywhere, unbound
from initlint.comparison.pieces import (
    Definition,
    Piece,
    bound_names,
    dotted,
    piece,
    statements,
    without_docstring,
)
from initlint.comparison.reach import Key, Link, common, content, scope
from initlint.comparison.statements import altered, touched
from initlint.comparison.terms import Term
from initlint.project.imports import Symbol, SymbolKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from initlint.project.classes import ClassId, Method, Project

AROUND = (
    "__new__ __getattr__ __getattribute__ __setattr__ __delattr__ __init_subclass__ __get__ __set__ __set_name__"
    " __prepare__ __instancecheck__ __class_getitem__"
).split()
"""Methods that Python calls by itself when an instance is made, or an attribute read or set."""

_EMPTY = ast.Pass()


class Unparsed(Exception):
    """A file that this Python cannot parse."""


class Texts:
    """Syntax trees and pieces by the text of a file, so that what two versions share is parsed once."""

    def __init__(self) -> None:
        self._trees: dict[bytes, ast.Module | None] = {}
        self.pieces: dict[tuple[ast.AST, ...], Piece] = {}

    def tree(self, text: bytes) -> ast.Module | None:
        if text not in self._trees:
            try:
                self._trees[text] = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._trees[text] = None
        return self._trees[text]

    def piece(self, nodes: Sequence[ast.AST]) -> Piece:
        key = tuple(nodes)
        if key not in self.pieces:
            self.pieces[key] = piece(nodes)
        return self.pieces[key]


class Code:
    """The syntax trees of one project, each parsed when it is asked for.

    `paths` are the files in which statements are looked for that change what other files define.
    """

    def __init__(self, project: Project, paths: Iterable[str] = (), texts: Texts | None = None) -> None:
        self.project = project
        self._texts = texts or Texts()
        self._paths = sorted(paths)
        self._by_line: dict[str, dict[int, Definition]] = {}
        self._bindings: dict[str, dict[str, list[ast.stmt]]] = {}
        self._changes: dict[str, list[tuple[Key, bool]]] | None = None
        self._decorated: dict[str, list[Key]] = {}
        self._contents: dict[tuple[Key, ...], Term] = {}
        self._extra: dict[Key, ast.AST] = {}
        self._links: dict[Key, tuple[Link, ...]] = {}
        self._pieces: dict[Key, Piece | None] = {}
        self._methods: dict[Key, tuple[tuple[str, Key], ...]] = {}

    def tree(self, path: str) -> ast.Module:
        tree = self._texts.tree(self.project.source(path))
        if tree is None:
            raise Unparsed(path)
        return tree

    def _at(self, path: str, line: int) -> Definition | None:
        if path not in self._by_line:
            found = (node for node in statements(self.tree(path).body) if isinstance(node, Definition))
            self._by_line[path] = {node.lineno: node for node in found}
        return self._by_line[path].get(line)

    def function(self, method: Method) -> ast.FunctionDef | None:
        node = self._at(method.path, method.facts.line)
        return node if isinstance(node, ast.FunctionDef) else None

    def cls(self, id: ClassId) -> ast.ClassDef | None:
        info = self.project.classes.get(id)
        node = self._at(info.path, info.facts.line) if info is not None else None
        return node if isinstance(node, ast.ClassDef) else None

    def named_function(self, path: str, name: str) -> Method | None:
        """A function at module level by its name."""
        known = path in self.project.files
        return self.project.function(Symbol(SymbolKind.FUNCTION, f"{path}::{name}")) if known else None

    # -- names that statements bind ----------------------------------------------------------------------------

    def bindings(self, path: str, name: str) -> list[ast.stmt]:
        """The statements at module level that give a name its value, or may change what it holds."""
        if path not in self.project.files:
            return []
        if path not in self._bindings:
            found: dict[str, list[ast.stmt]] = {}
            for statement in self.tree(path).body:
                for each in dict.fromkeys(touched(statement)):
                    found.setdefault(each, []).append(statement)
            self._bindings[path] = found
        return self._bindings[path].get(name, [])

    def split(self, path: str, name: str) -> bool:
        """Whether a condition at module level decides what a name stands for."""
        found = self.bindings(path, name)
        return any(isinstance(each, ast.If) and "TYPE_CHECKING" not in ast.dump(each.test) for each in found)

    def of_file(self, path: str) -> Term:
        """A file with all that it refers to."""
        return self.content([("file", path, "")])

    def assigned(self, path: str, name: str) -> ast.expr | None:
        """The value of a module-level name that is given one once, and that nothing changes."""
        if path not in self.project.files or self.changes(f"{path}::{name}"):
            return None
        return _value(self.bindings(path, name), name)

    def class_level(self, id: ClassId, name: str) -> ast.expr | Term | None:
        """The value of a name in a class's own body; a term where it is more than one expression."""
        node, path = self.cls(id), id.partition("::")[0]
        body = node.body if node is not None else []
        found = [each for each in body if not isinstance(each, Definition) and name in touched(each)]
        if not found and not self.changes(f"{id}.{name}"):
            return None
        value = _value(found, name) if not self.changes(f"{id}.{name}") else None
        return value if value is not None else self.content([*self._keys_of(found, path, id), class_key(id)])

    # -- statements that change what others define -------------------------------------------------------------

    def changes(self, target: str, stored: bool = False) -> list[Key]:
        """What may change a class, a function, a variable or a name of torch, or (`stored`) gives it other contents."""
        if self._changes is None:
            self._changes = {}
            for path in self._paths:
                self._note_changes(path)
        return [key for key, stores in self._changes.get(target, ()) if stores or not stored]

    def changed(self, known: Set[str]) -> dict[str, list[Key]]:
        """Everything outside of `known` files that statements elsewhere change, with these statements."""
        self.changes("")
        outside = {t: found for t, found in (self._changes or {}).items() if t.partition("::")[0] not in known}
        return {target: [key for key, _ in found] for target, found in outside.items()}

    def _note_changes(self, path: str) -> None:
        try:
            body = self.tree(path).body
        except Unparsed:
            return
        for statement in body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self._note_decorators(path, statement)
            for name, stores in dict.fromkeys(altered(statement)):
                self._note_change(path, name, stores, statement)

    def _note_decorators(self, path: str, definition: ast.FunctionDef | ast.ClassDef) -> None:
        for decorator in definition.decorator_list:
            name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            symbol = self.project.resolve(path, name) if name is not None else None
            if symbol is not None and symbol.kind is SymbolKind.FUNCTION:
                kind = "class" if isinstance(definition, ast.ClassDef) else "function"
                self._decorated.setdefault(symbol.target, []).append((kind, path, definition.name))

    def decorated(self, key: Key) -> list[Key]:
        """What a function decorates."""
        return self._decorated.get(f"{key[1]}::{key[2]}", []) if key[0] == "function" else []

    def _note_change(self, path: str, name: str, stores: bool, statement: ast.stmt) -> None:
        assert self._changes is not None
        symbol, _ = self._resolved(path, name, "")
        if symbol is None or symbol.kind is SymbolKind.MODULE:
            return
        foreign = symbol.kind is SymbolKind.EXTERNAL
        own = symbol.kind is SymbolKind.VARIABLE and symbol.target.startswith(f"{path}::")
        if (own and not isinstance(statement, Definition)) or (foreign and not stores):
            return
        if isinstance(statement, Definition) and name.partition(".")[0] in bound_names(statement):
            return
        (key,) = self._keys_of([statement], path, "")
        if isinstance(statement, ast.FunctionDef):
            key = ("function", path, statement.name)
        for target in (symbol.target, symbol.target.rpartition(".")[0])[: 1 + foreign]:
            self._changes.setdefault(target, []).append((key, stores))

    # -- terms for code ----------------------------------------------------------------------------------------

    def of_function(self, method: Method) -> Term:
        """A function with all that it refers to in the project."""
        return self.content([key_of(method)])

    def of_class(self, id: ClassId) -> Term:
        """How instances of a class are made, with all that this refers to in the project; its name does not matter."""
        return self.content([class_key(id)]) if id in self.project.classes else Term("name", (id,))

    def of_call(self, id: ClassId) -> Term:
        """How instances of a class are made, and what runs when they are called."""
        return self.content([class_key(id), ("method", id, "forward")])

    def of_symbol(self, symbol: Symbol) -> Term:
        """What a name stands for, by its content."""
        key = self._key(symbol)
        return self.content([key]) if key is not None else Term("name", (symbol.target,))

    def around(self, id: ClassId) -> Term | None:
        """What else than its constructors makes an instance of a class: metaclasses, `__new__`, changes by others."""
        keys: list[Key] = []
        for each in self.project.mro(id):
            node, path = self.cls(each), each.partition("::")[0]
            if node is not None:
                inner = [inner for inner in node.body if isinstance(inner, Definition) and inner.name in AROUND]
                wrapped = [one for one in node.decorator_list if not self.keeps(one, path)]
                keys += self._keys_of([*wrapped, *node.keywords, *inner], path, each)
            keys += self.changes(each)
        return self.content(keys) if keys else None

    def keeps(self, decorator: ast.expr, path: str) -> bool:
        """Whether a decorator leaves what it is put on as it is."""
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = dotted(callee)
        symbol = self.project.resolve(path, name) if name is not None else None
        if symbol is None or symbol.kind is SymbolKind.EXTERNAL:
            return (symbol.target if symbol is not None else name or "").rpartition(".")[2] in HARMLESS
        method = self.project.function(symbol) if symbol.kind is SymbolKind.FUNCTION else None
        function = self.function(method) if method is not None else None
        if function is not None and callee is not decorator:
            inner = [each for each in function.body if isinstance(each, ast.FunctionDef)]
            function = inner[0] if len(inner) == 1 and hands_back(function, inner[0].name) else None
        first = function.args.args[0].arg if function is not None and function.args.args else ""
        return function is not None and hands_back(function, first) and not changes_it(function, first)

    def of_nodes(self, nodes: Sequence[ast.AST], path: str, qualname: str) -> Term:
        """Some code in a file, with all that it refers to in the project."""
        return self.content(self._keys_of(nodes, path, f"{path}::{qualname}"))

    def free(self, nodes: Sequence[ast.AST]) -> tuple[str, ...]:
        """The names that a piece of code takes from around it, in order."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self._texts.piece(nodes).names))

    def _keys_of(self, nodes: Sequence[ast.AST], path: str, scope: str) -> list[Key]:
        keys: list[Key] = [("node", path, f"{scope.partition('::')[2]} {id(node)}") for node in nodes]
        self._extra.update(zip(keys, nodes, strict=True))
        return keys

    def _key(self, symbol: Symbol) -> Key | None:
        path, _, name = symbol.target.partition("::")
        match symbol.kind:
            case SymbolKind.CLASS:
                return class_key(symbol.target)
            case SymbolKind.FUNCTION:
                return "function", path, name
            case SymbolKind.VARIABLE if path in self.project.files:
                return "variable", path, name
            case _:
                return None

    def content(self, keys: Sequence[Key]) -> Term:
        """Definitions with all that they reach, as one term."""
        asked = tuple(keys)
        if asked not in self._contents:
            self._contents[asked] = content(self, asked)
        return self._contents[asked]

    def common(self, keys: Sequence[Key], other: Code, others: Sequence[Key]) -> Term | None:
        """The one term of some definitions and those of another version; None where they differ."""
        asked, twins = tuple(keys), tuple(others)
        term = common(self, other, asked, twins)
        if term is not None:
            self._contents[asked] = other._contents[twins] = term
        return term

    def piece(self, key: Key) -> Piece | None:
        """The code of a definition alone."""
        if key not in self._pieces:
            nodes = self._nodes(key)
            self._pieces[key] = self._texts.piece(nodes) if nodes else None
        return self._pieces[key]

    def methods(self, key: Key) -> tuple[tuple[str, Key], ...]:
        """The methods of a class by name."""
        if key[0] != "class":
            return ()
        if key not in self._methods:
            id = f"{key[1]}::{key[2]}"
            names = dict.fromkeys(each.name for each in self._body(id) if isinstance(each, Definition))
            self._methods[key] = tuple((name, ("method", id, name)) for name in names)
        return self._methods[key]

    def _body(self, id: ClassId) -> list[ast.stmt]:
        node = self.cls(id)
        return node.body if node is not None else []

    def _nodes(self, key: Key) -> Sequence[ast.AST]:
        kind, place, name = key
        match kind:
            case "class":
                if (node := self.cls(f"{place}::{name}")) is None:
                    return []
                inner = [each for each in without_docstring(node.body) if not isinstance(each, Definition)]
                return [*node.decorator_list, *node.bases, *node.keywords, *inner] or [_EMPTY]
            case "method":
                return [each for each in self._body(place) if isinstance(each, Definition) and each.name == name]
            case "function":
                found = [f for f in self.project.files[place].functions if f.name == name]
                return [each for f in found if (each := self._at(place, f.line)) is not None]
            case "variable":
                return self.bindings(place, name)
            case "file":
                return self.tree(place).body if place in self.project.files else []
            case _:
                return [self._extra[key]]

    def _resolved(self, path: str, name: str, scope: str) -> tuple[Symbol | None, str]:
        """What the longest part of a dotted name stands for, and the rest."""
        rest: list[str] = []
        while name:
            symbol = self.project.resolve(path, name, scope)
            if symbol is not None:
                return symbol, ".".join(reversed(rest))
            name, _, last = name.rpartition(".")
            rest.append(last)
        return None, ".".join(reversed(rest))

    def meaning(self, key: Key, name: str) -> tuple[Key | None, str]:
        """The definition that a name stands for in another, or None and the name that it has for everybody."""
        path, around = scope(key)
        symbol, rest = self._resolved(path, name, around)
        found = self._key(symbol) if symbol is not None else None
        if found is not None:
            return found, rest
        if symbol is not None and symbol.kind is SymbolKind.MODULE:
            return ("file", symbol.target, ""), rest
        head, _, tail = name.partition(".")
        if symbol is None and self.bindings(path, head):
            return ("variable", path, head), tail
        return None, unbound(name) if symbol is None else everywhere(".".join(filter(None, (symbol.target, rest))))

    def links(self, key: Key, piece: Piece) -> tuple[Link, ...]:
        """What a definition refers to, in order; then what is known to change it."""
        if key not in self._links:
            changes = [change for target in _targets(key) for change in self.changes(target)]
            behind = [each for change in changes if key[0] == "variable" for each in self.decorated(change)]
            named = [self._link(key, name) for name in piece.names]
            self._links[key] = (*named, Link("", (*changes, *behind)))
        return self._links[key]

    def _link(self, key: Key, name: str) -> Link:
        """A name in a definition, with all that it may stand for."""
        found, rest = self.meaning(key, name)
        path, head = scope(key)[0], name.partition(".")[0]
        met = [found] if found is not None else []
        if self.split(path, head):
            met.append(("variable", path, head))
        if found is None:
            met += self.changes(rest, stored=True)
        return Link(rest, tuple(met), (name,) if found is None and key[0] in ("class", "node") else ())


def _targets(key: Key) -> Iterator[str]:
    """What changes to a definition are known under."""
    if key[0] != "node":
        yield f"{key[1]}::{key[2]}" if key[0] != "method" else f"{key[1]}.{key[2]}"


def key_of(method: Method) -> Key:
    """The key of a function or method."""
    if method.owner is None:
        return "function", method.path, method.facts.name
    return "method", method.owner, method.facts.name


def class_key(id: ClassId) -> Key:
    """The key of a class."""
    path, _, name = id.partition("::")
    return "class", path, name


def _value(statements: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """What the only statement that binds a name assigns to it."""
    match statements:
        case [ast.Assign(targets=[ast.Name(id=target)], value=value)] if target == name:
            return value
        case [ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)] if target == name:
            return value
        case _:
            return None
