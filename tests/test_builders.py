"""Objects of other libraries that build what the project has registered with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.model import Confidence
from initlint.pipeline import run
from initlint.settings import settle

MODEL = """
import torch
from registries import Registry
from torch import nn

MODELS = Registry("model")


@MODELS.register_module()
class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.multinomial = nn.Linear(4, 4)
        self.bank = nn.Linear(4, 4)

    def forward(self, x):
        return self.bank(x)


class Net(nn.Module):
    def __init__(self, memory: dict):
        super().__init__()
        self.memory = BUILT

    def forward(self, x):
        return self.memory.multinomial(x)
"""


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        ("MODELS.build(memory)", {"multinomial": Confidence.POSSIBLE}),
        ("MODELS.build(dict(type='Memory'))", {"multinomial": Confidence.POSSIBLE}),
        ("MODELS.build({'type': 'Memory'}, strict=True)", {"multinomial": Confidence.POSSIBLE}),
        ("MODELS.create_model('Memory')", {"multinomial": Confidence.POSSIBLE}),
        ("Registry('model').instantiate(memory)", {"multinomial": Confidence.POSSIBLE}),
        ("MODELS.query(memory)", {"multinomial": Confidence.CERTAIN}),
    ],
)
def test_what_another_library_builds_may_be_a_class_of_the_project(
    tmp_path: Path, built: str, expected: dict[str, Confidence]
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.initlint]\nmin-confidence = 'possible'\n")
    (tmp_path / "model.py").write_text(MODEL.replace("BUILT", built))
    options = settle({"paths": (str(tmp_path),)}, start=str(tmp_path)).config
    assert {finding.attribute: finding.confidence for finding in run(options).findings} == expected
