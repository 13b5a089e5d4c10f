"""suspects -> construction -> rules: the findings of a linked project, before any is hidden or suppressed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from initlint.construction import knowledge
from initlint.construction.ledger import Construction, Ledgers, Overwrite
from initlint.errors import InitlintError, defect
from initlint.model import Confidence, Finding, Problem, Verdict
from initlint.project.classes import ClassInfo, Method
from initlint.project.givers import givers, handed, names
from initlint.project.project import Project
from initlint.project.readers import Readers
from initlint.project.surveys import made
from initlint.project.suspects import Suspect, candidates, suspects, unnamed
from initlint.rules import CONSTRUCTION_RULES, FILE_RULES
from initlint.rules.base import Case, Unreadable
from initlint.shares import shared

REST = "the rest was still checked"
"""The end of a sentence about a file of which a part could not be read."""

SHARE = 50
"""Classes, or files with functions, that are examined together."""

SHARED = 200
"""With more classes than this it pays to share them among processes."""


def find(
    project: Project,
    reported: frozenset[str],
    codes: frozenset[str],
    problems: Iterable[Problem] = (),
    thorough: bool = False,
    processes: int = 1,
) -> Iterator[Finding]:
    """Everything that the rules with these codes find in the reported files.

    `thorough` keeps looking after the first doubtful reader of a definition for a certain one, so that only what is
    really in doubt is called possible. Large projects are shared among processes.
    """
    search = _Search(project, codes, thorough)
    infos = candidates(project, reported)
    if len(infos) > SHARED and processes > 1:
        project.read_all()
        made(search.readers)  # here, or each copy of this process would make one
    else:
        processes = 1
    looks = [*_shares(search.found, infos), *_shares(search.given, sorted(reported))]
    for share in shared(lambda number: search.answer(looks[number]), len(looks), processes, _Answer):
        project.installed.update(share.installed)
        yield from share.findings
    yield from _unreadable(project, reported, codes, problems)


Looked = TypeVar("Looked")
Look = Callable[[], Iterator[Finding]]


def _shares(look: Callable[[Sequence[Looked]], Iterator[Finding]], entries: Sequence[Looked]) -> Iterator[Look]:
    """Calls of `look` that together examine all entries, SHARE of them at a time."""
    return (partial(look, entries[start : start + SHARE]) for start in range(0, len(entries), SHARE))


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """The findings in one share, with the installed files that were read for them."""

    findings: list[Finding]
    installed: dict[str, bytes]


def unread_items(construction: Construction, keyed: Mapping[str, Collection[str]]) -> dict[str, Verdict]:
    """The items of containers whose keys are not read; a number may read any item that has a name."""
    unread: dict[str, Verdict] = {}
    for define in construction.own:
        container = define.definition.attribute
        read = keyed.get(container, ())
        by_place = any(key.isdigit() for key in read)
        for item in define.items if container in keyed else ():
            key = item.definition.attribute.removeprefix(f"{container}.")
            if key not in read and (key.isdigit() or not by_place):
                unread[item.definition.attribute] = Verdict(Confidence.CERTAIN)
    return unread


def unread_parts(readers: Readers, construction: Construction) -> dict[str, Verdict]:
    """The attributes that a constructor gives other instances and that nothing reads from an instance of their
    class."""
    unread: dict[str, Verdict] = {}
    for define in construction.own:
        if not define.cls or define.cls in knowledge.CONTAINERS:
            continue
        kinds = {item.definition.attribute.rpartition(".")[2]: item.definition.kind for item in define.items}
        with readers.admitting(define.cls, kinds):
            verdicts = {name: readers.verdict(define.cls, name) for name in kinds}
        unread.update((f"{define.definition.attribute}.{name}", each) for name, each in verdicts.items() if each)
    return unread


class _Search:
    """suspects -> construction -> rules, for any classes of one project."""

    def __init__(self, project: Project, codes: frozenset[str], thorough: bool) -> None:
        self.project = project
        self.codes = codes
        self.thorough = thorough
        self.rules = [rule for rule in CONSTRUCTION_RULES if rule.code in codes]
        self._begin()

    def _begin(self) -> None:
        self.readers = Readers(self.project, self.thorough)
        self.ledgers = Ledgers(self.project, self.readers.passed)

    def found(self, infos: Iterable[ClassInfo]) -> Iterator[Finding]:
        for info in infos:
            yield from self._whole(partial(self._found_in, info), info.path, info.facts.line, info.facts.qualname)

    def given(self, paths: Collection[str]) -> Iterator[Finding]:
        """What functions outside of classes give instances, and nothing reads from these."""
        for method in givers(self.readers, paths):
            yield from self._whole(partial(self._given_by, method), method.path, method.facts.line, method.facts.name)

    def _whole(self, look: Look, path: str, line: int, name: str) -> list[Finding]:
        """All findings about one class or function, or that it could not be examined, if an error stops the search."""
        try:
            return list(look())
        except InitlintError:
            raise
        except RecursionError:
            why = "is nested too deeply to be followed"
        except Exception as error:
            why = f"brings out {defect(error)}"
        self._begin()
        return list(self._lost(path, line, f"`{name}` {why}"))

    def _lost(self, path: str, line: int, why: str) -> Iterator[Finding]:
        """The finding that something could not be read completely."""
        return _reported([Unreadable(path, line, f"{why}; {REST}")], self.codes)

    def _found_in(self, info: ClassInfo) -> Iterator[Finding]:
        for suspect in suspects(self.readers, [info]):
            case = self._case(suspect)
            for rule in self.rules:
                yield from rule.check(case)
            if case.construction.cut:
                why = f"`{info.facts.qualname}` is too large to be followed to its end"
                yield from self._lost(info.path, info.facts.line, why)
            yield from self._unread(case.construction)

    def _given_by(self, method: Method) -> Iterator[Finding]:
        construction = self.ledgers.given(method, handed(self.readers, method))
        unread = unread_parts(self.readers, construction)
        case = Case(construction, {path: verdict for path, verdict in unread.items() if names(method, path)})
        for rule in self.rules if case.dead else ():
            yield from rule.check(case)
        yield from self._unread(construction)

    def _unread(self, construction: Construction) -> Iterator[Finding]:
        """The statements of a constructor that could not be parsed, unless the file's errors already name them."""
        told = self.project.files[construction.path].errors
        for path, line in construction.unread:
            if path == construction.path and line not in told:
                yield from self._lost(path, line, "the statement cannot be parsed")

    def _case(self, suspect: Suspect) -> Case:
        def filled(name: str) -> bool:
            return name in dead and self.readers.enclosing.draws(suspect.cls, name)

        construction = self.ledgers.construction(suspect.cls)
        items = {**unread_items(construction, suspect.keyed), **unread_parts(self.readers, construction)}
        dead = {**suspect.dead, **unnamed(self.readers, suspect.cls, construction.told, suspect.dead), **items}
        patterns = sorted(name for name in dead if "*" in name)
        return Case(construction.filled(filled).gathered(patterns).replacing(self._is_told), dead)

    def _is_told(self, overwrite: Overwrite) -> bool:
        """Whether an overwrite is told: of what a base class has built only where the project can spare the draw.

        In a template a base class is copied without what is replaced, and `del self.x` says that the draw is known.
        """
        if not overwrite.inherited:
            return True
        first = overwrite.first
        return (
            first.path in self.project.own
            and not first.conditional
            and not overwrite.deletes
            and not self.project.templates.holds(overwrite.path)
        )

    def answer(self, look: Look) -> _Answer:
        known = set(self.project.installed)
        findings = list(look())
        fresh = {path: text for path, text in self.project.installed.items() if path not in known}
        return _Answer(findings, fresh)


def _unreadable(
    project: Project, reported: frozenset[str], codes: frozenset[str], problems: Iterable[Problem]
) -> Iterator[Finding]:
    lost = [
        Unreadable(problem.path, problem.line, f"{problem.reason}; nothing in the file was checked")
        for problem in problems
    ]
    partly = [
        Unreadable(path, line, f"the syntax is invalid here; {REST}")
        for path in sorted(reported & project.files.keys())
        for line in project.files[path].errors
    ]
    yield from _reported([each for each in (*lost, *partly) if each.path in reported], codes)


def _reported(unreadable: Iterable[Unreadable], codes: frozenset[str]) -> Iterator[Finding]:
    rules = [rule for rule in FILE_RULES if rule.code in codes]
    return (finding for each in unreadable for rule in rules for finding in rule.check(each))
