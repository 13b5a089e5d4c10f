"""Where things are mentioned: an index of names over all functions, and the calls of each function."""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.facts.receivers import normalise
from initlint.facts.records import Function
from initlint.facts.spelled import fits
from initlint.project.bodies import Bodies, Body
from initlint.project.classes import ClassId, Method
from initlint.project.imports import SymbolKind
from initlint.project.index import Rows
from initlint.project.project import Project
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CALLERS = 40
"""With more calls than this, a parameter can be anything."""

WORTH_A_SEARCH = 20
"""With more rows per file of a family than this, the files are searched instead of the rows."""

ENTRY_POINTS = frozenset({"forward", "__call__", "training_step", "validation_step", "test_step"})
"""Methods that a framework calls, not code by name."""

SPLATS = frozenset({"list_splat", "dictionary_splat"})
"""Arguments that may stand for several."""

WITHOUT_DEFAULT = frozenset({"identifier", "typed_parameter"})
"""Parameters that a call cannot leave out."""

Call = tuple[Body, "Node"]


class Callers:
    """The project's functions by the names that they read, call and mention."""

    def __init__(self, project: Project, bodies: Bodies) -> None:
        self.project = project
        self._bodies = bodies
        self._calls: dict[tuple[str, int, str], list[Call] | None] = {}
        self.reading = project.index("reads", self._reads)
        """By attribute: the functions that read it, with the receiver."""
        self.reading_outside = project.index("reads outside", self._reads_outside)
        """By attribute: the functions in no class that read it."""
        self.calling = project.index("calls", self._by(lambda function: function.calls))
        """By plain name: the functions that call it."""
        self.mentioning = project.index("mentions", self._by(lambda function: function.mentions))
        """By plain name: the functions that use it as a value."""
        self.giving = project.index("gives", self._by(lambda function: function.gives))
        """By attribute: the functions that give it to other objects than their instance."""
        self.decorating = project.index("decorates", self._decorates)
        """By "path::name" of a function: what it decorates, with how that is written."""
        self._assigning = project.index("assigns", self._assigns)
        self._methods = project.index("methods", self._has_methods)
        self._lent = project.index("lends", self._lends)
        self._renamed = project.index("renames", self._renames)

    @remembered
    def in_file(self, path: str) -> list[Method]:
        """Every function of a file, methods with their class, and the code at module level last."""
        facts = self.project.files[path]
        owners = [(f"{path}::{cls.qualname}", cls.methods) for cls in facts.classes]
        functions = [*owners, (None, (*facts.functions, facts.module_level))]
        return [Method(path, owner, self.project.named(path, each)) for owner, own in functions for each in own]

    def _reads(self, path: str) -> Iterator[tuple[str, tuple[Method, str]]]:
        for method in self.in_file(path):
            for receiver, names in method.facts.reads.items():
                row = (method, receiver)
                for name in names:
                    yield name, row

    def _reads_outside(self, path: str) -> Iterator[tuple[str, None]]:
        facts = self.project.files[path]
        for function in (*facts.functions, facts.module_level):
            yield from ((name, None) for names in function.reads.values() for name in names)

    def readers(self, attribute: str, telling: bool = False) -> Iterator[tuple[Method, str]]:
        """The functions that read an attribute with this name, or by a pattern that it fits, with the receivers.

        With `telling` a pattern must be specific: "*_*" fits nearly every name.
        """
        yield from self.reading.get(attribute)
        for pattern in self._patterns:
            if fits(pattern, attribute) and (not telling or any(c.isalnum() for c in pattern)):
                yield from self.reading.get(pattern)

    def readers_within(self, cls: ClassId, attribute: str) -> Iterator[Method]:
        """The methods of a family that read an attribute with this name from their own instance."""
        for name in (attribute, *(pattern for pattern in self._patterns if fits(pattern, attribute))):
            for method, receiver in self.reading_within(cls, name):
                if receiver == method.facts.instance:
                    yield method

    def reading_within(self, cls: ClassId, name: str) -> Iterator[tuple[Method, str]]:
        """The methods of a family that read a name, with the receivers."""
        family, files = self.project.family(cls), self.project.family_files(cls)
        rows = self.reading.within(name, files)
        if isinstance(rows, list) and len(rows) > WORTH_A_SEARCH * len(files):
            rows = [row for path in sorted(files, key=self._place) for row in self._in_file(rows, path)]
        return (row for row in rows if row[0].owner in family)

    def _in_file(self, rows: Sequence[tuple[Method, str]], path: str) -> Sequence[tuple[Method, str]]:
        """Those of the rows about a name that are from one file."""
        place = self._place(path)
        start = bisect_left(rows, place, key=self._place_of)
        end = bisect_right(rows, place, key=self._place_of)
        return rows[start:end]

    def _place_of(self, row: tuple[Method, str]) -> int:
        return self._place(row[0].path)

    def _place(self, path: str) -> int:
        """The position of a file in the order of all rows."""
        return self._places.get(path, len(self._places))

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {path: number for number, path in enumerate(self.project.linked)}

    def fitting(self, pattern: str) -> list[str]:
        """The names that are read somewhere and that a computed name can be."""
        fitting = (name for name in self.reading.names() if "*" not in name and fits(pattern, name))
        return sorted(name for name in fitting if self.reading.get(name))

    @functools.cached_property
    def _patterns(self) -> list[str]:
        return sorted(name for name in self.reading.names() if "*" in name and name != "*")

    def _by(self, names: Callable[[Function], tuple[str, ...]]) -> Rows[Method]:
        return lambda path: ((name, method) for method in self.in_file(path) for name in names(method.facts))

    def _assigns(self, path: str) -> Iterator[tuple[str, ClassId]]:
        for info in self.project.classes_in(path):
            names = info.stored.union(store.attribute for store in info.facts.attributes)
            yield from ((name, info.id) for name in names)

    @remembered
    def assigning(self, name: str) -> frozenset[ClassId]:
        """The classes whose code gives `self.name` a value, or may do so by a computed name."""
        return frozenset(self._assigning.get(name))

    def assigning_among(self, classes: Collection[ClassId], name: str) -> frozenset[ClassId]:
        """Those of some classes whose code gives `self.name` a value; only their files are read."""
        if self._assigning.has(name):
            return self.assigning(name).intersection(classes)
        files = {cls.partition("::")[0] for cls in classes}
        return frozenset(self._assigning.within(name, files)).intersection(classes)

    def storing(self, cls: ClassId, attribute: str) -> Iterator[Method]:
        """The methods of a family that give an attribute a value."""
        for relative in sorted(self.assigning_among(self.project.family(cls), attribute)):
            for method in self.project.classes[relative].functions:
                if method.stores(attribute):
                    yield method

    def _has_methods(self, path: str) -> Iterator[tuple[str, Method]]:
        for info in self.project.classes_in(path):
            for name, facts in info.methods.items():
                yield name, Method(path, info.id, facts)

    def having(self, name: str) -> list[ClassId]:
        """The classes with an attribute or method of this name in their own code, without protocols, which only require
        it."""
        methods = (method.owner for method in self._methods.get(name) if method.owner is not None)
        return sorted(cls for cls in self.assigning(name).union(methods) if not self.project.is_protocol(cls))

    def many_have(self, name: str, many: int) -> bool:
        """Whether more classes than that are `having` a name, as far as is known without reading files."""
        least = max(self._assigning.least(name), self._methods.least(name))
        return least - self.project.protocols() > many

    def of(self, method: Method) -> list[Call] | None:
        """The project's calls of a function; None if not all can be known."""
        if method.id not in self._calls:
            self._calls[method.id] = None
            self._calls[method.id] = self._of(method)
        return self._calls[method.id]

    def _of(self, method: Method) -> list[Call] | None:
        name = method.facts.name
        if "<locals>" in name:
            return self._local_calls(method)
        if name in ENTRY_POINTS or name.startswith("<"):
            return None
        if name == "__init__" and method.owner:
            return self._constructions(method.owner)
        if method.owner:
            return self._method_calls(method, name)
        return self._function_calls(method, name)

    def _local_calls(self, method: Method) -> list[Call] | None:
        """The calls of a nested function, which are all in the enclosing one; None in a package."""
        if method.path not in self.project.linked:
            return None
        outer, _, name = method.facts.name.rpartition(".<locals>.")
        around = [
            m
            for m in self.in_file(method.path)
            if m.owner == method.owner and (m.facts.name + ".").startswith(outer + ".")
        ]
        if name.startswith("<") or any(name in m.facts.mentions for m in around):
            return None
        return self._calls_in([m for m in around if name in m.facts.calls], lambda text: text == name)

    def _decorates(self, path: str) -> Iterator[tuple[str, tuple[Method, str]]]:
        for method in self.in_file(path):
            for decorator in method.facts.decorators:
                symbol = self.project.decorator(path, decorator)
                if symbol is not None:
                    yield symbol.target, (method, decorator)

    def _lends(self, path: str) -> Iterator[tuple[str, tuple[Method, str]]]:
        """The names that are read from what the file defines or imports from the project, such as a class."""
        for method in self.in_file(path):
            for receiver, names in method.facts.reads.items():
                if self._is_of_project(path, receiver.partition(".")[0]):
                    yield from ((name, (method, receiver)) for name in names)

    @remembered
    def _is_of_project(self, path: str, name: str) -> bool:
        """Whether a file binds a name to what the project defines, or may do so."""
        modules = self.project.modules
        symbol = self.project.resolve(path, name) if name in modules.bound(path) or modules.starred(path) else None
        return symbol is not None and symbol.kind is not SymbolKind.EXTERNAL

    def is_lent(self, method: Method) -> bool:
        """Whether code outside of its family takes a method from its class: it may run on instances of other
        classes."""
        name = method.facts.name
        return method.owner is not None and "<locals>" not in name and method.owner in self._lending(name)

    @remembered
    def _lending(self, name: str) -> set[ClassId]:
        """The classes from which code outside of their families takes a method with this name."""
        found: set[ClassId] = set()
        for taker, receiver in self._lent.get(name):
            symbol = self.project.resolve(taker.path, receiver)
            if symbol is not None and symbol.kind is SymbolKind.CLASS:
                method = self.project.method(symbol.target, name)
                if method is not None and method.owner and taker.owner not in self.project.family(method.owner):
                    found.add(method.owner)
        return found

    def _function_calls(self, method: Method, name: str) -> list[Call] | None:
        target, names = f"{method.path}::{name}", self._names_of(name)
        callers: list[Method] = []
        for each in names:
            if any(self._means(m, each, target) for m in self.mentioning.get(each)):
                return None
            callers += [m for m in self.calling.get(each) if self._means(m, each, target)]
            callers += [m for m, receiver in self.reading.get(each) if self._means(m, f"{receiver}.{each}", target)]
        return self._calls_in(callers, lambda text: text.rpartition(".")[2] in names)

    def _names_of(self, name: str) -> list[str]:
        """The name of a function or class, and all names that files import it as."""
        found = [name]
        for each in found:
            found += sorted(set(self._renamed.get(each)).difference(found))
        return found

    def naming(self, cls: ClassId) -> Iterator[tuple[Method, str]]:
        """The functions that use a class as a value, each with its name there."""
        for name in self._names_of(cls.rpartition("::")[2].rpartition(".")[2]):
            yield from ((m, name) for m in self.mentioning.get(name) if self._means(m, name, cls))

    def _renames(self, path: str) -> Iterator[tuple[str, str]]:
        """What is imported under another name than its own."""
        for record in self.project.files[path].imports:
            if record.attribute and record.name not in (record.attribute, "*"):
                yield record.attribute, record.name

    def _means(self, method: Method, dotted: str, target: str) -> bool:
        symbol = self.project.resolve(method.path, dotted)
        return symbol is not None and symbol.target == target

    def _method_calls(self, method: Method, name: str) -> list[Call] | None:
        assert method.owner is not None
        family = self.project.family(method.owner)
        reading = self.reading.get(name)
        callers = [m for m, receiver in reading if receiver not in (m.facts.instance, "super()") or m.owner in family]
        calls = self._calls_in(callers, lambda text: text.rpartition(".")[2] == name)
        if calls is None:
            return None
        body = self._bodies.body(method)
        return [
            (caller, call)
            for caller, call in calls
            if self._may_be_on(family, call, caller) and self._passes_all(body, call, caller)
        ]

    def _passes_all(self, body: Body, call: Node, caller: Body) -> bool:
        """Whether a call passes every required argument; a decorator may pass the rest."""
        wanted = [name for name, node in body.parameters.items() if node.type in WITHOUT_DEFAULT and name[0] != "*"]
        needed = () if body.method.facts.decorators else wanted[self.shift(body, call, caller) :]
        return all(self.argument(name, body, call, caller) is not None for name in needed)

    def _may_be_on(self, family: frozenset[ClassId], call: Node, body: Body) -> bool:
        """Whether the receiver of a call can be one of these classes or an instance of one, judging by names."""
        receiver = normalise(body.text(call)).rpartition("(")[0].rpartition(".")[0].removesuffix("()")
        facts, owner = body.method.facts, body.method.owner
        if owner is not None and receiver in (facts.instance, "super"):
            return owner in family
        if not receiver or body.hides(receiver.partition(".")[0]):
            return True
        symbol = self.project.resolve(body.method.path, receiver, body.inside)
        if symbol is None or symbol.kind in (SymbolKind.FUNCTION, SymbolKind.VARIABLE):
            return True
        return symbol.kind is SymbolKind.CLASS and symbol.target in family

    def _constructions(self, cls: ClassId) -> list[Call] | None:
        own = {self.project.classes[d].facts.name for d in self.project.descendants(cls) if self._constructs(d, cls)}
        names = {each for name in own for each in self._names_of(name)}
        if self._is_tabled(names, cls):
            return None
        callers = [m for name in sorted(names) for m in self.calling.get(name)]
        callers += [m for name in sorted(names) for m, _ in self.reading.get(name)]
        found = self._calls_in(callers, lambda text: text.rpartition(".")[2] in names)
        inherited = [
            Method(self.project.classes[d].path, d, self.project.classes[d].methods["__init__"])
            for d in sorted(self.project.descendants(cls))
            if d != cls and "__init__" in self.project.classes[d].methods
        ]
        supers = self._calls_in(inherited, lambda text: text.endswith("__init__"))
        return None if found is None or supers is None else [*found, *supers]

    def _is_tabled(self, names: set[str], cls: ClassId) -> bool:
        """Whether a dictionary contains the class, or one that is built like it, so that a lookup may build it."""
        for name in sorted(names):
            for method in self.mentioning.get(name):
                symbol = self.project.resolve(method.path, name)
                if symbol is not None and symbol.target in self.project.descendants(cls):
                    body = self._bodies.body(method)
                    nodes = (node for node in body.captures("identifier") if body.text(node) == name)
                    if any(_is_value(node) for node in nodes):
                        return True
        return False

    def _constructs(self, descendant: ClassId, cls: ClassId) -> bool:
        """Whether building the descendant runs the constructor of `cls` itself."""
        method = self.project.method(descendant, "__init__")
        return method is not None and method.owner == cls

    def _calls_in(self, callers: list[Method], wanted: Callable[[str], bool]) -> list[Call] | None:
        unique = {m.id: m for m in callers}
        if len(unique) > MAX_CALLERS:
            return None
        found: list[Call] = []
        for method in unique.values():
            body = self._bodies.body(method)
            found += [(body, node) for node in body.nodes("call") if wanted(body.callee(node))]
        return found

    def shift(self, body: Body, call: Node, caller: Body) -> int:
        """How many leading parameters the binding of a call provides."""
        function = call.child_by_field_name("function")
        if function is None or not body.binds_first:
            return 0
        text, _, name = caller.text(function).rpartition(".")
        if not body.method.facts.instance or name != body.method.facts.name or text.startswith("super("):
            return 1
        symbol = self.project.resolve(caller.method.path, text) if text else None
        unbound = text.startswith("type(") or (symbol is not None and symbol.kind is SymbolKind.CLASS)
        return 0 if unbound else 1

    def argument(self, name: str, body: Body, call: Node, caller: Body) -> Node | None:
        """The argument of a call for a parameter of a function: its expression, or the `*args` that may contain it."""
        arguments = call.child_by_field_name("arguments")
        if arguments is None or arguments.type != "argument_list":
            return arguments
        names = [parameter for parameter in body.parameters if not parameter.startswith("*")]
        position = self.shift(body, call, caller)
        for child in arguments.named_children:
            if child.type == "comment":
                continue
            if child.type == "keyword_argument":
                key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if key is not None and caller.text(key) == name:
                    return value
            elif child.type in SPLATS or names[position : position + 1] == [name]:
                return child
            else:
                position += 1
        return None


def _is_value(node: Node) -> bool:
    """Whether this is a value in a dictionary display."""
    return node.parent is not None and node.parent.child_by_field_name("value") == node and node.parent.type == "pair"
