"""All files linked: names, classes, and who reads what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.facts.records import FileFacts
    from initlint.project.conventions import Conventions
    from initlint.project.environment import Environment
    from initlint.project.links import Standing
    from initlint.project.project import Project


def link(
    facts: Mapping[str, FileFacts],
    read: Callable[[str], bytes],
    environment: Environment | None = None,
    package: str = "",
    conventions: Conventions | None = None,
    extracting: Callable[[bytes], FileFacts] | None = None,
    standing: Standing | None = None,
) -> Project:
    """Link the facts of all files, or take over the links that still stand.

    `package` is the dotted name of the root, where it may be one; `extracting` gives the facts of installed files.
    """
    from initlint.facts.extract import extract
    from initlint.project.project import Project

    return Project(facts, read, environment, package, conventions, extracting or extract, standing)
