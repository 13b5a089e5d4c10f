"""What `initlint check` does with `--fix` and `--diff`."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from initlint import files
from initlint.config import Config
from initlint.errors import InitlintError
from initlint.findings import split_lines
from initlint.model import Confidence, Finding, Fix, Kind, Strategy
from initlint.notebooks import cells, lines
from initlint.report.record import Report
from initlint.report.words import counted
from initlint.rewrite import Refusal, Rewritten, rewrite
from initlint.rewrite.notebook import rewrite_notebook
from initlint.rewrite.place import DISCARDED, OVERWRITTEN
from initlint.rewrite.plan import without_fix
from initlint.rewrite.suggest import can_suggest, suggestions
from initlint.texts import NOTEBOOK, to_utf8

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after."""

    path: str
    before: bytes
    result: Rewritten


def changes(report: Report, strategy: Strategy, device: str = "cpu", buffer: bytes | None = None) -> list[Change]:
    """The files with findings after the fix; nothing is written. `buffer` replaces the content of the only file.

    Raises InitlintError if a file cannot be read, or has changed since the run read it.
    """
    by_file = groupby(report.findings, key=lambda finding: finding.path)
    return [_change(report, path, list(findings), strategy, device, buffer) for path, findings in by_file]


def _change(
    report: Report, path: str, findings: list[Finding], strategy: Strategy, device: str, buffer: bytes | None
) -> Change:
    certain = [finding for finding in findings if finding.confidence is Confidence.CERTAIN]
    doubtful = [finding for finding in findings if finding.confidence is not Confidence.CERTAIN]
    refusals = [Refusal(finding, "something may read it") for finding in doubtful]
    if not any(finding.fixes for finding in certain):  # such as those of a file that cannot be read
        refusals += [Refusal(finding, without_fix(finding, strategy)) for finding in certain]
        return Change(path, b"", Rewritten(b"", (), tuple(refusals)))
    before = _source(report, path, buffer)
    result = (rewrite_notebook if path.endswith(NOTEBOOK) else rewrite)(before, certain, strategy, device)
    return Change(path, before, replace(result, refused=(*result.refused, *refusals)))


def suggested(report: Report, buffer: bytes | None = None) -> Report:
    """The report with the change that each finding suggests. `buffer` and errors are those of `changes`."""
    fixes: dict[str, Fix] = {}
    for path, findings in groupby(filter(can_suggest, report.findings), key=lambda finding: finding.path):
        fixes |= suggestions(_source(report, path, buffer), findings)
    return replace(report, fixes=fixes)


def _source(report: Report, path: str, buffer: bytes | None) -> bytes:
    """The content of a file, if it is still what the findings are about."""
    data = _content(report, path) if buffer is None else buffer
    held = lines(path, cells(data)) if path.endswith(NOTEBOOK) else {path: split_lines(to_utf8(data).decode())}
    if any(report.lines.get(place) != shown for place, shown in held.items()):
        raise InitlintError(f"{report.shown(path)} was changed while initlint was running, and is left as it is")
    return data


def _content(report: Report, path: str) -> bytes:
    try:
        with open(os.path.join(report.root, path), "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InitlintError(f"cannot read {report.shown(path)}: {(error.strerror or str(error)).lower()}") from error


def write(report: Report, changes: list[Change]) -> None:
    for each in changes:
        if each.result.source != each.before:
            files.write(os.path.join(report.root, each.path), each.result.source, expected=each.before)


def diff(report: Report, changes: list[Change]) -> str:
    """The changes as one unified diff."""
    return "".join(line for each in changes for line in _diff(report.shown(each.path), each))


def _diff(path: str, change: Change) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(change.before), _lines(change.result.source), path, path):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(source: bytes) -> list[str]:
    """The lines as tools that apply diffs count them: form feeds and other separators do not end a line."""
    return _LINE.findall(to_utf8(source).decode())


def notes(report: Report, changes: list[Change], config: Config, strategy: Strategy) -> Iterator[str]:
    """What was not fixed and why, what was, and which keys of older checkpoints the model no longer has."""
    for each in changes:
        for refusal in each.result.refused:
            finding = refusal.finding
            place = f"{report.shown(finding.place)}:{finding.span.line}:{finding.span.column}"
            name = f"{finding.code} `{finding.attribute}`" if finding.attribute else finding.code
            yield f"{place}: {name} is left as it is: {refusal.reason}"
    if strategy is not Strategy.ISOLATE:
        yield from _keys_notes(_lost_keys(changes), config.verbose)
    found = sum(len(each.result.fixed) for each in changes)
    changed = counted(sum(each.result.source != each.before for each in changes), "file")
    does = "would fix" if config.diff else "fixed"
    yield f"{does} {found} of {counted(len(report.findings), 'finding')} in {changed} ({strategy.value})"


def _keys_notes(lost: dict[str, list[str]], verbose: bool) -> Iterator[str]:
    for number, (cls, keys) in enumerate(lost.items()):
        if number == _CLASSES and not verbose:
            yield f"so have those of {counted(len(lost) - number, 'other class', 'es')}, `--verbose` names all"
            return
        yield f"older checkpoints of {cls} have keys that are unexpected now: {', '.join(keys)}"


def _lost_keys(changes: list[Change]) -> dict[str, list[str]]:
    """The keys that disappear from the state_dict, by class; for a submodule, everything under its name."""
    lost: dict[str, list[str]] = {}
    for finding in (finding for each in changes for finding in each.result.fixed):
        if finding.code not in (OVERWRITTEN, DISCARDED) and finding.kind in _KEYS:
            lost.setdefault(finding.cls, []).append(_KEYS[finding.kind].format(finding.attribute))
    return lost


_CLASSES = 5
"""The number of classes whose lost keys are listed without `--verbose`."""

_KEYS = {Kind.SUBMODULE: "{}.*", Kind.PARAMETER: "{}", Kind.BUFFER: "{}"}
