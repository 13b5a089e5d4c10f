"""Where things are mentioned: an index of names over all functions, and the calls of one function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from initlint.facts.receivers import normalise
from initlint.facts.records import Function
from initlint.facts.spelled import fits
from initlint.project.bodies import Bodies, Body
from initlint.project.classes import ClassId, Method, Project
from initlint.project.imports import SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CALLERS = 40
"""With more calls than this a parameter can be anything."""

ENTRY_POINTS = frozenset({"forward", "__call__", "training_step", "validation_step", "test_step"})
"""Methods that are called through a framework, not by name."""

SPLATS = frozenset({"list_splat", "dictionary_splat"})
"""Arguments that may hold more than one."""

Call = tuple[Body, "Node"]


class Callers:
    """The project's functions by the names that they read, call and mention."""

    def __init__(self, project: Project, bodies: Bodies) -> None:
        self.project = project
        self._bodies = bodies
        self._calls: dict[tuple[str, int, str], list[Call] | None] = {}
        self._lent: dict[str, frozenset[ClassId]] = {}

    @functools.cached_property
    def functions(self) -> list[Method]:
        """Every function of the project, methods with their class, the code at module level last."""
        found: list[Method] = []
        for path in self.project.linked_files:
            facts = self.project.files[path]
            for cls in facts.classes:
                found += [Method(path, f"{path}::{cls.qualname}", method) for method in cls.methods]
            found += [Method(path, None, function) for function in facts.functions]
            found.append(Method(path, None, facts.module_level))
        return found

    @functools.cached_property
    def reading(self) -> dict[str, list[tuple[Method, str]]]:
        """Attribute name -> the functions that read it, with the receiver."""
        index: dict[str, list[tuple[Method, str]]] = {}
        for method in self.functions:
            for receiver, names in method.facts.reads.items():
                for name in names:
                    index.setdefault(name, []).append((method, receiver))
        return index

    def readers(self, attribute: str, telling: bool = False) -> Iterator[tuple[Method, str]]:
        """The functions that read an attribute of that name, or by a pattern that it fits, with the receivers.

        With `telling` a pattern must say something itself: "*_*" fits every other name there is.
        """
        yield from self.reading.get(attribute, ())
        for pattern in self._patterns:
            if fits(pattern, attribute) and (not telling or any(c.isalnum() for c in pattern)):
                yield from self.reading[pattern]

    def fitting(self, pattern: str) -> list[str]:
        """The names that are read somewhere and that a computed name can come out as."""
        return sorted(name for name in self.reading if "*" not in name and fits(pattern, name))

    @functools.cached_property
    def _patterns(self) -> list[str]:
        return [name for name in self.reading if "*" in name and name != "*"]

    @functools.cached_property
    def calling(self) -> dict[str, list[Method]]:
        """Plain name -> the functions that call it."""
        return self._by_name(lambda function: function.calls)

    @functools.cached_property
    def mentioning(self) -> dict[str, list[Method]]:
        """Plain name -> the functions that use it as a value."""
        return self._by_name(lambda function: function.mentions)

    @functools.cached_property
    def giving(self) -> dict[str, list[Method]]:
        """Attribute name -> the functions that give it to other objects than their instance."""
        return self._by_name(lambda function: function.gives)

    def _by_name(self, names: Callable[[Function], tuple[str, ...]]) -> dict[str, list[Method]]:
        index: dict[str, list[Method]] = {}
        for method in self.functions:
            for name in names(method.facts):
                index.setdefault(name, []).append(method)
        return index

    @functools.cached_property
    def _assigning(self) -> dict[str, frozenset[ClassId]]:
        index: dict[str, set[ClassId]] = {}
        for info in self.project.linked_classes:
            for store in info.facts.attributes:
                index.setdefault(store.attribute, set()).add(info.id)
            for method in info.facts.methods:
                for store in method.stores:
                    index.setdefault(store.attribute, set()).add(info.id)
        return {name: frozenset(ids) for name, ids in index.items()}

    def assigning(self, name: str) -> frozenset[ClassId]:
        """The classes whose code gives `self.name` a value, or may by a computed name."""
        return self._assigning.get(name, frozenset())

    @functools.cached_property
    def _methods(self) -> dict[str, frozenset[ClassId]]:
        index: dict[str, set[ClassId]] = {}
        for info in self.project.linked_classes:
            for name in info.methods:
                index.setdefault(name, set()).add(info.id)
        return {name: frozenset(ids) for name, ids in index.items()}

    def having(self, name: str) -> list[ClassId]:
        """The classes with an attribute or method of that name in their own code."""
        return sorted(self.assigning(name) | self._methods.get(name, frozenset()))

    def of(self, method: Method) -> list[Call] | None:
        """The project's calls of a function; None where they cannot all be known."""
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
        """The calls of a nested function, which all stand in the function around it; in a package, nobody looks."""
        if method.path not in self._in_file:
            return None
        outer, _, name = method.facts.name.rpartition(".<locals>.")
        around = [
            m
            for m in self._in_file[method.path]
            if m.owner == method.owner and (m.facts.name + ".").startswith(outer + ".")
        ]
        if name.startswith("<") or any(name in m.facts.mentions for m in around):
            return None
        return self._calls_in([m for m in around if name in m.facts.calls], lambda text: text == name)

    @functools.cached_property
    def _in_file(self) -> dict[str, list[Method]]:
        index: dict[str, list[Method]] = {}
        for method in self.functions:
            index.setdefault(method.path, []).append(method)
        return index

    @functools.cached_property
    def decorated(self) -> dict[str, frozenset[ClassId]]:
        """Function by "path::name" -> the classes with methods that it decorates."""
        index: dict[str, set[ClassId]] = {}
        for method in self.functions:
            for decorator in method.facts.decorators if method.owner else ():
                symbol = self.project.resolve(method.path, decorator.partition("(")[0])
                if symbol is not None and method.owner is not None:
                    index.setdefault(symbol.target, set()).add(method.owner)
        return {target: frozenset(owners) for target, owners in index.items()}

    @functools.cached_property
    def decorations(self) -> dict[str, list[str]]:
        """Function by "path::name" -> how it is written where it decorates something."""
        index: dict[str, list[str]] = {}
        for method in self.functions:
            for decorator in method.facts.decorators:
                symbol = self.project.resolve(method.path, decorator.partition("(")[0])
                if symbol is not None:
                    index.setdefault(symbol.target, []).append(decorator)
        return index

    def is_lent(self, method: Method) -> bool:
        """Whether code outside of its family takes a method from its class: it may run on an instance of any other."""
        name = method.facts.name
        if method.owner is None or "<locals>" in name:
            return False
        if name not in self._lent:
            self._lent[name] = frozenset(self._lenders(name))
        return method.owner in self._lent[name]

    def _lenders(self, name: str) -> Iterator[ClassId]:
        for taker, receiver in self.reading.get(name, ()):
            symbol = self.project.resolve(taker.path, receiver)
            if symbol is not None and symbol.kind is SymbolKind.CLASS:
                method = self.project.method(symbol.target, name)
                if method is not None and method.owner and taker.owner not in self.project.family(method.owner):
                    yield method.owner

    def _function_calls(self, method: Method, name: str) -> list[Call] | None:
        target, names = f"{method.path}::{name}", self._names_of(name)
        callers: list[Method] = []
        for each in names:
            if any(self._means(m, each, target) for m in self.mentioning.get(each, ())):
                return None
            callers += [m for m in self.calling.get(each, ()) if self._means(m, each, target)]
            callers += [m for m, receiver in self.reading.get(each, ()) if self._means(m, f"{receiver}.{each}", target)]
        return self._calls_in(callers, lambda text: text.rpartition(".")[2] in names)

    def _names_of(self, name: str) -> list[str]:
        """A name of a function or class with all that files import it as."""
        found = [name]
        for each in found:
            found += sorted(self._renamed.get(each, set()).difference(found))
        return found

    @functools.cached_property
    def _renamed(self) -> dict[str, set[str]]:
        """What is imported under another name than its own."""
        index: dict[str, set[str]] = {}
        for path in self.project.linked_files:
            for record in self.project.files[path].imports:
                if record.attribute and record.name not in (record.attribute, "*"):
                    index.setdefault(record.attribute, set()).add(record.name)
        return index

    def _means(self, method: Method, dotted: str, target: str) -> bool:
        symbol = self.project.resolve(method.path, dotted)
        return symbol is not None and symbol.target == target

    def _method_calls(self, method: Method, name: str) -> list[Call] | None:
        assert method.owner is not None
        family = self.project.family(method.owner)
        reading = self.reading.get(name, ())
        callers = [m for m, receiver in reading if receiver not in (m.facts.instance, "super()") or m.owner in family]
        calls = self._calls_in(callers, lambda text: text.rpartition(".")[2] == name)
        return None if calls is None else [(body, call) for body, call in calls if self._may_be_on(family, call, body)]

    def _may_be_on(self, family: frozenset[ClassId], call: Node, body: Body) -> bool:
        """Whether the receiver of a call can be one of these classes or an instance of one, as far as names tell."""
        receiver = normalise(body.text(call)).rpartition("(")[0].rpartition(".")[0].removesuffix("()")
        facts, owner = body.method.facts, body.method.owner
        if owner is not None and receiver in (facts.instance, "super"):
            return owner in family
        if not receiver or body.hides(receiver.partition(".")[0]):
            return True
        around = f"{self.project.classes[owner].facts.qualname}.{facts.name}" if owner else facts.name
        symbol = self.project.resolve(body.method.path, receiver, f"{around}.<locals>.")
        if symbol is None or symbol.kind in (SymbolKind.FUNCTION, SymbolKind.VARIABLE):
            return True
        return symbol.kind is SymbolKind.CLASS and symbol.target in family

    def _constructions(self, cls: ClassId) -> list[Call] | None:
        own = {self.project.classes[d].facts.name for d in self.project.descendants(cls) if self._constructs(d, cls)}
        names = {each for name in own for each in self._names_of(name)}
        callers = [m for name in sorted(names) for m in self.calling.get(name, ())]
        callers += [m for name in sorted(names) for m, _ in self.reading.get(name, ())]
        found = self._calls_in(callers, lambda text: text.rpartition(".")[2] in names)
        inherited = [
            Method(self.project.classes[d].path, d, self.project.classes[d].methods["__init__"])
            for d in sorted(self.project.descendants(cls))
            if d != cls and "__init__" in self.project.classes[d].methods
        ]
        supers = self._calls_in(inherited, lambda text: text.endswith("__init__"))
        return None if found is None or supers is None else [*found, *supers]

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
            for node in body.nodes("call"):
                function = node.child_by_field_name("function")
                if function is not None and wanted(body.text(function)):
                    found.append((body, node))
        return found

    def shift(self, body: Body, call: Node, caller: Body) -> int:
        """How many leading parameters a call leaves to the binding of the instance."""
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
        """What a call passes for a parameter of a function: its expression, or the `*args` that it may be in."""
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
