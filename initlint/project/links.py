"""The result of linking, kept for the next run: it holds as long as no file changes what it imports or defines."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.cache import Cache
from initlint.facts.gather import Gathered, remembered
from initlint.facts.records import FileFacts, Import
from initlint.facts.worker import digest, digest_of_all

if TYPE_CHECKING:
    from initlint.project.project import Project

MOST_CHANGED = 20
"""With more changed files than this the project is linked again: each of them is read for every name."""


class Links(msgspec.Struct, frozen=True, array_like=True):
    """The class graph and the words of a project whose files had these `digests`.

    `classes` are the resolved and the unresolved bases of each class, `installed` the files of other packages that
    linking read, each with its module and digest, `words` by index the files that hold rows about each name, `stars`
    the star imports of the files that have some, `imported` the files in which what a file imports is defined.
    """

    digests: dict[str, bytes]
    classes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    installed: dict[str, tuple[str, bytes]]
    words: dict[str, bytes]
    stars: dict[str, tuple[Import, ...]]
    imported: dict[str, frozenset[str]]


class Standing(msgspec.Struct, frozen=True):
    """Links that hold still, though the files `changed` are not what they were; `installed` are the texts of the files
    of other packages. The `key` names just these links."""

    key: bytes
    links: Links
    changed: frozenset[str]
    installed: Mapping[str, bytes]


def recall(cache: Cache, key: bytes, gathered: Gathered) -> Standing | None:
    """The links under a key, if they hold for these files: a changed file must still offer other files the same."""
    blob = cache.get([key]).get(key)
    if blob is None:
        return None
    links = msgspec.msgpack.decode(blob, type=Links)
    if links.digests.keys() != gathered.digests.keys():
        return None
    changed = frozenset(path for path, content in links.digests.items() if gathered.digests[path] != content)
    if len(changed) > MOST_CHANGED or not all(_says_the_same(path, links, gathered, cache) for path in changed):
        return None
    installed = {path: text(path) for path in links.installed}
    if any(digest(installed[path]) != content for path, (_, content) in links.installed.items()):
        return None
    these = digest(key + digest_of_all(links.digests))
    return Standing(these, links, changed, installed)


def keep(cache: Cache, key: bytes, project: Project, gathered: Gathered) -> None:
    """Keep the links of a project, once everything is linked and answered."""
    links = Links(
        gathered.digests,
        {id: (info.bases, info.unresolved) for id, info in project.classes.items() if info.path in project.linked},
        {path: (project.modules.names.get(path, ""), digest(project.installed[path])) for path in project.consulted},
        {name: index.words() for name, index in project.indices.items()},
        {path: stars for path in project.linked if (stars := project.modules.starred(path))},
        {path: project.sight.imported(path) for path in project.linked},
    )
    with suppress(UnicodeEncodeError):  # a file name that is no text
        cache.put({key: msgspec.msgpack.encode(links)})


def _says_the_same(path: str, links: Links, gathered: Gathered, cache: Cache) -> bool:
    before = remembered(cache, links.digests[path])
    return before is not None and path in gathered.facts and _outline(before) == _outline(gathered.facts[path])


def _outline(facts: FileFacts) -> tuple[object, ...]:
    """Everything that linking takes from a file: what other files can import, and what its classes inherit from."""
    return (
        facts.imports,
        [(variable.name, variable.value) for variable in facts.variables],
        [(cls.qualname, cls.bases, cls.decorators) for cls in facts.classes],
        [function.name for function in facts.functions],
    )


def text(path: str) -> bytes:
    """The content of a file of another package, or nothing if it is gone."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
