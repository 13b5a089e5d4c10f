"""The same project gives the same bytes, whatever the hash seed, the number of processes and the order of paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import initlint
from initlint.facts.extract import extract
from initlint.facts.gather import IN_PROCESS_BYTES
from initlint.project import link
from initlint.project.environment import Environment
from initlint.project.imports import Symbol, SymbolKind

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All fixtures as one project, and enough beside them that worker processes are used."""
    folder = tmp_path_factory.mktemp("determinism") / "project"
    shutil.copytree(REPOSITORY / "fixtures", folder, symlinks=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "padding.py").write_text("#" + "-" * IN_PROCESS_BYTES + "\nx = 1\n")
    return folder


def output(project: Path, *arguments: str, hash_seed: str = "0", form: str = "json") -> bytes:
    run = subprocess.run(
        [sys.executable, "-m", "initlint", "--output-format", form, "--min-confidence", "possible", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(initlint.__file__).parent.parent), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        timeout=300,
    )
    assert run.returncode == 1, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def expected(project: Path) -> bytes:
    found = output(project, "--no-cache", "-j", "1")
    assert found.count(b'"code": "SOH') > 20
    return found


@pytest.mark.parametrize("hash_seed", ["1", "2", "77", "random"])
def test_hash_seeds(project: Path, expected: bytes, hash_seed: str) -> None:
    assert output(project, "--no-cache", "-j", "1", hash_seed=hash_seed) == expected


@pytest.mark.parametrize("jobs", ["2", "3", "0"])
def test_worker_counts(project: Path, expected: bytes, jobs: str) -> None:
    assert output(project, "--no-cache", "-j", jobs, hash_seed=jobs) == expected


def test_path_orders(project: Path, expected: bytes) -> None:
    names = sorted(path.name for path in project.iterdir() if path.is_dir() or path.suffix == ".py")
    names = [name for name in names if not name.startswith(".")]
    assert output(project, "--no-cache", *names) == expected
    assert output(project, "--no-cache", *reversed(names), names[0]) == expected


def test_cached_runs(project: Path, expected: bytes) -> None:
    assert [output(project, hash_seed=str(seed)) for seed in range(3)] == [expected] * 3


@pytest.mark.parametrize("form", ["full", "concise"])
def test_other_formats(project: Path, form: str) -> None:
    assert len({output(project, hash_seed=seed, form=form) for seed in ("3", "4")}) == 1


def test_what_a_name_means_does_not_depend_on_what_was_asked_before(tmp_path: Path) -> None:
    """An installed file that is read for one question is not there for the next one."""
    package = tmp_path / "site-packages" / "parts"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .nets import Part\n")
    (package / "nets.py").write_text("from torch import nn\n\n\nclass Part(nn.Module):\n    pass\n")
    texts = dict.fromkeys(("a.py", "b.py"), b"from parts import Part\nfrom parts.nets import Part as Same\n")
    facts = {path: extract(text) for path, text in texts.items()}
    project = link(facts, texts.__getitem__, Environment((package.parent,)))
    before = project.resolve("a.py", "Part"), project.resolve("a.py", "Same")
    assert before == (Symbol(SymbolKind.EXTERNAL, "parts.Part"), Symbol(SymbolKind.EXTERNAL, "parts.nets.Part"))
    assert {project.class_of(symbol) for symbol in before if symbol} == {f"{package / 'nets.py'}::Part"}
    assert (project.resolve("b.py", "Part"), project.resolve("b.py", "Same")) == before
