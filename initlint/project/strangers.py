"""Code that could read anything and cannot be seen: missing bases, functions that get the instance."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.vocabulary import LOOKUPS
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.flows import INITIALISES, is_called
from initlint.project.imports import SymbolKind
from initlint.project.inference import Inference
from initlint.project.roles import Roles, initialises_others
from initlint.project.stored import fillings
from initlint.project.sweeps import DESCENDANTS, picks_out
from initlint.project.values import Value
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


class Strangers(Asking):
    """Why a class may have other readers, or ""."""

    def __init__(self, inference: Inference, roles: Roles) -> None:
        super().__init__(inference)
        self.roles = roles

    def doubt(self, cls: ClassId) -> str:
        """The code that cannot be seen, in a few words."""
        return self.unseen(cls) or self.handed_out(cls) or self.borrowed(cls)

    def unseen(self, cls: ClassId) -> str:
        """A base without source, which could read anything."""
        bases = sorted({b for d in self.project.family(cls) for b in self._unresolved(d)})
        return f"base class `{bases[0]}` could not be read" if bases else ""

    def handed_out(self, cls: ClassId) -> str:
        """A function of another package that gets the instance, and could read anything from it."""
        return next((place for relative in self.project.near(cls) if (place := self._hands_out(relative))), "")

    def borrowed(self, cls: ClassId) -> str:
        """A method that a class takes by its name from another class that may not have been read."""
        return next((place for relative in self.project.near(cls) if (place := self._borrows(relative))), "")

    def found(self, value: Value) -> str:
        """Where others get an instance: the code that makes it stores it in something else, or it is found by its
        class."""
        held = sorted(value.exact | (value.element.exact if value.element is not None else frozenset()))
        ancestors = (ancestor for cls in held for ancestor in self.project.mro(cls))
        return next(filter(None, (*map(self._announces, ancestors), *map(self._picked, held))), "")

    @remembered
    def _picked(self, cls: ClassId) -> str:
        """Where code picks all modules of exactly this class; for a base with many subclasses this says little."""
        if cls not in self.project.classes:
            return ""
        takers = (m for m, name in self.callers.naming(cls) if self._picks_out(m, name))
        return next((f"`{m.facts.name}` in {m.path} uses all modules of this class that it finds" for m in takers), "")

    def _picks_out(self, method: Method, name: str) -> bool:
        going = any(not DESCENDANTS.isdisjoint(names) for names in method.facts.reads.values())
        return going and not initialises_others(self.project, method) and picks_out(self.bodies.body(method), name)

    @remembered
    def _announces(self, cls: ClassId) -> str:
        info = self.project.classes.get(cls)
        for method in info.functions if info else ():
            facts = method.facts
            if facts.instance in facts.mentions and self.roles.constructs(method):
                body = self.bodies.body(method)
                for owner, nodes in fillings(body).items():
                    if owner.partition(".")[0] != facts.instance and facts.instance in map(body.text, nodes):
                        return f"`{owner}` is given the instance in {method.path}"
        return ""

    @remembered
    def _borrows(self, cls: ClassId) -> str:
        info = self.project.classes[cls]
        code = self.project.code(info)
        for name in sorted({store.attribute for store in info.facts.attributes if _mentions(code, store.attribute)}):
            body = self.bodies.of_class(info)
            for node in body.class_values(name):
                if node.type == "attribute" and body.text(node).endswith(f".{name}") and self._is_unseen(node, body):
                    return f"`{body.text(node)}` becomes a method in {info.path}"
        return ""

    def _is_unseen(self, attribute: Node, body: Body) -> bool:
        """Whether an attribute is not known to be one of the project, of torch or of the standard library."""
        symbol = self.inference.static(attribute, body)
        if symbol is not None:
            return symbol.kind is SymbolKind.EXTERNAL and not _harmless(symbol.target)
        owner = self.inference.expression(attribute.named_children[0], body)
        return owner.unknown or not (owner.classes or owner.exact)

    @remembered
    def _hands_out(self, cls: ClassId) -> str:
        info = self.project.classes.get(cls)
        for method in info.functions if info else ():
            facts = method.facts
            if not facts.instance:
                continue
            if facts.instance in facts.mentions:
                constructs = self.roles.constructs(method)
                if callee := self._given_to_stranger(self.bodies.body(method), constructs):
                    return f"`{callee}` is given the instance in {method.path}"
            looks_up = not LOOKUPS.isdisjoint(facts.reads.get(facts.instance, ()))
            if looks_up and (lookup := _handed_on(self.bodies.body(method))):
                return f"`{lookup}` is handed on in {method.path}"
        return ""

    def _given_to_stranger(self, body: Body, constructs: bool) -> str:
        """The first function of another package that gets the instance, except those that initialise it."""
        instance = body.method.facts.instance
        for node in body.nodes("call"):
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            texts = [body.text(argument) for argument in arguments]
            if function is not None and instance in texts:
                if texts[:2] == ["getattr", instance]:
                    return "getattr"
                if constructs and INITIALISES.match(body.text(function)):
                    continue
                symbol = self.inference.static(function, body)
                if symbol is not None and symbol.kind is SymbolKind.EXTERNAL and not _harmless(symbol.target):
                    return body.text(function)
        return ""

    def _unresolved(self, cls: ClassId) -> tuple[str, ...]:
        info = self.project.classes.get(cls)
        return info.unresolved if info else ()


def _handed_on(body: Body) -> str:
    """A method of the instance that looks up attributes by name, and is passed on instead of being called."""
    nodes = (node for name in sorted(LOOKUPS) for node in body.attributes.get(name, ()) if not is_called(node))
    return next((text for text in map(body.text, nodes) if text.startswith(f"{body.method.facts.instance}.")), "")


def _harmless(function: str) -> bool:
    """Functions of torch and of the standard library read no attribute by name, except those that list all of them."""
    return function.split(".")[0] in ("torch", *sys.stdlib_module_names) and not function.startswith("inspect.get")


def _mentions(source: bytes, attribute: str) -> bool:
    """Whether an attribute with this name is read or set anywhere: most class bodies need not be parsed."""
    return f".{attribute}".encode() in source
