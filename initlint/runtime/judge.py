"""From builds with and without a definition to a verdict. Nothing is built here."""

from __future__ import annotations

import os
from collections.abc import Sequence

from initlint.model import Answer, Finding, Strategy
from initlint.report.evidence import Measured, Result, Shared, Verdict
from initlint.report.trace import OUTSIDE
from initlint.runtime.host import Built, Drawn, Tensor

REPLACED = "SOH104"
"""The rule whose definitions are gone when construction ends, so their name belongs to another one."""

ALONE = "first."
"""The prefix of the names in the first instance, which no earlier instance could have shifted."""


def judge(
    findings: tuple[Finding, ...],
    root: str,
    baselines: tuple[Built, Built],
    without: Built,
    strategy: Strategy,
    target: str,
    seed: int,
) -> Result:
    """The verdict on findings that are fixed in one of three builds.

    What differs between the two builds of the unchanged code is left out, and noted.
    """
    whole, again = baselines
    own = {name for finding in findings for name in own_tensors(finding, root, whole)}
    if strategy is Strategy.ISOLATE:  # what stays under other names is still the definition's
        memory = {tensor.memory for tensor in whole.tensors if tensor.name in own}
        own |= {tensor.name for tensor in whole.tensors if tensor.memory in memory}
    unstable = {a.name for a, b in zip(whole.tensors, again.tensors) if a != b}  # noqa: B905
    shared = tuple(compared(whole, without, own | unstable))
    equal = whole.ends == without.ends
    seen = tuple(draw for draw in whole.draws if any(_belongs(draw, finding, root) for finding in findings))
    changed = any(not tensor.same for tensor in shared)
    verdict, reason = _verdict(whole, again, sorted(unstable), changed, equal)
    if verdict is Verdict.HARMLESS and (never := _never_run(findings, own, seen)):
        verdict, reason = Verdict.INCONCLUSIVE, never
    bugs = disagreements(findings, root, whole, without, shared, len(seen)) if verdict in SEEN else []
    return Result(
        findings=findings,
        verdict=verdict,
        target=target,
        seed=seed,
        strategy=strategy,
        tensors=shared,
        end_state_equal=equal,
        draws=tuple(Measured(draw.owner, draw.operator, draw.numel, draw.stream) for draw in seen),
        reason=reason,
        notes=tuple(_notes(findings, whole, sorted(unstable), verdict, len(seen))),
        disagreements=tuple(bugs),
    )


SEEN = (Verdict.CONFIRMED, Verdict.LATENT, Verdict.HARMLESS)


def _verdict(whole: Built, again: Built, unstable: list[str], changed: bool, equal: bool) -> tuple[Verdict, str]:
    if whole.ends != again.ends or len(whole.tensors) != len(again.tensors):
        where = f", first in `{unstable[0]}`" if unstable else ""
        differ = f"two builds of the unchanged code differ from each other{where}"
        return Verdict.INCONCLUSIVE, f"{differ}, so comparing with a third would prove nothing"
    if changed:
        return Verdict.CONFIRMED, ""
    if unstable:
        return Verdict.INCONCLUSIVE, f"`{unstable[0]}` differs between two builds of the unchanged code already"
    return (Verdict.HARMLESS, "") if equal else (Verdict.LATENT, "")


def _never_run(findings: tuple[Finding, ...], own: set[str], draws: Sequence[Drawn]) -> str:
    """A sentence about a definition that should draw, but of which the build shows no trace."""
    finding = findings[0]
    if len(findings) > 1 or draws or finding.draws is not Answer.YES:
        return ""
    if finding.swept_by:
        who = f"`{finding.attribute}` is drawn by an initialisation that this build does not run"
        return f"{who}; build the model around it"
    if own:
        return ""
    return f"the build does not run line {finding.span.line}, where `{finding.attribute}` is defined"


def _notes(findings: tuple[Finding, ...], whole: Built, unstable: list[str], verdict: Verdict, draws: int) -> list[str]:
    notes = []
    if verdict is Verdict.HARMLESS and draws and len(findings) == 1 and findings[0].draws is Answer.YES:
        notes.append("its draws are made without it too, or leave no trace")
    if whole.reseeded:
        notes.append("the target sets its own seed, so the given one has no effect after that")
    if unstable and verdict is Verdict.CONFIRMED:
        names = ", ".join(f"`{name}`" for name in unstable[:3]) + (" and others" if len(unstable) > 3 else "")
        notes.append(f"left out, since two builds of the unchanged code differ in it: {names}")
    return notes


def compared(whole: Built, without: Built, left_out: set[str]) -> list[Shared]:
    """The tensors in both builds, in the order of the first."""
    after = {tensor.name: tensor for tensor in without.tensors}
    return [
        _pair(tensor, after[tensor.name], without)
        for tensor in whole.tensors
        if tensor.name in after and tensor.name not in left_out
    ]


def _pair(before: Tensor, after: Tensor, without: Built) -> Shared:
    same = before.digest == after.digest
    difference = 0.0 if same else without.differences.get(before.name)
    return Shared(before.name, before.kind, before.shape, same, before.head, after.head, difference)


def instances(finding: Finding, root: str, built: Built) -> tuple[str, ...]:
    """The names of the instances of a finding's class."""
    return built.classes.get(f"{real_path(finding, root)}::{finding.cls}", ())


def real_path(finding: Finding, root: str) -> str:
    return os.path.realpath(os.path.join(root, finding.path))


def own_tensors(finding: Finding, root: str, built: Built) -> set[str]:
    """The tensors of a dead definition."""
    if finding.code == REPLACED:
        return set()
    names = [f"{prefix}.{finding.attribute}".lstrip(".") for prefix in instances(finding, root, built)]
    return {t.name for t in built.tensors for name in names if t.name == name or t.name.startswith(f"{name}.")}


def is_reached(finding: Finding, root: str, built: Built) -> bool:
    """Whether a build reached a definition: it has an instance of its class, or a draw in its lines."""
    return bool(instances(finding, root, built)) or any(_stands_in(draw, finding, root) for draw in built.draws)


def _belongs(draw: Drawn, finding: Finding, root: str) -> bool:
    """Whether a draw is made for a definition: from its lines, from lines that only serve it, or into its memory."""
    return draw.operator != OUTSIDE and (
        _stands_in(draw, finding, root) or (bool(draw.owner) and _fills(draw.owner, finding))
    )


def _fills(owner: str, finding: Finding) -> bool:
    """Whether a tensor that an initialisation loop filled is the definition's."""
    return bool(finding.swept_by) and finding.attribute in owner.split(".")


def _stands_in(draw: Drawn, finding: Finding, root: str) -> bool:
    return not places(finding, root).isdisjoint(draw.frames)


def places(finding: Finding, root: str) -> set[tuple[str, int]]:
    """The lines of a definition and those that only serve it, each with its file."""
    path, spans = real_path(finding, root), (finding.span, *finding.drawn_at)
    return {(path, line) for span in spans for line in range(span.line, span.end_line + 1)}


def disagreements(
    findings: Sequence[Finding], root: str, whole: Built, without: Built, shared: tuple[Shared, ...], draws: int
) -> list[str]:
    """Where a build contradicts what a single finding says."""
    if len(findings) != 1:
        return []
    finding, found = findings[0], []
    moved = whole.ends != without.ends
    if finding.draws is Answer.YES and not (draws or moved):
        found.append(f"`{finding.attribute}` is said to draw, but the build saw no draw")
    if finding.draws is Answer.NO and moved:
        found.append(f"`{finding.attribute}` is said to draw nothing, but without it the streams end in another state")
    if ALONE.rstrip(".") in instances(finding, root, whole):
        found += _shifts(finding, whole, shared)
    return found


def _shifts(finding: Finding, whole: Built, shared: tuple[Shared, ...]) -> list[str]:
    """In the first instance, exactly the shifted definitions should differ.

    What a subclass adds may differ too, and for a plain list, which has no name in a model, the place where its modules
    are registered. Shifted definitions may be filled with constants later; only those that still hold numbers must
    differ.
    """
    first = [tensor for tensor in shared if tensor.name.startswith(ALONE)]
    changed = {_attribute(tensor.name) for tensor in first if not tensor.same}
    drawn = {_attribute(draw.owner) for draw in whole.draws if draw.owner.startswith(ALONE)}
    varied = {_attribute(tensor.name) for tensor in first if len(set(tensor.before)) > 1}
    found = []
    nameless = set(finding.shifts) - {_attribute(tensor.name) for tensor in whole.tensors}
    extra = sorted(changed - set(finding.shifts))
    if extra and not nameless and whole.of.endswith(f".{finding.cls}"):
        found.append(f"{_quoted(extra)} changed, which the finding does not say")
    moved = any(not tensor.same for tensor in shared)
    if moved and (missing := sorted((set(finding.shifts) & drawn & varied) - changed)):
        found.append(f"{_quoted(missing)} did not change, though the finding says that it is shifted")
    return found


def _attribute(name: str) -> str:
    return name.removeprefix(ALONE).partition(".")[0]


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
