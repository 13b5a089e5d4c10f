"""The evidence for findings: the only thing that its formats know."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from initlint.model import Finding, Strategy
from initlint.report.record import Report


class Verdict(enum.Enum):
    """What building with and without a definition showed.

    Confirmed: weights differ. Latent: none differs, but the streams end in different states, so whatever is built or
    drawn next differs. Harmless: nothing differs. Inconclusive: it could not be measured.
    """

    CONFIRMED = "confirmed"
    LATENT = "latent"
    HARMLESS = "harmless"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Shared:
    """A tensor in both builds: its first values with and without the definition, and their greatest difference.

    `difference` is None if there is no such number, for example between different shapes.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    same: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    difference: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured draw of a dead definition; `owner` is the name of the tensor that it filled, or ""."""

    owner: str
    operator: str
    numel: int
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One comparison: the findings that were fixed in it, and what that changed.

    `reason` says why a verdict is inconclusive, `notes` are other remarks, `disagreements` are contradictions between
    the build and the finding, which are bugs in initlint. `target` is what was built, "" if nothing could be.
    """

    findings: tuple[Finding, ...]
    verdict: Verdict
    target: str
    seed: int
    strategy: Strategy | None = None
    tensors: tuple[Shared, ...] = ()
    end_state_equal: bool | None = None
    draws: tuple[Measured, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    failed: bool = False

    @property
    def changed(self) -> tuple[Shared, ...]:
        return tuple(tensor for tensor in self.tensors if not tensor.same)

    @property
    def max_abs_diff(self) -> float | None:
        """The greatest absolute difference; None if nothing changed or nothing could be subtracted."""
        return max((t.difference for t in self.changed if t.difference is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All results: first each finding alone, then together those with the same target.

    `target` is what the user asked to build, "" if each class is built on its own; `interpreter` is the one that the
    user named, or "".
    """

    results: tuple[Result, ...]
    together: tuple[Result, ...]
    target: str
    device: str
    placement: str
    dtype: str
    seeds: tuple[int, ...]
    torch: str
    python: str
    report: Report
    interpreter: str = ""
