"""Arguments for a class without instructions: guessed from its parameters' names, types and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from initlint.runtime.host import Parameter

SIZES: tuple[tuple[str, str], ...] = (
    (r"head_?dim|dim_?head", "16"),
    (r"heads?$|nhead|n_head", "4"),
    (r"groups?$", "4"),
    (r"layers$|depths?$|blocks$|num_layers|repeats?$", "2"),
    (r"kernel", "3"),
    (r"stride|dilation|padding", "1"),
    (r"patch(_size)?$", "4"),
    (r"(img|image|input|feat\w*)_?size|resolution|^size$", "32"),
    (r"in_?chans|^channels$|num_channels", "4"),
    (r"classes|labels", "10"),
    (r"vocab|num_embeddings", "128"),
    (r"len(gth)?$|position|patches|tokens", "64"),
    (r"drop|prob|^p$|rate$", "0.1"),
    (r"eps", "1e-05"),
    (r"ratio|expansion|mult", "2"),
    (r"scale$|alpha|beta|gamma|momentum|temperature|init_values?", "0.5"),
    (r"act(ivation|_layer|_func|_fn)?$", "torch.nn.ReLU"),
    (r"norm(_layer)?$", "torch.nn.LayerNorm"),
    (r"^(use|with|is|has|no)_|bias$", "True"),
)
"""Values that fit each other, by the end or content of a parameter's name; the first match counts."""

DIMENSION = "64"
"""A size that is divisible by four heads and by four groups; every other number is one."""

SMALL: tuple[tuple[str, int], ...] = (
    (r"layers$|depths?$|blocks$", 2),
    (r"heads?$", 4),
    (r"head_?dim", 16),
    (r"vocab", 128),
    (r"(hidden|embed\w*|intermediate|inner|projection|ffn?|model)_?(size|dim)$|^d_|^dim$|^width$", 64),
)
"""The largest number in a configuration, so that a model of a few layers is built."""

BY_TYPE = {
    "int": DIMENSION,
    "float": "0.5",
    "bool": "False",
    "str": "''",
    "list": "[64, 64]",
    "tuple": "(8, 8)",
    "dict": "{}",
    "Module": "torch.nn.Identity()",
}


def candidates(name: str, parameters: Sequence[Parameter], calls: Sequence[str]) -> Iterator[str]:
    """Calls of a class that may work, the most reliable first: those of the project, no arguments, guesses."""
    found = [f"{name}({arguments})" for arguments in calls]
    required = [parameter for parameter in parameters if parameter.required]
    sizes = (True, False) if any(parameter.config for parameter in required) else (False,)
    found += [f"{name}({', '.join(_argument(parameter, small) for parameter in required)})" for small in sizes]
    yield from dict.fromkeys(found)


def pattern(name: str, parameters: Sequence[Parameter]) -> str:
    """The form of the call, for somebody who knows the values."""
    return f"{name}({', '.join(f'{parameter.name}=...' for parameter in parameters if parameter.required)})"


def _argument(parameter: Parameter, small: bool) -> str:
    value = _value(parameter, small)
    return value if parameter.nameless else f"{parameter.name}={value}"


def _value(parameter: Parameter, small: bool) -> str:
    if parameter.config:
        return f"{parameter.config}({', '.join(_reduced(parameter) if small else ())})"
    if parameter.type in BY_TYPE and parameter.type not in ("int", "float"):
        return BY_TYPE[parameter.type]
    value = next((value for words, value in SIZES if re.search(words, parameter.name)), DIMENSION)
    if parameter.type == "int" and not value.isdigit():
        return DIMENSION
    if parameter.type == "float" and not value[0].isdigit():
        return BY_TYPE["float"]
    return value


def _reduced(parameter: Parameter) -> Iterator[str]:
    """The numbers of a configuration that are larger than a small model needs, reduced."""
    for name, default in parameter.numbers.items():
        most = next((value for words, value in SMALL if re.search(words, name)), default)
        if most < default:
            yield f"{name}={most}"
