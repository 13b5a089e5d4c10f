"""A survey of all files: made once, kept, and reused as long as no changed file matters to it.

It depends on whatever was looked at while it was made. Other files may change, as long as they offer other files the
same (see links.py) and give the same rows about the names that were asked for in all files.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress

import msgspec

from initlint.facts.cache import Cache
from initlint.facts.worker import digest
from initlint.project.classes import Method
from initlint.project.links import text
from initlint.project.noted import NotedProject
from initlint.project.project import Project
from initlint.project.readers import Readers
from initlint.project.survey import Survey


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A survey of files with these `digests`, with what was looked at for it.

    `rows` are digests of the rows that files which were not looked at gave about the `names`; those that are not there
    gave none. `installed` are the files of other packages that were read, by their digests.
    """

    survey: Survey
    digests: dict[str, bytes]
    files: frozenset[str]
    names: dict[str, frozenset[str]]
    rows: dict[str, bytes]
    installed: dict[str, bytes]


def survey_of(
    project: Project, cache: Cache, links: bytes, digests: Mapping[str, bytes], noting: Callable[[], NotedProject]
) -> Callable[[], Survey]:
    """Gives the survey of a project that reused the `links` of this key; it is made on demand if it is not kept.

    It is made in a project of its own, `noting` what is looked at, since in this one others may have looked before.
    """

    @functools.cache
    def survey() -> Survey:
        key = b"survey" + links
        known = _known(cache, key)
        if known is not None and _holds(known, project, digests):
            return known.survey
        surveyed = noting()
        found = made(Readers(surveyed))
        project.installed.update(surveyed.installed)
        if not surveyed.noted.any_name:
            with suppress(UnicodeEncodeError):  # a file name that is no text
                cache.put({key: msgspec.msgpack.encode(_kept(found, surveyed, digests))})
        return found

    return survey


def made(readers: Readers) -> Survey:
    """The survey of the project of these readers, which keep what they found."""
    computed = readers.computed
    return Survey(readers.wholesale.elsewhere, computed.elsewhere, computed.unknown, computed.called)


def _kept(survey: Survey, project: NotedProject, digests: Mapping[str, bytes]) -> Kept:
    files = frozenset(project.noted.files)
    names = {index: frozenset(asked) for index, asked in project.noted.names.items()}
    giving: dict[str, dict[str, set[str]]] = {}
    for index, asked in names.items():
        for name in asked:
            for path in project.indices[index].holders(name) - files:
                giving.setdefault(path, {}).setdefault(index, set()).add(name)
    rows = {path: _rows(project, held, path) for path, held in giving.items()}
    installed = {path: digest(content) for path, content in project.installed.items()}
    return Kept(survey, dict(digests), files, names, rows, installed)


def _known(cache: Cache, key: bytes) -> Kept | None:
    blob = cache.get([key]).get(key)
    return msgspec.msgpack.decode(blob, type=Kept) if blob is not None else None


def _holds(known: Kept, project: Project, digests: Mapping[str, bytes]) -> bool:
    """Whether no changed file matters to a survey; what it read from other packages is then added to the project."""
    if known.digests.keys() != digests.keys():
        return False
    changed = [path for path, content in digests.items() if known.digests[path] != content]
    if not known.files.isdisjoint(changed):
        return False
    if any(_rows(project, known.names, path) != known.rows.get(path, _NONE) for path in changed):
        return False
    installed = {path: text(path) for path in known.installed}
    if any(digest(content) != known.installed[path] for path, content in installed.items()):
        return False
    project.installed.update(installed)
    return True


def _rows(project: Project, names: Mapping[str, Set[str]], path: str) -> bytes:
    """A digest of the rows that a file gives about some names."""
    given = ((index, asked, project.indices[index].of(path)) for index, asked in sorted(names.items()))
    said = (
        (index, name, [_said(row) for row in rows[name]])
        for index, asked, rows in given
        for name in sorted(asked & rows.keys())
    )
    return _digest(said)


def _digest(entries: Iterable[object]) -> bytes:
    return digest(repr(list(entries)).encode(errors="surrogateescape"))


_NONE = _digest(())


def _said(row: object) -> object:
    """The part of a row that does not look at its file: for a function, which one it is."""
    match row:
        case Method():
            return row.path, row.owner, row.facts.name, row.facts.instance, row.facts.decorators
        case tuple():
            return tuple(map(_said, row))
        case _:
            return row
