"""The cache keeps its entries, and whatever happens to its file, it never gives wrong ones and never fails."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from initlint.facts import cache as module
from initlint.facts.cache import FILE, Cache
from initlint.sources import CACHE_TAG

VALUES = {f"key {number}".encode(): f"value {number}".encode() * number for number in range(1200)}


def filled(folder: Path) -> Path:
    cache = Cache(str(folder))
    cache.put(VALUES)
    cache.close()
    return folder / FILE


def test_what_is_put_is_got_by_a_later_run(tmp_path: Path) -> None:
    assert Cache(str(tmp_path)).is_empty()
    filled(tmp_path)
    cache = Cache(str(tmp_path))
    assert not cache.is_empty()
    assert cache.get([*VALUES, b"unknown"]) == VALUES
    cache.put({b"key 3": b"new"})
    assert cache.get([b"key 3", b"key 4"]) == {b"key 3": b"new", b"key 4": VALUES[b"key 4"]}


def test_what_is_known_of_keys_with_a_prefix(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = Cache(str(tmp_path))
    wanted = [b"key 1", b"key 12", b"key 2", b"key 1 and more"]
    assert cache.known(b"key 1", wanted) == {b"key 1", b"key 12"}
    assert cache.known(b"kex", wanted) == set()
    assert Cache("").known(b"key", wanted) == set()


def test_the_folder_says_what_it_is(tmp_path: Path) -> None:
    filled(tmp_path / "deep" / "cache")
    names = sorted(path.name for path in (tmp_path / "deep" / "cache").iterdir())
    assert names == [".gitignore", "CACHEDIR.TAG", FILE]
    assert (tmp_path / "deep" / "cache" / ".gitignore").read_bytes() == b"*\n"
    assert (tmp_path / "deep" / "cache" / "CACHEDIR.TAG").read_bytes()[:43] == CACHE_TAG


def test_no_folder_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cache = Cache("")
    cache.put(VALUES)
    assert (cache.get(VALUES), bool(cache), list(tmp_path.iterdir())) == ({}, False, [])


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database, but it is long enough to be looked at" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE entries (id INTEGER, name TEXT)")
    database.execute("INSERT INTO entries VALUES (1, 'mine')")
    database.commit()
    database.close()


def other_schema(path: Path) -> None:
    foreign(path)
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA application_id = {0x696E6974}")
    database.commit()
    database.close()


def zero_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:-4096] = bytes(len(data) - 8192)
    path.write_bytes(data)


def journal_of_another(path: Path) -> None:
    path.with_name(FILE + "-journal").write_bytes(os.urandom(5000))


@pytest.mark.parametrize(
    "damage", [truncate, overwrite, empty, foreign, other_schema, zero_pages, journal_of_another, Path.unlink]
)
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(filled(tmp_path))
    cache = Cache(str(tmp_path))
    assert cache.get(VALUES).items() <= VALUES.items()
    cache.put(VALUES)
    cache.close()
    again = Cache(str(tmp_path))
    if not again.get(VALUES):  # the damage may show only while writing, then the next run starts anew
        again.put(VALUES)
    assert again.get(VALUES) == VALUES


@pytest.mark.parametrize("seed", range(25))
def test_flipped_bytes_are_noticed(tmp_path: Path, seed: int) -> None:
    path = filled(tmp_path)
    generator = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(generator.choice([1, 10, 1000])):
        data[generator.randrange(len(data))] ^= generator.randrange(1, 256)
    path.write_bytes(data)
    cache = Cache(str(tmp_path))
    assert cache.get(VALUES).items() <= VALUES.items()
    cache.put({b"key 1": b"other"})
    assert cache.get([b"key 1"]).items() <= {b"key 1": b"other"}.items()


def test_swapped_values_are_noticed(tmp_path: Path) -> None:
    """Complete and valid rows under the wrong key."""
    path = filled(tmp_path)
    database = sqlite3.connect(path)
    database.execute(
        "UPDATE entries SET (value, checksum) = (SELECT value, checksum FROM entries WHERE key = ?)",
        (b"key 7",),
    )
    database.commit()
    database.close()
    assert Cache(str(tmp_path)).get(VALUES) == {b"key 7": VALUES[b"key 7"]}


def test_a_locked_cache_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOCK_SECONDS", 0.05)
    database = sqlite3.connect(filled(tmp_path))
    database.execute("BEGIN EXCLUSIVE")
    cache = Cache(str(tmp_path))
    assert cache.get(VALUES) == {}
    cache.put({b"key 1": b"other"})
    database.rollback()
    database.close()
    assert Cache(str(tmp_path)).get([b"key 1"]) == {b"key 1": VALUES[b"key 1"]}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(str(tmp_path / "file" / "cache"))
    cache.put(VALUES)
    assert (cache.get(VALUES), bool(cache)) == ({}, False)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    cache = Cache(str(tmp_path))
    cache.put(VALUES)
    assert cache.get(VALUES) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="no such rights there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_cache_is_read(tmp_path: Path) -> None:
    filled(tmp_path).chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        cache = Cache(str(tmp_path))
        assert cache.get(VALUES) == VALUES
        cache.put({b"key 1": b"other"})
    finally:
        tmp_path.chmod(0o700)
    assert Cache(str(tmp_path)).get([b"key 1"]) == {b"key 1": VALUES[b"key 1"]}


def test_a_full_disk_costs_nothing_but_memory(tmp_path: Path) -> None:
    """SQLite's own page limit takes the place of a full disk; the error is the same."""
    filled(tmp_path)
    cache = Cache(str(tmp_path))
    assert cache._database is not None
    cache._database.execute("PRAGMA max_page_count = 1")
    cache.put({b"large": os.urandom(50_000_000)})
    assert not cache
    assert Cache(str(tmp_path)).get([*VALUES, b"large"]) == VALUES


def test_the_entries_unused_for_longest_go_first(tmp_path: Path) -> None:
    values = {f"{number:03}".encode(): os.urandom(10_000) for number in range(100)}
    cache = Cache(str(tmp_path), limit=1_500_000)
    cache._today -= 2
    cache.put(values)
    cache._today += 2
    used = {key: value for key, value in values.items() if key >= b"095"}
    assert cache.get(used) == used
    more = {b"more %d" % number: os.urandom(10_000) for number in range(40)}
    cache.put(more)
    left = cache.get([*values, *more])
    assert {**used, **more}.items() <= left.items()
    assert len(left) < 80


WRITER = """
import sys
from initlint.facts.cache import Cache
for turn in range(30):
    cache = Cache(sys.argv[1])
    values = {b"%s %d" % (sys.argv[2].encode(), number): b"%d" % number * 200 for number in range(turn * 10)}
    cache.put(values)
    got = cache.get(values)
    assert all(values[key] == value for key, value in got.items())
    cache.close()
assert got == values, len(got)
"""


def test_many_processes_at_once(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "abcd"]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    expected = {
        b"%s %d" % (name, number): b"%d" % number * 200 for name in (b"a", b"b", b"c", b"d") for number in range(290)
    }
    assert Cache(str(tmp_path)).get(expected) == expected
