"""Programs assembled from small ways, each with its own truth: the linter agrees, and so does torch.

`INITLINT_EXAMPLES=5000 pytest tests/test_ways.py` tries more programs than the fixed series of every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given

torch = pytest.importorskip("torch")

from typing import TYPE_CHECKING

from checking import check_sources
from generated import products
from generated.execution import loaded
from generated.series import series
from ways import measure, write
from ways.catalogue import DEFINERS, PASSES, QUIET, READERS, SHAPES, SWEEPS
from ways.family import Event, Expected, Item, Layer, Program, attributes
from ways.measure import grouped
from ways.piece import Slot, Way
from ways.strategies import PRODUCTS, programs

from initlint.model import Answer, Confidence, Finding, Kind

if TYPE_CHECKING:
    from generated.products import Product

PROFILE = series(60)


def agree(program: Program) -> None:
    files = write.files(program)
    wrong = [*disagreements(program, files), *refuted(program, files)]
    assert not wrong, "\n".join((*wrong, write.show(program)))


# -- the linter -----------------------------------------------------------------------------------------------------


def disagreements(program: Program, files: dict[str, str]) -> Iterator[str]:
    """Where the linter's findings differ from the expected ones."""
    due = {(e.path, e.cls, e.attribute, e.code): e for e in program.expected}
    found = {key(finding): finding for finding in check_sources(files)}
    for place in sorted(found.keys() - due.keys()):
        if found[place].confidence is Confidence.CERTAIN:
            yield f"false alarm: {place}"
    for place, expected in sorted(due.items(), key=lambda entry: entry[0]):
        if place in found:
            yield from (f"{place}: {what}" for what in differences(found[place], expected))
        elif not expected.optional:
            yield f"miss: {place}"


def key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.path.partition("/")[2], finding.cls, finding.attribute, finding.code


def differences(finding: Finding, expected: Expected) -> Iterator[str]:
    if finding.draws not in expected.draws:
        yield f"draws {finding.draws.value}"
    if finding.confidence is not Confidence.CERTAIN and not expected.doubtful:
        yield "not certain"
    if finding.shifts != expected.shifts:
        yield f"shifts {finding.shifts}, not {expected.shifts}"


# -- torch ----------------------------------------------------------------------------------------------------------


def refuted(program: Program, files: dict[str, str]) -> Iterator[str]:
    """Where torch does not do what the ways say about themselves."""
    with loaded(files) as modules:
        reads = measure.reads(program, modules)
        for layer in program.layers:
            yield from refuted_reads(program, layer, reads)
            built = measure.build(modules, layer)
            order = drawn(program.events(layer.name))
            if (is_order := built.order(order)) != grouped(order):
                yield f"{layer.name}: order is {is_order}, not {grouped(order)}"
            for expected in [one for one in program.expected if one.cls == layer.name and not one.fact.gone]:
                if not program.lost(layer, expected.fact):
                    yield from refuted_shifts(program, layer, expected, built, modules)


def drawn(events: Iterable[Event]) -> list[str]:
    """The owner of each draw, without draws of which nothing is left, or only what was computed from them."""
    named = [(attributes(event.owned.fact)[0], event.traced) for event in events]
    untraced = {name for name, traced in named if not traced}
    return [name for name, _ in named if name not in untraced]


def refuted_reads(program: Program, layer: Layer, reads: measure.Reads) -> Iterator[str]:
    for item in layer.items:
        for fact in item.defining.facts:
            kind = fact.kind or item.slot.product.kind
            place = (layer.name, attributes(fact)[0])
            if program.live(item, fact, kind):
                if item.reader and place not in reads.used and not fact.indirect:
                    yield f"{place} is said to be live, and nothing read it"
            elif place in reads.named and not fact.gone:
                yield f"{place} is said to be dead, and it was read"


def refuted_shifts(
    program: Program, layer: Layer, expected: Expected, built: measure.Built, modules: dict[str, object]
) -> Iterator[str]:
    """Without its draws, exactly the weights that it should shift differ."""
    own = attributes(expected.fact)
    places = {place for place, name in enumerate(built.owners) if name in own}
    if bool(places) is not (Answer.NO not in expected.draws):
        yield f"{expected.cls}.{expected.attribute} draws {len(places)} times"
    less = measure.rebuilt(modules, layer, places)  # type: ignore[arg-type]
    differ = {name for name, held in built.weights.items() if name not in own and less[name] != held}
    due = program.seen_through(layer.name, expected.shifts) - {expected.fact.attribute}
    if (differ ^ due) - program.forked(layer.name):
        yield f"{expected.cls}.{expected.attribute} shifts {sorted(differ)}, not {expected.shifts}"


# -- tests ----------------------------------------------------------------------------------------------------------


@PROFILE
@given(programs())
def test_ways_together(program: Program) -> None:
    agree(program)


def alone(item: Item, **of_layer: object) -> Program:
    """A class with one definition before what is looked at, and one behind it."""
    first = Item(Slot("first", products.LAYERS[0], "Net"), reader="direct")
    last = Item(Slot("last", products.LAYERS[0], "Net"), reader="direct")
    return Program((Layer("Net", "models.py", items=(first, item, last), **of_layer),))  # type: ignore[arg-type]


def fitting(way: Way) -> list[Product]:
    """One product of every kind that the way applies to, a drawing one first."""
    found: dict[object, Product] = {}
    for product in sorted(PRODUCTS, key=lambda product: not product.draws):
        if way.accepts(product) and not product.fill:
            found.setdefault(product.kind, product)
    return list(found.values())


def simple(product: Product) -> str:
    return "register_buffer" if product.kind is Kind.BUFFER else "plain"


@pytest.mark.parametrize("name", DEFINERS)
def test_definer(name: str) -> None:
    for product in fitting(DEFINERS[name]):
        for reader in ("direct", ""):
            agree(alone(Item(Slot("gate", product, "Net"), name, reader)))


@pytest.mark.parametrize("name", READERS)
def test_reader(name: str) -> None:
    for product in fitting(READERS[name]):
        agree(alone(Item(Slot("gate", product, "Net"), simple(product), name)))


@pytest.mark.parametrize("name", QUIET)
def test_quiet(name: str) -> None:
    for product in fitting(QUIET[name]):
        for reader in ("direct", ""):
            agree(alone(Item(Slot("gate", product, "Net"), simple(product), reader, (name,))))


GATE = Item(Slot("gate", products.LAYERS[0], "Net"))


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str) -> None:
    agree(alone(GATE, shape=name))


@pytest.mark.parametrize("name", PASSES)
def test_pass(name: str) -> None:
    for product in PRODUCTS:
        item = Item(Slot("gate", product, "Net"), simple(product))
        agree(alone(item, runs_pass=name))


@pytest.mark.parametrize("name", SWEEPS)
def test_sweep(name: str) -> None:
    agree(alone(GATE, sweep=name))
