"""Writes a mended file in the place of the old one: whole or not at all, and only over what was read."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile

from initlint.errors import InitlintError


def replace(path: str, before: bytes, after: bytes) -> None:
    """Give a file new contents if it still holds what was read; its mode stays, and links to it still lead to it."""
    target = os.path.realpath(path)
    try:
        _replace(target, before, after)
    except OSError as error:
        raise InitlintError(f"cannot write to {path}: {(error.strerror or str(error)).lower()}") from error


def _replace(target: str, before: bytes, after: bytes) -> None:
    with open(target, "rb") as stream:
        _compare(target, stream.read(), before)
        state = os.fstat(stream.fileno())
    if not state.st_mode & stat.S_IWUSR:
        raise PermissionError(errno.EACCES, "the file is read-only")
    descriptor, temporary = tempfile.mkstemp(prefix=".initlint-", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        _take_over(temporary, state)
        with open(target, "rb") as stream:
            _compare(target, stream.read(), before)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _take_over(path: str, state: os.stat_result) -> None:
    """Give a file the mode of another one and, where that is allowed, its owner."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.chown(path, state.st_uid, state.st_gid)
    os.chmod(path, stat.S_IMODE(state.st_mode))


def _compare(path: str, now: bytes, before: bytes) -> None:
    if now != before:
        raise InitlintError(f"{path} was changed while initlint was running, and is left as it is")
