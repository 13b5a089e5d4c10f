"""What a run comes to: the only thing that the output formats know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from initlint.model import Finding, Problem


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many files and module classes were checked, how many files were read for that, and how many
    findings were not shown: suppressed in the source, or only possible."""

    files: int
    modules: int
    read: int
    suppressed: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order; `problems` is what could not be looked at and is no finding; `lines` are the
    lines of every file with a finding."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    statistics: Statistics
    root: str
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each rule, by code and name, was broken."""
        return dict(sorted(Counter((finding.code, finding.name) for finding in self.findings).items()))
