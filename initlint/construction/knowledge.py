"""What is known about torch, as measured by `python -m initlint.runtime.measure`. Never imports torch."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

CONTAINERS = frozenset(
    f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
)
"""Containers, which hold their parts by key (`0` or a name) and do nothing else."""

EVERY_OBJECT = frozenset(dir(type("Plain", (), {})())) | {"__annotations__"}


class TorchModule(msgspec.Struct, frozen=True):
    """One class of torch.nn: a module, a parameter, a buffer.

    `draws` names, in order, what the constructor draws with default arguments; "" is a draw whose
    tensor the instance does not keep (`Transformer` copies the layers that it draws). `variants` holds
    the same list for one switched argument (`bias=False`; `kdim=...` is any value but None), where it
    differs. The first `required` of the `parameters` have no default. `weights` are the parameters that an
    instance and its parts have with default arguments, in order, with their numbers of dimensions (null
    where a lazy module gets the shape later), `weight_variants` the same with one switched argument. `attributes`
    and `methods` are those beyond `module_attributes()`: `attributes` with the inherited ones,
    `methods` only what the class itself defines. `reads` is what its own methods outside construction
    read on the instance.
    """

    aliases: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    required: int = 0
    device: bool = False
    lazy: bool = False
    draws: tuple[str, ...] = ()
    variants: dict[str, tuple[str, ...]] = {}
    weights: dict[str, int | None] = {}
    weight_variants: dict[str, dict[str, int | None]] = {}
    attributes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def weighted(self) -> bool:
        """Whether an instance has parameters with default arguments."""
        return bool(self.weights)

    @property
    def every_weights(self) -> tuple[dict[str, int | None], ...]:
        """The parameters with default arguments, and with each switched one."""
        return self.weights, *self.weight_variants.values()


class TorchFunction(msgspec.Struct, frozen=True):
    """One function of torch, or one method of a tensor.

    `draws`: with default arguments it moves the default stream. `switches` are the arguments with which the
    answer is the opposite (`training=False`). `generator`: handed an explicit one, it draws from that and
    leaves the default stream alone (`nn.init.sparse_` takes one and moves the default stream all the same).
    `device`: it takes that keyword. `reseeds`: it sets the state of a default stream. `isolates`: it is a
    context after which the default stream is as it was before.
    """

    aliases: tuple[str, ...] = ()
    draws: bool = False
    switches: tuple[str, ...] = ()
    generator: bool = False
    device: bool = False
    reseeds: bool = False
    isolates: bool = False


class Torch(msgspec.Struct, frozen=True):
    """The whole file; `torch` is the version that was measured."""

    torch: str
    modules: dict[str, TorchModule]
    functions: dict[str, TorchFunction]
    tensor_methods: dict[str, TorchFunction]
    module_attributes: frozenset[str]
    tensor_attributes: frozenset[str]
    namespaces: dict[str, frozenset[str]]


@functools.cache
def load() -> Torch:
    """The file, decoded once."""
    return msgspec.json.decode((Path(__file__).parent / "torch.json").read_bytes(), type=Torch)


@functools.cache
def aliases() -> dict[str, str]:
    """Every other path of a class or function, with its canonical name."""
    known = load()
    entries: tuple[tuple[str, TorchModule | TorchFunction], ...] = (
        *known.modules.items(),
        *known.functions.items(),
    )
    return {alias: name for name, entry in entries for alias in entry.aliases}


def version() -> str:
    """The version of torch that was measured."""
    return load().torch


def canonical(name: str) -> str:
    """`torch.nn.Linear` for `torch.nn.modules.linear.Linear`; a name that is not an alias stands for itself."""
    return aliases().get(name, name)


def module(name: str) -> TorchModule | None:
    """The class with this name, by any of its paths."""
    return load().modules.get(canonical(name))


def function(name: str) -> TorchFunction | None:
    """The function with this name, by any of its paths; class methods are `torch.nn.Embedding.from_pretrained`."""
    return load().functions.get(canonical(name))


def initialiser(name: str) -> TorchFunction | None:
    """The function of torch.nn.init that a function is, or that it copies in another package, by its name."""
    tail = name.rpartition(".")[2]
    original = "trunc_normal_" if tail == "trunc_normal_tf_" else tail
    return function(f"torch.nn.init.{original}") if tail.endswith("_") else None


def tensor_method(name: str) -> TorchFunction | None:
    """The drawing method of a tensor with this name, if there is one."""
    return load().tensor_methods.get(name)


def tensor_method_draws(name: str) -> bool:
    """Whether the method of a tensor with this name draws (`normal_`, `bernoulli`)."""
    known = tensor_method(name)
    return known is not None and known.draws


@functools.cache
def module_attributes() -> frozenset[str]:
    """The attributes of every instance of torch.nn.Module."""
    return load().module_attributes | EVERY_OBJECT


@functools.cache
def surface(name: str) -> frozenset[str]:
    """Everything on an instance of a class of torch, including its methods and what it inherits."""
    known = load().modules[canonical(name)]
    bases = (load().modules.get(base) for base in known.bases)
    inherited = (method for base in bases if base is not None for method in base.methods)
    common = tensor_attributes() if "torch.Tensor" in known.bases else module_attributes()
    return common.union(known.attributes, known.methods, inherited)


@functools.cache
def tensor_attributes() -> frozenset[str]:
    """The attributes of every tensor."""
    return load().tensor_attributes | EVERY_OBJECT


def namespace(name: str) -> frozenset[str]:
    """The public names under `torch`, `torch.nn`, ... without submodules; none for an unknown namespace."""
    return load().namespaces.get(name, frozenset())
