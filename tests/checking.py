"""What initlint finds in code that is written inside of a test."""

from __future__ import annotations

from initlint import rules
from initlint.config import Config
from initlint.facts.extract import extract
from initlint.findings import conclude
from initlint.hazards import find
from initlint.model import Confidence, Finding
from initlint.project import link
from initlint.sources import Sources


def check_sources(files: dict[str, str]) -> tuple[Finding, ...]:
    """The findings of all rules in a project given as texts by path, including possible ones."""
    texts = {path: text.encode() for path, text in files.items()}
    facts = {path: extract(text) for path, text in texts.items()}
    found = find(link(facts, texts.__getitem__), frozenset(files), frozenset(rules.CODES))
    comments = {path: known.suppressions for path, known in facts.items()}
    sources = Sources("", tuple(sorted(files)), frozenset(files))
    return conclude(found, comments, Config(min_confidence=Confidence.POSSIBLE.value), sources, rules.CODES).findings
