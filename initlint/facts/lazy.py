"""The facts of files, each made on demand: a question about one file concerns few others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from initlint.facts.records import FileFacts


class Facts(Mapping[str, FileFacts]):
    """Facts by path, in the order of the paths; `load` makes those of one file, and is called once for each."""

    def __init__(self, paths: Iterable[str], load: Callable[[str], FileFacts]) -> None:
        self._load = load
        self._known: dict[str, FileFacts | None] = dict.fromkeys(sorted(paths))

    def __getitem__(self, path: str) -> FileFacts:
        facts = self._known[path]
        if facts is None:
            facts = self._known[path] = self._load(path)
        return facts

    def __contains__(self, path: object) -> bool:
        return path in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, path: str, facts: FileFacts | None = None) -> None:
        """Add a file at the end; without facts, these are loaded like those of any other."""
        self._known[path] = facts

    def watched(self, told: Callable[[str], None]) -> Facts:
        """The same facts, with `told` called for each path that is looked up."""
        return _Watched(self, told)


class _Watched(Facts):
    def __init__(self, facts: Facts, told: Callable[[str], None]) -> None:
        self._load = facts._load
        self._known = facts._known
        self._told = told

    def __getitem__(self, path: str) -> FileFacts:
        self._told(path)
        return super().__getitem__(path)
