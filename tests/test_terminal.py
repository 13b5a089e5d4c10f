"""What people use at a terminal: completion, the list of files, watching."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from test_cli import CLEAN, MODEL, POSIX, environment, initlint_


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "src" / "model.py").write_text(MODEL)
    return folder


COMPLETE = """
PATH="$1:$PATH"; shift
eval "$(_INITLINT_COMPLETE=bash_source initlint)"
compopt() { echo files; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_initlint_completion initlint
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(project: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words; "files" is its own list of files and folders."""
    bash = shutil.which("bash")
    if sys.platform == "win32" or bash is None:
        pytest.skip("there is no bash")
    commands = project.parent / "bin"
    commands.mkdir(exist_ok=True)
    (commands / "initlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m initlint "$@"\n')
    (commands / "initlint").chmod(0o755)
    run = subprocess.run(
        [bash, "-c", COMPLETE, "bash", str(commands), "initlint", *words],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stderr == ""
    return run.stdout.split("\n")[:-1]


FILES = "files"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ex"], [FILES, "explain"]),
        (["sr"], [FILES, ""]),
        (["check", "sr"], [FILES, ""]),
        (["--sel"], ["--select"]),
        (["check", "--sel"], ["--select"]),
        (["src", "--show"], ["--show-files"]),
        (["src", "--color", ""], ["auto", "always", "never"]),
        (["--cache-dir", ""], [FILES, ""]),
        (["src", "--select", "soh20"], ["SOH201", "SOH202"]),
        (["explain", "SOH20"], ["SOH201", "SOH202"]),
        (["--vers"], ["--version"]),
    ],
)
def test_bash_completes(project: Path, words: list[str], offered: list[str]) -> None:
    assert complete(project, *words) == offered


def test_bash_completes_a_command_or_what_follows_check(project: Path) -> None:
    assert {FILES, "check", "explain", "rules"} <= set(complete(project, ""))
    assert {"--version", "--select", "--watch", "--help"} <= set(complete(project, "--"))


def test_show_files(project: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "x.py").write_text("")
    (project / "train.py").write_text("")
    run = initlint_(project, "--show-files")
    assert (run.returncode, run.stdout.replace("\\", "/"), run.stderr) == (0, "src/model.py\ntrain.py\n", "")
    assert initlint_(project / "src", "--show-files", "..", "--extend-exclude", "train.py").stdout.split() == [
        "model.py"
    ]
    assert not (project / ".initlint_cache").exists()


class Watching:
    """A run of `initlint --watch`, line by line."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.run = subprocess.Popen(
            [sys.executable, "-m", "initlint", "--watch", "--output-format", "concise", *arguments],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.run.stdout is not None
        for line in self.run.stdout:
            self._lines.put(line.rstrip("\n"))

    def next(self) -> list[str]:
        """The lines of one check without the time that it took."""
        lines: list[str] = []
        while not lines or not lines[-1].startswith("initlint: waiting"):
            lines.append(self._lines.get(timeout=60))
        assert lines[0] == "initlint: checking"
        return [line.partition(" Checked")[0].partition(" submodule")[0] for line in lines[1:-1]]

    def interrupt(self) -> int:
        os.killpg(self.run.pid, signal.SIGINT)
        return self.run.wait(timeout=30)


@pytest.fixture
def watching(project: Path) -> Iterator[Watching]:
    watching = Watching(project)
    yield watching
    if watching.run.poll() is None:
        watching.run.kill()
    watching.run.wait()
    assert watching.run.stdout is not None
    watching.run.stdout.close()


def save(path: Path, text: str) -> None:
    """Write a file in one step, so that no check finds it half written and starts again."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)


@POSIX
def test_watch(project: Path, watching: Watching) -> None:
    found = ["src/model.py:8:9: SOH101", "1 finding: 1 SOH101."]
    nothing = ["Nothing found."]
    model = project / "src" / "model.py"
    assert watching.next() == found
    save(model, CLEAN)
    assert watching.next() == nothing
    save(model, MODEL)
    assert watching.next() == found
    save(project / "train.py", "from src.model import Net\n\nNet().spare(1)\n")
    assert watching.next() == nothing
    (project / "train.py").unlink()
    assert watching.next() == found
    save(project / "pyproject.toml", "[tool.initlint]\nselekt = []\n")
    assert watching.next()[0].startswith("initlint: error: ")
    save(project / "pyproject.toml", '[tool.initlint]\nignore = ["SOH101"]\n')
    assert watching.next() == nothing
    save(project / "pyproject.toml", "[tool.initlint]\nignore = []\n")
    assert watching.next() == found
    assert watching.interrupt() == 130


@POSIX
def test_an_interrupt_in_the_middle_of_a_check_ends_the_watch(project: Path) -> None:
    watching = Watching(project)
    assert watching._lines.get(timeout=60) == "initlint: checking"
    time.sleep(0.1)
    assert watching.interrupt() == 130
    assert watching.run.stdout is not None
    watching.run.stdout.close()


def test_what_cannot_be_watched(project: Path) -> None:
    run = initlint_(project, "--watch", "none.py")
    assert (run.returncode, run.stderr) == (2, "initlint: error: there is no file or folder `none.py`\n")
    run = initlint_(project, "--watch", "-")
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("explian", "there is no command, file or folder `explian`; did you mean `initlint explain`?"),
        ("scr", "there is no file or folder `scr`; did you mean `src`?"),
        ("src/modle.py", f"there is no file or folder `src/modle.py`; did you mean `{Path('src') / 'model.py'}`?"),
        ("data", "there is no file or folder `data`"),
    ],
)
def test_a_name_that_does_not_exist_gets_a_hint(project: Path, name: str, sentence: str) -> None:
    run = initlint_(project, name)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"initlint: error: {sentence}\n")


def test_a_first_run_says_what_next(project: Path) -> None:
    assert initlint_(project).stderr.endswith(" s. `initlint explain SOH101` says more.\n")
    (project / "src" / "model.py").write_text("x = 1\n")
    said = initlint_(project).stderr.splitlines()
    assert said[0] == "initlint: no class in these files is a torch.nn.Module, as far as initlint can tell"
