"""The last lines of a run, for people: what could not be read, what was checked, what was found."""

from __future__ import annotations

from initlint.report.record import Report
from initlint.report.words import counted


def render(report: Report, seconds: float, verbose: bool = False) -> str:
    notes = (
        *_unread(report, verbose),
        *([_reading(report)] if verbose else ()),
        *_empty(report),
        *_mended(report, verbose),
    )
    return "".join(f"initlint: {note}\n" for note in notes) + _verdict(report, seconds)


def _verdict(report: Report, seconds: float) -> str:
    checked = f"{counted(report.statistics.modules, 'module')} in {counted(report.statistics.files, 'file')}"
    hint = f" `initlint explain {report.findings[0].code}` says more." if report.findings else ""
    return f"{_found(report)} Checked {checked} in {seconds:.2f} s.{_not_shown(report)}{hint}\n"


def _unread(report: Report, verbose: bool) -> list[str]:
    """Files and folders of the context that could not be read: all if `verbose`, or else the first."""
    notes = [f"warning: {report.shown(problem.path)}: {problem.reason}" for problem in report.problems]
    if verbose or len(notes) < 2:
        return notes
    return [f"{notes[0]}; {counted(len(notes) - 1, 'more file')} could not be read, `--verbose` names all"]


def _empty(report: Report) -> list[str]:
    """A note if there is nothing to check: the wrong folder looks like clean code."""
    if not report.statistics.files:
        return ["warning: there are no Python files under the given paths"]
    if not (report.statistics.modules or report.findings):
        return ["no class in these files is a torch.nn.Module, as far as initlint can tell"]
    return []


def _reading(report: Report) -> str:
    """What was read, for those who wonder which files count."""
    read, files = report.statistics.read, report.statistics.files
    return f"read {counted(read, 'file')} under {report.root} to check {files:,} of them"


def _mended(report: Report, verbose: bool) -> list[str]:
    """The entries that the baseline no longer needs."""
    baseline = report.baseline
    if baseline is None or not baseline.mended:
        return []
    count, file = len(baseline.mended), report.opened(baseline.file)
    shrink = f"`--write-baseline {file}` rewrites it without"
    notes = [f"{counted(count, 'finding')} of {file} {_are(count)} gone; {shrink} {_them(count)}"]
    if verbose:
        notes += [f"gone: {entry.path}: {entry.code} {entry.cls}.{entry.attribute}" for entry in baseline.mended]
    return notes


def _found(report: Report) -> str:
    if not report.findings:
        return "Nothing found."
    by_rule = ", ".join(f"{count} {code}" for (code, _), count in report.counts().items())
    return f"{counted(len(report.findings), 'finding')}: {by_rule}."


def _not_shown(report: Report) -> str:
    text = ""
    if hidden := report.statistics.hidden:
        text += f" {hidden} more {_are(hidden)} in doubt: `--min-confidence possible` shows more."
    if report.baseline is not None and (known := len(report.baseline.known)):
        text += f" {known} {_are(known)} in the baseline."
    if suppressed := report.statistics.suppressed:
        text += f" {suppressed} {_are(suppressed)} suppressed in the source."
    return text


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
