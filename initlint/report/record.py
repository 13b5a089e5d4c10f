"""What a run comes to: the only thing that the output formats know."""

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
    """The findings that the baseline in a file has, its entries that are mended, and those of files or rules that
    the run did not look at."""

    file: str
    known: tuple[Finding, ...]
    mended: tuple[Entry, ...] = ()
    unjudged: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order; `problems` is what could not be looked at and is no finding; `lines` are the
    lines of every file or cell with a finding, `folder` is where the run was started. `fixes` are by fingerprint.
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
        """A path as people and editors can open it; `path` is relative to the root, as programs want it."""
        return shown(path, self.root, self.folder)

    def located(self, path: str) -> str:
        """A path as services know it that show findings beside the code: they run in the root of a checkout."""
        return self.shown(path).replace(os.sep, "/")

    def opened(self, path: str) -> str:
        """An absolute path as it can be opened from the folder that the run was started in."""
        return opened(path, self.folder)

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each rule, by code and name, was broken."""
        return dict(sorted(Counter((finding.code, finding.name) for finding in self.findings).items()))


def shown(path: str, root: str, folder: str) -> str:
    """A path below `root` as it can be opened from `folder`: relative to it, if inside it."""
    return path if not folder or root == folder else opened(os.path.join(root, path), folder)


def opened(path: str, folder: str) -> str:
    """An absolute path as it can be opened from `folder`."""
    return path.removeprefix(folder.rstrip(os.sep) + os.sep) if folder else path
