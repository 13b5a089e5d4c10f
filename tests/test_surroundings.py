"""The surroundings do not change the findings: pipes, terminals, locales, names, write permissions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import MODEL, POSIX, environment, in_terminal, initlint_

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs what Linux has")
RUN = [sys.executable, "-m", "initlint"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with spaces and non-ASCII characters in its names."""
    folder = tmp_path / "mein Projekt é 日本"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    (folder / "mödel 1.py").write_text(MODEL.replace("self.spare", "self.späre"), encoding="utf-8")
    return folder


def expected(project: Path) -> str:
    run = initlint_(project, "--output-format", "concise", PYTHONIOENCODING="utf-8")
    assert run.returncode == 1
    assert run.stdout.startswith("mödel 1.py:8:9: SOH101 submodule `späre` of `Net` is never used")
    assert run.stdout.count("\n") == 1
    return run.stdout


def shell(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A command line as it is typed; `initlint` stands for this checkout."""
    script = f'initlint() {{ "{sys.executable}" -m initlint "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(**more), capture_output=True, timeout=60, check=False
    )


@POSIX
def test_a_reader_that_has_seen_enough(project: Path) -> None:
    """More output than a pipe holds, of which only the first line is read."""
    classes = "\n\n".join(MODEL.partition("\n\n\n")[2].replace("Net", f"Net{number}") for number in range(400))
    (project / "many.py").write_text("import torch.nn as nn\n\n\n" + classes)
    run = shell("initlint | head -n 1; echo ${PIPESTATUS[0]}", project)
    first, status = run.stdout.decode().splitlines()
    assert first.startswith("many.py:8:9: SOH101 submodule `spare` of `Net0` ")
    assert (status, b"Traceback" in run.stderr, b"rror" in run.stderr) == ("1", False, False)
    run = shell("initlint --exit-zero | head -n 1; echo ${PIPESTATUS[0]}", project)
    assert run.stdout.endswith(b"\n0\n")


@POSIX
@pytest.mark.parametrize("redirection", ["<&-", "2>&-", "< /dev/null 2>/dev/null"])
def test_closed_streams(project: Path, redirection: str) -> None:
    run = shell(f"initlint --output-format concise {redirection}", project)
    assert (run.returncode, run.stdout.decode()) == (1, expected(project))


@POSIX
def test_closed_output(project: Path) -> None:
    run = shell("initlint >&-", project)
    assert (run.returncode, run.stdout) == (1, b"")
    assert run.stderr.startswith(b"1 finding: 1 SOH101.")


@LINUX
def test_a_full_disk_is_said(project: Path) -> None:
    run = shell("initlint -q > /dev/full", project)
    assert (run.returncode, run.stderr) == (2, b"initlint: error: No space left on device\n")
    run = shell("initlint -q -o /dev/full", project)
    assert (run.returncode, run.stderr) == (2, b"initlint: error: cannot write to /dev/full: No space left on device\n")


@POSIX
@pytest.mark.parametrize("columns", ["1", "20", "60", "200"])
def test_a_terminal_of_any_width(project: Path, columns: str) -> None:
    """Lines for editors and lines of source are never broken; prose is, between words but not inside of code."""

    def both(output_format: str) -> tuple[str, str]:
        arguments = ("--output-format", output_format, "-q")
        shown = in_terminal(project, *arguments, COLUMNS=columns, TERM="xterm", NO_COLOR="1").replace("\r\n", "\n")
        return shown, initlint_(project, *arguments).stdout

    shown, plain = both("concise")
    assert shown == plain
    shown, plain = both("full")
    assert shown.split() == plain.split()
    assert {line for line in plain.splitlines() if " | " in line} <= set(shown.splitlines())
    assert "(`--fix keep-stream`)" in shown
    prose = [line for line in shown.splitlines() if "|" not in line]
    assert int(columns) < 60 or max(map(len, prose)) <= int(columns)
    assert (len(prose) == len([line for line in plain.splitlines() if "|" not in line])) is (columns == "200")
    assert "Traceback" not in in_terminal(project, "--help", COLUMNS=columns, TERM="xterm")


@POSIX
def test_the_list_of_rules_fits_a_terminal(project: Path) -> None:
    plain, shown = (initlint_(project, "rules").stdout, in_terminal(project, "rules", COLUMNS="80", TERM="xterm"))
    assert shown.split() == plain.split()
    assert max(map(len, shown.splitlines())) <= 80 < max(map(len, plain.splitlines()))


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}, {}])
def test_no_terminal(project: Path, variables: dict[str, str]) -> None:
    run = initlint_(project, "--output-format", "concise", **variables)
    assert (run.returncode, run.stdout) == (1, expected(project))


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def locales() -> list[str]:
    """Locales of this machine that are not UTF-8."""
    try:
        known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
    except OSError:
        return []
    return [name for name in known if "8859" in name][:1]


@POSIX
@pytest.mark.parametrize("variables", [ASCII, *({"LC_ALL": name, "PYTHONUTF8": "0"} for name in locales())])
def test_a_locale_that_is_not_utf_8(project: Path, variables: dict[str, str]) -> None:
    """Names of files are printed as they are, byte by byte, in every format."""
    for output_format in ("concise", "full", "json", "sarif"):
        command = [*RUN, "-q", "--output-format", output_format]
        runs = [
            subprocess.run(command, cwd=project, env=environment(**more), capture_output=True, timeout=60, check=False)
            for more in ({}, variables)
        ]
        assert runs[0].stdout == runs[1].stdout
        assert [(run.returncode, run.stderr) for run in runs] == [(1, b""), (1, b"")]
    named = subprocess.run(
        [*RUN, "nöne.py"], cwd=project, env=environment(**variables), capture_output=True, timeout=60, check=False
    )
    assert (named.returncode, b"Traceback" in named.stderr) == (2, False)
    assert named.stderr.startswith("initlint: error: there is no file or folder `nöne.py`".encode())


def test_names_with_spaces_and_more_than_ascii(project: Path) -> None:
    above, name = project.parent, project.name
    run = initlint_(above, "--output-format", "concise", name, PYTHONIOENCODING="utf-8")
    inside = os.path.join(name, "mödel 1.py")
    assert run.stdout == expected(project).replace("mödel 1.py", inside)
    run = initlint_(above, "--output-format", "concise", inside, PYTHONIOENCODING="utf-8")
    assert run.stdout.startswith(f"{inside}:8:9: ")
    document = json.loads(initlint_(above, "--output-format", "json", name).stdout)
    assert [finding["path"] for finding in document["findings"]] == ["mödel 1.py"]


def without_write_access() -> Callable[[], None] | None:
    """What makes a process obey read-only folders even if it runs as root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import ctypes

    library = ctypes.CDLL(None)
    drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    return lambda: library.prctl(drop, override, 0, 0, 0)


@LINUX
def test_a_folder_that_cannot_be_written_to(project: Path) -> None:
    """No cache can be kept, and nothing else is different."""
    wanted = expected(project)
    for path in (project / ".initlint_cache").iterdir():
        path.unlink()
    (project / ".initlint_cache").rmdir()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RUN, "--output-format", "concise", *arguments],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=without_write_access(),
        )

    project.chmod(0o555)
    try:
        found, again = run(), run("-v")
        writing = [run("-o", "out.txt"), run("--write-baseline", "base.json"), run("--add-ignores")]
        assert sorted(path.name for path in project.iterdir()) == ["mödel 1.py", "pyproject.toml"]
    finally:
        project.chmod(0o755)
    assert (found.returncode, found.stdout) == (again.returncode, again.stdout) == (1, wanted)
    assert found.stderr.startswith("1 finding: 1 SOH101.")
    assert [(each.returncode, each.stdout) for each in writing] == [(2, "")] * 3
    assert writing[0].stderr == "initlint: error: cannot write to out.txt: Permission denied\n"
    assert writing[1].stderr == "initlint: error: cannot write to base.json: Permission denied\n"
    assert writing[2].stderr.endswith("mödel 1.py: Permission denied\n")
