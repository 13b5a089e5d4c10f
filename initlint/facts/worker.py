"""One file at a time: read it, name its content, extract its facts. Worker processes run this too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import IO

import msgspec

from initlint.errors import Unreadable
from initlint.texts import read

DIGEST_SIZE = 20
FAILED = b"!"
"""The prefix of the digest of a file without facts; the reason follows, so that a run depends on it."""

READY = b"ready"


class Examined(msgspec.Struct, frozen=True, array_like=True):
    """The result for one file: its digest and its facts as msgpack, or the reason why there are none."""

    path: str
    digest: bytes
    facts: bytes = b""
    reason: str = ""
    line: int = 0


def digest(source: bytes) -> bytes:
    return blake2b(source, digest_size=DIGEST_SIZE).digest()


def digest_of_all(digests: Mapping[str, bytes]) -> bytes:
    """One digest of the paths and digests of files."""
    paths = sorted(digests)
    text = "\0".join([*paths, "", *(digests[path].hex() for path in paths)])
    return digest(text.encode(errors="surrogateescape"))


def failed(path: str, reason: str, line: int = 1) -> Examined:
    return Examined(path, FAILED + reason.encode(errors="replace"), b"", reason, line)


def examine(read: Callable[[str], bytes], path: str) -> Examined:
    """The facts of one file, or why there are none; one file never affects another."""
    from initlint.facts.extract import extract

    try:
        source = read(path)
        return Examined(path, digest(source), msgspec.msgpack.encode(extract(source)))
    except Unreadable as error:
        return failed(path, error.reason, error.line)
    except (RecursionError, MemoryError):
        return failed(path, "the code is nested too deeply to be read")
    except Exception as error:
        return failed(path, f"a defect in initlint, please report it: {type(error).__name__}: {error}")


def send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "big") + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message, or None if the other side has gone."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    message = stream.read(size)
    return message if len(message) == size else None


def serve() -> None:
    """Answer batches of paths with their results, until the other side closes the pipe."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    root = sys.argv[1]

    def read_below(path: str) -> bytes:
        return read(os.path.join(root, path))

    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(READY)
    answers.flush()
    while (message := receive(requests)) is not None:
        paths = msgspec.msgpack.decode(message, type=list[str])
        send(answers, msgspec.msgpack.encode([examine(read_below, path) for path in paths]))
