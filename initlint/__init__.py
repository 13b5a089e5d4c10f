"""initlint finds what silently moves the random initialisation of a PyTorch model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.report.record import Report

__all__ = ["__version__", "check"]

__version__ = "0.1.0"


def check(*paths: str, **options: object) -> Report:
    """Check files and folders as `initlint check` does; the options are the fields of config.Config."""
    from initlint.pipeline import run
    from initlint.settings import load

    return run(load({"paths": paths or (".",), **options}))
