"""What one build drew and holds: the only thing that the formats of traces, fingerprints and their comparison know."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

OUTSIDE = "outside"
"""The operator of a move that no operator made: a reseed, or the end of a fork."""

META = "meta"
"""The device on which tensors have no values."""


class Draw(msgspec.Struct, frozen=True):
    """One draw of the measured ledger.

    `owner` is the name of the tensor that holds the numbers or what was computed from them, or ""; `maker` is the
    module whose method drew them. `state` digests the stream afterwards, "" on the meta device. `source` is the
    innermost line of the project that led to the draw, such as `models/attention.py:26`, or "". `dead` is the rule that
    reports its definition, or "".
    """

    owner: str
    operator: str
    amount: int = 0
    dtype: str = ""
    stream: str = ""
    state: str = ""
    maker: str = ""
    source: str = ""
    dead: str = ""

    @property
    def name(self) -> str:
        """What holds the numbers, or held them for a moment."""
        return self.owner or f"{self.maker}.({short(self.operator)})".lstrip(".")


class Tensor(msgspec.Struct, frozen=True):
    """A parameter, buffer or plain tensor; `digest` covers its type, shape and values."""

    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    digest: str


class Setup(msgspec.Struct, frozen=True):
    """What the numbers depend on besides the code. `cpu` are the vector instructions that torch uses."""

    torch: str
    cpu: str
    device: str
    placement: str
    dtype: str
    seed: int


class Trace(msgspec.Struct, frozen=True):
    """One build of a target.

    `of` is the class of the result, `ends` the final state of each stream, `classes` the project's classes with
    instances in it, such as `models/attention.py::Attention`.
    """

    target: str
    of: str
    setup: Setup
    python: str
    draws: tuple[Draw, ...]
    tensors: tuple[Tensor, ...]
    ends: dict[str, str]
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def amount(self) -> int:
        """The total amount of numbers drawn."""
        return sum(draw.amount for draw in self.draws)


def totals(draws: tuple[Draw, ...]) -> Iterator[int]:
    """The total amount of numbers drawn, up to and including each draw."""
    total = 0
    for draw in draws:
        total += draw.amount
        yield total


def short(operator: str) -> str:
    """`aten.normal_.default` as people write it: `normal_`."""
    return operator.removeprefix("aten.").rpartition(".")[0] or operator


def set_up(setup: Setup) -> str:
    """How a build was made, as a phrase."""
    placed = "" if setup.device in ("cpu", META) else f" ({setup.placement})"
    dtype = f", {setup.dtype}" if setup.dtype else ""
    return f"seed {setup.seed}, device {setup.device}{placed}{dtype}, torch {setup.torch}"
