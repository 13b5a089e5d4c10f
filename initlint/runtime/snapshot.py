"""What a model holds: its tensors by name, each with a digest; kept in a file, and compared with those of another
build."""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import mmap
import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from initlint.runtime.ledger import address_of

Entry = tuple[str, str, torch.Tensor]
"""The dotted name, the kind and the value."""

CHUNK = 1 << 20
"""The number of elements that are compared at a time."""

INDEX = ".index"
"""The suffix of the index file."""

SHOWN = 3
"""The number of values of a tensor that are shown."""


def entries(prefix: str, model: torch.nn.Module) -> Iterator[Entry]:
    """Parameters, buffers and plain tensors of a model, once for every name."""
    for name, parameter in model.named_parameters(remove_duplicate=False):
        yield prefix + name, "parameter", parameter
    for path, part in model.named_modules(remove_duplicate=False):
        inner = f"{prefix}{path}." if path else prefix
        passing = part._non_persistent_buffers_set
        for name, buffer in part.named_buffers(recurse=False, remove_duplicate=False):
            yield inner + name, "non-persistent buffer" if name in passing else "buffer", buffer
        for name, value in vars(part).items():
            if isinstance(value, torch.Tensor):
                yield inner + name, "tensor", value


def plain(tensor: torch.Tensor) -> torch.Tensor | None:
    """The values on the CPU, in a row; None for a tensor without values, such as one on the meta device."""
    try:
        dense = tensor.detach()
        if dense.is_quantized:
            dense = dense.int_repr()
        elif dense.layout is not torch.strided:
            dense = dense.to_dense()
        return dense.to("cpu").contiguous().resolve_conj().resolve_neg()
    except (NotImplementedError, RuntimeError, ValueError):
        return None


def memory(values: torch.Tensor) -> Any:
    """The bytes of a contiguous CPU tensor, without a copy."""
    size = values.numel() * values.element_size()
    return memoryview((ctypes.c_char * size).from_address(values.data_ptr())) if size else b""


def summary(name: str, kind: str, tensor: torch.Tensor, values: torch.Tensor | None) -> dict[str, Any]:
    """The description of one tensor."""
    shape = [] if torch.nn.parameter.is_lazy(tensor) else list(tensor.shape)
    dtype = str(tensor.dtype).replace("torch.", "")
    told = hashlib.blake2b(f"{dtype} {shape} ".encode(), digest_size=16)
    told.update(b"no values" if values is None else memory(values))
    head = [] if values is None else [shown(value) for value in values.flatten()[:SHOWN].tolist()]
    return {"name": name, "kind": kind, "dtype": dtype, "shape": shape, "digest": told.hexdigest(), "head": head}


def shown(value: Any) -> str:
    """One value, as people compare it."""
    return f"{value:+.6f}" if isinstance(value, float) else str(value)


def told_of(found: Iterable[Entry], keep: str, against: str) -> tuple[list[dict[str, Any]], dict[str, float | None]]:
    """The descriptions of all tensors; their values are written to the file `keep`, or compared with those in
    `against`.

    The differences are the greatest absolute ones of the tensors that differ, None if none can be computed.
    """
    told: list[dict[str, Any]] = []
    first: dict[int, str] = {}
    differences: dict[str, float | None] = {}
    writer, kept = Writer(keep) if keep else None, Kept(against) if against else None
    for name, kind, tensor in found:
        values = plain(tensor)
        one = summary(name, kind, tensor, values)
        one["memory"] = first.setdefault(address_of(tensor) or -len(told), name)
        told.append(one)
        if writer and values is not None:
            writer.add(name, one["digest"], values)
        if kept and kept.differs(name, one["digest"]):
            differences[name] = None if values is None else kept.difference(name, values)
    if writer:
        writer.close()
    return told, differences


class Writer:
    """Writes values to a file, equal ones once, and an index of their positions beside it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stream = open(path, "wb")  # noqa: SIM115
        self._places: dict[str, int] = {}
        self._index: dict[str, list[Any]] = {}

    def add(self, name: str, digest: str, values: torch.Tensor) -> None:
        if digest not in self._places:
            self._places[digest] = self._stream.tell()
            self._stream.write(memory(values))
        kind = str(values.dtype).replace("torch.", "")
        self._index[name] = [digest, self._places[digest], kind, list(values.shape)]

    def close(self) -> None:
        self._stream.close()
        with open(self._path + INDEX, "w", encoding="utf-8") as stream:
            json.dump(self._index, stream)


class Kept:
    """The values that a `Writer` wrote, read one tensor at a time."""

    def __init__(self, path: str) -> None:
        with open(path + INDEX, encoding="utf-8") as stream:
            self._index: dict[str, list[Any]] = json.load(stream)
        with open(path, "rb") as stream:
            self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if os.path.getsize(path) else b""

    def differs(self, name: str, digest: str) -> bool:
        return name in self._index and self._index[name][0] != digest

    def difference(self, name: str, values: torch.Tensor) -> float | None:
        """The greatest absolute difference; None if the shapes differ or it is not a number."""
        _, offset, kind, shape = self._index[name]
        if list(values.shape) != shape or not values.numel():
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the values cannot be written to is just right
            other = torch.frombuffer(self._bytes, dtype=getattr(torch, kind), count=values.numel(), offset=offset)
        return greatest_difference(numbers(values.flatten()), numbers(other))


def numbers(values: torch.Tensor) -> torch.Tensor:
    """Complex values as pairs of real ones."""
    return torch.view_as_real(values).flatten() if values.is_complex() else values


def greatest_difference(one: torch.Tensor, other: torch.Tensor) -> float | None:
    """The greatest absolute difference, computed piece by piece to save memory; None if it is not finite."""
    greatest = 0.0
    for start in range(0, len(one), CHUNK):
        a, b = (values[start : start + CHUNK].to(torch.float64) for values in (one, other))
        difference = float((a - b).abs().max())
        if not math.isfinite(difference):
            return None
        greatest = max(greatest, difference)
    return greatest
