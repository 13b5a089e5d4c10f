"""How the benchmarks start initlint and what they read of its report."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_COMMAND = f"{shlex.quote(sys.executable)} -m initlint"


Found = TypedDict(
    "Found",
    {
        "code": str,
        "path": str,
        "line": int,
        "class": str,
        "attribute": str,
        "draws": str,
        "message": str,
        "confidence": str,
    },
)
"""The parts of a finding that are looked at."""


def run_linter(command: str, folder: Path) -> list[Found]:
    """All findings under a folder, the possible ones included; a run that fails ends this one with what it said."""
    line = [*shlex.split(command), "check", str(folder), "--output-format", "json"]
    line += ["--min-confidence", "possible", "--no-cache", "--isolated"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    finished = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    if finished.returncode not in (0, 1):
        sys.exit(f"initlint failed on {folder} with status {finished.returncode}:\n{finished.stderr.strip()}")
    return read_report(finished.stdout)


def read_report(text: str) -> list[Found]:
    findings: list[Found] = json.loads(text)["findings"]
    return findings
