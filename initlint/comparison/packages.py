"""Names of other packages, and of builtins, as everybody has them."""

from __future__ import annotations

import builtins
import typing

from initlint.construction import knowledge


def everywhere(name: str) -> str:
    """One name for what several lead to: torch's canonical ones, and those of typing as what they stand for."""
    space, _, tail = name.rpartition(".")
    origin = typing.get_origin(getattr(typing, tail, None)) if space == "typing" else None
    if isinstance(origin, type):
        return f"{origin.__module__}.{origin.__qualname__}"
    return knowledge.canonical(name) if name.startswith("torch.") else name


def unbound(name: str) -> str:
    """What a name is that no file binds: a builtin, or nothing that is known."""
    return f"builtins.{name}" if hasattr(builtins, name.partition(".")[0]) else f"?.{name}"
