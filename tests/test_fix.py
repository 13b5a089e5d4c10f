"""`--fix` and `--diff` as users run them: what is printed, what is written, and what is never lost."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import POSIX, environment, initlint_

from initlint.cli import fix
from initlint.config import Config
from initlint.errors import InitlintError
from initlint.files import write
from initlint.model import Strategy
from initlint.pipeline import run

MODEL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.used(x)
"""
SPARE = "        self.spare = nn.Linear(1, 1)\n"
ACT = "        self.act = nn.ReLU()\n"
REMOVED = MODEL.replace(SPARE, "").replace(ACT, "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix in (".py", ".tmp")}


def test_fix_writes_and_reports_what_is_left(project: Path) -> None:
    done = initlint_(project, "--fix", "remove")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(
        "initlint: older checkpoints of Net have keys that are unexpected now: spare.*, act.*\n"
        "initlint: fixed 2 of 2 findings in 1 file (remove)\n"
        "Nothing found. Checked 1 module in 1 file in "
    )
    assert files(project) == {"model.py": REMOVED}
    again = initlint_(project, "--fix", "remove")
    assert (again.returncode, files(project)) == (0, {"model.py": REMOVED})


def test_what_is_left_has_its_place_in_the_new_file(project: Path) -> None:
    (project / "model.py").write_text(MODEL.replace(ACT, ACT + "        self.size = self.act.inplace\n"))
    done = initlint_(project, "--fix", "remove", "--output-format", "concise")
    assert done.returncode == 1
    assert done.stdout.startswith("model.py:9:9: SOH201 ")
    assert done.stderr.splitlines()[0] == (
        "initlint: model.py:10:9: SOH201 `act` is left as it is: line 11 still needs it: `self.size = self.act.inplace`"
    )


def test_several_files_and_only_those_named(project: Path) -> None:
    (project / "other.py").write_text(MODEL)
    (project / "third.py").write_text(MODEL)
    assert initlint_(project, "--fix", "remove", "model.py", "third.py").returncode == 0
    assert files(project) == {"model.py": REMOVED, "other.py": MODEL, "third.py": REMOVED}


def test_the_other_strategies(project: Path) -> None:
    assert initlint_(project, "--fix", "isolate", "--select", "SOH1").returncode == 0
    fork = "        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):\n"
    isolated = f"{fork}    {SPARE.rstrip()}  # initlint: ignore[SOH201] kept, with its draws isolated\n"
    assert files(project) == {"model.py": MODEL.replace(SPARE, isolated)}
    (project / "model.py").write_text(MODEL)
    assert initlint_(project, "--fix", "keep-stream", "--select", "SOH1").returncode == 0
    kept = "        nn.Linear(1, 1)  # initlint: keep-stream so that old seeds give the same weights\n"
    assert files(project) == {"model.py": MODEL.replace(SPARE, kept)}
    assert initlint_(project, "--select", "SOH1").returncode == 0


def test_diff_shows_and_writes_nothing(project: Path) -> None:
    shown = initlint_(project, "--diff", "--select", "SOH101")
    assert shown.returncode == 1
    assert shown.stdout == (
        "--- model.py\n+++ model.py\n@@ -6,7 +6,6 @@\n     def __init__(self):\n         super().__init__()\n"
        "         self.used = nn.Linear(1, 1)\n-        self.spare = nn.Linear(1, 1)\n         self.act = nn.ReLU()\n"
        " \n     def forward(self, x):\n"
    )
    assert "initlint: would fix 1 of 1 finding in 1 file (remove)\n" in shown.stderr
    assert files(project) == {"model.py": MODEL}
    assert initlint_(project, "--diff", "--fix", "keep-stream", "-q").stdout.count("\n+ ") == 1
    assert initlint_(project, "--diff", "--exit-zero").returncode == 0
    (project / "model.py").write_text(REMOVED)
    nothing = initlint_(project, "--diff")
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_a_diff_can_be_applied(project: Path) -> None:
    odd = MODEL.replace("    def forward", "    \f\n    text = 'a\u2028b\x0bc'\n\n    def forward")
    model = odd.replace("\n", "\r\n") + "# the end"
    (project / "model.py").write_bytes(model.encode())
    patch = subprocess.run(
        [sys.executable, "-m", "initlint", "--diff", "--fix", "isolate", "-q"],
        cwd=project,
        env=environment(),
        capture_output=True,
    ).stdout
    subprocess.run(["git", "apply", "-p0"], cwd=project, input=patch, check=True)
    applied = (project / "model.py").read_bytes()
    (project / "model.py").write_bytes(model.encode())
    initlint_(project, "--fix", "isolate")
    assert applied == (project / "model.py").read_bytes() != model.encode()


def test_what_is_suppressed_or_only_possible_is_not_mended(project: Path) -> None:
    suppressed = MODEL.replace(SPARE, SPARE.rstrip() + "  # initlint: ignore[SOH101] old checkpoints have it\n")
    (project / "model.py").write_text(suppressed)
    assert initlint_(project, "--fix", "remove").returncode == 0
    assert files(project) == {"model.py": suppressed.replace(ACT, "")}
    reader = "def use(thing, x):\n    return thing.spare(x)\n"
    (project / "model.py").write_text(MODEL.replace(ACT, "") + "\n\n" + reader)
    done = initlint_(project, "--fix", "remove", "--min-confidence", "possible")
    assert done.returncode == 1
    assert "`spare` is left as it is: something may read it" in done.stderr
    assert files(project) == {"model.py": MODEL.replace(ACT, "") + "\n\n" + reader}


@pytest.mark.parametrize("configured", [True, False])
def test_isolation_on_the_device_that_models_are_built_on(project: Path, configured: bool) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint.confirm]\ndevice = "xpu:1"\n' if configured else "")
    options = () if configured else ("--device", "xpu:1")
    run = initlint_(project, "-q", "--diff", "--fix", "isolate", "--select", "SOH1", *options)
    assert (
        '+        with torch.random.fork_rng(devices=range(torch.xpu.device_count()), device_type="xpu"):\n'
        in run.stdout
    )
    refused = initlint_(project, "--fix", "remove", "--device", "xpu:1")
    assert refused.stderr == "initlint: error: `--device` says how to confirm findings; it needs `--confirm`\n"


def test_a_strategy_has_to_be_named(project: Path) -> None:
    wrong = initlint_(project, "--fix", "model.py")
    assert wrong.returncode == 2
    assert "'model.py' is not one of 'remove', 'isolate', 'keep-stream'" in wrong.stderr
    assert files(project) == {"model.py": MODEL}


def test_what_other_files_initialise_is_left_as_it_is(project: Path) -> None:
    (project / "child.py").write_text(
        "from torch import nn\n\nfrom model import Net\n\n\n"
        "class Child(Net):\n    def __init__(self):\n        super().__init__()\n"
        "        nn.init.zeros_(self.spare.bias)\n\n\n"
        "class Owner(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.net = Net()\n"
        "        self.apply(lambda part: part.reset_parameters() if isinstance(part, nn.Linear) else None)\n\n"
        "    def forward(self, x):\n        return self.net(x)\n"
    )
    reasons = {
        "remove": "`__init__` in child.py initialises it",
        "isolate": "`Owner.__init__` may draw for it along with others",
        "keep-stream": "`Owner.__init__` may draw for it along with others",
    }
    for strategy, reason in reasons.items():
        done = initlint_(project, "--fix", strategy, "--select", "SOH1", "model.py")
        assert done.stderr.splitlines()[0] == f"initlint: model.py:9:9: SOH101 `spare` is left as it is: {reason}"
        assert (project / "model.py").read_text() == MODEL


def test_what_cannot_be_mended_is_in_nobodys_way(project: Path) -> None:
    (project / "bytes.py").write_bytes(b"x = '\xe9'\n")
    (project / "cells.ipynb").write_text("no notebook")
    (project / "comment.py").write_text("x = 1  # initlint: ignore[SOH101]\n")
    done = initlint_(project, "--fix", "remove")
    assert done.stderr.splitlines()[:-1] == [
        "initlint: bytes.py:1:1: SOH901 is left as it is: SOH901 has no fix `remove`",
        "initlint: cells.ipynb:1:1: SOH901 is left as it is: SOH901 has no fix `remove`",
        "initlint: comment.py:1:8: SOH900 is left as it is: SOH900 has no fix `remove`",
        "initlint: older checkpoints of Net have keys that are unexpected now: spare.*, act.*",
        "initlint: fixed 2 of 5 findings in 1 file (remove)",
    ]
    assert (project / "model.py").read_text() == REMOVED


@pytest.mark.parametrize("meant", ["Net", "Other"])
def test_an_initialiser_speaks_of_the_class_that_it_tests_for(project: Path, meant: str) -> None:
    """What it calls through the class by name concerns the tested module."""
    (project / "init.py").write_text(
        "from torch import nn\n\nfrom model import Net\n\n\n"
        "class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.spare = nn.Linear(2, 2)\n\n    def forward(self, x):\n        return self.spare(x)\n\n\n"
        "class Child(Net):\n    def _init_weights(self, module):\n        Net._init_weights(self, module)\n"
        f"        if isinstance(module, {meant}):\n            nn.init.zeros_(module.spare.bias)\n"
    )
    done = initlint_(project, "--fix", "remove", "--select", "SOH1", "model.py")
    left = "SOH101 `spare` is left as it is: `_init_weights` in init.py initialises it" in done.stderr
    assert (left, SPARE in (project / "model.py").read_text()) == ((True, True) if meant == "Net" else (False, False))


def test_json_names_the_strategies_of_a_finding(project: Path) -> None:
    document = json.loads(initlint_(project, "--output-format", "json").stdout)
    assert [finding["fix"] for finding in document["findings"]] == [
        {"applicability": "unsafe", "strategies": ["remove", "isolate", "keep-stream"]},
        {"applicability": "unsafe", "strategies": ["remove"]},
    ]


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_file_that_changed_after_it_was_checked_is_left_alone(project: Path) -> None:
    report = run(Config(paths=(str(project),), no_cache=True))
    changed = MODEL.replace("import torch\n", "import torch  # edited\n")
    (project / "model.py").write_text(changed)
    with pytest.raises(InitlintError, match="was changed while initlint was running"):
        fix.changes(report, Strategy.REMOVE)
    with pytest.raises(InitlintError, match="was changed while initlint was running"):
        fix.suggested(report)
    assert files(project) == {"model.py": changed}


def test_a_file_that_changed_after_it_was_mended_is_left_alone(project: Path) -> None:
    report = run(Config(paths=(str(project),), no_cache=True))
    changes = fix.changes(report, Strategy.REMOVE)
    (project / "model.py").write_text(MODEL + "\n")
    with pytest.raises(InitlintError, match="was changed while initlint was running"):
        fix.write(report, changes)
    assert files(project) == {"model.py": MODEL + "\n"}


def test_a_file_that_is_gone_is_said_to_be(project: Path) -> None:
    report = run(Config(paths=(str(project),), no_cache=True))
    (project / "model.py").unlink()
    with pytest.raises(InitlintError, match=r"cannot read .*model\.py: no such file or directory"):
        fix.changes(report, Strategy.REMOVE)


def test_a_read_only_file_is_left_alone(project: Path) -> None:
    (project / "model.py").chmod(0o444)
    done = initlint_(project, "--fix", "remove")
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-1]
        == f"initlint: error: cannot write to {project / 'model.py'}: the file is read-only"
    )
    assert files(project) == {"model.py": MODEL}


@POSIX
def test_mode_and_links_stay(project: Path) -> None:
    (project / "model.py").chmod(0o754)
    (project / "linked").mkdir()
    (project / "model.py").rename(project / "linked" / "real.txt")
    (project / "model.py").symlink_to("linked/real.txt")
    assert initlint_(project, "--fix", "remove", "model.py").returncode == 0
    assert (project / "model.py").is_symlink()
    assert (project / "linked" / "real.txt").read_text() == REMOVED
    assert stat.S_IMODE((project / "linked" / "real.txt").stat().st_mode) == 0o754
    assert [path.name for path in (project / "linked").iterdir()] == ["real.txt"]


def test_what_cannot_be_written_leaves_nothing_behind(project: Path) -> None:
    with pytest.raises(InitlintError, match="cannot write to"):
        write(str(project / "missing" / "model.py"), b"x", expected=b"")
    with pytest.raises(InitlintError, match="was changed"):
        write(str(project / "model.py"), b"x", expected=b"something else")
    assert files(project) == {"model.py": MODEL}
