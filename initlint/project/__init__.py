"""All files linked: names, classes, and what reads what.

In the order of reading:

- Files and classes: classes.py, index.py (what files say about a name), imports.py (what a name stands for across
  files), environment.py (installed packages), frameworks.py and conventions.py (base classes that are known without
  their source), inheritance.py, wrappers.py and tables.py (what decorators make of classes), sight.py (which files
  know which). project.py links them; links.py keeps that for the next run.
- The inside of a function: parsed.py, bindings.py, bodies.py, stored.py (the values of attributes), narrowing.py,
  flows.py (where a value goes) and gathered.py (where it comes from). callers.py: what mentions and calls what.
- Values of expressions: values.py, settling.py, annotations.py, asking.py; variables.py, members.py and calls.py
  answer for inference.py. sites.py: where a body reads an attribute; names.py: which names code computes.
- Readers: roles.py distinguishes construction from entry points. readers.py asks entries.py (`self.x`), computed.py
  (`getattr`), named.py (class attributes), aliases.py (other names of the same object), wholesale.py with sweeps.py
  (all at once: here `children()` reads), foreign.py with observed.py, surfaces.py and handling.py (through other
  receivers), listed.py (state dicts), items.py (keys of containers) and kinds.py. reached.py: whose instances code
  handles.
- Doubts, and code that touches what is dead: strangers.py, placed.py, placeholders.py, enclosing.py, initialisers.py.
- What the next run can reuse of it: survey.py, surveys.py and noted.py.
- Which classes are worth a construction: suspects.py, and givers.py for functions that give parts. templates.py:
  files from which others are generated.
"""

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
    """Link the facts of all files, or reuse the links that still hold.

    `package` is the dotted name of the root, if it may be a package; `extracting` gives the facts of installed files.
    """
    from initlint.facts.extract import extract
    from initlint.project.project import Project

    return Project(facts, read, environment, package, conventions, extracting or extract, standing)
