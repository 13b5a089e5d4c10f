"""suspects -> construction -> rules: the findings of a linked project, before any is hidden or suppressed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from initlint.construction.ledger import Ledgers
from initlint.model import Finding, Problem
from initlint.project.classes import Project
from initlint.project.readers import Readers
from initlint.project.suspects import suspects
from initlint.rules import CONSTRUCTION_RULES, FILE_RULES
from initlint.rules.base import Case, Unreadable


def find(
    project: Project,
    reported: frozenset[str],
    codes: frozenset[str],
    problems: Iterable[Problem] = (),
    thorough: bool = False,
) -> Iterator[Finding]:
    """Everything that the rules of these codes find in the reported files.

    `thorough` looks past the first doubtful reader of a definition for a certain one, so that what is called possible
    is no more than that.
    """
    readers, ledgers = Readers(project, thorough), Ledgers(project)
    rules = [rule for rule in CONSTRUCTION_RULES if rule.code in codes]
    for suspect in suspects(project, readers, reported):
        case = Case(ledgers.construction(suspect.cls), suspect.dead)
        for rule in rules:
            yield from rule.check(case)
    yield from _unreadable(project, reported, codes, problems)


def _unreadable(
    project: Project, reported: frozenset[str], codes: frozenset[str], problems: Iterable[Problem]
) -> Iterator[Finding]:
    lost = [Unreadable(problem.path, problem.line, problem.reason) for problem in problems]
    partly = [
        Unreadable(path, line, "the syntax is not valid here; the rest was still checked")
        for path in sorted(reported & project.files.keys())
        for line in project.files[path].errors
    ]
    for rule in FILE_RULES:
        if rule.code in codes:
            for unreadable in (*lost, *partly):
                if unreadable.path in reported:
                    yield from rule.check(unreadable)
