"""bytes -> FileFacts: one tree-sitter parse, one pass of the queries in python.scm, one sweep over the captures."""

from __future__ import annotations

import ast
import functools
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from importlib import resources
from operator import attrgetter
from typing import TYPE_CHECKING

from initlint.facts.receivers import NO_INSTANCE, UNKNOWN, normalise
from initlint.facts.records import Class, FileFacts, Function, Import, Local, Store, Variable
from initlint.facts.spelled import spelled, string_pattern
from initlint.facts.suppressions import suppressions

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

Captures = dict[str, list["Node"]]

REGISTRATIONS = frozenset({"add_module", "register_module", "register_parameter", "register_buffer"})
"""Methods of nn.Module whose first argument names what their second argument becomes."""

GETTERS = frozenset({"__getattr__", "__getattribute__"})
"""What `getattr` runs: called by name it reads, with a name that the code says; any other is passed on by a getter."""

LOOKUPS = GETTERS | {"get_submodule", "get_parameter", "get_buffer"}
"""Methods of a module that read by a path in a string."""

EVALUATIONS = frozenset({"eval", "exec"})
"""Functions that run what a string says."""

SPOKEN = (
    REGISTRATIONS | LOOKUPS | EVALUATIONS | {"getattr", "setattr", "attrgetter", "hasattr", "isinstance", "issubclass"}
)
"""Functions whose arguments name attributes or classes."""

GUARDED = "?"
"""Stands among the reads of a receiver whose class the code tests; before a name, that the code tests with hasattr.

What is read from such a receiver need not all exist on it.
"""

COMMENT_RUN = 200
_COMMENT_RUN = re.compile(rb"(?m)(?:^[ \t]*#[^\r\n\"']*\r?\n){%d,}" % COMMENT_RUN)
_START, _END = attrgetter("start_byte"), attrgetter("end_byte")
_WORD = re.compile(rb"[^\W\d]\w*")
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
    """The facts of one file, given as UTF-8; errors in its syntax cost only the statements that they stand in."""
    from tree_sitter import QueryCursor

    source = without_comment_runs(source)
    root = parser().parse(source).root_node
    captures = in_order(QueryCursor(_query()).captures(root))
    sweep = _Sweep(source, captures)
    sweep.attributes()
    sweep.calls()
    sweep.values()
    sweep.mentions()
    return FileFacts(
        imports=tuple(_imports(captures.get("import", []))),
        variables=tuple(sweep.variables),
        classes=sweep.class_records(),
        functions=sweep.function_records(sweep.module),
        module_level=sweep.function_record(sweep.module),
        errors=_errors(source, captures) if root.has_error or "error" in captures else (),
        suppressions=suppressions(source, root),
    )


def in_order(captures: Captures) -> Captures:
    """Captures in the order of the source, outer nodes first; tree-sitter promises none."""
    return {name: sorted(sorted(nodes, key=_END, reverse=True), key=_START) for name, nodes in captures.items()}


def without_comment_runs(source: bytes) -> bytes:
    """Blank out long runs of comment lines, in which tree-sitter takes quadratic time; every offset stays."""
    if source.count(b"#") < COMMENT_RUN:
        return source
    return _COMMENT_RUN.sub(lambda run: re.sub(rb"[^\r\n]", b" ", run.group()), source)


def _errors(source: bytes, captures: Captures) -> tuple[int, ...]:
    """Lines with errors: only where Python's own parser agrees, since its grammar is the one that counts."""
    try:
        ast.parse(source.decode())
    except SyntaxError as error:
        return (error.lineno or 1,)
    except (ValueError, RecursionError, MemoryError):
        return tuple(sorted({node.start_point.row + 1 for node in captures.get("error", [])})[:1]) or (1,)
    return ()


@dataclass(slots=True)
class _Scope:
    """A class, function or lambda while its facts are being gathered; `start == -1` is the module."""

    kind: str
    start: int
    end: int
    parent: _Scope | None
    name: str = ""
    node: Node | None = None
    instance: str = ""
    reads: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    stores: list[Store] = field(default_factory=list)
    locals: list[Local] = field(default_factory=list)
    calls: dict[str, None] = field(default_factory=dict)
    mentions: dict[str, None] = field(default_factory=dict)
    made: list[tuple[int, str]] = field(default_factory=list)
    children: list[_Scope] = field(default_factory=list)


class _Sweep:
    """Puts every capture into the scope it stands in."""

    def __init__(self, source: bytes, captures: Captures) -> None:
        self.source = source
        self.captures = captures
        self.module = _Scope("module", -1, len(source) + 1, None, "<module>")
        self.variables: list[Variable] = []
        self._edges: list[int] = [-1]
        self._owners: list[_Scope] = [self.module]
        self._texts: dict[bytes, str] = {}
        self._named: list[tuple[_Scope, str, Node]] = []
        self._nest()

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def _nest(self) -> None:
        nodes = [
            (n.start_byte, -n.end_byte, k, n) for k in ("class", "function", "lambda") for n in self.captures.get(k, ())
        ]
        current = self.module
        for start, end, kind, node in sorted(nodes, key=lambda entry: entry[:2]):
            while start >= current.end:
                current = self._leave(current)
            name = node.child_by_field_name("name")
            scope = _Scope(kind, start, -end, current, self.text(name) if name else "<lambda>", node)
            current.children.append(scope)
            scope.instance = self._instance(scope)
            self._edges.append(start)
            self._owners.append(scope)
            current = scope
        while current is not self.module:
            current = self._leave(current)

    def _leave(self, scope: _Scope) -> _Scope:
        assert scope.parent is not None
        self._edges.append(scope.end)
        self._owners.append(scope.parent)
        return scope.parent

    def _instance(self, scope: _Scope) -> str:
        """The name by which the code of this scope knows the instance of the class around it."""
        assert scope.parent is not None and scope.node is not None
        if scope.kind == "class":
            return ""
        parameters = scope.node.child_by_field_name("parameters")
        names = _parameters(self.source, parameters) if parameters else []
        if scope.parent.kind == "class" and scope.kind == "function":
            static = any(d.startswith(("staticmethod", "classmethod")) for d in self._decorators(scope.node))
            return names[0] if names and not static else ""
        inherited = scope.parent.instance
        return "" if inherited in names else inherited

    def _decorators(self, node: Node) -> tuple[str, ...]:
        parent = node.parent
        if parent is None or parent.type != "decorated_definition":
            return ()
        return tuple(self.text(child)[1:].strip() for child in parent.children if child.type == "decorator")

    def scope(self, position: int) -> _Scope:
        return self._owners[bisect_right(self._edges, position) - 1]

    def receiver(self, text: bytes) -> str:
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = normalise(text.decode())
        return known

    def attributes(self) -> None:
        """Every attribute that is read, by the receiver that it is read from."""
        self._patterns()
        source, edges, owners = self.source, self._edges, self._owners
        stored = {n.start_byte << 32 | n.end_byte for n in self._targets()}
        for node in self.captures.get("attribute", ()):
            start, end = node.start_byte, node.end_byte
            if start << 32 | end in stored:
                continue
            left, _, name = source[start:end].rpartition(b".")
            receiver = self.receiver(left)
            if receiver != NO_INSTANCE:
                owners[bisect_right(edges, start) - 1].reads[receiver][name.strip().decode()] = None

    def _targets(self) -> list[Node]:
        found: list[Node] = []
        for node in self.captures.get("assignment", ()):
            if node.type == "assignment" and (left := node.child_by_field_name("left")):
                found += _attribute_targets(left)
        for node in self.captures.get("delete", ()):
            for child in node.named_children:
                found += _attribute_targets(child)
        for node in self.captures.get("target", ()):
            found += _attribute_targets(node)
        return found

    def calls(self) -> None:
        """Who is called, what is read or stored by a name in a string, and which calls nobody takes the result of."""
        for node in self.captures.get("call", ()):
            if function := node.child_by_field_name("function"):
                callee = self.receiver(self.source[function.start_byte : function.end_byte])
                scope = self.scope(node.start_byte)
                scope.made.append((node.start_byte, callee))
                if function.type == "identifier":
                    scope.calls[callee] = None
                if callee.rpartition(".")[2] in SPOKEN:
                    self._spoken(scope, callee, node)
        for node in self.captures.get("subscript", ()):
            if value := node.child_by_field_name("value"):
                table = self.receiver(self.source[value.start_byte : value.end_byte])
                self.scope(node.start_byte).made.append((node.start_byte, table + "[]"))
        for scope in self._scopes():
            scope.made.sort()
        for scope, name, node in self._named:
            self._store(scope, name, node, node)
        for node in self.captures.get("discarded", ()):
            scope = self.scope(node.start_byte)
            starts = {call.start_byte for call in _givers(node)}
            made = _between(scope.made, node.start_byte, node.end_byte)
            self._built(scope, "", [entry for entry in made if entry[0] in starts])

    def _spoken(self, scope: _Scope, callee: str, node: Node) -> None:
        """A call that says in a string, or by a class, what it reads, stores or expects."""
        owner, _, name = callee.rpartition(".")
        arguments = _arguments(node)
        if name == "attrgetter" or (not owner and name in ("getattr", "setattr")):
            self._by_string(scope, name, node)
        elif name in EVALUATIONS:
            self._evaluated(scope, arguments)
        elif not owner:
            self._guard(scope, name, arguments)
        elif name in REGISTRATIONS:
            self._registration(scope, owner, node)
        elif name in LOOKUPS and arguments:
            path = string_pattern(self.text(arguments[0]))
            if path or name not in GETTERS:
                self._path(scope, owner, path or "*")

    def _built(self, scope: _Scope, name: str, made: list[tuple[int, str]]) -> None:
        """The calls that a method makes for a local name, or for nobody."""
        if scope.instance and not scope.name.startswith("forward"):
            scope.locals += [Local(name, callee, start) for start, callee in made if not callee.endswith("[]")]

    def _by_string(self, scope: _Scope, callee: str, node: Node) -> None:
        arguments = _arguments(node)
        if callee == "attrgetter":
            applied = node.parent if node.parent is not None and node.parent.type == "call" else None
            given = _arguments(applied) if applied is not None else []
            receiver = self.receiver(self.text(given[0]).encode()) if given else UNKNOWN
            for path in arguments:
                self._path(scope, receiver, string_pattern(self.text(path)) or "*")
        elif len(arguments) >= 2:
            receiver = self.receiver(self.text(arguments[0]).encode())
            if callee == "getattr":
                scope.reads[receiver].update(dict.fromkeys(self._read_names(arguments[1])))
            elif callee == "setattr" and receiver == scope.instance:
                self._named += [(scope, each, node) for each in spelled(arguments[1])]

    def _read_names(self, node: Node) -> tuple[str, ...]:
        """What `getattr` reads: a variable is left to those who know what it can be, a pattern is written out."""
        pattern = string_pattern(self.text(node))
        return spelled(node) if "*" in pattern else (pattern or "*",)

    def _path(self, scope: _Scope, receiver: str, path: str) -> None:
        """A dotted path in a string reads its first name from the receiver, and each other from what stands before."""
        for name in path.split("."):
            scope.reads[receiver][name] = None
            receiver = f"{receiver}.{name}"

    def _patterns(self) -> None:
        """`match x: case Cls(name=...)` reads name from x."""
        for node in self.captures.get("pattern", ()):
            match: Node | None = node
            while match is not None and match.type != "match_statement":
                match = match.parent
            subject = match.child_by_field_name("subject") if match is not None else None
            if subject is not None:
                self.scope(node.start_byte).reads[self.receiver(self.text(subject).encode())][self.text(node)] = None

    def _guard(self, scope: _Scope, callee: str, arguments: list[Node]) -> None:
        if len(arguments) == 2:
            name = string_pattern(self.text(arguments[1])) if callee == "hasattr" else ""
            scope.reads[self.receiver(self.text(arguments[0]).encode())][GUARDED + name] = None

    def _evaluated(self, scope: _Scope, arguments: list[Node]) -> None:
        """Code in a string reads what it names; code that only run time knows may read anything."""
        if arguments and scope.instance:
            code = string_pattern(self.text(arguments[0]))
            names = re.findall(rf"\b{re.escape(scope.instance)}\.([\w*]+)", code) if code else ["*"]
            for name in names:
                scope.reads[scope.instance][name] = None

    def _registration(self, scope: _Scope, receiver: str, node: Node) -> None:
        arguments = _arguments(node)
        if receiver == scope.instance and arguments:
            self._named += [(scope, name, node) for name in spelled(arguments[0])]

    def values(self) -> None:
        """What is assigned: attributes of the instance, class-level names, module-level aliases, names used once."""
        for node in self.captures.get("assignment", ()):
            left = node.child_by_field_name("left")
            right = node.child_by_field_name("right") or node.child_by_field_name("type")
            if left is None or right is None:
                continue
            scope = self.scope(node.start_byte)
            if left.type == "identifier":
                self._name_value(scope, self.text(left), node, right)
            else:
                for target in _attribute_targets(left) + _item_targets(left):
                    self._attribute_value(scope, target, node, right)

    def _name_value(self, scope: _Scope, name: str, node: Node, right: Node) -> None:
        if scope.kind == "module":
            value = self.text(right)
            dotted = value if re.fullmatch(r"[^\W\d][\w.]*", value) else ""
            self.variables.append(Variable(name, dotted, node.start_byte))
        elif scope.kind == "class":
            self._store(scope, name, node, right)
        else:
            self._built(scope, name, _between(scope.made, right.start_byte, right.end_byte))

    def _attribute_value(self, scope: _Scope, target: Node, node: Node, right: Node) -> None:
        text = self.text(target)
        if target.type == "subscript":
            receiver, _, key = text.rpartition("._modules[")
            name = string_pattern(key.removesuffix("]")) or "*"
        else:
            receiver, _, name = text.rpartition(".")
        if scope.instance and receiver.strip() == scope.instance:
            self._store(scope, name.strip(), node, right)

    def _store(self, scope: _Scope, attribute: str, statement: Node, value: Node) -> None:
        start, end = value.start_byte, value.end_byte
        callees = tuple(dict.fromkeys(callee for _, callee in _between(scope.made, start, end)))
        assigned = self._locals.get(scope.start) if scope.kind == "function" else None
        indirect = assigned is not None and not assigned.isdisjoint(_WORD.findall(self.source, start, end))
        strings = tuple(_STRING_NAME.findall(self.text(value))) if scope.kind == "class" else ()
        row = statement.start_point.row + 1
        scope.stores.append(Store(attribute, row, statement.start_byte, callees, indirect, strings))

    @functools.cached_property
    def _locals(self) -> dict[int, set[bytes]]:
        """By the start of a function: the names that are assigned in it."""
        found: dict[int, set[bytes]] = {}
        for node in self.captures.get("assignment", ()):
            left = node.child_by_field_name("left")
            if left is not None and left.type in ("identifier", "pattern_list", "tuple_pattern"):
                names = found.setdefault(self.scope(node.start_byte).start, set())
                names.update(_WORD.findall(self.source, left.start_byte, left.end_byte))
        for node in self.captures.get("walrus", ()):
            found.setdefault(self.scope(node.start_byte).start, set()).add(self.source[node.start_byte : node.end_byte])
        return found

    def mentions(self) -> None:
        for node in self.captures.get("mention", ()):
            self.scope(node.start_byte).mentions[self.source[node.start_byte : node.end_byte].decode()] = None

    def _scopes(self) -> list[_Scope]:
        found = [self.module]
        for scope in found:
            found.extend(scope.children)
        return found

    def function_record(self, scope: _Scope, name: str = "") -> Function:
        return Function(
            name=name or scope.name,
            instance=scope.instance,
            start=max(scope.start, 0),
            end=min(scope.end, len(self.source)),
            line=scope.node.start_point.row + 1 if scope.node else 1,
            decorators=self._decorators(scope.node) if scope.kind == "function" and scope.node else (),
            reads={receiver: tuple(names) for receiver, names in scope.reads.items()},
            stores=tuple(scope.stores),
            locals=tuple(scope.locals),
            calls=tuple(scope.calls),
            mentions=tuple(scope.mentions),
        )

    def function_records(self, scope: _Scope, prefix: str = "") -> tuple[Function, ...]:
        """The functions under a scope, nested ones behind the one that holds them; classes in between are left out."""
        records: list[Function] = []
        pending = [(child, prefix + child.name) for child in reversed(scope.children)]
        while pending:
            child, name = pending.pop()
            if child.kind != "class":
                records.append(self.function_record(child, name))
                pending += [(inner, f"{name}.<locals>.{inner.name}") for inner in reversed(child.children)]
        return tuple(records)

    def class_records(self) -> tuple[Class, ...]:
        records: list[Class] = []
        pending = [(child, child.name) for child in reversed(self.module.children)]
        while pending:
            scope, qualname = pending.pop()
            joint = "." if scope.kind == "class" else ".<locals>."
            pending += [(child, qualname + joint + child.name) for child in reversed(scope.children)]
            if scope.kind == "class":
                records.append(self._class_record(scope, qualname))
        return tuple(records)

    def _class_record(self, scope: _Scope, qualname: str) -> Class:
        assert scope.node is not None
        for receiver, names in scope.reads.items():
            self.module.reads[receiver].update(names)
        bases = scope.node.child_by_field_name("superclasses")
        return Class(
            name=scope.name,
            qualname=qualname,
            start=scope.start,
            end=scope.end,
            line=scope.node.start_point.row + 1,
            bases=tuple(self._base(base) for base in bases.named_children if base.type != "comment") if bases else (),
            decorators=self._decorators(scope.node),
            attributes=tuple(scope.stores),
            methods=self.function_records(scope),
        )

    def _base(self, node: Node) -> str:
        """`Generic[T]` is "Generic", `metaclass=M` is "", `make_base()` stays as "make_base()"."""
        if node.type == "keyword_argument":
            return ""
        return self.receiver(self.text(node).encode()).removesuffix("[]")


def _parameters(source: bytes, parameters: Node) -> list[str]:
    children = [child for child in parameters.named_children if child.type != "comment"]
    words = [_WORD.search(source, child.start_byte, child.end_byte) for child in children]
    return [word.group().decode() for word in words if word is not None]


def _attribute_targets(node: Node) -> list[Node]:
    """The attributes that an assignment target stores to; `self.x.y` stores to y only, `self.x[0]` to none."""
    if node.type == "attribute":
        return [node]
    if node.type in ("pattern_list", "tuple_pattern", "list_pattern", "expression_list", "list_splat_pattern"):
        return [target for child in node.named_children for target in _attribute_targets(child)]
    return []


def _item_targets(node: Node) -> list[Node]:
    """`self._modules["x"]` as a target registers x."""
    if node.type != "subscript":
        return []
    value = node.child_by_field_name("value")
    return [node] if value is not None and value.text is not None and value.text.endswith(b"._modules") else []


def _arguments(call: Node) -> list[Node]:
    """The positional and named arguments of a call, in order."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    values = [
        child.child_by_field_name("value") if child.type == "keyword_argument" else child
        for child in arguments.named_children
    ]
    return [value for value in values if value is not None and value.type != "comment"]


def _givers(node: Node) -> list[Node]:
    """The calls from which the value of an expression comes: not those that make arguments of others."""
    if node.type == "call":
        function = node.child_by_field_name("function")
        return [node, *(_givers(function) if function is not None else [])]
    if node.type in ("binary_operator", "unary_operator", "parenthesized_expression", "attribute", "subscript"):
        return [call for child in node.named_children for call in _givers(child)]
    return []


def _between(made: list[tuple[int, str]], start: int, end: int) -> list[tuple[int, str]]:
    return made[bisect_left(made, (start, "")) : bisect_left(made, (end, ""))]


def _imports(nodes: list[Node]) -> list[Import]:
    found: list[Import] = []
    for node in nodes:
        if node.type == "import_from_statement":
            found += _from_import(node)
        elif node.type == "import_statement":
            for child in node.named_children:
                name, alias = _aliased(child)
                found.append(Import(alias or name.split(".")[0], name if alias else name.split(".")[0], "", 0))
    return found


def _from_import(node: Node) -> list[Import]:
    source = node.child_by_field_name("module_name")
    written = (source.text or b"").decode() if source else ""
    module = written.lstrip(".").strip()
    level = len(written) - len(written.lstrip("."))
    if any(child.type == "wildcard_import" for child in node.named_children):
        return [Import("*", module, "", level)]
    names = [_aliased(child) for child in node.children_by_field_name("name")]
    return [Import(alias or name, module, name, level) for name, alias in names]


def _aliased(node: Node) -> tuple[str, str]:
    if node.type != "aliased_import":
        return (node.text or b"").decode(), ""
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    return ((name.text or b"").decode() if name else "", (alias.text or b"").decode() if alias else "")
