"""One line per finding, in the form of compilers, which editors can read."""

from __future__ import annotations

from initlint.model import Finding
from initlint.report.record import Report


def render(report: Report) -> str:
    return "".join(line(finding, report.shown(finding.place)) + "\n" for finding in report.findings)


def line(finding: Finding, path: str) -> str:
    """`path:line:column: CODE message`"""
    return f"{path}:{finding.span.line}:{finding.span.column}: {finding.code} {finding.message}"


def advised(finding: Finding, report: Report, label: str = "") -> str:
    """The line of a finding for services, followed by the advice behind a label."""
    text = line(finding, report.located(finding.place))
    return f"{text}\n{label}{finding.advice}" if finding.advice else text
