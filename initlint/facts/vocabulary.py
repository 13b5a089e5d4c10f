"""Names of torch and Python by which code defines or reads attributes other than after a dot."""

from __future__ import annotations

import re

from initlint.model import Kind

REGISTERED = {
    "add_module": (Kind.SUBMODULE, "module"),
    "register_module": (Kind.SUBMODULE, "module"),
    "register_parameter": (Kind.PARAMETER, "param"),
    "register_buffer": (Kind.BUFFER, "tensor"),
}
"""Methods of nn.Module that register their second argument under the name in the first: the kind, and the keyword."""

REGISTRATIONS = frozenset(REGISTERED)

MODULE_SWEEPS = frozenset({"modules", "children", "named_modules", "named_children"})
PARAMETER_SWEEPS = frozenset({"parameters", "named_parameters"})
"""Methods of nn.Module that iterate over its parts."""

SAME_MODULE = frozenset(
    "to cuda cpu float half double bfloat16 eval train requires_grad_ apply share_memory type xpu to_empty"
    " compile".split()
)
"""Methods of nn.Module that return the module itself."""

SAMPLES = frozenset({"sample", "rsample", "sample_n"})
"""Methods of a distribution that draw."""

GETTERS = frozenset({"__getattr__", "__getattribute__"})
"""The method that `getattr` runs: called by name it reads, except in a getter that passes its argument on."""

LOOKUPS = GETTERS | {"get_submodule", "get_parameter", "get_buffer"}
"""Methods of a module that read by a path in a string."""

REGISTRIES = ("_modules", "_parameters", "_buffers", "__dict__")
"""The dictionaries that hold the parts of a module by name."""

SETTERS = frozenset({"setattr", "__setattr__"})

EVALUATIONS = frozenset({"eval", "exec"})
"""Functions that run code in a string."""

FETCHERS = frozenset({"attrgetter", "methodcaller"})
"""Functions of `operator` that make a function which reads the named attributes."""

REDUCE = "reduce"
"""The function of `functools` that follows a path: `reduce(getattr, path.split("."), model)`."""

SPOKEN = (
    REGISTRATIONS
    | LOOKUPS
    | EVALUATIONS
    | SETTERS
    | FETCHERS
    | {REDUCE, "getattr", "hasattr", "isinstance", "issubclass"}
)
"""Functions whose arguments name attributes or classes."""

GUARDED = "?"
"""Marks, among the reads of a receiver, that the code tests the receiver's class; before a name, that the code can do
without it: it tests with hasattr, or has a default. Not everything that is read from such a receiver need exist on
it."""


_REGISTRY = re.compile(
    rf"(?s)(?:(?P<owner>.+?)\.(?:{'|'.join(REGISTRIES)})|vars\(\s*(?P<given>[\w.]+)\s*\))"
    rf"(?:\[\s*[\"'](?:{'|'.join(REGISTRIES)})[\"']\s*\])?"
)


def registry_owner(text: str) -> str:
    """The object whose parts an expression holds by name: `self` in `self._modules` and `vars(self)["_modules"]`; or
    ""."""
    found = _REGISTRY.fullmatch(text)
    return (found["owner"] or found["given"]) if found is not None else ""
