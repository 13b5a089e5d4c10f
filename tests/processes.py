"""What tests of processes share: waiting for them, and finding out which still run."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE = 60.0
"""Seconds that something may take on a machine that has much else to do."""


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"it did not happen within {PATIENCE:g} seconds"
        time.sleep(0.02)


def environments() -> Iterator[bytes]:
    """The environments of all processes, if the system shows them."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield (entry / "environ").read_bytes()


def marked(mark: str) -> int:
    """The number of processes with a mark in their environment."""
    return sum(mark.encode() in environment for environment in environments())


def listed(*columns: str) -> list[str]:
    """A line for each process, as `ps` prints it."""
    line = ["ps", "-eww", "-o", ",".join(f"{column}=" for column in columns)]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()
