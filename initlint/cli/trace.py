"""`initlint trace`"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from initlint.cli.confirm import OPTIONS, plan, pop_options, with_options
from initlint.cli.options import Command, Flag, settled
from initlint.config import Config
from initlint.errors import CLEAN, InitlintError

if TYPE_CHECKING:
    from initlint.report.record import Report
    from initlint.report.trace import Trace
    from initlint.runtime.trees import Tree

FORMATS = ("full", "json", "html")

COMMON = (
    "python",
    "site_packages",
    "color",
    "quiet",
    "output_file",
    "no_cache",
    "cache_dir",
    "jobs",
    "config",
    "isolated",
)
"""The common options that a build uses."""

HOW = tuple(flag for flag in OPTIONS if flag.name != "build")
"""The options that say how to build."""


def _trace(
    target: str, output_format: str, write_to: str, config: tuple[str, ...], isolated: bool, **given: Any
) -> int:
    from initlint.cli.check import write
    from initlint.runtime import fingerprint
    from initlint.runtime.trees import here

    own = pop_options({**given, "build": target})
    rest = {name: value for name, value in given.items() if name not in own}
    options = single(settled((), config, isolated, rest).config, own)
    if write_to and not write_to.endswith(fingerprint.SUFFIX):
        raise InitlintError(f"the name of a fingerprint ends in {fingerprint.SUFFIX}, such as init.lock.json")
    if write_to and (output_format != FORMATS[0] or given["output_file"]):
        raise InitlintError("`--write` writes a fingerprint instead of a report; it excludes other output options")
    if write_to:
        fingerprint.write(write_to, built(options, here(), settled=True))
    else:
        write(options, rendered(built(options, here(), marked=True), output_format, options))
    return CLEAN


def single(config: Config, own: dict[str, Any]) -> Config:
    """The configuration of a single build, with the command line's options on top."""
    options = with_options(config, own)
    if own["seed"] and len(options.confirm.seed) > 1:
        raise InitlintError("a trace is one build from one seed; give one seed")
    return replace(options, confirm=replace(options.confirm, seed=options.confirm.seed[:1]))


def built(config: Config, tree: Tree, *, settled: bool = False, marked: bool = False) -> Trace:
    """Build the target in a tree. `settled`: refuse it if two builds differ. `marked`: look for dead definitions."""
    from initlint.runtime.trace import files, measured, trace

    how = plan(config, tree.home)
    outcome, ready = measured(how, tree, settled)
    return trace(how, tree, outcome, ready, dead(config, files(outcome, tree)) if marked else None)


def dead(config: Config, files: tuple[str, ...]) -> Report | None:
    """The findings in the files that a build imported."""
    from initlint.pipeline import run

    return run(replace(config, paths=files)) if files else None


def rendered(trace: Trace, output_format: str, config: Config) -> str:
    from initlint.cli.check import wants_color
    from initlint.report import trace_full, trace_html, trace_json

    if output_format == "html":
        return trace_html.render(trace)
    if output_format == "json":
        return trace_json.render(trace)
    return trace_full.render(trace, wants_color(config))


def own_format(formats: tuple[str, ...]) -> Flag:
    """The `--output-format` option of a command that has its own formats."""
    names = f"{', '.join(formats[:-1])} or {formats[-1]}"
    kinds = click.Choice(formats)
    return Flag("Output", ["--output-format"], type=kinds, default="full", metavar="NAME", help=f"Write {names}.")


command = Command(
    "trace",
    _trace,
    "Build TARGET and show what draws random numbers, in order: package.module:factory, or an expression there.",
    own_format(FORMATS),
    Flag(
        "Output",
        ["--write", "write_to"],
        metavar="FILE",
        default="",
        help="Write a fingerprint, such as init.lock.json, to compare with later.",
    ),
    *HOW,
    only=COMMON,
    argument=click.Argument(["target"]),
)
