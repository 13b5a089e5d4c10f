"""What recording costs: a thousand layers that draw ten million numbers, built plainly and traced, in CPU seconds.

    python benchmarks/speed/trace.py

The peak is that of the process, in which torch alone takes most.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from torch import nn

from initlint.runtime.building import answer

JOB = {
    "type": "build",
    "target": "trace:make",
    "root": str(Path(__file__).parent),
    "paths": [str(Path(__file__).parent)],
    "folder": "",
    "seed": 0,
    "device": "cpu",
    "placement": "construct",
    "dtype": "",
    "times": 1,
    "sources": {},
    "record": True,
    "keep": "",
    "against": "",
    "megabytes": 0,
}


def make() -> nn.Module:
    return nn.Sequential(*(nn.Linear(100, 100, bias=False) for _ in range(1000)))


def traced() -> None:
    """What the worker does: every draw recorded, every tensor digested."""
    assert len(answer(JOB)["draws"]) == 1000


def measure(name: str, work: Callable[[], object]) -> None:
    started = time.process_time()
    work()
    taken, peak = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:<12} {taken:.2f} s, peak {peak} MB")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    for name, work in (("plain build", make), ("traced", traced)):
        process = multiprocessing.get_context("fork").Process(target=measure, args=(name, work))
        process.start()
        process.join()
