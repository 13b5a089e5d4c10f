"""From the log of a run to its events, and to the summary for a class that builds this one."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst
import msgspec
from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.construction.holders import Holders
from initlint.construction.initialising import IsA, kind_told, lets_through
from initlint.construction.ledger import STREAM, Construction, Define, Discard, Drawn, Event, Overwrite, Path, within
from initlint.construction.replacements import overwritten, replaced
from initlint.construction.run import (
    Candidate,
    Draws,
    Run,
    Site,
    Stored,
    Sweeps,
)
from initlint.construction.torchcalls import ANY_MODULE, PARAMETER
from initlint.construction.values import (
    Constant,
    Group,
    Thing,
    Token,
    Value,
    options,
    tokens,
)
from initlint.model import Answer, Definition, Draw, Kind, Span, container_of
from initlint.project.inheritance import MODULE

MAX_NAMES = 200
"""The number of drawn tensors that are named one by one; a larger model keeps the first."""

NOBODYS = 0
"""The group of an item that is a copy or part of several, so that draws are made for all of them."""


class Summary(msgspec.Struct, frozen=True):
    """What building an instance means for the code that builds it. `contains` are the classes of everything in it."""

    answer: Answer
    names: tuple[str, ...]
    contains: frozenset[str]


NOTHING_KNOWN = Summary(Answer.UNKNOWN, (), frozenset({ANY_MODULE}))


@dataclass(eq=False)
class Finish:
    """One finished run. Every question is answered from the log."""

    run: Run
    is_a: IsA
    stores: list[Stored] = field(init=False)

    def __post_init__(self) -> None:
        self.stores = [entry for entry in self.run.log if isinstance(entry, Stored)]
        self.groups: dict[int, list[Stored]] = {}
        for store in self.stores:
            self.groups.setdefault(store.group, []).append(store)
        self.holders = Holders(self.run, self.stores)
        self._items: dict[int, list[Stored]] = {}
        self._item_names: dict[int, dict[Token, str]] = {}
        self.draws: dict[int, list[Draws]] = {}
        for entry in self.run.log:
            if isinstance(entry, Draws) and (owner := self.run.owners.get(entry.token)) is not None:
                self.draws.setdefault(owner.group, []).append(entry)
        self.swept: dict[int, list[Sweeps]] = {}
        self.sweeps: dict[int, list[Sweeps]] = {}
        for place, entry in enumerate(self.run.log):
            if isinstance(entry, Sweeps):
                self.sweeps.setdefault(entry.swept.id, []).append(entry)
                for store in self._before(place):
                    if self._lets_through(entry, store) is not Answer.NO:
                        self.swept.setdefault(id(store), []).append(entry)

    def _before(self, place: int) -> Iterator[Stored]:
        """The stores at a position of the log."""
        for entry in self.run.log[:place]:
            if isinstance(entry, Stored) and self._replaced.get(id(entry), place) >= place:
                yield entry

    @functools.cached_property
    def _replaced(self) -> dict[int, int]:
        return replaced(self.run, self.stores)

    # -- what a store defines ----------------------------------------------------------------------------------

    def kind(self, store: Stored) -> Kind | None:
        """The kind of definition that a store makes; None if it makes none."""
        if store.kind is not None:
            return None if all(_is_none(option) for option in options(store.value)) else store.kind
        things = [option.kind for option in options(store.value) if isinstance(option, Thing) and option.kind]
        kind = next(iter([*things, *self._listed(store.value)]), None)
        unregistered = not things or kind is Kind.TENSOR
        return None if unregistered and self.answer(store) is not Answer.YES else kind

    def _listed(self, value: Value) -> Iterator[Kind]:
        """The kinds of the items of a plain list or dictionary, which the module does not register."""
        groups = [option for option in options(value) if isinstance(option, Group)]
        held = (option for group in groups for _, item in group.items for option in options(item))
        return (option.kind for option in held if isinstance(option, Thing) and option.kind)

    def answer(self, store: Stored) -> Answer:
        """Whether what is stored has drawn, in any alternative, by being built or by being filled."""
        own = [self._alternative(option, store) for option in options(store.value) if tokens(option)]
        built = own[0] if len(set(own)) == 1 else Answer.UNKNOWN if own else Answer.NO
        if built is Answer.YES:
            return built
        swept = [self._lets_through(entry, store) for entry in self.swept.get(id(store), ())]
        if Answer.YES in swept:
            return Answer.YES
        return Answer.UNKNOWN if swept else built

    def _answer_of_given(self, store: Stored) -> Answer | None:
        """A module that is passed in was built by the caller: whether it drew is unknown here."""
        return Answer.UNKNOWN if self.run.given & set(tokens(store.value)) else None

    def _alternative(self, value: Value, store: Stored) -> Answer:
        reached = set(self.run.reach(tokens(value)))
        held = set(self.run.reach(tokens(value), held=True))
        born = {step for token in tokens(value) for step in self.run.born.get(token, ())}
        own = self.draws.get(store.group, ())
        found = [entry for entry in own if entry.token in (held if entry.weak else reached)]
        certain = [entry for entry in found if entry.answer is Answer.YES and not self._further(entry, store, born)]
        return Answer.YES if certain else Answer.UNKNOWN if found else Answer.NO

    def _further(self, entry: Draws, store: Stored, born: set[tuple[int, int]]) -> bool:
        """Whether a draw depends on a condition that the definition does not depend on."""
        return any(step not in born and step not in store.branch for step in self.conditions(entry.branch, entry.loops))

    def conditions(self, branch: Path, loops: tuple[int, ...]) -> Path:
        """The steps of a place that are conditions, not turns of a loop."""
        return tuple(step for step in branch if step[0] not in loops and step[0] not in self.run.certain)

    def drawn(self, store: Stored) -> tuple[str, ...]:
        """The names of the drawn tensors, relative to what is stored."""
        paths = self.paths(tokens(store.value))
        found = [
            dotted(paths[entry.token], name)
            for entry in self.draws.get(store.group, ())
            if entry.token in paths
            for name in entry.names or ("",)
        ]
        if kind_told(store) in (Kind.PARAMETER, Kind.BUFFER, Kind.TENSOR):
            return (store.attribute,) if found or id(store) in self.swept else ()
        return tuple(dict.fromkeys(filter(None, found)))[:MAX_NAMES]

    def paths(self, roots: Sequence[Token]) -> dict[Token, str]:
        """The dotted names that lead from some things to each of their parts."""
        found: dict[Token, str] = {}
        pending = [(root, "") for root in reversed(roots)]
        while pending:
            token, path = pending.pop()
            if token not in found:
                found[token] = path
                pending += [(part, dotted(path, key)) for key, part in reversed(self.run.parts.get(token, ()))]
        return found

    def _lets_through(self, entry: Sweeps, store: Stored) -> Answer:
        return lets_through(self.run, self.is_a, entry, store, drawing=bool(self.draws.get(store.group)))

    # -- the two results ---------------------------------------------------------------------------------------

    @functools.cached_property
    def drawing(self) -> frozenset[Token]:
        """Everything whose building draws."""
        return frozenset(entry.token for entry in self.run.log if isinstance(entry, Draws))

    def summary(self) -> Summary:
        """What a class that builds this one has to know."""
        answers: set[Answer] = set()
        names: dict[str, None] = {}
        for store in self.stores:
            answer = self.answer(store)
            if answer is not Answer.NO:
                conditional = self.conditions(store.branch, store.loops)
                answers.add(Answer.UNKNOWN if conditional else answer)
                names.update(dict.fromkeys(self._under(store)))
        for entry in self.run.log:
            if isinstance(entry, Draws) and entry.token not in self.run.owners and not entry.weak:
                answers.add(Answer.UNKNOWN if self.conditions(entry.branch, entry.loops) else entry.answer)
        if not self.run.complete:
            answers.add(Answer.UNKNOWN)
        answer = Answer.YES if Answer.YES in answers else Answer.UNKNOWN if answers else Answer.NO
        lost = [tokens(store.value) for store in self.stores if id(store) in self._replaced]
        gone = {token for each in lost for token in self.run.reach(each)}
        owned = [token for token in self.run.built if token in self.run.owners and token not in gone]
        contains = {cls for token in owned for cls in self.run.classes(token)}
        unseen = set() if self.run.complete else {ANY_MODULE}
        return Summary(answer, tuple(names)[:MAX_NAMES], frozenset(contains | unseen))

    def _under(self, store: Stored) -> Iterator[str]:
        if kind_told(store) in (Kind.PARAMETER, Kind.BUFFER, Kind.TENSOR):
            yield store.attribute
        else:
            yield from (dotted(store.attribute, name) for name in self.drawn(store) or ("",))

    def construction(self, name: str, path: str) -> Construction:
        """All events in order."""
        defines: dict[int, Define] = {}
        index: dict[int, int] = {}
        for store in self.stores:
            if store.definable and not self._again(store) and (kind := self.kind(store)) is not None:
                index[id(store)] = len(defines)
                defines[id(store)] = self._define(store, kind)
        events = (*self._events(defines, index), *self._overwrites(defines))
        return Construction(self.run.cls, name, path, events, self.run.cut, tuple(sorted(self.run.unread)))

    def _again(self, store: Stored) -> bool:
        """Whether an attribute only gets the value that it already has: `self.x = init_(self.x)`."""
        owners = [self.run.owners.get(token) for token in tokens(store.value)]
        return bool(owners) and all(
            owner is not None and owner is not store and owner.attribute == store.attribute for owner in owners
        )

    def _events(self, defines: dict[int, Define], index: dict[int, int]) -> Iterator[Event]:
        told: set[int] = set()
        for entry in self.run.log:
            match entry:
                case Stored() if id(entry) in defines:
                    yield defines[id(entry)]
                case Draws(weak=False):
                    yield self._draws(entry, index)
                case Sweeps() if entry.swept.id not in told:
                    told.add(entry.swept.id)
                    yield from self._sweeps(entry.swept.id, index)
                case Candidate(unused=True):
                    if (discard := self._discard(entry)) is not None:
                        yield discard
                case _:
                    pass

    def _define(self, store: Stored, kind: Kind) -> Define:
        definition = Definition(
            attribute=store.attribute,
            kind=kind,
            span=_span(store.site),
            what=store.site.slice.code(store.what),
            draws=self._answer_of_given(store) or self.answer(store),
            drawn=self.drawn(store),
        )
        conditional = bool(self.conditions(store.branch, store.loops))
        items = tuple(self._define(item, item.kind) for item in self.items(store) if item.kind)
        owner, path, alone = store.site.owner, store.site.path, self.holders.leave_alone(store)
        cls = store.value.cls if isinstance(store.value, Thing) else ""
        return Define(definition, owner, path, conditional, store.branch, alone, items, cls)

    def items(self, store: Stored) -> list[Stored]:
        """The items of a container of torch, each as if it were stored by itself; none if a key is unknown.

        Items of another instance are what the constructor gives it: `self.part.extra = nn.Linear(...)`.
        """
        if id(store) not in self._items:
            self._items[id(store)] = list(self._items_of(store))
        return self._items[id(store)]

    def _items_of(self, store: Stored) -> Iterator[Stored]:
        whole = store.value
        if not isinstance(whole, Thing) or container_of(store.attribute):
            return
        parts = self.run.parts.get(whole.token, [])
        if whole.cls not in knowledge.CONTAINERS:
            times = Counter(token for _, token in parts)
            given = ((key, t) for key, t in parts if (whole.token, t) in self.run.placed and times[t] == 1)
            named = ((key, token) for key, token in given if key.isidentifier() and self.holders.only_one(store, token))
            yield from (self._item(store, key, token) for key, token in named)
            return
        keys = [key for key, _ in parts]
        if any(not key or "*" in key for key in keys) or len(set(keys)) < len(keys):
            return
        reached = [self.run.reach((token,)) for _, token in parts]
        holding = Counter(part for inside in reached for part in inside)
        for (key, token), inside in zip(parts, reached, strict=True):
            if self.holders.only_one(store, token):
                copied = any(holding[part] > 1 for part in inside)
                yield self._item(replace(store, group=NOBODYS) if copied else store, key, token)

    def _item(self, store: Stored, key: str, token: Token) -> Stored:
        cls, kind = self.run.class_of(token), self._kind_of(token)
        built = (entry.site for entry in self.draws.get(store.group, ()) if entry.token == token)
        placed = (site for whole in tokens(store.value) if (site := self.run.placed.get((whole, token))))
        site = next((site for site in (*built, *placed) if site.slice is store.site.slice), store.site)
        item = replace(
            store, attribute=dotted(store.attribute, key), value=Thing(kind, cls, token), kind=kind, site=site
        )
        self.swept[id(item)] = [e for e in self.swept.get(id(store), ()) if self._lets_through(e, item) != Answer.NO]
        return item

    def _kind_of(self, token: Token) -> Kind | None:
        """The kind of something by its class: a parameter or a module."""
        cls = self.run.class_of(token)
        kinds = {PARAMETER: Kind.PARAMETER, MODULE: Kind.SUBMODULE}
        return next((kind for base, kind in kinds.items() if cls and self.is_a(cls, base)), None)

    def _draws(self, entry: Draws, index: dict[int, int]) -> Drawn:
        what = entry.site.slice.code(entry.site.node)
        owner = self.run.owners.get(entry.token)
        owners = self.groups[owner.group] if owner is not None else []
        names = tuple(store.attribute for store in owners)
        draw = Draw(names[0] if names else _callee(what), what, STREAM, _span(entry.site))
        known = tuple(index[id(store)] for store in owners) if all(id(store) in index for store in owners) else ()
        item = self._items_by_part(owner.group).get(entry.token, "") if owner is not None else ""
        return Drawn(
            draw, entry.answer, entry.names, names, known, entry.branch, entry.loops, entry.site.path, item=item
        )

    def _items_by_part(self, group: int) -> dict[Token, str]:
        """For each token, the first item of a group's containers that contains it."""
        if group not in self._item_names:
            self._item_names[group] = names = dict[Token, str]()
            for item in (item for store in self.groups[group] for item in self.items(store)):
                for token in self.run.reach(tokens(item.value)):
                    names.setdefault(token, item.attribute)
        return self._item_names[group]

    def _sweeps(self, number: int, index: dict[int, int]) -> Iterator[Drawn]:
        """One event per loop, however many statements in it draw."""
        entries, sweep = self.sweeps[number], self.run.sweeps[number]
        stores = [store for store in self.stores if id(store) in index and self._swept_by(store, number)]
        stores.sort(key=self._place)
        if not stores:
            return
        what = sweep.site.slice.code(sweep.site.node)
        answer = Answer.YES if any(entry.certain for entry in entries) else Answer.UNKNOWN
        draw = Draw(_callee(what), what, STREAM, _span(sweep.site))
        names = tuple(store.attribute for store in stores)
        known = tuple(index[id(store)] for store in stores)
        yield Drawn(draw, answer, (), names, known, sweep.branch, sweep.loops, sweep.site.path, swept=True)

    def _place(self, store: Stored) -> tuple[bool, int]:
        """The position at which a loop reaches what is stored: own parameters first, then parts, each at the first
        store of its name."""
        kind = kind_told(store)
        same = (s for s in self.stores if s.attribute == store.attribute and kind_told(s) is kind)
        return kind is not Kind.PARAMETER, self.stores.index(next(same))

    def _swept_by(self, store: Stored, number: int) -> bool:
        return any(entry.swept.id == number for entry in self.swept.get(id(store), ()))

    def _discard(self, entry: Candidate) -> Discard | None:
        """What nothing uses, if the statement itself draws for it."""
        site = entry.site
        reached = set(self.run.reach(entry.tokens))
        drawn = (draws for draws in self.run.log if isinstance(draws, Draws) and draws.token in reached)
        found = [d for d in drawn if d.site.slice is site.slice and within(_span(d.site), _span(site))]
        if not any(draws.answer is Answer.YES for draws in found):
            return None
        names = tuple(name for draws in found for name in draws.names)
        what = site.slice.code(entry.what)
        name = entry.name or _callee(what).rpartition(".")[2]
        kind = self._kind_of(entry.tokens[0]) or Kind.TENSOR
        return Discard(name, kind, what, names, _span(site), site.owner, site.path, entry.branch)

    def _overwrites(self, defines: dict[int, Define]) -> Iterator[Overwrite]:
        for first, later in overwritten(self.run, lambda store: id(store) in defines, self._again):
            deletes = isinstance(later.site.node, cst.Del)
            yield Overwrite(defines[id(first)], _span(later.site), later.site.owner, later.site.path, deletes)


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _span(site: Site) -> Span:
    return site.slice.span(site.node)


def _callee(what: str) -> str:
    return what.partition("(")[0]


def dotted(*names: str) -> str:
    """Names joined by dots, without the empty ones."""
    return ".".join(filter(None, names))
