"""Every output format for the same report, as complete texts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from initlint import __version__
from initlint.findings import split_lines
from initlint.model import Answer, Confidence, Finding, Kind, Problem, Span, Strategy
from initlint.report import concise, full, statistics, summary
from initlint.report import json as json_format
from initlint.report.record import Report, Statistics

SOURCE = """class Attention(Module):
    def __init__(self, dim):
        self.gamma = Parameter(torch.randn(dim))
        self.proj = Linear(
            dim,
            dim,
        )
"""

GAMMA = Finding(
    code="SOH102",
    name="dead-parameter",
    message="parameter `gamma` of `Attention` is never used, but its values are drawn at random",
    advice="Remove it.",
    path="models/attention.py",
    span=Span(3, 9, 3, 49),
    cls="Attention",
    attribute="gamma",
    kind=Kind.PARAMETER,
    draws=Answer.YES,
    shifts=("proj",),
    confidence=Confidence.CERTAIN,
    fingerprint="0123456789abcdef",
    fixes=tuple(Strategy),
)
PROJ = replace(
    GAMMA,
    code="SOH101",
    name="dead-submodule",
    message="submodule `proj` of `Attention` is never used (possible: `m.proj` in train.py:3)",
    span=Span(4, 9, 7, 10),
    attribute="proj",
    kind=Kind.SUBMODULE,
    draws=Answer.UNKNOWN,
    shifts=(),
    confidence=Confidence.POSSIBLE,
    fingerprint="fedcba9876543210",
)
BROKEN = replace(
    GAMMA,
    code="SOH901",
    name="syntax-error",
    message="the file holds NUL bytes",
    advice="",
    path="zoo/broken.py",
    span=Span(1, 1, 1, 1),
    cls="",
    attribute="",
    kind=None,
    draws=Answer.NO,
    shifts=(),
    fingerprint="0000000000000000",
)
REPORT = Report(
    findings=(GAMMA, PROJ, BROKEN),
    problems=(Problem("other.py", "byte 0xe9 is not valid in utf-8", 12),),
    statistics=Statistics(files=2, modules=1, read=3, suppressed=1, hidden=2),
    root="/project",
    lines={"models/attention.py": split_lines(SOURCE)},
)


def test_concise() -> None:
    assert concise.render(REPORT) == (
        "models/attention.py:3:9: SOH102 parameter `gamma` of `Attention` is never used, but its values are drawn at"
        " random\n"
        "models/attention.py:4:9: SOH101 submodule `proj` of `Attention` is never used (possible: `m.proj`"
        " in train.py:3)\n"
        "zoo/broken.py:1:1: SOH901 the file holds NUL bytes\n"
    )


FULL = """\
models/attention.py:3:9: SOH102 parameter `gamma` of `Attention` is never used, but its values are drawn at random
    |
  2 |     def __init__(self, dim):
> 3 |         self.gamma = Parameter(torch.randn(dim))
    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  4 |         self.proj = Linear(
    |
    = shifts: `proj`
    = help: Remove it.

models/attention.py:4:9: SOH101 submodule `proj` of `Attention` is never used (possible: `m.proj` in train.py:3)
    |
  3 |         self.gamma = Parameter(torch.randn(dim))
> 4 |         self.proj = Linear(
> 5 |             dim,
> 6 |             dim,
> 7 |         )
  8 |
    |
    = help: Remove it.

zoo/broken.py:1:1: SOH901 the file holds NUL bytes

"""


def test_full() -> None:
    assert full.render(REPORT) == FULL


def test_full_in_colour_says_the_same() -> None:
    painted = full.render(REPORT, color=True)
    assert "\x1b[1;31mSOH102\x1b[0m" in painted
    assert "\x1b[1;33mSOH101\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == FULL


def excerpt(source: str, span: Span) -> list[str]:
    finding = replace(GAMMA, span=span, path="a.py", shifts=(), advice="", message="m")
    return full.render(replace(REPORT, findings=(finding,), lines={"a.py": split_lines(source)})).splitlines()[2:-2]


def test_the_mark_stands_under_what_is_shown() -> None:
    assert excerpt("\tself.é日 = a\tb  # 日\n", Span(1, 2, 1, 15)) == [
        "> 1 |     self.é日 = a    b  # 日",
        "    |     ^^^^^^^^^^^^^^^^^",
        "  2 |",
    ]


def test_nothing_steers_the_terminal() -> None:
    assert excerpt("x = '\x1b[2J\u202e'\f\n", Span(1, 1, 1, 4)) == ["> 1 | x = '�[2J�'", "    | ^^^", "  2 |"]


def test_endless_lines_and_statements_are_cut() -> None:
    shown = excerpt("x = '" + "a" * 5_000_000 + "'\n", Span(1, 1, 1, 5_000_007))
    assert [len(line) for line in shown] == [6 + full.WIDTH, 6 + full.WIDTH, 5]
    assert excerpt("x = (\n" + "1,\n" * 1000 + ")\n", Span(1, 1, 1002, 2)) == [
        ">    1 | x = (",
        *(f">    {number} | 1," for number in range(2, 7)),
        "     7 | 1,",
        "       | ...",
    ]


def test_a_place_that_is_gone_is_not_shown() -> None:
    assert excerpt("x = 1\n", Span(7, 1, 7, 2)) == []


def test_json_is_the_contract() -> None:
    document: dict[str, Any] = json.loads(json_format.render(REPORT))
    assert document["schema_version"] == 1
    assert document["tool"] == {"name": "initlint", "version": __version__}
    assert document["findings"][0] == {
        "code": "SOH102",
        "name": "dead-parameter",
        "message": "parameter `gamma` of `Attention` is never used, but its values are drawn at random",
        "cell": None,
        "path": "models/attention.py",
        "line": 3,
        "column": 9,
        "end_line": 3,
        "end_column": 49,
        "class": "Attention",
        "attribute": "gamma",
        "kind": "parameter",
        "draws": "yes",
        "shifts": ["proj"],
        "confidence": "certain",
        "fingerprint": "0123456789abcdef",
        "fix": {"applicability": "unsafe", "strategies": ["remove", "isolate", "keep-stream"]},
    }
    assert [finding["kind"] for finding in document["findings"]] == ["parameter", "submodule", None]
    assert document["errors"] == [{"path": "other.py", "line": 12, "message": "byte 0xe9 is not valid in utf-8"}]
    assert document["statistics"] == {
        "files": 2,
        "modules": 1,
        "findings": {"SOH101": 1, "SOH102": 1, "SOH901": 1},
        "suppressed": 1,
        "hidden": 2,
        "baseline": 0,
    }
    assert document["mended"] == []
    assert sorted(document) == ["errors", "findings", "mended", "schema_version", "statistics", "tool"]


def test_statistics() -> None:
    more = replace(REPORT, findings=(*REPORT.findings, *[GAMMA] * 11))
    assert (
        statistics.render(more) == " 1  SOH101  dead-submodule\n12  SOH102  dead-parameter\n 1  SOH901  syntax-error\n"
    )


NOTHING = Report((), (), Statistics(files=1200, modules=1, read=1200), "/project")


def test_summary() -> None:
    assert summary.render(REPORT, 1.234) == (
        "initlint: warning: other.py: byte 0xe9 is not valid in utf-8\n"
        "3 findings: 1 SOH101, 1 SOH102, 1 SOH901. Checked 1 module in 2 files in 1.23 s."
        " 2 more are in doubt: `--min-confidence possible` shows more. 1 is suppressed in the source."
        " `initlint explain SOH102` says more.\n"
    )
    assert summary.render(NOTHING, 0.5) == "Nothing found. Checked 1 module in 1,200 files in 0.50 s.\n"


def test_summary_of_nothing_at_all() -> None:
    empty = replace(NOTHING, statistics=Statistics(files=0, modules=0, read=0))
    assert summary.render(empty, 0).splitlines()[0] == (
        "initlint: warning: there are no Python files under the given paths"
    )


def test_summary_names_one_unread_file_or_all() -> None:
    problems = tuple(Problem(f"{name}.py", "bad", 1) for name in "abc")
    report = replace(NOTHING, problems=problems)
    assert summary.render(report, 0).splitlines()[:-1] == [
        "initlint: warning: a.py: bad; 2 more files could not be read, `--verbose` names all"
    ]
    assert summary.render(report, 0, verbose=True).splitlines()[:-1] == [
        "initlint: warning: a.py: bad",
        "initlint: warning: b.py: bad",
        "initlint: warning: c.py: bad",
        "initlint: read 1,200 files under /project to check 1,200 of them",
    ]


def test_paths_are_shown_as_they_can_be_opened_from_where_the_run_was_started() -> None:
    report = Report((), (), Statistics(1, 1, 1), root="/work/project", folder="/work")
    assert report.shown("net.py") == "project/net.py"
    assert Report((), (), Statistics(1, 1, 1), root="/work", folder="/work/docs").shown("net.py") == "/work/net.py"
    assert Report((), (), Statistics(1, 1, 1), root="/work", folder="/work").shown("net.py") == "net.py"
