"""Installed packages of the target environment: found on disk and read, never imported."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """The folders in which an interpreter looks for installed packages, in its order."""

    folders: tuple[Path, ...] = ()

    def find(self, module: str) -> Path | None:
        """The source file of a dotted module name, or None."""
        parts = module.split(".")
        for folder in self.folders:
            base = folder.joinpath(*parts)
            for candidate in (base / "__init__.py", base.with_suffix(".py")):
                if candidate.is_file():
                    return candidate
        return None


def target(root: Path, python: Path | None = None) -> Environment:
    """The environment that the project runs in: `python`, else VIRTUAL_ENV, .venv or venv in the root, or this one.

    Of these the first that holds torch: pre-commit, for one, activates an environment made for initlint alone.
    """
    if python is not None:
        return Environment(_site_packages(python.parent.parent))
    active = os.environ.get("VIRTUAL_ENV")
    prefixes = [*([Path(active)] if active else []), root / ".venv", root / "venv"]
    own = tuple(Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))
    found = [Environment(folders) for folders in (*map(_site_packages, prefixes), own) if folders]
    return next((environment for environment in found if environment.find("torch")), (*found, Environment())[0])


def _site_packages(prefix: Path) -> tuple[Path, ...]:
    return tuple(sorted([*prefix.glob("lib*/python3*/site-packages"), *prefix.glob("Lib/site-packages")]))
