"""The sizes of tensors, as terms, as far as their creation shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from initlint.comparison.draws import weights_of
from initlint.comparison.terms import NONE, Term, argument_of, binary, called, constant, number, operands

SHAPED = frozenset({"torch.rand", "torch.randn", "torch.empty", "torch.zeros", "torch.ones", "torch.Tensor"})
"""Functions whose first arguments are a shape."""

LIKE = frozenset(f"torch.{name}_like" for name in ("rand", "randn", "empty", "zeros", "ones"))
"""Functions that make a tensor with the shape of another."""

KEPT = frozenset(
    "in_features out_features in_channels out_channels num_embeddings embedding_dim input_size hidden_size embed_dim"
    " num_heads num_features num_groups num_channels groups".split()
)
"""Arguments that instances of torch's classes keep as attributes of that name; tests/test_edits.py measures it."""


def shape_of(term: Term) -> Term:
    """The shape of a tensor; numbers of another dtype than the default one take more or fewer from a stream."""
    while term.op == "call" and len(term.args) > 1:
        name, first = called(term), term.args[1]
        if name in SHAPED:
            return shape_given([*operands(term)][1:])
        if not (name.endswith(("Parameter", "Buffer")) or name in LIKE) or not isinstance(first, Term):
            break
        given = first.args[1] if first.op == "argument" else first
        assert isinstance(given, Term)
        term = given
    return _of_parameter(term) or Term("shape of", (term,))


def shape_given(arguments: Sequence[Term]) -> Term:
    """The shape that a function is given: `randn(2, 3)` is the same as `randn((2, 3))`."""
    named = {str(arg.args[0]): arg.args[1] for arg in arguments if arg.op == "argument"}
    parts = [arg for arg in arguments if arg.op != "argument"]
    if isinstance(size := named.get("size"), Term):
        parts = [size]
    if len(parts) == 1 and parts[0].op in ("tuple", "list"):
        parts = [*operands(parts[0])]
    kind = named.get("dtype", NONE)
    return Term("shape", (*parts, Term("argument", ("dtype", kind)))) if kind != NONE else Term("shape", tuple(parts))


def sides(shape: Term) -> list[Term] | None:
    """The length of each dimension; None if their number is unknown."""
    parts = [*operands(shape)]
    if shape.op != "shape" or any(part.op in ("argument", "rest", "spread") for part in parts):
        return None
    return parts if len(parts) > 1 or all(isinstance(number(part), int) for part in parts) else None


def dimensions(tensor: Term) -> int | None:
    """The number of dimensions of a tensor; None if unknown."""
    parts = sides(shape_of(tensor))
    if parts is not None:
        return len(parts)
    made, name = tensor.args if tensor.op == "attribute" else (None, "")
    if not isinstance(made, Term) or argument_of(made, "normalized_shape") is not None:
        return None
    return (weights_of(made) or {}).get(str(name))


def _of_parameter(term: Term) -> Term | None:
    """The shape of a parameter of one of torch's most common layers."""
    if term.op != "attribute" or not isinstance(made := term.args[0], Term):
        return None
    known = _SHAPES.get((called(made), str(term.args[1])))
    return known(made) if known is not None and argument_of(made, "dtype") is None else None


def _by(*names: str) -> Callable[[Term], Term | None]:
    def shape(made: Term) -> Term | None:
        parts = [argument_of(made, name) for name in names]
        kept = [part for part in parts if part is not None]
        return Term("shape", tuple(kept)) if len(kept) == len(parts) else None

    return shape


def _convolution(dimensions: int) -> Callable[[Term], Term | None]:
    def shape(made: Term) -> Term | None:
        outer, inner, kernel = (argument_of(made, name) for name in ("out_channels", "in_channels", "kernel_size"))
        if outer is None or inner is None or kernel is None:
            return None
        lengths = [*operands(kernel)] if kernel.op == "tuple" else [kernel]
        if not all(isinstance(number(length), int) for length in lengths):
            return None
        inner = binary("FloorDiv", inner, argument_of(made, "groups") or constant(1))
        return Term("shape", (outer, inner, *(lengths if len(lengths) > 1 else lengths * dimensions)))

    return shape


def _normalized(made: Term) -> Term | None:
    """The shape that a norm over several dimensions is given, as their lengths or as a single one."""
    given = argument_of(made, "normalized_shape")
    if given is None or not (given.op in ("tuple", "list") or isinstance(number(given), int)):
        return None
    return shape_given([given])


_SHAPES: dict[tuple[str, str], Callable[[Term], Term | None]] = {
    ("torch.nn.Linear", "weight"): _by("out_features", "in_features"),
    ("torch.nn.Linear", "bias"): _by("out_features"),
    ("torch.nn.Embedding", "weight"): _by("num_embeddings", "embedding_dim"),
    **{(f"torch.nn.Conv{each}d", "weight"): _convolution(each) for each in (1, 2, 3)},
    **{(f"torch.nn.Conv{each}d", "bias"): _by("out_channels") for each in (1, 2, 3)},
    **{(f"torch.nn.BatchNorm{each}d", name): _by("num_features") for each in (1, 2, 3) for name in ("weight", "bias")},
    **{("torch.nn.GroupNorm", name): _by("num_channels") for name in ("weight", "bias")},
    **{("torch.nn.LayerNorm", name): _normalized for name in ("weight", "bias")},
    ("torch.nn.RMSNorm", "weight"): _normalized,
}
"""By class and attribute; tests/test_edits.py measures them."""
