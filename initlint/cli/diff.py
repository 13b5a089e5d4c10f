"""`initlint diff`"""

from __future__ import annotations

import os
import sys

import click

from initlint.errors import CLEAN, FINDINGS, InitlintError

FORMATS = ("full", "json")


def _diff(
    versions: tuple[str, ...], output_format: str, config: tuple[str, ...], isolated: bool, no_cache: bool
) -> int:
    from initlint.comparison import json, text
    from initlint.comparison.compare import Verdict, compare
    from initlint.comparison.sides import chosen, sides
    from initlint.settings import settle

    old, new, paths = _split(versions)
    start = next((each for each in (new, old) if os.path.isdir(each)), ".")
    given = {"no_cache": True} if no_cache else {}
    settings = settle(given, named=config, isolated=isolated, start=start, caller="command line")
    both = sides(old, new, settings.config)
    comparison = compare(*both, chosen(paths, both), _notes(old, new))
    rendered = json.render(comparison) if output_format == "json" else text.render(comparison)
    sys.stdout.buffer.write(rendered.encode("utf-8", errors="backslashreplace"))
    sys.stdout.flush()
    return CLEAN if comparison.verdict is Verdict.SAME else FINDINGS


def _split(versions: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """OLD, NEW and the paths; `v1.2..HEAD` is both versions in one argument."""
    if versions and ".." in versions[0] and not os.path.exists(versions[0]):
        old, _, new = versions[0].partition("..")
        if new.startswith("."):
            raise InitlintError(f"`{versions[0]}` names a common ancestor; name the two versions: OLD..NEW")
        return old or "HEAD", new or "HEAD", versions[1:]
    if len(versions) < 2:
        raise InitlintError("name two versions to compare, as folders, files or revisions; `.` is the working tree")
    return versions[0], versions[1], versions[2:]


def _notes(old: str, new: str) -> tuple[str, ...]:
    """What a comparison of revisions leaves out."""
    from initlint.comparison import git

    if any(os.path.exists(each) for each in (old, new)) or not git.dirty(os.getcwd()):
        return ()
    return ("the working tree has changes that are in neither revision; `.` in place of one compares them",)


command = click.Command(
    "diff",
    callback=_diff,
    help="Say where the random streams of two versions part. OLD and NEW are folders, files or git revisions;"
    " `v1.2..HEAD` names two revisions at once. PATHS restrict the comparison to classes in these files and folders.",
    params=[
        click.Argument(["versions"], nargs=-1, metavar="OLD NEW [PATHS]..."),
        click.Option(
            ["--output-format"],
            type=click.Choice(FORMATS),
            default="full",
            metavar="NAME",
            help="Write full or json.",
        ),
        click.Option(
            ["--config"], metavar="FILE", multiple=True, help="Read this instead of the nearest file, or KEY=VALUE."
        ),
        click.Option(["--isolated"], is_flag=True, help="Read no configuration file."),
        click.Option(["--no-cache", "-n"], is_flag=True, help="Neither read nor write the cache."),
    ],
)
