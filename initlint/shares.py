"""Work shared with copies of this process, where it can fork; elsewhere this process does it alone.

The work needs the linked project, which takes longer to send than to copy by a fork.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
"""Where Python can fork safely: some libraries of macOS do not survive it."""

MOST_SHARES = 2_000
"""What a pipe certainly takes at once."""


Result = TypeVar("Result")


def shared(work: Callable[[int], Result], count: int, processes: int, form: type[Result]) -> list[Result]:
    """The results of `work` for 0, 1, ... `count` - 1, which msgpack can carry in that form.

    Neighbours have much in common, so each process first works through its own stretch, and then helps with the others.
    A copy that dies, or whose result cannot be sent, only loses its own results: they are computed again here.
    """
    results: dict[int, Result] = {}
    if CAN_FORK and processes > 1 and 1 < count <= MOST_SHARES:
        stretches = _stretches(count, processes)
        copies = [_copy(work, stretches[own:] + stretches[:own]) for own in range(1, processes)]
        try:
            for number in _taken(stretches):
                results[number] = work(number)
            for _, answers in copies:
                received = _received(answers).items()
                results.update({number: msgspec.msgpack.decode(result, type=form) for number, result in received})
        finally:
            for tickets in stretches:
                os.close(tickets)
            for process, answers in copies:
                _end(process, answers)
    return [results[number] if number in results else work(number) for number in range(count)]


def _stretches(count: int, processes: int) -> list[int]:
    """A stretch of the numbers for each process."""
    ends = [count * number // processes for number in range(processes + 1)]
    return [_tickets(range(start, end)) for start, end in itertools.pairwise(ends)]


def _tickets(numbers: range) -> int:
    """A pipe that holds every number once and then ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    tickets = b"".join(number.to_bytes(2, "big") for number in numbers)
    written = os.write(writing, tickets)
    os.close(writing)
    assert written == len(tickets)
    return reading


def _taken(stretches: Iterable[int]) -> Iterator[int]:
    """The numbers that no other process has taken, from one stretch after another."""
    for tickets in stretches:
        while len(ticket := os.read(tickets, 2)) == 2:
            yield int.from_bytes(ticket, "big")


def _copy(work: Callable[[int], object], stretches: Iterable[int]) -> tuple[int, int]:
    """A working copy of this process, and the pipe for its answers."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with os.fdopen(writing, "wb") as answers:
            for number in _taken(stretches):
                result = msgspec.msgpack.encode(work(number))
                answers.write(number.to_bytes(2, "big") + len(result).to_bytes(8, "big") + result)
    finally:
        os._exit(0)


def _received(answers: int) -> dict[int, bytes]:
    """The answers of a copy until it ended; an incomplete answer is dropped."""
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
