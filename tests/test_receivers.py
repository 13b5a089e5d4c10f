"""Reads through receivers of unknown class: what shows that they are no reads of a dead definition."""

from __future__ import annotations

import pytest
from checking import check_sources

from initlint.model import Confidence

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, dim, part=None):
        super().__init__()
        self.old = nn.Linear(dim, dim)
        self.gates = part

    def forward(self, x):
        return x if self.gates is None else self.gates(x)


class Gated(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gates = nn.Sequential(nn.Linear(dim, dim))

    def forward(self, x):
        return self.gates(x)
"""

DECIDED = {
    "a part of what isinstance lets through": """
        def weights(model):
            for part in model.modules():
                if isinstance(part, Gated):
                    yield part.gates[0].old
    """,
    "what another library makes of a truth value": """
        from pretrained import backbones

        def features(pretrained=True):
            return backbones.resnet(pretrained).old
    """,
    "a row of a table": """
        import pandas

        def first(path):
            return pandas.read_parquet(path).groupby(path).old
    """,
    "what is only looked at and set again": """
        def convert(part):
            for name in ("old", "older"):
                value = getattr(part, name, None)
                if value is not None:
                    value.data = value.data.half()
    """,
    "what cast makes of anything": """
        from decimal import Decimal
        from typing import cast

        def cut(value):
            return cast(Decimal, value).old
    """,
    "a method of the same name of another class": """
        class Plan:
            def run(self, net):
                return net.old

        class Runner:
            def run(self, net):
                return net

        def both(net):
            return Plan().run(3), Runner().run(net)
    """,
}

DOUBTFUL = {
    "anything": """
        def use(model):
            return model.old
    """,
    "a number may be anything where it is none by default": """
        from pretrained import backbones

        def features(part=None):
            return backbones.wrap(part).old
    """,
}


def confidence(reader: str) -> Confidence:
    """How certain it is that nothing reads `Net.old`, beside code that reads an `old` from something."""
    lines = [line.removeprefix("        ") for line in reader.splitlines()]
    (found,) = [f for f in check_sources({"net.py": NET + "\n".join(lines)}) if f.attribute == "old"]
    return found.confidence


@pytest.mark.parametrize("reader", DECIDED.values(), ids=DECIDED)
def test_decided(reader: str) -> None:
    assert confidence(reader) is Confidence.CERTAIN


@pytest.mark.parametrize("reader", DOUBTFUL.values(), ids=DOUBTFUL)
def test_left_in_doubt(reader: str) -> None:
    assert confidence(reader) is Confidence.POSSIBLE
