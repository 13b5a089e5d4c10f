"""The facts of all files: from the cache if the content is known, or extracted in this process or in several."""

from __future__ import annotations

import functools
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from initlint.errors import Unreadable
from initlint.facts.cache import Cache
from initlint.facts.lazy import Facts
from initlint.facts.records import FileFacts, compact
from initlint.facts.worker import FAILED, READY, Examined, digest, examine, failed, receive, send
from initlint.sources import Sources

Progress = Callable[[int, int], None]
"""Called now and then with how many of how many files have been read."""

IN_PROCESS_BYTES = 1_500_000
"""Starting workers takes as long as extracting about this many bytes of source."""

BATCH_BYTES = 400_000
SECONDS_PER_BATCH = 120.0
"""A worker that is silent for longer is stopped, and its batch is tried file by file; then its file is given up."""

MOST_WORKERS = 16
CHANGED = "the file was changed or removed while initlint was running"

RACY_NANOSECONDS = 2_000_000_000
"""A file that was changed this shortly before it was read can change again without a new time stamp."""

_WORKER = "import sys; sys.path[:] = {path!r}; from initlint.facts.worker import serve; serve()"

Stamp = tuple[int, int, int, int]
Worker = subprocess.Popen[bytes]

_UNSTAMPED: Stamp = (0, 0, 0, 0)


class Known(msgspec.Struct, frozen=True, array_like=True):
    """The content that a file had when its stamp was taken."""

    stamp: Stamp
    digest: bytes


class Gathered(msgspec.Struct, frozen=True):
    """Facts by path, the digest of every file that was read, and why the others have no facts."""

    facts: Facts
    digests: dict[str, bytes]
    problems: tuple[Examined, ...]


@functools.cache
def facts_version() -> bytes:
    """An identifier of the code that makes facts, so that another version never reads its cache entries."""
    folder = Path(__file__).parent
    files = sorted([*folder.glob("*.py"), *folder.glob("*.scm")])
    return digest(b"\0".join([sys.version.encode(), *_parsers(), *(file.read_bytes() for file in files)]))


def _parsers() -> Iterator[bytes]:
    from importlib.util import find_spec

    for name in ("tree_sitter", "tree_sitter_python"):
        spec = find_spec(name)
        folder = Path(spec.origin).parent if spec and spec.origin else Path()
        for library in sorted(folder.glob("_binding*")):
            yield f"{library.name} {library.stat().st_size} {library.stat().st_mtime_ns}".encode()


def digests(sources: Sources, cache: Cache) -> dict[str, bytes]:
    """The digests of all files; unchanged ones are known from their stamps, the others are read.

    Empty if nothing is cached: then every file will be read anyway.
    """
    if cache.is_empty():
        return {}
    index = _load_index(sources.root, cache)
    stamps = _stamps(sources)
    found: dict[str, bytes] = {}
    for path, stamp in stamps.items():
        known = index.get(path)
        found[path] = known.digest if known and known.stamp == stamp else _digest_of(sources, path)
    _save_index(sources, cache, index, stamps, found)
    return found


def gather(
    sources: Sources,
    cache: Cache,
    jobs: int = 1,
    known: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
) -> Gathered:
    """The facts of all files. `known` are the digests of their contents, if they were computed before."""
    known = known or {}
    stamps = {} if known or not cache else _stamps(sources)
    kept = (
        cache.known(facts_version(), (facts_version() + content for content in known.values()))
        if known
        else set[bytes]()
    )
    found = {path: content for path, content in known.items() if facts_version() + content in kept}
    facts: dict[str, FileFacts] = {}
    problems: list[Examined] = []
    fresh: dict[bytes, bytes] = {}
    with closing(_examine_all(sources, [path for path in sources.files if path not in found], jobs)) as results:
        for result in results:
            found[result.path] = result.digest
            if result.reason:
                problems.append(result)
            else:
                facts[result.path] = compact(result.facts)
                if cache:
                    fresh[facts_version() + result.digest] = result.facts
            if progress:
                progress(len(found), len(sources.files))
    cache.put(fresh)
    if stamps:
        _save_index(sources, cache, {}, stamps, found)
    lost = {problem.path for problem in problems}

    def load(path: str) -> FileFacts:
        return facts.get(path) or _remembered(sources, path, cache, found[path])

    return Gathered(
        facts=Facts(found.keys() - lost, load),
        digests={path: found[path] for path in sorted(found)},
        problems=tuple(sorted(problems, key=lambda problem: problem.path)),
    )


def read_again(sources: Sources, path: str, gathered: Gathered) -> bytes:
    """The text that the facts of a file were made from: facts refer to places in it, so it must be the same."""
    source = sources.read(path)
    if digest(source) != gathered.digests[path]:
        raise Unreadable(CHANGED)
    return source


def without_changed(sources: Sources, gathered: Gathered) -> Gathered:
    """The facts of those files that have not changed; the others become problems."""
    now = {path: _digest_of(sources, path) for path in gathered.facts}
    changed = [failed(path, CHANGED) for path, content in now.items() if content != gathered.digests[path]]
    lost = {result.path: result.digest for result in changed}
    return Gathered(
        facts=Facts(gathered.facts.keys() - lost, gathered.facts.__getitem__),
        digests={**gathered.digests, **lost},
        problems=tuple(sorted([*gathered.problems, *changed], key=lambda problem: problem.path)),
    )


def worker_count(jobs: int) -> int:
    """The number of processes for `jobs`; 0 is one per core that this process may use."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return jobs or min(available or 1, MOST_WORKERS)


def remembered(cache: Cache, content: bytes) -> FileFacts | None:
    """The facts for this digest, if the cache has them."""
    key = facts_version() + content
    blob = cache.get([key]).get(key)
    return msgspec.msgpack.decode(blob, type=FileFacts) if blob else None


def extracted(cache: Cache, source: bytes) -> FileFacts:
    """The facts of a text, from the cache or made."""
    from initlint.facts.extract import extract

    content = digest(source)
    facts = remembered(cache, content)
    if facts is None:
        facts = extract(source)
        cache.put({facts_version() + content: msgspec.msgpack.encode(facts)})
    return facts


def _remembered(sources: Sources, path: str, cache: Cache, content: bytes) -> FileFacts:
    """The facts that the cache had; they are made again if another run dropped them in between."""
    facts = remembered(cache, content)
    if facts is not None:
        return facts
    result = examine(sources.read, path)
    if result.digest != content:
        raise Unreadable(CHANGED)
    cache.put({facts_version() + content: result.facts})
    return msgspec.msgpack.decode(result.facts, type=FileFacts)


def _digest_of(sources: Sources, path: str) -> bytes:
    try:
        return digest(sources.read(path))
    except Unreadable as error:
        return failed(path, error.reason, error.line).digest


def _stamps(sources: Sources) -> dict[str, Stamp]:
    """What identifies the unchanged state of a file; (0, 0, 0, 0) if nothing does."""
    recent = time.time_ns() - RACY_NANOSECONDS
    stamps: dict[str, Stamp] = {}
    for path in sources.files:
        stamps[path] = _UNSTAMPED
        if path in sources.buffers:
            continue
        with suppress(OSError):
            status = os.stat(os.path.join(sources.root, path))
            if max(status.st_mtime_ns, status.st_ctime_ns) < recent:
                stamps[path] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    return stamps


def _index_key(root: str) -> bytes:
    return b"index" + digest(os.fsencode(root))


def _load_index(root: str, cache: Cache) -> dict[str, Known]:
    key = _index_key(root)
    blob = cache.get([key]).get(key)
    return msgspec.msgpack.decode(blob, type=dict[str, Known]) if blob else {}


def _save_index(
    sources: Sources, cache: Cache, before: dict[str, Known], stamps: Mapping[str, Stamp], found: Mapping[str, bytes]
) -> None:
    """Save the files by their stamps; for a file with a buffer, what was known before."""
    after = {path: before[path] for path in sources.buffers if path in before}
    after |= {
        path: Known(stamp, found[path])
        for path, stamp in stamps.items()
        if stamp != _UNSTAMPED and not found[path].startswith(FAILED)
    }
    if after != before:
        with suppress(UnicodeEncodeError):
            cache.put({_index_key(sources.root): msgspec.msgpack.encode(after)})


def _examine_all(sources: Sources, files: Sequence[str], jobs: int) -> Generator[Examined]:
    """The result for every file, in any order; buffers are known to this process only."""
    sizes = {path: _size(os.path.join(sources.root, path)) for path in files if path not in sources.buffers}
    batches = list(_batches(sizes))
    workers = min(jobs, len(batches))
    alone = workers < 2 or sum(sizes.values()) < IN_PROCESS_BYTES or not sys.executable
    for path in files:
        if alone or path in sources.buffers:
            yield examine(sources.read, path)
    if not alone:
        pool = _Pool(sources, batches)
        try:
            yield from pool.run(workers)
        finally:
            pool.stop()


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _batches(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Large files first, so that no worker is left with a large one at the end; small ones together."""
    batch: list[str] = []
    room = BATCH_BYTES
    for path, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        if batch and size > room:
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(path)
        room -= size
    if batch:
        yield batch


class _Pool:
    """Worker processes, each driven by a thread that knows which files its process is working on.

    Plain child processes instead of multiprocessing: they never import the caller's main module, they end by themselves
    when this process is gone, and when one dies it is known on which batch.
    """

    def __init__(self, sources: Sources, batches: Iterable[list[str]]) -> None:
        self._sources = sources
        self._batches = deque(batches)
        self._count = sum(map(len, self._batches))
        self._results: queue.SimpleQueue[Examined] = queue.SimpleQueue()
        self._workers: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def run(self, workers: int) -> Iterator[Examined]:
        self._threads = [threading.Thread(target=self._drive, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()
        for _ in range(self._count):
            yield self._next()

    def _next(self) -> Examined:
        while True:
            alive = any(thread.is_alive() for thread in self._threads)
            with suppress(queue.Empty):  # a wait without an end could not be interrupted on Windows
                return self._results.get(timeout=1)
            if not alive:
                raise RuntimeError("the threads that drive the workers ended before the work was done")

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.kill()
        for thread in self._threads:
            thread.join(timeout=1)
        for worker in self._workers:
            with suppress(OSError), worker:  # leaving closes the pipes and waits for the process
                pass

    def _drive(self) -> None:
        worker = self._start()
        while self._batches and not self._stopped:
            with suppress(IndexError):
                worker = self._work_off(worker, self._batches.popleft())

    def _work_off(self, worker: Worker | None, batch: list[str]) -> Worker | None:
        """Have a batch examined, and if that kills the worker, each of its files alone; returns the worker to continue
        with."""
        answer = _ask(worker, batch) if worker else [examine(self._sources.read, path) for path in batch]
        if answer is None and not self._stopped:
            worker = self._start()
            if len(batch) == 1:
                answer = [failed(batch[0], "the process that read this file died or did not come to an end")]
            else:
                for path in batch:
                    worker = self._work_off(worker, [path])
        for result in answer or ():
            self._results.put(result)
        return worker

    def _start(self) -> Worker | None:
        """A new worker process, or None if none can be started; then this process does the work."""
        program = _WORKER.format(path=sys.path)
        with self._lock, suppress(OSError):
            if not self._stopped:
                worker = subprocess.Popen(
                    [sys.executable, "-I", "-c", program, self._sources.root],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                self._workers.add(worker)
                return worker if _answers(worker) else None
        return None


def _answers(worker: Worker) -> bool:
    assert worker.stdout is not None
    return worker.stdout.read(len(READY)) == READY


def _ask(worker: Worker, batch: list[str]) -> list[Examined] | None:
    """A worker's results for its batch, None if it died."""
    assert worker.stdin is not None and worker.stdout is not None
    timer = threading.Timer(SECONDS_PER_BATCH, worker.kill)
    timer.start()
    try:
        send(worker.stdin, msgspec.msgpack.encode(batch))
        answer = receive(worker.stdout)
    except OSError:
        return None
    finally:
        timer.cancel()
    return msgspec.msgpack.decode(answer, type=list[Examined]) if answer is not None else None
