"""Builds models in their own processes, under the user's interpreter, with a time limit.

    with Host(sys.executable, Limits(timeout=60)) as host:
        outcome = host.build(Job(target="models.model:VisionTransformer()", paths=("project1",), root="project1"))

An interpreter that cannot build at all (missing, no torch) is an InitlintError; what goes wrong in one job is a
`Failed`, and the next job is not affected. `build` does many jobs in order.
"""

from __future__ import annotations

import base64
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from initlint.errors import InitlintError

START = 300.0
"""Seconds that an interpreter may take to import torch, from a cold disk on a busy machine."""

LAST_WORDS = 5.0
"""Seconds that a worker may take to end everything that it has started."""

REPEATABLE = {"PYTHONHASHSEED": "0", "MALLOC_PERTURB_": "255"}
"""Makes the order of sets, and the content of uninitialised memory (zeros with glibc), the same in every build."""

BOOT = """
import sys, types
sys.path[:] = [entry for entry in sys.path if entry]
for name in ("initlint", "initlint.runtime"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [sys.argv[1] if name == "initlint" else sys.argv[2]]
from initlint.runtime.worker import main
main()
"""
"""Gives the interpreter the worker's few files, and nothing else of initlint's installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to build and how.

    `target` is `package.module:expression`; a plain name is called without arguments. It is built `times` times in a
    row, from one seed, in `folder` ("" for here). `paths` come first on the import path. `sources` are imported instead
    of the files of that path. `root` is the folder whose files count as the project's. `record` asks for the measured
    ledger. `keep` is a file to write the values to, `against` one that was kept, to say how far apart they are.
    """

    target: str
    root: str
    paths: tuple[str, ...] = ()
    folder: str = ""
    seed: int = 0
    device: str = "cpu"
    placement: str = "construct"
    dtype: str = ""
    times: int = 1
    sources: Mapping[str, bytes] = field(default_factory=dict)
    record: bool = True
    keep: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a build may take, and megabytes that it may allocate (0: any; only enforced on Linux)."""

    timeout: float = 120.0
    megabytes: int = 0


class Tensor(msgspec.Struct, frozen=True):
    """A parameter, buffer, non-persistent buffer or plain tensor, by dotted name.

    `head` are its first values, `memory` is the first name of a tensor in the same memory, mostly its own.
    """

    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    digest: str
    head: tuple[str, ...]
    memory: str


class Drawn(msgspec.Struct, frozen=True):
    """One measured draw, as in `runtime.ledger.Draw`.

    `owner` is the name of the tensor that it filled, or ""; `heir` is that of one that was computed from it, or "";
    `maker` is that of the module whose method made it, or "", as it is for the whole; `frames` are the lines of the
    project, as real path and number, that were being executed, the innermost first.
    """

    operator: str
    numel: int
    dtype: str
    device: str
    stream: str
    before: str
    after: str
    owner: str
    heir: str
    maker: str
    frames: tuple[tuple[str, int], ...]


class Built(msgspec.Struct, frozen=True, tag="built"):
    """The result of a build.

    `of` is the class of the result, `file` the real path of the target's module. `early` is the number of draws before
    the seed. `ends` is the final state of each stream. `classes` maps `real path::class` of the project to the names of
    its instances. `served` are the sources of the job that were actually imported. `differences` are the greatest
    absolute ones of the tensors that differ from those kept, None if there is no such number. `foreign` are the other
    libraries' streams that moved. `reseeded`: the target has set another seed.
    """

    of: str
    file: str
    tensors: tuple[Tensor, ...]
    draws: tuple[Drawn, ...]
    early: int
    ends: dict[str, str]
    classes: dict[str, tuple[str, ...]]
    served: tuple[str, ...]
    differences: dict[str, float | None]
    foreign: tuple[str, ...]
    reseeded: bool


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a constructor.

    `type` is a plain one (`int`, `list`), `Module`, or "". `config` is an expression for the class of settings that it
    is annotated with, `numbers` are the whole numbers among the defaults of that.
    """

    name: str
    required: bool
    nameless: bool
    type: str
    config: str
    numbers: dict[str, int]


class Described(msgspec.Struct, frozen=True, tag="described"):
    """The parameters of a class."""

    parameters: tuple[Parameter, ...]


class Reason(Enum):
    """Why a job failed."""

    DEVICE = "device"
    DTYPE = "dtype"
    EXIT = "exit"
    IMPORT = "import"
    MEMORY = "memory"
    NO_MODULE = "no-module"
    RAISED = "raised"
    SIGNAL = "signal"
    TIMEOUT = "timeout"


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job that failed, and one sentence about it."""

    reason: Reason
    text: str


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """What an interpreter says about itself. `cpu` are the vector instructions that its torch uses: `AVX2`."""

    torch: str
    python: str
    cpu: str
    forks: bool


class NoTorch(msgspec.Struct, frozen=True, tag="no-torch"):
    """Why an interpreter cannot import torch."""

    text: str


def build(jobs: Iterable[Job], interpreter: str, limits: Limits | None = None) -> Iterator[Built | Failed]:
    """The outcomes of jobs, in order."""
    with Host(interpreter, limits) as host:
        for job in jobs:
            yield host.build(job)


class Host:
    """Keeps one worker, and starts another when it is gone. One job at a time; `close` ends everything."""

    def __init__(self, interpreter: str, limits: Limits | None = None) -> None:
        self.interpreter = interpreter
        self.limits = limits or Limits()
        self._worker: _Worker | None = None
        self._closed = False

    def __enter__(self) -> Host:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ready(self) -> Ready:
        """The versions of the interpreter and of its torch."""
        return self._started().ready

    def build(self, job: Job) -> Built | Failed:
        """Do one job."""
        outcome = self._ask({"type": "build", **asdict(job), "sources": _encoded(job.sources)})
        assert not isinstance(outcome, Described)
        return outcome

    def describe(self, target: str, root: str, paths: tuple[str, ...]) -> Described | Failed:
        """The parameters of the class `package.module:Class`."""
        outcome = self._ask({"type": "class", "target": target, "root": root, "paths": paths, "folder": ""})
        assert not isinstance(outcome, Built)
        return outcome

    def _ask(self, question: dict[str, object]) -> Built | Described | Failed:
        worker = self._started()
        worker.send(msgspec.json.encode({**question, "megabytes": self.limits.megabytes}) + b"\n")
        try:
            line = worker.receive(self.limits.timeout)
        except queue.Empty:
            self._end()
            return Failed(Reason.TIMEOUT, f"the build did not end within {self.limits.timeout:g} seconds")
        if not line.endswith(b"\n"):
            status = worker.wait()
            self._end()
            return _gone(status)
        if not worker.ready.forks:
            self._end()
        return msgspec.json.decode(line, type=Built | Described | Failed)

    def close(self) -> None:
        """End the worker and everything that it has started; nothing can be built afterwards."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _started(self) -> _Worker:
        if self._closed:
            raise InitlintError("the host is closed")
        if self._worker is None:
            self._worker = _Worker(self.interpreter)
        return self._worker


def _encoded(sources: Mapping[str, bytes]) -> dict[str, str]:
    return {path: base64.b64encode(source).decode() for path, source in sources.items()}


def _gone(status: int) -> Failed:
    if status < 0:
        return Failed(Reason.SIGNAL, f"the build was ended by signal {-status} ({signal.Signals(-status).name})")
    return Failed(Reason.EXIT, f"the build ended its process with status {status}")


class _Worker:
    """The process, and a thread that reads its answers, so that waiting for one can time out."""

    def __init__(self, interpreter: str) -> None:
        here = Path(__file__).parent
        try:
            self._process = subprocess.Popen(
                [interpreter, "-B", "-c", BOOT, str(here.parent), str(here)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**REPEATABLE, **os.environ},
                start_new_session=True,
            )
        except OSError as error:
            raise InitlintError(f"the interpreter {interpreter} cannot be started: {error.strerror}") from error
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        try:
            self.ready = self._greeting(interpreter)
        except BaseException:
            self.end()
            raise

    def _read(self, stream: IO[bytes]) -> None:
        """An empty line at the end says that no more will come."""
        with contextlib.suppress(ValueError, OSError):
            for line in stream:
                self._answers.put(line)
        self._answers.put(b"")

    def _greeting(self, interpreter: str) -> Ready:
        try:
            line = self._answers.get(timeout=START)
        except queue.Empty:
            raise InitlintError(f"{interpreter} did not import torch within {START:g} seconds") from None
        try:
            greeting = msgspec.json.decode(line, type=Ready | NoTorch)
        except msgspec.DecodeError:
            raise InitlintError(f"{interpreter} ended before it could import torch") from None
        if isinstance(greeting, NoTorch):
            raise InitlintError(f"{interpreter} cannot import torch: {greeting.text}; name one that can with --python")
        return greeting

    def send(self, message: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        with contextlib.suppress(OSError):  # one that is gone is noticed when its answer does not come
            stream.write(message)
            stream.flush()

    def receive(self, timeout: float) -> bytes:
        return self._answers.get(timeout=timeout)

    def wait(self) -> int:
        return self._process.wait(LAST_WORDS)

    def end(self) -> None:
        """Ask it to end with all its descendants, then make sure of it."""
        process = self._process
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LAST_WORDS)
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
