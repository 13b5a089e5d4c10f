"""Work shared with copies of this process, where the system can fork; elsewhere this process does it alone.

What is to be shared needs the linked project, which takes longer to hand over than to copy by a fork.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
"""Where Python may fork at all: macOS has libraries that do not survive it."""

MOST_SHARES = 2_000
"""What a pipe surely takes at once."""


def shared(work: Callable[[int], bytes], count: int, processes: int) -> list[bytes]:
    """The results of `work` for 0, 1, ... `count` - 1; each process takes the next number when it is ready.

    A copy that dies costs its results only: they are made again here.
    """
    results: dict[int, bytes] = {}
    if CAN_FORK and processes > 1 and 1 < count <= MOST_SHARES:
        tickets = _tickets(count)
        copies = [_copy(work, tickets) for _ in range(processes - 1)]
        try:
            while (number := _next(tickets)) is not None:
                results[number] = work(number)
            for _, answers in copies:
                results.update(_received(answers))
        finally:
            os.close(tickets)
            for process, answers in copies:
                _end(process, answers)
    return [results[number] if number in results else work(number) for number in range(count)]


def _tickets(count: int) -> int:
    """A pipe that holds every number once and then ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    written = os.write(writing, b"".join(number.to_bytes(2, "big") for number in range(count)))
    os.close(writing)
    assert written == 2 * count
    return reading


def _next(tickets: int) -> int | None:
    ticket = os.read(tickets, 2)
    return int.from_bytes(ticket, "big") if len(ticket) == 2 else None


def _copy(work: Callable[[int], bytes], tickets: int) -> tuple[int, int]:
    """A copy of this process at work, and the pipe that its answers come from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with os.fdopen(writing, "wb") as answers:
            while (number := _next(tickets)) is not None:
                result = work(number)
                answers.write(number.to_bytes(2, "big") + len(result).to_bytes(8, "big") + result)
    finally:
        os._exit(0)


def _received(answers: int) -> dict[int, bytes]:
    """What a copy has answered until it ended; half an answer is none."""
    found: dict[int, bytes] = {}
    with os.fdopen(os.dup(answers), "rb") as stream:
        while len(head := stream.read(10)) == 10:
            result = stream.read(int.from_bytes(head[2:], "big"))
            if len(result) == int.from_bytes(head[2:], "big"):
                found[int.from_bytes(head[:2], "big")] = result
    return found


def _end(process: int, answers: int) -> None:
    os.close(answers)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(process, 0)
