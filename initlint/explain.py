"""A rule in words: its page, and its row in the table of rules."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from initlint.model import RuleText
from initlint.rules.base import Example, Rule


def page(rule: Rule[Any]) -> str:
    """The page of a rule, as markdown that reads well as plain text."""
    sections = [f"# {rule.code} {rule.name}", rule.summary]
    sections += [f"## {heading}\n\n{_raised(rule.section(heading))}" for heading in ("Why", "What to do")]
    for heading, bad in (("Found", True), ("Not found", False)):
        examples = [_example(example) for example in rule.examples if example.bad is bad]
        sections += [f"## {heading}", *examples] if examples else []
    return "\n\n".join(_filled(section) for section in sections) + f"\n\nSince {rule.since}.\n"


def text(rule: Rule[Any]) -> RuleText:
    """A rule in words, for code that does not know rules."""
    return RuleText(rule.code, rule.name, rule.summary, page(rule))


def row(rule: Rule[Any]) -> str:
    """One row of a markdown table: code, name, what it finds."""
    return f"| {rule.code} | {rule.name} | {_lowered(rule.summary.rstrip('.'))} |"


def table(rules: Sequence[Rule[Any]]) -> str:
    """The markdown table of rules."""
    return "\n".join(["| code | name | finds |", "| --- | --- | --- |", *map(row, rules)]) + "\n"


def _example(example: Example) -> str:
    shown = f"{_raised(example.title)}:\n\n{_code(example.text)}"
    return shown if example.fixed is None else f"{shown}\n\n`--fix remove` makes of it:\n\n{_code(example.fixed)}"


def _code(text: str) -> str:
    return f"```python\n{textwrap.dedent(text).strip()}\n```"


def _filled(section: str) -> str:
    """Prose, filled to a readable width; code, headings and tables are left alone."""
    paragraphs = section.split("\n\n")
    fixed = ("#", "```", "|", " ")
    kept = "```" in section
    return "\n\n".join(p if kept or p.startswith(fixed) else textwrap.fill(p, 100) for p in paragraphs)


def _raised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
