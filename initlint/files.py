"""Writing a file completely or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress

from initlint.errors import InitlintError


def write(path: str, content: bytes, expected: bytes | None = None) -> None:
    """Put content into a file in one step: readers see the old content or the new, never a part.

    `expected` is the content that the new one was made from; a file that has changed since then is left alone. The mode
    stays, a link stays a link, and a new file gets the usual mode.
    """
    target = os.path.realpath(path)
    fresh = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}.tmp")
    try:
        _refuse_read_only(target)
        with suppress(FileNotFoundError):
            os.unlink(fresh)
        with open(fresh, "xb") as stream:
            stream.write(content)
        if os.path.exists(target):
            shutil.copymode(target, fresh)
        if expected is not None and _content(target) != expected:
            raise InitlintError(f"{path} was changed while initlint was running; it is left as it is")
        os.replace(fresh, target)
    except OSError as error:
        raise InitlintError(f"cannot write to {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            os.unlink(fresh)


def _refuse_read_only(path: str) -> None:
    """A read-only file could still be replaced by another one in its folder."""
    with suppress(FileNotFoundError):
        if not os.stat(path).st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "the file is read-only")


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None
