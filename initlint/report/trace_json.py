"""A trace for programs. SCHEMA_VERSION increases with every change that could break a reader of the old format."""

from __future__ import annotations

import json

import msgspec

from initlint import __version__
from initlint.report.trace import Trace, totals

SCHEMA_VERSION = 1


def render(trace: Trace) -> str:
    return json.dumps(document(trace), indent=2, ensure_ascii=False) + "\n"


def document(trace: Trace) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "target": trace.target,
        "class": trace.of,
        **msgspec.to_builtins(trace.setup),
        "python": trace.python,
        "amount": trace.amount,
        "draws": [
            {**msgspec.to_builtins(draw), "total": total}
            for draw, total in zip(trace.draws, totals(trace.draws), strict=True)
        ],
        "tensors": msgspec.to_builtins(trace.tensors),
        "ends": trace.ends,
        "notes": list(trace.notes),
    }
