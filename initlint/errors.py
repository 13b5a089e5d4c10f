"""How a run can end: the one base class of errors, and the exit statuses."""

from __future__ import annotations

CLEAN = 0
FINDINGS = 1
FAILED = 2
INTERRUPTED = 130


class InitlintError(Exception):
    """What stops a run. Its text is one sentence for the person who started it, shown without a traceback."""


class Unreadable(InitlintError):
    """Why a file has no text that could be checked."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
