"""What the tests of `confirm` share: projects, runs, and summaries of the results."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

from initlint.cli import run
from initlint.pipeline import run as check
from initlint.report.evidence import Evidence, Result
from initlint.runtime.confirm import confirm
from initlint.runtime.host import Limits
from initlint.runtime.trials import Plan
from initlint.settings import settle
from initlint.sources import discover

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
STORY = FIXTURES / "story"
HEAD = "import os\nimport sys\nimport torch\nfrom torch import nn\n\n\n"

VERDICTS = """
class Shifted(nn.Module):
    def __init__(self):
        super().__init__()
        self.shifting = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)


class Last(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(2)
        self.ending = nn.Linear(2, 2)

    def forward(self, x):
        return self.norm(x)


class Still(nn.Module):
    def __init__(self):
        super().__init__()
        self.silent = nn.LayerNorm(2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 2)
        self.two = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)
"""


def confirmed(root: Path, **details: Any) -> Evidence:
    """The evidence for a project."""
    config = settle({"paths": (str(root),), "no_cache": True}, start=str(root)).config
    details = {"limits": Limits(60, 4000), **details}
    return confirm(check(config), discover(config).files, Plan(interpreter=sys.executable, **details))


def project(folder: Path, **texts: str) -> Path:
    (folder / "pyproject.toml").write_text("[tool.initlint]\n")
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(HEAD + textwrap.dedent(text).lstrip("\n"))
    return folder


def table(evidence: Evidence) -> dict[str, tuple[str, int, int, str]]:
    """By attribute: the verdict, the number of shared tensors, how many differ, and the first that does."""
    return {result.findings[0].attribute: row(result) for result in evidence.results}


def row(result: Result) -> tuple[str, int, int, str]:
    changed = [tensor.name for tensor in result.changed]
    return result.verdict.value, len(result.tensors), len(changed), changed[0] if changed else ""


def command(*arguments: str) -> int:
    return run(["confirm", "--no-cache", *arguments])


def differing(first: str) -> list[str]:
    """What is drawn from `first` on, in the order of the constructors."""
    parts = ["attn.qkv.weight", "attn.proj.weight", "attn.proj.bias"]
    parts += ["mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias"]
    drawn = [f"blocks.{number}.{part}" for number in range(3) for part in parts] + ["head.weight", "head.bias"]
    return drawn[drawn.index(first) :]
