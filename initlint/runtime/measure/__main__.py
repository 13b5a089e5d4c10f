"""`python -m initlint.runtime.measure` writes the file, `--check` compares it with the installed torch."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

import torch

from initlint.runtime.measure.record import TARGET, measure, render


def main() -> int:
    """Write the file, or say whether it still tells the truth."""
    parser = argparse.ArgumentParser(prog="python -m initlint.runtime.measure", description="Measure torch.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing; exit 1 on a difference")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="PATH", help="the file to write or compare")
    options = parser.parse_args()
    text = render(measure())
    if not options.check:
        options.output.write_text(text, encoding="utf-8", newline="\n")
        return 0
    lines = difflib.unified_diff(
        options.output.read_text(encoding="utf-8").splitlines(),
        text.splitlines(),
        "recorded",
        "measured",
        "",
        "",
        0,
        "",
    )
    difference = "\n".join(lines)
    print(difference or f"{options.output.name} agrees with torch {torch.__version__}")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
