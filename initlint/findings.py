"""What becomes of the findings of the rules: chosen, suppressed, hidden, sorted, named, each in one place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from initlint.config import Config
from initlint.errors import InitlintError
from initlint.model import Confidence, Finding

_SUPPRESSION = re.compile(
    r"#\s*(?:initlint:\s*ignore\s*\[(?P<own>[^\]]*)\]|noqa\s*:\s*(?P<noqa>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))"
)
_CODE = re.compile(r"[A-Z]+\d+")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings to show, and how many were suppressed in the source or hidden as merely possible."""

    findings: tuple[Finding, ...]
    suppressed: int
    hidden: int


def chosen(config: Config, rules: Mapping[str, bool]) -> frozenset[str]:
    """The codes of the rules to run. `rules` says of every code whether it runs when nothing is selected.

    Of a selection and an exclusion that both match a code, the longer one counts:
    `--select SOH101 --ignore SOH1` runs SOH101 alone.
    """
    for prefix in (*config.select, *config.ignore, *config.extend_select):
        if not any(_fits(prefix, code) for code in rules):
            raise InitlintError(f"there is no rule `{prefix}`; `initlint rules` lists them")
    selected = (*config.select, *config.extend_select)
    by_default = () if config.select else tuple(code for code, default in rules.items() if default)
    return frozenset(
        code
        for code in rules
        if max(_match(code, selected), 1 if code in by_default else 0) > _match(code, config.ignore)
    )


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
    return Outcome(_named(shown), len(ordered) - len(kept), len(kept) - len(shown))


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
    """The codes in `# initlint: ignore[SOH101] reason` and `# noqa: SOH101`."""
    return frozenset(
        code
        for match in _SUPPRESSION.finditer(line)
        for code in _CODE.findall(match["own"] or match["noqa"] or "")
    )


def _named(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding with a fingerprint made of what it is about, not of where it stands in the file."""
    seen: Counter[tuple[str, ...]] = Counter()
    named = []
    for finding in findings:
        subject = (finding.code, finding.path, finding.cls, finding.attribute)
        text = "\0".join([*subject, str(seen[subject])])
        seen[subject] += 1
        fingerprint = blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()
        named.append(replace(finding, fingerprint=fingerprint))
    return tuple(named)
