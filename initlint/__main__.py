"""`python -m initlint` and the `initlint` script."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    gc.disable()  # a run is short, and what it makes lives to its end
    if sys.getfilesystemencoding() != "utf-8":  # names of files would come out as other names than they are
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller, and the next file that is opened would take its place
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    from initlint.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
