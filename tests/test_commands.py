"""Every command in the README and the documentation is run as written.

A ```sh block is run as a whole. A ```console block has commands after `$ ` and the output of each, in which `...`
stands for anything. Blocks of the README run in a copy of the repository, all others in a copy of fixtures/story. A
block that cannot be run says why in a comment above it: `<!-- not run: reason -->`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click import Context, Group
from test_cli import environment

from initlint.cli import main

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+?) -->\n+)?(?P<indent> *)```(?P<kind>sh|console)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
FAILED_ABOVE_ONE = "trap 'status=$?; [ $status -le 1 ] || exit $status' ERR; set -uo pipefail\n"
"""A command may find something, but it may not fail."""

SECONDS = re.compile(r"in \d+\.\d\d s")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    kind: str
    body: str
    reason: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("kind")) + 1
        yield Block(page, line, match["kind"], match["body"], match["reason"] or "")


BLOCKS = [block for page in PAGES for block in blocks(page)]


@pytest.fixture
def commands(tmp_path: Path) -> str:
    """PATH, starting with the command `initlint` of this checkout."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "initlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m initlint "$@"\n')
    (folder / "initlint").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def copy(page: Path, target: Path) -> Path:
    """The repository in which the commands of a page run."""
    if page.name == "README.md":
        if not (ROOT / ".git").exists():
            pytest.skip("the sources are not a git checkout")
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target / name)
    else:
        shutil.copytree(ROOT / "fixtures" / "story", target, ignore=shutil.ignore_patterns(".initlint_cache"))
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)
    subprocess.run(["git", "add", "-A"], cwd=target, check=True)
    return target


def shell(command: str, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(PATH=path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


def dialogue(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with its output."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def pattern(printed: str) -> str:
    """The shown output as a regular expression; `...` is anything, and a run may take any time."""
    return SECONDS.sub("in 0.00 s", re.escape(SECONDS.sub("in 0.00 s", printed)).replace(r"\.\.\.", "(?s:.*)"))


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.reason], ids=str)
def test_a_command_does_what_the_page_says(block: Block, tmp_path: Path, commands: str) -> None:
    folder = copy(block.page, tmp_path / "copy")
    if block.kind == "sh":
        run = shell(FAILED_ABOVE_ONE + block.body, folder, commands)
        assert run.returncode <= 1, run.stdout
        return
    for command, printed in dialogue(block.body):
        said = SECONDS.sub("in 0.00 s", shell(command, folder, commands).stdout)
        assert re.fullmatch(pattern(printed), said), f"$ {command}\n{said}"


YAML = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
STEPS = [
    command
    for page in PAGES
    for block in YAML.findall(page.read_text(encoding="utf-8"))
    for command in re.findall(r"^ *- (?:run: )?(initlint .*)$", block, re.MULTILINE)
]


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("command", STEPS)
def test_a_step_of_a_recipe_runs(command: str, tmp_path: Path, commands: str) -> None:
    run = shell(command, copy(ROOT / "docs" / "ci.md", tmp_path / "copy"), commands)
    assert run.returncode == (0 if "--exit-zero" in command else 1), run.stdout


def test_every_page_is_looked_at() -> None:
    assert {block.page.name for block in BLOCKS} >= {"README.md", "CONTRIBUTING.md", "usage.md"}
    assert len(STEPS) == 3


OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")


def options() -> set[str]:
    """Every option of every command."""
    assert isinstance(main, Group)
    context = Context(main)
    commands = [main, *(main.get_command(context, name) for name in main.list_commands(context))]
    return {
        name
        for command in commands
        if command is not None
        for parameter in command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"\binitlint ([^`\n|]*)", text)
    assert {option for line in lines for option in OPTION.findall(line)} - options() == set()
