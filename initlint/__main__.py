"""`python -m initlint` and the `initlint` script."""

from __future__ import annotations

import sys


def main() -> None:
    from initlint.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
