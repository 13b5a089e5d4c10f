"""What torch's classes and functions can be called with.

Names come from torch itself. Written down here are only small arguments for what cannot be called with none, and the
reasons for what cannot be called on a plain CPU build.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.utils import prune

from initlint.runtime.measure.reading import own_functions

EXCLUDED = {
    "torch.nn.parallel.DistributedDataParallel": "needs a process group",
    "torch.nn.parallel.DistributedDataParallelCPU": "deprecated, needs a process group",
    "torch.miopen_rnn": "runs on ROCm devices only",
}
"""What cannot be measured here, and why."""

REFUSALS = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""How torch says no to an argument."""


@dataclass(frozen=True)
class Arguments:
    """What a class or function is called with."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def having(self, **extra: Any) -> Arguments:
        """The same call with further keywords."""
        return Arguments(self.args, {**self.kwargs, **extra})

    def call(self, target: Callable[..., Any]) -> Any:
        """Call the target."""
        return target(*self.args, **self.kwargs)


def given(*args: Any, **kwargs: Any) -> Arguments:
    """The arguments as they stand in a call."""
    return Arguments(args, kwargs)


@functools.cache
def by_parameter() -> dict[str, Any]:
    """Small arguments by the name of the parameter; callers copy them."""
    linear, ones = nn.Linear(3, 4), torch.eye(4) / 2
    return {
        **dict.fromkeys(("in_channels", "num_channels", "num_features", "normalized_shape"), 4),
        **dict.fromkeys(("embedding_dim", "hidden_size", "embed_dim", "d_model", "out_features"), 4),
        **dict.fromkeys(("out_channels", "num_classes", "num_chunks"), 6),
        **dict.fromkeys(("in1_features", "kernel_size", "groups", "num_groups", "num_heads", "nhead"), 2),
        **dict.fromkeys(("output_size", "size", "upscale_factor", "downscale_factor", "num_layers", "n"), 2),
        **dict.fromkeys(("in_features", "in2_features", "input_size", "num_embeddings", "sz", "seed"), 3),
        **dict.fromkeys(("stride", "dilation", "padding", "norm_type", "dim"), 1),
        **dict.fromkeys(("value", "lambd", "threshold", "amount", "sparsity", "val", "max_norm"), 0.5),
        **dict.fromkeys(("clip_value", "std", "bn_eps"), 0.5),
        **dict.fromkeys(("name", "tensor_name"), "weight"),
        **dict.fromkeys(("tensor", "input", "embeddings", "logits", "A"), ones),
        **dict.fromkeys(("module", "from_module", "to_module", "linear"), linear),
        **dict.fromkeys(("linear_b", "bn_rm", "bn_rv", "bn_w", "bn_b", "conv_b"), torch.ones(4)),
        "nonlinearity": "relu",
        "unflattened_size": (2, 2),
        "mask": torch.ones(4, 3),
        "linear_w": torch.ones(4, 3),
        "conv_w": torch.ones(4, 4, 2),
        "vec": torch.ones(12),
        "total_norm": torch.ones(()),
        "parameters": [linear.weight],
        "tensors": [ones],
        "bias": True,
        "bn": nn.BatchNorm1d(4).eval(),
        "conv": nn.Conv1d(4, 4, 2).eval(),
        "memory_format": torch.channels_last,
        "module_cls": nn.Identity,
        "parametrization": nn.Identity(),
        "encoder_layer": nn.TransformerEncoderLayer(4, 2, 4),
        "decoder_layer": nn.TransformerDecoderLayer(4, 2, 4),
    }


def half() -> torch.Tensor:
    """Valid as a probability, a rate and a weight."""
    return torch.full((4,), 0.5)


def convolution() -> Arguments:
    """The bare base classes of convolutions want everything spelled out."""
    return given(4, 6, (2,), (1,), (0,), (1,), False, (0,), 1, True, "zeros")


def dropout() -> Arguments:
    """Torch's own dropouts have no defaults."""
    return given(torch.ones(1, 4, 4), 0.5, train=True)


def recurrent(gates: int, states: int) -> Arguments:
    """Two layers with dropout between them, which is the only draw of a recurrent operator."""
    sizes = ((4 * gates, 3), (4 * gates, 4), (4 * gates,), (4 * gates,))
    upper = ((4 * gates, 4), *sizes[1:])
    weights = [torch.ones(size) for size in (*sizes, *upper)]
    state = [torch.zeros(2, 1, 4) for _ in range(states)]
    hidden = state if states > 1 else state[0]
    flags = {"has_biases": True, "num_layers": 2, "dropout": 0.5, "train": True}
    return given(torch.ones(2, 1, 3), hidden, weights, **flags, bidirectional=False, batch_first=False)


def attention() -> Arguments:
    """Self-attention over three tokens."""
    token = torch.ones(3, 1, 4)
    weights = (torch.ones(12, 4), torch.ones(12), None, None, False, 0.5, torch.ones(4, 4), torch.ones(4))
    return given(token, token, token, 4, 2, *weights)


def pooling(dimensions: int) -> Arguments:
    """Fractional pooling draws where its windows start."""
    return given(torch.ones(1, 1, *[9] * dimensions), 2, output_size=3)


def with_gradient() -> nn.Parameter:
    """A parameter as a backward pass leaves it."""
    parameter = nn.Parameter(torch.ones(3))
    parameter.grad = torch.ones(3)
    return parameter


def pruned(module: nn.Module) -> nn.Module:
    """A module whose weight is pruned, by nothing."""
    prune.identity(module, "weight")  # type: ignore[no-untyped-call]
    return module


def normalised(norm: Callable[[nn.Module], nn.Module]) -> Arguments:
    """A module to take something off again."""
    return given(norm(nn.Linear(3, 4)), "weight")


BY_NAME: dict[str, Callable[[], Arguments]] = {
    "torch.Tensor.geometric_": lambda: given(half(), 0.5),
    "torch.Tensor.multinomial": lambda: given(half(), 2),
    "torch.alpha_dropout": dropout,
    "torch.alpha_dropout_": dropout,
    "torch.bernoulli": lambda: given(half()),
    "torch.binomial": lambda: given(4 * half(), half()),
    "torch.dropout": dropout,
    "torch.dropout_": dropout,
    "torch.feature_alpha_dropout": dropout,
    "torch.feature_alpha_dropout_": dropout,
    "torch.feature_dropout": dropout,
    "torch.feature_dropout_": dropout,
    "torch.gru": lambda: recurrent(3, 1),
    "torch.lstm": lambda: recurrent(4, 2),
    "torch.multinomial": lambda: given(half(), 2),
    "torch.native_dropout": dropout,
    "torch.nn.AdaptiveLogSoftmaxWithLoss": lambda: given(8, 10, [2, 4]),
    "torch.nn.FractionalMaxPool2d": lambda: given(2, output_size=2),
    "torch.nn.FractionalMaxPool3d": lambda: given(2, output_size=2),
    "torch.nn.RNNBase": lambda: given("LSTM", 3, 4),
    "torch.nn.RNNCellBase": lambda: given(3, 4, True, 4),
    "torch.nn.Transformer": lambda: given(4, 2, 1, 1, 4),
    "torch.nn.TransformerDecoderLayer": lambda: given(4, 2, 4),
    "torch.nn.TransformerEncoderLayer": lambda: given(4, 2, 4),
    "torch.nn.functional.dropout1d": lambda: given(torch.ones(1, 4, 4)),
    "torch.nn.functional.dropout2d": lambda: given(torch.ones(1, 4, 4, 4)),
    "torch.nn.functional.dropout3d": lambda: given(torch.ones(1, 4, 4, 4, 4)),
    "torch.nn.functional.fractional_max_pool2d": lambda: pooling(2),
    "torch.nn.functional.fractional_max_pool2d_with_indices": lambda: pooling(2),
    "torch.nn.functional.fractional_max_pool3d": lambda: pooling(3),
    "torch.nn.functional.fractional_max_pool3d_with_indices": lambda: pooling(3),
    "torch.nn.functional.multi_head_attention_forward": attention,
    "torch.nn.functional.rrelu": lambda: given(-half()),
    "torch.nn.functional.rrelu_": lambda: given(-half()),
    "torch.nn.functional.scaled_dot_product_attention": lambda: given(*[torch.ones(1, 2, 3, 4)] * 3),
    "torch.nn.init.dirac_": lambda: given(torch.ones(4, 4, 2)),
    "torch.nn.modules.conv._ConvNd": convolution,
    "torch.nn.modules.conv._ConvTransposeMixin": convolution,
    "torch.nn.modules.conv._ConvTransposeNd": convolution,
    "torch.nn.utils.clip_grad_value_": lambda: given([with_gradient()], 0.5),
    "torch.nn.utils.convert_conv2d_weight_memory_format": lambda: given(nn.Conv2d(4, 6, 2), torch.channels_last),
    "torch.nn.utils.convert_conv3d_weight_memory_format": lambda: given(nn.Conv3d(4, 6, 2), torch.channels_last_3d),
    "torch.nn.utils.fuse_linear_bn_eval": lambda: given(nn.Linear(3, 4).eval(), nn.BatchNorm1d(4).eval()),
    "torch.nn.utils.parametrize.ParametrizationList": lambda: given([nn.Identity()], torch.ones(3)),
    "torch.nn.utils.parametrize.remove_parametrizations": lambda: normalised(nn.utils.parametrizations.weight_norm),
    "torch.nn.utils.prune.global_unstructured": lambda: given(
        [(nn.Linear(3, 4), "weight")], prune.L1Unstructured, amount=0.5
    ),
    "torch.nn.utils.prune.ln_structured": lambda: given(nn.Linear(3, 4), "weight", 0.5, 2, 0),
    "torch.nn.utils.prune.random_structured": lambda: given(nn.Linear(3, 4), "weight", 0.5, 0),
    "torch.nn.utils.prune.remove": lambda: normalised(pruned),
    "torch.nn.utils.remove_spectral_norm": lambda: normalised(nn.utils.spectral_norm),
    "torch.nn.utils.remove_weight_norm": lambda: normalised(nn.utils.weight_norm),
    "torch.nn.utils.skip_init": lambda: given(nn.Linear, 3, 4),
    "torch.normal": lambda: given(0.0, 1.0, (3,)),
    "torch.poisson": lambda: given(half()),
    "torch.rand": lambda: given(3),
    "torch.rand_like": lambda: given(half()),
    "torch.randint": lambda: given(5, (3,)),
    "torch.randint_like": lambda: given(half(), 5),
    "torch.randn": lambda: given(3),
    "torch.randn_like": lambda: given(half()),
    "torch.randperm": lambda: given(5),
    "torch.rnn_relu": lambda: recurrent(1, 1),
    "torch.rnn_tanh": lambda: recurrent(1, 1),
    "torch.rrelu": lambda: given(-half()),
    "torch.rrelu_": lambda: given(-half()),
    "torch.set_rng_state": lambda: given(torch.Generator().get_state()),
    "torch.testing.make_tensor": lambda: given(3, dtype=torch.float32, device="cpu"),
    "torch.utils.data.random_split": lambda: given([1, 2, 3], [1, 2]),
}
"""Arguments for what the names of the parameters do not decide."""


def arguments_for(name: str, target: Callable[..., Any]) -> Arguments:
    """Fresh arguments with which a class or function can be called; LookupError where none are known."""
    if name in BY_NAME:
        return BY_NAME[name]()
    if name.startswith("torch.Tensor."):
        return given(half())
    required = [p.name for p in signature(target) if p.default is p.empty and not variadic(p)]
    if missing := [one for one in required if one not in by_parameter()]:
        raise LookupError(f"{name}: no argument known for {', '.join(missing)}")
    return Arguments(kwargs={one: copy.deepcopy(by_parameter()[one]) for one in required})


def variadic(parameter: inspect.Parameter) -> bool:
    """`*args` or `**kwargs`."""
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def signature(target: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a class or function, in order; those of the first overload where it hides its own."""
    if inspect.isclass(target) and target.__init__ is nn.Module.__init__:
        return []
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except ValueError as error:
        raise LookupError(f"{target}: has no signature") from error
    if inspect.isclass(target) and parameters and all(map(variadic, parameters)):
        return overloaded(target) or parameters
    return parameters


def overloaded(cls: type) -> list[inspect.Parameter]:
    """The parameters of the first `@overload` of a constructor."""
    stubs = (one for one in own_functions(cls) if one.name == "__init__" and one.decorator_list)
    return stub_parameters(stub.args) if (stub := next(stubs, None)) is not None else []


def stub_parameters(arguments: ast.arguments) -> list[inspect.Parameter]:
    """The parameters after the first, with their literal defaults."""
    names = [argument.arg for argument in arguments.args[1:]]
    literals = [ast.literal_eval(default) for default in arguments.defaults]
    defaults = [inspect.Parameter.empty] * (len(names) - len(literals)) + literals
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [inspect.Parameter(name, kind, default=default) for name, default in zip(names, defaults, strict=True)]


def switches(parameters: Iterable[inspect.Parameter]) -> Iterator[tuple[str, str, Any]]:
    """Other values for keywords, each with its label. Device and type are the caller's to choose."""
    for parameter in parameters:
        if not variadic(parameter) and parameter.name not in ("device", "dtype"):
            for label, value in other_values(parameter.default):
                yield f"{parameter.name}={label}", parameter.name, value


def other_values(default: Any) -> Iterator[tuple[str, Any]]:
    """A flipped boolean, a greater whole number, one half for a rate of zero, something (`...`) for None."""
    match default:
        case bool():
            yield repr(not default), not default
        case int():
            yield repr(default + 1), default + 1
        case float() if default == 0:
            yield "0.5", 0.5
        case None:
            yield from (("...", value) for value in (3, True, torch.ones(3, 4)))
        case _:
            return
