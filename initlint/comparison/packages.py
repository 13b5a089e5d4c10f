"""The canonical names of other packages and of builtins."""

from __future__ import annotations

import builtins
import typing

from initlint.construction import knowledge


def everywhere(name: str) -> str:
    """One name for all its aliases: torch's canonical names, and for names of typing what they stand for."""
    space, _, tail = name.rpartition(".")
    origin = typing.get_origin(getattr(typing, tail, None)) if space == "typing" else None
    if isinstance(origin, type):
        return f"{origin.__module__}.{origin.__qualname__}"
    return knowledge.canonical(name) if name.startswith("torch.") else name


def unbound(name: str) -> str:
    """The canonical name if no file binds the name: that of a builtin, or one that is marked as unknown."""
    return f"builtins.{name}" if hasattr(builtins, name.partition(".")[0]) else f"?.{name}"
