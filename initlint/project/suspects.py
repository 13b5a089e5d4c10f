"""Cheap evidence: which classes are worth a construction, and which of their definitions have no reader."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from initlint.construction import knowledge
from initlint.facts.receivers import NO_INSTANCE
from initlint.facts.records import Function, Local, Store
from initlint.facts.spelled import fits
from initlint.facts.vocabulary import REGISTRATIONS, REGISTRIES, SETTERS
from initlint.model import Told, Verdict
from initlint.project.bindings import CLASS_LEVEL
from initlint.project.calls import PASSES_ON
from initlint.project.classes import ClassId, ClassInfo, Method, sets_property
from initlint.project.flows import unused
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.project import Project
from initlint.project.readers import Readers
from initlint.project.values import is_none

MAKE_OF_GIVEN = frozenset({"partial", "map", "getattr", "reduce"})
"""Functions that call their argument, or look up what is called."""


Stores = Mapping[str, Sequence[tuple[Method, Store]]]
"""What the constructor of a class stores, by attribute."""


class Suspect(msgspec.Struct, frozen=True):
    """A class with definitions without readers (`dead`), or with other evidence of a hazard in its constructor.

    `keyed` are containers of which only the items with these keys are read.
    """

    cls: ClassId
    dead: dict[str, Verdict]
    keyed: dict[str, frozenset[str]]


def unnamed(readers: Readers, cls: ClassId, told: Mapping[str, Told], dead: Collection[str]) -> dict[str, Verdict]:
    """The dead ones of those definitions whose names only construction shows: `setattr(self, HEAD, ...)`.

    What something else holds is left out, since its readers are found by names. What fits a pattern that is `dead` as a
    whole is not listed one by one.
    """
    known = {*dead, *_made(readers, cls, told)}
    if not all(_is_known(attribute, known) for attribute in told):
        known.update(*(_made(readers, relative, told) for relative in readers.project.family(cls)))
    new = {attribute: each for attribute, each in told.items() if not _is_known(attribute, known)}
    with readers.admitting(cls, {attribute: each.kind for attribute, each in new.items()}):
        verdicts = {attribute: readers.verdict(cls, attribute) for attribute, each in new.items() if each.alone}
    return {attribute: verdict for attribute, verdict in verdicts.items() if verdict is not None}


def _made(readers: Readers, cls: ClassId, told: Collection[str]) -> set[str]:
    """Those attributes that the code of a class names where its construction makes them."""
    info = readers.project.classes.get(cls)
    stores = _construction_stores(info, _constructing(readers, info)) if info is not None else ()
    named = ((method, store.attribute) for method, store in stores if store.attribute in told)
    return {attribute for method, attribute in named if not _makes_nothing(readers, method, attribute)}


def _makes_nothing(readers: Readers, method: Method, attribute: str) -> bool:
    """Whether a method, or the body of a class, only declares an attribute or makes it None."""
    if method.facts.name == CLASS_LEVEL and method.owner:
        info = readers.project.classes[method.owner]
        return all(map(is_none, readers.bodies.of_class(info).class_values(attribute)))
    return all(map(is_none, readers.bodies.body(method).stores(attribute)))


def _is_known(attribute: str, known: set[str]) -> bool:
    """Whether an attribute, or a pattern that it fits, is known; a pattern itself is not a name."""
    return "*" in attribute or attribute in known or any(fits(name, attribute) for name in known)


def candidates(project: Project, paths: frozenset[str]) -> list[ClassInfo]:
    """The classes in the reported files that build modules, in the order of files and lines."""
    infos = [info for path in sorted(paths) for info in project.classes_in(path)]
    return [info for info in infos if builds_modules(project, info.id)]


def suspects(readers: Readers, infos: Iterable[ClassInfo]) -> Iterator[Suspect]:
    """Those classes that are worth a construction."""
    for info in infos:
        constructing = list(_constructing(readers, info))
        stores = _by_attribute(info, constructing)
        dead = dict(_dead(readers, info, stores))
        keyed = dict(_keyed(readers, info, stores, dead))
        if dead or keyed or _other_evidence(readers, constructing) or _replaces_inherited(readers, info, constructing):
            yield Suspect(info.id, dead, keyed)


def builds_modules(project: Project, cls: ClassId) -> bool:
    """Whether instances are modules: by a base, or by a subclass that mixes the class in."""
    return any(project.is_module(d) or project.unresolved_bases(d) for d in project.descendants(cls))


def _by_attribute(info: ClassInfo, constructing: Iterable[Method]) -> Stores:
    stores: dict[str, list[tuple[Method, Store]]] = {}
    for method, store in _construction_stores(info, constructing):
        stores.setdefault(store.attribute, []).append((method, store))
    return stores


def _dead(readers: Readers, info: ClassInfo, stores: Stores) -> Iterator[tuple[str, Verdict]]:
    for attribute, found in stores.items():
        if attribute == "*" or readers.entries.read(info.id, attribute):
            continue
        setter = readers.project.method(info.id, attribute)
        if setter is not None and sets_property(setter.facts):
            continue
        test = _builds_in_place if "*" in attribute else _may_define
        if any(test(readers, method, store) for method, store in found):
            verdict = readers.verdict_on_all(info.id, attribute)
            if verdict is not None:
                yield attribute, verdict


def _keyed(
    readers: Readers, info: ClassInfo, stores: Stores, dead: Collection[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """The containers of which only the items with some keys are read."""
    for attribute, found in stores.items():
        if "*" in attribute or attribute in dead:
            continue
        if any(_makes_container(readers, method, store) for method, store in found):
            keys = readers.keys_read(info.id, attribute)
            if keys is not None:
                yield attribute, keys


def _makes_container(readers: Readers, method: Method, store: Store) -> bool:
    callees = _makers(store)
    if store.indirect and not callees:
        callees = readers.bodies.body(method).makers_of(store.attribute)
    symbols = (readers.project.resolve(method.path, callee) for callee in callees)
    return any(symbol is not None and knowledge.canonical(symbol.target) in knowledge.CONTAINERS for symbol in symbols)


def _construction_stores(info: ClassInfo, constructing: Iterable[Method]) -> Iterator[tuple[Method, Store]]:
    body = Function("<class>", "", info.facts.start, info.facts.end, info.facts.line, (), {}, (), (), (), ())
    for store in info.facts.attributes:
        yield Method(info.path, info.id, body), store
    for method in constructing:
        for store in method.facts.stores:
            yield method, store


def _constructing(readers: Readers, info: ClassInfo) -> Iterator[Method]:
    """The methods that construction runs and that can build, and the functions in them, which they may call."""
    return (method for method in info.functions if _can_build(method) and _constructs(readers, info, method))


def _constructs(readers: Readers, info: ClassInfo, method: Method) -> bool:
    outermost = info.methods.get(method.facts.name.partition(".<locals>.")[0], method.facts)
    return readers.roles.runs_in_construction(Method(info.path, info.id, outermost))


def _can_build(method: Method) -> bool:
    """Whether a method stores or makes anything, or lets other code do so; nothing is asked about the others."""
    facts = method.facts
    if facts.stores or facts.locals or facts.gives or facts.instance in facts.mentions:
        return True
    return any(not _REGISTERING.isdisjoint(facts.reads.get(each, ())) for each in (facts.instance, *_registries(facts)))


_REGISTERING = REGISTRATIONS | {"update"}
"""What code calls on an instance, or on the dictionary of its parts, to give it a part."""


def _builds_in_place(readers: Readers, method: Method, store: Store) -> bool:
    """Whether a statement makes what it stores: what it only registers under a number is held by something else.

    `"part_{}".format(k)` is a call too.
    """
    makers = [callee for callee in _makers(store) if callee != NO_INSTANCE]
    return not store.indirect and any(may_build(readers.project, method, callee) for callee in makers)


def _makers(store: Store) -> tuple[str, ...]:
    """The calls that make the value: not the one that stores it under a name."""
    return tuple(each for each in store.callees if each.rpartition(".")[2] not in REGISTRATIONS | SETTERS)


def _may_define(readers: Readers, method: Method, store: Store) -> bool:
    callees = _makers(store)
    indirect = store.indirect or len(callees) < len(store.callees)
    if indirect:
        callees += readers.bodies.body(method).makers_of(store.attribute)
    if not callees and method.facts.instance and not method.facts.name.startswith("__"):
        callees = tuple(_passed(readers, method, store))
    if any(may_build(readers.project, method, callee) for callee in callees):
        return True
    passed_on = any(callee.rpartition(".")[2] in PASSES_ON for callee in callees)
    return (indirect or passed_on) and readers.assigns_module(method, store.attribute)


def _passed(readers: Readers, method: Method, store: Store) -> Iterator[str]:
    """What the calls of a method make for a parameter that it stores."""
    body = readers.bodies.body(method)
    names = {body.text(node) for node in body.stores(store.attribute)} & body.parameters.keys()
    for caller, call in (readers.callers.of(method) or ()) if names else ():
        for name in sorted(names):
            argument = readers.callers.argument(name, body, call, caller)
            yield from caller.callees(argument) if argument is not None else ()


def may_build(project: Project, method: Method, callee: str) -> bool:
    """Whether a callee can return a module, a parameter or a drawn tensor. Over-suspects; never under-suspects."""
    root, dot, _ = callee.partition(".")
    root, name = root.removesuffix("()").removesuffix("[]"), callee.rpartition(".")[2].removesuffix("()")
    opaque = callee.startswith(("super()", "?")) or callee.endswith("()")
    if opaque or root == method.facts.instance or name in MAKE_OF_GIVEN:
        return True
    if callee.endswith("[]"):
        table = callee.removesuffix("[]")
        known = (_resolved(project, method, each) for each in (table, root if dot else ""))
        kinds = {symbol.kind for symbol in known if symbol is not None}
        return callee.startswith("0") or not kinds.isdisjoint({SymbolKind.VARIABLE, SymbolKind.CLASS})
    if knowledge.tensor_method_draws(name):
        return True
    symbol = _resolved(project, method, callee)
    if symbol is None:
        owner = _resolved(project, method, root) if dot else None
        if root in ("type", "__class__") or (owner is not None and _holds_classes(project, owner)):
            return True
        return not dot and not hasattr(builtins, root)
    if symbol.kind is SymbolKind.EXTERNAL:
        return _torch_builds(symbol.target) or bool(project.tables.classes(symbol.target.rpartition(".")[0]))
    if symbol.kind is SymbolKind.CLASS:
        return project.is_module(symbol.target) or bool(project.unresolved_bases(symbol.target))
    return True


def _resolved(project: Project, method: Method, dotted: str) -> Symbol | None:
    """What a name means in a function, and in its class."""
    scope = f"{project.classes[method.owner].facts.qualname}." if method.owner else ""
    return project.resolve(method.path, dotted, scope)


def _holds_classes(project: Project, owner: Symbol) -> bool:
    """Whether what precedes a dot is a class, whose methods build, or a table of classes."""
    return owner.kind is SymbolKind.CLASS or bool(project.tables.classes(owner.target))


def _torch_builds(name: str) -> bool:
    if knowledge.module(name) is not None:
        return True
    known = knowledge.function(name)
    return name.startswith("torch.nn.utils.") or (known is not None and known.draws)


def _other_evidence(readers: Readers, constructing: Collection[Method]) -> bool:
    """A definition that is stored twice or under a name that the file does not spell out, or a discarded thing."""
    project = readers.project
    if any(_hides(project, readers, method) for method in constructing):
        return True
    if any(_discards(project, readers, method, local) for method in constructing for local in method.facts.locals):
        return True
    counts = Counter(store.attribute for method in constructing for store in method.facts.stores)
    defined: set[str] = set()
    for method in constructing:
        again = [store for store in method.facts.stores if counts[store.attribute] > 1]
        defining = {store.attribute for store in again if _may_define(readers, method, store)}
        for attribute, count in Counter(store.attribute for store in again).items():
            replaced = attribute in defining and count > 1 and readers.bodies.body(method).replaces(attribute)
            if replaced or attribute in defined:
                return True
        defined |= defining
    return False


def _replaces_inherited(readers: Readers, info: ClassInfo, constructing: Iterable[Method]) -> bool:
    """Whether a constructor gives an attribute a value where that of a base class of the project may have built one."""
    names = {store.attribute for method in constructing for store in method.facts.stores}
    for base in readers.project.lineage(info.id) if names else ():
        if base is not info and base.path in readers.project.own and not names.isdisjoint(base.stored):
            same = (
                (method, store)
                for method in base.functions
                for store in method.facts.stores
                if store.attribute in names
            )
            if any(
                _constructs(readers, base, method) and _may_define(readers, method, store) for method, store in same
            ):
                return not readers.project.templates.holds(info.path)
    return False


def _hides(project: Project, readers: Readers, method: Method) -> bool:
    """Whether a method stores by a name that the file does not spell out, through another name of its instance, on a
    part of it, or by a function that it passes its instance to."""
    facts = method.facts
    patterns = [store.attribute for store in facts.stores if "*" in store.attribute]
    if any(name == "*" or not readers.entries.read(method.owner or "", name) for name in patterns):
        return True
    if gives_part(project, method) or any("update" in facts.reads.get(each, ()) for each in _registries(facts)):
        return True
    if facts.instance in facts.mentions and any(_gives(project, method, callee) for callee in _named(facts)):
        return True
    if facts.instance not in facts.mentions and REGISTRATIONS.isdisjoint(facts.reads.get(facts.instance, ())):
        return False
    renamed = _RENAMED.replace(b"self", facts.instance.encode())
    return re.search(renamed, project.code(method)) is not None


_RENAMED = rb"(?m)^\s*\w+\s*=\s*(self(\.(add_module|register_\w+))?\s*$|\w*\.?partial\(\s*setattr,\s*self\b)"
"""Another name for the instance, or for a method of it that stores its argument."""


def _registries(facts: Function) -> Iterator[str]:
    """The dictionaries that hold the parts of a method's instance by name."""
    yield "vars()"
    yield from (f"{facts.instance}.{registry}" for registry in REGISTRIES)


def gives_part(project: Project, method: Method) -> bool:
    """Whether a function gives a part to something other than its instance: `self.neck.extra = nn.Linear(...)`."""
    return next(given_parts(project, method), None) is not None


def given_parts(project: Project, method: Method) -> Iterator[str]:
    """The objects other than its instance that a function gives a part, as written."""
    facts = method.facts
    if not facts.gives:
        return
    given = _GIVEN.findall(project.code(method))
    texts = {(receiver.decode(), name.decode(), callee.decode()) for receiver, name, callee in given}
    for receiver, name, callee in sorted(texts):
        if receiver != facts.instance and name in facts.gives and may_build(project, method, callee):
            yield receiver
    for receiver, names in facts.reads.items():
        if receiver not in (facts.instance, "super()") and not REGISTRATIONS.isdisjoint(names):
            yield receiver


_GIVEN = re.compile(rb"(?m)^\s*((?:\w+\.)?\w+)\.(\w+)\s*=\s*([^\W\d][\w.]*)\s*\(")
"""An attribute of a local name, or of a part of the instance, that gets the result of a call."""


def _named(facts: Function) -> Iterator[str]:
    """The names that a method calls, or may call, outside of its instance."""
    yield from facts.calls
    for receiver, names in facts.reads.items():
        yield from (f"{receiver}.{name}" for name in names if receiver.partition(".")[0] != facts.instance)


def _gives(project: Project, method: Method, callee: str) -> bool:
    """Whether a function of the project gives something attributes."""
    symbol = project.resolve(method.path, callee)
    function = project.function(symbol) if symbol is not None and symbol.kind is SymbolKind.FUNCTION else None
    return function is not None and bool(function.facts.gives)


def _discards(project: Project, readers: Readers, method: Method, local: Local) -> bool:
    """A call whose result is unused except for initialising it, of a class or of torch."""
    symbol = _resolved(project, method, local.callee)
    if symbol is None or symbol.kind not in (SymbolKind.EXTERNAL, SymbolKind.CLASS) or local.callee.endswith("_"):
        return False
    if not may_build(project, method, local.callee):
        return False
    return not local.name or unused(readers.bodies.body(method), local.name)
