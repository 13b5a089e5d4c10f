"""Findings with suppression comments, and comments that suppress nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from initlint.facts.records import KEEP_STREAM, NOQA, SKIP_FILE, Suppression
from initlint.model import Finding, Span
from initlint.rules.base import Comment
from initlint.rules.unused_suppression import unused_suppression

Suppressions = Mapping[str, tuple[Suppression, ...]]
"""The suppression comments of files, by path."""


class Judge(msgspec.Struct, frozen=True):
    """All codes, and those whose rules ran on a file: a comment can only be unused for these."""

    codes: frozenset[str]
    looked_for: Callable[[str], frozenset[str]]
    usual: frozenset[str]

    def misses(self, path: str, code: str) -> bool:
        return code in self.looked_for(path) and code != unused_suppression.code

    def saw_all(self, path: str) -> bool:
        """Whether all rules ran that run by default."""
        return self.usual <= self.looked_for(path)


def suppress(
    findings: Iterable[Finding], comments: Suppressions, judge: Judge
) -> tuple[list[Finding], list[Finding], int]:
    """The findings without a comment, findings about unused comments, and the number of suppressed findings."""
    used: dict[str, set[tuple[Suppression, str]]] = {}
    kept: list[Finding] = []
    count = 0
    for finding in findings:
        covering = [comment for comment in comments.get(finding.path, ()) if _covers(comment, finding)]
        used.setdefault(finding.path, set()).update((comment, finding.code) for comment in covering)
        kept += [] if covering else [finding]
        count += bool(covering)
    unused = [
        finding
        for path, own in comments.items()
        if unused_suppression.code in judge.looked_for(path)
        for finding in _unused(path, own, used.get(path, set()), judge)
        if not any(_names(comment, finding) for comment in own)
    ]
    return kept, unused, count


def _covers(comment: Suppression, finding: Finding) -> bool:
    if comment.kind == SKIP_FILE:
        return True
    blanket = comment.kind == NOQA and not comment.codes
    return (blanket or finding.code in comment.codes) and comment.first <= finding.span.line <= comment.last


def _names(comment: Suppression, finding: Finding) -> bool:
    """Whether a finding about a comment is itself suppressed, which takes a comment that names its code."""
    return finding.code in comment.codes and _covers(comment, finding)


def _unused(
    path: str, comments: Iterable[Suppression], used: set[tuple[Suppression, str]], judge: Judge
) -> Iterator[Finding]:
    skipping = [comment for comment in comments if comment.kind == SKIP_FILE]
    for comment in skipping or comments:
        for reason in _reasons(path, comment, {code for other, code in used if other == comment}, judge):
            span = Span(comment.line, comment.column, comment.line, comment.end_column)
            yield from unused_suppression.check(Comment(path, span, reason))


def _reasons(path: str, comment: Suppression, used: set[str], judge: Judge) -> Iterator[str]:
    """Why a comment, or a code in it, has no effect. A comment that says why draws are kept also serves people."""
    if comment.kind == KEEP_STREAM:
        return
    if comment.kind == SKIP_FILE:
        if not used and judge.saw_all(path):
            yield "the file is skipped, but nothing is found in it"
    elif not comment.codes and comment.kind != NOQA:
        yield "the comment names no rule, so it suppresses nothing"
    for code in comment.codes:
        if code not in judge.codes:
            yield f"there is no rule `{code}`, so nothing is suppressed"
        elif code not in used and judge.misses(path, code):
            yield f"{code} is suppressed, but not found here"
