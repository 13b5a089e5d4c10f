"""What is measured of torch's classes: what their constructors draw, and what instances have."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torch import nn

from initlint.runtime.ledger import OUTSIDE, Recorder, owners
from initlint.runtime.measure.arguments import (
    EXCLUDED,
    REFUSALS,
    Arguments,
    arguments_for,
    signature,
    switches,
    variadic,
)
from initlint.runtime.measure.reading import reads

Json = dict[str, Any]
CLASS_SPACES = ("torch.nn", "torch.nn.parallel", "torch.nn.utils.parametrize")


Anything = TypeVar("Anything")


class Plain(Generic[Anything]):
    """An empty annotated class: what its instances have, every object has, or every one of a generic class."""

    nothing: int


EVERY_OBJECT = frozenset(dir(Plain())) | {"__getstate__", "__slotnames__"}
"""What says nothing about torch: copying or pickling an instance leaves `__slotnames__` on its class, objects have
`__getstate__` since Python 3.11, and what generic classes have differs from version to version.
"""


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
            "weights": default.weights,
            "weight_variants": {b.switch: b.weights for b in switched if b.weights != default.weights},
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
    def weights(self) -> dict[str, int | None]:
        """The parameters of a module, in order, with their numbers of dimensions; None for a shape that comes later."""
        own = self.instance.named_parameters() if isinstance(self.instance, nn.Module) else ()
        return {name: one.dim() if type(one) is nn.Parameter else None for name, one in own}


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
    }


def children(module: nn.Module) -> list[str]:
    """Registered names, also those that `dir` leaves out since they begin with a digit."""
    return [*module._modules, *module._parameters, *module._buffers]


@functools.cache
def module_attributes() -> frozenset[str]:
    """What every module instance has beyond what every object has."""
    return frozenset(dir(nn.Module())) - EVERY_OBJECT
