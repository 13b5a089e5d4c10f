"""Names of torch and Python by which code defines or reads attributes without naming them after a dot."""

from __future__ import annotations

import re

from initlint.model import Kind

REGISTERED = {
    "add_module": (Kind.SUBMODULE, "module"),
    "register_module": (Kind.SUBMODULE, "module"),
    "register_parameter": (Kind.PARAMETER, "param"),
    "register_buffer": (Kind.BUFFER, "tensor"),
}
"""Methods of nn.Module whose first argument names what their second argument becomes: its kind, and its keyword."""

REGISTRATIONS = frozenset(REGISTERED)

MODULE_SWEEPS = frozenset({"modules", "children", "named_modules", "named_children"})
PARAMETER_SWEEPS = frozenset({"parameters", "named_parameters"})
"""Methods of nn.Module that go over what is in it."""

SAME_MODULE = frozenset(
    "to cuda cpu float half double bfloat16 eval train requires_grad_ apply share_memory type xpu to_empty"
    " compile".split()
)
"""Methods of nn.Module that hand back the module itself."""

SAMPLES = frozenset({"sample", "rsample", "sample_n"})
"""Methods of a distribution that draw."""

GETTERS = frozenset({"__getattr__", "__getattribute__"})
"""What `getattr` runs: called by name it reads, but for a getter that passes on the name that it is given."""

LOOKUPS = GETTERS | {"get_submodule", "get_parameter", "get_buffer"}
"""Methods of a module that read by a path in a string."""

REGISTRIES = ("_modules", "_parameters", "_buffers", "__dict__")
"""What holds the parts of a module by their names."""

SETTERS = frozenset({"setattr", "__setattr__"})

EVALUATIONS = frozenset({"eval", "exec"})
"""Functions that run what a string says."""

FETCHERS = frozenset({"attrgetter", "methodcaller"})
"""Functions of `operator` that make one that reads what they are given the name of."""

SPOKEN = REGISTRATIONS | LOOKUPS | EVALUATIONS | SETTERS | FETCHERS | {"getattr", "hasattr", "isinstance", "issubclass"}
"""Functions whose arguments name attributes or classes."""

GUARDED = "?"
"""Stands among the reads of a receiver whose class the code tests; before a name, that the code can do without it: it
tests with hasattr, or has another value for that case.

What is read from such a receiver need not all exist on it.
"""


_REGISTRY = re.compile(
    rf"(?s)(?:(?P<owner>.+?)\.(?:{'|'.join(REGISTRIES)})|vars\(\s*(?P<given>[\w.]+)\s*\))"
    rf"(?:\[\s*[\"'](?:{'|'.join(REGISTRIES)})[\"']\s*\])?"
)


def registry_owner(text: str) -> str:
    """Whose parts an expression holds by their names: `self` in `self._modules` and `vars(self)["_modules"]`; or ""."""
    found = _REGISTRY.fullmatch(text)
    return (found["owner"] or found["given"]) if found is not None else ""
