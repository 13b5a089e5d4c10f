"""`python -m initlint` and the `initlint` script."""

from __future__ import annotations

import gc
import os
import signal
import sys

ENDINGS = ("SIGTERM", "SIGHUP")
"""Signals that end a run, after it has cleaned up."""


def main() -> None:
    gc.disable()  # a run is short, and what it makes lives to its end
    if sys.getfilesystemencoding() != "utf-8":  # names of files would come out as other names than they are
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller, and the next file that is opened would take its place
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    end_in_order()
    from initlint.cli import run

    status = run(sys.argv[1:])
    gc.freeze()  # what a run has made ends with the process: taking it apart takes a tenth of the time
    sys.exit(status)


def end_in_order() -> None:
    """Let a signal that ends this process first end all processes that it started, and remove its temporary files."""
    for name in ENDINGS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda received, _: sys.exit(128 + received))


if __name__ == "__main__":
    main()
