"""Names across files: the file of each module, and what a dotted name in a file stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

import msgspec

from initlint.construction import knowledge
from initlint.facts.records import FileFacts, Import
from initlint.project.index import Index
from initlint.remembered import remembered


class SymbolKind(Enum):
    CLASS = "class"
    FUNCTION = "function"
    MODULE = "module"
    EXTERNAL = "external"
    VARIABLE = "variable"


class Symbol(msgspec.Struct, frozen=True):
    """What a name stands for.

    `target` is "path::qualname" for classes, functions and variables of the project, the path for its modules, and
    the dotted name ("torch.nn.Linear") for everything else.
    """

    kind: SymbolKind
    target: str


MAX_HOPS = 24
"""Aliases and re-exports that are followed before a name is given up: circular imports end here."""


class Modules:
    """The files of a project by their dotted module names, and the names that each of them binds."""

    def __init__(self, files: Mapping[str, FileFacts], package: str = "") -> None:
        self.files = files
        self._package = package
        self._by_name: dict[str, str] = {}
        self._starred: dict[tuple[str, str], Symbol | None] = {}
        self.names: dict[str, str] = {}
        self._tops: dict[str, int] = {}
        self.binding: Index[None] | None = None
        self.stars: Mapping[str, tuple[Import, ...]] = {}
        for path in files:
            self.add(path)

    def add(self, path: str) -> None:
        relative, name = self._relative_name(path), self._module_name(path)
        self._by_name.setdefault(relative, path)
        self._by_name[name] = path
        self.names[path] = name
        if self._package and "__init__.py" not in self.files:
            self._by_name.setdefault(relative.partition(".")[2], path)

    def add_installed(self, path: str, name: str, found: bool) -> None:
        """Add a file of an installed package, whose name is known from its place; imports lead to it only if
        `found`."""
        self.names[path] = name
        if found:
            self._by_name.setdefault(name, path)

    def _relative_name(self, path: str) -> str:
        parts = path.removesuffix(".py").split("/")
        parts = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join([*filter(None, [self._package]), *parts])

    def _module_name(self, path: str) -> str:
        """The dotted name counted from the topmost folder with `__init__.py`; folders below it may lack one.

        A package `texar/torch` is not what its own files import as `torch`.
        """
        folder = path.rpartition("/")[0]
        if folder not in self._tops:
            self._tops[folder] = self._top(folder)
        top = self._tops[folder]
        if top == 0 and self._package:
            return self._relative_name(path)
        parts = path.removesuffix(".py").split("/")[top:]
        if top and parts[0] == "torch":
            return self._relative_name(path)
        if parts[-1] == "__init__" and len(parts) > 1:
            parts.pop()
        return ".".join(parts) if top < path.count("/") else self._relative_name(path)

    def _top(self, folder: str) -> int:
        """How many folders are above the topmost one with `__init__.py`."""
        folders = folder.split("/") if folder else []
        depths = range(len(folders) + 1)
        packages = (depth for depth in depths if "/".join([*folders[:depth], "__init__.py"]) in self.files)
        return max(next(packages, len(folders) + 1) - 1, 0)

    def file(self, module: str, importer: str = "") -> str | None:
        """The file of a module; a script also sees the files beside it, and a package inside of another one itself.

        A file `losses/torch.py`, or a folder `texar/torch/nn`, is not what those beside it import as torch.
        """
        found = self._by_name.get(module)
        head, *folders = module.partition(".")[0], *importer.split("/")[:-1]
        if found is None and importer and head != "torch":
            within = [folders[:depth] for depth, name in enumerate(folders) if name == head != module]
            bases = ["/".join([*above, module.replace(".", "/")]) for above in (folders, *reversed(within))]
            files = (path for base in bases for path in (base + ".py", base + "/__init__.py"))
            found = next((path for path in files if path in self.files), None)
        return found

    def absolute(self, path: str, module: str, level: int) -> str:
        """The absolute name of a module that `path` imports with `level` leading dots."""
        if level == 0:
            return module
        package = self.names[path].split(".")
        if not path.endswith("__init__.py"):
            package.pop()
        package = package[: len(package) - (level - 1)] if level > 1 else package
        return ".".join([*package, *filter(None, [module])])

    @remembered
    def bound(self, path: str) -> dict[str, list[Symbol | Import | str]]:
        """Every module-level name of a file with everything that it may stand for, in order."""
        facts = self.files[path]
        names: dict[str, list[Symbol | Import | str]] = {}
        for imported in facts.imports:
            names.setdefault(imported.name, []).append(imported)
        for variable in facts.variables:
            symbol = Symbol(SymbolKind.VARIABLE, f"{path}::{variable.name}")
            names.setdefault(variable.name, []).append(variable.value or symbol)
        for function in facts.functions:
            names.setdefault(function.name, []).append(Symbol(SymbolKind.FUNCTION, f"{path}::{function.name}"))
        for cls in facts.classes:
            names.setdefault(cls.qualname, []).append(Symbol(SymbolKind.CLASS, f"{path}::{cls.qualname}"))
        return names

    def binds(self, path: str) -> Iterator[tuple[str, None]]:
        """What a file may bind, as rows; "*" if others may bind more in it."""
        return ((name, None) for name in self.bound(path))

    @remembered
    def variables(self, path: str) -> Mapping[str, int]:
        """The names that are assigned at module level of a file, with the byte offset of the last such statement."""
        return {variable.name: variable.start for variable in self.files[path].variables}

    @remembered
    def resolve(self, path: str, dotted: str) -> Symbol | None:
        """What `dotted` stands for at module level of `path`; None if nothing binds its first name."""
        return self._resolve(path, dotted, MAX_HOPS)

    def _resolve(self, path: str, dotted: str, hops: int) -> Symbol | None:
        if hops == 0 or path not in self.files:
            return None
        names = {} if self._lacks(path, dotted.partition(".")[0]) else self.bound(path)
        head, _, rest = dotted.partition(".")
        candidates = [self._follow(path, entry, head, hops - 1) for entry in names.get(head, ())]
        if not candidates and self.starred(path):
            candidates = [self._through_stars(path, head)]
        found = [self._member(symbol, rest, hops - 1) for symbol in candidates if symbol is not None]
        found += [entry for entry in names.get(dotted, ()) if rest and isinstance(entry, Symbol)]
        symbols = [symbol for symbol in found if symbol is not None]
        if any(symbol.target == "torch.nn" or knowledge.module(symbol.target) for symbol in symbols):
            symbols = [symbol for symbol in symbols if not self._stands_in(symbol)]
        return _best(symbols)

    def _stands_in(self, symbol: Symbol) -> bool:
        """Whether it is a class without bases, such as a stand-in for torch's if that is not installed."""
        path, _, qualname = symbol.target.partition("::")
        classes = self.files[path].classes if symbol.kind is SymbolKind.CLASS else ()
        return any(cls.qualname == qualname and set(cls.bases) <= {"object"} for cls in classes)

    def _lacks(self, path: str, name: str) -> bool:
        """Whether it is known, without reading a file, that it does not bind a name."""
        return self.binding is not None and self.binding.lacks(name, path)

    def starred(self, path: str) -> tuple[Import, ...]:
        """The star imports of a file."""
        if path in self.stars:
            return self.stars[path]
        if self._lacks(path, "*"):
            return ()
        return tuple(entry for entry in self.bound(path).get("*", ()) if isinstance(entry, Import))

    def _follow(self, path: str, entry: Symbol | Import | str, head: str, hops: int) -> Symbol | None:
        if isinstance(entry, Symbol):
            return entry
        if isinstance(entry, Import):
            return self._imported(path, entry, hops)
        if entry.split(".")[0] == head:
            return None
        return self._resolve(path, entry, hops)

    def _imported(self, path: str, imported: Import, hops: int) -> Symbol | None:
        module = self.absolute(path, imported.module, imported.level)
        file = self.file(module, path)
        if not imported.attribute:
            return Symbol(SymbolKind.MODULE, file) if file else Symbol(SymbolKind.EXTERNAL, module)
        submodule = self.file(f"{module}.{imported.attribute}", path)
        if file is not None and file != path:
            found = self._resolve(file, imported.attribute, hops)
            if found is not None:
                return found
        if submodule is not None:
            return Symbol(SymbolKind.MODULE, submodule)
        if file is not None:
            return Symbol(SymbolKind.VARIABLE, f"{file}::{imported.attribute}")
        return Symbol(SymbolKind.EXTERNAL, f"{module}.{imported.attribute}" if module else imported.attribute)

    def imported(self, path: str, name: str) -> Symbol | None:
        """What a name is imported as, whatever else the file binds it to: `class Net(Net)` inherits from the import."""
        entries = [entry for entry in self.bound(path).get(name, ()) if isinstance(entry, Import)]
        symbols = [self._imported(path, entry, MAX_HOPS) for entry in entries]
        return _best(symbols)

    def _through_stars(self, path: str, name: str) -> Symbol | None:
        """What the first star import of a file that binds a name brings; circular ones bind nothing new."""
        key = (path, name)
        if key not in self._starred:
            self._starred[key] = None
            found = (self._through_star(path, star, name) for star in self.starred(path))
            self._starred[key] = next((symbol for symbol in found if symbol is not None), None)
        return self._starred[key]

    def _through_star(self, path: str, star: Import, name: str) -> Symbol | None:
        module = self.absolute(path, star.module, star.level)
        file = self.file(module, path)
        if file is not None:
            return self._resolve(file, name, MAX_HOPS)
        dotted = f"{module}.{name}"
        known = knowledge.module(dotted) or knowledge.function(dotted)
        return Symbol(SymbolKind.EXTERNAL, dotted) if known else None

    def _member(self, symbol: Symbol, rest: str, hops: int) -> Symbol | None:
        if not rest:
            return symbol
        if symbol.kind is SymbolKind.EXTERNAL:
            return Symbol(SymbolKind.EXTERNAL, f"{symbol.target}.{rest}")
        if symbol.kind is SymbolKind.MODULE:
            found = self._resolve(symbol.target, rest, hops)
            head, _, tail = rest.partition(".")
            submodule = self.file(f"{self.names[symbol.target]}.{head}") if found is None else None
            return self._member(Symbol(SymbolKind.MODULE, submodule), tail, hops) if submodule else found
        path, _, qualname = symbol.target.partition("::")
        inner = f"{qualname}.{rest}"
        return next((e for e in self.bound(path).get(inner, ()) if isinstance(e, Symbol)), None)


_ORDER = (SymbolKind.CLASS, SymbolKind.FUNCTION, SymbolKind.MODULE, SymbolKind.EXTERNAL, SymbolKind.VARIABLE)


def _best(symbols: Iterable[Symbol | None]) -> Symbol | None:
    """One answer if try/except or if/else bind a name twice: code of the project before code of others."""
    return min((symbol for symbol in symbols if symbol is not None), key=_rank, default=None)


def _rank(symbol: Symbol) -> tuple[int, bool, str]:
    return _ORDER.index(symbol.kind), not symbol.target.startswith("torch."), symbol.target
