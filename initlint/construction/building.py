"""Instances of classes: what building them draws, and what the constructors of their bases give them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initlint.construction import groups, knowledge
from initlint.construction.effects import Effects
from initlint.construction.groups import extend
from initlint.construction.run import Site
from initlint.construction.torchcalls import ANY_MODULE, RANKED, class_draws, class_holds, kind_of
from initlint.construction.values import EVERYTHING, UNKNOWN, Arguments, Group, Thing, Value
from initlint.model import Answer, Kind
from initlint.project.inheritance import MODULE

if TYPE_CHECKING:
    from initlint.construction.frames import Frame

DICTIONARIES = frozenset({"dict", "OrderedDict", "UserDict", "defaultdict", "Dict"})

_CLASS_NAME = re.compile(rb"class\s+(\w+)")


class Building(Effects):
    """The instances of classes in one run."""

    def build(self, cls: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """An instance of a class."""
        if cls == ANY_MODULE:
            thing = self.run.thing(Kind.SUBMODULE, ANY_MODULE)
            self._pass_on(thing, arguments)
            self.run.draw(thing.token, Answer.UNKNOWN, (), site)
            return thing
        known = knowledge.module(cls)
        if known is not None:
            return self._torch_instance(cls, known, arguments, site, frame)
        if cls not in self.project.classes:
            return self.mystery(arguments, site)
        kind = self._instance_kind(cls)
        if kind is None:
            return self._plain_instance(cls, arguments)
        summary = self.interpreter.workshop.build(cls, arguments)
        thing = self.run.thing(kind, cls, summary.contains)
        self.run.direct[thing.token] = frame
        self._pass_on(thing, arguments)
        self.run.draw(thing.token, summary.answer, summary.names, site)
        return thing

    def _instance_kind(self, cls: str) -> Kind | None:
        """The kind of the instances of a class of the project; a class with an unread base and a forward is a
        module."""
        order = self.project.mro(cls)
        if MODULE in order:
            return Kind.SUBMODULE
        if "torch.nn.Buffer" in order:
            return Kind.BUFFER
        if "torch.nn.Parameter" in order:
            return Kind.PARAMETER
        unread = self.project.unresolved_bases(cls) and self.project.method(cls, "forward") is not None
        return Kind.SUBMODULE if unread else None

    def _torch_instance(
        self, cls: str, known: knowledge.TorchModule, arguments: Arguments, site: Site, frame: Frame
    ) -> Value:
        answer, names = class_draws(known, arguments)
        name = knowledge.canonical(cls)
        kind, holds = kind_of(known, name), class_holds(known, arguments)
        if kind is Kind.PARAMETER:
            rank = self.run.rank(arguments.get("data", 0) or UNKNOWN)
            holds = frozenset({RANKED if rank is None else f"{RANKED}{rank}"})
        thing = self.run.thing(kind, name, holds)
        self.run.direct[thing.token] = frame
        if name in knowledge.CONTAINERS:
            self._fill(thing, arguments, site)
        else:
            self._pass_on(thing, arguments)
        self.run.draw(thing.token, answer, names, site)
        return thing

    def _pass_on(self, thing: Thing, arguments: Arguments) -> None:
        """An argument of a constructor may become a part of the instance."""
        self.hand_over(arguments)
        for name, value in [*(("", value) for value in arguments.positional), *arguments.named]:
            self.run.attach(thing.token, "" if isinstance(value, Group) else name, value, passed=True)

    def _fill(self, container: Thing, arguments: Arguments, site: Site) -> None:
        """The initial items of a container, by key."""
        items = arguments.positional
        if len(items) == 1 and (isinstance(items[0], Group) or container.cls != "torch.nn.Sequential"):
            extend(self.run, container, items[0], site)
        else:
            for number, value in enumerate(items):
                self.run.keep(value)
                self.run.attach(container.token, "*" if arguments.unseen else str(number), value)
        for _, value in arguments.named:
            extend(self.run, container, value, site)
        if arguments.unseen:
            self.run.draw(container.token, Answer.UNKNOWN, (), site, weak=True)

    def _plain_instance(self, cls: str, arguments: Arguments) -> Value:
        """An instance of a class that is not a module: a dictionary is followed, anything else just holds its
        arguments."""
        self.hand_over(arguments)
        info = self.project.classes[cls]
        if any(base.rpartition(".")[2] in DICTIONARIES for base in info.facts.bases):
            group = groups.copied(self.run, arguments, mapping=True)
            group.instantiates = "__getitem__" in info.methods
            return group
        return self.holder(arguments)

    # -- the constructors of torch's classes -------------------------------------------------------------------

    def torch_constructor(self, after: str, arguments: Arguments, site: Site | None) -> None:
        """The constructor of the first class of torch after `after` in the MRO of the instance."""
        base = self.project.torch_base(self.run.cls, after)
        if base is not None:
            self._inherit(base, arguments, site)
        elif self.project.unresolved_bases(self.run.cls):
            self.run.complete = False
            self.run.read(EVERYTHING)

    def _inherit(self, cls: str, arguments: Arguments, site: Site | None) -> None:
        """What a base class of torch defines on the instance."""
        known = knowledge.module(cls)
        site = site or self._class_site()
        if known is None or site is None:
            return
        if cls in knowledge.CONTAINERS:
            thing = self.run.thing(Kind.SUBMODULE, cls)
            self._fill(thing, arguments, site)
            for name, token in self.run.parts.get(thing.token, []):
                self.run.store(name, Thing(None, "", token), site, site.node, self.run.fresh(), definable=False)
            return
        answer, names = class_draws(known, arguments)
        inner: dict[str, list[str]] = {}
        for name in names or (("weight",) if class_holds(known, arguments) else ()):
            head, _, rest = name.partition(".")
            inner.setdefault(head, []).append(rest)
        for head, rests in inner.items():
            thing = self.run.thing(Kind.SUBMODULE if any(rests) else Kind.PARAMETER, "", class_holds(known, arguments))
            self.run.draw(thing.token, answer, tuple(filter(None, rests)), site)
            self.run.store(head, thing, site, site.node, self.run.fresh(), definable=False)

    def _class_site(self) -> Site | None:
        """The name in the class statement, for a constructor that no code of the project calls."""
        info = self.project.classes.get(self.run.cls)
        match = _CLASS_NAME.search(self.project.source(info.path), info.facts.start) if info is not None else None
        if info is None or match is None:
            return None
        slice_ = self.interpreter.workshop.slice(info.path, *match.span(1))
        return Site(slice_, slice_.small, info.path, self.run.cls) if slice_.small is not None else None
