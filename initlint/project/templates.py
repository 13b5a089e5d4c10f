"""Files that a tool writes others from: what stands in them is not what runs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.project import Project

HEAD = 2_000
"""Bytes at the beginning of a file in which it may say where it comes from."""

_ORIGIN = re.compile(rb"(?i)\bgenerated\s+from\s+[\"'`]?(?:[\w.-]+/)*([\w-]+\.py)\b")


class Templates:
    """The templates of a project, by what the files beside them say."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def holds(self, path: str) -> bool:
        """Whether a file of the same folder says that it was generated from this one."""
        folder, name = os.path.split(path)
        return name in self._origins(folder)

    @remembered
    def _origins(self, folder: str) -> frozenset[str]:
        beside = sorted(path for path in self._project.own if os.path.dirname(path) == folder)
        found = (_ORIGIN.search(self._project.source(path)[:HEAD]) for path in beside)
        return frozenset(match[1].decode() for match in found if match is not None)
