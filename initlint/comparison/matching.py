"""Which classes of the two versions correspond, and which of them can differ at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.comparison.code import Code
from initlint.comparison.reach import class_key
from initlint.comparison.terms import Term
from initlint.comparison.trees import Unparsed
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.sides import Side
    from initlint.project.classes import ClassId
    from initlint.project.project import Project


Identity = Term | bytes | str
"""The key by which classes of both sides are matched."""

_TEXT = re.compile(rb"""["']([\w.]+)["']""")


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs of ids, and the ids that only one side has."""

    pairs: tuple[tuple[ClassId, ClassId], ...]
    dropped: tuple[ClassId, ...]
    added: tuple[ClassId, ...]

    def within(self, paths: tuple[str, ...]) -> Match:
        """The part of it in some files and folders, in either version; all of it if none is named."""
        return Match(
            tuple(pair for pair in self.pairs if any(_lies(id, paths) for id in pair)),
            tuple(id for id in self.dropped if _lies(id, paths)),
            tuple(id for id in self.added if _lies(id, paths)),
        )


def _lies(id: ClassId, paths: tuple[str, ...]) -> bool:
    path = id.partition("::")[0]
    return not paths or any(each in (".", path) or path.startswith(f"{each}/") for each in paths)


def match(old: Code, new: Code) -> Match:
    """Match the classes of both sides by qualified name, then moved and renamed ones by name, then by content."""
    left, right = modules(old.project), modules(new.project)
    there = set(right)
    pairs = {id: id for id in left if id in there}
    rest, others = _unpaired(left, right, pairs)
    pairs.update(_unique(_keyed(old, rest, _name), _keyed(new, others, _name)))
    rest, others = _unpaired(left, right, pairs)
    for key in (_shape, _beginning):
        keyed, others_keyed = _keyed(old, rest, key), _keyed(new, others, key)
        both = set(keyed.values()) & set(others_keyed.values())
        rest, others = ([id for id, one in each.items() if one in both] for each in (keyed, others_keyed))
    pairs.update(_unique(_keyed(old, rest, _content), _keyed(new, others, _content)))
    taken = set(pairs.values())
    return Match(
        pairs=tuple((id, pairs[id]) for id in left if id in pairs),
        dropped=tuple(id for id in left if id not in pairs),
        added=tuple(id for id in right if id not in taken),
    )


def _unpaired(
    left: Iterable[ClassId], right: Iterable[ClassId], pairs: dict[ClassId, ClassId]
) -> tuple[list[ClassId], list[ClassId]]:
    taken = set(pairs.values())
    return [id for id in left if id not in pairs], [id for id in right if id not in taken]


def _keyed(code: Code, ids: Iterable[ClassId], key: Callable[[Code, ClassId], Identity]) -> dict[ClassId, Identity]:
    return {id: key(code, id) for id in ids}


def _unique(left: dict[ClassId, Identity], right: dict[ClassId, Identity]) -> dict[ClassId, ClassId]:
    """The entries that share a key with exactly one entry of the other side."""
    here, there = _by_key(left), _by_key(right)
    return {ids[0]: there[key][0] for key, ids in here.items() if len(ids) == 1 and len(there.get(key, ())) == 1}


def _by_key(keyed: dict[ClassId, Identity]) -> dict[Identity, list[ClassId]]:
    found: dict[Identity, list[ClassId]] = {}
    for id, key in keyed.items():
        found.setdefault(key, []).append(id)
    return found


def _name(_: Code, id: ClassId) -> str:
    return id.partition("::")[2]


def _shape(code: Code, id: ClassId) -> str:
    """What classes with equal contents share, known without parsing: bases, and what their constructor stores."""
    cls = code.project.classes[id].facts
    stored = (store.attribute for each in cls.methods if each.name == "__init__" for store in each.stores)
    return " ".join([str(len(cls.bases)), *stored])


def _beginning(code: Code, id: ClassId) -> bytes | str:
    """The beginning of the contents, which is quick to compute and equal for equal contents."""
    try:
        return code.walk(class_key(id)).beginning()
    except (Unparsed, RecursionError):
        return id


def _content(code: Code, id: ClassId) -> Term | str:
    try:
        return code.of_class(id)
    except (Unparsed, RecursionError):
        return id


def modules(project: Project) -> list[ClassId]:
    """The module classes of a project's own files, in order; a class with an unread base and a forward counts."""
    return sorted(
        id
        for id, info in project.classes.items()
        if info.path in project.own
        and (project.is_module(id) or (_open(project, id) and project.method(id, "forward") is not None))
    )


def _open(project: Project, id: ClassId) -> bool:
    """Whether a class inherits from something unknown or computed."""
    return bool(project.unresolved_bases(id)) or any("" in info.facts.bases for info in project.lineage(id))


def changed_files(old: Side, new: Side) -> frozenset[str]:
    """The files that only one side has, or that differ."""
    paths = old.texts.keys() | new.texts.keys()
    return frozenset(path for path in paths if old.texts.get(path) != new.texts.get(path))


def affected(old: Side, new: Side, more: Iterable[str] = ()) -> frozenset[str]:
    """The files whose constructions can differ: the changed ones, `more`, and all that import them, directly or not."""
    changed = {*changed_files(old, new), *more}
    if not changed:
        return frozenset()
    importers: dict[str, set[str]] = {}
    for side in (old, new):
        packages = _packages(side.project)
        for path in side.facts:
            for target in _imported(side.project, path, packages):
                importers.setdefault(target, set()).add(path)
    pending = list(changed)
    while pending:
        for path in importers.get(pending.pop(), set()) - changed:
            changed.add(path)
            pending.append(path)
    return frozenset(changed)


def altered(old: Code, new: Code, known: Set[str]) -> set[str]:
    """The files, besides `known` ones, of definitions that other files change differently now; all for a name of
    torch."""
    left, right = old.changes.outside(known), new.changes.outside(known)
    shared = left.keys() & right.keys()
    targets = (left.keys() | right.keys()) - {
        target for target in shared if old.common(left[target], new, right[target]) is not None
    }
    if any(knowledge.module(target) or knowledge.function(target) for target in targets):
        return {*old.project.own, *new.project.own}
    return {target.partition("::")[0] for target in targets if "::" in target}


def _imported(project: Project, path: str, packages: dict[str, list[str]]) -> set[str]:
    """The files of the project that a file imports from."""
    found: set[str] = set()
    for each in project.files[path].imports:
        module = project.modules.absolute(path, each.module, each.level)
        if not each.attribute and each.name == each.module:
            found.update(packages.get(module, ()))
        for name in (module, f"{module}.{each.attribute}" if each.attribute else ""):
            file = project.modules.file(name, path) if name else None
            if file is not None:
                found.add(file)
        parent = module.rpartition(".")[0]
        while parent:
            file = project.modules.file(parent, path)
            if file is not None:
                found.add(file)
            parent = parent.rpartition(".")[0]
    if b"import_module" in project.source(path) or b"__import__" in project.source(path):
        texts = (text.decode() for text in _TEXT.findall(project.source(path)))
        named = (project.modules.file(text, path) or project.modules.file(_near(project, path, text)) for text in texts)
        found.update(filter(None, named))
    return found


def _packages(project: Project) -> dict[str, list[str]]:
    """The files below each top-level name: whoever imports that name may use all that anybody imported of it."""
    found: dict[str, list[str]] = {}
    for path, name in project.modules.names.items():
        found.setdefault(name.partition(".")[0], []).append(path)
    return found


def _near(project: Project, path: str, text: str) -> str:
    """The module that a name with leading dots means."""
    return project.modules.absolute(path, text.lstrip("."), len(text) - len(text.lstrip(".")))
