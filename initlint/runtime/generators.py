"""The streams that construction can consume: seeding them, reading their states, and their devices."""

from __future__ import annotations

import random
import sys
from typing import Any

import torch

from initlint.runtime.ledger import CPU, digest, read

FOREIGN = ("random", "numpy")
"""The streams that are not torch's: they are seeded and their states are known, but not what moved them."""


def seed(number: int) -> None:
    """Seed Python's generator, numpy's if it is loaded, and torch's on every device."""
    random.seed(number)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(number % 2**32)
    torch.manual_seed(number)


def states(device: torch.device) -> dict[str, str]:
    """The state of every stream: Python's, numpy's if it is loaded, torch's on the CPU and on a device."""
    found = {"random": digest(repr(random.getstate()).encode())}
    if numpy := sys.modules.get("numpy"):
        name, keys, *rest = numpy.random.get_state()
        found["numpy"] = digest(repr((name, keys.tobytes(), rest)).encode())
    found[CPU] = digest(read(CPU))
    if device.type not in ("cpu", "meta"):
        found[f"torch:{device}"] = digest(read(f"torch:{device}"))
    return found


def present(name: str) -> torch.device:
    """The device of this name, with its number; a ValueError says why there is none."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"torch knows no device `{name}`") from error
    if device.type in ("cpu", "meta"):
        return device
    backend: Any = torch.backends.mps if device.type == "mps" else getattr(torch, device.type, None)
    if backend is None or not hasattr(backend, "is_available") or not backend.is_available():
        raise ValueError(f"there is no {device.type} device on this machine, or this torch was built without it")
    if device.type == "mps":
        return device
    index = int(device.index if ":" in name else backend.current_device())
    if index >= backend.device_count():
        raise ValueError(f"there is no device {name}: this machine has {backend.device_count()} of type {device.type}")
    return torch.device(device.type, index)
