"""`initlint confirm` as a command: its output, its exit statuses, and builds that fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from confirming import STORY, VERDICTS, command, confirmed, differing, project, row, table
from processes import marked, wait_for

from initlint.cli import run
from initlint.report import evidence_full
from initlint.report.evidence import Verdict
from initlint.runtime.host import Limits

# -- what goes wrong ------------------------------------------------------------------------------------------------

GOOD = """
class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.good = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)
"""
BAD = GOOD.replace("Good", "Bad").replace("self.good", "self.bad").replace("super()", "{}\n        super()")
MISBEHAVIOUR = {
    "raises": ("int('no size')", "ValueError: invalid literal for int() with base 10: 'no size' (bad.py:9)"),
    "sys.exit": ("sys.exit('bye')", "the build called sys.exit('bye')"),
    "os._exit": ("os._exit(9)", "the build ended its process with status 9"),
    "loops": ("while True: pass", "the build did not end within 3 seconds"),
    "memory": ("torch.ones(1 << 30)", "the build needs more memory than the 512 MB that it may have"),
    "signal": ("os.kill(os.getpid(), 6)", "the build was ended by signal 6 (SIGABRT)"),
    "time": (
        "torch.manual_seed(int.from_bytes(os.urandom(4), 'little'))",
        (
            "two builds of the unchanged code differ from each other, first in `first.bad.bias`, "
            "so comparing with a third would prove nothing"
        ),
    ),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
def test_a_bad_class_is_inconclusive_and_the_others_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    line, reason = MISBEHAVIOUR[case]
    root = project(tmp_path, bad=BAD.format(line), good=GOOD)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    bad, good = confirmed(root, limits=Limits(3, 512)).results
    assert bad.verdict is Verdict.INCONCLUSIVE
    assert reason in bad.reason
    assert row(good) == ("confirmed", 4, 4, "first.proj.weight")
    assert list(temporary.iterdir()) == []


def test_what_cannot_be_imported_is_said_with_what_was_asked(tmp_path: Path) -> None:
    """Another target would not help: it is in the same module."""
    (result,) = confirmed(project(tmp_path, bad="import nowhere\n" + GOOD)).results
    assert result.reason == (
        f"`bad` cannot be imported: ModuleNotFoundError: No module named 'nowhere' (bad.py:7) "
        f"(with {sys.executable}; --python chooses another)"
    )


def test_forks_and_garbage_change_nothing(tmp_path: Path) -> None:
    line = "os.fork()\n        print('x' * 99999, flush=True)\n        os.write(1, b'{}\\n')"
    evidence = confirmed(project(tmp_path, bad=BAD.replace("{}", line), good=GOOD))
    assert set(table(evidence).values()) == {("confirmed", 4, 4, "first.proj.weight")}


def test_a_class_that_seeds_itself_is_said_to(tmp_path: Path) -> None:
    result = confirmed(project(tmp_path, bad=BAD.format("torch.manual_seed(7)"))).results[0]
    assert result.verdict is Verdict.CONFIRMED
    assert result.notes == ("the target sets its own seed, so the given one has no effect after that",)


def test_what_differs_anyhow_is_left_out(tmp_path: Path) -> None:
    line = "super().__init__()\n        self.stamp = nn.Parameter(torch.tensor(float.fromhex(os.urandom(4).hex())))"
    bad = GOOD.replace("super().__init__()", line) + "\n    def stamped(self):\n        return self.stamp\n"
    result = confirmed(project(tmp_path, bad=bad)).results[0]
    assert row(result) == ("confirmed", 4, 4, "first.proj.weight")
    names = "`first.stamp`, `second.stamp`"
    assert result.notes == (f"left out, since two builds of the unchanged code differ in it: {names}",)


def test_a_line_that_never_runs_proves_nothing(tmp_path: Path) -> None:
    text = "class Net(nn.Module):\n    def __init__(self, on=False):\n        super().__init__()\n"
    text += "        if on:\n            self.dead = nn.Linear(2, 2)\n    def forward(self, x):\n        return x\n"
    result = confirmed(project(tmp_path, net=text)).results[0]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "the build does not run line 11, where `dead` is defined"


# -- the command line -----------------------------------------------------------------------------------------------


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(project(tmp_path, net=VERDICTS, bad=BAD.format("1 / 0")))
    assert command(root) == 1
    assert command(root, "--exit-zero") == 0
    assert command(str(tmp_path / "net.py"), "--select", "SOH201", "--build", "net:Still()") == 0
    assert command(root, "--select", "SOH103") == 0
    assert "Nothing to confirm." in capsys.readouterr().err
    assert command(root, "--build", "net") == 2
    assert command(root, "--build", "nowhere:make") == 2
    error = "`nowhere:make` cannot be built: `nowhere` cannot be imported: ModuleNotFoundError"
    assert error in capsys.readouterr().err
    assert command(root, "--device", "cuda:77") == 2
    assert command(root, "--seed", "-1") == 2
    assert command(root, "--output-format", "concise") == 2
    assert run(["check", root, "--no-cache", "--seed", "3"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert all(line.startswith("initlint: error: ") for line in errors)
    assert len(errors) == 4


def test_the_report_reads_like_evidence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    assert command(".", "--build", "models:VisionTransformer()", "--seed", "5") == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    python = sys.version.split()[0]
    assert lines[:7] == [
        "models/attention.py:26:9: SOH102 `gamma` of `Attention`: confirmed",
        (
            "  built:     `models:VisionTransformer()`, as it is and with `gamma` removed; "
            f"seed 5, device cpu, torch {torch.__version__}, Python {python}"
        ),
        lines[2],
        "  drawn:     3 x aten.randn.default of 4 from torch:cpu",
        "  repeat:    initlint confirm models/attention.py --build 'models:VisionTransformer()' --device cpu --seed 5",
        "  change:    initlint models/attention.py --select SOH102 --fix remove --diff",
        "    ... 4 more before: 4 same, 0 differ",
    ]
    assert lines[2].startswith("  result:    22 of 43 shared tensors differ, by up to 0.3")
    assert lines[2].endswith("the first is `blocks.0.attn.proj.weight`; the random streams end in another state")
    assert lines[7].split() == ["tensor", "with", "it", "without", "it", "difference"]
    assert lines[11].startswith("  > blocks.0.attn.proj.weight  differs  ")
    assert lines[-2] == "    ... 27 more after: 11 same, 16 differ"
    assert err == "1 confirmed.\n"
    python = ("--python", sys.executable)
    assert command(".", "--build", "models:VisionTransformer()", "--verbose", "--quiet", *python) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("  same  " in line or "  differs  " in line for line in lines) == 43
    assert lines[4].endswith(f" --device cpu --seed 0 --python {sys.executable}")


def test_the_report_fits_a_terminal(tmp_path: Path) -> None:
    """Prose is wrapped between words, the table shows fewer values, and commands to copy stay on one line."""
    evidence = confirmed(project(tmp_path, net=VERDICTS))
    for width, values in ((80, 1), (96, 2), (200, 3)):
        lines = evidence_full.render(evidence, width=width).splitlines()
        first = next(line.split() for line in lines if line.startswith("  > "))
        assert len(first) == 4 + 2 * values
        text = [line for line in lines if line[:1] == " " and not line.startswith(("  repeat:", "  change:"))]
        assert max(map(len, text)) <= width
    whole = evidence_full.render(evidence)
    assert evidence_full.render(evidence, width=10_000) == whole
    assert evidence_full.render(evidence, width=60).split() != whole.split()


def test_json_is_a_contract(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    options = ("--build", "models:VisionTransformer()", "--output-format", "json")
    assert command(".", *options) == 1
    document = json.loads(capsys.readouterr().out)
    run(["check", "--no-cache", "--output-format", "json", "."])
    finding = json.loads(capsys.readouterr().out)["findings"][0]
    result = document["results"][0]
    assert {key: value for key, value in document.items() if key not in ("results", "tool")} == {
        "schema_version": 1,
        "target": "models:VisionTransformer()",
        "device": "cpu",
        "placement": "construct",
        "dtype": None,
        "seed": 0,
        "seeds": [0],
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "together": [],
    }
    assert {**result, "max_abs_diff": round(result["max_abs_diff"], 3)} == {
        "finding": finding,
        "verdict": "confirmed",
        "target": "models:VisionTransformer()",
        "seed": 0,
        "strategy": "remove",
        "shared": 43,
        "changed": differing("blocks.0.attn.proj.weight"),
        "first_changed": "blocks.0.attn.proj.weight",
        "max_abs_diff": 0.352,
        "end_state_equal": False,
        "draws": [
            {"owner": f"blocks.{n}.attn.gamma", "operator": "aten.randn.default", "numel": 4, "stream": "torch:cpu"}
            for n in range(3)
        ],
        "reason": None,
        "notes": [],
        "disagreements": [],
    }


def test_check_confirms_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    assert run(["check", "--no-cache", "--confirm"]) == 1
    out, err = capsys.readouterr()
    assert "= help: Remove it" in out
    assert "`gamma` of `Attention`: confirmed" in out
    assert err.startswith("1 confirmed.\n")
    assert run(["check", "--no-cache", "--confirm", "--output-format", "json", "--seed", "2", "--quiet"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert len(document["findings"]) == len(document["confirm"]["results"]) == 1
    assert document["confirm"]["seed"] == 2


def test_options_come_from_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path, net=VERDICTS)
    table = "[tool.initlint.confirm]\nbuild = 'net:Shifted()'\nseed = [4, 5]\ndtype = 'float16'\n"
    (root / "pyproject.toml").write_text(table)
    assert command(str(root), "--output-format", "json", "--dtype", "float64") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["target"], document["seeds"], document["dtype"]) == ("net:Shifted()", [4, 5], "float64")
    (root / "pyproject.toml").write_text("[tool.initlint.confirm]\nseeds = 1\n")
    assert command(str(root)) == 2
    assert "[tool.initlint.confirm] has no option `seeds`; did you mean `seed`?" in capsys.readouterr().err


def test_where_nothing_is_found_nothing_is_needed_to_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path, good="")
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert run(["confirm", "-n", "--python", str(broken), "--output-format", "json", str(root)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["results"], document["torch"], document["python"]) == ([], None, None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals for one process")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_what_ends_a_run_leaves_nothing(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "running"
    root = project(tmp_path, bad=BAD.replace("{}", f"open({str(mark)!r}, 'w')\n        while True: pass"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary), "INITLINT_TEST_MARK": str(root)}
    line = [sys.executable, "-m", "initlint", "confirm", "--no-cache", str(root)]
    with subprocess.Popen(line, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_for(mark.exists)
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (128 + signal.Signals[name], b"", b"")
    assert list(temporary.iterdir()) == []
    assert marked(str(root)) == 0
