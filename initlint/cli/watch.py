"""`initlint check --watch`: the same command again and again, each time in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NoReturn

import click

CHECKING = "initlint: checking"
WAITING = "initlint: waiting for changes; Ctrl-C ends"
"""The lines before and after each check; editors look for them."""

PAUSE = 0.5
"""Seconds between two looks at the files, unless a look takes long itself."""

IDLE = 10
"""How much longer the pause after a look is than the look, so that waiting costs next to nothing."""

_PROGRAM = "import sys; sys.path[:] = {path!r}; from initlint.__main__ import main; main()"

Snapshot = list[tuple[str, int, int]]


def watch(arguments: Sequence[str], files: Callable[[], Iterable[str]], quiet: bool) -> NoReturn:
    """Run a command line whenever a file is changed, added or removed, until interrupted."""
    program = [sys.executable, "-I", "-c", _PROGRAM.format(path=sys.path), *arguments]
    while True:
        before = _snapshot(files)
        click.clear()
        _say(CHECKING, quiet)
        subprocess.run(program, check=False)
        settled = _snapshot(files) == before
        _say(WAITING, quiet)
        if settled:
            _wait_for_change(files, before)


def _wait_for_change(files: Callable[[], Iterable[str]], before: Snapshot) -> None:
    while True:
        started = time.monotonic()
        if _snapshot(files) != before:
            return
        time.sleep(max(PAUSE, IDLE * (time.monotonic() - started)))


def _snapshot(files: Callable[[], Iterable[str]]) -> Snapshot:
    found: Snapshot = []
    for path in files():
        with suppress(OSError):
            status = os.stat(path)
            found.append((path, status.st_mtime_ns, status.st_size))
    return found


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        click.echo(text, err=True)
