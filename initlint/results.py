"""What a whole run found, kept for the next run that has the same to read."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from initlint.config import Config
from initlint.facts.cache import Cache
from initlint.facts.gather import facts_version
from initlint.facts.records import Suppression
from initlint.facts.worker import digest
from initlint.model import Finding, Problem
from initlint.sources import Sources

DECIDING = ("min_confidence", "extra_base_classes", "extra_init_methods")
"""The options that change what is found, besides those that decide about rules, files and installed packages."""


class Analysis(msgspec.Struct, frozen=True, array_like=True):
    """The findings of all rules that ran, before anything is suppressed, hidden or sorted.

    `comments` are the suppressing comments of those reported files that hold some.
    `installed` are the files of other packages that were read on the way, with the digests of their contents.
    """

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    modules: int
    comments: dict[str, tuple[Suppression, ...]] = {}
    installed: tuple[tuple[str, bytes], ...] = ()


@functools.cache
def tool_version() -> bytes:
    """Names the code and the data that findings are made with."""
    package = Path(__file__).parent
    files = sorted(file for kind in ("py", "scm", "json") for file in package.rglob(f"*.{kind}"))
    return digest(b"\0".join([facts_version(), *(file.read_bytes() for file in files)]))


def run_key(
    sources: Sources,
    digests: Mapping[str, bytes],
    codes: Iterable[str],
    folders: Iterable[str],
    config: Config,
) -> bytes:
    """A digest over all that a run depends on, but for the installed files, which only the run knows."""
    state = [
        tool_version(),
        sources.package,
        sorted(codes),
        *(getattr(config, name) for name in DECIDING),
        sorted(sources.reported),
        sorted(digests.items()),
        sources.skipped,
        [(folder, _changed(folder)) for folder in folders],
    ]
    return b"run" + digest(repr(state).encode(errors="surrogateescape"))


def _changed(folder: str) -> int:
    """When a package was last put into a folder of installed packages, or taken out."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def recall(cache: Cache, key: bytes) -> Analysis | None:
    """What an equal run found, if the installed files that it read have not changed since."""
    blob = cache.get([key]).get(key)
    if blob is None:
        return None
    analysis = msgspec.msgpack.decode(blob, type=Analysis)
    return analysis if all(_content(path) == content for path, content in analysis.installed) else None


def keep(cache: Cache, key: bytes, analysis: Analysis) -> None:
    try:
        cache.put({key: msgspec.msgpack.encode(analysis)})
    except UnicodeEncodeError:
        return  # a file name that is no text


def _content(path: str) -> bytes:
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return b""


def installed(files: Mapping[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    return tuple((path, digest(content)) for path, content in sorted(files.items()))
