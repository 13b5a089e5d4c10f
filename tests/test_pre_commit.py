"""The hooks, run by pre-commit itself: it installs this checkout and passes the files of a commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import CLEAN, MODEL

ROOT = Path(__file__).parent.parent

pytest.importorskip("pre_commit")
if not (ROOT / ".git").exists():
    pytest.skip("the sources are not a git checkout", allow_module_level=True)

READER = "from model import Net\n\nnet = Net()\nnet.spare(1)\n"
LINE = "model.py:8:9: SOH101 submodule `spare` of `Net` is never used"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit that holds this checkout as it is now, committed or not."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in filter(None, git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("fixtures/", "benchmarks/", "tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "as it is")
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs, so that it is installed once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def project(tmp_path: Path, hooks: Path) -> Path:
    """A repository with pre-commit set up as the documentation says."""
    revision = git(hooks, "rev-parse", "HEAD").strip()
    page = (ROOT / "docs" / "pre-commit.md").read_text(encoding="utf-8")
    block = page.partition("```yaml\n")[2].partition("```")[0]
    filled = block.replace("<the address of this repository>", hooks.as_uri()).replace("v0.1.0", revision)
    assert hooks.as_uri() in filled and revision in filled
    (tmp_path / ".pre-commit-config.yaml").write_text(filled)
    (tmp_path / "pyproject.toml").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def commit(project: Path, store: Path, **files: str) -> tuple[int, str]:
    """Try to commit the files; the status and what was printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "GIT_"))}
    environment = {**kept, "PRE_COMMIT_HOME": str(store)}
    for name, text in files.items():
        (project / f"{name}.py").write_text(text)
        git(project, "add", f"{name}.py")
    run = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if run.returncode == 0:
        git(project, "commit", "-q", "--no-verify", "-m", "next")
    return run.returncode, run.stdout + run.stderr


def test_a_commit_that_adds_a_dead_layer_fails(project: Path, store: Path) -> None:
    status, said = commit(project, store, model=MODEL)
    assert (status, LINE in said, "hook id: initlint" in said) == (1, True, True), said


def test_a_clean_commit_passes(project: Path, store: Path) -> None:
    status, said = commit(project, store, model=CLEAN)
    assert (status, "Passed" in said) == (0, True), said


def test_a_reader_in_a_file_that_is_not_part_of_the_commit_counts(project: Path, store: Path) -> None:
    assert commit(project, store, model=CLEAN, train=READER)[0] == 0
    status, said = commit(project, store, model=MODEL)
    assert (status, "Passed" in said) == (0, True), said
    git(project, "rm", "-q", "train.py")
    status, said = commit(project, store, model=MODEL + "\n")
    assert (status, LINE in said) == (1, True), said


def test_only_the_files_of_the_commit_are_reported(project: Path, store: Path) -> None:
    (project / "old.py").write_text(MODEL)
    git(project, "add", "old.py")
    git(project, "commit", "-q", "--no-verify", "-m", "from before")
    assert commit(project, store, model=CLEAN)[0] == 0


def test_what_is_excluded_stays_out_of_a_commit(project: Path, store: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.initlint]\nextend-exclude = ["old*.py"]\n')
    git(project, "add", "pyproject.toml")
    status, said = commit(project, store, old_model=MODEL)
    assert (status, "Passed" in said) == (0, True), said
    assert commit(project, store, model=MODEL)[0] == 1


def test_the_other_hook_sees_what_a_commit_takes_the_reader_from(project: Path, store: Path) -> None:
    assert commit(project, store, model=MODEL, train=READER)[0] == 0
    without = READER.replace("net.spare(1)", "net(1)")
    assert commit(project, store, train=without)[0] == 0
    path = project / ".pre-commit-config.yaml"
    path.write_text(path.read_text().replace("id: initlint", "id: initlint-project"))
    git(project, "add", ".pre-commit-config.yaml")
    status, said = commit(project, store, train=without + "\n")
    assert (status, LINE in said) == (1, True), said


def test_notebooks_are_passed_too(project: Path, store: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": MODEL}
    (project / "net.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )
    git(project, "add", "net.ipynb")
    status, said = commit(project, store)
    assert (status, LINE.replace("model.py", "net.ipynb:cell 1") in said) == (1, True), said


def test_the_packages_of_the_project_are_read_and_not_those_of_the_hook(project: Path, store: Path) -> None:
    packages = project / ".venv" / "lib" / "python3" / "site-packages"
    for name in ("torch", "framework"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text("")
    base = "import torch.nn as nn\n\nclass Base(nn.Module):\n    def step(self, x):\n        return self.spare(x)\n"
    (packages / "framework" / "__init__.py").write_text(base)
    model = MODEL.replace("nn.Module", "Base").replace("import torch.nn", "from framework import Base\nimport torch.nn")
    status, said = commit(project, store, model=model)
    assert (status, "Passed" in said) == (0, True), said
    (packages / "framework" / "__init__.py").write_text(base.replace("spare", "other"))
    assert commit(project, store, model=model + "\n")[0] == 1


def test_no_torch_is_installed_for_it(project: Path, store: Path) -> None:
    commit(project, store, model=CLEAN)
    (python,) = store.glob(
        "repo*/py_env-*/bin/python" if sys.platform != "win32" else "repo*/py_env-*/Scripts/python.exe"
    )
    run = subprocess.run([python, "-c", "import initlint, torch"], capture_output=True, text=True)
    assert "No module named 'torch'" in run.stderr
