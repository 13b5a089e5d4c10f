"""Templates, from which a tool generates other files: their own code does not run."""

from __future__ import annotations

import functools
import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.project import Project

HEAD = 2_000
"""The number of bytes at the beginning of a file that may say what it was generated from."""

_ORIGIN = re.compile(rb"(?i)\bgenerated\s+from\s+[\"'`]?(?:[\w.-]+/)*([\w-]+\.py)\b")


class Templates:
    """The templates of a project, as named by the files generated from them."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def holds(self, path: str) -> bool:
        """Whether a file of the same folder says that it was generated from this one."""
        folder, name = os.path.split(path)
        return name in self._origins(folder)

    @remembered
    def _origins(self, folder: str) -> frozenset[str]:
        found = (_ORIGIN.search(self._project.source(path)[:HEAD]) for path in self._beside[folder])
        return frozenset(match[1].decode() for match in found if match is not None)

    @functools.cached_property
    def _beside(self) -> dict[str, list[str]]:
        """The files of each folder."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._project.own):
            folders[os.path.dirname(path)].append(path)
        return folders
