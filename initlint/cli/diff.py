"""`initlint diff`: statically, or measured where something is built or was."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from initlint.cli.confirm import OPTIONS, is_target, pop_options
from initlint.cli.options import Command, chosen
from initlint.cli.trace import COMMON, own_format
from initlint.config import Config, key
from initlint.errors import CLEAN, FAILED, FINDINGS, InitlintError

FORMATS = ("full", "json", "html")

_RANGE = re.compile(r"(?!\.\./)[^:]*\.\.[^:]*")
"""`v1.2..HEAD`, but neither a path that goes up nor a target."""


def _diff(versions: tuple[str, ...], output_format: str, config: tuple[str, ...], isolated: bool, **given: Any) -> int:
    from initlint.settings import settle

    own = pop_options(given)
    old, new, paths = _split(versions)
    start = next((each for each in (new, old) if os.path.isdir(each)), ".")
    settings = settle(chosen(given), named=config, isolated=isolated, start=start, caller="command line")
    measured = own["build"] is not None or any(map(_is_fingerprint, (old, new)))
    if not measured and chosen(own):
        raise InitlintError(f"`--{key(next(iter(chosen(own))))}` says how to build; it needs `--build TARGET`")
    if measured:
        return _measured(old, new, paths, settings.config, own, output_format)
    _refuse_targets(old, new)
    if output_format == "html":
        raise InitlintError("an HTML page shows a build; it needs `--build TARGET` or a fingerprint")
    return _static(old, new, paths, settings.config, output_format)


def _static(old: str, new: str, paths: tuple[str, ...], config: Config, output_format: str) -> int:
    from initlint.cli.check import write
    from initlint.comparison import json, text
    from initlint.comparison.compare import Verdict, compare
    from initlint.comparison.sides import chosen, sides

    both = sides(old, new, config)
    comparison = compare(*both, chosen(paths, both), _notes(old, new))
    if comparison.dropped and comparison.added and not comparison.compared:
        raise InitlintError(f"there is nothing to compare: {old} and {new} have no class of modules in common")
    write(config, json.render(comparison) if output_format == "json" else text.render(comparison))
    return CLEAN if comparison.verdict is Verdict.SAME else FINDINGS


def _measured(
    old: str, new: str, paths: tuple[str, ...], config: Config, own: dict[str, Any], output_format: str
) -> int:
    from initlint.cli.check import wants_color, write
    from initlint.cli.measured import compared
    from initlint.report import parting_full, parting_json, trace_html
    from initlint.report.parting import Verdict

    parting = compared(old, new, paths, config, own, _notes(old, new), marked=output_format == "html")
    if output_format == "json":
        text = parting_json.render(parting)
    elif output_format == "html":
        text = trace_html.render_parting(parting)
    else:
        text = parting_full.render(parting, wants_color(config))
    write(config, text)
    return {Verdict.SAME: CLEAN, Verdict.UNKNOWN: FAILED}.get(parting.verdict, FINDINGS)


def _refuse_targets(*versions: str) -> None:
    for each in versions:
        if is_target(each) and not os.path.exists(each):
            raise InitlintError(f"`{each}` is a target; to build it from two versions, write OLD NEW --build '{each}'")


def _is_fingerprint(version: str) -> bool:
    from initlint.runtime.fingerprint import SUFFIX

    return version.endswith(SUFFIX) and not os.path.isdir(version)


def _split(versions: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """OLD, NEW and the paths; `v1.2..HEAD` gives both versions in one argument."""
    if versions and _RANGE.fullmatch(versions[0]) and not os.path.exists(versions[0]):
        old, _, new = versions[0].partition("..")
        if new.startswith("."):
            raise InitlintError(f"`{versions[0]}` means a common ancestor; name the two versions: OLD..NEW")
        return old or "HEAD", new or "HEAD", versions[1:]
    if len(versions) < 2:
        raise InitlintError("name two versions to compare, as folders, files or revisions; `.` is the working tree")
    return versions[0], versions[1], versions[2:]


def _notes(old: str, new: str) -> tuple[str, ...]:
    """What a comparison of two revisions leaves out."""
    from initlint.comparison import git

    revisions = [each for each in (old, new) if not _is_fingerprint(each)]
    if (
        not revisions
        or any(os.path.exists(each) or is_target(each) for each in revisions)
        or not git.dirty(os.getcwd())
    ):
        return ()
    return ("the working tree has changes that are in neither revision; to compare them, name `.` instead of one",)


command = Command(
    "diff",
    _diff,
    "Say where the random streams of two versions part. OLD and NEW are folders, files or git revisions; `v1.2..HEAD`"
    " names two revisions at once. PATHS restrict the comparison to classes in these files and folders. With --build"
    " both are built and compared; OLD, NEW or both can also be fingerprints as `initlint trace` writes them, and then"
    " the other one can be a target.",
    own_format(FORMATS),
    *OPTIONS,
    only=COMMON,
    argument=click.Argument(["versions"], nargs=-1, metavar="OLD NEW [PATHS]..."),
)
