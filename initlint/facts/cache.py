"""The cache of what earlier runs found out, by content: one SQLite file that can be deleted at any time.

An entry is only trusted if its checksum, which covers its key, is right. Errors with the file never stop a run: a cache
that is damaged or not ours is created anew, one that cannot be used is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from initlint.sources import CACHE_TAG

FOLDER = ".initlint_cache"
FILE = "cache.sqlite3"
SIZE_LIMIT = 256 * 1024 * 1024
"""The size in bytes beyond which the entries unused for longest are dropped, down to half of it."""

_APPLICATION = 0x696E6974
_LOCK_SECONDS = 1.0
_DAY = 86_400
_BATCH = 500
_LAST = b"\xff" * 64

_TABLE = "CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB, checksum BLOB, used INTEGER) WITHOUT ROWID"
_INDEX = "CREATE INDEX uses ON entries (key, used)"
_CREATE = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {_APPLICATION};
{_TABLE.replace("TABLE", "TABLE IF NOT EXISTS")};
{_INDEX.replace("INDEX", "INDEX IF NOT EXISTS")};
COMMIT;
"""
_STATE = "SELECT application_id, (SELECT group_concat(sql) FROM sqlite_master) FROM pragma_application_id"


class Cache:
    """Values by key, both bytes. `Cache("")` keeps nothing."""

    def __init__(self, folder: str, limit: int = SIZE_LIMIT) -> None:
        self._path = os.path.join(folder, FILE)
        self._limit = limit
        self._today = int(time.time()) // _DAY
        self._database: sqlite3.Connection | None = None
        if folder and _prepare(folder):
            self._database = self._open()

    def __del__(self) -> None:
        """Close the file even if an error ends the run: from Python 3.13 on, an open one is a warning."""
        self.close()

    def __bool__(self) -> bool:
        return self._database is not None

    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        try:
            return not (self._database and self._database.execute("SELECT 1 FROM entries LIMIT 1").fetchone())
        except sqlite3.Error:
            return True

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that are known."""
        wanted = list(keys)
        try:
            return self._get(wanted)
        except sqlite3.OperationalError:
            self.close()
        except sqlite3.Error:
            self._renew()
        return {}

    def known(self, prefix: bytes, keys: Iterable[bytes]) -> set[bytes]:
        """Those of some keys with this prefix that there are values of; `get` tells whether these are whole."""
        try:
            return self._known(prefix, set(keys))
        except sqlite3.OperationalError:
            self.close()
        except sqlite3.Error:
            self._renew()
        return set()

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Keep values, all of them or none."""
        try:
            self._put(values)
        except sqlite3.OperationalError:
            self.close()
        except sqlite3.Error:
            self._renew()

    def close(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _get(self, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        stale: list[bytes] = []
        for key, value, checksum, used in self._rows(keys):
            if isinstance(key, bytes) and isinstance(value, bytes) and checksum == _checksum(key, value):
                found[key] = value
                if used != self._today:
                    stale.append(key)
        self._touch(stale)
        return found

    def _known(self, prefix: bytes, keys: set[bytes]) -> set[bytes]:
        """The values stand between the keys, so these are taken from the index, which holds nothing else."""
        if self._database is None:
            return set()
        rows = self._database.execute(
            "SELECT key, used FROM entries WHERE key BETWEEN ? AND ?", (prefix, prefix + _LAST)
        )
        used = {key: used for key, used in rows if key in keys}
        self._touch([key for key, day in used.items() if day != self._today])
        return set(used)

    def _rows(self, keys: list[bytes]) -> Iterator[tuple[Any, ...]]:
        columns = "key, value, checksum, used"
        for start in range(0, len(keys) if self._database else 0, _BATCH):
            assert self._database is not None
            batch = keys[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            yield from self._database.execute(f"SELECT {columns} FROM entries WHERE key IN ({marks})", batch)

    def _touch(self, keys: list[bytes]) -> None:
        """Note that entries are in use, once a day: a run that only reads should not have to write."""
        if self._database is not None and keys:
            with suppress(sqlite3.OperationalError), self._database:
                rows = [(self._today, key) for key in keys]
                self._database.executemany("UPDATE entries SET used = ? WHERE key = ?", rows)

    def _put(self, values: Mapping[bytes, bytes]) -> None:
        if self._database is None or not values:
            return
        rows = [(key, value, _checksum(key, value), self._today) for key, value in sorted(values.items())]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
        if self._size() > self._limit:
            self._prune()

    def _size(self) -> int:
        assert self._database is not None
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _prune(self) -> None:
        assert self._database is not None
        oldest = self._database.execute("SELECT key, length(value) FROM entries ORDER BY used, key").fetchall()
        excess = sum(length for _, length in oldest) * (1 - self._limit / 2 / self._size())
        with self._database:
            for key, length in oldest:
                if excess <= 0:
                    break
                self._database.execute("DELETE FROM entries WHERE key = ?", (key,))
                excess -= length

    def _open(self) -> sqlite3.Connection | None:
        """The database, created anew if the file is damaged or somebody else's."""
        for _ in range(2):
            database = None
            try:
                database = sqlite3.connect(self._path, timeout=_LOCK_SECONDS)
                if _is_ours(database):
                    return database
            except sqlite3.OperationalError:
                _close(database)
                return None
            except sqlite3.Error:
                pass
            _close(database)
            if not self._delete():
                return None
        return None

    def _renew(self) -> None:
        self.close()
        if self._delete():
            self._database = self._open()

    def _delete(self) -> bool:
        try:
            for suffix in ("", "-journal", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(self._path + suffix)
        except OSError:
            return False
        return True


def _close(database: sqlite3.Connection | None) -> None:
    if database is not None:
        with suppress(sqlite3.Error):
            database.close()


def _is_ours(database: sqlite3.Connection) -> bool:
    """Whether this is a cache of initlint; an empty file becomes one."""
    database.text_factory = bytes
    database.execute("PRAGMA synchronous = OFF")
    state = database.execute(_STATE).fetchone()
    if state == (0, None):
        database.executescript(_CREATE)
        return True
    return bool(state == (_APPLICATION, f"{_TABLE},{_INDEX}".encode()))


def _checksum(key: bytes, value: bytes) -> bytes:
    return blake2b(value, key=key[:64], digest_size=16).digest()


def _prepare(folder: str) -> bool:
    """Create the cache folder, with the marks that keep it out of backups, searches and git."""
    try:
        os.makedirs(folder, exist_ok=True)
        _write_once(
            os.path.join(folder, "CACHEDIR.TAG"),
            CACHE_TAG + b"\n# What initlint remembers of earlier runs; it can be deleted at any time.\n",
        )
        _write_once(os.path.join(folder, ".gitignore"), b"*\n")
    except OSError:
        return os.path.isfile(os.path.join(folder, FILE))
    return True


def _write_once(path: str, content: bytes) -> None:
    if not os.path.exists(path):
        with open(path, "wb") as stream:
            stream.write(content)
