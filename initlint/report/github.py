"""Workflow commands of GitHub Actions, which become annotations on the lines of a pull request."""

from __future__ import annotations

from initlint.model import Finding
from initlint.report import concise
from initlint.report.record import Report
from initlint.report.severity import Severity, severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def render(report: Report) -> str:
    return "".join(_command(finding, report) for finding in report.findings)


def _command(finding: Finding, report: Report) -> str:
    """Columns are only understood if a finding is on a single line."""
    span, path = finding.file_span, report.located(finding.path)
    properties = {"title": f"initlint ({finding.code})", "file": path, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:
        properties |= {"col": span.column, "endColumn": span.end_column}
    written = ",".join(f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items())
    text = concise.advised(finding, report, "help: ")
    return f"::{_COMMANDS[severity(finding)]} {written}::{text.translate(_DATA)}\n"
