"""The inside of one function, parsed on demand: its bindings, calls, reads and returns."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from initlint.facts.arguments import code_in
from initlint.facts.receivers import SPLAT, normalise
from initlint.facts.records import Function
from initlint.facts.spelled import fits
from initlint.project.bindings import CLASS_LEVEL, MODULE_LEVEL, Binding, Origin, Path, bindings
from initlint.project.classes import ClassInfo, Method
from initlint.project.parsed import Parsed
from initlint.project.project import Project
from initlint.project.stored import fillings, reordered, stored

if TYPE_CHECKING:
    from tree_sitter import Node

_TENSOR_CALL = re.compile(
    r"(torch\.(?!save|compile|jit|nn\.|utils|quantization|onnx|export|fx|func|vmap|is_)|F\.|(torch\.)?nn\.functional\.)\w+\Z"
)
"""Calls whose first argument is a tensor."""

MOST_KEPT = 400
"""The number of parsed bodies that are kept: a tree takes a hundred times its source or so, and most are needed
once."""

STARRED = frozenset({"attribute", "call", "subscript", "list_splat", "dictionary_splat"})
"""Kinds of expressions that can start with a star that belongs to the enclosing expression."""

LAMBDA = "<lambda>"

Key = TypeVar("Key")
Kept = TypeVar("Kept")

STUB = b"def _(): 0"
"""The stub for a function in the code around it."""


class Body:
    """One function. Nested code belongs to bodies of its own, which see the names of this one through `parent`."""

    def __init__(self, method: Method, parsed: Parsed, parent: Body | None) -> None:
        self.method = method
        self.parent = parent
        self.root = parsed.tree.root_node
        self.captures = parsed.nodes
        self.nested = self._nested_ranges()
        self._makers: dict[str, tuple[str, ...]] = {}

    @functools.cached_property
    def inside(self) -> str:
        """The prefix of the qualified names of what this body defines."""
        owner = (self.method.owner or "").partition("::")[2]
        return ".".join([*filter(None, (owner, self.method.facts.name)), "<locals>", ""])

    def text(self, node: Node) -> str:
        """The source of a node, without the star that the grammar attaches to the name in `[*self.parts]`."""
        text = (node.text or b"").decode()
        return text.lstrip(SPLAT) if text[:1] == "*" and node.type in STARRED else text

    def _nested_ranges(self) -> tuple[tuple[int, int], ...]:
        """The ranges of functions, lambdas and classes inside of this body; the outermost function is the body
        itself."""
        own = self.method.facts.name != MODULE_LEVEL
        nodes = sorted([*self.captures("nested"), *self.captures("class")], key=lambda n: n.start_byte)
        return tuple((n.start_byte, n.end_byte) for n in (nodes[1:] if own else nodes))

    def place(self, node: Node) -> int:
        """The offset in the file where a node of a function starts; the code around functions is not parsed as it
        is."""
        facts = self.method.facts
        if facts.name in (MODULE_LEVEL, CLASS_LEVEL):
            return -1
        return facts.start + node.start_byte - facts.name.endswith(LAMBDA)

    def own(self, node: Node) -> bool:
        """Whether a node belongs to this body and not to anything nested in it."""
        start = node.start_byte
        return not any(low <= start < high for low, high in self.nested)

    def nodes(self, capture: str) -> list[Node]:
        return [node for node in self.captures(capture) if self.own(node)]

    @functools.cached_property
    def attributes(self) -> dict[str, list[Node]]:
        """Attribute name -> the nodes that read it, including nested code."""
        found: dict[str, list[Node]] = {}
        for node in self.captures("attribute"):
            if (name := node.child_by_field_name("attribute")) is not None:
                found.setdefault(self.text(name), []).append(node)
        return found

    @functools.cached_property
    def definition(self) -> Node | None:
        """The function or lambda of this body; None for module level."""
        if self.method.facts.name == MODULE_LEVEL:
            return None
        nested = self.captures("nested")
        return min(nested, key=lambda n: (n.start_byte, -n.end_byte)) if nested else None

    @functools.cached_property
    def parameters(self) -> dict[str, Node]:
        """Name -> parameter node, in order; starred ones carry their stars ("*args")."""
        if self.definition is None or not (parameters := self.definition.child_by_field_name("parameters")):
            return {}
        found = {}
        for child in code_in(parameters):
            found[_parameter_name(self.text(child))] = child
        return found

    @property
    def binds_first(self) -> bool:
        """Whether this is a method whose first parameter is the instance or the class that it is called on."""
        facts = self.method.facts
        return bool(self.method.owner and (facts.instance or self.method.is_of_class)) and "<locals>" not in facts.name

    def callee(self, call: Node) -> str:
        """The callee of a call, as written; "" for anything else."""
        function = call.child_by_field_name("function")
        return self.text(function) if function is not None else ""

    def called(self, call: Node) -> str:
        """The last name of the callee: `append` for `self.parts.append(...)`."""
        return self.callee(call).rpartition(".")[2]

    def parameter_given(self, call: Node, argument: Node) -> str | None:
        """The name of the parameter for an argument of a call of this function; None if unknown."""
        names = [name for name in self.parameters if not name.startswith("*")][self.binds_first :]
        if argument.type == "keyword_argument":
            keyword = argument.child_by_field_name("name")
            text = (keyword.text or b"").decode() if keyword is not None else ""
            return text if text in names else None
        given = code_in(call.child_by_field_name("arguments"))
        if any(child.type in ("list_splat", "dictionary_splat") for child in given) or argument not in given:
            return None
        position = given.index(argument)
        return names[position] if position < len(names) else None

    def mentions(self, name: str) -> bool:
        """Whether the body uses a parameter anywhere."""
        return sum(self.text(node) == name for node in self.captures("identifier")) > 1

    @functools.cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """Name -> everything that is bound to it in this body."""
        return bindings(self)

    def hides(self, name: str) -> bool:
        """Whether a name is a variable here or in an enclosing function, whatever it is at module level."""
        return name in self.bindings or (self.parent is not None and self.parent.hides(name))

    @functools.cached_property
    def returns(self) -> list[Node]:
        if self.definition is not None and self.definition.type == "lambda":
            body = self.definition.child_by_field_name("body")
            return [body] if body is not None else []
        nodes = [*self.nodes("return"), *self.nodes("yield")]
        return [child for node in nodes for child in code_in(node)]

    @functools.cached_property
    def is_unwritten(self) -> bool:
        """Whether it does nothing but raise, or nothing at all, apart from a docstring."""
        block = self.definition.child_by_field_name("body") if self.definition is not None else None
        kinds = [child.type for child in code_in(block)]
        return (
            bool(kinds)
            and kinds[-1] in ("raise_statement", "pass_statement")
            and set(kinds[:-1]) <= {"expression_statement"}
        )

    def class_values(self, name: str) -> list[Node]:
        """The values that a class body gives `name`; only useful if this body is a class."""
        values = [binding.node for binding in self.bindings.get(name, ()) if binding.origin is Origin.VALUE]
        return [node for node in values if node is not None]

    def chained(self, attribute: str) -> list[Node]:
        """The other targets of a statement: `b` and `self.c.d` for `self.a` in `self.a = b = self.c.d = value`."""
        return self.targets_beside(f"{self.method.facts.instance}.{attribute}")

    def targets_beside(self, written: str) -> list[Node]:
        """The other targets of the statements with this name or attribute, as written, among their targets."""
        return self._chains.get(written, [])

    @functools.cached_property
    def _chains(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes("assignment"):
            targets = {self.text(target): target for target in _targets(node)}
            for written in targets if len(targets) > 1 else ():
                found.setdefault(written, [target for text, target in targets.items() if text != written])
        return found

    def class_annotation(self, name: str) -> str:
        """The annotation that a class body gives `name`, or ""."""
        for node in self.nodes("assignment"):
            left, annotation = node.child_by_field_name("left"), node.child_by_field_name("type")
            if left is not None and annotation is not None and self.text(left) == name:
                return self.text(annotation)
        return ""

    def stores(self, attribute: str) -> list[Node]:
        """The values that this body gives `self.attribute`, by assignment, setattr or registration."""
        return [node for node, _ in self.given(attribute)]

    def given(self, attribute: str) -> list[tuple[Node, Path]]:
        """The same, each with its positions if the value is unpacked."""
        fitting = [name for name in self._stored if "*" in name and fits(name, attribute)]
        return [entry for name in (attribute, *fitting) for entry in self._stored.get(name, ())]

    def replaces(self, attribute: str) -> bool:
        """Whether later statements may store to the same attribute on every path through an earlier one."""
        places = [value for value, _ in self._stored.get(attribute, ())]
        return any(_runs_after(first, second) for k, first in enumerate(places) for second in places[k + 1 :])

    @functools.cached_property
    def _stored(self) -> dict[str, list[tuple[Node, Path]]]:
        found: dict[str, list[tuple[Node, Path]]] = {}
        for name, value, path in stored(self):
            found.setdefault(name, []).append((value, path))
        return found

    def filled(self, owner: str) -> list[Node]:
        """What this body puts into the container `owner`, `self.parts` or a local name, by a method or as an item."""
        return self._fillings.get(owner, [])

    @functools.cached_property
    def _fillings(self) -> dict[str, list[Node]]:
        return fillings(self)

    def reorders(self, owner: str) -> bool:
        """Whether this body moves items of the container `owner`, or removes some."""
        return owner in self._reordered

    @functools.cached_property
    def _reordered(self) -> frozenset[str]:
        return reordered(self)

    def named(self, call: Node) -> list[str]:
        """The attributes of the instance that a call sets, according to the facts."""
        return self._named.get(self.place(call), [])

    @functools.cached_property
    def _named(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for store in self.method.facts.stores:
            found.setdefault(store.start, []).append(store.attribute)
        return found

    def makers_of(self, attribute: str) -> tuple[str, ...]:
        """The callees that make what this body gives an attribute."""
        if attribute not in self._makers:
            found = (callee for node in self.stores(attribute) for callee in self.callees(node))
            self._makers[attribute] = tuple(dict.fromkeys(found))
        return self._makers[attribute]

    def callees(self, node: Node) -> Iterator[str]:
        """The callees that make a value, also by way of local variables."""
        return (normalise(self.callee(call)) for call in self.makers(node))

    def makers(self, node: Node) -> Iterator[Node]:
        """Every call that contributes to a value, also by way of local variables."""
        seen: set[str] = set()
        pending = [node]
        while pending:
            current = pending.pop()
            pending += current.named_children
            if current.type == "call":
                yield current
            name = self.text(current) if current.type == "identifier" else ""
            if name in self.bindings and name not in seen:
                seen.add(name)
                pending += [binding.node for binding in self.bindings[name] if binding.node is not None]

    @functools.cached_property
    def operands(self) -> frozenset[str]:
        """Names used in ways that no module can be: in arithmetic, sliced, or passed to torch's functions on
        tensors."""
        nodes: list[Node] = []
        for node in self.nodes("operation"):
            nodes += [child for child in node.named_children if child.type == "identifier"]
        for node in self.nodes("subscript"):
            value = node.child_by_field_name("value")
            index = node.named_children[1:]
            if (
                value is not None
                and value.type == "identifier"
                and (len(index) > 1 or any(i.type == "slice" for i in index))
            ):
                nodes.append(value)
        for node in self.nodes("call"):
            arguments = node.child_by_field_name("arguments")
            if arguments is not None and _TENSOR_CALL.match(self.callee(node)):
                nodes += [child for child in arguments.named_children[:1] if child.type == "identifier"]
        return frozenset(self.text(node) for node in nodes)

    @property
    def yields(self) -> bool:
        return bool(self.nodes("yield"))


def _targets(assignment: Node) -> Iterator[Node]:
    """The targets of one statement: two in `a = b = value`."""
    inner: Node | None = assignment
    while inner is not None and inner.type == "assignment":
        if (left := inner.child_by_field_name("left")) is not None:
            yield left
        inner = inner.child_by_field_name("right")


ALTERNATING = frozenset(
    "with_statement try_statement finally_clause elif_clause else_clause except_clause case_clause".split()
)
"""Statements whose block always runs, and clauses of which one of several runs."""

FORKS = frozenset({"if_statement", "match_statement"})
"""Statements of which only one block runs."""


def _runs_after(first: Node, second: Node) -> bool:
    """Whether a block that contains the second node, if anything does run it, also contains the first.

    An `else` that contains it excludes the other arms, which may contain the first.
    """
    around = second.parent
    while around is not None:
        holds = around.start_byte <= first.start_byte < around.end_byte
        if holds and around.type in FORKS:
            return False
        statement = around.parent
        kind = statement.type if statement is not None else ""
        is_code = around.type in ("block", "module") and kind != "match_statement"
        if is_code and (holds or kind not in ALTERNATING):
            return holds
        around = statement
    return False


def _parameter_name(text: str) -> str:
    name = text.partition(":")[0].partition("=")[0].strip()
    return name if name.startswith("*") else name.strip("() ")


class Bodies:
    """Parsed bodies by function, kept while the run lasts."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._kept: dict[tuple[str, int, str], Body] = {}
        self._parsed: dict[bytes, Parsed] = {}

    def body(self, method: Method) -> Body:
        known = self._kept.pop(method.id, None)
        if known is None:
            parent = self.project.enclosing(method)
            known = Body(method, self._parse(self._source(method)), self.body(parent) if parent else None)
        return _keep(self._kept, method.id, known)

    def _parse(self, source: bytes) -> Parsed:
        known = self._parsed.pop(source, None)
        return _keep(self._parsed, source, known or Parsed(source))

    def _source(self, method: Method) -> bytes:
        facts, source = method.facts, self.project.code(method)
        if facts.name.endswith(LAMBDA):
            return b"(" + source + b")"
        return self._without_functions(method, source) if facts.name in (MODULE_LEVEL, CLASS_LEVEL) else source

    def _without_functions(self, method: Method, source: bytes) -> bytes:
        """The code of a module or class itself: each function in it has its own body and is replaced by a stub."""
        start, pieces, done = method.facts.start, [], 0
        functions = self.project.outer_functions(method.path)
        first, last = bisect_left(functions, (start, 0)), bisect_right(functions, (method.facts.end, 0))
        for low, high in functions[first:last]:
            pieces += [source[done : low - start], STUB]
            done = high - start
        return b"".join([*pieces, source[done:]])

    def of_module(self, path: str) -> Body:
        """The statements of a file itself."""
        return self.body(Method(path, None, self.project.files[path].module_level))

    def of_class(self, info: ClassInfo) -> Body:
        """The statements of a class body itself, for its class-level values."""
        facts = info.facts
        span = Function(CLASS_LEVEL, "", facts.start, facts.end, facts.line, (), {}, (), (), (), ())
        return self.body(Method(info.path, None, span))


def _keep(kept: dict[Key, Kept], key: Key, value: Kept) -> Kept:
    """Remember the latest entry, in place of the one unused for longest."""
    if len(kept) >= MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
    return value
