"""A comparison as JSON: a stable contract."""

from __future__ import annotations

from json import dumps

from initlint import __version__
from initlint.comparison.align import Line
from initlint.comparison.compare import ClassDiff, Comparison, Verdict
from initlint.comparison.text import marks
from initlint.comparison.trace import Row
from initlint.comparison.words import answer, sentence

SCHEMA_VERSION = 1


def render(comparison: Comparison) -> str:
    """One object, with a line end."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "old": comparison.old,
        "new": comparison.new,
        "verdict": comparison.verdict.value,
        "answer": answer(comparison),
        "compared": comparison.compared,
        "classes": [_class(diff) for diff in comparison.classes],
        "only_in_old": list(comparison.dropped),
        "only_in_new": list(comparison.added),
        "factories": [{"function": place, "builds": cls} for place, cls in comparison.factories],
        "problems": [{"path": p.path, "line": p.line, "reason": p.reason} for p in comparison.problems],
        "notes": list(comparison.notes),
    }
    return dumps(data, indent=2, ensure_ascii=False) + "\n"


def _class(diff: ClassDiff) -> dict[str, object]:
    return {
        "old": diff.old,
        "new": diff.new,
        "verdict": diff.verdict.value,
        "answer": "the same streams" if diff.verdict is Verdict.SAME else sentence(diff),
        "inherited_from": diff.through,
        "with_defaults": diff.by_default,
        "renamed": [{"old": old, "new": new} for old, new in diff.renames],
        "ledger": [_line(line, mark) for line, mark in zip(diff.lines, marks(diff), strict=True)],
    }


def _line(line: Line, mark: str) -> dict[str, object]:
    return {
        "change": line.change.value,
        "shifts": line.shifts.value,
        "numbers": {"=": "same", "!": "other"}.get(mark, ""),
        "old": _row(line.old),
        "new": _row(line.new),
    }


def _row(row: Row | None) -> dict[str, object] | None:
    if row is None or row.draw is None:
        return None
    draw = row.draw
    return {
        "owner": draw.owner,
        "class": draw.place.cls,
        "path": draw.place.path,
        "line": draw.place.line,
        "what": draw.place.what,
        "stream": draw.stream,
        "draws": "yes" if draw.certain else "unknown",
        "context": [step.kind for step in row.context],
    }
