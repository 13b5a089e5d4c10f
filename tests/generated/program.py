"""A program as a value, and the truth about it: derived from the choices it was made of, never from its text."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from generated.products import Product
from initlint.model import Answer, Kind

DRAWING = {Kind.SUBMODULE: "SOH101", Kind.PARAMETER: "SOH102", Kind.BUFFER: "SOH103", Kind.TENSOR: "SOH103"}
DRAWING_NOISES = frozenset({"initialised", "initialised_in_method"})
STILL = {Kind.SUBMODULE: "SOH201", Kind.PARAMETER: "SOH202"}


class Role(enum.Enum):
    """What becomes of what a statement builds."""

    KEPT = "kept"
    OVERWRITTEN = "overwritten"
    DISCARDED = "discarded"


class Forward(enum.Enum):
    """How a class relates to the forward that it inherits."""

    EXTEND = "calls super().forward"
    REPLACE = "does not"
    TEMPLATE = "overrides the step that the base's forward calls"


class Sweep(enum.Enum):
    """The initialisation loop at the end of a constructor."""

    NONE = ""
    LINEAR = "Linear"
    NORM = "LayerNorm"
    CONV = "Conv1d"
    APPLY = "apply"
    PARAMETERS = "parameters"

    def reaches(self, holds: frozenset[str], parameters: bool) -> bool:
        """Whether it draws for something that holds these classes."""
        if self is Sweep.PARAMETERS:
            return parameters
        return ("Linear" if self is Sweep.APPLY else self.value) in holds


@dataclass(frozen=True)
class Definition:
    """One statement of a constructor. `noises` look like readers and are none."""

    name: str
    product: Product
    writer: str = "plain"
    noises: tuple[str, ...] = ()
    role: Role = Role.KEPT

    @property
    def key(self) -> str:
        """Its name within the class; what is overwritten shares its attribute with what replaces it."""
        return f"{self.name}.{self.role.value}" if self.role is not Role.KEPT else self.name

    @property
    def attributes(self) -> tuple[str, ...]:
        """As they are on an instance: the loop that makes a pattern runs twice."""
        return (f"{self.name}0", f"{self.name}1") if self.product.pattern else (self.name,)

    @property
    def shown(self) -> str:
        """As a finding names it."""
        return f"{self.name}*" if self.product.pattern else self.name

    @property
    def conditional(self) -> bool:
        return self.writer.startswith("conditional")


@dataclass(frozen=True)
class Step:
    """One read: of `key` of class `cls`, through the parts `path` of the reader, in a style.

    `host` is the class that gets the methods that a style needs.
    """

    cls: str
    key: str
    style: str
    path: tuple[str, ...] = ()
    host: str = ""


@dataclass(frozen=True)
class Class:
    """A class of the program: a module, or a mixin (`root` is empty)."""

    name: str
    file: str
    root: str = "nn.Module"
    base: str = ""
    mixins: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    hook: int = -1
    hooked: tuple[Definition, ...] = ()
    template: bool = False
    forward: Forward = Forward.EXTEND
    steps: tuple[Step, ...] = ()
    children: bool = False
    sweep: Sweep = Sweep.NONE
    initialiser: str = "super"

    @property
    def module(self) -> bool:
        return bool(self.root)

    @property
    def all(self) -> tuple[Definition, ...]:
        return (*self.hooked, *self.definitions)

    @property
    def constructs(self) -> bool:
        return bool(self.definitions) or self.hook >= 0 or self.sweep is not Sweep.NONE


@dataclass(frozen=True)
class Outside:
    """A function that reads an instance of a class. It is annotated, or a script calls it with one."""

    name: str
    cls: str
    steps: tuple[Step, ...]
    annotated: bool


@dataclass(frozen=True)
class Event:
    """One draw: for whom, and whether under a condition.

    `kept`: weights of the attribute depend on it. `traced`: the drawn tensor itself is one of them.
    `swept`: an initialisation loop makes it.
    """

    cls: str
    definition: Definition
    conditional: bool = False
    kept: bool = True
    traced: bool = True
    swept: bool = False

    @property
    def ref(self) -> tuple[str, str]:
        return self.cls, self.definition.key


@dataclass(frozen=True)
class Construction:
    """The draws of one construction in order, and the attributes in the order of their registration."""

    events: tuple[Event, ...]
    owned: tuple[tuple[str, Definition], ...]


@dataclass(frozen=True)
class Expected:
    """One finding that is due, or may be left out (`optional`).

    `draws` are the right answers. `also` may stand in `shifts`: they draw, and have no weights that depend on it.
    """

    path: str
    cls: str
    attribute: str
    code: str
    key: str
    draws: frozenset[Answer]
    shifts: tuple[str, ...]
    also: frozenset[str] = frozenset()
    optional: bool = False


@dataclass(frozen=True)
class Style:
    """How a file imports: torch's names, and the program's."""

    torch: str = "nn"
    project: str = "relative"


@dataclass(frozen=True)
class Program:
    """A package: classes in an order in which each uses only earlier ones, functions outside, a style per file."""

    classes: tuple[Class, ...]
    outside: tuple[Outside, ...] = ()
    styles: tuple[tuple[str, Style], ...] = ()

    def __repr__(self) -> str:
        return f"<program of {len(self.classes)} classes>"

    @cached_property
    def by_name(self) -> dict[str, Class]:
        return {cls.name: cls for cls in self.classes}

    @cached_property
    def _shapes(self) -> dict[str, type]:
        """Empty Python classes with the same bases, for Python's own method resolution order."""
        shapes: dict[str, type] = {}
        for cls in self.classes:
            bases = tuple(shapes[name] for name in (*cls.mixins, cls.base) if name)
            shapes[cls.name] = type(cls.name, bases or (object,), {})
        return shapes

    def mro(self, name: str) -> list[Class]:
        """The classes of the program in the order in which attributes are looked up."""
        return [self.by_name[shape.__name__] for shape in self._shapes[name].__mro__[:-1]]

    def definition(self, cls: str, key: str) -> Definition:
        return next(found for found in self.by_name[cls].all if found.key == key)

    # -- readers -----------------------------------------------------------------------------------------------

    @cached_property
    def live(self) -> frozenset[tuple[str, str]]:
        """(class, key) of everything that some step reads, by itself or through what it flows into."""
        found: set[tuple[str, str]] = set()
        for ref in (*self._stepped(), *self._as_children()):
            self._enliven(ref, found)
        return frozenset(found)

    def _enliven(self, ref: tuple[str, str], found: set[tuple[str, str]]) -> None:
        if ref not in found:
            found.add(ref)
            for name in self.definition(*ref).product.held:
                for cls in self.mro(ref[0]):
                    if any(definition.key == name for definition in cls.all):
                        self._enliven((cls.name, name), found)

    def _stepped(self) -> Iterator[tuple[str, str]]:
        sites = [(cls.name, cls.steps) for cls in self.classes]
        for start, steps in (*sites, *((outside.cls, outside.steps) for outside in self.outside)):
            for step in steps:
                yield step.cls, step.key
                owner = start
                for name in step.path:
                    holder = next(cls for cls in self.mro(owner) if any(d.key == name for d in cls.all))
                    yield holder.name, name
                    owner = self.definition(holder.name, name).product.parts[0]

    def _as_children(self) -> Iterator[tuple[str, str]]:
        """What is read by a loop over the children, or by a container's own forward."""
        for cls in self.classes:
            mro = self.mro(cls.name)
            if any(one.children or one.root == "nn.Sequential" for one in mro):
                for one in mro:
                    yield from ((one.name, d.key) for d in one.all if d.product.kind is Kind.SUBMODULE)

    # -- draws -------------------------------------------------------------------------------------------------

    def construct(self, name: str) -> Construction:
        """Run the constructor in mind."""
        run = _Run(self, self.mro(name))
        run.initialise(0)
        return Construction(tuple(run.events), tuple(run.registered()))

    def draws(self, product: Product) -> list[Event]:
        """The draws inside the parts of a product."""
        return [event for part in product.parts for event in self.construct(part).events]

    def holds(self, product: Product) -> tuple[frozenset[str], bool]:
        """The torch classes inside a product, and whether it has parameters."""
        holds, parameters = product.holds, product.parameters
        for part in product.parts:
            for _, definition in self.construct(part).owned:
                if definition.product.kind in (Kind.SUBMODULE, Kind.PARAMETER):
                    inner, also = self.holds(definition.product)
                    holds, parameters = holds | inner, parameters or also
        return holds, parameters

    # -- findings ----------------------------------------------------------------------------------------------

    @cached_property
    def expected(self) -> tuple[Expected, ...]:
        """Everything that is due."""
        return tuple(found for cls in self.classes for d in cls.all for found in self._expected(cls, d))

    def _expected(self, cls: Class, definition: Definition) -> Iterator[Expected]:
        ref = (cls.name, definition.key)
        if not cls.module and not any(cls.name in one.mixins for one in self.classes):
            return
        if (definition.role is Role.KEPT and ref in self.live) or definition.product.kind is None:
            return
        events = self.construct(cls.name).events
        own = [event for event in events if event.ref == ref]
        code = self._code(cls.name, definition, bool(own))
        if code:
            yield Expected(
                path=cls.file,
                cls=cls.name,
                attribute=definition.shown,
                code=code,
                key=definition.key,
                draws=answers(own, definition),
                shifts=after(events, ref),
                also=frozenset(
                    attribute for event in events if not event.kept for attribute in event.definition.attributes
                ),
                optional=definition.product.alias or (code in STILL.values() and definition.role is not Role.KEPT),
            )

    def _code(self, cls: str, definition: Definition, draws: bool) -> str:
        """The code that is due, if any: what is replaced without a draw is no more than dead, if its name is."""
        kind = definition.product.kind
        assert kind is not None
        if definition.role is Role.DISCARDED:
            return "SOH105" if draws else ""
        if definition.role is Role.OVERWRITTEN:
            dead = (cls, definition.name) not in self.live
            return "SOH104" if draws else STILL.get(kind, "") if dead else ""
        return (DRAWING if draws else STILL).get(kind, "")

    def sharing(self, cls: str, names: Iterable[str]) -> frozenset[str]:
        """The attributes of an instance through which the tensors of these are seen."""
        found = set(names)
        for one, definition in self.construct(cls).owned:
            if found & set(definition.product.held) and one:
                found.update(definition.attributes)
        return frozenset(found)


def answers(events: list[Event], definition: Definition) -> frozenset[Answer]:
    """What may be said of draws; a condition within a part may be left open."""
    if not events:
        return frozenset({Answer.NO})
    if definition.product.parts and all(event.conditional for event in events):
        return frozenset({Answer.YES, Answer.UNKNOWN})
    return frozenset({Answer.YES})


def after(events: tuple[Event, ...], ref: tuple[str, str]) -> tuple[str, ...]:
    """The attributes that draw after the first draw of a definition, in order; what is thrown away has no weights."""
    places = [place for place, event in enumerate(events) if event.ref == ref]
    if not places:
        return ()
    later = [event for event in events[places[0] :] if event.ref != ref and event.kept]
    return tuple(dict.fromkeys(attribute for event in later for attribute in event.definition.attributes))


class _Run:
    """One construction. What it does is what Python does with the rendered classes."""

    def __init__(self, program: Program, mro: list[Class]) -> None:
        self.program = program
        self.mro = mro
        self.events: list[Event] = []
        self.owned: list[tuple[str, Definition]] = []

    def initialise(self, place: int) -> None:
        """`super().__init__()` first, then the definitions with the hook in its place, then what ends a constructor."""
        if place == len(self.mro):
            return
        self.initialise(place + 1)
        cls = self.mro[place]
        for index, definition in enumerate(cls.definitions):
            if index == cls.hook:
                self.hook()
            self.define(cls, definition)
        if cls.hook == len(cls.definitions):
            self.hook()
        self.finish(cls, cls.definitions)
        self.sweep(cls.sweep)

    def hook(self) -> None:
        """The overriding methods call `super()` first."""
        for cls in reversed(self.mro):
            for definition in cls.hooked:
                self.define(cls, definition)
            self.finish(cls, cls.hooked)

    def define(self, cls: Class, definition: Definition) -> None:
        if not definition.product.late:
            self.build(cls, definition)
        if definition.role is not Role.DISCARDED:
            self.owned.append((cls.name, definition))

    def build(self, cls: Class, definition: Definition) -> None:
        product = definition.product
        inner = self.program.draws(product)
        if product.draws or inner:
            self.draw(
                cls,
                definition,
                conditional=not product.draws and all(event.conditional for event in inner),
                kept=product.draws or any(event.kept for event in inner),
                traced=(product.draws and product.kept) or any(event.traced for event in inner),
            )

    def draw(self, cls: Class, definition: Definition, conditional: bool, kept: bool, traced: bool) -> None:
        stays = definition.role is Role.KEPT
        conditional = conditional or definition.conditional
        self.events.append(Event(cls.name, definition, conditional, kept and stays, traced and stays))

    def finish(self, cls: Class, definitions: tuple[Definition, ...]) -> None:
        for definition in definitions:
            if definition.product.late:
                self.build(cls, definition)
            if DRAWING_NOISES & set(definition.noises):
                self.draw(cls, definition, conditional=False, kept=True, traced=True)

    def sweep(self, sweep: Sweep) -> None:
        """Parameters of the module itself come first, then its children in the order of their registration."""
        if sweep is Sweep.NONE:
            return
        standing = [(cls, d) for cls, d in self.registered() if not d.product.held]
        own = [(cls, d) for cls, d in standing if d.product.kind is Kind.PARAMETER]
        children = [(cls, d) for cls, d in standing if d.product.kind is Kind.SUBMODULE]
        for cls, definition in (*own, *children):
            if sweep.reaches(*self.program.holds(definition.product)):
                self.events.append(Event(cls, definition, definition.conditional, swept=True))

    def registered(self) -> list[tuple[str, Definition]]:
        """What is there now; what is replaced leaves its place to what replaces it."""
        found: dict[str, tuple[str, Definition]] = {}
        for cls, definition in self.owned:
            found[definition.name] = (cls, definition)
        return list(found.values())
