"""The command as users run it: in its own process, judged by exit status and output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from processes import listed, wait_for

import initlint
from initlint import cli
from initlint.facts.cache import FOLDER

HOME = str(Path(initlint.__file__).parent.parent)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs what POSIX has")

MODEL = """import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)

    def forward(self, x):
        return self.used(x)
"""
CLEAN = MODEL.replace("self.used(x)", "self.spare(self.used(x))")
FOUND = [("model.py", 8, 9, "SOH101", "spare")]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "VIRTUAL_ENV", "COLUMNS")}
    return {**kept, "PYTHONPATH": HOME, **more}


def initlint_(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "initlint", *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
    )


def findings(folder: Path, *arguments: str) -> list[tuple[str, int, int, str, str]]:
    document: dict[str, Any] = json.loads(initlint_(folder, *arguments, "--output-format", "json").stdout)
    return [(f["path"], f["line"], f["column"], f["code"], f["attribute"]) for f in document["findings"]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def test_findings_go_to_stdout_the_rest_to_stderr(project: Path) -> None:
    run = initlint_(project, "--output-format", "concise")
    assert run.returncode == 1
    assert run.stdout.startswith("model.py:8:9: SOH101 ")
    assert run.stdout.count("\n") == 1
    assert run.stderr.startswith("1 finding: 1 SOH101. Checked 1 module in 1 file in ")
    assert initlint_(project, "-q").stderr == ""


def test_check_is_the_default_command_and_here_the_default_path(project: Path) -> None:
    runs = [initlint_(project, *arguments) for arguments in ([], ["."], ["check"], ["check", "."], ["model.py"])]
    assert {(run.returncode, run.stdout) for run in runs} == {(1, runs[0].stdout)}
    assert runs[0].stdout.startswith("model.py:8:9: SOH101 ")


def test_exit_status(project: Path) -> None:
    assert initlint_(project, "--exit-zero").returncode == 0
    assert initlint_(project, "--ignore", "SOH1").returncode == 0
    (project / "model.py").write_text(CLEAN)
    run = initlint_(project)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.startswith("Nothing found. Checked 1 module in 1 file in ")


def test_a_folder_without_python_is_said(tmp_path: Path) -> None:
    run = initlint_(tmp_path)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.splitlines()[0] == "initlint: warning: there are no Python files under the given paths"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--selekt", "SOH1"], "there is no option `--selekt`; did you mean `--select`?"),
        (["--output-format", "xml"], "invalid value for '--output-format': 'xml' is not one of"),
        (["--jobs", "many"], "invalid value for '-j' / '--jobs': 'many' is not a valid int"),
        (["--jobs", "-1"], "`jobs` must be 0 or more, not -1"),
        (["none.py"], "there is no file or folder `none.py`"),
        (["--select", "E501"], "command line: there is no rule `E501`; `initlint rules` lists them"),
        (["--config", "none.toml"], "cannot read the configuration file none.toml: No such file or directory"),
        (["--config", "pyproject.toml"], "pyproject.toml has no table [tool.initlint]"),
        (["-o", "none/out.txt"], "cannot write to none/out.txt: No such file or directory"),
        (["explain", "SOH999"], "there is no rule `SOH999`; did you mean `SOH"),
        (["--select", "SOH1O1"], "command line: there is no rule `SOH1O1`; did you mean `SOH101`?"),
        (["--select", "soh101"], "command line: there is no rule `soh101`; did you mean `SOH101`?"),
        (["--select", "soh1"], "command line: there is no rule `soh1`; did you mean `SOH1`?"),
        (["--fix"], "option '--fix' requires an argument (fix what is found: remove, isolate or keep-stream)"),
        (
            ["check", "--confirm", "-q", "--output-format", "concise"],
            "`--confirm` cannot be written as concise, only as full or json",
        ),
        (["check", "--confirm", "--diff"], "it excludes --statistics, --diff and --fix"),
        (["--diff", "--write-baseline", "b.json"], "it excludes --add-ignores and --write-baseline"),
        (["--reason", "old seeds"], "`--reason` is for the comments that `--add-ignores` writes; give both"),
        (["confirm", "--seed", "-1"], 'a list of numbers, that torch takes as seeds, not "-1"'),
        (["explain"], "name a rule, by its code or its name; `initlint rules` lists them"),
        (["rules", "extra"], "got unexpected extra argument (extra)"),
    ],
)
def test_a_mistake_is_one_sentence(project: Path, arguments: list[str], sentence: str) -> None:
    run = initlint_(project, *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("initlint: error: ")
    assert sentence in run.stderr


def test_a_mistake_in_the_configuration_names_its_file(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.initlint]\nselct = []\n")
    run = initlint_(project)
    path = project / "pyproject.toml"
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"initlint: error: {path}:2: [tool.initlint] has no option `selct`; did you mean `select`?\n"
    assert initlint_(project, "--isolated").returncode == 1


def test_what_is_in_force_and_where_it_comes_from(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\n\nselect = ["SOH2"]\nper-file-ignores."a" = ["SOH1"]\n')
    run = initlint_(project, "config", "--config", "jobs = 2", "--quiet", "model.py")
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[:2] == ["# pyproject.toml", 'select = ["SOH2"]  # pyproject.toml:3']
    assert 'per-file-ignores = { "a" = ["SOH1"] }  # pyproject.toml:4' in lines
    assert "jobs = 2  # --config 'jobs = 2'" in lines
    assert "quiet = true  # command line" in lines
    assert 'cache-dir = ""  # default' in lines
    (project / "copy.toml").write_text(run.stdout)
    again = initlint_(project, "config", "--config", "copy.toml").stdout
    assert [line.partition("  # ")[0] for line in again.splitlines()[1:]] == [
        line.partition("  # ")[0] for line in lines[1:]
    ]
    assert initlint_(project, "config", "--isolated").stdout.startswith(
        "# no configuration file\nselect = []  # default\n"
    )


def test_the_configuration_is_read_and_overridden(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nselect = ["SOH2"]\noutput-format = "concise"\n')
    assert initlint_(project).returncode == 0
    assert initlint_(project, "--select", "SOH101,SOH102").stdout.count("\n") == 1


def test_a_defect_is_one_sentence_too(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("initlint.pipeline.run", broken)
    assert cli.run([str(project)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("initlint: error: a defect in initlint, please report it: ZeroDivisionError: inside at ")
    assert said.err.count("\n") == 1


def test_a_reader_in_a_file_that_was_not_named_counts(project: Path) -> None:
    (project / "train.py").write_text("from model import Net\n\nnet = Net()\nnet.spare(1)\n")
    assert findings(project, "model.py") == []
    (project / "train.py").write_text("from model import Net\n\nnet = Net()\n")
    assert findings(project, "model.py") == FOUND
    assert findings(project, "train.py") == []


def test_a_comment_suppresses(project: Path) -> None:
    text = MODEL.replace("self.spare = nn.Linear(1, 1)", "self.spare = nn.Linear(1, 1)  # initlint: ignore[SOH101] old")
    (project / "model.py").write_text(text)
    run = initlint_(project)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr.endswith(" 1 is suppressed in the source.\n")


def test_output_file(project: Path) -> None:
    run = initlint_(project, "-o", "out.txt", "--color", "always")
    assert (run.returncode, run.stdout) == (1, "")
    assert (project / "out.txt").read_text() == initlint_(project).stdout


def test_statistics(project: Path) -> None:
    assert initlint_(project, "--statistics").stdout == "1  SOH101  dead-submodule\n"


def test_the_cache_changes_nothing_but_the_time(project: Path) -> None:
    fresh = initlint_(project, "--no-cache", "--output-format", "json")
    assert not (project / FOLDER).exists()
    runs = [initlint_(project, "--output-format", "json").stdout for _ in range(3)]
    assert (project / FOLDER).is_dir()
    assert {fresh.stdout, *runs} == {fresh.stdout}
    (project / "model.py").write_text(CLEAN)
    assert findings(project) == []
    (project / "model.py").write_text(MODEL)
    assert findings(project) == FOUND
    (project / "user.py").write_text("from model import Net\nNet().spare(1)\n")
    assert findings(project) == []
    (project / "user.py").unlink()
    assert findings(project) == FOUND


def test_another_cache_folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    assert findings(project, "--cache-dir", str(folder)) == FOUND
    assert not (project / FOLDER).exists()
    assert (folder / "CACHEDIR.TAG").is_file()


@POSIX
def test_a_closed_pipe_is_quiet(project: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "initlint"],
        cwd=project,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (1, b"")


def in_terminal(folder: Path, *arguments: str, **more: str) -> str:
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    return subprocess.run(
        [*terminal, sys.executable, "-m", "initlint", *arguments],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


@POSIX
def test_colour_on_a_terminal_only(project: Path) -> None:
    assert "\x1b[1;31mSOH101" in in_terminal(project, TERM="xterm")
    assert "\x1b[" not in in_terminal(project, TERM="xterm", NO_COLOR="1")
    assert "\x1b[" not in in_terminal(project, TERM="dumb")
    assert "\x1b[" not in in_terminal(project, "--color", "never", TERM="xterm")
    assert "\x1b[" not in initlint_(project).stdout
    assert "\x1b[1;31mSOH101" in initlint_(project, FORCE_COLOR="1").stdout
    assert "\x1b[" not in initlint_(project, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[1;31mSOH101" in initlint_(project, "--color", "always").stdout


def large(folder: Path) -> None:
    """Enough code to keep two workers busy for a while."""
    for number in range(40):
        classes = (MODEL.replace("Net", f"Net{number}x{copy}") for copy in range(400))
        (folder / f"m{number}.py").write_text("\n".join(classes))


@POSIX
def test_an_interrupt_ends_the_run_at_once(project: Path) -> None:
    large(project)
    run = subprocess.Popen(
        [sys.executable, "-m", "initlint", "-n", "-j", "2"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_for(lambda: str(run.pid) in [line.strip() for line in listed("ppid")])
    os.killpg(run.pid, signal.SIGINT)
    out, error = run.communicate(timeout=30)
    assert (run.returncode, out.strip(), b"Traceback" in error) == (130, b"", False)


def test_of_a_file_that_was_not_read_whole_it_is_said_what_was(project: Path) -> None:
    (project / "model.py").write_text(MODEL + "\n\ndef broken(:\n")
    (project / "latin.py").write_bytes(b"s = '\xe9'\n")
    run = initlint_(project, "-q", "--select", "SOH9", "--output-format", "concise")
    latin = "byte 0xe9 is not valid in utf-8, the encoding of the file; nothing in the file was checked"
    broken = "the syntax is invalid here; the rest was still checked"
    assert run.stdout == f"latin.py:1:1: SOH901 {latin}\nmodel.py:14:1: SOH901 {broken}\n"


ODD: dict[str, bytes] = {
    "binary.py": bytes(range(256)),
    "cookie.py": b"# coding: nonsense\n",
    "deep.py": b"x = " + b"(" * 2000 + b"1" + b")" * 2000 + b"\n",
    "empty.py": b"",
    "form_feed.py": b"\f\nx = 1\n",
    "latin.py": b"s = '\xe9'\n",
    "nul.py": b"x = 1\n\0\n",
    "only_comment.py": b"# nothing",
    "python2.py": b"print 'hello'\n",
    "utf16.py": "x = 1\n".encode("utf-16"),
}
UNREADABLE = {"binary.py": 1, "cookie.py": 1, "latin.py": 1, "nul.py": 2, "python2.py": 1, "utf16.py": 1}


def test_odd_files_are_named_and_cost_no_other(project: Path) -> None:
    for name, content in ODD.items():
        (project / name).write_bytes(content)
    found = findings(project)
    lost = {path: line for path, line, _, code, _ in found if code == "SOH901"}
    assert {path: line for path, line in lost.items() if path != "deep.py"} == UNREADABLE
    assert [finding for finding in found if finding[3] != "SOH901"] == FOUND
    assert "Traceback" not in initlint_(project).stderr


def test_a_large_generated_file(project: Path) -> None:
    (project / "data.py").write_text("TABLE = [\n" + "    [1.5, 2.5, 'text', None],\n" * 180_000 + "]\n")
    assert (project / "data.py").stat().st_size > 5_000_000
    assert findings(project) == FOUND


@POSIX
def test_a_file_name_that_is_no_text(project: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        (project / name).write_text(MODEL)
    except OSError:
        pytest.skip("this file system wants text")
    for _ in range(2):
        assert sorted(findings(project)) == sorted([*FOUND, (name, *FOUND[0][1:])])
        assert "caf\\udce9.py:8:9" in initlint_(project, "--output-format", "concise").stdout


HEAVY = ("dataclasses", "libcst", "msgspec", "pathspec", "rich", "sqlite3", "torch", "tree_sitter")
LOADED = f"""
import sys
from initlint.cli import run
status = run(sys.argv[1:])
print(status, sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=folder, env=environment(), capture_output=True, text=True
    )
    return run.stderr.splitlines()[-1]


def test_nothing_is_loaded_before_it_is_needed(project: Path) -> None:
    assert loaded(project, "--version") == "0 []"
    assert loaded(project, "--help") == "0 []"
    (project / "model.py").write_text(CLEAN)
    fresh, again = (loaded(project, "-q") for _ in range(2))
    assert fresh.startswith("0 ")
    assert not {"libcst", "rich", "torch"} & set(fresh.replace("'", " ").split())
    assert again == "0 ['dataclasses', 'msgspec', 'sqlite3']"


TAKEN_APART = """
import initlint.cli
from initlint.__main__ import main

class Large:
    def __init__(self):
        self.circle = self

    def __del__(self):
        print("taken apart")

def run(arguments):
    Large()
    return 1

initlint.cli.run = run
main()
"""


def test_what_a_run_has_made_is_not_taken_apart_at_its_end(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", TAKEN_APART], cwd=tmp_path, env=environment(), capture_output=True)
    assert (run.returncode, run.stdout, run.stderr) == (1, b"", b"")


def test_help_fits_a_screen(project: Path) -> None:
    from initlint.cli import COMMANDS

    for arguments in (["--help"], *([command, "-h"] for command in COMMANDS)):
        run = initlint_(project, *arguments)
        assert (run.returncode, run.stderr) == (0, "")
        lines = run.stdout.splitlines()
        assert len(lines) <= (60 if arguments[0] not in ("--help", "explain", "rules") else 24)
        assert max(map(len, lines)) <= 80


def test_version(project: Path) -> None:
    run = initlint_(project, "--version")
    assert (run.returncode, run.stdout, run.stderr) == (0, f"initlint {initlint.__version__}\n", "")


def test_rules_and_explain_agree_with_the_registry(project: Path) -> None:
    from initlint.rules import RULES

    listed = initlint_(project, "rules").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [[rule.code, rule.name] for rule in RULES]
    for rule in RULES:
        page = initlint_(project, "explain", rule.code)
        assert page.returncode == 0
        assert page.stdout.startswith(f"# {rule.code} {rule.name}\n")
        assert all(f"{example.title[1:]}:\n" in page.stdout for example in rule.examples)
        assert initlint_(project, "explain", rule.name).stdout == page.stdout


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(project: Path, ending: str) -> None:
    text = "# a comment\n" + MODEL.replace("super().__init__()", "super().__init__()  # another")
    (project / "model.py").write_bytes(text.replace("\n", ending).encode())
    assert findings(project) == [("model.py", 9, 9, "SOH101", "spare")]
    initlint_(project, "--add-ignores")
    assert findings(project) == []
    suppressed = text.replace(
        "self.spare = nn.Linear(1, 1)", "self.spare = nn.Linear(1, 1)  # initlint: ignore[SOH101]"
    )
    assert (project / "model.py").read_bytes() == suppressed.replace("\n", ending).encode()
