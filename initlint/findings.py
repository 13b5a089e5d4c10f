"""What becomes of the findings of the rules: chosen, suppressed, hidden, sorted, named, each in one place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from initlint.config import Config
from initlint.errors import InitlintError
from initlint.model import Confidence, Finding

_SUPPRESSION = re.compile(
    r"#\s*(?:initlint:\s*(?:ignore\s*\[(?P<own>[^\]]*)\]|(?P<kept>keep-stream\b))|noqa\s*:\s*(?P<noqa>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))"
)
_KEPT = "SOH105"
"""What `# initlint: keep-stream` stands for: a discarded draw that is made so that the stream stays as it was."""

_CODE = re.compile(r"[A-Z]+\d+")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings to show, and how many were suppressed in the source or hidden as merely possible."""

    findings: tuple[Finding, ...]
    suppressed: int
    hidden: int


def chosen(config: Config, codes: Collection[str]) -> frozenset[str]:
    """The rules to run, of all that there are.

    Of a selection and an exclusion that both match a code, the longer one counts:
    `--select SOH101 --ignore SOH1` runs SOH101 alone.
    """
    for prefix in (*config.select, *config.ignore, *config.extend_select):
        if not any(_fits(prefix, code) for code in codes):
            raise InitlintError(f"there is no rule `{prefix}`; `initlint rules` lists them")
    selected = (*(config.select or ("ALL",)), *config.extend_select)
    return frozenset(code for code in codes if _match(code, selected) > _match(code, config.ignore))


def _match(code: str, prefixes: Iterable[str]) -> int:
    """The length of the longest prefix that fits; ALL fits everything, but less well than any other."""
    lengths = (1 if prefix == "ALL" else len(prefix) for prefix in prefixes if _fits(prefix, code))
    return max(lengths, default=0)


def _fits(prefix: str, code: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def conclude(found: Iterable[Finding], lines: Mapping[str, tuple[str, ...]], config: Config) -> Outcome:
    """The findings as they are reported; `lines` holds the source of every file with a finding."""
    ordered = sorted(set(found), key=_place)
    kept = [finding for finding in ordered if not is_suppressed(finding, lines.get(finding.path, ()))]
    shown = [finding for finding in kept if _is_shown(finding, config)]
    return Outcome(_distinct(shown), len(ordered) - len(kept), len(kept) - len(shown))


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.path, finding.span, finding.code, finding.cls, finding.attribute, finding.message


def _is_shown(finding: Finding, config: Config) -> bool:
    return finding.confidence is Confidence.CERTAIN or config.min_confidence == Confidence.POSSIBLE.value


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a source as Python counts them: form feeds and other separators do not end a line."""
    return tuple(_LINE_END.split(text))


def is_suppressed(finding: Finding, lines: tuple[str, ...]) -> bool:
    """Whether a comment on one of the lines of a finding names its code."""
    span = finding.span
    return any(finding.code in suppressed_codes(line) for line in lines[span.line - 1 : span.end_line])


def suppressed_codes(line: str) -> frozenset[str]:
    """The codes in `# initlint: ignore[SOH101] reason` and `# noqa: SOH101`, and of draws that are kept on purpose."""
    found = (_KEPT if match["kept"] else match["own"] or match["noqa"] or "" for match in _SUPPRESSION.finditer(line))
    return frozenset(code for codes in found for code in _CODE.findall(codes))


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings whose fingerprints differ: what a rule says twice about one thing is counted."""
    seen: Counter[str] = Counter()
    distinct = []
    for finding in findings:
        seen[finding.fingerprint] += 1
        number = seen[finding.fingerprint]
        distinct.append(finding if number == 1 else replace(finding, fingerprint=_nth(finding.fingerprint, number)))
    return tuple(distinct)


def _nth(fingerprint: str, number: int) -> str:
    return blake2b(f"{fingerprint} {number}".encode(), digest_size=8).hexdigest()
