"""What goes wrong with one class costs no other class anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint import hazards
from initlint.model import Confidence
from initlint.pipeline import check_sources

if TYPE_CHECKING:
    import pytest

DEAD = """
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.old = nn.Linear(8, 8)
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(x)
"""
TWO = "from torch import nn\n" + DEAD.format(name="One") + DEAD.format(name="Two")


def test_a_class_that_cannot_be_followed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = hazards.suspects

    def deep(readers, infos):  # type: ignore[no-untyped-def]
        if infos[0].facts.name == "One":
            raise RecursionError
        return followed(readers, infos)

    monkeypatch.setattr(hazards, "suspects", deep)
    found = [(finding.code, finding.span.line, finding.attribute) for finding in check_sources({"net.py": TWO})]
    assert found == [("SOH901", 3, ""), ("SOH101", 15, "old")]


def test_an_alias_that_holds_itself_says_nothing() -> None:
    alias = 'from typing import Type\n\nLayer = Type["Layer"]\n\n\ndef use(layer: Layer):\n    return layer.old\n'
    (found,) = check_sources({"net.py": "from torch import nn\n" + DEAD.format(name="One"), "use.py": alias})
    assert (found.attribute, found.confidence) == ("old", Confidence.POSSIBLE)
