"""What the user declares: base classes of frameworks, methods that only initialise, installed packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from checking import check_sources

from initlint.errors import InitlintError
from initlint.model import Confidence
from initlint.pipeline import run
from initlint.project.environment import interpreter, target
from initlint.settings import settle

MODEL = """import torch.nn as nn
from corp.models import BaseModel


class Net(BaseModel):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.spare = nn.Linear(1, 1)

    def prepare(self):
        self.head = nn.Linear(1, 1)
        self.spare.weight.data.fill_(0)

    def forward(self, x):
        return self.used(x)
"""
CERTAIN, POSSIBLE = Confidence.CERTAIN, Confidence.POSSIBLE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path


def found(project: Path, config: str) -> dict[str, Confidence]:
    (project / "pyproject.toml").write_text(f"[tool.initlint]\nmin-confidence = 'possible'\n{config}\n")
    options = settle({"paths": (str(project),)}, start=str(project)).config
    return {finding.attribute: finding.confidence for finding in run(options).findings}


@pytest.mark.parametrize("base", ["corp.models.BaseModel", "corp.BaseModel", "BaseModel"])
def test_a_declared_base_class_is_no_doubt(project: Path, base: str) -> None:
    """Asked twice, with a cache that has the other answer."""
    init = 'extra-init-methods = ["prepare"]'
    for _ in range(2):
        assert found(project, init) == {"spare": POSSIBLE, "head": POSSIBLE}
        assert found(project, f'{init}\nextra-base-classes = ["{base}"]') == {"spare": CERTAIN, "head": CERTAIN}


def test_a_base_class_of_another_package_is_not_meant(project: Path) -> None:
    assert found(project, 'extra-init-methods = ["prepare"]\nextra-base-classes = ["other.BaseModel"]') == {
        "spare": POSSIBLE,
        "head": POSSIBLE,
    }


def test_a_base_class_that_is_imported_by_a_star(project: Path) -> None:
    text = MODEL.replace("from corp.models import BaseModel", "from corp.models import *")
    (project / "model.py").write_text(text.replace("    def prepare(self)", "    def setup(self)"))
    assert found(project, 'extra-base-classes = ["BaseModel"]') == {"spare": CERTAIN, "head": CERTAIN}


@pytest.mark.parametrize("name", ["prepare", "prep*"])
def test_a_declared_method_initialises(project: Path, name: str) -> None:
    base = 'extra-base-classes = ["corp.BaseModel"]'
    assert found(project, base) == {"spare": CERTAIN}
    assert found(project, f'{base}\nextra-init-methods = ["{name}"]') == {"spare": CERTAIN, "head": CERTAIN}


def test_installed_packages_are_looked_for_where_the_user_says(project: Path) -> None:
    package = project / "elsewhere" / "corp"
    package.mkdir(parents=True)
    (package / "models.py").write_text(
        "import torch.nn as nn\n\n\nclass BaseModel(nn.Module):\n    def extra(self):\n        return self.spare\n"
    )
    (package / "__init__.py").write_text("")
    options = 'extend-exclude = ["elsewhere"]\nextra-init-methods = ["prepare"]'
    assert found(project, options) == {"spare": POSSIBLE, "head": POSSIBLE}
    assert found(project, f"{options}\nsite-packages = ['elsewhere']") == {"head": CERTAIN}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("site-packages = ['none']", "there is no folder `{}/none` to look for installed packages in"),
        ("python = 'none/python'", "there is no interpreter `{}/none/python`"),
    ],
)
def test_an_environment_that_is_not_there_is_an_error(project: Path, config: str, said: str) -> None:
    with pytest.raises(InitlintError) as caught:
        found(project, config)
    assert str(caught.value) == said.format(project)


def test_an_interpreter_may_be_named_as_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python, module = tmp_path / "bin" / "corp-python", tmp_path / "lib" / "python3.11" / "site-packages" / "corp.py"
    for file in (python, module):
        file.parent.mkdir(parents=True)
        file.write_text("")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(python.parent))
    assert target(tmp_path, Path("corp-python")).find("corp") == module
    assert interpreter(tmp_path, Path("corp-python")) == str(python)


@pytest.mark.parametrize(
    "packages",
    ["lib/python3.11/site-packages", "lib/python3/dist-packages", "local/lib/python3.11/dist-packages"],
)
def test_packages_of_an_interpreter_are_found_where_its_system_puts_them(tmp_path: Path, packages: str) -> None:
    python, module = tmp_path / "bin" / "python3", tmp_path / packages / "corp.py"
    for file in (python, module):
        file.parent.mkdir(parents=True)
        file.write_text("")
    assert target(tmp_path, python).find("corp") == module


def test_an_interpreter_may_be_a_link(tmp_path: Path) -> None:
    python, module = tmp_path / "bin" / "python3", tmp_path / "lib" / "python3.11" / "site-packages" / "corp.py"
    link = tmp_path / "elsewhere" / "commands" / "python"
    for file in (python, module, link):
        file.parent.mkdir(parents=True)
    for file in (python, module):
        file.write_text("")
    link.symlink_to(python)
    assert target(tmp_path, link).find("corp") == module


def test_a_shim_is_no_interpreter_to_find_packages_by(tmp_path: Path) -> None:
    shim = tmp_path / "shims" / "python"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\nexec pyenv exec python "$@"\n')
    with pytest.raises(InitlintError, match="if it is a shim, as pyenv makes them, name what"):
        target(tmp_path, shim)
    assert interpreter(tmp_path, shim) == str(shim)


LIGHTNING = """
import torch
from lightning.pytorch import LightningModule


class Net(LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 4)
        self.example_input_array = torch.rand(1, 4)
        self.example = torch.rand(1, 4)

    def forward(self, x):
        return self.net(x)
"""


def test_what_the_base_class_of_a_framework_asks_for_is_read() -> None:
    assert [finding.attribute for finding in check_sources({"net.py": LIGHTNING})] == ["example"]
