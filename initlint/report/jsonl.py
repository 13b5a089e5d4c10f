"""One finding per line, each as in the JSON report."""

from __future__ import annotations

import json

from initlint.report.json import finding_record
from initlint.report.record import Report


def render(report: Report) -> str:
    return "".join(json.dumps(finding_record(finding)) + "\n" for finding in report.findings)
