"""The kinds of definitions that are planted: each a function from names to one statement or a few."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from texts import Constructor, FileText


@dataclass(frozen=True)
class Site:
    """What a kind may use at the place where it is planted."""

    constructor: Constructor
    spell: Callable[[str], str]
    project_class: str
    random: random.Random

    @property
    def instance(self) -> str:
        return self.constructor.instance

    def layer(self) -> str:
        """A module of torch that draws."""
        name, arguments = self.random.choice(DRAWING_LAYERS)
        return f"{self.spell('torch.nn.' + name)}({arguments})"

    def tensor(self) -> str:
        """A tensor that draws."""
        form = self.random.choice(
            ("randn(4, 8)", "rand(8)", "randn((1, 8, 1, 1))", "empty(8).normal_()", "randint(0, 9, (8,))")
        )
        return f"{self.spell('torch.' + form.partition('(')[0])}{form[form.index('(') :]}"

    def parameter(self, value: str) -> str:
        return f"{self.spell('torch.nn.Parameter')}({value})"

    def noise(self) -> str:
        return f"{self.spell('torch.randn')}(4, 8)"


@dataclass(frozen=True)
class Spelled:
    """The lines of a plant, and what is to be written as methods behind the constructor."""

    lines: tuple[str, ...]
    method: tuple[str, ...] = ()


DRAWING_LAYERS = (
    ("Linear", "8, 8"),
    ("Conv1d", "4, 4, 3"),
    ("Conv2d", "4, 4, kernel_size=3"),
    ("Embedding", "16, 8"),
    ("LSTM", "8, 8"),
    ("GRUCell", "8, 8"),
    ("MultiheadAttention", "8, 2"),
    ("ConvTranspose2d", "4, 4, 2"),
    ("Bilinear", "4, 4, 8"),
)
PLAIN_LAYERS = (
    ("ReLU", ""),
    ("LayerNorm", "8"),
    ("BatchNorm2d", "8"),
    ("Dropout", "0.1"),
    ("Identity", ""),
    ("PReLU", "8"),
)

Kind = Callable[[Site, tuple[str, ...]], Spelled]


def _plain(value: Callable[[Site], str]) -> Kind:
    return lambda site, names: Spelled((f"{site.instance}.{names[0]} = {value(site)}",))


def _call(text: str, value: Callable[[Site], str]) -> Kind:
    """A call on the instance: `{x}` stands for the name, `{v}` for the value."""
    return lambda site, names: Spelled((text.format(self=site.instance, x=names[0], v=value(site)),))


def _idle_layer(site: Site) -> str:
    name, arguments = site.random.choice(PLAIN_LAYERS)
    return f"{site.spell('torch.nn.' + name)}({arguments})"


def _conditional(site: Site) -> str:
    condition = f"{site.constructor.flag} is not None" if site.constructor.flag else f"not {site.instance}.training"
    return f"{site.layer()} if {condition} else None"


def _module_list(site: Site) -> str:
    return f"{site.spell('torch.nn.ModuleList')}([{site.layer()} for _ in range(2)])"


def _sequential(site: Site) -> str:
    layers = ", ".join((site.layer(), f"{site.spell('torch.nn.ReLU')}()", site.layer()))
    return f"{site.spell('torch.nn.Sequential')}({layers})"


def _module_dict(site: Site) -> str:
    return f'{site.spell("torch.nn.ModuleDict")}({{"first": {site.layer()}, "second": {site.layer()}}})'


def _parameter_list(site: Site) -> str:
    return f"{site.spell('torch.nn.ParameterList')}([{site.parameter(site.noise())} for _ in range(2)])"


def _pair(site: Site, names: tuple[str, ...]) -> Spelled:
    left, right = (f"{site.instance}.{name}" for name in names)
    return Spelled((f"{left}, {right} = {site.layer()}, {site.layer()}",))


def _chained(site: Site, names: tuple[str, ...]) -> Spelled:
    left, right = (f"{site.instance}.{name}" for name in names)
    return Spelled((f"{left} = {right} = {site.layer()}",))


def _annotated(site: Site, names: tuple[str, ...]) -> Spelled:
    return Spelled((f"{site.instance}.{names[0]}: {site.spell('torch.nn.Module')} = {site.layer()}",))


def _walrus(site: Site, names: tuple[str, ...]) -> Spelled:
    return Spelled((f"{site.instance}.{names[0]} = (planted := {site.layer()})",))


def _appended(site: Site, names: tuple[str, ...]) -> Spelled:
    target = f"{site.instance}.{names[0]}"
    return Spelled(
        (
            f"{target} = {site.spell('torch.nn.ModuleList')}()",
            "for _ in range(2):",
            f"    {target}.append({site.layer()})",
        )
    )


def _initialised(site: Site, names: tuple[str, ...]) -> Spelled:
    target = f"{site.instance}.{names[0]}"
    layer = f"{site.spell('torch.nn.Linear')}(8, 8)"
    return Spelled((f"{target} = {layer}", f"{site.spell('torch.nn.init.xavier_uniform_')}({target}.weight)"))


def _helper(site: Site, names: tuple[str, ...]) -> Spelled:
    helper = f"_build_{names[0].strip('_')}_planted"
    body = (f"def {helper}(self):", f"    self.{names[0]} = {site.layer()}")
    return Spelled((f"{site.instance}.{helper}()",), body)


def _named_in_loop(site: Site, names: tuple[str, ...]) -> Spelled:
    spelled = ", ".join(f'"{name}"' for name in names)
    return Spelled((f"for planted in ({spelled}):", f"    setattr({site.instance}, planted, {site.layer()})"))


def _named_by_caller(site: Site, names: tuple[str, ...]) -> Spelled:
    helper = f"_add_{names[0].strip('_')}_planted"
    body = (f"def {helper}(self, name):", f"    self.add_module(name, {site.layer()})")
    return Spelled((f'{site.instance}.{helper}("{names[0]}")',), body)


def _starred(site: Site, names: tuple[str, ...]) -> Spelled:
    first, rest = (f"{site.instance}.{name}" for name in names)
    return Spelled((f"{first}, *{rest} = [{site.layer()} for _ in range(3)]",))


def _tested(site: Site, names: tuple[str, ...]) -> Spelled:
    lines = (f"if (planted := {site.layer()}) is not None:", f"    {site.instance}.{names[0]} = planted")
    return Spelled(lines)


def _called_by_others(site: Site, names: tuple[str, ...]) -> Spelled:
    helper = f"fit_{names[0].strip('_')}_planted"
    return Spelled((f"{site.instance}.{helper}()",), (f"def {helper}(self):", f"    self.{names[0]} = {site.layer()}"))


def _keyed(site: Site) -> str:
    return f'{site.spell("torch.nn.ModuleDict")}({{f"key{{k}}": {site.layer()} for k in range(2)}})'


def _chosen(site: Site) -> str:
    table = ", ".join(f'"{name}": {site.spell("torch.nn." + name)}' for name in ("Linear", "Bilinear"))
    return f'{{{table}}}["Linear"](8, 8)'


KINDS: dict[str, Kind] = {
    "submodule": _plain(Site.layer),
    "parameter": _plain(lambda site: site.parameter(site.noise())),
    "tensor": _plain(Site.tensor),
    "register_buffer": _call('{self}.register_buffer("{x}", {v})', Site.noise),
    "register_parameter": _call('{self}.register_parameter("{x}", {v})', lambda site: site.parameter(site.noise())),
    "add_module": _call('{self}.add_module("{x}", {v})', Site.layer),
    "register_module": _call('{self}.register_module(name="{x}", module={v})', Site.layer),
    "setattr": _call('setattr({self}, "{x}", {v})', Site.layer),
    "tuple": _pair,
    "chained": _chained,
    "annotated": _annotated,
    "walrus": _walrus,
    "conditional": _plain(_conditional),
    "module_list": _plain(_module_list),
    "module_dict": _plain(_module_dict),
    "parameter_list": _plain(_parameter_list),
    "sequential": _plain(_sequential),
    "appended": _appended,
    "initialised": _initialised,
    "helper": _helper,
    "named_in_loop": _named_in_loop,
    "named_by_caller": _named_by_caller,
    "starred": _starred,
    "tested": _tested,
    "called_by_others": _called_by_others,
    "keyed": _plain(_keyed),
    "chosen": _plain(_chosen),
    "made_by_lambda": _plain(lambda site: f"(lambda: {site.layer()})()"),
    "plain_list": _plain(lambda site: f"[{site.layer()} for _ in range(2)]"),
    "project_class": _plain(lambda site: site.project_class or site.layer()),
    "layer_without_draws": _plain(_idle_layer),
    "parameter_without_draws": _plain(lambda site: site.parameter(f"{site.spell('torch.zeros')}(8)")),
}
NAMES_NEEDED = {"tuple": 2, "chained": 2, "named_in_loop": 2, "starred": 2}

PARAMETERS = frozenset({"parameter", "register_parameter", "parameter_without_draws"})
TENSORS = frozenset({"tensor", "register_buffer"})
WITHOUT_DRAWS = frozenset({"layer_without_draws", "parameter_without_draws"})
OPEN_DRAWS = frozenset({"conditional", "project_class"})
"""Whether these draw is not known here: the condition and the other class decide."""


def expected_codes(kind: str) -> frozenset[str]:
    """The codes that are right for a planted kind, given that it is dead."""
    if kind in PARAMETERS | TENSORS:
        drawing, silent = ("SOH103", "") if kind in TENSORS else ("SOH102", "SOH202")
    else:
        drawing, silent = "SOH101", "SOH201"
    if kind in OPEN_DRAWS:
        return frozenset({drawing, silent})
    return frozenset({silent if kind in WITHOUT_DRAWS else drawing})


class Speller:
    """Writes names of torch as a file already does, and imports torch where the file does not."""

    def __init__(self, text: FileText, chance: random.Random) -> None:
        self._chance = chance
        self._aliases: dict[str, list[str]] = {}
        self.imports_torch = False
        for alias, target in sorted(text.global_imports.items()):
            dotted = target.split(".")
            if dotted[0] == "torch" and (alias != target or alias == "torch"):
                self._aliases.setdefault(target, []).append(alias)
        if any(target.startswith("torch.") and alias == target for alias, target in text.global_imports.items()):
            self._aliases.setdefault("torch", []).append("torch")

    def __call__(self, dotted: str) -> str:
        known = [(prefix, alias) for prefix in _prefixes(dotted) for alias in self._aliases.get(prefix, ())]
        if not known:
            self.imports_torch = True
            return dotted
        prefix, alias = self._chance.choice(known)
        return alias + dotted[len(prefix) :]


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
