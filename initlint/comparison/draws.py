"""What a call of torch draws, as terms: the engine, the amount, and what else decides the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from initlint.comparison.terms import FALSE, NONE, TRUE, Term, argument_of, called, constant, is_constant, operands
from initlint.construction import knowledge
from initlint.construction.torchcalls import class_draws, class_weights, function_draws
from initlint.construction.values import UNKNOWN, Arguments, Constant, Value
from initlint.model import Answer

TORCH = "torch"
"""torch's default stream."""

EXPLICIT = "generator"
"""The stream of a generator that was passed."""

FORKED = "fork"
"""The stream inside a context that restores the default stream."""

APART = frozenset({EXPLICIT, FORKED})
"""Streams other than torch's default one."""

UNIFORM = frozenset(
    "torch.rand torch.rand_like torch.nn.init.uniform_ torch.nn.init.kaiming_uniform_ torch.nn.init.xavier_uniform_"
    " Tensor.uniform_".split()
)
NORMAL = frozenset(
    "torch.randn torch.randn_like torch.nn.init.normal_ torch.nn.init.kaiming_normal_ torch.nn.init.xavier_normal_"
    " torch.nn.init.orthogonal_ Tensor.normal_".split()
)
"""Functions that take as many numbers for equally many elements, whatever their other arguments (float32, CPU)."""

BY_SHAPE = frozenset({"torch.nn.utils.parametrizations.orthogonal"})
"""Functions that draw for some shapes but not for others; tests/test_comparison.py measures it."""

COUNTED = {"torch.linspace": 2, "torch.arange": 0}
"""Functions that make one dimension, and the position of the last argument that gives its length."""

ELEMENTWISE = frozenset("tolist numpy detach cpu float double".split())
"""Methods that keep the number of items."""

DEFAULTS: dict[str, Term] = {
    "bias": TRUE,
    "groups": constant(1),
    "num_layers": constant(1),
    "bidirectional": FALSE,
    "proj_size": constant(0),
    "device": NONE,
    "dtype": NONE,
    "generator": NONE,
    "_weight": NONE,
    "add_bias_kv": FALSE,
    "kdim": NONE,
    "vdim": NONE,
}
"""Arguments that may be left out with the same effect; tests/test_comparison.py reads them from torch."""

SILENT_ARGUMENTS = frozenset(
    "stride padding dilation padding_mode output_padding dropout batch_first max_norm norm_type scale_grad_by_freq"
    " sparse mode include_last_offset norm_first layer_norm_eps activation add_zero_attn requires_grad pin_memory"
    " layout out eps div_value return_indices".split()
)
"""Arguments that affect neither the amount nor the values of a draw; tests/test_comparison.py measures it."""

PER_NAME = {"num_heads": frozenset({"torch.nn.MultiheadAttention"})}
"""The same for individual classes."""


DEFAULT_GENERATOR = Term("name", ("torch.default_generator",))


def known_value(term: Term) -> Value:
    """A term as a value of the static ledger."""
    first = term.args[0] if is_constant(term) else term
    if not isinstance(first, Term | bytes):
        return Constant(first)
    if term.op == "call" and term.args[:1] == (Term("name", ("torch.device",)),):
        for arg in term.args[1:]:
            if isinstance(arg, Term) and is_constant(arg):
                return known_value(arg)
    return UNKNOWN


def arguments(positional: Sequence[Term], named: Iterable[tuple[str, Term]], unseen: bool) -> Arguments:
    return Arguments(tuple(map(known_value, positional)), tuple((n, known_value(t)) for n, t in named), unseen)


def of_class(name: str, positional: Sequence[Term], named: Sequence[tuple[str, Term]], rest: Sequence[Term]) -> Answer:
    """Whether the constructor of a class of torch.nn draws."""
    known = knowledge.module(name)
    assert known is not None
    return class_draws(known, arguments(positional, named, bool(rest)))[0]


def weights_of(made: Term) -> Mapping[str, int | None] | None:
    """The parameters of an instance of a class of torch.nn, in order, with their numbers of dimensions. None if
    unknown."""
    known, given = knowledge.module(called(made)), [*operands(made)][1:]
    named = {str(arg.args[0]): arg.args[1] for arg in given if arg.op == "argument"}
    if known is None or known.lazy or len(named) < len(given):
        return None
    passed = {key: known_value(term) for key, term in named.items() if isinstance(term, Term)}
    return class_weights(known, Arguments((), tuple(passed.items())))


def options_of_class(
    name: str, positional: Sequence[Term], named: Sequence[tuple[str, Term]], rest: Sequence[Term]
) -> Term:
    """The arguments of a class of torch.nn that decide what it draws, in a fixed order."""
    known = knowledge.module(name)
    assert known is not None
    given = dict(zip(known.parameters, positional, strict=False))
    extra = positional[len(known.parameters) :]
    given.update(named)
    kept = [
        Term("argument", (key, _pair(term)))
        for key, term in sorted(given.items())
        if key not in SILENT_ARGUMENTS and name not in PER_NAME.get(key, ()) and DEFAULTS.get(key) != term
    ]
    return Term("arguments", (*kept, *extra, *(Term("rest", (term,)) for term in rest)))


def instance(name: str, positional: Sequence[Term], named: Sequence[tuple[str, Term]], rest: Sequence[Term]) -> Term:
    """An instance of a class of torch.nn: every argument by name, without those that equal their defaults."""
    known = knowledge.module(name)
    assert known is not None
    callee, starred = Term("name", (name,)), [Term("rest", (term,)) for term in rest]
    if "torch.Tensor" in known.bases or rest or len(positional) > len(known.parameters):
        given = [Term("argument", pair) for pair in sorted(named, key=lambda pair: pair[0])]
        return Term("call", (callee, *positional, *given, *starred))
    every = {**dict(zip(known.parameters, positional, strict=False)), **dict(named)}
    kept = [Term("argument", (key, term)) for key, term in sorted(every.items()) if DEFAULTS.get(key) != term]
    return Term("call", (callee, *kept))


def _pair(term: Term) -> Term:
    """`(3, 3)` as `3`: a kernel with two equal sides; `(k, k)` as `k` if that is not a pair; or a choice of the two."""
    parts = list(operands(term))
    if term.op == "choice":
        guard, yes, no = parts
        yes, no = _pair(yes), _pair(no)
        return yes if yes == no else Term("choice", (guard, yes, no))
    return parts[0] if term.op == "tuple" and parts and all(part == parts[0] for part in parts) else term


def of_function(
    known: knowledge.TorchFunction,
    positional: Sequence[Term],
    named: Sequence[tuple[str, Term]],
    rest: Sequence[Term],
) -> Answer:
    return function_draws(known, arguments(positional, named, bool(rest)))


def explicit_generator(known: knowledge.TorchFunction, named: Sequence[tuple[str, Term]]) -> Term | None:
    """The generator passed to a function that would otherwise draw from the default one."""
    given = dict(named).get("generator")
    return given if known.generator and given not in (None, NONE, DEFAULT_GENERATOR) else None


def length(term: Term) -> Term | None:
    """The number of items in one dimension of a tensor, or of the list made from it."""
    while term.op == "call" and isinstance(term.args[0], Term) and term.args[0].op == "attribute":
        owner, name = term.args[0].args
        if name not in ELEMENTWISE or not isinstance(owner, Term):
            return None
        term = owner
    place = COUNTED.get(called(term))
    if place is None:
        return None
    positional = [arg for arg in [*operands(term)][1:] if arg.op not in ("argument", "rest")]
    return argument_of(term, "steps") or (positional[place] if len(positional) == place + 1 else None)


def engine_of(name: str) -> str:
    """The engine of a draw: one name for all functions that take the same numbers."""
    return "uniform" if name in UNIFORM else "normal" if name in NORMAL else name
