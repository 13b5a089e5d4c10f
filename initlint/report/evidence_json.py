"""Evidence for programs. SCHEMA_VERSION increases with every change that could break a reader of the old format."""

from __future__ import annotations

import json

from initlint import __version__
from initlint.report.evidence import Evidence, Measured, Result
from initlint.report.json import finding_record

SCHEMA_VERSION = 1


def render(evidence: Evidence) -> str:
    return json.dumps(document(evidence), indent=2) + "\n"


def document(evidence: Evidence) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "target": evidence.target or None,
        "device": evidence.device,
        "placement": evidence.placement,
        "dtype": evidence.dtype or None,
        "seed": evidence.seeds[0],
        "seeds": list(evidence.seeds),
        "torch": evidence.torch or None,
        "python": evidence.python or None,
        "results": [{"finding": finding_record(r.findings[0]), **_result(r)} for r in evidence.results],
        "together": [{"findings": [f.fingerprint for f in r.findings], **_result(r)} for r in evidence.together],
    }


def _result(result: Result) -> dict[str, object]:
    changed = [tensor.name for tensor in result.changed]
    return {
        "verdict": result.verdict.value,
        "target": result.target or None,
        "seed": result.seed,
        "strategy": result.strategy.value if result.strategy else None,
        "shared": len(result.tensors),
        "changed": changed,
        "first_changed": changed[0] if changed else None,
        "max_abs_diff": result.max_abs_diff,
        "end_state_equal": result.end_state_equal,
        "draws": [_draw(draw) for draw in result.draws],
        "reason": result.reason or None,
        "notes": list(result.notes),
        "disagreements": list(result.disagreements),
    }


def _draw(draw: Measured) -> dict[str, object]:
    return {"owner": draw.owner or None, "operator": draw.operator, "numel": draw.numel, "stream": draw.stream}
