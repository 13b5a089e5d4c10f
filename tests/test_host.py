"""Builds in processes of their own: what comes back, and what becomes of code that misbehaves."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import marked, wait_for

torch = pytest.importorskip("torch")

from initlint.errors import InitlintError
from initlint.runtime import host as host_module
from initlint.runtime.host import Built, Failed, Host, Job, Limits, Reason, build

STORY = Path(__file__).resolve().parent.parent / "fixtures" / "story"
RUNTIME = Path(host_module.__file__).parent
WORKER_FILES = ("worker", "building", "generators", "ledger", "overlay", "signatures", "snapshot")

BAD = {
    "raises": ("raise ValueError('no such size')", Reason.RAISED, "ValueError: no such size (bad.py:9)"),
    "raises on lines": (
        "raise ValueError('\\nno such\\n  size')",
        Reason.RAISED,
        "ValueError: no such size (bad.py:9)",
    ),
    "raises at length": ("raise ValueError('a' * 999)", Reason.RAISED, f"ValueError: {'a' * 300}... (bad.py:9)"),
    "raises without words": ("raise type('E', (Exception,), {'__str__': 0})", Reason.RAISED, "E (bad.py:9)"),
    "sys.exit": ("sys.exit(3)", Reason.EXIT, "the build called sys.exit(3)"),
    "os._exit": ("os._exit(4)", Reason.EXIT, "the build ended its process with status 4"),
    "silent end": ("os._exit(0)", Reason.EXIT, "the build ended its process with status 0"),
    "loops": ("while True: pass", Reason.TIMEOUT, "the build did not end within 2 seconds"),
    "sleeps": ("__import__('time').sleep(99)", Reason.TIMEOUT, "the build did not end within 2 seconds"),
    "memory": ("[bytearray(1 << 24) for _ in range(99)]", Reason.MEMORY, "more memory than the 256 MB"),
    "huge tensor": ("torch.empty(1 << 40)", Reason.MEMORY, "more memory than the 256 MB"),
    "signal": ("os.kill(os.getpid(), 11)", Reason.SIGNAL, "the build was ended by signal 11 (SIGSEGV)"),
    "kills the worker": ("os.kill(os.getppid(), 9)", Reason.SIGNAL, "ended by signal 9 (SIGKILL)"),
    "recursion": ("make()", Reason.RAISED, "RecursionError"),
    "no module": ("return 3", Reason.NO_MODULE, "gives int, which is not a torch.nn.Module"),
    "nothing": ("return None", Reason.NO_MODULE, "gives NoneType"),
    "interrupt": ("raise KeyboardInterrupt", Reason.RAISED, "KeyboardInterrupt (bad.py:9)"),
    "asks": ("input()", Reason.RAISED, "EOFError"),
}
GOOD = {
    "prints": "print('{\"type\": \"built\"}', flush=True); os.write(1, b'x' * 100000); os.write(2, b'\\n')",
    "forks and goes on in both": "os.fork()",
    "leaves a daemon": "os.fork() or (os.setsid(), os.fork() and os._exit(0), __import__('time').sleep(99))",
    "leaves a thread": "__import__('threading').Thread(target=__import__('time').sleep, args=(99,)).start()",
    "closes the standard streams": "os.close(1); os.close(2)",
}
FACTORY = """
import os
import sys

import torch
from torch import nn

def make():
    {}
    return nn.Linear(2, 2)
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with a folder of its own for temporary files, so that what stays behind is seen."""
    with pytest.MonkeyPatch.context() as patch:
        folder = str(tmp_path_factory.mktemp("temporary"))
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        with Host(sys.executable, Limits(timeout=2, megabytes=256)) as one:
            yield one


def job(root: Path, target: str, **details: object) -> Job:
    return Job(target=target, root=str(root), paths=(str(root),), **details)  # type: ignore[arg-type]


def built(outcome: Built | Failed) -> Built:
    assert isinstance(outcome, Built), outcome
    return outcome


def test_a_build_is_told_whole(host: Host, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.w = nn.Parameter(torch.rand(2, 1))\n"
        "        self.register_buffer('b', torch.ones(1))\n"
        "        self.register_buffer('n', torch.ones(1, dtype=torch.int64), persistent=False)\n"
        "        self.t = torch.tensor([1.5])\n"
        "        self.inner = nn.Linear(1, 1)\n"
    )
    found = built(host.build(job(tmp_path, "net:Net", seed=3)))
    torch.manual_seed(3)
    values = torch.rand(2, 1).flatten().tolist()
    shown = [(t.name, t.kind, t.dtype, t.shape) for t in found.tensors]
    assert shown == [
        ("w", "parameter", "float32", (2, 1)),
        ("inner.weight", "parameter", "float32", (1, 1)),
        ("inner.bias", "parameter", "float32", (1,)),
        ("b", "buffer", "float32", (1,)),
        ("n", "non-persistent buffer", "int64", (1,)),
        ("t", "tensor", "float32", (1,)),
    ]
    assert found.tensors[0].head == tuple(f"{value:+.6f}" for value in values)
    path = os.path.realpath(tmp_path / "net.py")
    assert [(d.operator, d.numel, d.owner, d.frames) for d in found.draws] == [
        ("aten.rand.default", 2, "w", ((path, 6),)),
        ("aten.uniform_.default", 1, "inner.weight", ((path, 10),)),
        ("aten.uniform_.default", 1, "inner.bias", ((path, 10),)),
    ]
    assert (found.of, found.reseeded, found.served) == ("net.Net", False, ())
    assert found.classes == {f"{path}::Net": ("",)}
    assert {"random", "torch:cpu"} <= set(found.ends)
    assert built(host.build(job(tmp_path, "net:Net", seed=3, record=False))).tensors == found.tensors
    other = built(host.build(job(tmp_path, "net:Net", seed=4)))
    assert [a.name for a, b in zip(other.tensors, found.tensors, strict=True) if a != b] == [
        "w",
        "inner.weight",
        "inner.bias",
    ]


def test_sources_are_served_and_the_disk_is_left_alone(host: Host) -> None:
    path = STORY / "project2" / "models" / "attention.py"
    source = path.read_bytes()
    without = b"".join(line for line in source.splitlines(keepends=True) if b"self.gamma" not in line)
    target = {"target": "models.model:VisionTransformer()", "root": str(STORY), "paths": (str(STORY / "project2"),)}
    whole = built(host.build(Job(**target)))
    less = built(host.build(Job(**target, sources={str(path): without})))
    first = built(host.build(Job(**{**target, "paths": (str(STORY / "project1"),)})))
    assert less.served == (os.path.realpath(path),)
    assert less.tensors == first.tensors
    assert less.ends == first.ends != whole.ends
    assert path.read_bytes() == source
    assert not list(STORY.rglob("__pycache__"))


def test_kept_values_are_compared(host: Host, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FACTORY.format("pass"))
    kept = str(tmp_path / "kept")
    assert built(host.build(job(tmp_path, "net:make", keep=kept))).differences == {}
    assert built(host.build(job(tmp_path, "net:make", against=kept))).differences == {}
    found = built(host.build(job(tmp_path, "net:make", seed=1, against=kept))).differences
    weights = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        weights.append(torch.nn.Linear(2, 2))
    expected = {
        name: (one.double() - other.double()).abs().max().item()
        for (name, one), other in zip(weights[0].named_parameters(), weights[1].parameters(), strict=True)
    }
    assert found == expected


def test_a_target_is_built_as_often_as_asked(host: Host, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FACTORY.format("pass"))
    found = built(host.build(job(tmp_path, "net:(make(), {'a': 1})", times=2)))
    assert [t.name for t in found.tensors] == [
        "first.0.weight",
        "first.0.bias",
        "second.0.weight",
        "second.0.bias",
    ]


@pytest.mark.parametrize(("line", "expected"), [("torch.manual_seed(5)", True), ("torch.manual_seed(0)", False)])
def test_a_factory_that_seeds_itself_is_noticed(host: Host, tmp_path: Path, line: str, expected: bool) -> None:
    """The same seed, set before anything was drawn, changes nothing."""
    (tmp_path / "net.py").write_text(FACTORY.format(line))
    assert built(host.build(job(tmp_path, "net:make"))).reseeded is expected
    (tmp_path / "late.py").write_text(FACTORY.format(f"nn.Linear(2, 2); {line}"))
    assert built(host.build(job(tmp_path, "late:make"))).reseeded is True


ASKED = f" (with {sys.executable}; --python chooses another)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "import nowhere",
            "`bad` cannot be imported: ModuleNotFoundError: No module named 'nowhere' (bad.py:1)" + ASKED,
        ),
        ("1 / 0", "`bad` cannot be imported: ZeroDivisionError: division by zero (bad.py:1)"),
        ("x = (", "`bad` cannot be imported: SyntaxError: '(' was never closed (bad.py, line 1)"),
    ],
)
def test_a_target_that_cannot_be_imported(host: Host, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    outcome = host.build(job(tmp_path, "bad:make"))
    assert isinstance(outcome, Failed)
    assert outcome == Failed(Reason.IMPORT, sentence)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere:make", "`nowhere` cannot be imported: ModuleNotFoundError: No module named 'nowhere'" + ASKED),
        ("good:maek", "NameError: name 'maek' is not defined; did you mean `make`?"),
        ("good:other", "NameError: name 'other' is not defined"),
        ("good:make(", "SyntaxError: '(' was never closed (<string>, line 1)"),
        ("good:make(1)", "TypeError: make() takes 0 positional arguments but 1 was given"),
    ],
)
def test_a_misspelt_target(host: Host, tmp_path: Path, target: str, sentence: str) -> None:
    """What stands in the target itself has no place in a file."""
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    outcome = host.build(job(tmp_path, target))
    assert isinstance(outcome, Failed)
    assert outcome.text == sentence


@pytest.mark.parametrize("case", BAD)
def test_bad_code_is_one_sentence_and_harms_nothing_else(host: Host, tmp_path: Path, case: str) -> None:
    line, reason, sentence = BAD[case]
    (tmp_path / "bad.py").write_text(FACTORY.format(line))
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    before = sorted(os.listdir(tempfile.gettempdir()))
    outcome = host.build(job(tmp_path, "bad:make"))
    assert isinstance(outcome, Failed)
    assert outcome.reason is reason
    assert sentence in outcome.text
    assert len(built(host.build(job(tmp_path, "good:make"))).tensors) == 2
    assert sorted(os.listdir(tempfile.gettempdir())) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize("case", GOOD)
def test_strange_code_is_built_all_the_same(host: Host, tmp_path: Path, case: str) -> None:
    (tmp_path / "strange.py").write_text(FACTORY.format(GOOD[case]))
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    assert len(built(host.build(job(tmp_path, "strange:make"))).tensors) == 2
    assert len(built(host.build(job(tmp_path, "good:make"))).tensors) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INITLINT_TEST_MARK", str(tmp_path))
    (tmp_path / "daemon.py").write_text(FACTORY.format(GOOD["leaves a daemon"]))
    (tmp_path / "endless.py").write_text(FACTORY.format(GOOD["leaves a daemon"] + "\n    while True: pass"))
    mark = f"INITLINT_TEST_MARK={tmp_path}"
    with Host(sys.executable, Limits(timeout=1)) as host:
        built(host.build(job(tmp_path, "daemon:make")))
        assert marked(mark) == 1
        assert isinstance(host.build(job(tmp_path, "endless:make")), Failed)
        assert marked(mark) == 0
        built(host.build(job(tmp_path, "daemon:make")))
    assert marked(mark) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_worker_whose_host_was_killed_ends(tmp_path: Path) -> None:
    started = tmp_path / "started"
    (tmp_path / "endless.py").write_text(FACTORY.format(f"open({str(started)!r}, 'w')\n    while True: pass"))
    script = (
        "import sys\n"
        "from initlint.runtime.host import Host, Job\n"
        "host = Host(sys.executable)\n"
        f"host.build(Job(target='endless:make', root={str(tmp_path)!r}, paths=({str(tmp_path)!r},)))\n"
    )
    env = {**os.environ, "INITLINT_TEST_MARK": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], env=env) as process:
        wait_for(started.exists)
        process.kill()
    wait_for(lambda: not marked(f"INITLINT_TEST_MARK={tmp_path}"))


def test_jobs_are_done_in_order_and_without_fork_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be forked, every job has a worker of its own, and the outcomes are the same."""
    (tmp_path / "bad.py").write_text(FACTORY.format("os._exit(7)"))
    (tmp_path / "good.py").write_text(FACTORY.format("print(1)"))
    jobs = [job(tmp_path, "good:make"), job(tmp_path, "bad:make"), job(tmp_path, "good:make", seed=1)]
    forked = list(build(jobs, sys.executable))
    monkeypatch.setattr(host_module, "BOOT", f"import os; del os.fork\n{host_module.BOOT}")
    assert list(build(jobs, sys.executable)) == forked
    assert forked[1] == Failed(Reason.EXIT, "the build ended its process with status 7")


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("cuda:99", "cuda"),
        ("xpu", "xpu"),
        ("mps", "mps"),
        ("toaster", "torch knows no device `toaster`"),
        ("meta", "on `meta` nothing is drawn"),
    ],
)
def test_a_device_that_is_not_there(host: Host, tmp_path: Path, device: str, sentence: str) -> None:
    if getattr(torch, device, None) is not None and getattr(torch, device).is_available():
        pytest.skip(f"there is a device {device}")
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    outcome = host.build(job(tmp_path, "good:make", device=device, keep=str(tmp_path / "kept")))
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.DEVICE
    assert sentence in outcome.text


@pytest.mark.parametrize("placement", ["construct", "move"])
def test_a_gpu_is_seeded_and_read(host: Host, tmp_path: Path, placement: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    first, second = (
        built(host.build(job(tmp_path, "good:make", device="cuda", placement=placement))) for _ in range(2)
    )
    assert first == second
    assert "torch:cuda:0" in first.ends
    assert {draw.stream for draw in first.draws} == {"torch:cuda:0" if placement == "construct" else "torch:cpu"}


def test_types(host: Host, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(FACTORY.format("pass"))
    found = built(host.build(job(tmp_path, "good:make", dtype="float64")))
    assert {tensor.dtype for tensor in found.tensors} == {"float64"}
    outcome = host.build(job(tmp_path, "good:make", dtype="manual_seed"))
    assert outcome == Failed(Reason.DTYPE, "`manual_seed` is not a floating-point dtype of torch")


def test_interpreters_that_cannot_build(tmp_path: Path) -> None:
    nothing = str(tmp_path / "python")
    with pytest.raises(InitlintError, match="cannot be started: No such file or directory"):
        Host(nothing).ready()
    if (false := shutil.which("false")) is not None:
        with pytest.raises(InitlintError, match="ended before it could import torch"):
            Host(false).ready()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    bare = str(tmp_path / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python")
    with pytest.raises(InitlintError, match=r"cannot import torch: ModuleNotFoundError.*one that can with --python"):
        Host(bare).ready()


@pytest.mark.parametrize("name", WORKER_FILES)
def test_the_worker_is_python_3_9(name: str) -> None:
    """It runs under the user's interpreter: older syntax, and nothing of initlint but its own files."""
    tree = ast.parse((RUNTIME / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 9))
    used = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("initlint")
    }
    assert used <= {f"initlint.runtime.{other}" for other in WORKER_FILES}
    keywords = {k.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords}
    assert not keywords & {"slots", "kw_only", "strict"}
