"""`initlint config`"""

from __future__ import annotations

import json
import os
from typing import Any

import click

from initlint.cli.options import Command, settled
from initlint.config import Confirm, key, options
from initlint.settings import DEFAULT


def _config(paths: tuple[str, ...], config: tuple[str, ...], isolated: bool, **given: Any) -> int:
    settings = settled(paths, config, isolated, given, located=True)
    click.echo(f"# {_shown(settings.file)}" if settings.file else "# no configuration file")
    for entry, option in options():
        if option.key:
            value = getattr(settings.config, entry.name)
            written = _table(value) if entry.name == "per_file_ignores" else _toml(value)
            click.echo(f"{key(entry.name)} = {written}  # {_shown(settings.origins.get(entry.name, DEFAULT))}")
    return 0


def _shown(origin: str) -> str:
    """An origin, with its path relative to the current folder."""
    inside = os.path.join(os.getcwd(), "")
    return origin.removeprefix(inside)


def _toml(value: Any) -> str:
    """A value as it is written in a configuration file."""
    if isinstance(value, Confirm):
        return _table(tuple((key(entry.name), getattr(value, entry.name)) for entry, _ in options(value)))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _table(pairs: tuple[tuple[str, Any], ...]) -> str:
    return "{ " + ", ".join(f"{_toml(name)} = {_toml(value)}" for name, value in pairs) + " }" if pairs else "{}"


command = Command(
    "config",
    _config,
    "Show the options that are in force, and where each value comes from.",
    without=[entry.name for entry, option in options() if not option.key],
)
