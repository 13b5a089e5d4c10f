"""The distributions of torch's random functions, as terms: equal terms give the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from initlint.comparison.terms import Scalar, Term, constant, number

_UNIFORM: dict[str, Scalar] = {"a": 0.0, "b": 1.0}
_NORMAL: dict[str, Scalar] = {"mean": 0.0, "std": 1.0}
_KAIMING: dict[str, Scalar] = {"a": 0.0, "mode": "fan_in", "nonlinearity": "leaky_relu"}

PARAMETERS: dict[str, dict[str, Scalar]] = {
    "torch.rand": {},
    "torch.rand_like": {},
    "torch.randn": {},
    "torch.randn_like": {},
    "torch.normal": _NORMAL,
    "Tensor.uniform_": {"from": 0.0, "to": 1.0},
    "Tensor.normal_": _NORMAL,
    "torch.nn.init.uniform_": _UNIFORM,
    "torch.nn.init.normal_": _NORMAL,
    "torch.nn.init.trunc_normal_": {**_NORMAL, "a": -2.0, "b": 2.0},
    "torch.nn.init.xavier_uniform_": {"gain": 1.0},
    "torch.nn.init.xavier_normal_": {"gain": 1.0},
    "torch.nn.init.orthogonal_": {"gain": 1.0},
    "torch.nn.init.kaiming_uniform_": _KAIMING,
    "torch.nn.init.kaiming_normal_": _KAIMING,
}
"""The arguments after the tensor or shape, with their defaults; tests/test_edits.py reads them from torch."""

_ALIKE = {
    **dict.fromkeys("torch.rand torch.rand_like torch.nn.init.uniform_ Tensor.uniform_".split(), ("uniform", _UNIFORM)),
    **dict.fromkeys("torch.randn torch.randn_like torch.normal".split(), ("normal", _NORMAL)),
    **dict.fromkeys("torch.nn.init.normal_ Tensor.normal_".split(), ("normal", _NORMAL)),
}
"""Functions that make the same numbers, with the arguments that decide them."""


def options_of(
    name: str, positional: Sequence[Term], named: Iterable[tuple[str, Term]], rest: Sequence[Term] = ()
) -> Term:
    """What a call says about the distribution; `positional` and `named` exclude the tensor or shape."""
    known, given = PARAMETERS.get(name), dict(named)
    if known is None or rest or len(positional) > len(known):
        arguments = (Term("argument", pair) for pair in sorted(given.items()))
        return Term(name, (*positional, *arguments, *rest))
    given.update(zip(known, positional, strict=False))
    told = [given.pop(key, constant(default)) for key, default in known.items()]
    family, defaults = _ALIKE.get(name, (name, known))
    told = told or [constant(default) for default in defaults.values()]
    more = (Term("argument", pair) for pair in sorted(given.items()))
    return Term(family, (*map(_as_float, told), *more))


def _as_float(term: Term) -> Term:
    known = number(term)
    return term if known is None or isinstance(known, bool) else constant(float(known))
