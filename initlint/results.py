"""The findings of runs, kept for the next run that reads the same files, whichever of them it reports."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from initlint.config import Config
from initlint.facts.cache import Cache
from initlint.facts.gather import facts_version
from initlint.facts.records import Suppression
from initlint.facts.worker import digest, digest_of_all
from initlint.model import Finding, Problem
from initlint.sources import Sources

DECIDING = ("min_confidence", "extra_base_classes", "extra_init_methods")
"""The options that affect findings, besides those about rules, files and installed packages."""


MADE_OF = (".py", ".scm", ".json")
"""The endings of the files that hold the code and the data of initlint."""


class Analysis(msgspec.Struct, frozen=True, array_like=True):
    """The findings of all rules that ran, before any is suppressed, hidden or sorted.

    `modules` are the checked files with their numbers of module classes, `comments` the suppression comments of those
    that have some. `installed` are the files of other packages that were read, with digests of their contents.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    modules: dict[str, int]
    comments: dict[str, tuple[Suppression, ...]] = {}
    installed: dict[str, bytes] = {}

    def of(self, paths: Collection[str]) -> Analysis:
        """The part about these files only."""
        return Analysis(
            tuple(finding for finding in self.findings if finding.path in paths),
            self.problems,
            {path: count for path, count in self.modules.items() if path in paths},
            {path: found for path, found in self.comments.items() if path in paths},
            self.installed,
        )

    def joined(self, other: Analysis) -> Analysis:
        """The findings of two runs that read the same files and reported different ones."""
        return Analysis(
            (*self.findings, *(finding for finding in other.findings if finding.path not in self.modules)),
            self.problems,
            self.modules | other.modules,
            self.comments | other.comments,
            self.installed | other.installed,
        )


@functools.cache
def tool_version() -> bytes:
    """An identifier of the code and the data that findings depend on."""
    folders = os.walk(os.path.dirname(__file__))
    files = sorted(
        os.path.join(folder, name) for folder, _, names in folders for name in names if name.endswith(MADE_OF)
    )
    return digest(b"\0".join([facts_version(), *(Path(file).read_bytes() for file in files)]))


def run_key(
    sources: Sources,
    digests: Mapping[str, bytes],
    codes: Iterable[str],
    folders: Iterable[str],
    config: Config,
) -> bytes:
    """A digest of everything that findings depend on, except installed files, which only the run discovers."""
    state = [*_linking(sources, folders, config), sorted(codes), digest_of_all(digests), sources.skipped]
    return _key(b"run", state)


def links_key(sources: Sources, folders: Iterable[str], config: Config) -> bytes:
    """A digest of everything that linking depends on, except the files that are linked."""
    return _key(b"links", [*_linking(sources, folders, config), sources.root])


def _linking(sources: Sources, folders: Iterable[str], config: Config) -> list[object]:
    return [
        tool_version(),
        sources.package,
        *(getattr(config, name) for name in DECIDING),
        [(folder, _changed(folder)) for folder in folders],
    ]


def _key(kind: bytes, state: list[object]) -> bytes:
    return kind + digest(repr(state).encode(errors="surrogateescape"))


def _changed(folder: str) -> int:
    """When a package was last installed into, or removed from, a folder of packages."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def recall(cache: Cache, key: bytes, paths: Collection[str]) -> Analysis | None:
    """The findings of earlier runs that read the same, if they checked all of these files."""
    known = _known(cache, key)
    return known.of(paths) if known is not None and known.modules.keys() >= set(paths) else None


def _known(cache: Cache, key: bytes) -> Analysis | None:
    """The kept analysis, unless an installed file that it read has changed since."""
    blob = cache.get([key]).get(key)
    if blob is None:
        return None
    analysis = msgspec.msgpack.decode(blob, type=Analysis)
    return analysis if all(_content(path) == content for path, content in analysis.installed.items()) else None


def keep(cache: Cache, key: bytes, analysis: Analysis) -> None:
    known = _known(cache, key)
    try:
        cache.put({key: msgspec.msgpack.encode(known.joined(analysis) if known else analysis)})
    except UnicodeEncodeError:
        return  # a file name that is no text


def _content(path: str) -> bytes:
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return b""


def installed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: digest(content) for path, content in sorted(files.items())}
