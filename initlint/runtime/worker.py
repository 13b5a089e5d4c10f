"""The child: builds models as requested, each in its own process, and reports the results.

It runs under the user's interpreter, where initlint is not installed: it needs torch and the standard library only,
works under Python 3.9, and is started by `runtime.host`.

Jobs come in as lines of JSON, and answers go out the same way. Where processes can fork, torch is imported once and
every job runs in a fork; elsewhere a worker does one job. Output of the user's code is discarded, so that it cannot mix
with the answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import IO, Any, NoReturn

Message = dict[str, Any]
Answer = Callable[[Message], Message]
"""The function that does a job."""

HOST = os.getppid()

FORKS = sys.platform == "linux" and hasattr(os, "fork")
"""Elsewhere a forked process cannot use all of torch: macOS ends it, and Windows has no fork."""

ENDED = 0.02
"""Seconds between checks whether a silent child is still alive."""


def main() -> None:
    """Import torch, report that, and do jobs until there are no more."""
    inbox, outbox = private_streams()
    try:
        import torch

        with contextlib.suppress(ImportError):
            import numpy.random  # noqa: F401
    except BaseException as error:
        tell(outbox, {"type": "no-torch", "text": f"{type(error).__name__}: {error}"})
        return
    from initlint.runtime.building import answer

    for name in [name for name in sys.modules if name.partition(".")[0] == "initlint"]:
        del sys.modules[name]  # the user's project may have an initlint of its own
    versions = {"torch": torch.__version__, "python": sys.version.split()[0], "cpu": instructions(torch)}
    tell(outbox, {"type": "ready", **versions, "forks": FORKS})
    if FORKS:
        adopt_orphans()
        signal.signal(signal.SIGTERM, leave)
    for line in inbox:
        if not FORKS:
            tell(outbox, answer(json.loads(line)))
            os._exit(0)
        outbox.write(forked(line, answer))
        outbox.flush()


def instructions(torch: Any) -> str:
    """The vector instructions that torch uses on this machine, "" if unknown."""
    known = getattr(torch.backends.cpu, "get_cpu_capability", None)
    return str(known()) if known else ""


def private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output for this file alone; all other code gets the null device."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    void = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(void, stream)
    return inbox, outbox


def tell(stream: IO[bytes], message: Message) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def failure(reason: str, text: str) -> Message:
    return {"type": "failed", "reason": reason, "text": text}


# Processes


def forked(line: bytes, answer: Answer) -> bytes:
    """The answer of a child that does the job, or how the child ended; nothing that it started outlives it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        do(line, answer, writing)
    os.close(writing)
    told, status = listen(reading, child)
    os.close(reading)
    sweep()
    return told if told.endswith(b"\n") else json.dumps(ended(status)).encode() + b"\n"


def do(line: bytes, answer: Answer, writing: int) -> NoReturn:
    """Do one job in this process and end it, whatever else it has started."""
    own = os.getpid()
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        told = answer(json.loads(line))
        if os.getpid() == own:  # else the target has forked, and failed in both
            with os.fdopen(writing, "wb") as stream:
                tell(stream, told)
    finally:
        os._exit(0)


def listen(reading: int, child: int) -> tuple[bytes, int]:
    """The answer of a child until it is complete or the child has ended, and the child's status; without a host there
    is nothing to do."""
    told, over, status = b"", False, 0
    while not told.endswith(b"\n"):
        if select.select([reading], [], [], 0 if over else ENDED)[0]:
            part = os.read(reading, 1 << 20)
            told += part
            if part:
                continue
        if over:
            break
        if os.getppid() != HOST:
            leave()
        pid, status = os.waitpid(child, os.WNOHANG)
        over = pid == child
    return told, status


def ended(status: int) -> Message:
    """How a process ended that gave no answer."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return failure("signal", f"the build was ended by signal {number} ({signal.Signals(number).name})")
    return failure("exit", f"the build ended its process with status {os.WEXITSTATUS(status)}")


def adopt_orphans() -> None:
    """Become the parent of everything that a child leaves behind."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def sweep() -> None:
    """End every process that a job has left, down to the last descendant."""
    while children := descendants():
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def descendants() -> list[int]:
    """The children of this process, including adopted ones."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:
            return [int(child) for child in stream.read().split()]
    except OSError:
        return []


def leave(*_: object) -> NoReturn:
    """End this process and everything that it has started."""
    sweep()
    os._exit(0)
