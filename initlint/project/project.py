"""All files of a project, linked: bases across files and into installed packages, what names and methods stand for."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.facts.extract import extract
from initlint.facts.lazy import Facts
from initlint.facts.records import Class, FileFacts, Function
from initlint.project.classes import ClassId, ClassInfo, Method
from initlint.project.conventions import Conventions
from initlint.project.environment import Environment
from initlint.project.frameworks import framework_class
from initlint.project.imports import Modules, Symbol, SymbolKind
from initlint.project.index import Index, Row, Rows
from initlint.project.inheritance import Inheritance
from initlint.project.sight import Sight
from initlint.project.tables import Tables
from initlint.project.templates import Templates
from initlint.project.wrappers import LOCAL, wrapped
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.links import Standing
    from initlint.project.survey import Survey

MAX_OVERRIDES = 8
"""The number of subclasses that are asked for an abstract method."""

MOST_SOURCES = 400
"""The number of files whose text is kept."""


class Project(Inheritance):
    """All files, linked. Everything here is looked up and nothing is guessed; what cannot be resolved is reported as
    such."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        read: Callable[[str], bytes],
        environment: Environment | None = None,
        package: str = "",
        conventions: Conventions | None = None,
        extracting: Callable[[bytes], FileFacts] = extract,
        standing: Standing | None = None,
    ) -> None:
        super().__init__()
        self._extract = extracting
        self.files = Facts(files, lambda path: files[path] if path in files else self._extract(self.installed[path]))
        self.own = frozenset(files)
        self.modules = Modules(self.files, package)
        self._read = read
        self._environment = environment or Environment()
        self.conventions = conventions or Conventions()
        self.installed: dict[str, bytes] = {}
        self._linked = False
        self._on_demand: dict[str, str] = {}
        self._sources: dict[str, bytes] = {}
        self.indices: dict[str, Index[Any]] = {}
        self.survey: Callable[[], Survey | None] = lambda: None
        self._standing = standing
        if standing is None:
            self._link()
        else:
            self._restore(standing)
        for info in list(self.classes.values()):
            for base in info.bases:
                self.children.setdefault(base, []).append(info.id)
        self.linked = dict.fromkeys(self.files).keys()
        self.consulted = tuple(self.installed)
        self.modules.binding = self.index("binds", self.modules.binds)
        self._protocols = self.index("protocols", self._protocols_in)
        self.tables = Tables(self)
        self.templates = Templates(self)
        self.sight = Sight(self, standing.links.imported if standing is not None else {})
        self._linked = True

    def _link(self) -> None:
        for path in list(self.files):
            self._add_classes(path)
        for wrapper, cls in list(wrapped(self, self.classes.values())):
            info = self.classes[wrapper]
            self.classes[wrapper] = replace(info, bases=(*info.bases, cls), unresolved=())
        self._cut_cycles()

    def _restore(self, standing: Standing) -> None:
        """Reuse what an earlier run linked."""
        self.modules.stars = standing.links.stars
        for path, (module, _) in standing.links.installed.items():
            self.installed[path] = standing.installed[path]
            if module:
                self.files.add(path)
                self.modules.add_installed(path, module, found=True)
        for id, (bases, unresolved) in standing.links.classes.items():
            self.classes[id] = self._info(id, bases, unresolved)

    def _info(self, id: ClassId, bases: tuple[ClassId, ...] = (), unresolved: tuple[str, ...] = ()) -> ClassInfo:
        return ClassInfo(id, self._class, bases, unresolved)

    def index(self, name: str, rows: Rows[Row]) -> Index[Row]:
        """What the linked files say about names, as rows made from one file."""
        files, standing = tuple(self.linked), self._standing
        fresh = [number for number, path in enumerate(files) if standing and path in standing.changed]
        words = standing.links.words[name] if standing else None
        self.indices[name] = index = self._index(name, rows, files, words, fresh)
        return index

    def _index(
        self, name: str, rows: Rows[Row], files: Sequence[str], words: bytes | None, fresh: Collection[int]
    ) -> Index[Row]:
        return Index(rows, files, words, fresh)

    def classes_in(self, path: str) -> list[ClassInfo]:
        """The classes of a file, in order; none if there is no such file."""
        return [self.classes[f"{path}::{qualname}"] for qualname in self._statements(path)]

    @remembered
    def _statements(self, path: str) -> dict[str, list[Class]]:
        """The classes of a file by name, each with the statements that define it."""
        found: dict[str, list[Class]] = {}
        for cls in self.files[path].classes if path in self.files else ():
            found.setdefault(cls.qualname, []).append(cls)
        return found

    def _class(self, id: ClassId) -> Class:
        path, _, qualname = id.partition("::")
        return _together(self._statements(path)[qualname])

    def read_all(self) -> None:
        """Load the facts of all files, a survey of them, and what they say about names.

        A copy of this process cannot use the cache, and would have to compute the same again.
        """
        self.survey()
        for path in self.files:
            self.files[path]
        for index in self.indices.values():
            index.get("")
        self.sight.importers.get("")
        self._extract = extract

    def source(self, path: str) -> bytes:
        """The bytes of a file, as UTF-8."""
        if path in self.installed:
            return self.installed[path]
        if path not in self._sources:
            if len(self._sources) >= MOST_SOURCES:
                del self._sources[next(iter(self._sources))]
            self._sources[path] = self._read(path)
        return self._sources[path]

    def code(self, place: Method | ClassInfo) -> bytes:
        """The text of a function or class."""
        return self.source(place.path)[place.facts.start : place.facts.end]

    @remembered
    def outer_functions(self, path: str) -> list[tuple[int, int]]:
        """Where the functions of a file are that are not inside of another function, methods included, in order."""
        facts = self.files[path]
        functions = [*facts.functions, *(method for cls in facts.classes for method in cls.methods)]
        found: list[tuple[int, int]] = []
        for start, end in sorted((f.start, -f.end) for f in functions if not f.name.endswith(">")):
            if not found or start >= found[-1][1]:
                found.append((start, -end))
        return found

    def resolve(self, path: str, dotted: str, qualname: str = "") -> Symbol | None:
        """What a dotted name means in the code of `qualname` in `path`; torch's names are made canonical."""
        return self._resolve(path, dotted, qualname.rpartition(".")[0])

    def decorator(self, path: str, text: str) -> Symbol | None:
        """What a decorator stands for, with or without a call."""
        return self.resolve(path, text.partition("(")[0])

    @remembered
    def _resolve(self, path: str, dotted: str, scope: str) -> Symbol | None:
        while scope:
            found = self.modules.resolve(path, f"{scope}.{dotted}")
            if found is not None and found.kind is SymbolKind.CLASS:
                return found
            scope = scope.rpartition(".")[0]
        found = self.modules.resolve(path, dotted)
        return self._canonical(found) if found is not None else None

    def _canonical(self, symbol: Symbol) -> Symbol:
        """One name for what is torch's: imported or, in a project that is torch itself, defined here."""
        if symbol.kind is SymbolKind.EXTERNAL:
            dotted = symbol.target
        else:
            path, _, qualname = symbol.target.partition("::")
            dotted = f"{self.modules.names[path]}.{qualname}"
            if not (knowledge.module(dotted) or knowledge.function(dotted)):
                return symbol
        if not dotted.startswith("torch."):
            return symbol
        return Symbol(SymbolKind.EXTERNAL, knowledge.canonical(dotted))

    def _add_classes(self, path: str) -> None:
        for qualname in self._statements(path):
            id = f"{path}::{qualname}"
            if id not in self.classes:
                self.classes[id] = info = self._info(id)
                bases, unresolved = self._bases(path, info.facts)
                self.classes[id] = replace(info, bases=bases, unresolved=unresolved)

    def _cut_cycles(self) -> None:
        """Drop the bases by which a class would inherit from itself: no such program runs, but it must not hang."""
        for id in sorted(self.classes):
            info = self.classes[id]
            kept = tuple(base for base in info.bases if not self._reaches(base, id))
            if kept != info.bases:
                self.classes[id] = replace(info, bases=kept)

    def _reaches(self, start: ClassId, goal: ClassId) -> bool:
        seen, pending = {start}, [start]
        while pending:
            current = pending.pop()
            if current == goal:
                return True
            info = self.classes.get(current)
            fresh = [base for base in info.bases if base not in seen] if info else []
            seen.update(fresh)
            pending += fresh
        return False

    def _bases(self, path: str, cls: Class) -> tuple[tuple[ClassId, ...], tuple[str, ...]]:
        bases, unresolved = [], []
        for base in filter(None, cls.bases):
            symbol = self.resolve(path, base, cls.qualname)
            if symbol is not None and symbol.target == f"{path}::{cls.qualname}":
                symbol = self.modules.imported(path, base)
            found = self.class_of(symbol) if symbol else self._framework_class(base)
            if found:
                bases.append(found)
            elif not _harmless(base, symbol):
                unresolved.append(base)
        return tuple(bases), tuple(unresolved)

    def class_of(self, symbol: Symbol) -> ClassId | None:
        if symbol.kind is SymbolKind.CLASS:
            return symbol.target
        if symbol.kind is not SymbolKind.EXTERNAL:
            return None
        if knowledge.module(symbol.target):
            return symbol.target
        return self._installed_class(symbol.target) or self._framework_class(symbol.target)

    def _framework_class(self, dotted: str) -> ClassId | None:
        return framework_class(dotted, self.conventions.base_classes)

    def _installed_class(self, dotted: str) -> ClassId | None:
        """The class behind a dotted name of an installed package, whose file is read if needed."""
        if dotted.split(".")[0] in ("torch", *sys.stdlib_module_names):
            return None
        module, _, name = dotted.rpartition(".")
        if not module or not (path := self._install(module)):
            return None
        symbol = self.resolve(path, name)
        if symbol is None:
            return None
        return self.class_of(symbol) if symbol.target != dotted else None

    def _install(self, module: str) -> str | None:
        """Read the file of an installed module into the project; its path is the absolute one.

        What is read after linking is only found through the class that was asked for: what a name means does not depend
        on earlier questions.
        """
        known = self.modules.file(module) or self._on_demand.get(module)
        if known is not None:
            return known
        file = self._environment.find(module)
        if file is None:
            return None
        path = str(file)
        try:
            self.installed[path] = file.read_bytes()
            self.files.add(path, self._extract(self.installed[path]))
        except (OSError, UnicodeDecodeError):
            return None
        if self._linked:
            self._on_demand[module] = path
        self.modules.add_installed(path, module, found=not self._linked)
        self._add_classes(path)
        return path

    def is_protocol(self, id: ClassId) -> bool:
        """Whether other classes can stand for it without inheriting from it."""
        info = self.classes.get(id)
        if info is None or info.path in self.linked:
            return bool(self._protocols.get(id))
        return _is_protocol(info)

    def protocols(self) -> int:
        """The number of protocols in the links; as long as these hold, what a class inherits from does not change."""
        return self._protocols.told()

    def _protocols_in(self, path: str) -> Iterator[tuple[ClassId, None]]:
        return ((info.id, None) for info in self.classes_in(path) if _is_protocol(info))

    def method(self, id: ClassId, name: str, after: ClassId | None = None) -> Method | None:
        """The method that `self.name` finds on an instance of `id`; with `after`, what `super().name` finds there."""
        order = self.mro(id)
        if after is not None:
            order = order[order.index(after) + 1 :] if after in order else order[1:]
        for owner in order:
            info = self.classes.get(owner)
            if info and name in info.methods:
                return Method(info.path, owner, info.methods[name])
        return None

    def named(self, path: str, facts: Function) -> Function:
        """A function as other files know it by name."""
        return facts

    def alternatives(self, method: Method) -> list[Method]:
        """The methods with one name in a class that is defined several times, of which one takes effect."""
        if method.owner is None:
            return [method]
        found = (facts for facts in self.classes[method.owner].facts.methods if facts.name == method.facts.name)
        return [Method(method.path, method.owner, facts) for facts in found]

    def overriding(self, method: Method, cls: ClassId) -> list[Method]:
        """The methods that a method stands for on an instance of a class: for an abstract one, those of subclasses."""
        name = method.facts.name
        told = any(decorator.endswith("abstractmethod") for decorator in method.facts.decorators)
        if not told and b"raise NotImplementedError" not in self.code(method):
            return [method]
        infos = [self.classes[d] for d in sorted(self.descendants(cls)) if d != method.owner]
        found = [Method(info.path, info.id, info.methods[name]) for info in infos if name in info.methods]
        return found[:MAX_OVERRIDES] or [method]

    def enclosing(self, method: Method) -> Method | None:
        """The function that contains a nested function, a lambda or its class; its names are visible there."""
        name, _, _ = method.facts.name.rpartition(".<locals>.")
        if not name:
            return self.around(self.classes[method.owner]) if method.owner in self.classes else None
        start = method.facts.start
        found = (f for f in self._pool(method) if f.name == name and f.start < start < f.end)
        return next((Method(method.path, method.owner, f) for f in found), None)

    def around(self, info: ClassInfo) -> Method | None:
        """The innermost function that contains a class."""
        if LOCAL not in info.facts.qualname:
            return None
        functions = [Method(info.path, None, each) for each in self.files[info.path].functions]
        functions += [
            Method(info.path, other.id, each) for other in self.classes_in(info.path) for each in other.facts.methods
        ]
        around = (each for each in functions if each.facts.start < info.facts.start < each.facts.end)
        return max(around, key=lambda each: each.facts.start, default=None)

    def nested(self, method: Method, start: int) -> Method | None:
        """The function or lambda that starts at a byte of the file, inside of another function."""
        found = (f for f in self._pool(method) if f.start == start and "<locals>" in f.name)
        return next((Method(method.path, method.owner, f) for f in found), None)

    def _pool(self, method: Method) -> tuple[Function, ...]:
        """The functions of the class, or of the file, that contains a function."""
        return self.classes[method.owner].facts.methods if method.owner else self.files[method.path].functions

    def function(self, symbol: Symbol) -> Method | None:
        """The function behind a symbol of kind FUNCTION."""
        path, _, name = symbol.target.partition("::")
        found = [f for f in self.files[path].functions if f.name == name]
        return Method(path, None, found[-1]) if found else None


def _is_protocol(info: ClassInfo) -> bool:
    return any(base.rpartition(".")[2] == "Protocol" for base in info.facts.bases)


def _harmless(base: str, symbol: Symbol | None) -> bool:
    """Bases that read nothing from an instance: builtins, the standard library, torch's classes that are not
    modules."""
    if symbol is None:
        return hasattr(builtins, base)
    return symbol.kind is SymbolKind.EXTERNAL and symbol.target.split(".")[0] in (
        "torch",
        "typing_extensions",
        *sys.stdlib_module_names,
    )


def _together(statements: list[Class]) -> Class:
    """One class, whichever of several statements with its name defines it."""
    first = statements[0]
    if len(statements) == 1:
        return first
    return replace(
        first,
        bases=tuple(dict.fromkeys(base for each in statements for base in each.bases)),
        decorators=tuple(dict.fromkeys(decorator for each in statements for decorator in each.decorators)),
        attributes=tuple(store for each in statements for store in each.attributes),
        methods=tuple(method for each in statements for method in each.methods),
    )
