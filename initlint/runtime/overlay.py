"""Sources that are imported instead of the files on disk, which are not read, written or changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from typing import Any


class Overlay:
    """A finder that asks all others, and replaces the source of the files that it knows.

    `sources` holds them by path; `served` are the paths that were imported.
    """

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self.sources = {os.path.realpath(path): source for path, source in sources.items()}
        self.served: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find and finder is not self else None
            if spec is not None:
                return self._served(spec)
        return None

    def _served(self, spec: ModuleSpec) -> ModuleSpec:
        file = os.path.realpath(spec.origin) if spec.origin and spec.has_location else ""
        if file in self.sources and spec.origin:
            self.served.add(file)
            spec.loader = _Loader(spec.name, spec.origin, self.sources[file])
        return spec


class _Loader(SourceFileLoader):
    """Loads a source as if it were in its file; no bytecode is read or written."""

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._source = source

    def get_data(self, path: Any) -> bytes:
        return self._source

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        raise OSError("the source does not stand on disk")
