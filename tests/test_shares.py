"""Work shared among forked copies: the same results, whatever happens to a copy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from initlint.shares import CAN_FORK, MOST_SHARES, shared

forks = pytest.mark.skipif(not CAN_FORK, reason="this system cannot fork")


def square(number: int) -> bytes:
    return str(number * number).encode()


@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 300, MOST_SHARES + 1])
def test_results_come_in_order(count: int, processes: int) -> None:
    assert shared(square, count, processes, bytes) == [square(number) for number in range(count)]


@forks
def test_copies_do_take_a_share() -> None:
    def who(number: int) -> bytes:
        time.sleep(0.01)
        return str(os.getpid()).encode()

    assert len(set(shared(who, 60, 3, bytes))) == 3


@forks
def test_large_results_arrive() -> None:
    assert shared(lambda number: bytes(1_000_000) + square(number), 8, 2, bytes)[7] == bytes(1_000_000) + b"49"


@forks
@pytest.mark.parametrize("end", ["exception", "exit", "signal"])
def test_what_a_dead_copy_leaves_is_made_again(end: str) -> None:
    own = os.getpid()

    def fragile(number: int) -> bytes:
        time.sleep(0.005)
        if os.getpid() != own and number % 3 == 0:
            if end == "exception":
                raise ValueError(number)
            if end == "exit":
                os._exit(3)
            os.kill(os.getpid(), signal.SIGKILL)
        return square(number)

    assert shared(fragile, 30, 3, bytes) == [square(number) for number in range(30)]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_what_cannot_be_carried_is_made_here() -> None:
    names = [f"{number}\udce9" if number % 2 else str(number) for number in range(8)]
    assert shared(names.__getitem__, 8, 2, str) == names


@forks
def test_an_error_here_ends_the_copies() -> None:
    own = os.getpid()

    def failing(number: int) -> bytes:
        if os.getpid() == own:
            raise ValueError(number)
        time.sleep(60)
        return b""

    with pytest.raises(ValueError, match=r"\d"):
        shared(failing, 4, 2, bytes)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@forks
def test_an_interrupt_ends_everything_at_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, time, sys\n"
        "from initlint.shares import shared\n"
        "def work(number):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"
        "    time.sleep(60)\n"
        "    return b''\n"
        "shared(work, 4, 2, bytes)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    run = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert run.stdout is not None
    busy = [int(run.stdout.readline()) for _ in range(2)]
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=20) != 0
    run.stdout.close()
    for process in busy:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
