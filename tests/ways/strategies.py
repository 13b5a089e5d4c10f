"""Random programs: any way to define with any way to read, in families over several files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from generated import products
from generated.render import PROJECT_STYLES, TORCH_STYLES
from generated.strategies import FILES, NAMES, chance
from hypothesis import strategies as st

from ways.catalogue import DEFINERS, PASSES, QUIET, READERS, SHAPES, SWEEPS
from ways.family import Item, Layer, Program
from ways.piece import Slot
from ways.write import HELPERS, OWNERS

if TYPE_CHECKING:
    from generated.products import Product

OWN_NAMES = [name for name in NAMES if name != "weight"]
"""Of these none is what torch's own layers have as well."""

PRODUCTS = (
    *products.LAYERS,
    *products.OTHER_MODULES,
    *products.PARAMETERS,
    *products.BUFFERS,
    *products.TENSORS,
    products.sequential([products.LAYERS[0], products.LAYERS[3]]),
    products.module_list([products.LAYERS[1]], products.ITERATED),
    products.module_dict([products.LAYERS[0], products.LAYERS[2]], products.VALUES),
    products.parameter_list(products.PARAMETERS[:2]),
)


@dataclass
class Growing:
    """The program while it grows, with the names that each family has used up."""

    layers: list[Layer] = field(default_factory=list)
    family: dict[str, str] = field(default_factory=dict)
    taken: dict[str, set[str]] = field(default_factory=dict)

    def above(self, layer: Layer) -> list[Layer]:
        return list(Program((*self.layers, layer)).above(layer))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A package of one to four classes."""
    growing = Growing()
    file = 0
    for number in range(draw(st.integers(1, 4))):
        file = min(file + draw(st.integers(0, 1)), len(FILES) - 1)
        name = f"{'ABCD'[number]}{draw(st.sampled_from(('Net', 'Block', 'Layer')))}"
        growing.layers.append(one_layer(draw, growing, name, FILES[file]))
    style = st.tuples(st.sampled_from(TORCH_STYLES), st.sampled_from(PROJECT_STYLES))
    styles = tuple((path, draw(style)) for path in (*FILES, HELPERS, OWNERS))
    return Program(tuple(growing.layers), styles)


def one_layer(draw: st.DrawFn, growing: Growing, name: str, file: str) -> Layer:
    """A class: of its own, or below an earlier one."""
    base = draw(st.sampled_from(growing.layers)) if growing.layers and chance(draw, 40) else None
    layer = Layer(name, file, base=base.name if base else "", shape=draw(st.sampled_from(sorted(SHAPES))))
    layer = replace(layer, extends=chance(draw, 70))
    growing.family[name] = growing.family[base.name] if base else name
    taken = growing.taken.setdefault(growing.family[name], set())
    layer = replace(layer, items=tuple(item(draw, growing, name, taken) for _ in range(draw(st.integers(1, 4)))))
    if chance(draw, 20):
        layer = replace(layer, runs_pass=draw(st.sampled_from(sorted(PASSES))))
    if chance(draw, 5):
        layer = replace(layer, sweep=draw(st.sampled_from(sorted(SWEEPS))))
    return layer


def item(draw: st.DrawFn, growing: Growing, host: str, taken: set[str]) -> Item:
    """What is built, how, and who reads it."""
    name = draw(st.sampled_from([name for name in OWN_NAMES if name not in taken]))
    taken.add(name)
    slot = Slot(name, draw(built(growing)), host)
    noises = (draw(st.sampled_from(QUIET.fitting(slot.product))),) if chance(draw, 30) else ()
    readers = [reader for reader in READERS.fitting(slot.product) if reader not in taken]
    reader = draw(st.sampled_from(readers)) if chance(draw, 60) else ""
    taken.update([reader] if reader and READERS[reader].single else [])
    return Item(slot, draw(st.sampled_from(DEFINERS.fitting(slot.product))), reader, noises)


def built(growing: Growing) -> st.SearchStrategy[Product]:
    parts = [products.part(layer.name) for layer in growing.layers]
    return st.one_of(st.sampled_from(PRODUCTS), *([st.sampled_from(parts)] if parts else []))
