"""The report for programs. SCHEMA_VERSION increases with every change that could break a reader of the old format."""

from __future__ import annotations

import json
from collections.abc import Mapping

from initlint import __version__
from initlint.model import Finding, Problem
from initlint.report.record import Report

SCHEMA_VERSION = 1


def render(report: Report, more: Mapping[str, object] | None = None) -> str:
    """The document, with `more` at its end."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "findings": [finding_record(finding) for finding in report.findings],
        "mended": [entry.record() for entry in report.baseline.mended] if report.baseline else [],
        "errors": [_error(problem) for problem in report.problems],
        "statistics": _statistics(report),
        **(more or {}),
    }
    return json.dumps(document, indent=2) + "\n"


def finding_record(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "path": finding.path,
        "cell": finding.cell.number if finding.cell else None,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "class": finding.cls,
        "attribute": finding.attribute,
        "kind": finding.kind.value if finding.kind else None,
        "draws": finding.draws.value,
        "shifts": list(finding.shifts),
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        "fix": _fix(finding),
    }


def _fix(finding: Finding) -> dict[str, object] | None:
    """The strategies of `--fix` for a finding; all are unsafe, since they change what a seed gives or what a checkpoint
    holds."""
    if not finding.fixes:
        return None
    return {"applicability": "unsafe", "strategies": [strategy.value for strategy in finding.fixes]}


def _error(problem: Problem) -> dict[str, object]:
    return {"path": problem.path, "line": problem.line, "message": problem.reason}


def _statistics(report: Report) -> dict[str, object]:
    return {
        "files": report.statistics.files,
        "modules": report.statistics.modules,
        "findings": {code: count for (code, _), count in report.counts().items()},
        "suppressed": report.statistics.suppressed,
        "hidden": report.statistics.hidden,
        "baseline": len(report.baseline.known) if report.baseline else 0,
    }
