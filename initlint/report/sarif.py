"""SARIF 2.1.0, as code scanning services read it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote_from_bytes

from initlint import __version__
from initlint.model import Confidence, Edit, Finding, Fix, Problem, RuleText, Span
from initlint.report.record import Report
from initlint.report.severity import severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_PRECISION = {Confidence.CERTAIN: "very-high", Confidence.POSSIBLE: "medium"}


def render(report: Report) -> str:
    indices = {rule.code: index for index, rule in enumerate(report.rules)}
    driver = {"name": "initlint", "version": __version__, "rules": [_rule(rule) for rule in report.rules]}
    notifications = [_notification(problem, report) for problem in report.problems]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": [_result(finding, report, indices) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: RuleText) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "properties": {"precision": _PRECISION[Confidence.CERTAIN], "tags": ["reproducibility", "pytorch"]},
    }


def _result(finding: Finding, report: Report, indices: dict[str, int]) -> dict[str, object]:
    """A finding, placed on its first line: a pull request shows it only if all its lines are changed."""
    artifact = _artifact(report.located(finding.path))
    first = _first_line(finding.file_span, report.lines.get(finding.path, ()))
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": severity(finding).value,
        "message": {"text": " ".join(filter(None, [f"{finding.message}.", finding.advice]))},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": _region(first)}}],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint},
        "properties": {"precision": _PRECISION[finding.confidence]},
    }
    if finding.code in indices:
        result["ruleIndex"] = indices[finding.code]
    if fix := report.fixes.get(finding.fingerprint):
        result["fixes"] = [_fix(fix, artifact)]
    return result


def _first_line(span: Span, lines: tuple[str, ...]) -> Span:
    if span.line == span.end_line or span.line > len(lines):
        return span
    return Span(span.line, span.column, span.line, len(lines[span.line - 1]) + 1)


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": Path(path).as_uri() if os.path.isabs(path) else quote_from_bytes(os.fsencode(path))}


def _fix(fix: Fix, artifact: dict[str, str]) -> dict[str, object]:
    replacements = [_replacement(edit) for edit in fix.edits]
    change = {"artifactLocation": artifact, "replacements": replacements}
    return {"description": {"text": fix.description}, "artifactChanges": [change]}


def _replacement(edit: Edit) -> dict[str, object]:
    replacement: dict[str, object] = {"deletedRegion": _region(edit.span)}
    return {**replacement, "insertedContent": {"text": edit.text}} if edit.text else replacement


def _notification(problem: Problem, report: Report) -> dict[str, object]:
    """A problem that kept something from being examined."""
    place = {"artifactLocation": _artifact(report.located(problem.path)), "region": {"startLine": problem.line}}
    return {"level": "warning", "message": {"text": problem.reason}, "locations": [{"physicalLocation": place}]}
