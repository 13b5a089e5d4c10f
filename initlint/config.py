"""The options of a run. Config declares them; the command line and pyproject.toml are derived from it."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from initlint.errors import InitlintError
from initlint.model import Strategy

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".hypothesis",
    ".initlint_cache",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


@dataclass(frozen=True, slots=True)
class Option:
    """What the command line says about a field of Config; an `is_path` value counts from its file."""

    help: str
    short: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_path: bool = False


def _option(default: Any, help: str, **details: Any) -> Any:
    return field(default=default, metadata={"option": Option(help, **details)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every option with its default; the type of the default is the type of the option."""

    paths: tuple[str, ...] = (".",)
    select: tuple[str, ...] = _option((), "Run these rules, by code or prefix.", metavar="CODES")
    ignore: tuple[str, ...] = _option((), "Leave these rules out.", metavar="CODES")
    extend_select: tuple[str, ...] = _option((), "Run these rules besides the others.", metavar="CODES")
    min_confidence: str = _option(
        "certain",
        "Report what is certain, or also what is possible.",
        metavar="LEVEL",
        choices=("certain", "possible"),
    )
    output_format: str = _option(
        "full", "Write full, concise or json.", metavar="NAME", choices=("full", "concise", "json")
    )
    output_file: str = _option("", "Write the findings to a file.", short="-o", metavar="FILE", is_path=True)
    statistics: bool = _option(False, "Count findings by rule instead of listing them.")
    fix: str = _option(
        "",
        "Mend what is found: remove, isolate or keep-stream.",
        metavar="STRATEGY",
        choices=tuple(strategy.value for strategy in Strategy),
    )
    diff: bool = _option(False, "Show what `--fix` would write (`remove`, if none is named), and write nothing.")
    exit_zero: bool = _option(False, "Exit with 0 even if something is found.")
    exclude: tuple[str, ...] = _option(
        DEFAULT_EXCLUDE, "Leave out these names instead of the usual.", metavar="PATTERNS"
    )
    extend_exclude: tuple[str, ...] = _option((), "Leave out these besides the usual.", metavar="PATTERNS")
    respect_gitignore: bool = _option(True, "Also read files that git ignores.")
    python: str = _option("", "Interpreter that the checked code runs with.", metavar="PATH", is_path=True)
    jobs: int = _option(0, "Number of processes; 0 for one per core.", short="-j", metavar="N")
    no_cache: bool = _option(False, "Neither read nor write the cache.", short="-n")
    cache_dir: str = _option("", "Keep the cache here.", metavar="FOLDER", is_path=True)
    color: str = _option("auto", "Colour: auto, always or never.", metavar="WHEN", choices=("auto", "always", "never"))
    quiet: bool = _option(False, "Print findings and nothing else.", short="-q")
    verbose: bool = _option(False, "Also say what was read.", short="-v")


def options() -> Iterator[tuple[dataclasses.Field[Any], Option]]:
    """The fields that are options, each with its description."""
    for entry in dataclasses.fields(Config):
        if option := entry.metadata.get("option"):
            yield entry, option


def load(overrides: Mapping[str, object], *, file: str = "", isolated: bool = False, start: str = ".") -> Config:
    """The defaults, under [tool.initlint] of `file` or of the nearest pyproject.toml from `start` upwards,
    under `overrides`."""
    values: dict[str, Any] = {}
    if not isolated:
        path, table = (file, _explicit(file)) if file else _nearest(os.path.abspath(start))
        folder = os.path.dirname(os.path.abspath(path))
        values.update(_from_table(key, value, path, folder) for key, value in table.items())
    values.update(_checked(key, value, "check()") for key, value in overrides.items())
    return Config(**values)


def _explicit(path: str) -> dict[str, Any]:
    table = _table(path)
    if table is None:
        raise InitlintError(f"{path} has no table [tool.initlint]")
    return table


def _nearest(folder: str) -> tuple[str, dict[str, Any]]:
    """The nearest pyproject.toml that has a table for initlint; one without is passed by."""
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(path) and (table := _table(path)) is not None:
            return path, table
        parent = os.path.dirname(folder)
        if parent == folder:
            return "", {}
        folder = parent


def _table(path: str) -> dict[str, Any] | None:
    """The table [tool.initlint] of a file; a file that does not name initlint need not even be valid."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise InitlintError(f"cannot read the configuration file {path}: {error.strerror}") from error
    if b"initlint" not in data:
        return None
    tool = _parse(path, data).get("tool", {})
    table = tool.get("initlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise InitlintError(f"{path}: `tool.initlint` must be a table")
    return table


def _parse(path: str, data: bytes) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(data.decode())
    except ValueError as error:
        raise InitlintError(f"{path} is not valid TOML: {error}") from error


def _from_table(key: str, value: object, path: str, folder: str) -> tuple[str, Any]:
    names = {entry.name.replace("_", "-"): option for entry, option in options()}
    if key not in names:
        raise InitlintError(f"{path}: [tool.initlint] has no option `{key}`{_suggestion(key, names)}")
    name, checked = _checked(key.replace("-", "_"), value, path)
    if names[key].is_path and checked:
        checked = os.path.join(folder, os.path.expanduser(checked))
    return name, checked


def _checked(name: str, value: object, where: str) -> tuple[str, Any]:
    """The value of an option, if it has the type of the default and stands among the choices."""
    fields = {entry.name: entry for entry in dataclasses.fields(Config)}
    if name not in fields:
        raise InitlintError(f"{where}: there is no option `{name}`{_suggestion(name, fields)}")
    default = fields[name].default
    if isinstance(default, tuple):
        good = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
        value = tuple(value) if good and isinstance(value, (list, tuple)) else value
    else:
        good = type(value) is type(default)
    shown = name.replace("_", "-")
    if not good:
        raise InitlintError(f"{where}: `{shown}` must be {_KINDS[type(default)]}, not {value!r}")
    option = fields[name].metadata.get("option")
    if option and option.choices and value not in option.choices:
        raise InitlintError(f"{where}: `{shown}` must be one of {', '.join(option.choices)}, not {value!r}")
    if name == "jobs" and isinstance(value, int) and value < 0:
        raise InitlintError(f"{where}: `jobs` must not be negative")
    return name, value


_KINDS = {tuple: "a list of strings", bool: "true or false", int: "a whole number", str: "a string"}


def _suggestion(name: str, known: Mapping[str, object]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
