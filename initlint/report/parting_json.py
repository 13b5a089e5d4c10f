"""Two builds for programs. SCHEMA_VERSION increases with every change that could break a reader of the old format."""

from __future__ import annotations

import json

import msgspec

from initlint import __version__
from initlint.report.parting import Line, Parting, answer
from initlint.report.parting_full import SHIFTED, marks
from initlint.report.trace import Draw, Trace

SCHEMA_VERSION = 1


def render(parting: Parting) -> str:
    return json.dumps(document(parting), indent=2, ensure_ascii=False) + "\n"


def document(parting: Parting) -> dict[str, object]:
    tensors = parting.tensors
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "verdict": parting.verdict.value,
        "answer": answer(parting),
        "static": parting.static or None,
        "disagreement": parting.disagreement or None,
        "old": _side(parting.labels[0], parting.old),
        "new": _side(parting.labels[1], parting.new),
        "set_up_differently": [name for name, _, _ in parting.apart],
        "streams": list(parting.streams),
        "first": parting.first,
        "ledger": [_line(line, mark) for line, mark in zip(parting.lines, marks(parting), strict=True)],
        "tensors": {
            "same": tensors.same,
            "differ": list(tensors.differ),
            "missing": list(tensors.missing),
            "added": list(tensors.added),
            "renamed": [{"old": old, "new": new} for old, new in tensors.renamed],
        },
        "notes": list(parting.notes),
    }


def _side(label: str, trace: Trace) -> dict[str, object]:
    setup = msgspec.to_builtins(trace.setup)
    return {"version": label, "target": trace.target, **setup, "draws": len(trace.draws), "amount": trace.amount}


def _line(line: Line, mark: str) -> dict[str, object]:
    numbers = {"=": "same", SHIFTED: "other"}.get(mark, "")
    return {"change": line.change.value, "numbers": numbers, "old": _draw(line.old), "new": _draw(line.new)}


def _draw(draw: Draw | None) -> dict[str, object] | None:
    if draw is None:
        return None
    return {"name": draw.name, "operator": draw.operator, "amount": draw.amount, "source": draw.source}
