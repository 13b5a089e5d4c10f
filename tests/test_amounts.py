"""The amounts that draws take, and the parameters of layers, compared with torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

torch = pytest.importorskip("torch")

from initlint.comparison.amounts import apart
from initlint.comparison.draws import weights_of
from initlint.comparison.shapes import dimensions
from initlint.comparison.terms import Term, constant
from initlint.construction import knowledge
from initlint.model import Answer

SIZES = (("uniform", 4), ("uniform", 8), ("normal", 2), ("normal", 3), ("normal", 4), ("normal", 16), ("normal", 21))


def states(series: Iterable[tuple[str, int]], left: int) -> list[bytes]:
    """The states of torch's generator after some draws in every order, with or without a normal number left over."""
    return [state(order, left) for order in itertools.permutations(series)]


def state(series: Iterable[tuple[str, int]], left: int) -> bytes:
    torch.manual_seed(0)
    torch.randn(left)
    for engine, size in series:
        torch.rand(size) if engine == "uniform" else torch.randn(size)
    return torch.get_rng_state().numpy().tobytes()


def test_what_leaves_a_generator_in_the_same_state_is_that_of_torch() -> None:
    found = set()
    series = [each for count in (1, 2, 3) for each in itertools.combinations_with_replacement(SIZES, count)]
    reached = {each: [set(states(each, left)) for left in (0, 1)] for each in series}
    for one, other in itertools.combinations(series, 2):
        said = apart(*([(engine, (size,)) for engine, size in each] for each in (one, other)))
        met = [bool(left & right) for left, right in zip(reached[one], reached[other], strict=True)]
        settled = [len(left | right) == 1 for left, right in zip(reached[one], reached[other], strict=True)]
        assert all(settled) or said is not Answer.NO, (one, other)
        assert not any(met) or said is not Answer.YES, (one, other)
        assert any(met) or said is Answer.YES, (one, other)
        found.add(said)
    assert found == set(Answer)


LAYERS = {
    "Linear": [(4, 6), (4, 6, False)],
    "Bilinear": [(2, 3, 4), (2, 3, 4, False)],
    "Conv2d": [(4, 6, 3), (4, 6, 3, 1, 0, 1, 1, False)],
    "ConvTranspose1d": [(4, 6, 3)],
    "Embedding": [(7, 4), (7, 4, 0)],
    "LayerNorm": [(4,), ((4, 3),), (4, 1e-5, False), (4, 1e-5, True, False), (4, 1e-5, False, False)],
    "GroupNorm": [(2, 4), (2, 4, 1e-5, False)],
    "BatchNorm2d": [(4,), (4, 1e-5, 0.1, False)],
    "InstanceNorm1d": [(4,), (4, 1e-5, 0.1, True), (4, 1e-5, 0.1, True, False, None, None, False)],
    "LSTM": [(4, 6), (4, 6, 2), (4, 6, 3), (4, 6, 1, False), (4, 6, 1, True, False, 0.0, True), (4, 6, 2, False)],
    "MultiheadAttention": [(4, 2), (4, 2, 0.0, False), (4, 2, 0.0, True, True), (4, 2, 0.0, True, False, False, 3)],
    "PReLU": [()],
    "LazyLinear": [(4,)],
    "ReLU": [()],
}
LEFT_OUT = {"bias": True, "num_layers": 1}
"""Arguments that terms do not hold where they are the defaults."""

UNTOLD = {("LSTM", 2), ("LSTM", 5), ("InstanceNorm1d", 2), ("LazyLinear", 0)}
"""Several arguments that change what there is, more layers than were measured, and what gets its shape later."""


@pytest.mark.parametrize(("name", "given"), [(name, place) for name in LAYERS for place in range(len(LAYERS[name]))])
def test_the_parameters_of_a_layer_are_those_of_torch(name: str, given: int) -> None:
    known = knowledge.module(f"torch.nn.{name}")
    assert known is not None
    passed = dict(zip(known.parameters, LAYERS[name][given], strict=False))
    layer = getattr(torch.nn, name)(**passed)
    terms = [Term("argument", (key, as_term(value))) for key, value in passed.items() if value != LEFT_OUT.get(key)]
    made = Term("call", (Term("name", (f"torch.nn.{name}",)), *terms))
    weights = weights_of(made)
    assert (weights is None) is ((name, given) in UNTOLD)
    own = dict(layer.named_parameters())
    assert weights is None or list(weights) == list(own)
    ranks = {part: dimensions(Term("attribute", (made, part))) for part in weights or ()}
    assert ranks == {part: own[part].dim() for part in weights or ()}


def as_term(value: object) -> Term:
    return Term("tuple", tuple(map(constant, value))) if isinstance(value, tuple) else constant(value)
