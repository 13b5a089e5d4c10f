"""Fingerprints: what a build drew and holds, in a file without its weights, one line per draw and per tensor.

The same set-up gives the same bytes. SCHEMA_VERSION increases with every change that could break a reader of the old
format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from initlint import files
from initlint.errors import InitlintError
from initlint.report.trace import Draw, Setup, Tensor, Trace

SCHEMA_VERSION = 1
SUFFIX = ".json"
"""The end of a fingerprint's file name, which no version of a project has."""


class _Build(msgspec.Struct, frozen=True):
    target: str
    of: str
    python: str
    torch: str
    cpu: str
    device: str
    placement: str
    dtype: str
    seed: int


class _Schema(msgspec.Struct, frozen=True):
    schema_version: int


class _File(msgspec.Struct, frozen=True):
    build: _Build
    draws: tuple[Draw, ...]
    ends: dict[str, str]
    tensors: tuple[Tensor, ...]


def write(path: str, trace: Trace) -> None:
    """Write a fingerprint to a file, completely or not at all."""
    files.write(path, render(trace).encode())


def render(trace: Trace) -> str:
    setup = msgspec.to_builtins(trace.setup)
    parts: dict[str, object] = {
        "build": {**setup, "target": trace.target, "of": trace.of, "python": trace.python},
        "draws": [_draw(draw) for draw in trace.draws],
        "ends": trace.ends,
        "schema_version": SCHEMA_VERSION,
        "tensors": msgspec.to_builtins(trace.tensors),
    }
    return "{\n" + ",\n".join(f"  {_text(key)}: {_block(value)}" for key, value in parts.items()) + "\n}\n"


def _draw(draw: Draw) -> dict[str, object]:
    """A draw without what is empty, what its owner already says, and what is not part of the build."""
    fields = msgspec.to_builtins(draw)
    left_out = {"dead", "maker"} if draw.owner else {"dead"}
    return {name: value for name, value in fields.items() if name not in left_out and (value or name == "owner")}


def _block(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[\n" + ",\n".join(f"    {_text(item)}" for item in value) + "\n  ]" if value else "[]"
    if isinstance(value, Mapping):
        return "{\n" + ",\n".join(f"    {_text(key)}: {_text(value[key])}" for key in sorted(value)) + "\n  }"
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def read(path: str) -> Trace:
    """The build that a file describes."""
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise InitlintError(f"cannot read {path}: {error.strerror}") from error
    try:
        version = msgspec.json.decode(content, type=_Schema).schema_version
        if version > SCHEMA_VERSION:
            raise InitlintError(f"{path} is a fingerprint of schema {version}; this initlint reads {SCHEMA_VERSION}")
        kept = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise InitlintError(f"{path} is not a fingerprint ({error})") from None
    build = kept.build
    setup = Setup(build.torch, build.cpu, build.device, build.placement, build.dtype, build.seed)
    return Trace(build.target, build.of, setup, build.python, kept.draws, kept.tensors, kept.ends)
