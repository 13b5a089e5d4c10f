"""Installed packages of the target environment: found on disk and read, never imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from initlint.errors import InitlintError


class Environment(msgspec.Struct, frozen=True):
    """The folders in which an interpreter looks for installed packages, in order."""

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


def target(root: Path, python: Path | None = None, folders: Sequence[str] = ()) -> Environment:
    """The environment that the project runs in: `folders`, or that of `python`, or VIRTUAL_ENV, .venv or venv in the
    root, or this one.

    Of the latter the first that has torch: pre-commit, for example, activates an environment made for initlint alone.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise InitlintError(f"there is no folder `{folder}` to look for installed packages in")
    if folders:
        return Environment(tuple(map(Path, folders)))
    if python is not None:
        return Environment(_packages_of(_named(python)))
    active = os.environ.get("VIRTUAL_ENV")
    prefixes = [*([Path(active)] if active else []), root / ".venv", root / "venv"]
    own = tuple(Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages")))
    found = [Environment(packages) for packages in (*map(_site_packages, prefixes), own) if packages]
    return next((environment for environment in found if environment.find("torch")), (*found, Environment())[0])


def interpreter(root: Path, python: Path | None = None) -> str:
    """The interpreter that the project runs with: `python`, or that of VIRTUAL_ENV, .venv or venv in the root, or this
    one."""
    if python is not None:
        return str(_named(python))
    active = os.environ.get("VIRTUAL_ENV")
    for prefix in filter(None, (Path(active) if active else None, root / ".venv", root / "venv")):
        for candidate in (prefix / "bin" / "python", prefix / "Scripts" / "python.exe"):
            if candidate.is_file():
                return str(candidate)
    return sys.executable


def _named(python: Path) -> Path:
    """An interpreter that is named by its path or as a command; an InitlintError if it does not exist."""
    if python.is_file():
        return python
    import shutil

    if command := shutil.which(python):
        return Path(command)
    raise InitlintError(f"there is no interpreter `{python}`")


def _packages_of(python: Path) -> tuple[Path, ...]:
    """The folders of packages beside an interpreter; an InitlintError if there are none, as beside a shim."""
    for prefix in (python.parent.parent, python.resolve().parent.parent, python.parent):  # the last is Windows' own
        if found := _site_packages(prefix):
            return found
    raise InitlintError(
        f"there are no installed packages beside `{python}`; if it is a shim, as pyenv makes them, name what"
        f" `{python.name} -c 'import sys; print(sys.executable)'` prints, or set `site-packages` in the configuration"
    )


_PACKAGES = (
    "local/lib/python3*/dist-packages",
    "lib*/python3*/site-packages",
    "lib/python3*/dist-packages",
    "Lib/site-packages",
)
"""Where packages are installed below the prefix of an interpreter; Debian has its own folder names."""


def _site_packages(prefix: Path) -> tuple[Path, ...]:
    return tuple(folder for pattern in _PACKAGES for folder in sorted(prefix.glob(pattern)))
