"""What really happens: a program is imported and run with torch, and built again with some draws taken out."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from generated.execution import SEED, Use, attributes, tensors, watched
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from initlint.runtime.ledger import CPU, OUTSIDE, Draw, Recorder, heirs_among, named_tensors, owners_among
from ways.family import Layer, Program
from ways.write import whole


class Without(TorchDispatchMode):
    """Behind some draws the generator stands as before them: all others get the numbers that they get without these."""

    def __init__(self, places: Collection[int]) -> None:
        super().__init__()
        self.places = places
        self.seen = 0
        self.start = torch.default_generator.get_state()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = torch.default_generator.get_state()
        result = func(*args, **(kwargs or {}))
        if not torch.equal(before, torch.default_generator.get_state()):
            if self.seen - 1 not in self.places:
                self.start = before
            if self.seen in self.places and self.seen + 1 not in self.places:
                torch.default_generator.set_state(self.start)
            self.seen += 1
        return result


@dataclass(frozen=True)
class Built:
    """One construction: the attribute that each draw went to ("" for none that is left), and what all hold."""

    instance: nn.Module
    owners: list[str]
    weights: dict[str, list[bytes]]

    def order(self, names: Collection[str]) -> list[str]:
        """Who draws, as far as these are named."""
        return grouped(name for name in self.owners if name in names)


def grouped(names: Iterable[str]) -> list[str]:
    """The names in order, without repetitions."""
    return [name for name, _ in itertools.groupby(filter(None, names))]


def build(modules: dict[str, ModuleType], layer: Layer, without: str = "") -> Built:
    """Construct an instance under the measured ledger."""
    torch.manual_seed(SEED)
    with Recorder(keep=True) as recorder:
        instance = getattr(modules[layer.file], layer.name)()
    named = list(named_tensors(instance))
    heirs, own = heirs_among(named, recorder), owners_among(named, recorder)
    taken_back = undone(recorder.draws)
    names = {place: (own[place] or heirs.get(place, "")) for place in range(len(own)) if place not in taken_back}
    moves = [place for place, draw in enumerate(recorder.draws) if draw.stream == CPU and draw.operator != OUTSIDE]
    return Built(instance, [names.get(place, "").partition(".")[0] for place in moves], held(instance))


def undone(draws: list[Draw]) -> set[int]:
    """The draws that moved nothing in the end: the state from before them was restored, as after a fork."""
    found: set[int] = set()
    for end in [place for place, draw in enumerate(draws) if draw.operator == OUTSIDE]:
        starts = [place for place in range(end) if draws[place].before == draws[end].after]
        found.update(range(starts[-1], end) if starts else ())
    return found


def rebuilt(modules: dict[str, ModuleType], layer: Layer, places: Collection[int]) -> dict[str, list[bytes]]:
    """What all attributes hold when some draws are taken out."""
    torch.manual_seed(SEED)
    with Without(places):
        return held(getattr(modules[layer.file], layer.name)())


def held(instance: nn.Module) -> dict[str, list[bytes]]:
    named = {name: tensors(value) for name, value in attributes(instance).items()}
    return {name: [one.detach().numpy().tobytes() for one in found if not one.is_meta] for name, found in named.items()}


@dataclass(frozen=True)
class Reads:
    """(class, attribute) of what is read when everything runs: by name, or by name or value."""

    named: set[tuple[str, str]]
    used: set[tuple[str, str]]


def reads(program: Program, modules: dict[str, ModuleType]) -> Reads:
    """Run the forward of every class, and all that the ways say has to be run besides."""
    x = torch.ones(2, 4)
    names = {name: value for module in modules.values() for name, value in vars(module).items() if name[0] != "_"}
    runs = [Running(layer, {**names, "x": x}) for layer in program.layers]
    with watched() as use:
        for run in runs:
            run.run()
    found = Reads(set(), set())
    for model in [part for run in runs for top in run.models for part in top.modules()]:
        note(program, model, use, found)
    return found


class Running:
    """One class: an instance, and what its ways prepare."""

    def __init__(self, layer: Layer, names: dict[str, Any]) -> None:
        self.names = names
        self.piece = whole(layer)
        names["model"] = names[layer.name]()
        exec("\n".join(self.piece.prepare), names)

    @property
    def models(self) -> list[nn.Module]:
        values = [one for value in self.names.values() for one in (value, *vars_of(value))]
        return [value for value in values if isinstance(value, nn.Module)]

    def run(self) -> None:
        self.names["model"](self.names["x"])
        exec("\n".join(self.piece.drive), self.names)


def vars_of(value: object) -> list[object]:
    return list(vars(value).values()) if hasattr(value, "__dict__") and not isinstance(value, type) else []


def note(program: Program, model: nn.Module, use: Use, found: Reads) -> None:
    """What was read of one module, for each class that it is an instance of."""
    for cls in [cls.__name__ for cls in type(model).__mro__ if cls.__name__ in program.by_name]:
        for name in attributes(model):
            if use.reads(model, name, within=False):
                found.named.add((cls, name))
            if use.reads(model, name, within=True):
                found.used.add((cls, name))
