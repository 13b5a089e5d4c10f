"""What really happens: the program is imported and run with torch, whole or without a definition."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import importlib.abc
import itertools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from generated import render
from generated.program import Class, Program
from initlint.runtime.ledger import Draw, Recorder, owners

SEED = 20


@dataclass(frozen=True)
class Built:
    """One construction: what every attribute holds, who drew in which order, and where the stream stands."""

    instance: nn.Module
    weights: dict[str, list[bytes]]
    order: list[str]
    draws: list[Draw]
    stream: bytes


class Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the program from its texts; nothing is written to disk, and a traceback names the program's files."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if file_of(fullname) not in self.texts:
            return None
        return spec_from_loader(fullname, self, is_package=fullname == render.PACKAGE)

    def exec_module(self, module: ModuleType) -> None:
        path = file_of(module.__name__)
        exec(compile(self.texts[path], path, "exec"), vars(module))


def file_of(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if module == render.PACKAGE else f"{path}.py"


@contextlib.contextmanager
def imported(
    program: Program, without: tuple[str, str] | None = None, changed: Mapping[str, str] | None = None
) -> Iterator[dict[str, ModuleType]]:
    """The modules of the program by path, some of them with a changed text; they are gone afterwards."""
    with loaded({**render.files(program, without), **(changed or {})}) as modules:
        yield modules


@contextlib.contextmanager
def loaded(files: dict[str, str]) -> Iterator[dict[str, ModuleType]]:
    """The modules of a package that is given as texts, by path; they are gone afterwards."""
    texts = Texts(files)
    names = [path.removesuffix(".py").replace("/", ".") for path in texts.texts if not path.endswith("__init__.py")]
    with mock.patch.object(sys, "meta_path", [texts, *sys.meta_path]):
        try:
            yield {f"{name.partition('.')[2]}.py": importlib.import_module(name) for name in names}
        finally:
            for name in [name for name in sys.modules if name.partition(".")[0] == render.PACKAGE]:
                del sys.modules[name]


def build(modules: dict[str, ModuleType], cls: Class, **flags: bool) -> Built:
    """Construct an instance under the measured ledger."""
    torch.manual_seed(SEED)
    with Recorder(keep=True) as recorder:
        instance = getattr(modules[cls.file], cls.name)(**flags)
    names = [name.partition(".")[0] for name in owners(instance, recorder) if name]
    return Built(
        instance=instance,
        weights={name: digests(value) for name, value in attributes(instance).items()},
        order=[name for name, _ in itertools.groupby(names)],
        draws=recorder.draws,
        stream=bytes(torch.get_rng_state().numpy().tobytes()),
    )


def attributes(instance: nn.Module) -> dict[str, object]:
    """Everything that the constructor gave the instance and that holds tensors or modules."""
    named = {**vars(instance), **instance._parameters, **instance._modules, **instance._buffers}
    return {name: value for name, value in named.items() if isinstance(value, (Tensor, nn.Module))}


def tensors(value: object) -> list[Tensor]:
    if isinstance(value, nn.Module):
        inner = [one for part in value.modules() for one in vars(part).values() if isinstance(one, Tensor)]
        return [*value.parameters(), *value.buffers(), *inner]
    return [value] if isinstance(value, Tensor) else []


def digests(value: object) -> list[bytes]:
    """The bytes of all tensors within."""
    return [tensor.detach().numpy().tobytes() for tensor in tensors(value)]


@dataclass
class Use:
    """What is read after construction: attributes by name, and modules and tensors by use."""

    names: set[tuple[int, str]] = field(default_factory=set)
    values: dict[int, object] = field(default_factory=dict)
    asking: bool = False

    def reads(self, instance: nn.Module, name: str, within: bool) -> bool:
        """Whether a definition of an instance was read: by its name, or by what is `within`."""
        value = attributes(instance).get(name)
        inside = [value, *tensors(value)] if within else []
        if within and isinstance(value, nn.Module):
            inside += value.modules()
        return (id(instance), name) in self.names or any(id(one) in self.values for one in inside)


class Functions(TorchFunctionMode):
    """Sees every torch function with its arguments: a tensor that is one of them is used."""

    def __init__(self, use: Use) -> None:
        super().__init__()
        self.use = use

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor):
                self.use.values[id(leaf)] = leaf
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def watched() -> Iterator[Use]:
    """Everything within is use, not construction."""
    use = Use()
    call, asks, get = nn.Module.__call__, builtins.hasattr, nn.Module.__getattr__

    def on_get(self: nn.Module, name: str) -> Any:
        if not use.asking:
            use.names.add((id(self), name))
        return get(self, name)

    def on_getattribute(self: nn.Module, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if isinstance(value, Tensor) and not use.asking:
            use.names.add((id(self), name))
        return value

    def on_call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        use.values[id(self)] = self
        return call(self, *args, **kwargs)

    def on_hasattr(value: object, name: str) -> bool:
        use.asking = True
        try:
            return asks(value, name)
        finally:
            use.asking = False

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(nn.Module, "__call__", on_call))
        stack.enter_context(mock.patch.object(nn.Module, "__getattr__", on_get))
        nn.Module.__getattribute__ = on_getattribute  # type: ignore[assignment]
        stack.callback(lambda: delattr(nn.Module, "__getattribute__"))
        stack.enter_context(mock.patch.object(builtins, "hasattr", on_hasattr))
        stack.enter_context(Functions(use))
        yield use


@dataclass
class Reads:
    """(class, key) of the definitions that some use reads: by their names, or by their names or their values."""

    named: set[tuple[str, str]] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)


def read_in_use(program: Program) -> Reads:
    """What is read when every class runs in every configuration, and every function."""
    reads = Reads()
    with imported(program) as modules:
        x = torch.ones(2, 4)
        models = [
            build(modules, cls, **flags).instance
            for cls in program.classes
            if cls.module
            for flags in configurations(cls)
        ]
        given = [build(modules, program.by_name[outside.cls]).instance for outside in program.outside]
        with watched() as use:
            for model in models:
                model(x)
            for outside, model in zip(program.outside, given, strict=True):
                getattr(modules[render.SCRIPT], outside.name)(model, x)
        for model in (*models, *given):
            read_of(program, model, use, reads)
    return reads


def configurations(cls: Class) -> list[dict[str, bool]]:
    """All flags on, and each off in turn."""
    flags = [f"with_{definition.name}" for definition in cls.definitions if definition.conditional]
    return [{}, *({flag: False} for flag in flags)]


def read_of(program: Program, model: nn.Module, use: Use, reads: Reads) -> None:
    """What was read of a model and of all that is in it."""
    for part in model.modules():
        if type(part).__name__ not in program.by_name:
            continue
        for cls in program.mro(type(part).__name__):
            for definition in cls.all:
                ref = (cls.name, definition.key)
                if any(use.reads(part, name, within=False) for name in definition.attributes):
                    reads.named.add(ref)
                if any(use.reads(part, name, within=True) for name in definition.attributes):
                    reads.used.add(ref)
