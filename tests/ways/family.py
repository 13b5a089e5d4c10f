"""A program as a value: classes of definitions, each with its ways, and the truth that follows from the choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from generated.program import DRAWING, STILL

from initlint.model import Answer, Kind
from ways.catalogue import DEFINERS, PASSES, QUIET, READERS
from ways.passes import heirs
from ways.piece import Fact, Piece, Slot

if TYPE_CHECKING:
    from generated.products import Product

MAYBE = frozenset({Answer.YES, Answer.UNKNOWN})


@dataclass(frozen=True)
class Item:
    """One definition: how it is written, and how it is read (`reader` is empty if it is dead)."""

    slot: Slot
    definer: str = "plain"
    reader: str = ""
    noises: tuple[str, ...] = ()

    @property
    def defining(self) -> Piece:
        piece = DEFINERS[self.definer].make(self.slot)
        return piece if piece.facts else replace(piece, facts=(Fact(self.slot.name),))

    @property
    def reading(self) -> Piece:
        return READERS[self.reader].make(self.slot) if self.reader else Piece()

    @property
    def noise(self) -> Piece:
        return sum((QUIET[name].make(self.slot) for name in self.noises), Piece())


@dataclass(frozen=True)
class Layer:
    """A class. `sweep` reads all its children, `runs_pass` initialises at the end."""

    name: str
    file: str
    base: str = ""
    items: tuple[Item, ...] = ()
    shape: str = "plain"
    runs_pass: str = ""
    sweep: str = ""
    extends: bool = True


@dataclass(frozen=True)
class Owned:
    """A definition as a class has it."""

    cls: str
    fact: Fact
    product: Product
    kind: Kind | None


@dataclass(frozen=True)
class Event:
    """A draw for a definition: under a condition that nobody can know, or not.

    It is `traced` if what it draws is itself kept, and not only what is computed from it.
    """

    owned: Owned
    sure: bool = True
    traced: bool = True


@dataclass(frozen=True)
class Expected:
    """One finding that is due; an `optional` one may be left out, and a `doubtful` one need not be certain."""

    path: str
    cls: str
    attribute: str
    code: str
    draws: frozenset[Answer]
    shifts: tuple[str, ...]
    fact: Fact
    optional: bool
    doubtful: bool


@dataclass(frozen=True)
class Program:
    """A package: classes in an order in which each uses only earlier ones, and how every file imports."""

    layers: tuple[Layer, ...]
    styles: tuple[tuple[str, tuple[str, str]], ...] = ()

    def __repr__(self) -> str:
        return f"<program of {len(self.layers)} classes>"

    @cached_property
    def by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    def above(self, layer: Layer) -> Iterator[Layer]:
        """The class and those that it inherits from, in the order of their constructors' ends."""
        if layer.base:
            yield from self.above(self.by_name[layer.base])
        yield layer

    # -- readers -------------------------------------------------------------------------------------------------

    def swept(self, name: str) -> bool:
        """Whether some class that has this one among its own reads all children."""
        return any(layer.sweep for layer in self.relatives(name))

    def opened(self, name: str) -> bool:
        """Whether something in the family can be of any name."""
        relatives = {layer.name for layer in self.relatives(name)}
        items = [item for layer in self.layers for item in layer.items if item.reader]
        return any(READERS[item.reader].opens and item.slot.host in relatives for item in items)

    def hidden(self, name: str) -> bool:
        """Whether something in the family has a name that its file does not say."""
        return any(DEFINERS[item.definer].hides for layer in self.relatives(name) for item in layer.items)

    def relatives(self, name: str) -> list[Layer]:
        """The class, what it inherits from, what inherits from it, and what that inherits from."""
        families = [list(self.above(layer)) for layer in self.layers]
        return [one for family in families if self.by_name[name] in family for one in family]

    def live(self, item: Item, fact: Fact, kind: Kind | None) -> bool:
        if kind is Kind.SUBMODULE and self.swept(item.slot.host):
            return True
        return bool(item.reader) if fact.read is None else fact.read

    # -- draws ---------------------------------------------------------------------------------------------------

    def events(self, name: str) -> tuple[Event, ...]:
        """The draws of one construction, in order."""
        events: list[Event] = []
        self._construct(self.by_name[name], events)
        return tuple(events)

    def _construct(self, layer: Layer, events: list[Event]) -> None:
        early = [item for item in layer.items if item.defining.early and not item.slot.product.late]
        rest = [item for item in layer.items if item not in early]
        for item in early:
            events += self._drawn(item)
        if layer.base:
            self._construct(self.by_name[layer.base], events)
        for item in rest:
            if not item.slot.product.late:
                events += self._drawn(item)
        for item in rest:
            if item.slot.product.late:
                events += self._drawn(item)
        if layer.runs_pass:
            events += self._passed(layer)

    def _drawn(self, item: Item) -> Iterator[Event]:
        for fact in item.defining.facts:
            inner = [event for part in item.slot.product.parts for event in self.events(part)]
            draws = (item.slot.product.draws or bool(inner)) if fact.draws is None else fact.draws
            sure = item.slot.product.draws or fact.draws is not None or any(event.sure for event in inner)
            sure = sure and not DEFINERS[item.definer].vague
            traced = any(event.traced for event in inner) if inner else item.slot.product.kept
            if draws:
                yield Event(owned(item, fact), sure, traced and not fact.gone)

    def _passed(self, layer: Layer) -> Iterator[Event]:
        """Parameters of the module itself come first, then its children in the order of their registration."""
        reaches = PASSES[layer.runs_pass].reaches
        items = [item for one in self.above(layer) for item in one.items]
        standing = [(owned(item, fact), item.definer) for item in items for fact in item.defining.facts]
        own = [(one, definer) for one, definer in standing if one.kind is Kind.PARAMETER]
        children = [(one, definer) for one, definer in standing if one.kind is Kind.SUBMODULE]
        for one, definer in (*own, *children):
            if not one.fact.gone and reaches(*self.held(one.product, one.fact), one.kind is Kind.PARAMETER):
                yield Event(one, sure=not DEFINERS[definer].vague, traced=not one.fact.tied)

    def holds(self, product: Product) -> tuple[frozenset[str], bool]:
        """The torch classes inside, and whether it has parameters."""
        holds, parameters = product.holds, product.parameters
        for part in product.parts:
            for one in self.above(self.by_name[part]):
                for item in one.items:
                    if item.slot.product.kind in (Kind.SUBMODULE, Kind.PARAMETER):
                        for fact in item.defining.facts:
                            inner, also = self.held(item.slot.product, fact)
                            holds, parameters = holds | inner, parameters or also
        return holds, parameters

    def held(self, product: Product, fact: Fact) -> tuple[frozenset[str], bool]:
        """The same of what is stored: where it is of a class that inherits from torch's, that is no class of torch."""
        holds, parameters = self.holds(product)
        return heirs(holds) if fact.heir else holds, parameters

    def seen_through(self, name: str, drawn: Iterable[str]) -> set[str]:
        """The attributes with what is drawn for these: themselves, and those that follow them."""
        return {*drawn, *(fact.attribute for fact in self.facts(name) if fact.follows in drawn)}

    def lost(self, layer: Layer, fact: Fact) -> bool:
        """Whether an initialisation writes over what was computed from a draw, so that this draw cannot be traced."""
        untraced = any(event.owned.fact == fact and not event.traced for event in self.events(layer.name))
        return untraced and any(one.runs_pass for one in self.above(layer))

    def forked(self, name: str) -> set[str]:
        """The attributes whose draws move nobody's weights, and whose weights are moved."""
        return {fact.attribute for fact in self.facts(name) if fact.forked}

    def facts(self, name: str) -> list[Fact]:
        """All definitions of an instance."""
        return [fact for one in self.above(self.by_name[name]) for item in one.items for fact in item.defining.facts]

    # -- findings ------------------------------------------------------------------------------------------------

    @cached_property
    def expected(self) -> tuple[Expected, ...]:
        return tuple(found for layer in self.layers for item in layer.items for found in self._expected(layer, item))

    def _expected(self, layer: Layer, item: Item) -> Iterator[Expected]:
        events = self.events(layer.name)
        opened = self.opened(layer.name)
        for fact in item.defining.facts:
            one = owned(item, fact)
            if one.kind is None or (not fact.gone and self.live(item, fact, one.kind)):
                continue
            own = [event for event in events if event.owned == one]
            code = "SOH104" if fact.gone and own else (DRAWING if own else STILL).get(one.kind, "")
            if code:
                answers, shifts = fact.answers or answered(own), after(events, one)
                optional = opened or fact.optional or (fact.gone and not any(event.sure for event in own))
                yield Expected(
                    layer.file,
                    layer.name,
                    shown(fact),
                    code,
                    answers,
                    shifts,
                    fact,
                    optional,
                    doubtful=fact.attribute in self.vague or self.hidden(layer.name),
                )

    @cached_property
    def vague(self) -> frozenset[str]:
        """The names that something reads from what might be an instance of any class."""
        items = [item for layer in self.layers for item in layer.items if item.reader and READERS[item.reader].vague]
        return frozenset(item.slot.name for item in items)


def owned(item: Item, fact: Fact) -> Owned:
    return Owned(item.slot.host, fact, item.slot.product, fact.kind or item.slot.product.kind)


def shown(fact: Fact) -> str:
    return fact.shown or fact.attribute


def attributes(fact: Fact) -> tuple[str, ...]:
    """Its names on an instance."""
    return fact.attributes or (fact.attribute,)


def answered(events: list[Event]) -> frozenset[Answer]:
    if not events:
        return frozenset({Answer.NO})
    return frozenset({Answer.YES}) if any(event.sure for event in events) else MAYBE


def after(events: tuple[Event, ...], one: Owned) -> tuple[str, ...]:
    """The attributes that draw after the first draw of a definition, in order."""
    places = [place for place, event in enumerate(events) if event.owned == one]
    later = [event.owned.fact for event in events[places[0] :] if event.owned != one] if places else []
    return tuple(dict.fromkeys(name for fact in later if not fact.gone for name in attributes(fact)))
