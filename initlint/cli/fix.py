"""What `initlint check` does with `--fix` and `--diff`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from initlint import files
from initlint.errors import InitlintError
from initlint.findings import split_lines
from initlint.model import Confidence, Finding, Fix, Strategy
from initlint.notebooks import cells, lines
from initlint.report.record import Report
from initlint.rewrite import Refusal, Rewritten, rewrite
from initlint.rewrite.notebook import rewrite_notebook
from initlint.rewrite.suggest import suggestions
from initlint.texts import to_utf8


@dataclass(frozen=True, slots=True)
class Mended:
    """One file before and after."""

    path: str
    before: bytes
    result: Rewritten


def mend(report: Report, strategy: Strategy) -> list[Mended]:
    """What becomes of the files with findings; nothing is written."""
    found = groupby(report.findings, key=lambda finding: finding.path)
    return [_mended(report, path, list(findings), strategy) for path, findings in found]


def _mended(report: Report, path: str, findings: list[Finding], strategy: Strategy) -> Mended:
    before = _source(report, path)
    in_cells = any(finding.cell for finding in findings)
    read = lines(path, cells(before)) if in_cells else {path: split_lines(to_utf8(before).decode())}
    if any(report.lines.get(place) != shown for place, shown in read.items()):
        raise InitlintError(f"{report.shown(path)} was changed while initlint was running, and is left as it is")
    certain = [finding for finding in findings if finding.confidence is Confidence.CERTAIN]
    doubtful = [finding for finding in findings if finding.confidence is not Confidence.CERTAIN]
    result = (rewrite_notebook if in_cells else rewrite)(before, certain, strategy)
    refusals = [Refusal(finding, "it is possible that something reads it") for finding in doubtful]
    return Mended(path, before, replace(result, refused=(*result.refused, *refusals)))


def suggested(report: Report) -> Report:
    """The report with what each finding would change."""
    fixes: dict[str, Fix] = {}
    for path, findings in groupby(report.findings, key=lambda finding: finding.path):
        fixes |= suggestions(_source(report, path), findings)
    return replace(report, fixes=fixes)


def _source(report: Report, path: str) -> bytes:
    with open(os.path.join(report.root, path), "rb") as stream:
        return stream.read()


def write(report: Report, mended: list[Mended]) -> None:
    for each in mended:
        if each.result.source != each.before:
            files.write(os.path.join(report.root, each.path), each.result.source, expected=each.before)


def diff(report: Report, mended: list[Mended]) -> str:
    """The changes as one unified diff."""
    return "".join(line for each in mended for line in _diff(report.shown(each.path), each))


def _diff(path: str, mended: Mended) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(mended.before), _lines(mended.result.source), path, path):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(source: bytes) -> list[str]:
    return to_utf8(source).decode().splitlines(keepends=True)


def notes(report: Report, mended: list[Mended]) -> Iterator[str]:
    """What was not mended, and which keys of checkpoints are gone."""
    for each in mended:
        for refusal in each.result.refused:
            finding = refusal.finding
            place = f"{report.shown(finding.place)}:{finding.span.line}:{finding.span.column}"
            yield f"{place}: {finding.code} `{finding.attribute}` is left as it is: {refusal.reason}"
