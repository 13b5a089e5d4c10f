"""What one run of a command costs: time on the clock, processor time, memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SAMPLES_APART = 0.003
FEWEST_SAMPLES = 4
"""Seconds between two looks at memory, and how many looks a figure needs."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processor time in all processes, bytes at the peak, and why it failed."""

    wall: float
    processor: float
    memory: int = 0
    failure: str = ""


def measure(command: list[str], folder: Path, limit: float, statuses: frozenset[int]) -> Cost:
    """Run a command once. What it prints is thrown away; another status or no end in time is a failure."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = _start(command, folder, errors.fileno())
        guard = threading.Timer(limit, _stop, (child.pid,))
        guard.start()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        guard.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    failure = ""
    if wall >= limit:
        failure = f"stopped after {limit:.0f} s"
    elif child.returncode not in statuses:
        failure = f"failed with status {child.returncode}: {said[-1] if said else 'no message'}"
    return Cost(wall, used.ru_utime + used.ru_stime, failure=failure)


def peak_memory(command: list[str], folder: Path, limit: float) -> int:
    """The memory of a run of its own, so that looking at it slows down no run whose time counts.

    On Linux the sum of the proportional set sizes of all processes; elsewhere, and for a run that is over at once,
    the largest resident set of one.
    """
    child = _start(command, folder, subprocess.DEVNULL)
    guard = threading.Timer(limit, _stop, (child.pid,))
    guard.start()
    peak = samples = 0
    while True:
        ended, _, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        peak = max(peak, sum(_proportional(process) for process in _processes(child.pid)))
        samples += 1
        time.sleep(SAMPLES_APART)
    guard.cancel()
    child.returncode = 0
    largest = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return peak if peak and samples >= FEWEST_SAMPLES else largest


def _start(command: list[str], folder: Path, errors: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors, env=environment, start_new_session=True
    )


def _stop(group: int) -> None:
    os.killpg(group, signal.SIGKILL)


def _proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _processes(group: int) -> Iterator[int]:
    """The processes of a group, where the system lists them."""
    names = os.listdir("/proc") if os.path.isdir("/proc/self") else []
    for name in names:
        if name.isdigit():
            try:
                if os.getpgid(int(name)) == group:
                    yield int(name)
            except OSError:
                continue
