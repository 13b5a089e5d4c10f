"""All that is measured of torch, and the file that holds it."""

from __future__ import annotations

import importlib
import json
import textwrap
import types
import warnings
from pathlib import Path
from typing import Any

import torch

from initlint.runtime.measure.classes import EVERY_OBJECT, Json, class_entry, classes, module_attributes
from initlint.runtime.measure.functions import device_reseeds, function_entry, functions, tensor_methods

TARGET = Path(__file__).parent.parent.parent / "construction" / "torch.json"
WIDTH = 110
NAME_SPACES = ("torch", "torch.linalg", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils")


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
