"""A run without a command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from initlint.config import Config, options
from initlint.errors import InitlintError, suggestion
from initlint.pipeline import run
from initlint.report.record import Report
from initlint.settings import settle
from initlint.sources import anchor

GROUPS = ("Rules", "Files", "Run")
"""The groups of options that affect what is found, and how fast."""

Path = str | os.PathLike[str]


def check(paths: Path | Iterable[Path], config: Path | None, isolated: bool, given: Mapping[str, object]) -> Report:
    """`initlint.check`; options about printing or writing are not available."""
    usable = [entry.name for entry, option in options(Config) if option.group in GROUPS]
    for name in given:
        if name not in usable:
            raise InitlintError(f"check(): there is no option `{name}`{suggestion(name, usable)}")
    listed = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    names = tuple(os.fspath(path) for path in listed) or (".",)
    named = [] if config is None else [os.fspath(config)]
    settings = settle({**given, "paths": names}, named=named, isolated=isolated, start=anchor(names))
    return run(settings.config)
