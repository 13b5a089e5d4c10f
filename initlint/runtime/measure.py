"""Measure torch: which classes and functions draw, seen by running them. Writes `construction/torch.json`.

`python -m initlint.runtime.measure` writes the file, `--check` compares it with the installed torch.
Names come from torch itself. Written down here are only small arguments for what cannot be called with none,
and the reasons for what cannot be measured on a plain CPU build.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import difflib
import functools
import importlib
import inspect
import json
import keyword
import pkgutil
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils import prune

from initlint.runtime.ledger import CPU, EXPLICIT, OUTSIDE, Recorder, owners, state_of

Json = dict[str, Any]
TARGET = Path(__file__).parent.parent / "construction" / "torch.json"
WIDTH = 110

CLASS_SPACES = ("torch.nn", "torch.nn.parallel", "torch.nn.utils.parametrize")
WRAPPER_SPACES = (
    "torch.nn.utils",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.parametrize",
    "torch.nn.utils.prune",
)
FUNCTION_SPACES = (
    "torch",
    "torch.nn.functional",
    "torch.nn.init",
    *WRAPPER_SPACES,
    "torch.random",
    "torch.functional",
    "torch.fft",
    "torch.linalg",
    "torch.sparse",
    "torch.special",
    "torch.testing",
    "torch.utils.data",
)
DEVICE_SPACES = ("torch.cuda", "torch.mps", "torch.mtia", "torch.xpu")
NAME_SPACES = ("torch", "torch.linalg", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils")

EXCLUDED = {
    "torch.nn.parallel.DistributedDataParallel": "needs a process group",
    "torch.nn.parallel.DistributedDataParallelCPU": "deprecated, needs a process group",
    "torch.miopen_rnn": "runs on ROCm devices only",
}
"""What cannot be measured here, and why."""

CONSTRUCTION = frozenset(
    {"__init__", "reset_parameters", "_reset_parameters", "initialize_parameters", "reset_running_stats"}
)
REFUSALS = (AssertionError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""How torch says no to an argument."""

CHILD_MAPS = frozenset({"_modules", "_parameters", "children", "named_children"})


class Plain:
    """An empty annotated class: what its instances have, every object has."""

    nothing: int


EVERY_OBJECT = frozenset(dir(Plain())) | {"__slotnames__"}
"""What says nothing about torch: copying or pickling an instance leaves `__slotnames__` on its class."""


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


# What is measured: classes


def classes() -> dict[str, type]:
    """Every class of torch that a model is built from, by canonical name."""
    found = {canonical_class(cls): cls for cls in [*public_classes(), *module_classes()]}
    return {name: found[name] for name in sorted(found) if name not in EXCLUDED}


def public_classes() -> Iterator[type]:
    """The classes that torch's own namespaces for modules show."""
    for space in map(importlib.import_module, CLASS_SPACES):
        for name, value in sorted(vars(space).items()):
            if inspect.isclass(value) and not name.startswith("_") and value.__module__.startswith("torch.nn"):
                yield value


def module_classes() -> Iterator[type]:
    """Every subclass of Module that torch.nn.modules defines, the bases with private names included."""
    for info in pkgutil.iter_modules(nn.modules.__path__, "torch.nn.modules."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ == info.name:
                yield value


def canonical_class(cls: type) -> str:
    """`torch.nn.Linear` where torch.nn shows it, else the place that defines it."""
    return next((name for name in spellings(cls)), f"{cls.__module__}.{cls.__qualname__}")


def spellings(cls: type) -> list[str]:
    """The paths by which a class can be imported: packages from the outside in, then the defining module."""
    parts = cls.__module__.split(".")
    spaces = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return [f"{s}.{cls.__name__}" for s in spaces if getattr(sys.modules.get(s), cls.__name__, None) is cls]


def class_entry(name: str, cls: type) -> Json:
    """Everything that is recorded of one class."""
    parameters = [] if cls is nn.Module else signature(cls)
    default, *switched = builds(name, cls, parameters)
    described = describe(cls, [default, *switched]) if issubclass(cls, nn.Module) else {}
    return compact(
        {
            "aliases": [alias for alias in spellings(cls) if alias != name],
            "bases": [
                canonical_class(b)
                for b in cls.__mro__[1:]
                if b.__module__.startswith("torch") and "._" not in b.__module__
            ],
            "parameters": [str(p.replace(annotation=p.empty, default=p.empty)) for p in parameters],
            "required": sum(p.default is p.empty and not variadic(p) for p in parameters),
            "device": any(p.name == "device" for p in parameters),
            "lazy": issubclass(cls, nn.modules.lazy.LazyModuleMixin),
            "draws": default.draws,
            "variants": {b.switch: b.draws for b in switched if b.draws != default.draws},
            "weighted": default.weighted,
            "weighting": [b.switch for b in switched if b.weighted is not default.weighted],
            **described,
        }
    )


def compact(entry: Json) -> Json:
    """Without what is empty, false or zero: the reader's defaults say it."""
    return {key: value for key, value in entry.items() if value}


@dataclass(frozen=True)
class Build:
    """One built instance, and the names of what its constructor drew."""

    switch: str
    instance: Any
    draws: list[str]

    @property
    def weighted(self) -> bool:
        """Whether the instance is a module with parameters."""
        return isinstance(self.instance, nn.Module) and any(True for _ in self.instance.parameters())


def builds(name: str, cls: type, parameters: Iterable[inspect.Parameter]) -> list[Build]:
    """The default build, then one for each switch of a keyword that the constructor takes."""
    found = [build(cls, arguments_for(name, cls), "")]
    for label, parameter, value in switches(parameters):
        with contextlib.suppress(*REFUSALS):
            found.append(build(cls, arguments_for(name, cls).having(**{parameter: value}), label))
    return found


def build(cls: type, arguments: Arguments, switch: str) -> Build:
    """Build one instance under the recorder."""
    with Recorder(keep=True) as recorder:
        instance = arguments.call(cls)
    assert all(draw.operator != OUTSIDE for draw in recorder.draws), f"{cls} moved a stream without an operator"
    named = owners(instance, recorder) if isinstance(instance, nn.Module) else [""] * len(recorder.draws)
    return Build(switch, instance, named)


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


def describe(cls: type[nn.Module], found: Iterable[Build]) -> Json:
    """What the instances of a module class have, and what its own code reads."""
    methods = {name for name, value in vars(cls).items() if callable(value) or hasattr(value, "__get__")}
    inherited = {name for base in cls.__mro__ for name, value in vars(base).items() if callable(value)}
    present = {name for one in found for name in (*dir(one.instance), *children(one.instance))}
    every = EVERY_OBJECT | module_attributes()
    return {
        "attributes": sorted(present - every - inherited - methods),
        "methods": sorted(methods - every),
        "reads": sorted(reads(cls)) if cls is not nn.Module else [],
        "reads_children": cls is not nn.Module and reads_children(cls),
    }


def children(module: nn.Module) -> list[str]:
    """Registered names, also those that `dir` leaves out since they begin with a digit."""
    return [*module._modules, *module._parameters, *module._buffers]


@functools.cache
def module_attributes() -> frozenset[str]:
    """What every module instance has beyond what every object has."""
    return frozenset(dir(nn.Module())) - EVERY_OBJECT


def own_functions(cls: type) -> list[ast.FunctionDef]:
    """The methods that the class body itself defines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    return [statement for statement in body.body if isinstance(statement, ast.FunctionDef)]


def receivers(cls: type) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Each own method outside construction, and the name of its first parameter."""
    for function in own_functions(cls):
        if function.name not in CONSTRUCTION and function.args.args:
            yield function, function.args.args[0].arg


def reads(cls: type) -> set[str]:
    """The attributes that own methods outside construction read on the instance."""
    return {
        name
        for function, receiver in receivers(cls)
        for node in ast.walk(function)
        if (name := read_name(node, receiver)) is not None
    }


def read_name(node: ast.AST, receiver: str) -> str | None:
    """`x` of `self.x` and of `getattr(self, "x")`."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=name, ctx=ast.Load()) if owner == receiver:
            return name
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=owner), ast.Constant(value=str(name)), *_]) if (
            owner == receiver
        ):
            return name
        case _:
            return None


def reads_children(cls: type) -> bool:
    """Whether calling, iterating or indexing an instance reaches children that the class does not name."""
    return any(
        reaches_children(node, receiver)
        for function, receiver in receivers(cls)
        if function.name in ("forward", "__iter__", "__getitem__")
        for node in ast.walk(function)
    )


def reaches_children(node: ast.AST, receiver: str) -> bool:
    """A loop over the instance or its children, an index into it, a `getattr` with a computed name."""
    match node:
        case ast.For(iter=ast.Name(id=owner)) | ast.comprehension(iter=ast.Name(id=owner)):
            return owner == receiver
        case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Load()):
            return owner == receiver
        case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id=owner), name, *_]):
            return owner == receiver and not isinstance(name, ast.Constant)
        case _:
            return read_name(node, receiver) in CHILD_MAPS


# What is measured: functions


def functions() -> dict[str, Callable[..., Any]]:
    """Every function that may draw, that torch.nn.init or torch.random defines, or that wraps a module."""
    found: dict[str, Callable[..., Any]] = {}
    for space in FUNCTION_SPACES:
        for name, function in public_functions(space):
            if wanted(space, name, function):
                found[function_spellings(name, function)[0]] = function
    for name, cls in classes().items():
        found |= {f"{name}.{short}": getattr(cls, short) for short in alternative_constructors(cls)}
    return {name: found[name] for name in sorted(found) if name not in EXCLUDED}


def function_spellings(name: str, function: Callable[..., Any]) -> list[str]:
    """The paths by which a function can be called: the namespaces that show it, then the defining module.

    Unwrapped before they are compared: torch._dynamo, once imported, wraps `torch.manual_seed` at one path
    only.
    """
    inner = inspect.unwrap(function)
    shown = {space: vars(importlib.import_module(space)).get(name) for space in FUNCTION_SPACES}
    spaces = [space for space, other in shown.items() if callable(other) and inspect.unwrap(other) is inner]
    home = getattr(function, "__module__", None) or "_"
    if home.startswith("torch.") and "._" not in home and home not in spaces:
        spaces.append(home)
    return [f"{space}.{name}" for space in spaces]


def public_functions(space: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions of a namespace, by name."""
    for name, value in sorted(vars(importlib.import_module(space)).items()):
        if callable(value) and not inspect.isclass(value) and not name.startswith("_"):
            yield name, value


def wanted(space: str, name: str, function: Callable[..., Any]) -> bool:
    """Whether a function is worth measuring."""
    module = getattr(function, "__module__", None) or ""
    if space in ("torch.nn.init", "torch.random", *WRAPPER_SPACES):
        return module.startswith(("torch.nn.utils", space)) and deprecated_target(name, function) is None
    return name in tagged() or may_draw(inspect.unwrap(function))


def deprecated_target(name: str, function: Callable[..., Any]) -> str | None:
    """The name, with an underscore, of the initialiser that a deprecated one of torch.nn.init calls."""
    inside = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    return f"{name}_" if getattr(nn.init, f"{name}_", None) in inside else None


def alternative_constructors(cls: type) -> list[str]:
    """The public class methods and static methods that a class adds."""
    return [
        name
        for name, value in sorted(vars(cls).items())
        if isinstance(value, classmethod | staticmethod) and not name.startswith("_")
    ]


@functools.cache
def tagged() -> frozenset[str]:
    """The names of all operators of which an overload is tagged as drawing."""
    return frozenset(overload.overloadpacket.__name__ for overload in tagged_overloads())


@functools.cache
def tagged_overloads() -> list[Any]:
    """Every overload of an ATen operator that is tagged as drawing."""
    return [one for one in overloads() if torch.Tag.nondeterministic_seeded in one.tags]


def overloads() -> Iterator[Any]:
    """Every overload of every ATen operator that can be reached from Python."""
    for schema in torch._C._jit_get_all_schemas():
        space, name = schema.name.split("::")
        if space == "aten":
            with contextlib.suppress(AttributeError, RuntimeError):
                yield getattr(getattr(torch.ops.aten, name), schema.overload_name or "default")


@functools.cache
def may_draw(function: object) -> bool:
    """Whether a Python function, or a function of torch that it calls, names a drawing operator."""
    return any(tagged() & names_in(one.__code__) for one in called_by(function, set()))


def called_by(function: object, seen: set[object]) -> Iterator[types.FunctionType]:
    """A Python function of torch and those that it can call by a global name or a closure."""
    if not isinstance(function, types.FunctionType) or function in seen:
        return
    if not (function.__module__ or "").startswith("torch."):
        return
    seen.add(function)
    yield function
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    for value in [*map(function.__globals__.get, sorted(names_in(function.__code__))), *closure]:
        yield from called_by(value, seen)


def names_in(code: types.CodeType) -> frozenset[str]:
    """The global and attribute names that code uses, nested functions included."""
    nested = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return frozenset(code.co_names).union(*map(names_in, nested))


def function_entry(name: str, function: Callable[..., Any]) -> Json:
    """Everything that is recorded of one function."""
    moved = moved_by(function, arguments_for(name, function))
    return compact(
        {
            "aliases": aliases_of_function(name, function),
            "draws": CPU in moved,
            "reseeds": OUTSIDE in moved,
            "isolates": isolates(function, arguments_for(name, function)),
            "switches": switching(name, function, moved),
            "generator": accepted(name, function, generator=torch.Generator()) == frozenset({EXPLICIT}),
            "device": accepted(name, function, device="cpu") is not None,
        }
    )


def aliases_of_function(name: str, function: Callable[..., Any]) -> list[str]:
    """The other paths of a function, the deprecated name of one of torch.nn.init among them."""
    space, _, short = name.rpartition(".")
    if space not in FUNCTION_SPACES:
        return []
    old = [f"{space}.{one}" for one, value in public_functions(space) if deprecated_target(one, value) == short]
    return sorted({*function_spellings(short, function), *old} - {name})


def moved_by(function: Callable[..., Any], arguments: Arguments) -> frozenset[str]:
    """The streams from which a call draws, and `outside` when it moves one without drawing.

    The draw before it makes sure that a reseed finds another state than its own.
    """
    torch.rand(1)
    with Recorder() as recorder:
        arguments.call(function)
    return frozenset(OUTSIDE if draw.operator == OUTSIDE else draw.stream for draw in recorder.draws)


def accepted(name: str, function: Callable[..., Any], **extra: Any) -> frozenset[str] | None:
    """What a call with a further keyword moves, or None if the function does not take it."""
    try:
        return moved_by(function, arguments_for(name, function).having(**extra))
    except REFUSALS:
        return None


def isolates(function: Callable[..., Any], arguments: Arguments) -> bool:
    """Whether a call gives a context after which draws made inside have left no trace."""
    context = arguments.call(function)
    if not isinstance(context, contextlib.AbstractContextManager):
        return False
    before = state_of(torch.default_generator)
    with context:
        torch.rand(1)
    return before == state_of(torch.default_generator)


def switching(name: str, function: Callable[..., Any], moved: frozenset[str]) -> list[str]:
    """The keywords that make a drawing function silent or a silent one draw."""
    found = {
        label: accepted(name, function, **{parameter: value})
        for label, parameter, value in switches(keywords(name, function))
        if isinstance(value, bool | float) and not label.endswith("=...")
    }
    return sorted(label for label, other in found.items() if other is not None and other != moved)


def keywords(name: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function; those of its operator where it is built in; and a required `train`.

    No other required flag is turned: built-in recurrences read past their weights when told of more layers.
    """
    kind = inspect.Parameter.KEYWORD_ONLY
    required = [
        inspect.Parameter(one, kind, default=v)
        for one, v in arguments_for(name, function).kwargs.items()
        if one == "train"
    ]
    try:
        return [*signature(function), *required]
    except LookupError:
        return [*operator_parameters(name.rpartition(".")[2]), *required]


def operator_parameters(name: str) -> list[inspect.Parameter]:
    """The parameters with defaults of the drawing overloads of an operator."""
    return [
        inspect.Parameter(argument.name, inspect.Parameter.KEYWORD_ONLY, default=argument.default_value)
        for overload in tagged_overloads()
        if overload.overloadpacket.__name__ == name
        for argument in overload._schema.arguments
        if argument.has_default_value() and not keyword.iskeyword(argument.name)
    ]


def tensor_methods() -> dict[str, Callable[..., Any]]:
    """Every public method of Tensor that may draw."""
    named = ((name, getattr(torch.Tensor, name)) for name in dir(torch.Tensor) if not name.startswith("_"))
    return {
        name: method
        for name, method in named
        if callable(method) and (name in tagged() or may_draw(inspect.unwrap(method)))
    }


def device_reseeds(measured: Iterable[str]) -> dict[str, Json]:
    """What reseeds other devices, by the names of what was measured to reseed the CPU."""
    short = {name.rpartition(".")[2] for name in measured}
    return {
        f"{space}.{name}": {"reseeds": True}
        for space in DEVICE_SPACES
        for name, _ in public_functions(space)
        if name.removesuffix("_all") in short
    }


# The file


def measure() -> Json:
    """Everything that the file holds, measured on the installed torch, whose generator is left as it was."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        modules = {name: class_entry(name, cls) for name, cls in classes().items()}
        called = {name: function_entry(name, function) for name, function in functions().items()}
        methods = {name: function_entry(f"torch.Tensor.{name}", method) for name, method in tensor_methods().items()}
    called |= device_reseeds(name for name, entry in called.items() if "reseeds" in entry)
    return {
        "torch": torch.__version__.partition("+")[0],
        "modules": modules,
        "functions": dict(sorted(called.items())),
        "tensor_methods": methods,
        "module_attributes": sorted(module_attributes()),
        "tensor_attributes": sorted(frozenset(dir(torch.ones(1))) - EVERY_OBJECT),
        "namespaces": {space: names_under(space) for space in NAME_SPACES},
    }


def names_under(space: str) -> list[str]:
    """The public names of a namespace, without modules: which are there depends on what was imported."""
    found = vars(importlib.import_module(space)).items()
    return sorted(name for name, v in found if not name.startswith("_") and not isinstance(v, types.ModuleType))


def render(measured: Json) -> str:
    """JSON with one entry a line in maps, and with long lists of names wrapped."""
    return "{\n" + ",\n".join(f'"{key}": {section(value)}' for key, value in measured.items()) + "\n}\n"


def section(value: Any) -> str:
    """One top-level value."""
    match value:
        case dict():
            lines = (
                f"  {json.dumps(key)}: {section(v) if type(v) is list else json.dumps(v)}" for key, v in value.items()
            )
            return "{\n" + ",\n".join(lines) + "\n}"
        case list():
            return "[\n" + textwrap.fill(json.dumps(value)[1:-1], WIDTH, break_on_hyphens=False) + "\n]"
        case _:
            return json.dumps(value)


def main() -> int:
    """Write the file, or say whether it still tells the truth."""
    parser = argparse.ArgumentParser(prog="python -m initlint.runtime.measure", description="Measure torch.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing; exit 1 on a difference")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="PATH", help="the file to write or compare")
    options = parser.parse_args()
    text = render(measure())
    if not options.check:
        options.output.write_text(text, encoding="utf-8", newline="\n")
        return 0
    lines = difflib.unified_diff(
        options.output.read_text(encoding="utf-8").splitlines(),
        text.splitlines(),
        "recorded",
        "measured",
        "",
        "",
        0,
        "",
    )
    difference = "\n".join(lines)
    print(difference or f"{options.output.name} agrees with torch {torch.__version__}")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
