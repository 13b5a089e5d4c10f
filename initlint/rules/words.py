"""The sentences that rules share: what is drawn, and what that shifts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from initlint.model import Answer, Confidence, Kind, Verdict
from initlint.rules.base import CERTAIN, Case, Hit

if TYPE_CHECKING:
    from initlint.construction.ledger import Construction, Define, Overwrite

SHOWN = 4
"""The number of names in a sentence; the rest is counted."""


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    if len(names) > SHOWN + 1:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def drawn(kind: Kind, draws: Answer, names: Sequence[str]) -> str:
    """What a definition draws, as the end of "is never used, but"."""
    if draws is Answer.UNKNOWN:
        return "its construction may draw random numbers"
    if kind is not Kind.SUBMODULE:
        return "its values are drawn at random"
    named = [name for name in dict.fromkeys(names) if name]
    return f"its construction draws {listed(named)}" if named else "its construction draws random numbers"


def shifted(shifts: Sequence[str], draws: Answer, cls: str) -> str:
    """What a draw shifts, as a clause."""
    verb = {Answer.YES: "which shifts", Answer.UNKNOWN: "which would shift", Answer.NO: ""}[draws]
    name = cls.rpartition(".")[2]
    article = "" if name.endswith(("()", ">")) else "an " if name[:1] in "AEIOU" else "a "
    everything = f"everything built after {article}{name}"
    if not shifts:
        return f"{verb} {everything}"
    names = [f"`{shift}`" for shift in shifts]
    shown = names if len(names) <= SHOWN else [*names[:SHOWN], f"{len(names) - SHOWN} more"]
    return f"{verb} {', '.join(shown)} and {everything}"


def dead(case: Case, define: Define) -> Hit:
    """The hit for a definition that nothing reads."""
    found, construction = define.definition, case.construction
    shifts = construction.after(found) if found.draws is not Answer.NO else ()
    return Hit(
        path=define.path,
        span=found.span,
        cls=construction.name,
        attribute=found.attribute,
        kind=found.kind,
        draws=found.draws,
        shifts=shifts,
        verdict=case.dead[found.attribute],
        values=sentences(construction, found.kind, found.draws, found.drawn, shifts),
        drawn_at=construction.drawn_at(define),
        swept_by=construction.swept_by(define),
    )


def replaced(overwrite: Overwrite, cls: str) -> dict[str, str]:
    """The values of `{replaced}` and `{mend}`: what is replaced in a class, and what to do about it."""
    if not overwrite.inherited:
        mend = "Remove the first definition, or move both into the arms of one `if`"
        return {"replaced": f"`{cls}` is replaced in line {overwrite.by.line}", "mend": mend}
    first, base = overwrite.first, _base(overwrite)
    file = "line " if first.path == overwrite.path else f"{first.path}:"
    mend = f"Let `{base}` take it as an argument, or build it in a method that `{cls}` overrides"
    return {
        "replaced": f"`{base}` ({file}{first.definition.span.line}) is replaced in `{cls}`",
        "mend": mend,
    }


def doubted(overwrite: Overwrite) -> Verdict:
    """How sure it is that what is replaced is built in vain."""
    if not overwrite.inherited:
        return CERTAIN
    return Verdict(Confidence.POSSIBLE, f"other instances of `{_base(overwrite)}` may need it")


def _base(overwrite: Overwrite) -> str:
    return overwrite.first.owner.rpartition("::")[2]


def sentences(
    construction: Construction, kind: Kind, draws: Answer, names: Sequence[str], shifts: Sequence[str]
) -> dict[str, str]:
    """The values for `{drawn}`, `{shifted}` and `{kind}` in a message."""
    shifting = shifted(shifts, draws, construction.name) if draws is not Answer.NO else ""
    return {"drawn": drawn(kind, draws, names), "shifted": shifting, "kind": kind.value}
