"""Which methods belong to construction and initialisation, and which are entry points."""

from __future__ import annotations

import re
from collections.abc import Iterator

from initlint.project.callers import Callers
from initlint.project.classes import ClassId, Method
from initlint.project.project import Project

INITIALISATION = re.compile(
    r"__(init|post_init|attrs_(pre|post)_init|new|getstate|setstate|reduce(_ex)?|copy|deepcopy|init_subclass|repr)__|extra_repr|_?reset_(parameters|weights)"
    r"|\w*init_?(weight|param)\w*|\w*(weight|param\w*)s?_init\w*|initiali[sz]e_(weights?|param\w*)"
)
"""Methods that only construct, copy or initialise, whoever calls them."""

SETUP = re.compile(
    r"setup|_?build\w*|_?init_\w+|_?initiali[sz]e_\w+|_?make\w*|_?create\w*|configure_model|_?add_\w+|_?define\w*|_?construct\w*|_?get_\w*layers?"
)
"""Methods that construct unless something reads them after construction."""


def initialises(project: Project, name: str) -> bool:
    """Whether a method of this name only constructs or initialises, whoever calls it."""
    return INITIALISATION.fullmatch(name) is not None or project.conventions.initialises(name)


def initialises_others(project: Project, method: Method) -> bool:
    """Whether a function only initialises what it is given; the constructor of another class may well read it."""
    return not method.facts.name.startswith("__") and initialises(project, method.facts.name)


POST_INITIALISERS = ("__post_init__", "__attrs_post_init__")
"""What the constructor runs at its end that a dataclass or attrs generates."""


def initialiser(project: Project, cls: ClassId) -> Method | None:
    """`__init__`, or what runs at the end of one that is generated for a class."""
    init, *posts = (project.method(cls, name) for name in ("__init__", *POST_INITIALISERS))
    post = next(filter(None, posts), None)
    for ancestor in project.mro(cls):
        if init is not None and init.owner == ancestor:
            return init
        if post is not None and is_dataclass(project, ancestor):
            return post
    return init or post


def is_dataclass(project: Project, cls: ClassId) -> bool:
    """Whether a decorator makes the constructor of a class out of its fields."""
    info = project.classes.get(cls)
    made_by = ("dataclass", "define", "attr.s")
    return info is not None and any(name in each for each in info.facts.decorators for name in made_by)


def is_own(project: Project, reader: Method, receiver: str, family: frozenset[ClassId]) -> bool:
    """Whether a method of a family reads from its instance, or from the class: `type(self).add(self)`."""
    if reader.owner not in family:
        return False
    instance = reader.facts.instance
    if receiver in (instance, "super()", "type()", "__class__", f"{instance}.__class__"):
        return True
    symbol = project.resolve(reader.path, receiver)
    return symbol is not None and symbol.target in family


class Roles:
    """The role of each method of a class, by its name and by who calls it."""

    def __init__(self, project: Project, callers: Callers) -> None:
        self.project = project
        self.callers = callers
        self._memo: dict[tuple[str, str], bool] = {}
        self._running: dict[tuple[str, str], bool] = {}

    def constructs(self, method: Method) -> bool:
        """Whether a method runs only while an instance is constructed or initialised."""
        assert method.owner is not None
        name = method.facts.name
        if ".<locals>." in name:
            return False
        if initialises(self.project, name):
            return True
        if not (name.startswith("_") and not name.startswith("__")) and not SETUP.fullmatch(name):
            return False
        key = (method.owner, name)
        if key not in self._memo:
            self._memo[key] = True
            self._memo[key] = self._only_called_by_construction(method)
        return self._memo[key]

    def runs_in_construction(self, method: Method) -> bool:
        """Whether construction calls a method, be it that others call it as well."""
        if method.owner is None or self.constructs(method):
            return method.owner is not None
        key = (method.owner, method.facts.name)
        if key not in self._running:
            self._running[key] = False
            calls = self._calls_on_itself(method.owner, method.facts.name)
            self._running[key] = any(self.runs_in_construction(reader) for reader in calls)
        return self._running[key]

    def _calls_on_itself(self, owner: ClassId, name: str) -> Iterator[Method]:
        """The methods of the family that mention a method on their own instance."""
        family = self.project.family(owner)
        for reader, receiver in self.callers.reading_within(owner, name):
            if is_own(self.project, reader, receiver, family):
                yield reader

    def _only_called_by_construction(self, method: Method) -> bool:
        assert method.owner is not None
        name, family = method.facts.name, self.project.family(method.owner)
        sets_up, called = SETUP.fullmatch(name) is not None, False
        if not sets_up and self.callers.reading_outside.get(name):
            return False
        for reader, receiver in self.callers.reading_within(method.owner, name):
            if is_own(self.project, reader, receiver, family):
                called = True
                if not self.constructs(reader):
                    return False
        return called or name in ("setup", "configure_model") or (sets_up and self._called_elsewhere(name))

    def _called_elsewhere(self, name: str) -> bool:
        return any(receiver != reader.facts.instance for reader, receiver in self.callers.reading.get(name))
