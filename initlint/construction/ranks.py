"""The numbers of dimensions of tensors, as far as code shows them: what `if p.dim() > 1` lets through."""

from __future__ import annotations

import libcst as cst

from initlint.construction.compare import COMPARED
from initlint.construction.values import Arguments, Constant, Group

RANKS = frozenset(range(8))

SIZED = frozenset(f"torch.{name}" for name in ("zeros", "ones", "empty", "full", "rand", "randn"))
"""Functions that are given the size of the tensor that they make."""


def rank_of(function: str, arguments: Arguments) -> int | None:
    """The number of dimensions of the result of a function of torch; None if the code does not show it.

    A single unknown number may also be a tuple.
    """
    sizes = arguments.positional[:1] if function == "torch.full" else arguments.positional
    if function not in SIZED or arguments.unseen or not sizes:
        return None
    first = sizes[0]
    if isinstance(first, Group):
        return len(first.items) if first.exact else None
    return len(sizes) if len(sizes) > 1 or isinstance(first, Constant) else None


def tested(test: cst.BaseExpression) -> tuple[str, frozenset[int]] | None:
    """The name whose number of dimensions a condition tests, and the numbers for which it holds."""
    match test:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=sign, comparator=right)]):
            compare, name = COMPARED.get(type(sign)), _measured(left)
            if compare is not None and name and isinstance(right, cst.Integer):
                return name, frozenset(rank for rank in RANKS if compare(rank, int(right.value)))
        case _:
            pass
    return None


def _measured(node: cst.BaseExpression) -> str:
    """`p` in `p.dim()`, `p.ndim` and `len(p.shape)`."""
    match node:
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="ndim")):
            return name
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="dim" | "ndimension"))):
            return name
        case cst.Call(
            func=cst.Name(value="len"),
            args=[cst.Arg(value=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="shape")))],
        ):
            return name
        case _:
            return ""
