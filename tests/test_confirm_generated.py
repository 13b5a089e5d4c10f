"""Generated programs are confirmed: real builds agree with the truth and with the findings.

`INITLINT_EXAMPLES=500 pytest tests/test_confirm_generated.py` tries more programs than the fixed series of every day.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, note

torch = pytest.importorskip("torch")

from typing import TYPE_CHECKING

from checking import check_sources
from generated import render
from generated.series import series
from generated.strategies import programs

from initlint.model import Answer, Finding
from initlint.report.evidence import Result, Verdict
from initlint.runtime.host import Host, Limits
from initlint.runtime.trials import Plan, Site, Trials

if TYPE_CHECKING:
    from generated.program import Program

PLAN = Plan(interpreter=sys.executable, limits=Limits(60, 4000))
MIXIN = "is not a torch.nn.Module itself; say what to build"
COUNTS: Counter[Verdict] = Counter()
"""Without the mixins, which nobody can build alone."""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One for all programs: none of them leaves a trace in it."""
    with Host(PLAN.interpreter, PLAN.limits) as one:
        yield one


@series(12)
@given(programs())
def test_builds_agree_with_the_findings(host: Host, program: Program) -> None:
    """A definition moves the streams exactly if it draws, and the weights are the predicted ones."""
    note(render.show(program))
    for result in results(host, program):
        finding = result.findings[0]
        note(f"{finding.path} {finding.cls}.{finding.attribute} {finding.code}: {result.verdict} {result.reason}")
        if MIXIN not in result.reason:
            COUNTS[result.verdict] += 1
        assert result.disagreements == ()
        if result.verdict is not Verdict.INCONCLUSIVE:
            moves = result.verdict in (Verdict.CONFIRMED, Verdict.LATENT)
            assert finding.draws is Answer.UNKNOWN or moves is (finding.draws is Answer.YES)
            assert result.end_state_equal is not moves


def test_most_of_them_could_be_built() -> None:
    """Runs after the programs."""
    assert COUNTS[Verdict.CONFIRMED] > 3 * COUNTS[Verdict.INCONCLUSIVE], COUNTS


def results(host: Host, program: Program) -> list[Result]:
    sources = render.files(program)
    sites: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in check_sources(sources):
        if finding.kind is not None:
            sites[finding.path, finding.cls].append(finding)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        for path, text in sources.items():
            root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            root.joinpath(path).write_text(text, encoding="utf-8")
        trials = Trials(host, str(Path(folder, "kept")), str(root), PLAN, lambda: None, tuple(sources))
        return trials.alone([Site(findings) for findings in sites.values()])
