"""The two sides of a comparison: a folder, a file or a revision, each with its files and its linked project."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from initlint.comparison import git
from initlint.comparison.kept import by_text
from initlint.config import Config
from initlint.errors import InitlintError, Unreadable
from initlint.facts.cache import FOLDER
from initlint.facts.extract import extract
from initlint.facts.gather import facts_version, worker_count
from initlint.facts.records import FileFacts
from initlint.model import Problem
from initlint.project import link
from initlint.project.environment import target
from initlint.project.project import Project
from initlint.sources import READ, discover, excluding, project_root
from initlint.texts import load, text


@dataclass(frozen=True)
class Side:
    """One version: its texts by path, with "/" and relative to its own root, and the problems in reading it.

    `cache` is the folder of the cache, `processes` the number of processes to use, and `python` and `packages` say
    where installed packages are, as in Config.
    """

    label: str
    root: str
    texts: dict[str, bytes]
    package: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    facts: dict[str, FileFacts] = field(default_factory=dict)
    cache: str = ""
    processes: int = 1
    python: str = ""
    packages: tuple[str, ...] = ()

    @functools.cached_property
    def project(self) -> Project:
        """The files, linked; installed packages are looked up in the environment."""
        texts = {path: self.texts[path] for path in self.facts}
        environment = target(Path(self.root), Path(self.python) if self.python else None, self.packages)
        return link(self.facts, texts.__getitem__, environment, self.package)


def sides(old: str, new: str, config: Config) -> tuple[Side, Side]:
    """Both versions; if they are equal, facts are not needed.

    A revision next to a folder of its repository stands for that folder at that revision.
    """
    both = [kind(given) for given in (old, new)]
    place = next((os.path.abspath(given) for given, what in zip((old, new), both, strict=True) if what != "git"), None)
    found = []
    for given, what in zip((old, new), both, strict=True):
        if what == "folder":
            found.append(_folder(given, config))
        elif what == "file":
            found.append(_file(given))
        else:
            found.append(_revision(given, place, config))
    if "file" in both and both != ["git", "git"]:
        found = [_single(side) for side in found]
    for side in found:
        if not (side.texts or side.problems):
            raise InitlintError(f"there is nothing to compare: {side.label} has no Python files")
    if found[0].texts == found[1].texts:
        return found[0], found[1]
    return _with_facts(found[0], config), _with_facts(found[1], config)


def kind(given: str) -> str:
    """What a version is: a folder, a file or a revision (`git`)."""
    if os.path.isdir(given):
        return "folder"
    if os.path.isfile(given) and given.endswith(READ):
        return "file"
    here = os.getcwd()
    inside = git.top(here) is not None
    if inside and git.commit(here, given) is not None:
        return "git"  # also in the folder of a repository itself, where HEAD is a file
    if os.path.isfile(given):
        return "file"
    if not inside:
        raise InitlintError(f"`{given}` is not a file or folder, and this folder is not in a git repository")
    older = ", which is a shallow clone: `git fetch --unshallow` brings what is older"
    more = older if git.is_shallow(here) else ""
    raise InitlintError(f"`{given}` is not a file, a folder or a revision of this repository{more}")


def _folder(given: str, config: Config) -> Side:
    sources = discover(replace(config, paths=(given,)))
    root = os.path.abspath(given)
    inside = [os.path.relpath(os.path.join(sources.root, path), root).replace(os.sep, "/") for path in sources.reported]
    contents = {path: _loaded(os.path.join(root, path)) for path in inside}
    notes = tuple(f"{path}: {reason}" for path, reason in sources.skipped)
    return _decoded(given, root, contents, notes)


def _loaded(path: str) -> bytes | Unreadable:
    try:
        return load(path)
    except Unreadable as error:
        return error


def _file(given: str) -> Side:
    root = os.path.dirname(os.path.abspath(given))
    data = _loaded(given)
    if isinstance(data, Unreadable):
        raise InitlintError(f"{given}: {data.reason}")
    return _decoded(given, root, {os.path.basename(given): data}, ())


def _revision(given: str, place: str | None, config: Config) -> Side:
    """The files of a revision in the place of the other side."""
    top = git.top(os.getcwd())
    found = git.commit(os.getcwd(), given)
    assert top is not None and found is not None
    texts, missing = git.files(top, found)
    prefix = "" if place is None else git.inside(top, given, place).replace(os.sep, "/")
    excluded = excluding(config, top)
    if not excluded(prefix):
        texts = {path: data for path, data in texts.items() if not excluded(path)}
    if prefix not in ("", "."):
        exact = {os.path.basename(path): data for path, data in texts.items() if path == prefix}
        texts = exact or {
            path[len(prefix) + 1 :]: data for path, data in texts.items() if path.startswith(prefix + "/")
        }
        if not texts:
            raise InitlintError(f"`{prefix}` is not in {given}")
    return _decoded(given, top, texts, git.notes(missing, given))


def _single(side: Side) -> Side:
    """A side with a single file, under a name that both sides share."""
    if len(side.texts) > 1:
        raise InitlintError(f"a file can be compared with a file; {side.label} has {len(side.texts)} files")
    return side


def _decoded(label: str, root: str, contents: Mapping[str, bytes | Unreadable], notes: tuple[str, ...]) -> Side:
    texts: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path, content in sorted(contents.items()):
        try:
            if isinstance(content, Unreadable):
                raise content
            texts[path] = text(path, content)
        except Unreadable as error:  # noqa: PERF203  (each file may fail)
            problems.append(Problem(path, error.reason, error.line))
    package = os.path.basename(root) if "__init__.py" in contents else ""
    return Side(label, root, texts, package, tuple(problems), notes)


def _with_facts(side: Side, config: Config) -> Side:
    """Read the facts, which are cached by content: what both sides share is read once, and what an earlier run read,
    not at all."""
    folder = "" if config.no_cache else config.cache_dir or os.path.join(project_root(side.root), FOLDER)
    processes = worker_count(config.jobs)
    blobs = by_text(side.texts.values(), _extracted, facts_version(), folder, processes)
    facts = {
        path: msgspec.msgpack.decode(blobs[source], type=FileFacts)
        for path, source in side.texts.items()
        if blobs[source]
    }
    unread = (Problem(path, "the code is nested too deeply to be read", 1) for path in side.texts if path not in facts)
    return replace(
        side,
        facts=facts,
        problems=(*side.problems, *unread),
        cache=folder,
        processes=processes,
        python=config.python,
        packages=config.site_packages,
    )


def _extracted(source: bytes) -> bytes:
    """The facts of a file; empty if it is nested too deeply."""
    try:
        return msgspec.msgpack.encode(extract(source))
    except (RecursionError, MemoryError):
        return b""


def chosen(paths: Sequence[str], both: Sequence[Side]) -> tuple[str, ...]:
    """The named paths relative to the roots of the sides; an error if a side does not have one."""
    found: list[str] = []
    for path in paths:
        candidates = dict.fromkeys(_as_seen(path, side) for side in both)
        present = [any(_has(side, candidate) for candidate in candidates) for side in both]
        if not all(present):
            only = next((side.label for side, there in zip(both, present, strict=True) if there), None)
            where = (
                f"is only in {only}" if only is not None else f"is neither in {both[0].label} nor in {both[1].label}"
            )
            raise InitlintError(f"there is nothing to compare: `{path}` {where}")
        found += [candidate for candidate in candidates if any(_has(side, candidate) for side in both)]
    return tuple(dict.fromkeys(found))


def _as_seen(path: str, side: Side) -> str:
    """A path is relative to the current folder if that is inside of the side, or else to the side's root."""
    full = os.path.realpath(path)
    relative = os.path.relpath(full, os.path.realpath(side.root)).replace(os.sep, "/")
    outside = relative == ".." or relative.startswith("../")
    if outside or not _has(side, relative):
        return os.path.normpath(path).replace(os.sep, "/")
    return relative


def _has(side: Side, path: str) -> bool:
    return path == "." or any(each == path or each.startswith(path + "/") for each in side.texts)
