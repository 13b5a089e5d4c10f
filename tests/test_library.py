"""`initlint.check`: the results of the command line, typed, without output and without exiting."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import MODEL

import initlint
from initlint import config

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def command_line(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "initlint", "--output-format", "json", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    found: list[dict[str, Any]] = json.loads(run.stdout)["findings"]
    return found


def fields(report: initlint.Report) -> list[dict[str, Any]]:
    from initlint.report import jsonl

    return [json.loads(line) for line in jsonl.render(report).splitlines()]


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({}, []),
        ({"select": ["SOH101"]}, ["--select", "SOH101"]),
        ({"min_confidence": "possible", "ignore": ("SOH2",)}, ["--min-confidence", "possible", "--ignore", "SOH2"]),
        ({"isolated": True, "extend_exclude": ["project2"]}, ["--isolated", "--extend-exclude", "project2"]),
    ],
)
def test_the_same_answers_as_the_command_line(options: dict[str, Any], flags: list[str]) -> None:
    report = initlint.check(ROOT / "fixtures" / "story", no_cache=True, **options)
    assert fields(report) == command_line("--no-cache", *flags, "fixtures/story")
    assert len(report.findings) > 0


def test_the_configuration_of_the_paths_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.initlint]\nselect = ["SOH2"]\nquiet = true\noutput-format = "json"\n'
    )
    assert initlint.check(project).findings == ()
    assert [finding.attribute for finding in initlint.check(project, isolated=True).findings] == ["spare"]
    other = project / "other.toml"
    other.write_text('select = ["SOH101"]\n')
    assert [finding.attribute for finding in initlint.check([project / "model.py"], config=other).findings] == ["spare"]


def test_paths_in_every_form(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    forms: list[Any] = [".", "model.py", Path("model.py"), ["model.py"], (Path(),), []]
    assert {initlint.check(form).findings for form in forms} == {initlint.check().findings}
    assert isinstance(initlint.check().findings[0], initlint.Finding)


def test_no_output_and_no_exit(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "broken.py").write_bytes(b"\xff")
    report = initlint.check(project / "model.py", no_cache=True)
    assert [(problem.path, problem.line) for problem in report.problems] == [("broken.py", 1)]
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in project.iterdir()) == ["broken.py", "model.py", "pyproject.toml"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": "none.py"}, "there is no file or folder `none.py`"),
        ({"selct": []}, "check(): there is no option `selct`; did you mean `select`?"),
        ({"select": "SOH1"}, 'check(): `select` must be a list of strings, not "SOH1"'),
        ({"select": ["E501"]}, "check(): there is no rule `E501`; `initlint rules` lists them"),
        ({"per_file_ignores": ["SOH1"]}, "check(): `per-file-ignores` must be a table of lists of strings"),
        ({"output_format": "json"}, "check(): there is no option `output_format`"),
        ({"add_ignores": True}, "check(): there is no option `add_ignores`"),
        ({"write_baseline": "b.json"}, "check(): there is no option `write_baseline`"),
        ({"config": "none.toml"}, "cannot read the configuration file none.toml: No such file or directory"),
    ],
)
def test_a_mistake_is_an_initlint_error(options: dict[str, Any], said: str) -> None:
    with pytest.raises(initlint.InitlintError) as caught:
        initlint.check(**options)
    assert str(caught.value).startswith(said)


def test_importing_it_loads_nothing_heavy() -> None:
    script = "import sys, initlint; print(sorted(set(sys.modules) & {'libcst', 'rich', 'click', 'msgspec', 'torch'}))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert run.stdout == "[]\n"


def test_the_package_is_typed() -> None:
    assert (Path(initlint.__file__).parent / "py.typed").is_file()
    assert set(initlint.__all__) <= {*dir(initlint), "Finding", "Report"}
    assert all(getattr(initlint, name) for name in initlint.__all__)
    with pytest.raises(AttributeError, match="module 'initlint' has no attribute 'chekc'"):
        _ = initlint.chekc


@pytest.mark.parametrize(("source", "printed"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page(source: str, printed: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (run.stdout, run.stderr) == (printed, "")


def test_the_page_names_every_field() -> None:
    import dataclasses

    assert len(EXAMPLES) == 4
    tables = PAGE.partition("An `initlint.Finding` has")[2]
    named = set(re.findall(r"`(\w+)`", tables))
    assert {entry.name for entry in dataclasses.fields(initlint.Finding)} <= named
    assert not [name for name in re.findall(r"(\w+)=\[", PAGE) if name not in dict(config.Config.__annotations__)]


@pytest.mark.parametrize(("reader", "module"), [("core/reader.py", "corp.core.net"), ("reader.py", "core.net")])
def test_a_folder_without_an_init_file_may_be_a_part_of_a_package(tmp_path: Path, reader: str, module: str) -> None:
    """So a class in it may be called with the folder's name, or without it."""
    part = tmp_path / "corp" / "core"
    part.mkdir(parents=True)
    (part / "__init__.py").write_text("")
    (part / "net.py").write_text(MODEL)
    assert [finding.attribute for finding in initlint.check([str(tmp_path / "corp")]).findings] == ["spare"]
    (tmp_path / "corp" / reader).write_text(
        f"from {module} import Net\n\n\nclass Reader(Net):\n    def read(self, x):\n        return self.spare(x)\n"
    )
    assert initlint.check([str(tmp_path / "corp")]).findings == ()


def test_a_part_that_is_called_torch_does_not_stand_for_torch(tmp_path: Path) -> None:
    part = tmp_path / "src" / "corp" / "checks" / "torch"
    part.mkdir(parents=True)
    (tmp_path / "src" / "corp" / "__init__.py").write_text("")
    (part / "__init__.py").write_text("")
    (tmp_path / "src" / "corp" / "net.py").write_text(MODEL.replace("import torch.nn as nn", "from torch import nn"))
    assert [finding.attribute for finding in initlint.check([str(tmp_path)]).findings] == ["spare"]
