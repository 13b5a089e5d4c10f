"""initlint finds what silently moves the random initialisation of a PyTorch model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.errors import InitlintError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from initlint.model import Finding
    from initlint.report.record import Report

__all__ = ["Finding", "InitlintError", "Report", "__version__", "check"]

__version__ = "0.1.0"


def check(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = ".",
    *,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
    **options: object,
) -> Report:
    """Check files and folders, and return what `initlint check` would print about them.

    The configuration file is the one that the command line would use, unless `config` names another or `isolated` is
    true; `options` are those of a configuration file, with underscores. It prints nothing, and writes nothing but the
    cache. A run that fails raises InitlintError.
    """
    from initlint import library

    return library.check(paths, config, isolated, options)


def __getattr__(name: str) -> object:
    """The types of results, loaded only on demand because that takes time."""
    if name == "Finding":
        from initlint.model import Finding

        return Finding
    if name == "Report":
        from initlint.report.record import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
