"""Unsaved changes in an editor, checked from standard input in place of the file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import CLEAN, FOUND, MODEL, environment

from initlint.config import Config
from initlint.facts import gather
from initlint.facts.cache import FOLDER
from initlint.pipeline import run

Finding = tuple[str, int, int, str, str]

OTHER = MODEL.replace("Net", "Other")
USER = "from model import Net\n\nnet = Net()\nnet.spare(1)\n"


def check(folder: Path, buffer: str | bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "initlint", *arguments],
        cwd=folder,
        env=environment(),
        input=buffer.encode() if isinstance(buffer, str) else buffer,
        capture_output=True,
        timeout=120,
    )
    return subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())


def findings(folder: Path, buffer: str | bytes, name: str = "model.py", *arguments: str) -> list[Finding]:
    run = check(folder, buffer, "-", "--stdin-filename", name, "--output-format", "json", *arguments)
    document: dict[str, Any] = json.loads(run.stdout)
    return [(f["path"], f["line"], f["column"], f["code"], f["attribute"]) for f in document["findings"]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "other.py").write_text(OTHER)
    return tmp_path


def test_the_buffer_counts_and_not_what_is_on_disk(project: Path) -> None:
    assert findings(project, MODEL) == FOUND
    assert findings(project, "\n" + MODEL) == [("model.py", 9, 9, "SOH101", "spare")]
    assert findings(project, CLEAN) == []
    (project / "model.py").write_text(CLEAN)
    assert findings(project, MODEL) == FOUND


def test_it_is_shown_as_it_stands_in_the_buffer(project: Path) -> None:
    shown = check(project, MODEL.replace("used", "seen"), "-", "--stdin-filename", "model.py")
    assert shown.returncode == 1
    assert "7 |         self.seen = nn.Linear(1, 1)\n> 8 |         self.spare = nn.Linear(1, 1)\n" in shown.stdout


@pytest.mark.parametrize("name", ["model.py", "new.py"])
def test_what_mending_would_change_is_that_of_the_buffer(project: Path, name: str) -> None:
    buffer, spare = "# unsaved\n" + MODEL, "        self.spare = nn.Linear(1, 1)\n"
    suggesting = check(project, buffer, "-", "--stdin-filename", name, "--output-format", "rdjson")
    (diagnostic,) = json.loads(suggesting.stdout)["diagnostics"]
    start, end = {"line": 9, "column": 1}, {"line": 10, "column": 1}
    assert diagnostic["suggestions"] == [{"range": {"start": start, "end": end}, "text": ""}]
    shown = check(project, buffer, "-", "--stdin-filename", name, "--diff")
    assert [line for line in shown.stdout.splitlines() if line[0] in "+-"] == [
        f"--- {name}",
        f"+++ {name}",
        f"-{spare[:-1]}",
    ]
    assert (project / "model.py").read_text() == MODEL


def test_other_files_are_its_context(project: Path) -> None:
    (project / "train.py").write_text(USER)
    assert findings(project, MODEL) == []
    assert findings(project, "", "train.py") == []
    (project / "model.py").write_text(CLEAN)
    base = "from other import Other\n\nclass Net(Other):\n    def forward(self, x):\n        return self.spare(x)\n"
    assert findings(project, base) == []


def test_a_file_that_does_not_exist_yet(project: Path) -> None:
    assert findings(project, MODEL, "new.py") == [("new.py", *FOUND[0][1:])]
    assert findings(project, MODEL, "new/folder/model.py") == [("new/folder/model.py", *FOUND[0][1:])]
    assert not (project / "new").exists()
    (project / "train.py").write_text(USER.replace("model", "new"))
    assert findings(project, MODEL, "new.py") == []


def test_the_name_may_be_absolute_and_the_file_ignored(project: Path) -> None:
    (project / ".gitignore").write_text("model.py\n")
    assert findings(project, MODEL, str(project / "model.py")) == FOUND
    assert findings(project / "..", MODEL, str(project / "model.py")) == FOUND


def test_the_configuration_of_its_project_counts(project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nignore = ["SOH101"]\n')
    assert findings(tmp_path.parent, MODEL, str(project / "model.py")) == []


def test_without_a_name_it_is_a_file_of_this_folder(project: Path) -> None:
    assert check(project, MODEL, "-", "--output-format", "concise").stdout.startswith("-:8:9: SOH101 ")
    (project / "-").write_text("nothing")
    assert check(project, CLEAN, "-").returncode == 0


@pytest.mark.parametrize("buffer", [MODEL.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + MODEL.encode()])
def test_windows_line_ends_and_a_byte_order_mark(project: Path, buffer: bytes) -> None:
    assert findings(project, buffer) == FOUND


@pytest.mark.parametrize(
    ("buffer", "found"),
    [
        (b"", []),
        (b"x = '\xe9'\n", [("model.py", 1, 1, "SOH901", "")]),
        (MODEL.encode() + b"def broken(:\n", [*FOUND, ("model.py", 12, 1, "SOH901", "")]),
    ],
)
def test_half_written_code(project: Path, buffer: bytes, found: list[Finding]) -> None:
    assert findings(project, buffer) == found


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-", "model.py"], "standard input (`-`, --stdin-filename) is checked alone, without other paths"),
        (["model.py", "--stdin-filename", "model.py"], "standard input (`-`, --stdin-filename) is checked alone"),
        (["-", "--stdin-filename", "."], "`.` is a folder; name the file that standard input stands for"),
        (["-", "--fix", "remove"], "standard input cannot be changed; name a file, or see what would change with"),
        (["-", "--add-ignores"], "standard input cannot be changed; name a file, or see what would change with"),
    ],
)
def test_mistakes(project: Path, arguments: list[str], sentence: str) -> None:
    run = check(project, MODEL, *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"initlint: error: {sentence}")


def test_the_cache_is_used_and_never_confuses_buffer_and_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "RACY_NANOSECONDS", 0)
    config = Config(paths=(str(project / "model.py"),))
    examined: list[str] = []
    examine = gather.examine
    monkeypatch.setattr(gather, "examine", lambda read, path: (examined.append(path), examine(read, path))[1])

    def attributes(buffer: str | None) -> list[str]:
        examined.clear()
        text = None if buffer is None else buffer.encode()
        return [finding.attribute for finding in run(config, buffer=text).findings]

    assert (attributes(None), examined) == (["spare"], ["model.py", "other.py"])
    assert (attributes(CLEAN), examined) == ([], ["model.py"])
    assert (attributes(CLEAN), examined) == ([], [])
    assert (attributes(None), examined) == (["spare"], [])
    assert (attributes(MODEL), examined) == (["spare"], [])
    (project / "model.py").write_text(CLEAN)
    assert (attributes(None), examined) == ([], [])
    assert (project / FOLDER).is_dir()
