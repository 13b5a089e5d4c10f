"""bytes -> FileFacts: one tree-sitter parse, one pass of the queries in python.scm, one sweep over the captures."""

from __future__ import annotations

import ast
import functools
import re
from bisect import bisect_left
from importlib import resources
from operator import attrgetter
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments, followed
from initlint.facts.imports import IMPORTERS, imported_by_call, imports
from initlint.facts.receivers import NO_INSTANCE, UNKNOWN, meant, normalise
from initlint.facts.records import FileFacts, Import, Local, Store, Variable
from initlint.facts.scopes import WORD, Captures, Scope, Scopes
from initlint.facts.spelled import Spelling, dotted_path, string_pattern
from initlint.facts.suppressions import suppressions
from initlint.facts.targets import (
    UNPACKED,
    attribute_targets,
    filled_name,
    item_targets,
    plain_names,
    value_of,
    where_installed,
)
from initlint.facts.unreachable import reachable
from initlint.facts.vocabulary import (
    EVALUATIONS,
    FETCHERS,
    GETTERS,
    GUARDED,
    LOOKUPS,
    REDUCE,
    REGISTRATIONS,
    REGISTRIES,
    SETTERS,
    SPOKEN,
    registry_owner,
)

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

_IN_REGISTRY = re.compile(rf"\b(?:{'|'.join(REGISTRIES)})\b|\bvars\(".encode())
COMMENT_RUN = 200
_COMMENT_RUN = re.compile(rb"(?m)(?:^[ \t]*#[^\r\n\"']*\r?\n){%d,}" % COMMENT_RUN)
_START, _END = attrgetter("start_byte"), attrgetter("end_byte")
_REMEMBERED = 20_000
_DOTTED = re.compile(r"[^\W\d][\w.]*")
_STRING_NAME = re.compile(r"""["']([^\W\d][\w.]*)["']""")


@functools.cache
def language() -> Language:
    import tree_sitter_python
    from tree_sitter import Language

    return Language(tree_sitter_python.language())


@functools.cache
def parser() -> Parser:
    from tree_sitter import Parser

    return Parser(language())


@functools.cache
def _query() -> Query:
    from tree_sitter import Query

    return Query(language(), resources.files(__package__).joinpath("python.scm").read_text())


def extract(source: bytes) -> FileFacts:
    """The facts of one file, given as UTF-8; a syntax error only costs the statement that contains it."""
    from tree_sitter import QueryCursor

    source = without_comment_runs(source)
    root = parser().parse(source).root_node
    captures = reachable(QueryCursor(_query()).captures(root))
    sweep = _Sweep(source, root, captures)
    sweep.attributes()
    sweep.calls()
    sweep.values()
    sweep.mentions()
    scopes = sweep.scopes
    return FileFacts(
        imports=(*imports(sorted(captures.get("import", ()), key=_START)), *sweep.imported),
        variables=tuple(sweep.variables),
        classes=scopes.class_records(),
        functions=scopes.function_records(scopes.module),
        module_level=scopes.function_record(scopes.module),
        errors=_errors(source, captures) if root.has_error or "error" in captures else (),
        suppressions=suppressions(source, root),
    )


def in_order(captures: Captures) -> Captures:
    """Captures in the order of the source, outer nodes first; tree-sitter does not guarantee an order."""
    return {name: sorted(sorted(nodes, key=_END, reverse=True), key=_START) for name, nodes in captures.items()}


def without_comment_runs(source: bytes) -> bytes:
    """Blank out long runs of comment lines, on which tree-sitter takes quadratic time; every offset stays."""
    if source.count(b"#") < COMMENT_RUN:
        return source
    return _COMMENT_RUN.sub(lambda run: re.sub(rb"[^\r\n]", b" ", run.group()), source)


def _errors(source: bytes, captures: Captures) -> tuple[int, ...]:
    """Lines with errors: only if Python's own parser agrees, since its grammar is the one that counts."""
    try:
        ast.parse(source.decode())
    except SyntaxError as error:
        return (error.lineno or 1,)
    except (ValueError, RecursionError, MemoryError):
        return tuple(sorted({node.start_point.row + 1 for node in captures.get("error", [])})[:1]) or (1,)
    return ()


class _Sweep:
    """Sorts every capture into its scope."""

    def __init__(self, source: bytes, root: Node, captures: Captures) -> None:
        self.source = source
        self.root = root
        self.captures = captures
        self.scopes = Scopes(source, captures)
        self.variables: list[Variable] = []
        self.imported: list[Import] = []
        self.text = self.scopes.text
        self._spelling = Spelling()
        self._named: list[tuple[Scope, str, Node]] = []

    def receiver(self, node: Node) -> str:
        return normalise(self.text(node))

    def attributes(self) -> None:
        """Every attribute that is read, by its receiver."""
        self._patterns()
        for scope, _, text in self.scopes.places("attribute", without="stored"):
            receiver, name = _read(text)
            if receiver != NO_INSTANCE:
                scope.reads[receiver][name] = None

    def calls(self) -> None:
        """What is called, what is read or stored by a name in a string, and which calls have unused results."""
        for scope, start, text in self.scopes.places("callee"):
            callee, plain, spoken = _called(text)
            if scope.keeps:
                scope.made.append((start, callee))
            if plain:
                scope.calls[callee] = None
            if spoken:
                self._spoken(scope, callee, start, start + len(text))
        for scope, start, text in self.scopes.places("table"):
            if scope.keeps:
                scope.made.append((start, _called(text)[0] + "[]"))
            if _IN_REGISTRY.search(text) and (owner := registry_owner(text.decode())):
                self._looked_up(scope, normalise(owner), start, len(text))
        for scope in self.scopes.all():
            scope.made.sort()
        self._discarded()

    def _looked_up(self, scope: Scope, owner: str, start: int, length: int) -> None:
        """`self._modules["x"]` reads x, unless it is a target; a computed key of another module may be any name."""
        node = self.root.named_descendant_for_byte_range(start, start + length)
        item = node.parent if node is not None else None
        key = item.child_by_field_name("subscript") if item is not None else None
        names = self._keys(scope, owner, key) if key is not None else ()
        around = item.parent if item is not None else None
        if around is not None and around.child_by_field_name("left") != item:
            scope.reads[owner].update(dict.fromkeys(names))

    def _keys(self, scope: Scope, owner: str, key: Node) -> tuple[str, ...]:
        name = string_pattern(self.text(key))
        if name or owner == scope.instance or key.type == "slice":
            return (name,) if name else ()
        return self._read_names(key)

    def _discarded(self) -> None:
        for node in sorted(self.captures.get("discarded", ()), key=_START):
            scope = self.scopes.at(node.start_byte)
            if scope.builds:
                made = _between(scope.made, node.start_byte, node.end_byte)
                if len(made) > 1 and (owner := filled_name(node)):
                    self._built(scope, owner, made[1:])
                else:
                    starts = {call.start_byte for call in _givers(node)}
                    self._built(scope, "", [entry for entry in made if entry[0] in starts])

    def _spoken(self, scope: Scope, callee: str, start: int, end: int) -> None:
        """A call that names in a string, or by a class, what it reads, stores or expects."""
        function = self.root.named_descendant_for_byte_range(start, end)
        node = function.parent if function is not None else None
        if node is None:
            return
        owner, _, name = callee.rpartition(".")
        arguments = call_arguments(node)
        if IMPORTERS.fullmatch(name):
            self.imported += imported_by_call(node)
        elif name in FETCHERS or name == REDUCE or (not owner and name == "getattr"):
            self._by_string(scope, name, node)
        elif name in SETTERS:
            self._setting(scope, owner, node)
        elif name in EVALUATIONS:
            self._evaluated(scope, arguments)
        elif not owner:
            self._guard(scope, name, arguments)
        elif name in REGISTRATIONS:
            self._registration(scope, owner, node)
        elif name in LOOKUPS and arguments:
            path = string_pattern(self.text(arguments[-1]))
            if path or name not in GETTERS or scope.name.rpartition(".")[2] not in GETTERS:
                self._path(scope, owner if len(arguments) == 1 else self.receiver(arguments[0]), path or "*")

    def _built(self, scope: Scope, name: str, made: list[tuple[int, str]]) -> None:
        """The calls whose result a method assigns to a local name, or leaves unused."""
        scope.locals += [Local(name, callee, start) for start, callee in made if not callee.endswith("[]")]

    def _by_string(self, scope: Scope, callee: str, node: Node) -> None:
        arguments = call_arguments(node)
        if callee == REDUCE:
            if (reduced := followed(node)) is not None:
                self._path(scope, self.receiver(reduced[0]), dotted_path(reduced[1]) or "*")
        elif callee in FETCHERS:
            applied = node.parent if node.parent is not None and node.parent.type == "call" else None
            given = call_arguments(applied) if applied is not None else []
            receiver = self.receiver(given[0]) if given else UNKNOWN
            for path in arguments if callee == "attrgetter" else arguments[:1]:
                self._path(scope, receiver, string_pattern(self.text(path)) or "*")
        elif len(arguments) >= 2:
            receiver = self.receiver(arguments[0])
            names = self._read_names(arguments[1])
            missed = [GUARDED + name for name in names if "*" not in name] if len(arguments) == 3 else []
            scope.reads[receiver].update(dict.fromkeys([*names, *missed]))

    def _setting(self, scope: Scope, owner: str, node: Node) -> None:
        """`setattr(self, "x", value)`, `object.__setattr__(self, "x", value)`, `super().__setattr__("x", value)`."""
        arguments = call_arguments(node)
        target = self.receiver(arguments[0]) if len(arguments) == 3 else owner
        if len(arguments) in (2, 3):
            own = bool(scope.instance) and target in (scope.instance, "super()")
            self._given(scope, arguments[-2], node, own)

    def _given(self, scope: Scope, name: Node, call: Node, own: bool) -> None:
        """A call that sets a named attribute on the instance, or on something else."""
        for each in self._spelling.names(name):
            if own:
                self._named.append((scope, each, call))
            else:
                scope.gives[each] = None

    def _read_names(self, node: Node) -> tuple[str, ...]:
        """What `getattr` reads: a variable is left to later stages, a pattern is written out."""
        pattern = string_pattern(self.text(node))
        return self._spelling.names(node) if "*" in pattern else (pattern or "*",)

    def _path(self, scope: Scope, receiver: str, path: str) -> None:
        """A dotted path in a string reads its first name from the receiver, and each other from the one before."""
        for name in path.split("."):
            scope.reads[receiver][name] = None
            receiver = f"{receiver}.{name}"

    def _patterns(self) -> None:
        """`match x: case Cls(name=...)` reads name from x."""
        for node in sorted(self.captures.get("pattern", ()), key=_START):
            match: Node | None = node
            while match is not None and match.type != "match_statement":
                match = match.parent
            subject = match.child_by_field_name("subject") if match is not None else None
            if subject is not None:
                self.scopes.at(node.start_byte).reads[self.receiver(subject)][self.text(node)] = None

    def _guard(self, scope: Scope, callee: str, arguments: list[Node]) -> None:
        if len(arguments) == 2:
            name = string_pattern(self.text(arguments[1])) if callee == "hasattr" else ""
            scope.reads[self.receiver(arguments[0])][GUARDED + name] = None

    def _evaluated(self, scope: Scope, arguments: list[Node]) -> None:
        """Code in a string reads what it names; code known only at run time may read anything."""
        if arguments and scope.instance:
            code = string_pattern(self.text(arguments[0]))
            names = re.findall(rf"\b{re.escape(scope.instance)}\.([\w*]+)", code) if code else ["*"]
            for name in names:
                scope.reads[scope.instance][name] = None

    def _registration(self, scope: Scope, receiver: str, node: Node) -> None:
        given = call_arguments(node)
        arguments = from_name(receiver, given, scope.instance)
        if given:
            self._given(scope, (arguments or given)[0], node, own=bool(scope.instance and arguments))

    def values(self) -> None:
        """What is assigned: attributes of the instance, class-level names, module-level aliases, names used once."""
        targets = [(self.scopes.at(n.start_byte), n) for n in sorted(self.captures.get("assignment", ()), key=_START)]
        for scope, node in targets:
            if scope.instance and (left := node.child_by_field_name("left")) and left.type in UNPACKED:
                scope.assigned.update(name.text or b"" for name in plain_names(left))
        for scope, _, text in self.scopes.places("walrus"):
            if scope.instance:
                scope.assigned.add(text)
        self._names()
        for scope, name, node in self._named:
            self._store(scope, name, node, node)
        for scope, node in targets:
            left, right = node.child_by_field_name("left"), value_of(node)
            if left is not None and right is not None:
                for target in attribute_targets(left) + item_targets(left):
                    self._attribute_value(scope, target, node, right)
                if left.type == "subscript" and scope.builds and (owner := filled_name(left)):
                    self._built(scope, owner, _between(scope.made, right.start_byte, right.end_byte))

    def _names(self) -> None:
        """Statements that assign a single plain name."""
        for node in sorted(self.captures.get("name", ()), key=_START):
            scope = self.scopes.at(start := node.start_byte)
            if scope.instance and (name := WORD.match(self.source, start)):
                scope.assigned.add(name.group())
                if scope.builds and scope.made:
                    self._built(scope, name.group().decode(), _between(scope.made, start, node.end_byte))
            elif scope.kind in ("module", "class"):
                self._outer_name(scope, node, start)

    def _outer_name(self, scope: Scope, node: Node, start: int) -> None:
        """A name at module or class level."""
        name, value = node.child_by_field_name("left"), value_of(node)
        if name is None or value is None:
            return
        if scope.kind == "class":
            self._store(scope, self.text(name), node, value)
        else:
            written = self.text(where_installed(value))
            dotted = written if _DOTTED.fullmatch(written) else ""
            self.variables.append(Variable(self.text(name), dotted, start))

    def _attribute_value(self, scope: Scope, target: Node, node: Node, right: Node) -> None:
        text = self.text(target)
        if target.type == "subscript":
            registry, key = (target.child_by_field_name(field) for field in ("value", "subscript"))
            owner, named = (self.text(part) if part is not None else "" for part in (registry, key))
            receiver, name = registry_owner(owner), string_pattern(named) or "*"
        else:
            receiver, _, name = text.rpartition(".")
        if scope.instance and receiver.strip() == scope.instance:
            self._store(scope, name.strip(), node, right)
        elif target.type == "attribute":
            scope.gives[name.strip()] = None

    def _store(self, scope: Scope, attribute: str, statement: Node, value: Node) -> None:
        start, end = value.start_byte, value.end_byte
        callees = tuple(dict.fromkeys(callee for _, callee in _between(scope.made, start, end)))
        indirect = bool(scope.assigned) and not scope.assigned.isdisjoint(WORD.findall(self.source, start, end))
        strings = tuple(_STRING_NAME.findall(self.text(value))) if scope.kind == "class" else ()
        row = statement.start_point.row + 1
        scope.stores.append(Store(attribute, row, statement.start_byte, callees, indirect, strings))

    def mentions(self) -> None:
        for scope, _, text in self.scopes.places("mention"):
            scope.mentions[text.decode()] = None


@functools.lru_cache(maxsize=_REMEMBERED)
def _read(attribute: bytes) -> tuple[str, str]:
    """The receiver and the name that an attribute reads."""
    receiver, _, name = attribute.rpartition(b".")
    return normalise(receiver.decode()), meant(name.strip().decode())


@functools.lru_cache(maxsize=_REMEMBERED)
def _called(function: bytes) -> tuple[str, bool, bool]:
    """The callee, whether that is a plain name, and whether its arguments are names."""
    written = function.decode()
    callee = normalise(written)
    name = callee.rpartition(".")[2]
    spoken = name in SPOKEN or IMPORTERS.fullmatch(name) is not None
    return callee, callee == written and callee.isidentifier(), spoken


def from_name(receiver: str, arguments: list[Node], instance: str) -> list[Node]:
    """The arguments of a registration on the instance, starting with the name, also for `nn.Module.add_module(self,
    ...)`."""
    if receiver in (instance, "super()"):
        return arguments
    return arguments[1:] if arguments and arguments[0].text == instance.encode() else []


def _givers(node: Node) -> list[Node]:
    """The calls that an expression's value comes from: not those that make arguments of others."""
    if node.type == "call":
        function = node.child_by_field_name("function")
        return [node, *(_givers(function) if function is not None else [])]
    if node.type in ("binary_operator", "unary_operator", "parenthesized_expression", "attribute", "subscript"):
        return [call for child in node.named_children for call in _givers(child)]
    return []


def _between(made: list[tuple[int, str]], start: int, end: int) -> list[tuple[int, str]]:
    return made[bisect_left(made, (start, "")) : bisect_left(made, (end, ""))]
