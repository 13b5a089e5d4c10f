"""With a baseline only new findings are reported, fixed ones are named, and the file has no line numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MODEL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)
        self.gamma = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.used(x)
"""
SPARE = "        self.spare = nn.Linear(1, 1)\n"
EXTRA = SPARE.replace("spare", "extra")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "a.py").write_text(MODEL)
    (tmp_path / "b.py").write_text(MODEL.replace("Net", "Other"))
    return tmp_path


def initlint(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "initlint", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def new(project: Path, *arguments: str) -> tuple[list[str], list[str]]:
    """The findings beyond the baseline, and its entries that are gone."""
    document = json.loads(initlint(project, "--baseline", "base.json", "--output-format", "json", *arguments).stdout)
    return tuple(  # type: ignore[return-value]
        [f"{found['path']}:{found['class']}.{found['attribute']}" for found in document[kind]]
        for kind in ("findings", "mended")
    )


def test_what_is_written(project: Path) -> None:
    run = initlint(project, "--write-baseline", "base.json")
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.startswith("Nothing found. Checked 2 modules in 2 files in ")
    assert run.stderr.endswith(" 4 are in the baseline.\n")
    lines = (project / "base.json").read_text().splitlines()
    assert lines[:3] == ["{", '  "version": 1,', '  "findings": [']
    assert lines[3].startswith(
        '    {"code": "SOH102", "path": "a.py", "class": "Net", "attribute": "gamma", "fingerprint": "'
    )
    assert lines[7:] == ["  ]", "}"]
    before = (project / "base.json").read_bytes()
    initlint(project, "--write-baseline", "base.json")
    assert (project / "base.json").read_bytes() == before


def test_only_what_is_new_counts(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    assert initlint(project, "--baseline", "base.json").returncode == 0
    (project / "a.py").write_text("# moved\n\n\n" + MODEL.replace(SPARE, EXTRA + "\n" + SPARE))
    run = initlint(project, "--baseline", "base.json", "--output-format", "concise")
    assert run.returncode == 1
    assert [line.split()[1] for line in run.stdout.splitlines()] == ["SOH101"]
    assert new(project) == (["a.py:Net.extra"], [])


def test_in_the_configuration_the_path_counts_from_its_file(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    (project / "pyproject.toml").write_text('[tool.initlint]\nbaseline = "base.json"\n')
    (project / "sub").mkdir()
    assert initlint(project / "sub", "..").returncode == 0
    assert initlint(project, "--baseline", "").returncode == 1


def test_what_is_mended_is_said_and_can_be_dropped(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    (project / "a.py").write_text(MODEL.replace(SPARE, ""))
    assert new(project) == ([], ["a.py:Net.spare"])
    run = initlint(project, "--baseline", "base.json", "--verbose")
    assert run.returncode == 0
    assert run.stderr.splitlines()[1:3] == [
        "initlint: 1 finding of base.json is gone; `--write-baseline base.json` rewrites it without it",
        "initlint: gone: a.py: SOH101 Net.spare",
    ]
    initlint(project, "--write-baseline", "base.json")
    assert new(project) == ([], [])
    assert '"class": "Net", "attribute": "spare"' not in (project / "base.json").read_text()


def test_discarded_draws_of_one_name_are_counted(project: Path) -> None:
    """If one of two with the same name is fixed, one is left in the baseline, whichever it was."""
    discarded = "        nn.Linear(1, 1)\n"
    (project / "a.py").write_text(MODEL.replace(SPARE, SPARE + discarded + discarded))
    initlint(project, "--write-baseline", "base.json")
    assert new(project) == ([], [])
    (project / "a.py").write_text(MODEL.replace(SPARE, discarded + SPARE))
    assert new(project) == ([], ["a.py:Net.Linear"])
    (project / "a.py").write_text(MODEL.replace(SPARE, SPARE + discarded * 3))
    assert new(project) == (["a.py:Net.Linear"], [])


def test_a_renamed_file_is_the_same_file(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    (project / "a.py").rename(project / "renamed.py")
    assert new(project) == ([], [])
    initlint(project, "--write-baseline", "base.json")
    assert '"path": "a.py"' not in (project / "base.json").read_text()


def test_a_copy_of_a_file_is_new(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    (project / "twin.py").write_text(MODEL)
    both = ["twin.py:Net.spare", "twin.py:Net.gamma"]
    assert new(project) == (both, [])
    assert new(project, "twin.py") == (both, [])


def test_what_a_run_does_not_look_at_is_neither_mended_nor_dropped(project: Path) -> None:
    initlint(project, "--write-baseline", "base.json")
    before = (project / "base.json").read_bytes()
    assert new(project, "a.py") == ([], [])
    (project / "a.py").write_text(MODEL.replace(SPARE, ""))
    assert new(project, "b.py") == ([], [])
    assert new(project, "--ignore", "SOH101") == ([], [])
    (project / "a.py").write_text(MODEL)
    initlint(project, "--write-baseline", "base.json", "b.py")
    assert (project / "base.json").read_bytes() == before
    initlint(project, "--write-baseline", "base.json", "--select", "SOH102")
    assert (project / "base.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "base.json is not an initlint baseline: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "base.json is not an initlint baseline: Expected `object`, got `array`"),
        (b"\xff", "base.json is not an initlint baseline: 'utf-8' codec can't decode byte 0xff"),
        (b'{"version": 2, "findings": []}', "base.json is a baseline of version 2; this initlint reads version 1"),
        (
            b'{"version": 1, "findings": [{"code": 1}]}',
            "base.json is not an initlint baseline: Expected `str`, got `int` - at `$.findings[0].code`",
        ),
    ],
)
@pytest.mark.parametrize("option", ["--baseline", "--write-baseline"])
def test_a_file_that_is_none_is_an_error_and_is_never_overwritten(
    project: Path, content: bytes, said: str, option: str
) -> None:
    (project / "base.json").write_bytes(content)
    run = initlint(project, option, "base.json")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"initlint: error: {said}")
    assert (project / "base.json").read_bytes() == content


def test_a_missing_one_is_an_error(project: Path) -> None:
    run = initlint(project, "--baseline", "none.json")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "initlint: error: there is no baseline none.json; `--write-baseline` writes one\n"
    run = initlint(project, "--write-baseline", "none/base.json")
    assert run.stderr == "initlint: error: cannot write to none/base.json: No such file or directory\n"
