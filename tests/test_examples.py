"""Every example of every rule runs through the whole pipeline: what is marked is found, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from initlint.model import Confidence
from initlint.pipeline import check_sources
from initlint.rules import RULES
from initlint.rules.base import Example, Rule

EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(
    ("rule", "example"), EXAMPLES, ids=[f"{rule.code}-{example.title}" for rule, example in EXAMPLES]
)
def test_example(rule: Rule[Any], example: Example) -> None:
    findings = check_sources({"example.py": example.source})
    found = {(finding.span.line, finding.code, finding.attribute) for finding in findings}
    assert found == set(example.expected)
    assert all(finding.confidence is Confidence.CERTAIN for finding in findings)
