"""The report for programs. SCHEMA_VERSION grows when a reader of the old form could stumble over the new."""

from __future__ import annotations

import json

from initlint import __version__
from initlint.model import Finding, Problem
from initlint.report.record import Report

SCHEMA_VERSION = 1


def render(report: Report) -> str:
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "initlint", "version": __version__},
        "findings": [_finding(finding) for finding in report.findings],
        "errors": [_error(problem) for problem in report.problems],
        "statistics": _statistics(report),
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "path": finding.path,
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
    """The values that `--fix` takes for a finding: all change what a seed gives or what a checkpoint holds."""
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
    }
