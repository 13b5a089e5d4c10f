"""What a run comes to: the only thing that the output formats know."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from initlint.model import Entry, Finding, Problem


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
    lines of every file or cell with a finding, `folder` is where the run was started."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    statistics: Statistics
    root: str
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: str = ""
    baseline: Baseline | None = None

    def shown(self, path: str) -> str:
        """A path as people and editors can open it; `path` is relative to the root, as programs want it."""
        return shown(path, self.root, self.folder)

    def opened(self, path: str) -> str:
        """An absolute path as it can be opened from the folder that the run was started in."""
        inside = self.folder.rstrip(os.sep) + os.sep
        return path.removeprefix(inside) if self.folder else path

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each rule, by code and name, was broken."""
        return dict(sorted(Counter((finding.code, finding.name) for finding in self.findings).items()))


def shown(path: str, root: str, folder: str) -> str:
    """A path below `root` as it can be opened from `folder`: relative to it, if inside it."""
    if not folder or root == folder:
        return path
    whole = os.path.join(root, path)
    return os.path.relpath(whole, folder) if whole.startswith(folder.rstrip(os.sep) + os.sep) else whole
