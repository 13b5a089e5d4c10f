"""`initlint check`"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from initlint.cli.confirm import OPTIONS, evidence_for, pop_options, summarise, with_options
from initlint.cli.options import Command, Flag, chosen, settled
from initlint.config import Config, key
from initlint.errors import CLEAN, FINDINGS, InitlintError
from initlint.model import Strategy

if TYPE_CHECKING:
    from initlint.report.evidence import Evidence
    from initlint.report.record import Report
    from initlint.settings import Settings


STDIN = "-"
"""The path that stands for standard input."""

WATCH = "--watch"

WITH_FIXES = ("sarif", "rdjson")
"""The formats that show what a fix would change, which takes time to compute."""

MANY = 200_000
"""Records between two garbage collections: facts hold no cycles, and looking for them took two thirds of a warm run."""


def _check(
    paths: tuple[str, ...],
    config: tuple[str, ...],
    isolated: bool,
    stdin_filename: str,
    show_files: bool,
    watch: bool,
    confirm: bool,
    **given: Any,
) -> int:
    from initlint.sources import nearest_folder

    own = pop_options(given)
    if not confirm:
        _refuse_unused(chosen(own), given)
    if STDIN in paths or stdin_filename:
        if watch or len(paths) > 1 or paths not in ((), (STDIN,)):
            raise InitlintError(f"standard input (`{STDIN}`, --stdin-filename) is checked alone, without other paths")
        if confirm:
            raise InitlintError("standard input cannot be confirmed: the code must be in a file that can be imported")
        name = stdin_filename or STDIN
        settings = settled((name,), config, isolated, given, start=nearest_folder(name))
        return _run(settings.config, sys.stdin.buffer.read())
    settings = settled(paths, config, isolated, given)
    if confirm:
        _refuse_unprovable(settings.config)
    if show_files:
        return _show_files(settings.config)
    if watch:
        _watch(lambda: settled(paths, config, isolated, given), settings.config.quiet)
    return _run(with_options(settings.config, own), None, confirm)


def _refuse_unused(own: Mapping[str, object], given: Mapping[str, object]) -> None:
    """Options of confirming have no effect without it, except the device that `--fix isolate` isolates on."""
    for name in own:
        if name != "device" or given["fix"] != Strategy.ISOLATE.value:
            raise InitlintError(f"`--{key(name)}` says how to confirm findings; it needs `--confirm`")


def _show_files(config: Config) -> int:
    from initlint.report.record import shown
    from initlint.sources import discover

    sources = discover(config)
    names = [shown(path, sources.root, os.getcwd()) for path in sorted(sources.reported)]
    write(config, "".join(f"{name}\n" for name in names))
    return CLEAN


def _watch(settle: Callable[[], Settings], quiet: bool) -> NoReturn:
    from initlint.cli.watch import watch
    from initlint.sources import discover

    def files() -> list[str]:
        """Every file that the run depends on; none while the configuration is broken."""
        try:
            settings = settle()
            sources = discover(settings.config)
        except InitlintError:
            return []
        return [settings.file, *(os.path.join(sources.root, path) for path in sources.files)]

    arguments: tuple[str, ...] = click.get_current_context().obj
    watch([argument for argument in arguments if argument != WATCH], files, quiet)


def _run(config: Config, buffer: bytes | None, confirm: bool = False) -> int:
    from initlint.cli.progress import Bar
    from initlint.pipeline import run
    from initlint.report import summary

    if config.statistics:
        _refuse_uncountable(config)
    _refuse_unwritable(config, buffer)
    started = time.perf_counter()
    gc.set_threshold(MANY)
    with Bar(shown=not config.quiet) as bar:
        report = run(_with_old_baseline(config), bar, buffer)
    if config.diff:
        return _print_diff(config, report, buffer)
    if config.fix:
        _fix(config, report)
        report = run(config)
    if config.write_baseline:
        report = _write_baseline(config, report)
    if config.add_ignores:
        _add_ignores(config, report)
        report = run(config)
    evidence = evidence_for(config, report) if confirm else None
    if config.output_format in WITH_FIXES:
        from initlint.cli.fix import suggested

        report = suggested(report, buffer)
    write(config, _rendered(config, report, evidence))
    if evidence is not None:
        summarise(config, evidence)
    if not config.quiet:
        click.echo(summary.render(report, time.perf_counter() - started, config.verbose), err=True, nl=False)
    return FINDINGS if report.findings and not config.exit_zero else CLEAN


def _refuse_unwritable(config: Config, buffer: bytes | None) -> None:
    if config.diff and (config.add_ignores or config.write_baseline):
        raise InitlintError(
            "`--diff` only shows what --fix would write; it excludes --add-ignores and --write-baseline"
        )
    if config.reason and not config.add_ignores:
        raise InitlintError("`--reason` is for the comments that `--add-ignores` writes; give both")
    if buffer is not None and ((config.fix and not config.diff) or config.add_ignores):
        raise InitlintError("standard input cannot be changed; name a file, or see what would change with `--diff`")


def _refuse_uncountable(config: Config) -> None:
    from initlint.report.statistics import FORMATS

    if config.output_format not in FORMATS:
        formats = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        raise InitlintError(f"`--statistics` cannot be written as {config.output_format}, only as {formats}")


def _refuse_unprovable(config: Config) -> None:
    from initlint.cli.confirm import FORMATS

    if config.output_format not in FORMATS:
        raise InitlintError(f"`--confirm` cannot be written as {config.output_format}, only as {' or '.join(FORMATS)}")
    if config.statistics or config.diff or config.fix:
        raise InitlintError("`--confirm` shows evidence for each finding; it excludes --statistics, --diff and --fix")


def _print_diff(config: Config, report: Report, buffer: bytes | None) -> int:
    """Print what would change, as ruff does: the status says whether anything would."""
    from initlint.cli import fix

    strategy = Strategy(config.fix or Strategy.REMOVE.value)
    changes = fix.changes(report, strategy, config.confirm.device, buffer)
    text = fix.diff(report, changes)
    write(config, text)
    _print_notes(config, fix.notes(report, changes, config, strategy))
    return FINDINGS if text and not config.exit_zero else CLEAN


def _fix(config: Config, report: Report) -> None:
    from initlint.cli import fix

    strategy = Strategy(config.fix)
    changes = fix.changes(report, strategy, config.confirm.device)
    fix.write(report, changes)
    _print_notes(config, fix.notes(report, changes, config, strategy))


def _print_notes(config: Config, notes: Iterable[str]) -> None:
    if not config.quiet:
        for note in notes:
            click.echo(f"initlint: {note}", err=True)


def _with_old_baseline(config: Config) -> Config:
    """To rewrite a baseline, compare with the old one first: what this run does not judge has to be kept."""
    if not config.write_baseline:
        return config
    return replace(config, baseline=config.write_baseline if os.path.exists(config.write_baseline) else "")


def _write_baseline(config: Config, report: Report) -> Report:
    """Write all findings as a baseline; afterwards none is left to report."""
    from initlint import baseline
    from initlint.report.record import Baseline

    before = report.baseline or Baseline("", ())
    baseline.write(config.write_baseline, (*before.known, *report.findings), before.unjudged)
    known = Baseline(config.write_baseline, (*before.known, *report.findings))
    return replace(report, findings=(), baseline=known)


def _add_ignores(config: Config, report: Report) -> None:
    from initlint.ignores import add

    added = add(report.root, report.findings, config.reason)
    if not config.quiet:
        for path, count in added.items():
            click.echo(f"initlint: {report.shown(path)}: {count} {'line' if count == 1 else 'lines'} written", err=True)


def _rendered(config: Config, report: Report, evidence: Evidence | None) -> str:
    if config.statistics:
        from initlint.report import statistics

        return statistics.render(report, config.output_format)
    if config.output_format == "json":
        from initlint.report import json

        proof = {}
        if evidence:
            from initlint.report import evidence_json

            proof = {"confirm": evidence_json.document(evidence)}
        return json.render(report, proof)
    if config.output_format == "full":
        from initlint.report import full

        color, width = wants_color(config), columns(config)
        text = full.render(report, color, width)
        if evidence:
            from initlint.report import evidence_full

            text += evidence_full.render(evidence, color, config.verbose, width)
        return text
    rendered: str = import_module(f"initlint.report.{config.output_format}").render(report)
    return rendered


def wants_color(config: Config) -> bool:
    if config.output_file or config.color != "auto":
        return config.color == "always" and not config.output_file
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def columns(config: Config) -> int:
    """The width of the terminal that standard output is, or 0 if it is a file or a pipe."""
    import shutil

    return 0 if config.output_file or not sys.stdout.isatty() else shutil.get_terminal_size().columns


def write(config: Config, text: str) -> None:
    data = text.encode("utf-8", errors="backslashreplace")
    if not config.output_file:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        with open(config.output_file, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise InitlintError(f"cannot write to {config.output_file}: {error.strerror}") from error


def end_output() -> None:
    """The reader has closed the pipe; make sure that nothing is flushed into it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


command = Command(
    "check",
    _check,
    "Find what moves the random initialisation of the models in files and folders.",
    Flag("Files", ["--stdin-filename"], metavar="NAME", default="", help="Check standard input as this file."),
    Flag("Files", ["--show-files"], is_flag=True, help="List the files that would be checked."),
    Flag("Run", [WATCH], is_flag=True, help="Check again whenever a file changes."),
    Flag("Build", ["--confirm"], is_flag=True, help="Build with and without what is found, and compare."),
    *OPTIONS,
)
