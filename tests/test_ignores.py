"""`--add-ignores` writes comments that suppress what is found, and changes nothing else of a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from initlint.errors import InitlintError
from initlint.ignores import add
from initlint.model import Finding
from initlint.pipeline import run
from initlint.settings import settle

MODEL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)
        self.wide = nn.Sequential(
            nn.Linear(1, 1),
            nn.Linear(1, 1),
        )   # é
        self.text, self.proj = '''
        # noqa''', nn.Linear(
            1, 1)
        self.g = torch.nn.Parameter(torch.randn(1)); self.h = nn.GRU(1, 1)
        self.old = nn.Linear(1, 1)  # initlint: ignore[SOH102] kept

    def forward(self, x):
        return self.used(x)
"""
COMMENTED = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)  # initlint: ignore[SOH101] for now
        self.wide = nn.Sequential(
            nn.Linear(1, 1),
            nn.Linear(1, 1),
        )   # é  # initlint: ignore[SOH101] for now
        self.text, self.proj = '''
        # noqa''', nn.Linear(
            1, 1)  # initlint: ignore[SOH101] for now
        self.g = torch.nn.Parameter(torch.randn(1)); self.h = nn.GRU(1, 1)  # initlint: ignore[SOH101, SOH102] for now
        self.old = nn.Linear(1, 1)  # initlint: ignore[SOH102, SOH101] kept

    def forward(self, x):
        return self.used(x)
"""


def findings(project: Path) -> tuple[Finding, ...]:
    return run(settle({"paths": (str(project),), "no_cache": True}, isolated=True).config).findings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "head"),
    [("utf-8", ""), ("utf-8-sig", ""), ("latin-1", "# coding: latin-1\n"), ("cp1252", "# -*- coding: cp1252 -*-\n")],
)
@pytest.mark.parametrize("last", ["\n", ""])
def test_only_comments_are_added(project: Path, ending: str, encoding: str, head: str, last: str) -> None:
    def written(text: str) -> bytes:
        return (head + text.rstrip("\n") + last).replace("\n", ending).encode(encoding)

    path = project / "model.py"
    path.write_bytes(written(MODEL))
    assert add(str(project), findings(project), " for\nnow ") == {"model.py": 5}
    assert path.read_bytes() == written(COMMENTED)
    assert [(f.code, f.message) for f in findings(project)] == [("SOH900", "SOH102 is suppressed, but not found here")]
    assert add(str(project), findings(project)) == {}
    assert path.read_bytes() == written(COMMENTED)


def test_without_a_reason_the_comment_ends_with_the_codes(project: Path) -> None:
    (project / "model.py").write_text(MODEL)
    add(str(project), findings(project))
    assert "        self.spare = nn.Linear(1, 1)  # initlint: ignore[SOH101]\n" in (project / "model.py").read_text()


def test_a_reason_that_the_encoding_does_not_have(project: Path) -> None:
    """Nothing is written at all, not even to the files that could take it."""
    (project / "a.py").write_text(MODEL)
    before = f"# coding: latin-1\n{MODEL}".encode("latin-1")
    (project / "b.py").write_bytes(before)
    with pytest.raises(InitlintError, match=r"^the reason cannot be written in iso-8859-1, the encoding of .*b\.py$"):
        add(str(project), findings(project), "日")
    assert (project / "a.py").read_text() == MODEL
    assert (project / "b.py").read_bytes() == before


def test_on_the_command_line(project: Path) -> None:
    (project / "model.py").write_text(MODEL)
    (project / "broken.py").write_text("x = (\n")

    def initlint(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        command = [sys.executable, "-m", "initlint", "--output-format", "concise", *arguments]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=60)

    first = initlint("--add-ignores", "--reason", "for now")
    assert (project / "model.py").read_text() == COMMENTED
    assert first.stderr.startswith("initlint: model.py: 5 lines written\n")
    assert [line.split()[1] for line in first.stdout.splitlines()] == ["SOH901", "SOH900"]
    assert first.returncode == 1
    assert (project / "broken.py").read_text() == "x = (\n"
    assert initlint("--ignore", "SOH9", "--add-ignores").returncode == 0
    (project / "pyproject.toml").write_text("[tool.initlint]\nadd-ignores = true\n")
    refused = initlint()
    assert refused.returncode == 2
    assert refused.stderr.endswith("pyproject.toml:2: `add-ignores` can only be given on the command line\n")
