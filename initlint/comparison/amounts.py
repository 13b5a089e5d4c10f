"""How many numbers a draw takes from its stream, and whether two of them leave it in the same state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from initlint.comparison.terms import Numbers, Term, number, value
from initlint.model import Answer

if TYPE_CHECKING:
    from initlint.comparison.trace import Draw

Amount: TypeAlias = tuple[str, tuple[int, ...]]
"""The engine of a draw, and the sizes of the tensors that it fills."""

ENGINES = ("normal", "uniform")

BLOCK = 16
"""torch makes this many normal numbers at once on the CPU, and the last ones again if the last block is incomplete.
Fewer come in pairs, whose second number may be left over for the next draw."""

TAKEN = 4
"""How many numbers of the stream such a pair takes."""


def elements(shape: Term, given: Numbers) -> int | None:
    """The number of elements of a shape, if it is known; `given` has numbers for the unknown terms."""
    count = 1
    if shape.op != "shape":
        return None
    for part in shape.args:
        size = value(part, given) if isinstance(part, Term) else None
        if not isinstance(size, int):
            return None
        count *= size
    return count


def amount(draw: Draw, given: Numbers | None = None) -> Amount | None:
    """The engine of a draw and the sizes of the tensors that it fills, if these are known numbers.

    `given` has numbers for what callers pass; whether there is a bias is not a number.
    """
    given = {} if given is None else given
    if draw.engine in ENGINES:
        count = elements(draw.shape, given)
        return None if count is None else (draw.engine, (count,))
    sizes = _SIZES.get(draw.engine)
    told: dict[str, int] = {"bias": 1, "groups": 1}
    for argument in draw.shape.args:
        if not isinstance(argument, Term) or argument.op != "argument" or not isinstance(argument.args[1], Term):
            return None
        size = number(argument.args[1]) if argument.args[0] == "bias" else value(argument.args[1], given)
        if not isinstance(size, int):
            return None
        told[str(argument.args[0])] = int(size)
    try:
        return None if sizes is None else sizes(told)
    except KeyError:
        return None


def apart(old: Sequence[Amount], new: Sequence[Amount]) -> Answer:
    """Whether two series of draws leave a generator in different states; their order does not matter.

    Unknown if it matters whether a normal number is left over from before. tests/test_amounts.py measures it.
    """
    kept = not any(small for _, small in map(_taken, (old, new)))
    cases = {
        Answer.YES if one != other else Answer.NO if kept or not other[1] else Answer.UNKNOWN
        for one, other in ((_behind(old, left), _behind(new, left)) for left in (0, 1))
    }
    return cases.pop() if len(cases) == 1 else Answer.UNKNOWN


def _behind(amounts: Sequence[Amount], left: int) -> tuple[int, int]:
    """How many numbers are taken and how many normal ones are left over, if `left` were left over before."""
    taken, small = _taken(amounts)
    missing = max(small - left, 0)
    return taken + TAKEN * -(-missing // 2), (small - left) % 2


def _taken(amounts: Sequence[Amount]) -> tuple[int, int]:
    """How many numbers are certainly taken, and how many normal ones are made in pairs."""
    sizes = [(engine == "normal", size) for engine, each in amounts for size in each]
    paired = [size for normal, size in sizes if normal and size < BLOCK]
    others = [size + BLOCK * (normal and size % BLOCK > 0) for normal, size in sizes if not normal or size >= BLOCK]
    return sum(others), sum(paired)


def _linear(given: dict[str, int]) -> Amount:
    bias = (given["out_features"],) if given["bias"] else ()
    return "uniform", (given["in_features"] * given["out_features"], *bias)


def _embedding(given: dict[str, int]) -> Amount:
    return "normal", (given["num_embeddings"] * given["embedding_dim"],)


def _convolution(dimensions: int) -> Callable[[dict[str, int]], Amount]:
    def sizes(given: dict[str, int]) -> Amount:
        kernel = given["kernel_size"] ** dimensions
        bias = (given["out_channels"],) if given["bias"] else ()
        return "uniform", (given["in_channels"] * given["out_channels"] * kernel // given["groups"], *bias)

    return sizes


_SIZES: dict[str, Callable[[dict[str, int]], Amount]] = {
    "torch.nn.Linear": _linear,
    "torch.nn.Embedding": _embedding,
    "torch.nn.Conv1d": _convolution(1),
    "torch.nn.Conv2d": _convolution(2),
    "torch.nn.Conv3d": _convolution(3),
}
"""The tensors that the most common layers fill; tests/test_comparison.py measures them."""
