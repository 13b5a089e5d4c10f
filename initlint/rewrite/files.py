"""Writes a mended file in the place of the old one: whole or not at all, and only over what was read."""

from __future__ import annotations

import contextlib
import os
import stat
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
    with open(target, "r+b") as stream:
        _compare(target, stream.read(), before)
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
    descriptor, temporary = tempfile.mkstemp(prefix=".initlint-", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        with open(target, "rb") as stream:
            _compare(target, stream.read(), before)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _compare(path: str, now: bytes, before: bytes) -> None:
    if now != before:
        raise InitlintError(f"{path} was changed while initlint was running, and is left as it is")
