"""Which classes are worth a construction."""

from __future__ import annotations

import textwrap

import pytest

from initlint.facts.extract import extract
from initlint.project import link
from initlint.project.classes import Method
from initlint.project.readers import Readers
from initlint.project.roles import Roles
from initlint.project.suspects import candidates, suspects

NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
{body}

    def forward(self, x):
        return self.head(x)
"""

FIRST, AGAIN, OTHER = (f"self.head = nn.{layer}(2, 2)" for layer in ("Linear", "Bilinear", "Identity"))


def is_suspect(body: str) -> bool:
    source = NET.format(body=textwrap.indent(body, " " * 8)).encode()
    project = link({"net.py": extract(source)}, {"net.py": source}.__getitem__)
    return bool(list(suspects(Readers(project), candidates(project, frozenset({"net.py"})))))


@pytest.mark.parametrize(
    "body",
    [
        f"{FIRST}\n{AGAIN}",
        f"{FIRST}\nwith kind:\n    {AGAIN}",
        f"try:\n    {FIRST}\nfinally:\n    {AGAIN}",
        f"{FIRST}\nif kind:\n    {AGAIN}\nelse:\n    {OTHER}",
        f"{FIRST}\nmatch kind:\n    case 1:\n        {AGAIN}\n    case _:\n        {OTHER}",
        f"if kind:\n    pass\nelse:\n    {FIRST}\n    {AGAIN}",
        f"match kind:\n    case _:\n        {FIRST}\n        {AGAIN}",
    ],
)
def test_what_may_be_replaced_on_every_way_is_suspect(body: str) -> None:
    assert is_suspect(body)


@pytest.mark.parametrize(
    "body",
    [
        f"{FIRST}\nif kind:\n    {AGAIN}",
        f"if kind:\n    {FIRST}\nelse:\n    {AGAIN}",
        f"if kind == 1:\n    {FIRST}\nelif kind == 2:\n    {AGAIN}\nelse:\n    with kind:\n        {OTHER}",
        f"match kind:\n    case 1:\n        {FIRST}\n    case _:\n        {AGAIN}",
    ],
)
def test_arms_of_which_one_runs_replace_nothing(body: str) -> None:
    """One in seven classes of diffusers has such arms, which are not worth a construction."""
    assert not is_suspect(body)


def test_when_a_method_runs_that_builds_nothing_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def asking(_: Roles, method: Method) -> bool:
        asked.append(method.facts.name)
        return True

    monkeypatch.setattr(Roles, "runs_in_construction", asking)
    assert not is_suspect(FIRST)
    assert asked == ["__init__"]
