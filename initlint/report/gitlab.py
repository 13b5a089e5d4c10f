"""A Code Quality report for GitLab. GitLab shows no rule, so the description starts with its code."""

from __future__ import annotations

import json

from initlint.model import Finding
from initlint.report.record import Report
from initlint.report.severity import Severity, severity

_WORDS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}


def render(report: Report) -> str:
    issues = [_issue(finding, report.located(finding.path)) for finding in report.findings]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, path: str) -> dict[str, object]:
    span = finding.file_span
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {finding.message}",
        "severity": _WORDS[severity(finding)],
        "fingerprint": finding.fingerprint,
        "location": {
            "path": path,
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }
