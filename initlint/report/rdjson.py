"""The Reviewdog Diagnostic Format. Its columns count bytes of UTF-8."""

from __future__ import annotations

import json

from initlint.model import Finding, Span
from initlint.report.record import Report
from initlint.report.severity import Severity, severity

_WORDS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report) -> str:
    document = {
        "source": {"name": "initlint"},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding, report) for finding in report.findings],
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(finding: Finding, report: Report) -> dict[str, object]:
    lines = report.lines.get(finding.path, ())
    diagnostic: dict[str, object] = {
        "message": finding.message,
        "location": {"path": report.located(finding.path), "range": _range(finding.file_span, lines)},
        "severity": _WORDS[severity(finding)],
        "code": {"value": finding.code},
    }
    if fix := report.fixes.get(finding.fingerprint):
        diagnostic["suggestions"] = [{"range": _range(edit.span, lines), "text": edit.text} for edit in fix.edits]
    return diagnostic


def _range(span: Span, lines: tuple[str, ...]) -> dict[str, object]:
    return {
        "start": {"line": span.line, "column": _byte(span.line, span.column, lines)},
        "end": {"line": span.end_line, "column": _byte(span.end_line, span.end_column, lines)},
    }


def _byte(line: int, column: int, lines: tuple[str, ...]) -> int:
    text = lines[line - 1] if line <= len(lines) else ""
    return column + len(text[: column - 1].encode()) - len(text[: column - 1])
