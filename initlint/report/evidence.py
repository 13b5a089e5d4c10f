"""What confirming findings came to: the only thing that its formats know."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from initlint.model import Finding, Strategy
from initlint.report.record import Report


class Verdict(enum.Enum):
    """What building with and without a definition showed.

    Confirmed: weights differ. Latent: none differs, but the streams end elsewhere, so that whatever is built or drawn
    next does. Harmless: nothing differs. Inconclusive: it could not be seen.
    """

    CONFIRMED = "confirmed"
    LATENT = "latent"
    HARMLESS = "harmless"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Shared:
    """A tensor that both builds hold: its first values with the definition and without, and how far they are apart.

    `difference` is None where there is no such number, as between other shapes.
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
    """One draw that a dead definition was seen to make; `owner` is the name of the tensor that it filled, or ""."""

    owner: str
    operator: str
    numel: int
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One comparison: the findings that were mended in it, and what that changed.

    `reason` says why a verdict is inconclusive, `notes` what else is to be known, `disagreements` where the build
    contradicts the finding, which is a bug in initlint. `target` is what was built, "" where nothing could be.
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
        """The greatest absolute difference of all; None where nothing changed or nothing could be subtracted."""
        return max((t.difference for t in self.changed if t.difference is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All results, each finding alone and then, where several were seen in one target, those together.

    `target` is what the user asked to build, "" where each class is built on its own; `interpreter` is the one that the
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
