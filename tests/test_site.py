"""The documentation builds as a site without a warning, and the gallery shows what was verified."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("myst_parser")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            "-d",
            tmp_path / "trees",
            "docs",
            tmp_path / "site",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (run.returncode, run.stderr) == (0, "")
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(tmp_path / "site").with_suffix("") for path in (tmp_path / "site").rglob("*.html")}
    assert pages <= built


def test_the_gallery_holds_verified_findings_only() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    rows = (ROOT / "benchmarks" / "accuracy" / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    verified = {
        (row["library"], row["version"], f"{row['class']}.{row['attribute']}", row["file"])
        for row in map(json.loads, rows)
        if row["verdict"] == "dead"
    }
    shown = re.findall(r"^## (\S+) (\S+): `(.+)`\n\n`(.+)`, line", page, re.MULTILINE)
    assert len(shown) == page.count("\n## ") >= 10
    assert set(shown) <= verified
