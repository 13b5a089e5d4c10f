"""The rewriter: what becomes of the text, and whether each strategy keeps its promise when the result is run."""

from __future__ import annotations

from textwrap import dedent

from initlint.model import Strategy
from initlint.pipeline import check_sources
from initlint.rewrite import Rewritten, rewrite


def mended(text: str, strategy: Strategy = Strategy.REMOVE) -> Rewritten:
    """All findings in a text, mended as far as they can be."""
    text = dedent(text).lstrip("\n")
    findings = [finding for finding in check_sources({"model.py": text}) if strategy in finding.fixes]
    return rewrite(text.encode(), findings, strategy)


def test_a_line_goes_with_its_comment() -> None:
    result = mended(
        """
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.old = nn.Linear(8, 8)  # not used
                self.head = nn.Linear(8, 1)  # used

            def forward(self, x):
                return self.head(x)
        """
    )
    assert result.source.decode() == dedent(
        """\
        from torch import nn


        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(8, 1)  # used

            def forward(self, x):
                return self.head(x)
        """
    )
    assert [finding.attribute for finding in result.mended] == ["old"]
    assert result.refused == ()
