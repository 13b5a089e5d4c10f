"""What one constructor run gives: its definitions and draws, in order. Nothing here needs libcst."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from initlint.facts.spelled import fits
from initlint.model import Answer, Definition, Draw, Kind, Span, Told, container_of
from initlint.project.values import NOTHING
from initlint.project.values import Value as Given
from initlint.remembered import remembered

if TYPE_CHECKING:
    from initlint.project.classes import ClassId, Method
    from initlint.project.project import Project

STREAM = "torch"
"""The default generator of torch, the only stream that this ledger follows."""

Path = tuple[tuple[int, int], ...]
"""The position of an event among branches and loops: (statement, arm) from the outermost inwards."""


class Define(msgspec.Struct, frozen=True):
    """A definition is made. `owner` is the class in whose code the statement stands ("" outside of classes).

    `conditional`: it stands in an arm of a branch, or behind an early return. `branch` says which. `alone`: nothing
    else that the constructor makes, keeps or calls gets hold of it. `items` are those of a container of torch, as
    definitions of names like `blocks.0`, where their keys are known and nothing else holds them; of an instance of
    another class, `cls`, they are what the constructor gives it as attributes.
    """

    definition: Definition
    owner: ClassId
    path: str
    conditional: bool
    branch: Path
    alone: bool = True
    items: tuple[Define, ...] = ()
    cls: ClassId = ""


class Drawn(msgspec.Struct, frozen=True):
    """The stream is drawn from, by code in the file `path`, or by an initialisation loop (`swept`).

    `owners` are the attributes that get the numbers, in order: several for an initialisation loop. `definitions` are
    the indices of their definitions; `loops` are the loops around it that run an unknown number of times; `item` is
    the item of a container that gets the numbers, "" where there is none.
    """

    draw: Draw
    answer: Answer
    drawn: tuple[str, ...]
    owners: tuple[str, ...]
    definitions: tuple[int, ...]
    branch: Path
    loops: tuple[int, ...]
    path: str
    swept: bool = False
    item: str = ""


class Discard(msgspec.Struct, frozen=True):
    """Something that draws is built, but neither kept, read nor returned; `name` is the local's or the callee's."""

    name: str
    kind: Kind
    what: str
    drawn: tuple[str, ...]
    span: Span
    owner: ClassId
    path: str
    branch: Path


class Overwrite(msgspec.Struct, frozen=True):
    """A definition is replaced on every way through the code before anything reads it.

    `by` is what replaces it, in the code of the class `owner` in the file `path`; `deletes`: by nothing.
    """

    first: Define
    by: Span
    owner: ClassId
    path: str
    deletes: bool

    @property
    def inherited(self) -> bool:
        """Whether another class, a base, has made the definition."""
        return self.first.owner != self.owner


Event = Define | Drawn | Discard | Overwrite


class Construction(msgspec.Struct, frozen=True, dict=True):
    """The events of one class's construction, in order; `cut` if there were too many.

    `unread` are the places, by path and line, of statements that could not be parsed.
    """

    id: ClassId
    name: str
    path: str
    events: tuple[Event, ...]
    cut: bool = False
    unread: tuple[tuple[str, int], ...] = ()

    @functools.cached_property
    def definitions(self) -> tuple[Define, ...]:
        """Every definition, including inherited ones, in order; the indices of `Drawn.definitions` refer to these."""
        return tuple(event for event in self.events if isinstance(event, Define))

    @functools.cached_property
    def own(self) -> tuple[Define, ...]:
        """The definitions in this class's own code, each place once, without the overwritten ones."""
        replaced = self._replaced
        places: dict[tuple[str, Span], Define] = {}
        for define in self.definitions:
            if define.owner == self.id and id(define) not in replaced:
                place = (define.definition.attribute, define.definition.span)
                places[place] = _merge(places[place], define) if place in places else define
        return tuple(places.values())

    @property
    def told(self) -> dict[str, Told]:
        """The attributes that the class's own code defines."""
        found: dict[str, Told] = {}
        for define in self.own:
            name, told = define.definition.attribute, Told(define.definition.kind, define.alone)
            found[name] = told.also(found[name]) if name in found else told
        return found

    def filled(self, draws: Callable[[str], bool]) -> Construction:
        """The same construction, when an enclosing class draws for some attributes after everything is built."""
        return replace(self, events=tuple(self._filled(event, draws) for event in self.events))

    def gathered(self, patterns: Collection[str]) -> Construction:
        """The same construction, with the definitions of a computed name combined under its pattern."""
        if not patterns:
            return self
        return replace(self, events=tuple(_gathered(event, patterns, self.id) for event in self.events))

    def replacing(self, told: Callable[[Overwrite], bool]) -> Construction:
        """The same construction, with only those overwrites that are to be reported."""
        return replace(self, events=tuple(e for e in self.events if not isinstance(e, Overwrite) or told(e)))

    def _filled(self, event: Event, draws: Callable[[str], bool]) -> Event:
        if not isinstance(event, Define) or id(event) in self._replaced or event.owner != self.id:
            return event
        found = event.definition
        if found.draws is not Answer.NO or not draws(found.attribute):
            return event
        return replace(event, definition=dataclasses.replace(found, draws=Answer.YES))

    @functools.cached_property
    def _replaced(self) -> frozenset[int]:
        return frozenset(id(event.first) for event in self.events if isinstance(event, Overwrite))

    @functools.cached_property
    def draws(self) -> tuple[Drawn, ...]:
        return tuple(event for event in self.events if isinstance(event, Drawn))

    @property
    def discards(self) -> tuple[Discard, ...]:
        return tuple(event for event in self.events if isinstance(event, Discard) and event.owner == self.id)

    @property
    def overwrites(self) -> tuple[Overwrite, ...]:
        """The overwritten definitions of the class's own code that drew; those that did not leave no trace."""
        events = (event for event in self.events if isinstance(event, Overwrite) and event.owner == self.id)
        return tuple(event for event in events if event.first.definition.draws is Answer.YES)

    def after(self, definition: Definition) -> tuple[str, ...]:
        """The attributes that draw after this definition, and so get different numbers without it, in order."""
        same, places = self._same(definition), self._places(definition)
        return (*self._beside(definition, places[0]), *self._names(places[0], same)) if places else ()

    def _beside(self, item: Definition, place: int) -> tuple[str, ...]:
        """The other items of a container that draw after one of its items."""
        container = container_of(item.attribute)
        later = (drawn.item for drawn in self.draws[place:] if container and container_of(drawn.item) == container)
        return tuple(name for name in dict.fromkeys(later) if name != item.attribute)

    def drawn_at(self, define: Define) -> tuple[Span, ...]:
        """The places in the definition's file where draws are made only for it."""
        same = self._same(define.definition)
        found = (d for d in map(self.draws.__getitem__, self._places(define.definition)) if d.path == define.path)
        return tuple(dict.fromkeys(d.draw.span for d in found if not d.swept or set(d.definitions) <= same))

    def swept_by(self, define: Define) -> str:
        """The first initialisation loop that draws for a definition along with others."""
        same = self._same(define.definition)
        found = (d for d in map(self.draws.__getitem__, self._places(define.definition)) if d.swept)
        return next((d.draw.what for d in found if set(d.definitions) - same), "")

    def _same(self, definition: Definition) -> frozenset[int]:
        return self._indices.get((definition.attribute, definition.span), frozenset())

    @functools.cached_property
    def _indices(self) -> dict[tuple[str, Span], frozenset[int]]:
        """The definitions at one place: several if a loop or method runs more than once."""
        found: dict[tuple[str, Span], set[int]] = {}
        for index, define in enumerate(self.definitions):
            for each in (define, *define.items):
                found.setdefault((each.definition.attribute, each.definition.span), set()).add(index)
        return {place: frozenset(indices) for place, indices in found.items()}

    def _places(self, definition: Definition) -> list[int]:
        """The indices of the draws for a definition, in order."""
        places = sorted({place for index in self._same(definition) for place in self._draws_for.get(index, ())})
        if not container_of(definition.attribute):
            return places
        return [p for p in places if self.draws[p].swept or self.draws[p].item == definition.attribute]

    @functools.cached_property
    def _draws_for(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for place, drawn in enumerate(self.draws):
            for index in drawn.definitions:
                found.setdefault(index, []).append(place)
        return found

    def after_discard(self, discard: Discard) -> tuple[str, ...]:
        """The attributes that draw after something that is thrown away."""
        lines = range(discard.span.line, discard.span.end_line + 1)
        near = sorted(place for line in lines for place in self._draws_in.get((discard.path, line), ()))
        inside = [place for place in near if within(self.draws[place].draw.span, discard.span)]
        return self._names(inside[-1], frozenset()) if inside else ()

    @functools.cached_property
    def _draws_in(self) -> dict[tuple[str, int], list[int]]:
        """The draws by the line in which they start."""
        found: dict[tuple[str, int], list[int]] = {}
        for place, drawn in enumerate(self.draws):
            found.setdefault((drawn.path, drawn.draw.span.line), []).append(place)
        return found

    def _names(self, place: int, same: frozenset[int]) -> tuple[str, ...]:
        start = self.draws[place]
        arms, loops, stays = dict(start.branch), set(start.loops), self._staying(start.branch)
        found: dict[str, None] = {}
        for index, drawn in enumerate(self.draws if loops else self.draws[place:], 0 if loops else place):
            if index < place and loops.isdisjoint(drawn.loops):
                continue
            if _exclusive(arms, drawn.branch) or (drawn.definitions and same.issuperset(drawn.definitions)):
                continue
            for owner, target in _behind(drawn, same) if index == place else _pairs(drawn):
                if owner not in found and target not in same and target in stays:
                    found[owner] = None
        return tuple(found)

    @remembered
    def _staying(self, branch: Path) -> frozenset[int]:
        """The definitions that exist at the end, in a run that also takes a given branch; -1 is no definition."""
        arms = dict(branch)
        there = (
            index
            for index, define in enumerate(self.definitions)
            if id(define) not in self._replaced and not _exclusive(arms, define.branch)
        )
        return frozenset((-1, *there))


def _pairs(drawn: Drawn) -> Iterable[tuple[str, int]]:
    """Each owner with the index of its definition, or -1."""
    indices = drawn.definitions or (-1,) * len(drawn.owners)
    return zip(drawn.owners, indices, strict=True)


def _behind(drawn: Drawn, same: Collection[int]) -> Iterable[tuple[str, int]]:
    """The owners that an initialisation loop draws for after it has drawn for some definitions."""
    pairs = list(_pairs(drawn)) if drawn.swept else []
    first = next((place for place, (_, target) in enumerate(pairs) if target in same), len(pairs))
    return pairs[first:]


def within(inner: Span, outer: Span) -> bool:
    """Whether a range of source is inside of another one in the same file."""
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    return (outer.line, outer.column) <= start and end <= (outer.end_line, outer.end_column)


def _exclusive(arms: Mapping[int, int], other: Path) -> bool:
    """Whether two places are in different arms of one branch, so that no run reaches both."""
    return bool(arms) and any(arms.get(statement, arm) != arm for statement, arm in other)


def _gathered(event: Event, patterns: Collection[str], cls: ClassId) -> Event:
    if not isinstance(event, Define) or event.owner != cls:
        return event
    found = event.definition
    pattern = next((pattern for pattern in patterns if fits(pattern, found.attribute)), "")
    return replace(event, definition=dataclasses.replace(found, attribute=pattern), items=()) if pattern else event


def _merge(first: Define, second: Define) -> Define:
    """One place that runs several times: it certainly draws only if it draws every time."""
    one, other = first.definition, second.definition
    answer = one.draws if one.draws is other.draws else Answer.UNKNOWN
    drawn = one.drawn or other.drawn
    definition = dataclasses.replace(one, draws=answer, drawn=drawn)
    return replace(first, definition=definition, conditional=first.conditional and second.conditional, items=())


Passed = Callable[["ClassId", str], Given]
"""What the project's calls pass to the constructor of a class for a parameter."""


class Ledgers:
    """The constructions of a project, made on demand and kept."""

    def __init__(self, project: Project, passed: Passed = lambda *_: NOTHING) -> None:
        self.project = project
        self._passed = passed
        self._kept: dict[ClassId, Construction] = {}

    def construction(self, cls: ClassId) -> Construction:
        """The construction of a class of the project."""
        if cls not in self._kept:
            self._kept[cls] = self._workshop.construct(cls)
        return self._kept[cls]

    def given(self, method: Method, handed: Mapping[str, ClassId]) -> Construction:
        """What a function gives the instances that it receives or builds; everything else that it does is left out."""
        construction = self._workshop.give(method, handed)
        return replace(construction, events=tuple(e for e in construction.events if isinstance(e, Define | Drawn)))

    @functools.cached_property
    def _workshop(self) -> Workshop:
        from initlint.construction.workshop import Workshop

        return Workshop(self.project, self._passed)

    def __iter__(self) -> Iterator[Construction]:
        return iter(self._kept.values())


if TYPE_CHECKING:
    from initlint.construction.workshop import Workshop
