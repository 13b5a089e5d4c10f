"""What names stand for at module level, across files: every statement that affects them counts, in order."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from initlint.comparison.bindings import (
    Assigned,
    Binding,
    Computed,
    Defined,
    Imported,
    binding,
    bound,
    imported,
)
from initlint.comparison.packages import everywhere
from initlint.comparison.pieces import dotted
from initlint.comparison.sketches import ANYTHING, EXPORTED, STAR
from initlint.comparison.statements import heads, sets_anything
from initlint.comparison.trees import Unparsed
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.reach import Key
    from initlint.comparison.sketches import Sketch, Sketches
    from initlint.project.imports import Symbol
    from initlint.project.project import Project

MAX_HOPS = 24
"""Imports and aliases that are followed before a name is given up; circular ones end here."""

GETTER = "__getattr__"
CONTENTS = frozenset({"__dict__", "__doc__", "__annotations__"})
"""Attributes of a module that depend on all of its file."""


def longest_known(project: Project, path: str, name: str) -> tuple[Symbol | None, str]:
    """The symbol of the longest known part of a dotted name, and the rest."""
    rest: list[str] = []
    while name:
        symbol = project.resolve(path, name)
        if symbol is not None:
            return symbol, ".".join(reversed(rest))
        name, _, last = name.rpartition(".")
        rest.append(last)
    return None, ".".join(reversed(rest))


class Names:
    """The names of all files. `tree` gives the syntax tree of a file; `sketches` tell which files need none."""

    def __init__(self, project: Project, tree: Callable[[str], ast.Module], sketches: Sketches) -> None:
        self._project = project
        self._tree = tree
        self._sketches = sketches
        self._bindable: dict[str, frozenset[str] | None] = {}
        self._binding: dict[str, dict[str, list[int]]] = {}
        self._changing: dict[str, dict[str, list[int]]] = {}
        self._found: dict[tuple[str, str], Binding | None] = {}
        self._leads: dict[tuple[str, str], tuple[Key | None, str]] = {}

    def statements(self, path: str, name: str) -> list[ast.stmt]:
        """The module-level statements that bind a name, or may change its value."""
        own = self._binders(path, name) or self._binders(path, GETTER)
        places = {*own, *self._changers(path, name), *self._binders(path, STAR), *self._binders(path, ANYTHING)}
        body = self._tree(path).body if places else []
        return [body[place] for place in sorted(places)]

    def changed(self, path: str, name: str) -> bool:
        """Whether other statements than those that bind a name may change its value."""
        return bool(self._changers(path, name)) or bool(self._binders(path, ANYTHING))

    def rebound(self, path: str, name: str) -> bool:
        """Whether a name stands for several things while its file runs."""
        return len(self._binders(path, name)) > 1

    def binding(self, path: str, name: str) -> Binding | None:
        """What a name stands for once its file has run."""
        key = (path, name)
        if key not in self._found:
            self._found[key] = None  # the answer to a star import that comes back here
            try:
                self._found[key] = self._bound(path, name) if self._may_bind(path, name) else None
            except Unparsed:
                del self._found[key]
                raise
        return self._found[key]

    def _bound(self, path: str, name: str) -> Binding | None:
        body = self._tree(path).body
        places = {*self._binders(path, name), *self._binders(path, STAR)}
        found = binding((body[at] for at in sorted(places)), name, lambda node: self._brings(path, node, name))
        open_ended = not hasattr(builtins, name) if found is None else isinstance(found, Assigned)
        return Computed() if open_ended and self._binders(path, ANYTHING) else found

    def _may_bind(self, path: str, name: str) -> bool:
        """Whether a file may bind a name, itself or by star imports."""
        if path not in self._project.files:
            return False
        if path not in self._bindable:
            self._bindable[path] = None
            self._bindable[path] = self._every_name(path)
        names = self._bindable[path]
        return names is None or name in names

    def _every_name(self, path: str) -> frozenset[str] | None:
        """All names that a file may bind; None if it may be any."""
        sketch = self._sketch(path)
        files = [self._file(self._project.modules.absolute(path, *star), path) for star in sketch.stars]
        brought = [None if file is None else self._brought(file) for file in files]
        known = [names for names in brought if names is not None]
        return None if ANYTHING in sketch.names or len(known) < len(files) else frozenset(sketch.names).union(*known)

    def _brought(self, path: str) -> frozenset[str] | None:
        """The names that a star import of a file may bring."""
        exported = self._sketch(path).exported
        if exported is not None:
            return frozenset(exported)
        return None if self._may_bind(path, ANYTHING) else self._bindable[path]

    def _sketch(self, path: str) -> Sketch:
        return self._sketches.of(self._project.source(path))

    def _binders(self, path: str, name: str) -> list[int]:
        if path not in self._binding:
            self._index(path)
        return self._binding[path].get(name, [])

    def _changers(self, path: str, name: str) -> list[int]:
        if path not in self._changing:
            self._index(path)
        return self._changing[path].get(name, [])

    def _index(self, path: str) -> None:
        """Note which statements bind which names, and which change them, by position."""
        body = self._tree(path).body if path in self._project.files else ()
        binders, changers = self._binding.setdefault(path, {}), self._changing.setdefault(path, {})
        for place, statement in enumerate(body):
            names = bound(statement)
            for name in names:
                binders.setdefault(name, []).append(place)
            if sets_anything(statement):
                binders.setdefault(ANYTHING, []).append(place)
            for name in {*heads(statement)} - names:
                changers.setdefault(name, []).append(place)

    def _brings(self, path: str, node: ast.ImportFrom, name: str) -> bool | None:
        """Whether a star import binds a name."""
        module = self._project.modules.absolute(path, node.module or "", node.level)
        file = self._file(module, path)
        if file is None:
            full = f"{module}.{name}"
            return bool(knowledge.module(full) or knowledge.function(full))
        exported = self._sketch(file).exported
        if exported is not None:
            return name in exported and self.binding(file, name) is not None
        if self.binding(file, name) is None:
            return False
        return not name.startswith("_") if self.binding(file, EXPORTED) is None else None

    def _file(self, module: str, path: str) -> str | None:
        """The file of a module. A file beside the importing one does not replace Python's own module, nor itself."""
        known = self._project.modules.file(module)
        beside = self._project.modules.file(module, path) if known is None else None
        if known is None and module.partition(".")[0] in sys.stdlib_module_names:
            return None
        return known or (beside if beside != path else None)

    def source(self, path: str, found: Imported) -> tuple[str | None, str]:
        """The file that an import reads, and the name in it, which is empty for the file itself.

        For another package there is no file, and the name is the full dotted one.
        """
        modules = self._project.modules
        module = modules.absolute(path, found.module, found.level)
        file = self._file(module, path)
        if not found.attribute:
            return file, "" if file is not None else module
        full = ".".join(filter(None, (module, found.attribute)))
        if file is not None and self.binding(file, found.attribute) is not None:
            return file, found.attribute
        inner = self._file(full, path)
        if inner is not None:
            return inner, ""
        return (file, found.attribute) if file is not None else (None, full)

    def lead(self, path: str, name: str, hops: int = MAX_HOPS) -> tuple[Key | None, str]:
        """The definition that a dotted name stands for, and the rest; or None, and its canonical name.

        If several statements decide, it is all of them, as a variable. The name is empty if nothing binds it.
        """
        key = (path, name)
        if key not in self._leads:
            self._leads[key] = self._lead(path, name, hops)
        return self._leads[key]

    def _lead(self, path: str, name: str, hops: int) -> tuple[Key | None, str]:
        head, _, rest = name.partition(".")
        found = self.binding(path, head)
        match found:
            case None:
                return None, ""
            case Imported() if hops:
                return self._imported(path, found, rest, hops - 1)
            case Defined(node=ast.ClassDef()) if self.once(path, head):
                return self._class(path, head, rest)
            case Defined(node=ast.FunctionDef() | ast.AsyncFunctionDef()):
                return ("function", path, head), rest
            case Assigned(value=value) if hops and (alias := dotted(value)) and not self.changed(path, head):
                other = alias.partition(".")[0]
                if other != head and self.binding(path, other) is not None:
                    return self.lead(path, ".".join(filter(None, (alias, rest))), hops - 1)
            case _:
                pass
        return ("variable", path, head), rest

    def once(self, path: str, qualname: str) -> bool:
        """Whether exactly one class statement defines a class."""
        return sum(cls.qualname == qualname for cls in self._project.files[path].classes) == 1

    def _class(self, path: str, head: str, rest: str) -> tuple[Key | None, str]:
        """The innermost class on the path of a dotted name."""
        parts = rest.split(".") if rest else []
        name = head
        while parts and f"{path}::{name}.{parts[0]}" in self._project.classes:
            name = f"{name}.{parts.pop(0)}"
        return ("class", path, name), ".".join(parts)

    def _imported(self, path: str, found: Imported, rest: str, hops: int) -> tuple[Key | None, str]:
        file, attribute = self.source(path, found)
        if file is None:
            return self._outside(attribute, rest, hops)
        return self._within(file, ".".join(filter(None, (attribute, rest))), hops)

    def _outside(self, module: str, rest: str, hops: int) -> tuple[Key | None, str]:
        """A name of another package, or of a folder of the project without code of its own."""
        head, _, tail = rest.partition(".")
        file = self._project.modules.file(f"{module}.{head}") if head else None
        if file is not None:
            return self._within(file, tail, hops)
        return None, everywhere(".".join(filter(None, (module, rest))))

    def _within(self, file: str, name: str, hops: int) -> tuple[Key | None, str]:
        """A dotted name as an attribute of a file."""
        if not name:
            return ("file", file, ""), ""
        head, _, tail = name.partition(".")
        if self.binding(file, head) is not None:
            return self.lead(file, name, hops)
        if head in CONTENTS:
            return ("file", file, ""), name
        inner = self._project.modules.file(f"{self._project.modules.names[file]}.{head}")
        return self._within(inner, tail, hops) if inner is not None else (("variable", file, head), tail)

    def imports(self, path: str, nodes: Iterable[ast.Import | ast.ImportFrom]) -> Iterator[Key]:
        """What imports of the project's own code lead to."""
        for node in nodes:
            for name, found in imported(node):
                key, _ = self._star(path, found) if name == STAR else self._imported(path, found, "", MAX_HOPS)
                if key is not None:
                    yield key

    def spelled(self, path: str, texts: Iterable[str]) -> Iterator[Key]:
        """What strings may name in a file with computed names: a module, or what a dotted name stands for."""
        for text in texts:
            file = self._project.modules.file(text.lstrip("."), path)
            found = ("file", file, "") if file is not None else self.lead(path, text)[0] if text.isascii() else None
            if found is not None:
                yield found

    def _star(self, path: str, found: Imported) -> tuple[Key | None, str]:
        file, _ = self.source(path, Imported(found.module, "", found.level))
        return (("file", file, "") if file is not None else None), ""
