"""Where the values of the options come from: defaults, a configuration file, `--config`, the caller."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from initlint import config, tomlfile
from initlint.config import Config
from initlint.errors import InitlintError, suggestion
from initlint.tomlfile import Document

OWN_FILE = "initlint.toml"
SHARED_FILE = "pyproject.toml"
SHARED_TABLE = ("tool", "initlint")

DEFAULT = "default"
INLINE = "--config"


@dataclass(frozen=True, slots=True)
class Table:
    """The table of options in a document: its keys there, and the folder to which its paths are relative."""

    document: Document
    keys: tuple[str, ...]
    folder: str

    def content(self) -> dict[str, Any]:
        content: Any = self.document.content
        for key in self.keys:
            content = content[key]
        return dict(content)

    def place(self, *keys: str) -> str:
        return self.document.place((*self.keys, *keys))


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run, and the origin of each value that is not a default."""

    config: Config
    origins: Mapping[str, str]
    file: str = ""


def settle(
    given: Mapping[str, object],
    *,
    named: Sequence[str] = (),
    isolated: bool = False,
    start: str = ".",
    caller: str = "check()",
    located: bool = False,
) -> Settings:
    """The defaults, overridden by the configuration file, by `KEY = VALUE` texts, and by what the caller has given.

    `named` are the values of `--config`: at most one file, which replaces the nearest one from `start` upwards, and any
    number of texts. With `located` the origins have line numbers, which takes time.
    """
    files = [text for text in named if not _is_inline(text)]
    inline = [_inline(text) for text in named if _is_inline(text)]
    file = _file(files, isolated, start)
    settled = Config(folder=file.folder if file else "")
    origins: dict[str, str] = {}
    for table in (*([file] if file else []), *inline):
        settled = fill(settled, table)
        origins.update((name, _origin(table, name, located)) for name in _names(table.content()))
    fields = {entry.name: entry for entry in dataclasses.fields(Config)}
    for name, value in given.items():
        if name not in fields:
            raise InitlintError(f"{caller}: there is no option `{name}`{suggestion(name, [*fields])}")
        settled = replace(settled, **{name: _checked(fields[name], value, caller)})
        origins[name] = caller
    return Settings(settled, origins, file.document.name if file else "")


def fill(declared: Any, table: Table) -> Any:
    """A dataclass of options with the values of a table; a field that is itself such a dataclass is a sub-table."""
    fields = {config.key(entry.name): (entry, option) for entry, option in config.options(declared)}
    values: dict[str, Any] = {}
    for key, value in table.content().items():
        if key not in fields:
            known = [key for key, (_, option) in fields.items() if option.key]
            raise InitlintError(f"{table.place(key)}: {_title(table)} has no option `{key}`{_hint(key, known, table)}")
        entry, option = fields[key]
        if not option.key:
            raise InitlintError(f"{table.place(key)}: `{key}` can only be given on the command line")
        if dataclasses.is_dataclass(entry.default):
            if not isinstance(value, dict):
                raise InitlintError(f"{table.place(key)}: `{key}` must be a table")
            values[entry.name] = fill(getattr(declared, entry.name), replace(table, keys=(*table.keys, key)))
        else:
            held = _checked(entry, value, table.place(key))
            values[entry.name] = _from_folder(held, table.folder) if option.is_path else held
    return replace(declared, **values)


def _checked(entry: dataclasses.Field[Any], value: object, where: str) -> Any:
    """The value of an option, after checking it; codes must be those of rules."""
    held = config.checked(entry, value, where)
    option = entry.metadata.get("option")
    if held and option and option.metavar == config.CODES:
        from initlint import rules
        from initlint.findings import refuse_unknown

        prefixes = held if isinstance(held[0], str) else [prefix for _, each in held for prefix in each]
        refuse_unknown(prefixes, rules.CODES, where)
    return held


def _from_folder(value: Any, folder: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_from_folder(item, folder) for item in value)
    return os.path.join(folder, os.path.expanduser(value)) if value else value


def _names(content: Iterable[str]) -> Iterator[str]:
    return (key.replace("-", "_") for key in content)


def _origin(table: Table, name: str, located: bool) -> str:
    return table.place(config.key(name)) if located else table.document.name


def _title(table: Table) -> str:
    return f"[{'.'.join(table.keys)}]" if table.keys else "the configuration"


def _hint(key: str, known: list[str], table: Table) -> str:
    if key == SHARED_TABLE[0] and not table.keys:
        return f"; only {SHARED_FILE} has options under [{'.'.join(SHARED_TABLE)}]"
    return suggestion(key.replace("_", "-"), known)


def _is_inline(text: str) -> bool:
    return "=" in text and not os.path.exists(text)


def _inline(text: str) -> Table:
    return Table(tomlfile.parse(f"{INLINE} '{text}'", text.encode()), (), os.getcwd())


def _file(named: Sequence[str], isolated: bool, start: str) -> Table | None:
    if len(named) > 1:
        raise InitlintError(f"there can be only one configuration file, not both {named[0]} and {named[1]}")
    if named and isolated:
        raise InitlintError(f"`--isolated` reads no configuration file; it excludes `--config {named[0]}`")
    if isolated:
        return None
    if not named:
        return _nearest(os.path.abspath(start))
    path = os.path.abspath(named[0])
    table = _table(path, tomlfile.read(named[0]))
    if table is None:
        raise InitlintError(f"{named[0]} has no table [{'.'.join(SHARED_TABLE)}]")
    return table


def _nearest(folder: str) -> Table | None:
    """The nearest file with options; a pyproject.toml without a table for initlint is skipped."""
    while True:
        for name in (OWN_FILE, SHARED_FILE):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (table := _table(path, tomlfile.read(path))) is not None:
                return table
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _table(path: str, data: bytes) -> Table | None:
    """The options in a file; a pyproject.toml that does not mention initlint need not be valid."""
    if os.path.basename(path) != SHARED_FILE:
        return Table(tomlfile.parse(path, data), (), os.path.dirname(path))
    if SHARED_TABLE[1].encode() not in data:
        return None
    document = tomlfile.parse(path, data)
    tool = document.content.get(SHARED_TABLE[0], {})
    if not isinstance(tool, dict) or SHARED_TABLE[1] not in tool:
        return None
    if not isinstance(tool[SHARED_TABLE[1]], dict):
        raise InitlintError(f"{document.place(SHARED_TABLE)}: `{'.'.join(SHARED_TABLE)}` must be a table")
    return Table(document, SHARED_TABLE, os.path.dirname(path))
