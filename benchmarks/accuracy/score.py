"""Joins what initlint finds in untouched libraries with verdicts that were reached by reading the code.

    python benchmarks/accuracy/score.py LIBRARY_DIR [LIBRARY_DIR ...]

A folder is named as the library whose Python files it holds (`timm`), of the version that verdicts.jsonl names.
Each line of verdicts.jsonl answers one question: is the definition `dead`, `overwritten` before it is read, or
`discarded`? The verdict `dead` says that the finding is right, `live` that it is a false alarm, and `unsure` that the
code can be read both ways. Precision counts what is judged and not unsure.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linter import DEFAULT_COMMAND, read_report, run_linter

if TYPE_CHECKING:
    from linter import Found

VERDICTS = Path(__file__).with_name("verdicts.jsonl")
QUESTIONS = {"SOH104": "overwritten", "SOH105": "discarded"}
LEVELS = {"certain": ("certain",), "certain and possible": ("certain", "possible")}

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Verdict:
    """What somebody who read the code says of one finding."""

    verdict: str
    draws: str
    reason: str


@dataclass(frozen=True)
class Judged:
    """A finding with its verdict, or with none if nobody has read the code yet."""

    finding: Found
    verdict: Verdict | None

    @property
    def answer(self) -> str:
        return self.verdict.verdict if self.verdict else "unjudged"


def read_verdicts(library: str) -> dict[Key, Verdict]:
    """The verdicts on one library."""
    verdicts: dict[Key, Verdict] = {}
    for line in VERDICTS.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["library"] == library:
            key = (entry["file"], entry["class"], entry["attribute"], entry["question"])
            verdicts[key] = Verdict(entry["verdict"], entry["draws"], entry["reason"])
    return verdicts


def join(findings: Iterable[Found], verdicts: dict[Key, Verdict]) -> Iterator[Judged]:
    for finding in findings:
        question = QUESTIONS.get(finding["code"], "dead")
        key = (finding["path"], finding["class"], finding["attribute"], question)
        yield Judged(finding, verdicts.get(key))


def lost(judged: Iterable[Judged], verdicts: dict[Key, Verdict]) -> Iterator[Key]:
    """What was found dead once and is not found any more."""
    found = {id(one.verdict) for one in judged}
    return (key for key, verdict in verdicts.items() if verdict.verdict == "dead" and id(verdict) not in found)


def row(library: str, level: str, judged: list[Judged]) -> str:
    """One row: counts by verdict and precision over what is judged and sure."""
    shown = [one for one in judged if one.finding["confidence"] in LEVELS[level]]
    counts = Counter(one.answer for one in shown)
    sure = counts["dead"] + counts["live"]
    precision = f"{counts['dead'] / sure:.1%}" if sure else ""
    cells = [library, level, str(len(shown)), *(str(counts[name]) for name in ("dead", "live", "unsure", "unjudged"))]
    return f"| {' | '.join([*cells, precision])} |"


def details(library: str, judged: list[Judged]) -> Iterator[str]:
    """Every finding that is not plainly right, and every answer on draws that the reading contradicts."""
    for one in judged:
        finding = one.finding
        where = f"{library}: {finding['path']}:{finding['line']} {finding['class']}.{finding['attribute']}"
        if one.answer != "dead":
            reason = one.verdict.reason if one.verdict else finding["message"]
            yield f"{one.answer} ({finding['code']}, {finding['confidence']}) {where}: {reason}"
        if one.verdict and one.verdict.draws not in ("either", finding["draws"]):
            yield f"draws said {finding['draws']}, read {one.verdict.draws} ({finding['code']}) {where}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", type=Path, nargs="+", help="folders, each with the name of its library")
    parser.add_argument("--report", type=Path, help="read this JSON report of the one library instead of running")
    parser.add_argument("--linter", default=DEFAULT_COMMAND, help="how initlint is started")
    options = parser.parse_args()
    if options.report and len(options.libraries) > 1:
        parser.error("--report stands for one library")
    return options


def main() -> None:
    options = arguments()
    rows: list[str] = []
    notes: list[str] = []
    for folder in options.libraries:
        library = folder.resolve().name
        findings = (
            read_report(options.report.read_text("utf-8")) if options.report else run_linter(options.linter, folder)
        )
        verdicts = read_verdicts(library)
        judged = list(join(findings, verdicts))
        rows += [row(library, level, judged) for level in LEVELS]
        notes += details(library, judged)
        notes += [f"no longer found: {library}: {' '.join(key)}" for key in lost(judged, verdicts)]
    print("| library | confidence | findings | right | false | unsure | unjudged | precision |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print("\n".join([*rows, "", *notes]))


if __name__ == "__main__":
    main()
