"""How a run can end: the one base class of errors, and the exit statuses."""

from __future__ import annotations

import os
from collections.abc import Iterable

CLEAN = 0
FINDINGS = 1
FAILED = 2
INTERRUPTED = 130


class InitlintError(Exception):
    """An error that stops a run. Its text is one sentence for the user, shown without a traceback."""


class Unreadable(InitlintError):
    """Why a file has no text that could be checked."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def defect(error: Exception) -> str:
    """A sentence about an error in initlint itself, with the place to look at."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        file = trace.tb_frame.f_code.co_filename.removeprefix(os.path.join(os.path.dirname(__file__), ""))
        place = f" at {file}:{trace.tb_lineno}"
    return f"a defect in initlint, please report it: {type(error).__name__}: {error}{place}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most similar to an unknown one, in any case; "" if none is similar."""
    import difflib

    cased = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), cased, n=1)
    return cased[close[0]] if close else ""


def suggestion(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence about an unknown name."""
    close = nearest(name, known)
    return f"; did you mean `{close}`?" if close else otherwise
