"""The measured half of `initlint diff`: each side is built, or read from a fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from initlint.cli.confirm import is_target
from initlint.cli.options import chosen
from initlint.cli.trace import built, single
from initlint.config import Config
from initlint.errors import InitlintError
from initlint.runtime import fingerprint
from initlint.runtime.parting import beside, compare
from initlint.runtime.trees import here, trees

if TYPE_CHECKING:
    from initlint.comparison.compare import Comparison
    from initlint.report.parting import Parting
    from initlint.report.trace import Trace


def compared(
    old: str,
    new: str,
    paths: tuple[str, ...],
    config: Config,
    own: dict[str, Any],
    notes: Sequence[str],
    marked: bool,
) -> Parting:
    """The comparison of two builds, together with the static one if both sides are sources.

    `marked`: look for dead definitions in what is built.
    """
    kept = {each: fingerprint.read(each) for each in (old, new) if each.endswith(fingerprint.SUFFIX)}
    versions = tuple(each for each in (old, new) if each not in kept)
    if not versions and chosen(own):
        raise InitlintError("two fingerprints are compared as they are; nothing is built")
    if kept and paths:
        raise InitlintError("a fingerprint is compared as a whole; it excludes paths")
    options = single(config, own)
    for trace in kept.values():
        options = _as_kept(options, trace, chosen(own))
    targets = [each for each in versions if kept and is_target(each)]
    if targets:
        options = replace(options, confirm=replace(options.confirm, build=targets[0]))
        traced = {targets[0]: built(options, here(), settled=True, marked=marked)}
    else:
        with trees(versions) as found:
            traced = {tree.label: built(options, tree, settled=True, marked=marked) for tree in found}
    every = {**kept, **traced}
    parting = compare(every[old], every[new], (old, new), notes)
    return parting if kept else beside(parting, _static(old, new, paths, config))


def _static(old: str, new: str, paths: tuple[str, ...], config: Config) -> Comparison:
    from initlint.comparison.compare import compare
    from initlint.comparison.sides import chosen, sides

    both = sides(old, new, config)
    return compare(*both, chosen(paths, both))


def _as_kept(config: Config, trace: Trace, given: dict[str, object]) -> Config:
    """The options with which a fingerprint was built, unless the command line sets them."""
    setup = trace.setup
    values: dict[str, Any] = {"build": trace.target, "seed": (setup.seed,)}
    values |= {name: getattr(setup, name) for name in ("device", "placement", "dtype")}
    rest = {name: value for name, value in values.items() if name not in given}
    return replace(config, confirm=replace(config.confirm, **rest))
