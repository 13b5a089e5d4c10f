"""The number of findings of each rule."""

from __future__ import annotations

import json

from initlint.report.record import Report

FORMATS = ("full", "concise", "json", "jsonl")
"""The formats that can show counts."""


def render(report: Report, output_format: str = "full") -> str:
    rows = [{"code": code, "name": name, "count": count} for (code, name), count in report.counts().items()]
    if output_format == "json":
        return json.dumps(rows, indent=2) + "\n"
    if output_format == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    width = max((len(str(row["count"])) for row in rows), default=1)
    return "".join(f"{row['count']:>{width}}  {row['code']}  {row['name']}\n" for row in rows)
