"""`python -m initlint` and the `initlint` script."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    gc.disable()  # a run is short, and what it makes lives to its end
    from initlint.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
