"""The code of a project as terms: equal terms do the same, whatever their names and places."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from initlint.comparison.bindings import Assigned, Defined, binding, bound
from initlint.comparison.changes import Changes
from initlint.comparison.decorators import (
    keeps,
    named_by_members,
    wraps_forward,
)
from initlint.comparison.loading import Loading, ambient
from initlint.comparison.names import Names
from initlint.comparison.packages import unbound
from initlint.comparison.pieces import Definition, Piece, callee, dotted, generic, heading
from initlint.comparison.reach import Key, Link, Walk, class_key, key_of, scope, targets
from initlint.comparison.sketches import STAR
from initlint.comparison.statements import heads
from initlint.comparison.terms import Term
from initlint.comparison.trees import Texts, Trees
from initlint.construction import knowledge
from initlint.project.classes import Method
from initlint.project.imports import SymbolKind
from initlint.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from initlint.project.classes import ClassId
    from initlint.project.project import Project

AROUND = (
    "__new__ __getattr__ __getattribute__ __setattr__ __delattr__ __init_subclass__ __get__ __set__ __set_name__"
    " __prepare__ __instancecheck__ __class_getitem__"
).split()
"""Methods that Python calls by itself when an instance is made or an attribute is read or set."""

WRAPPER = "__init_subclass__"

TRANSPARENT = frozenset({"object", "Generic", "Protocol", "ABC"})
"""Base classes that add nothing to instances."""

ORDINARY = frozenset({*AROUND, "__init__", "__post_init__", "__call__", "__enter__", "__exit__"})
"""Methods that are followed or compared when an instance is made."""

CONSTRUCTORS = ("__init__", "__post_init__")

Defining = TypeVar("Defining", bound=Definition)


class Code(Trees):
    """The meaning of one project's code.

    `paths` are searched for statements that change definitions elsewhere. `moved` are those of them that the other
    version imports differently, and `changed` those whose text differs, which are searched for differences first.
    """

    def __init__(
        self,
        project: Project,
        paths: Iterable[str],
        texts: Texts,
        changed: frozenset[str] = frozenset(),
        moved: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(project, texts)
        self.changed = changed
        self.moved = moved
        self.loading = Loading(project)
        self.names = Names(project, self.tree, texts.sketches)
        self.changes = Changes(self, self.names, moved.union(paths))
        self._contents: dict[tuple[Key, ...], Term] = {}
        self._extra: dict[Key, ast.AST] = {}
        self._alike: dict[tuple[str, Piece, tuple[Link, ...]], Key] = {}

    # -- names that statements bind ----------------------------------------------------------------------------

    def of_file(self, path: str) -> Term:
        """A file with everything that it refers to."""
        return self.content([("file", path, "")])

    def of_variable(self, path: str, name: str) -> Term:
        """A name at module level, with everything that decides its value."""
        return self.content([("variable", path, name)])

    def settled(self, path: str, name: str) -> bool:
        """Whether nothing changes the value of a module-level name once it is bound."""
        own = path in self.project.own
        return own and not self.names.changed(path, name) and not self.changes.of(f"{path}::{name}")

    def class_level(self, id: ClassId, name: str) -> ast.expr | Term | None:
        """The value of a name in the body of a class; a term if it takes more than one expression."""
        found = self._level_of(id).get(name, [])
        plain = all(isinstance(each, Definition) for each in found)
        changes = [*self.changes.of(f"{id}.{name}"), *(() if plain else self.changes.of(id))]
        if plain and not changes:
            return None
        value = binding(found, name, lambda _: None)
        if len(found) == 1 and isinstance(value, Assigned) and not changes:
            return value.value
        return self.content([*self._keys_of(found, id.partition("::")[0], id), *changes, class_key(id)])

    @remembered
    def _level_of(self, id: ClassId) -> dict[str, list[ast.stmt]]:
        """The statements in the body of a class, by the names that they bind or may change."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.body(id):
            for name in sorted(bound(statement).union(heads(statement))):
                found.setdefault(name, []).append(statement)
        return found

    # -- terms for code ----------------------------------------------------------------------------------------

    def of_function(self, method: Method) -> Term:
        """A function with everything that it refers to; if several have the name, including what decides between
        them."""
        alone = method.owner is not None or self.named_function(method.path, method.facts.name) is not None
        return self.content([key_of(method)]) if alone else self.of_variable(method.path, method.facts.name)

    def of_class(self, id: ClassId) -> Term:
        """How instances of a class are made, with everything that this refers to; the name of the class does not
        matter."""
        return self.content([class_key(id)]) if id in self.project.classes else Term("name", (id,))

    def whole(self, id: ClassId) -> Term:
        """A class with all of its methods, whether or not they are called."""
        classes = [each for each in self.project.mro(id) if each in self.project.classes]
        return self.content([key for each in classes for key in self._with_methods(each)])

    def _with_methods(self, id: ClassId) -> list[Key]:
        return [class_key(id), *(key for _, key in self.methods(class_key(id)))]

    def of_call(self, id: ClassId) -> Term:
        """How instances of a class are made, and what runs when they are called."""
        return self.content([class_key(id), ("method", id, "forward")])

    @remembered
    def around(self, id: ClassId) -> Term | None:
        """What besides constructors makes an instance: metaclasses, `__new__`, changes made elsewhere."""
        keys = [key for each in self.project.mro(id) if self.cls(each) is not None for key in self._around_one(each)]
        return self.content(keys) if keys else None

    def _around_one(self, id: ClassId) -> Iterator[Key]:
        """The same, for one class without its bases."""
        node, (path, _, qualname) = self.cls(id), id.partition("::")
        assert node is not None
        inner = [
            each
            for each in node.body
            if isinstance(each, Definition) and each.name in AROUND and not self._wraps_forward(each)
        ]
        inside = [
            each
            for name, found in self._level_of(id).items()
            if name in (*AROUND, *CONSTRUCTORS) and not all(isinstance(one, Definition) for one in found)
            for each in found
        ]
        wrapped = [one for one in node.decorator_list if not self.keeps(one, path)]
        bases = [base for base in node.bases if not self._is_class(base, path, id)]
        yield from self._keys_of([*wrapped, *node.keywords, *bases, *inner, *inside], path, id)
        if not self.names.once(path, qualname):
            yield class_key(id)
        if "." not in qualname and not self._stays(path, qualname):
            yield "variable", path, qualname
        yield from named_by_members(self, id)
        yield from ambient(self, path)
        yield from self.changes.of(id)

    def _wraps_forward(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.FunctionDef) and node.name == WRAPPER and wraps_forward(node)

    def rewrapped(self, id: ClassId) -> bool:
        """Whether calling an instance runs more than its `forward`."""
        bases = [each for each in self.project.mro(id) if each != id]
        return any(
            self._wraps_forward(each) for base in bases for each in self.body(base) if isinstance(each, Definition)
        )

    @remembered
    def special(self, id: ClassId) -> bool:
        """Whether instances are more than their attributes: operators, conversions, definitions made elsewhere."""
        infos = [self.project.classes[each] for each in self.project.mro(id) if each in self.project.classes]
        names = {name for info in infos for name in info.methods if name.startswith("__")}
        return not names <= ORDINARY or self.foreign(id)

    def foreign(self, id: ClassId) -> bool:
        """Whether a class inherits from one outside of the project and torch, so that instances may have more."""
        known = (each for each in self.project.mro(id) if each in self.project.classes)
        return any(
            dotted(generic(base)) not in TRANSPARENT and not self._is_module_or_own(base, each)
            for each in known
            for node in self.classes(each)
            for base in node.bases
        )

    def _is_module_or_own(self, base: ast.expr, id: ClassId) -> bool:
        name = dotted(generic(base))
        found, text = self.meaning(class_key(id), name) if name is not None else (None, "")
        return found is not None or knowledge.module(text) is not None or text.rpartition(".")[2] in TRANSPARENT

    def _stays(self, path: str, name: str) -> bool:
        """Whether the name of a class stands for nothing else."""
        found = self.names.binding(path, name)
        return isinstance(found, Defined) and isinstance(found.node, ast.ClassDef)

    def _is_class(self, base: ast.expr, path: str, id: ClassId) -> bool:
        """Whether a base is a known class, or one of another package."""
        name = dotted(generic(base))
        if name is None:
            return False
        found, rest = self.meaning(class_key(id), name)
        return found is None or (found[0] == "class" and not rest)

    @remembered
    def guessed(self, id: ClassId) -> str:
        """A base that several statements decide, of which the project took one; "" if there is none."""
        known = [each for each in self.project.mro(id) if each in self.project.classes]
        bases = ((base, each) for each in known for node in self.classes(each) for base in node.bases)
        found = (ast.unparse(base) for base, each in bases if self._is_guess(base, each))
        return next(found, "")

    def _is_guess(self, base: ast.expr, id: ClassId) -> bool:
        info, name = self.project.classes[id], dotted(base)
        found, _ = self.meaning(class_key(id), name) if name is not None else (None, "")
        if name is None or found is None or f"{found[1]}::{found[2]}" in info.bases:
            return False
        symbol = self.project.resolve(info.path, name, info.facts.qualname)
        return symbol is not None and self.project.class_of(symbol) in info.bases

    def keeps(self, decorator: ast.expr, path: str) -> bool:
        """Whether a decorator leaves what it decorates unchanged."""
        return keeps(self, decorator, path)

    def of_nodes(self, nodes: Sequence[ast.AST], path: str, qualname: str) -> Term:
        """Some code of a file, with everything that it refers to."""
        return self.content(self._keys_of(nodes, path, f"{path}::{qualname}"))

    def free(self, nodes: Sequence[ast.AST]) -> tuple[str, ...]:
        """The names that a piece of code takes from its surroundings, in order."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.texts.piece(nodes).names))

    def _keys_of(self, nodes: Sequence[ast.AST], path: str, scope: str) -> list[Key]:
        keys: list[Key] = [("node", path, f"{scope.partition('::')[2]} {id(node)}") for node in nodes]
        self._extra.update(zip(keys, nodes, strict=True))
        return keys

    @remembered
    def walk(self, *keys: Key) -> Walk:
        """A walk over what some definitions reach, to compare it with another."""
        return Walk(self, keys)

    def content(self, keys: Sequence[Key]) -> Term:
        """Some definitions with everything that they reach, as one term."""
        asked = tuple(map(self._first_alike, keys))
        if asked not in self._contents:
            self._contents[asked] = self.texts.contents.term(self.walk(*asked))
        return self._contents[asked]

    def _first_alike(self, key: Key) -> Key:
        """The first definition stands for all that are written alike in one file and mean the same."""
        piece = self.piece(key) if key[0] == "node" else None
        return key if piece is None else self._alike.setdefault((key[1], piece, self.links(key)), key)

    def common(self, keys: Sequence[Key], other: Code, others: Sequence[Key]) -> Term | None:
        """The common term of some definitions in both versions; None if they differ."""
        if not self.walk(*keys).equals(other.walk(*others)):
            return None
        term = self.content(keys)
        other._contents[tuple(others)] = term
        return term

    @remembered
    def piece(self, key: Key) -> Piece | None:
        """The code of a definition by itself."""
        nodes = self._nodes(key)
        return self.texts.piece(nodes) if nodes else None

    @remembered
    def methods(self, key: Key) -> tuple[tuple[str, Key], ...]:
        """The methods of a class by name."""
        if key[0] != "class":
            return ()
        id = f"{key[1]}::{key[2]}"
        names = dict.fromkeys(each.name for each in self.body(id) if isinstance(each, Definition))
        return tuple((name, ("method", id, name)) for name in names)

    def definitions(self, key: Key) -> Sequence[ast.AST]:
        """The nodes of a definition; for a class, the whole statements."""
        return self.classes(f"{key[1]}::{key[2]}") if key[0] == "class" else self._nodes(key)

    def _nodes(self, key: Key) -> Sequence[ast.AST]:
        kind, place, name = key
        match kind:
            case "class":
                return [part for node in self.classes(f"{place}::{name}") for part in heading(self._bare(node, place))]
            case "method":
                found = [each for each in self.body(place) if isinstance(each, Definition) and each.name == name]
                return [self._bare(each, place.partition("::")[0]) for each in found]
            case "function":
                lines = [each.line for each in self.project.files[place].functions if each.name == name]
                return [self._bare(each, place) for line in lines if (each := self.at(place, line)) is not None]
            case "variable":
                return self.names.statements(place, name)
            case "file":
                return self.tree(place).body if place in self.project.files else []
            case "statement":
                return [self.tree(place).body[int(name)]]
            case _:
                return [self._extra[key]]

    def _bare(self, node: Defining, path: str) -> Defining:
        """A definition without those decorators of the project that leave it unchanged."""
        kept = [each for each in node.decorator_list if not (self.keeps(each, path) and self._is_own(each, path))]
        if len(kept) == len(node.decorator_list):
            return node
        bare = copy.copy(node)
        bare.decorator_list = kept
        return bare

    def _is_own(self, decorator: ast.expr, path: str) -> bool:
        name = dotted(callee(decorator))
        symbol = self.project.resolve(path, name) if name is not None else None
        return symbol is not None and symbol.kind is not SymbolKind.EXTERNAL

    def meaning(self, key: Key, name: str) -> tuple[Key | None, str]:
        """The definition that a name stands for within another; or None, and its canonical name."""
        path, around = scope(key)
        head, _, rest = name.partition(".")
        while around:
            around = around.rpartition(".")[0]
            if f"{path}::{around}.{head}" in self.project.classes:
                return ("class", path, f"{around}.{head}"), rest
        found, text = self.names.lead(path, name)
        return found, text if found is not None or text else unbound(name)

    @remembered
    def links(self, key: Key) -> tuple[Link, ...]:
        """What the code of a definition refers to, in order; then its imports, and what is known to change it."""
        piece = self.piece(key)
        assert piece is not None
        changes = [change for target in targets(key) for change in self.changes.of(target)]
        behind = [each for change in changes if key[0] == "variable" for each in self.changes.decorated(change)]
        named = [self._link(key, name) for name in piece.names]
        return *named, Link("", (*self._imports(key, piece), *changes, *behind), (), (*changes, *behind))

    def _imports(self, key: Key, piece: Piece) -> Iterator[Key]:
        """What imports and computed names lead to; for a whole file, what its names use and star imports bring."""
        path = scope(key)[0]
        nodes = piece.imports
        if key[0] == "file":
            whole = set(self.tree(path).body)
            nodes = tuple(node for node in nodes if node not in whole or node.names[0].name == STAR)
        yield from self.names.imports(path, nodes)
        if piece.computed:
            yield from self.names.spelled(path, sorted(piece.members))
        if key[0] == "class" and "." not in key[2] and not self._stays(path, key[2]):
            yield "variable", path, key[2]

    def _link(self, key: Key, name: str) -> Link:
        """A name in a definition, with everything that it may stand for."""
        found, rest = self.meaning(key, name)
        if found is not None:
            return Link(rest, (found,))
        changes = tuple(self.changes.of(rest, stored=True))
        return Link(rest, changes, (name,) if key[0] in ("class", "node", "statement") else (), changes)
