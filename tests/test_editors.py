"""The settings in docs/editors.md, used exactly as they are on the page."""

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


QUICKFIX = "map(getqflist(), {_, item -> extend(item, {'name': bufname(item.bufnr)})})"

VIMS = pytest.mark.parametrize("program", ["vim", "nvim"])


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
    """A folder with the command `initlint`, to put first in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "initlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m initlint "$@"\n')
    (folder / "initlint").chmod(0o755)
    return str(folder)


def edited(project: Path, commands: str, *command: str) -> str:
    """The output of an editor with its own home folder beside the project, running this command."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    run = subprocess.run(
        command,
        cwd=project,
        env=environment(HOME=str(home(project)), PATH=f"{commands}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return run.stdout


def home(project: Path) -> Path:
    folder = project.parent / "home"
    folder.mkdir(exist_ok=True)
    return folder


def save(path: Path, *lines: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def vim(project: Path, commands: str, program: str, *keys: str, show: str = QUICKFIX) -> list[dict[str, Any]]:
    """The list of errors after some commands in vim or Neovim with the settings of the page."""
    settings = home(project) / {"vim": ".vim", "nvim": ".config/nvim"}[program]
    save(settings / "compiler" / "initlint.vim", block("## Vim and Neovim", "vim"))
    save(settings / "ale_linters" / "python" / "initlint.vim", block("### ALE", "vim"))
    own = ["set nocompatible", f"set runtimepath^={settings}", block("## Vim and Neovim", "vim", 1)]
    script = [*keys, f"call writefile([json_encode({show})], $HOME .. '/found.json')", "qall!"]
    command = ("-es", "-u", save(settings / "vimrc", *own), "-S", save(settings / "script.vim", *script))
    said = edited(project, commands, program, *command)
    assert (home(project) / "found.json").is_file(), said
    found: list[dict[str, Any]] = json.loads((home(project) / "found.json").read_text())
    return found


def places(found: list[dict[str, Any]]) -> list[tuple[str, int, int, str]]:
    return [(item["name"], item["lnum"], item["col"], item["text"]) for item in found if item["valid"]]


@VIMS
def test_vim_makes(project: Path, commands: str, program: str) -> None:
    mine = ("my model.py", 8, 9, f"SOH101 {MESSAGE}")
    other = ("other.py", 9, 9, f"SOH101 {MESSAGE.replace('a Net', 'an Other').replace('Net', 'Other')}")
    opened = ("edit my\\ model.py", "compiler initlint")
    assert places(vim(project, commands, program, *opened, "silent make %:S")) == [mine]
    assert places(vim(project, commands, program, *opened, "silent make")) == [mine, other]


@VIMS
def test_vim_checks_an_unsaved_buffer(project: Path, commands: str, program: str) -> None:
    changed = ("edit my\\ model.py", "call append(0, ['# one', '# two'])", "Initlint")
    assert places(vim(project, commands, program, *changed)) == [("my model.py", 10, 9, f"SOH101 {MESSAGE}")]
    fresh = ("edit new\\ model.py", f"call setline(1, {json.dumps(MODEL.splitlines())})", "Initlint")
    assert places(vim(project, commands, program, *fresh)) == [("new model.py", 8, 9, f"SOH101 {MESSAGE}")]
    used = ("edit my\\ model.py", "%substitute/self.used(x)/self.spare(self.used(x))/", "Initlint")
    assert vim(project, commands, program, *used) == []


def test_ale(project: Path, commands: str) -> None:
    """Debian's package `vim-ale`; the buffer is not saved."""
    if not list(Path("/usr/share/vim/vimfiles/pack").glob("*/*/ale")):
        pytest.skip("ALE is not installed")
    keys = ["packadd ale", "let g:ale_linters = {'python': ['initlint']}", "filetype plugin on"]
    keys += ["edit my\\ model.py", "call append(0, ['# one'])", "ALELint", "let started = reltime()"]
    keys += ["while empty(ale#engine#GetLoclist(bufnr(''))) && reltimefloat(reltime(started)) < 30"]
    keys += ["sleep 100m", "endwhile"]
    found = vim(project, commands, "vim", *keys, show="ale#engine#GetLoclist(bufnr(''))")
    assert [(item["lnum"], item["col"], item["type"], item["text"]) for item in found] == [
        (9, 9, "W", f"SOH101 {MESSAGE}")
    ]


def test_nvim_lint(project: Path, commands: str) -> None:
    """The plugin itself is not packaged: this test does what it does with the settings."""
    before = "package.preload['lint'] = function() return { linters = {}, linters_by_ft = {} } end"
    after = """
    local linter = require('lint').linters.initlint
    vim.cmd('edit my\\\\ model.py')
    vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# one' })
    local command = { linter.cmd }
    for _, argument in ipairs(linter.args) do
      table.insert(command, type(argument) == 'function' and argument() or argument)
    end
    print(vim.json.encode(linter.parser(vim.fn.system(command, vim.api.nvim_buf_get_lines(0, 0, -1, false)))))
    """
    script = save(home(project) / "lint.lua", before, block("### nvim-lint", "lua"), after)
    said = edited(project, commands, "nvim", "--headless", "-u", "NONE", "-c", f"luafile {script}", "-c", "qall!")
    (found,) = json.loads(said)
    place = {"lnum": 8, "col": 8, "end_lnum": 8, "end_col": 36}
    assert found == {**place, "code": "SOH101", "message": MESSAGE, "severity": 2, "source": "initlint"}


def test_flycheck(project: Path, commands: str) -> None:
    """Debian's packages `emacs-nox` and `elpa-flycheck`; the buffer is not saved."""
    script = """
    (find-file "my model.py")
    (insert "# one\\n")
    (flycheck-select-checker 'python-initlint)
    (flycheck-mode 1)
    (flycheck-buffer)
    (with-timeout (30) (while (flycheck-running-p) (accept-process-output nil 0.1)))
    (dolist (found flycheck-current-errors)
      (princ (format "%d:%d:%s:%s %s" (flycheck-error-line found) (flycheck-error-column found)
                     (flycheck-error-level found) (flycheck-error-id found) (flycheck-error-message found))))
    """
    start = ("emacs", "--batch", "--eval", "(package-initialize)")
    if edited(project, commands, *start, "--eval", '(princ (locate-library "flycheck"))').endswith("nil"):
        pytest.skip("flycheck is not installed")
    settings = save(home(project) / "init.el", block("## Emacs", "elisp"), script)
    said = edited(project, commands, *start, "-l", settings)
    assert said.splitlines()[-1] == f"9:9:warning:SOH101 {MESSAGE}"


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
