"""What removing each finding alone would change, as edits that other tools can show and apply."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from initlint.construction.parsing import parse
from initlint.model import Confidence, Edit, Finding, Fix, Span, Strategy
from initlint.rewrite.encoding import Text, decode
from initlint.rewrite.plan import plan
from initlint.rewrite.tree import parsed

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def can_suggest(finding: Finding) -> bool:
    """Whether to try removing a finding; other tools edit files, not cells of notebooks."""
    return finding.confidence is Confidence.CERTAIN and Strategy.REMOVE in finding.fixes and not finding.cell


def suggestions(source: bytes, findings: Iterable[Finding]) -> dict[str, Fix]:
    """The fixes of those findings of one file that can be removed, by fingerprint."""
    text = decode(source)
    tree = parsed(text.text) if isinstance(text, Text) else None
    if tree is None:
        return {}
    ends = [line.end() for line in _LINE.finditer(tree.text(tree.module))]
    fixes: dict[str, Fix] = {}
    for finding in findings:
        edits, refused = plan(tree, [finding], Strategy.REMOVE, "cpu")
        changes = [] if refused else list(edits.changes(tree))
        if changes and all(parse(after) is not None for _, _, after in changes):
            lines = (
                Edit(edit.span.up(-bisect_right(ends, start)), edit.text)
                for start, before, after in changes
                for edit in between(before, after)
            )
            fixes[finding.fingerprint] = Fix(_description(finding), tuple(lines))
    return fixes


def _description(finding: Finding) -> str:
    what = f"Remove `{finding.attribute}`"
    return f"{what}; what is drawn after it gets other numbers" if finding.shifts else what


def between(before: str, after: str) -> Iterator[Edit]:
    """Edits of whole lines that turn one text into another."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    for kind, first, last, from_, to in matcher.get_opcodes():
        if kind != "equal":
            span = Span(*_place(old, start + first), *_place(old, start + last))
            yield Edit(span, "".join(new[start + from_ : start + to]))


def _common(one: list[str], other: list[str]) -> int:
    """The length of the common beginning of two lists of lines."""
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _place(lines: list[str], index: int) -> tuple[int, int]:
    """The beginning of a line, or the end of a text whose last line has no line end."""
    if index == len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
        return len(lines), len(lines[-1]) + 1
    return index + 1, 1
