"""`initlint confirm`, and what `initlint check --confirm` adds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from initlint.cli.options import Command, Flag, chosen, flags, settled
from initlint.config import Config, Confirm, checked
from initlint.errors import CLEAN, FINDINGS, InitlintError

if TYPE_CHECKING:
    from initlint.report.evidence import Evidence
    from initlint.report.record import Report
    from initlint.runtime.trials import Plan

OPTIONS: tuple[Flag, ...] = tuple(flags(Confirm))
"""The options that both commands share."""

_WITHOUT = ("add_ignores", "diff", "fix", "output_format", "reason", "statistics", "write_baseline")
"""The options that have no meaning for `confirm`."""

FORMATS = ("full", "json")
"""The formats that evidence can be written in."""

_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:.+", re.DOTALL)


def pop_options(given: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of confirming from those given, and return them."""
    return {str(flag.name): given.pop(str(flag.name)) for flag in OPTIONS}


def with_options(config: Config, given: Mapping[str, Any]) -> Config:
    """A configuration with the command line's options of confirming on top."""
    known = {entry.name: entry for entry in fields(Confirm)}
    values = {name: checked(known[name], value, "command line") for name, value in chosen(given).items()}
    confirm = replace(config.confirm, **values)
    if (confirm.build or given["build"] is not None) and not is_target(confirm.build):
        raise InitlintError(
            f"`{confirm.build}` is not a target; write package.module:factory or package.module:Net(dim=8)"
            + _meant(confirm.build)
        )
    return replace(config, confirm=confirm)


def is_target(text: str) -> bool:
    """Whether a text names what to build: `package.module:expression`."""
    return _TARGET.fullmatch(text) is not None


def _meant(text: str) -> str:
    """The target that was probably meant by a file name: `models/net.py:Net` is `models.net:Net`."""
    path, _, expression = text.partition(":")
    module = ".".join(part for part in path.removesuffix(".py").replace("\\", "/").split("/") if part != ".")
    target = f"{module}:{expression or 'NAME'}"
    return f"; did you mean `{target}`?" if path != module and is_target(target) else ""


def _confirm(paths: tuple[str, ...], config: tuple[str, ...], isolated: bool, **given: Any) -> int:
    from initlint.cli.check import write
    from initlint.cli.progress import Bar
    from initlint.pipeline import run

    own = pop_options(given)
    options = with_options(settled(paths, config, isolated, given).config, own)
    with Bar(shown=not options.quiet) as bar:
        report = run(options, bar)
    evidence = evidence_for(options, report)
    write(options, rendered(options, evidence))
    summarise(options, evidence)
    return _status(options, evidence)


def evidence_for(config: Config, report: Report) -> Evidence:
    """Build what the findings of a report are about, and gather the evidence."""
    from initlint.cli.progress import Bar
    from initlint.runtime.confirm import confirm
    from initlint.sources import discover

    with Bar(shown=not config.quiet, work="Building") as bar:
        evidence = confirm(report, discover(config).files, plan(config, report.root), bar)
    return replace(evidence, interpreter=config.python)


def plan(config: Config, root: str) -> Plan:
    """How to build the code under a folder, according to the options."""
    from initlint.facts.gather import worker_count
    from initlint.project.environment import interpreter
    from initlint.runtime.host import Limits
    from initlint.runtime.trials import Plan

    how = config.confirm
    return Plan(
        target=how.build,
        device=how.device,
        placement=how.placement,
        dtype=how.dtype,
        seeds=how.seed,
        interpreter=interpreter(Path(root), Path(config.python) if config.python else None),
        limits=Limits(how.timeout, how.max_memory),
        processes=worker_count(config.jobs),
    )


def rendered(config: Config, evidence: Evidence) -> str:
    from initlint.cli.check import columns, wants_color
    from initlint.report import evidence_full, evidence_json

    if config.output_format == "json":
        return evidence_json.render(evidence)
    return evidence_full.render(evidence, wants_color(config), config.verbose, columns(config))


def summarise(config: Config, evidence: Evidence) -> None:
    from initlint.report.evidence_full import summary

    if not config.quiet:
        click.echo(summary(evidence), err=True, nl=False)


def _status(config: Config, evidence: Evidence) -> int:
    """FINDINGS unless everything is harmless; an error if the target itself cannot be built."""
    from initlint.report.evidence import Verdict

    results = evidence.results
    if results and all(result.failed for result in results):
        raise InitlintError(f"`{evidence.target}` cannot be built: {results[0].reason}")
    found = any(result.verdict is not Verdict.HARMLESS for result in results)
    return FINDINGS if found and not config.exit_zero else CLEAN


command = Command(
    "confirm",
    _confirm,
    "Build what the findings are about, as it is and without them, and compare the weights.",
    *OPTIONS,
    Flag("Output", ["--output-format"], type=click.Choice(FORMATS), metavar="NAME", help="Write full or json."),
    without=_WITHOUT,
)
