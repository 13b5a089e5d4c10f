"""Facts of many files: the same in one process and in several, from the cache and anew, whatever the files hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from processes import listed, wait_for

from initlint import sources as sources_module
from initlint.errors import Unreadable
from initlint.facts import gather as module
from initlint.facts.cache import Cache
from initlint.facts.extract import extract
from initlint.facts.gather import (
    IN_PROCESS_BYTES,
    Gathered,
    digests,
    gather,
    read_again,
    without_changed,
)
from initlint.facts.worker import digest
from initlint.sources import Sources

MODEL = """import torch.nn as nn

class Net{0}(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer{0} = nn.Linear(1, 1)

    def forward(self, x):
        return self.layer{0}(x)
"""


def write(root: Path, count: int, large: bool = False) -> list[str]:
    """Modules that differ, together small enough for one process, or large enough for several."""
    padding = "#" + "-" * (IN_PROCESS_BYTES // count) + "\n" if large else ""
    paths = [f"m{number:03}.py" for number in range(count)]
    for number, path in enumerate(paths):
        (root / path).write_text(MODEL.format(number) + padding)
    return paths


@pytest.fixture(autouse=True)
def _old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files written this moment are never trusted by their time stamp; here the moment has passed."""
    monkeypatch.setattr(module, "RACY_NANOSECONDS", 0)


def sources(root: Path, paths: Sequence[str] = ()) -> Sources:
    return Sources(str(root), tuple(paths), frozenset())


def expected(root: Path, paths: list[str]) -> Gathered:
    contents = {path: (root / path).read_bytes() for path in sorted(paths)}
    return Gathered(
        facts={path: extract(content) for path, content in contents.items()},
        digests={path: digest(content) for path, content in contents.items()},
        problems=(),
    )


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("large", [False, True])
def test_every_way_of_working_gives_the_same(tmp_path: Path, jobs: int, large: bool) -> None:
    paths = write(tmp_path, 12, large)
    assert gather(sources(tmp_path, paths), Cache(""), jobs) == expected(tmp_path, paths)
    backwards = gather(sources(tmp_path, paths[::-1]), Cache(""), jobs)
    assert list(backwards.facts) == list(backwards.digests) == paths


def strings(value: object) -> Iterator[str]:
    """The strings in a record, and in those that it holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        yield from strings(msgspec.structs.astuple(value))
    elif isinstance(value, dict):
        yield from strings((*value, *value.values()))
    elif isinstance(value, tuple):
        for each in value:
            yield from strings(each)


def test_what_many_files_hold_is_kept_once(tmp_path: Path) -> None:
    text = MODEL.replace("{0}", "") + "\ndef make(used, other):\n    kept = Net(used.wide)\n    return kept\n"
    for path in ("a.py", "b.py"):
        (tmp_path / path).write_text(text)
    gathered = gather(sources(tmp_path, ["a.py", "b.py"]), Cache(""))
    functions = [
        [facts.module_level, *facts.functions, *facts.classes[0].methods, *facts.imports]
        for facts in map(gathered.facts.__getitem__, ("a.py", "b.py"))
    ]
    first, second = (list(strings(tuple(records))) for records in functions)
    assert len(first) > 20
    assert [mine is yours for mine, yours in zip(first, second, strict=True)] == [True] * len(first)


def test_progress_counts_up_to_all(tmp_path: Path) -> None:
    paths = write(tmp_path, 5)
    told: list[tuple[int, int]] = []
    gather(sources(tmp_path, paths), Cache(""), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_a_second_run_extracts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(tmp_path, 5)
    first = gather(sources(tmp_path, paths), Cache(str(tmp_path / "cache")))
    monkeypatch.setattr(module, "_examine_all", _nothing)
    cache = Cache(str(tmp_path / "cache"))
    known = digests(sources(tmp_path, paths), cache)
    assert known == first.digests
    assert gather(sources(tmp_path, paths), cache, known=known) == first


def _nothing(_: Sources, files: list[str], jobs: int) -> Iterator[None]:
    assert files == []
    yield from ()


def test_unchanged_files_are_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(tmp_path, 5)
    cache = Cache(str(tmp_path / "cache"))
    first = gather(sources(tmp_path, paths), cache)
    (tmp_path / "m002.py").write_text("changed = 1\n")
    (tmp_path / "new.py").write_text("new = 1\n")
    reads: list[str] = []
    load = sources_module.load
    monkeypatch.setattr(sources_module, "load", lambda path: (reads.append(os.path.basename(path)), load(path))[1])
    found = digests(sources(tmp_path, [*paths, "new.py"]), cache)
    assert reads == ["m002.py", "new.py"]
    assert found == {**first.digests, "m002.py": digest(b"changed = 1\n"), "new.py": digest(b"new = 1\n")}


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    paths = write(tmp_path, 2)
    cache = Cache(str(tmp_path / "cache"))
    gather(sources(tmp_path, paths), cache)
    before = (tmp_path / "m000.py").stat()
    text = (tmp_path / "m000.py").read_text()
    (tmp_path / "m000.py").write_text(text.replace("layer0", "layerX"))
    os.utime(tmp_path / "m000.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    known = digests(sources(tmp_path, paths), cache)
    assert gather(sources(tmp_path, paths), cache, known=known) == expected(tmp_path, paths)


def test_files_written_a_moment_ago_are_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RACY_NANOSECONDS", 3600 * 10**9)
    paths = write(tmp_path, 2)
    cache = Cache(str(tmp_path / "cache"))
    gather(sources(tmp_path, paths), cache)
    reads: list[str] = []
    load = sources_module.load
    monkeypatch.setattr(sources_module, "load", lambda path: (reads.append(os.path.basename(path)), load(path))[1])
    digests(sources(tmp_path, paths), cache)
    assert reads == paths


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_read_costs_only_itself(tmp_path: Path, jobs: int) -> None:
    paths = write(tmp_path, 4, large=True)
    (tmp_path / "binary.py").write_bytes(b"\0\1\2")
    (tmp_path / "latin.py").write_bytes(b"\n\n'\xe9'")
    found = gather(sources(tmp_path, [*paths, "binary.py", "gone.py", "latin.py"]), Cache(""), jobs)
    assert found.facts == expected(tmp_path, paths).facts
    assert [(lost.path, lost.line, lost.reason) for lost in found.problems] == [
        ("binary.py", 1, "the file contains NUL bytes, so it is binary data, not Python source"),
        ("gone.py", 1, "the file was removed while initlint was running"),
        ("latin.py", 3, "byte 0xe9 is not valid in utf-8, the encoding of the file"),
    ]


DEADLY = """
import sys, os; sys.path[:] = {path!r}
import initlint.facts.extract as module
extract = module.extract
module.extract = lambda source: os.abort() if b"Net7(" in source else extract(source)
from initlint.facts.worker import serve; serve()
"""


def test_a_worker_that_dies_costs_only_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORKER", DEADLY)
    monkeypatch.setattr(module, "BATCH_BYTES", 800_000)
    paths = write(tmp_path, 12, large=True)
    found = gather(sources(tmp_path, paths), Cache(""), 2)
    assert [(lost.path, lost.reason) for lost in found.problems] == [
        ("m007.py", "the process that read this file died or did not come to an end")
    ]
    assert found.facts == expected(tmp_path, [path for path in paths if path != "m007.py"]).facts


HANGING = DEADLY.replace("os.abort()", "__import__('time').sleep(1000)")


def test_a_worker_that_hangs_costs_only_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORKER", HANGING)
    monkeypatch.setattr(module, "SECONDS_PER_BATCH", 1.0)
    paths = write(tmp_path, 12, large=True)
    found = gather(sources(tmp_path, paths), Cache(""), 2)
    assert [lost.path for lost in found.problems] == ["m007.py"]
    assert len(found.facts) == 11


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "{path", "print('no worker')"])
def test_without_workers_this_process_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(module, "_WORKER", program.replace("{", "{{"))
    paths = write(tmp_path, 4, large=True)
    assert gather(sources(tmp_path, paths), Cache(""), 2) == expected(tmp_path, paths)


def test_a_file_changed_since_is_not_read_as_if_it_were_the_same(tmp_path: Path) -> None:
    paths = write(tmp_path, 3)
    gathered = gather(sources(tmp_path, paths), Cache(""))
    assert read_again(sources(tmp_path), "m001.py", gathered) == MODEL.format(1).encode()
    (tmp_path / "m001.py").write_text("other = 1\n")
    (tmp_path / "m002.py").unlink()
    for path in ("m001.py", "m002.py"):
        with pytest.raises(Unreadable, match="removed while initlint was running"):
            read_again(sources(tmp_path), path, gathered)
    left = without_changed(sources(tmp_path), gathered)
    assert list(left.facts) == ["m000.py"]
    assert [lost.path for lost in left.problems] == ["m001.py", "m002.py"]
    assert left.digests["m000.py"] == gathered.digests["m000.py"]
    assert left.digests["m001.py"] != gathered.digests["m001.py"]


GATHER = """
import sys
from initlint.facts.cache import Cache
from initlint.facts.gather import gather
from initlint.sources import Sources
import initlint.facts.gather as module
module._WORKER = {worker!r}
sources = Sources(sys.argv[1], tuple(sys.argv[2:]), frozenset())
gather(sources, Cache(""), 2, progress=lambda done, total: print(done, flush=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are different there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """An interrupt ends workers that would not end by themselves; after other signals they look for who asked."""

    def processes() -> int:
        return sum(str(tmp_path) in line for line in listed("args"))

    paths = write(tmp_path, 12, large=True)
    seconds = "1000" if number == signal.SIGINT else "1"
    marked = f"mark = {str(tmp_path)!r}\n" + HANGING.replace("Net7(", "class").replace("1000", seconds)
    run = subprocess.Popen(
        [sys.executable, "-c", GATHER.format(worker=marked), str(tmp_path), *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: processes() == 3)
    run.send_signal(number)
    run.communicate(timeout=60)
    wait_for(lambda: processes() == 0)
