"""The result of a run: the only thing that the output formats know."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from initlint.model import Entry, Finding, Fix, Problem, RuleText


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
class Baseline:
    """The findings in the baseline, its entries that are no longer found, and those for files or rules outside of the
    run."""

    file: str
    known: tuple[Finding, ...]
    mended: tuple[Entry, ...] = ()
    unjudged: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run. `findings` are in order; `problems` could not be examined and are not findings.

    `lines` are the lines of every file or cell with a finding, `folder` is where the run was started, and `fixes` are
    by fingerprint.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    statistics: Statistics
    root: str
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: str = ""
    baseline: Baseline | None = None
    fixes: Mapping[str, Fix] = field(default_factory=dict)
    rules: tuple[RuleText, ...] = ()

    def shown(self, path: str) -> str:
        """A path as people and editors can open it; `path` is relative to the root, as in formats for programs."""
        return shown(path, self.root, self.folder)

    def located(self, path: str) -> str:
        """A path for services that show findings beside the code, which run in the root of a checkout."""
        return self.shown(path).replace(os.sep, "/")

    def opened(self, path: str) -> str:
        """An absolute path, relative to the folder that the run was started in if it is inside."""
        return opened(path, self.folder)

    def counts(self) -> dict[tuple[str, str], int]:
        """The number of findings of each rule, by code and name."""
        return dict(sorted(Counter((finding.code, finding.name) for finding in self.findings).items()))


def shown(path: str, root: str, folder: str) -> str:
    """A path below `root`, relative to `folder` if it is inside."""
    return path if not folder or root == folder else opened(os.path.join(root, path), folder)


def opened(path: str, folder: str) -> str:
    """An absolute path, relative to `folder` if it is inside."""
    return path.removeprefix(folder.rstrip(os.sep) + os.sep) if folder else path
