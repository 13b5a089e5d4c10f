"""Definitions whose readers cannot be known."""

from __future__ import annotations

from checking import check_sources

from initlint.model import Confidence

HEAD = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""


def doubts(source: str) -> dict[str, str]:
    """The possibly dead definitions, with the last words of their messages."""
    found = check_sources({"net.py": source})
    assert all(finding.confidence is Confidence.POSSIBLE for finding in found)
    return {finding.attribute: finding.message.partition("(possible, not certain: ")[2] for finding in found}


def test_a_class_of_many_parts_that_only_its_holder_could_read() -> None:
    parts = [f"        self.part{number} = nn.Linear(2, 2)\n" for number in range(40)]
    said = doubts(HEAD + "".join(parts))
    assert set(said) == {f"part{number}" for number in range(40)}
    assert set(said.values()) == {"no method of the class could read it, so whoever holds an instance may)"}
