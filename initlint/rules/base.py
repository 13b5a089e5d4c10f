"""What a rule is: data (code, name, prose, message, advice, examples) and one small function from a case to hits."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from initlint.model import Answer, Confidence, Finding, Kind, Span, Strategy, Verdict, container_of

if TYPE_CHECKING:
    from initlint.construction.ledger import Construction, Define

PRELUDE = "import torch\nfrom torch import nn\n\n\n"
"""The first lines of every example, which need not be repeated in each."""

_MARKER = re.compile(r"#\s*expect:\s*(.+)$")


class Case(msgspec.Struct, frozen=True):
    """One construction, with the verdicts on those of its attributes that nothing reads."""

    construction: Construction
    dead: Mapping[str, Verdict]

    def definitions(self, kind: Kind, *answers: Answer) -> Iterator[Define]:
        """The dead definitions of a kind that are made in the class's own code and have one of these answers for their
        draws."""
        for define in (each for own in self.construction.own for each in (own, *own.items)):
            found = define.definition
            if found.kind is kind and found.draws in answers and found.attribute in self.dead:
                yield define


class Unreadable(msgspec.Struct, frozen=True):
    """A file that could not be read completely, from `line` on (0: not at all)."""

    path: str
    line: int
    reason: str


class Comment(msgspec.Struct, frozen=True):
    """A suppression comment without effect."""

    path: str
    span: Span
    reason: str


CERTAIN = Verdict(Confidence.CERTAIN)

ITEM_ADVICE = "Build `{container}` without it. In a list, the items after it then get other names in the state_dict."
"""No fix removes an item of a container, since that would rename others."""


class Hit(msgspec.Struct, frozen=True):
    """A finding of a rule at one place; `values` fill in the message and the advice."""

    path: str
    span: Span
    cls: str
    attribute: str
    kind: Kind | None = None
    draws: Answer = Answer.NO
    shifts: tuple[str, ...] = ()
    verdict: Verdict = CERTAIN
    values: Mapping[str, str] = {}
    drawn_at: tuple[Span, ...] = ()
    swept_by: str = ""
    fixable: bool = True


class Example(msgspec.Struct, frozen=True):
    """A file and the findings expected in it: `# expect: CODE attribute` on the line of each.

    The text follows `PRELUDE`. `fixed` is the text after `--fix remove`.
    """

    title: str
    text: str
    fixed: str | None = None

    @property
    def source(self) -> str:
        """The complete file."""
        return _whole(self.text)

    @property
    def fixed_source(self) -> str | None:
        """The complete file after `--fix remove`."""
        return None if self.fixed is None else _whole(self.fixed)

    @property
    def expected(self) -> tuple[tuple[int, str, str], ...]:
        """(line, code, attribute) of every expected finding."""
        return tuple(expectations(self.source))

    @property
    def bad(self) -> bool:
        return bool(self.expected)


def _whole(text: str) -> str:
    return PRELUDE + textwrap.dedent(text).strip("\n") + "\n"


def expectations(source: str) -> Iterator[tuple[int, str, str]]:
    """The markers of a file; several on one line are separated by commas."""
    for number, line in enumerate(source.splitlines(), 1):
        if marker := _MARKER.search(line):
            for expected in marker.group(1).split(","):
                code, _, attribute = expected.strip().partition(" ")
                yield number, code, attribute.strip()


Subject = TypeVar("Subject", Case, Unreadable, Comment)


class Rule(msgspec.Struct, Generic[Subject], frozen=True):
    """One rule. Its name is that of its function and of its file."""

    code: str
    name: str
    since: str
    message: str
    advice: str
    doc: str
    fixes: tuple[Strategy, ...]
    examples: tuple[Example, ...]
    find: Callable[[Subject], Iterator[Hit]]

    def check(self, subject: Subject) -> Iterator[Finding]:
        """The findings of this rule in one case, still without fingerprints."""
        for hit in self.find(subject):
            yield self._finding(hit)

    @property
    def summary(self) -> str:
        """The first paragraph of the prose, on one line."""
        return " ".join(self.doc.split("\n\n")[0].split())

    def section(self, heading: str) -> str:
        """The paragraph under `Why` or `What to do`, on one line."""
        for paragraph in self.doc.split("\n\n")[1:]:
            if paragraph.startswith(f"{heading}:"):
                return " ".join(paragraph.removeprefix(f"{heading}:").split())
        return ""

    def _finding(self, hit: Hit) -> Finding:
        container = container_of(hit.attribute)
        values = {
            "attribute": hit.attribute,
            "container": container,
            "cls": hit.cls.replace(".<locals>", ""),
            **hit.values,
        }
        return Finding(
            code=self.code,
            name=self.name,
            message=self.message.format(**values) + _doubt(hit.verdict),
            advice=_needs(hit.verdict) + (ITEM_ADVICE if container else self.advice).format(**values),
            path=hit.path,
            span=hit.span,
            cls=hit.cls,
            attribute=hit.attribute,
            kind=hit.kind,
            draws=hit.draws,
            shifts=hit.shifts,
            confidence=hit.verdict.confidence,
            fingerprint="",
            fixes=self.fixes if hit.fixable and not container else (),
            drawn_at=hit.drawn_at,
            swept_by=hit.swept_by or hit.verdict.swept_by,
            touched_by=hit.verdict.touched_by,
        )


def _doubt(verdict: Verdict) -> str:
    if verdict.confidence is Confidence.CERTAIN:
        return ""
    return f" (possible, not certain: {verdict.doubt or 'a reader could not be ruled out'})"


def _needs(verdict: Verdict) -> str:
    return f"The constructor still needs it: {verdict.needs}; replace that read first. " if verdict.needs else ""


def rule(
    code: str,
    *,
    since: str,
    message: str,
    advice: str,
    examples: tuple[Example, ...],
    fixes: tuple[Strategy, ...] = (),
) -> Callable[[Callable[[Subject], Iterator[Hit]]], Rule[Subject]]:
    """Make a rule of the function that finds its hits; the function's docstring is the rule's prose."""

    def made(find: Callable[[Subject], Iterator[Hit]]) -> Rule[Subject]:
        name = find.__name__.replace("_", "-")
        return Rule(code, name, since, message, advice, inspect.getdoc(find) or "", fixes, examples, find)

    return made
