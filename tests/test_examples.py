"""Every example of every rule runs through the whole pipeline: exactly the marked findings are found."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from checking import check_sources

from initlint.model import Confidence, Strategy
from initlint.rewrite import rewrite
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


FIXED = [(rule, example) for rule, example in EXAMPLES if example.fixed is not None]


@pytest.mark.parametrize(("rule", "example"), FIXED, ids=[f"{rule.code}-{example.title}" for rule, example in FIXED])
def test_fixed(rule: Rule[Any], example: Example) -> None:
    """A fix gives exactly this text, which parses, and in which nothing more is found."""
    result = rewrite(example.source.encode(), check_sources({"example.py": example.source}), Strategy.REMOVE)
    assert result.source.decode() == example.fixed_source
    assert result.refused == ()
    ast.parse(result.source)
    assert check_sources({"example.py": result.source.decode()}) == ()
