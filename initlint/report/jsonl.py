"""One finding a line, each as in the JSON report."""

from __future__ import annotations

import json

from initlint.report.json import fields
from initlint.report.record import Report


def render(report: Report) -> str:
    return "".join(json.dumps(fields(finding)) + "\n" for finding in report.findings)
