"""The settings in docs/editors.md, taken from the page as they stand there and used."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import HOME, MODEL, environment

from initlint.cli.watch import CHECKING, WAITING

PAGE = (Path(HOME) / "docs" / "editors.md").read_text(encoding="utf-8")
MESSAGE = (
    "submodule `spare` of `Net` is never used, but its construction draws weight and bias, "
    "which shifts everything built after a Net"
)


def block(heading: str, language: str, number: int = 0) -> str:
    section = PAGE.partition(f"\n{heading}\n")[2]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)[number]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project é"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    (folder / "my model.py").write_text(MODEL)
    (folder / "other.py").write_text("\n" + MODEL.replace("Net", "Other"))
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> str:
    """A folder with the command `initlint`, to stand in front of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "initlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m initlint "$@"\n')
    (folder / "initlint").chmod(0o755)
    return str(folder)


def vim(project: Path, commands: str, *keys: str) -> list[dict[str, Any]]:
    """The quickfix list after some commands, typed in vim with the settings of the page."""
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed")
    home = project.parent / "home"
    (home / ".vim" / "compiler").mkdir(parents=True, exist_ok=True)
    (home / ".vim" / "compiler" / "initlint.vim").write_text(block("## Vim and Neovim", "vim"))
    settings = "set nocompatible\nset runtimepath^=~/.vim\n" + block("## Vim and Neovim", "vim", 1)
    (home / ".vim" / "vimrc").write_text(settings)
    names = "map(getqflist(), {_, item -> extend(item, {'name': bufname(item.bufnr)})})"
    script = [*keys, f"call writefile([json_encode({names})], $HOME .. '/found.json')", "qall!"]
    (home / "script.vim").write_text("\n".join(script) + "\n")
    subprocess.run(
        ["vim", "-es", "-u", str(home / ".vim" / "vimrc"), "-S", str(home / "script.vim")],
        cwd=project,
        env=environment(HOME=str(home), PATH=f"{commands}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    found: list[dict[str, Any]] = json.loads((home / "found.json").read_text())
    return found


def places(found: list[dict[str, Any]]) -> list[tuple[str, int, int, str]]:
    return [(item["name"], item["lnum"], item["col"], item["text"]) for item in found if item["valid"]]


def test_vim_makes(project: Path, commands: str) -> None:
    mine = ("my model.py", 8, 9, f"SOH101 {MESSAGE}")
    other = ("other.py", 9, 9, f"SOH101 {MESSAGE.replace('a Net', 'an Other').replace('Net', 'Other')}")
    opened = ("edit my\\ model.py", "compiler initlint")
    assert places(vim(project, commands, *opened, "silent make %:S")) == [mine]
    assert places(vim(project, commands, *opened, "silent make")) == [mine, other]


def test_vim_checks_an_unsaved_buffer(project: Path, commands: str) -> None:
    changed = ("edit my\\ model.py", "call append(0, ['# one', '# two'])")
    assert places(vim(project, commands, *changed, "Initlint")) == [("my model.py", 10, 9, f"SOH101 {MESSAGE}")]
    fresh = ("edit new\\ model.py", f"call setline(1, {json.dumps(MODEL.splitlines())})", "Initlint")
    assert places(vim(project, commands, *fresh)) == [("new model.py", 8, 9, f"SOH101 {MESSAGE}")]
    used = ("edit my\\ model.py", "%substitute/self.used(x)/self.spare(self.used(x))/", "Initlint")
    assert vim(project, commands, *used) == []


def printed(project: Path) -> list[str]:
    command = [sys.executable, "-m", "initlint", "--output-format", "concise"]
    run = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, timeout=60)
    return [*run.stdout.splitlines(), *run.stderr.splitlines()]


def test_the_problem_matcher_of_vs_code(project: Path) -> None:
    (task,) = json.loads(block("## VS Code", "json"))["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    matches = [match for line in printed(project) if (match := re.match(pattern["regexp"], line))]
    first = {name: matches[0][group] for name, group in pattern.items() if name != "regexp"}
    assert first == {"file": "my model.py", "line": "8", "column": "9", "code": "SOH101", "message": MESSAGE}
    assert len(matches) == 2
    background = task["problemMatcher"]["background"]
    assert [bool(re.match(background["beginsPattern"], line)) for line in (CHECKING, WAITING)] == [True, False]
    assert [bool(re.match(background["endsPattern"], line)) for line in (CHECKING, WAITING)] == [False, True]


def test_the_expressions_of_sublime_text(project: Path) -> None:
    linter = re.search(r'regex = r"(.*)"', block("## Sublime Text", "python"))
    assert linter is not None
    groups = [match.groupdict() for line in printed(project) if (match := re.match(linter[1], line))]
    assert groups[0] == {"line": "8", "col": "9", "code": "SOH101", "message": MESSAGE}
    build = json.loads(block("## Sublime Text", "json"))
    lines = [match.groups() for line in printed(project) if (match := re.match(build["file_regex"], line))]
    assert lines[0] == ("my model.py", "8", "9", f"SOH101 {MESSAGE}")
    assert len(groups) == len(lines) == 2
