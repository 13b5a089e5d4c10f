"""`initlint check`"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from initlint.config import Config, Option, load, options
from initlint.errors import CLEAN, FINDINGS, InitlintError
from initlint.model import Strategy

if TYPE_CHECKING:
    from initlint.report.record import Report


MANY = 200_000
"""Records between two collections: facts hold no cycles, and looking for some took two thirds of a warm run."""


def _parameter(name: str, default: object, option: Option) -> click.Option:
    """The command line's form of a field of Config; a list is given with commas or by repetition."""
    flag = name.replace("_", "-")
    declarations = [*filter(None, [option.short]), f"--no-{flag}" if default is True else f"--{flag}", name]
    if isinstance(default, bool):
        return click.Option(declarations, is_flag=True, default=None, flag_value=not default, help=option.help)
    return click.Option(
        declarations,
        type=click.Choice(option.choices) if option.choices else int if isinstance(default, int) else str,
        multiple=isinstance(default, tuple),
        metavar=option.metavar or None,
        help=option.help,
    )


def _check(paths: tuple[str, ...], config: str, isolated: bool, **given: Any) -> int:
    from initlint.sources import anchor

    values: dict[str, object] = {name: _split(value) for name, value in given.items() if value not in (None, ())}
    values["paths"] = paths or (".",)
    return _run(load(values, file=config, isolated=isolated, start=anchor(paths or (".",))))


def _split(value: Any) -> Any:
    """`--select SOH101,SOH102` is `--select SOH101 --select SOH102`."""
    if not isinstance(value, tuple):
        return value
    return tuple(part.strip() for item in value for part in item.split(",") if part.strip())


def _run(config: Config) -> int:
    from initlint.cli.progress import Bar
    from initlint.pipeline import run
    from initlint.report import summary

    started = time.perf_counter()
    gc.set_threshold(MANY)
    with Bar(shown=not config.quiet) as bar:
        report = run(config, bar)
    if config.diff:
        return _show(config, report)
    if config.fix:
        _fix(config, report)
        report = run(config)
    _write(config, _rendered(config, report))
    if not config.quiet:
        click.echo(summary.render(report, time.perf_counter() - started, config.verbose), err=True, nl=False)
    return FINDINGS if report.findings and not config.exit_zero else CLEAN


def _show(config: Config, report: Report) -> int:
    """Print what would change, as ruff does: the status says whether anything would."""
    from initlint.cli import fix

    strategy = Strategy(config.fix or Strategy.REMOVE.value)
    mended = fix.mend(report, strategy)
    text = fix.diff(report, mended)
    _write(config, text)
    _tell(config, fix.notes(report, mended, config, strategy))
    return FINDINGS if text and not config.exit_zero else CLEAN


def _fix(config: Config, report: Report) -> None:
    from initlint.cli import fix

    strategy = Strategy(config.fix)
    mended = fix.mend(report, strategy)
    fix.write(report, mended)
    _tell(config, fix.notes(report, mended, config, strategy))


def _tell(config: Config, notes: Iterable[str]) -> None:
    if not config.quiet:
        for note in notes:
            click.echo(f"initlint: {note}", err=True)


def _rendered(config: Config, report: Report) -> str:
    from initlint.report import concise, full, json, statistics

    if config.output_format == "json":
        return json.render(report)
    if config.statistics:
        return statistics.render(report)
    if config.output_format == "concise":
        return concise.render(report)
    return full.render(report, color=_wants_color(config))


def _wants_color(config: Config) -> bool:
    if config.output_file or config.color != "auto":
        return config.color == "always" and not config.output_file
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def _write(config: Config, text: str) -> None:
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


command = click.Command(
    "check",
    callback=_check,
    help="Find what moves the random initialisation of the models in files and folders.",
    params=[
        click.Argument(["paths"], nargs=-1, metavar="[PATHS]..."),
        *(_parameter(entry.name, entry.default, option) for entry, option in options()),
        click.Option(["--config"], metavar="FILE", default="", help="Read this instead of the nearest pyproject.toml."),
        click.Option(["--isolated"], is_flag=True, help="Read no configuration file."),
    ],
)
