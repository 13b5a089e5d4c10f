"""How often each rule was broken."""

from __future__ import annotations

from initlint.report.record import Report


def render(report: Report) -> str:
    counts = report.counts()
    width = max((len(str(count)) for count in counts.values()), default=1)
    return "".join(f"{count:>{width}}  {code}  {name}\n" for (code, name), count in counts.items())
