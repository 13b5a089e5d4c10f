"""What happens to the findings of the rules: selected, suppressed, hidden, sorted, identified, each in one place."""

from __future__ import annotations

import functools
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from initlint.baseline import Compared, compare
from initlint.config import Config
from initlint.errors import InitlintError, suggestion
from initlint.model import Confidence, Entry, Finding
from initlint.sources import Sources, fitting
from initlint.suppressions import Judge, Suppressions, suppress

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings to show, how many were suppressed in the source or hidden as merely possible, and the comparison
    with the baseline."""

    findings: tuple[Finding, ...]
    suppressed: int
    hidden: int
    compared: Compared


def chosen(config: Config, codes: Collection[str]) -> frozenset[str]:
    """The codes of the rules to run.

    If a selection and an exclusion both match a code, the longer one wins: `--select SOH101 --ignore SOH1` runs SOH101
    alone.
    """
    selected = (*(config.select or ("ALL",)), *config.extend_select)
    return frozenset(code for code in codes if _match(code, selected) > _match(code, config.ignore))


def refuse_unknown(prefixes: Iterable[str], codes: Collection[str], where: str) -> None:
    """Raise InitlintError if no rule has a code with one of these prefixes."""
    for prefix in prefixes:
        if not any(_fits(prefix, code) for code in codes):
            upper = prefix.upper()
            meant = [upper] if any(_fits(upper, code) for code in codes) else codes
            hint = suggestion(prefix, meant, "; `initlint rules` lists them")
            raise InitlintError(f"{where}: there is no rule `{prefix}`{hint}")


def _match(code: str, prefixes: Iterable[str]) -> int:
    """The length of the longest matching prefix; ALL matches everything, but any other prefix wins over it."""
    lengths = (1 if prefix == "ALL" else len(prefix) for prefix in prefixes if _fits(prefix, code))
    return max(lengths, default=0)


def _fits(prefix: str, code: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def conclude(
    found: Iterable[Finding],
    comments: Suppressions,
    config: Config,
    sources: Sources,
    codes: Collection[str],
    baseline: Iterable[Entry] = (),
) -> Outcome:
    """The findings to report. `comments` are the suppression comments of the reported files, `codes` the codes of all
    rules."""
    looked_for = _looked_for(config, sources.root, codes)
    judge = Judge(frozenset(codes), looked_for, chosen(Config(), codes))
    wanted = {finding for finding in found if finding.code in looked_for(finding.path)}

    def is_judged(entry: Entry) -> bool:
        is_seen = entry.path in sources.reported or not os.path.exists(os.path.join(sources.root, entry.path))
        return is_seen and (entry.code in looked_for(entry.path) or entry.code not in judge.codes)

    kept, unused, suppressed = suppress(_named(wanted), comments, judge)
    compared = compare(baseline, sorted([*kept, *_named(unused)], key=_place), is_judged)
    shown = [finding for finding in compared.new if _is_shown(finding, config)]
    return Outcome(tuple(shown), suppressed, len(compared.new) - len(shown), compared)


def _looked_for(config: Config, root: str, all_codes: Collection[str]) -> Callable[[str], frozenset[str]]:
    """The codes of the rules that run over a file."""
    codes = chosen(config, all_codes)
    ignores = [
        (fitting(config, root, pattern), {code for code in all_codes for prefix in prefixes if _fits(prefix, code)})
        for pattern, prefixes in config.per_file_ignores
    ]

    @functools.cache
    def looked_for(path: str) -> frozenset[str]:
        return codes.difference(*(ignored for fits, ignored in ignores if fits(path)))

    return looked_for


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.path, finding.span, finding.code, finding.cls, finding.attribute, finding.message


def _is_shown(finding: Finding, config: Config) -> bool:
    return finding.confidence is Confidence.CERTAIN or config.min_confidence == Confidence.POSSIBLE.value


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a source as Python counts them: form feeds and other separators do not end a line."""
    return tuple(_LINE_END.split(text))


def _named(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings in order, each with its fingerprint, which has no line, so that it stays when code moves.

    Findings with the same name are numbered from the top of the file.
    """
    seen: Counter[str] = Counter()
    for finding in sorted(findings, key=_place):
        name = "\0".join((finding.code, finding.path, finding.cls, finding.attribute))
        seen[name] += 1
        yield replace(finding, fingerprint=_digest(f"{name}\0{seen[name]}"))


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()
