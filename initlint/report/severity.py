"""The severity of a finding, for formats that have one; each has its own words for the three."""

from __future__ import annotations

import enum

from initlint.model import Answer, Confidence, Finding


class Severity(enum.Enum):
    """Error: a file could not be read completely. Warning: weights are shifted. Note: nothing is shifted, or not
    certainly."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def severity(finding: Finding) -> Severity:
    if finding.code == "SOH901":
        return Severity.ERROR
    if finding.draws is Answer.NO or finding.confidence is Confidence.POSSIBLE:
        return Severity.NOTE
    return Severity.WARNING
