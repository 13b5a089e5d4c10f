"""Calls of abstract values: this file decides which alternative does what; the files that it combines do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from initlint.construction import groups, hooks, knowledge
from initlint.construction.groups import extend
from initlint.construction.methods import GROWS
from initlint.construction.others import PLAIN_RESULTS, Others
from initlint.construction.run import Site
from initlint.construction.templates import Copies, Copy, Made
from initlint.construction.torchcalls import ANY_MODULE, META, SILENT
from initlint.construction.torchfunctions import TorchFunctions
from initlint.construction.values import (
    EVERYTHING,
    NONE,
    UNKNOWN,
    Arguments,
    Bound,
    ClassObject,
    Closure,
    Constant,
    Either,
    External,
    Group,
    ProjectFunction,
    Registry,
    Self,
    Super,
    Swept,
    Table,
    Thing,
    TorchFunction,
    Unknown,
    Value,
    join,
    options,
    portable,
    text_of,
)
from initlint.facts.vocabulary import REGISTRATIONS
from initlint.model import Kind

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.frames import Frame

BUILDS = re.compile(r"_?(build|create|make|instantiate)")
FETCHES = frozenset({"get", "get_class", "lookup", "__getitem__"})
"""Methods of a table of classes that return an instance, and those that return a class."""

LOOKS_ON = PLAIN_RESULTS | {"len", "str"}
"""Built-in functions that take nothing from a list."""

PLAIN_DATA = External("builtins.object")
"""Callables that build and draw nothing, and whose results do not either."""
NO_CALLEES = frozenset({Unknown, Constant})
A_MODULE = ClassObject(ANY_MODULE)


class Calls(Others, TorchFunctions):
    """Calls in one run."""

    def call(self, callee: Value, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
        """The value of a call; its effects go to the log."""
        site = frame.place(node)
        if type(callee) is not Either and type(callee) not in NO_CALLEES:
            return self.one(callee, arguments, site, frame)
        known = [option for option in options(callee) if type(option) not in NO_CALLEES]
        known = [option for option in known if option != A_MODULE] or known
        if not known:
            return self._unknown(arguments, site)
        return self._each(known, lambda option: self.one(option, arguments, site, frame))

    def _each(self, choices: Sequence[Value], action: Callable[[Value], Value]) -> Value:
        """Do something with each alternative, each in its own arm."""
        if len(choices) == 1:
            return action(choices[0])
        statement = self.run.fresh()
        values = []
        for number, option in enumerate(choices):
            with self.run.arm(statement, number):
                values.append(action(option))
        return join(values)

    def one(self, callee: Value, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """Call one alternative."""
        match callee:
            case ClassObject():
                return self.build(callee.id, arguments.behind(callee.bound), site, frame)
            case TorchFunction():
                return self._of_torch(callee.name, arguments.behind(callee.bound), site, frame)
            case External():
                return self._external(callee.name, arguments, site, frame)
            case ProjectFunction():
                return self.function(callee, arguments.behind(callee.bound), site)
            case Closure():
                return self.interpreter.enter(callee, arguments, site)
            case Bound(receiver=Super() as receiver, name="__init__"):
                self.torch_constructor(receiver.owner, arguments, site)
                return NONE
            case Bound():
                return self.bound(callee, arguments, site, frame)
            case Self() | Swept() | Thing():
                self.run.read("" if isinstance(callee, Thing) else EVERYTHING, callee)
                self.hand_over(arguments)
                return UNKNOWN
            case _:
                return UNKNOWN

    def _of_torch(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """A function of torch; a method of torch may be passed the instance: `nn.Module.add_module(self, ...)`."""
        space, _, tail = name.rpartition(".")
        unbound = tail != "__init__" and knowledge.module(space) is not None
        if unbound and isinstance(arguments.first, Self):
            return self.on_self(tail, arguments.others, site, 1)
        return self._torch(name, arguments, site, frame)

    def of_table(self, table: Table, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """Get a class, or an instance, from a table of classes."""
        self.hand_over(arguments)
        if BUILDS.match(name):
            return self._each(table.classes, lambda cls: self.one(cls, Arguments(unseen=True), site, frame))
        return join(table.classes) if name in FETCHES else UNKNOWN

    def _unknown(self, arguments: Arguments, site: Site) -> Value:
        """An unknown callee: it might build a module from its arguments."""
        self.hand_over(arguments)
        return self.mystery(arguments, site)

    def fills(self, callee: Value) -> bool:
        """Whether a callee only fills its first argument."""
        return all(_fills(option) for option in options(callee))

    def changes(self, callee: Value) -> bool:
        """Whether a callee whose result is unused has only changed its first argument."""
        torch_functions = [option.name for option in options(callee) if isinstance(option, TorchFunction)]
        return bool(torch_functions) and all(name.startswith("torch.nn.utils.") for name in torch_functions)

    def stores(self, callee: Value) -> bool:
        """Whether a callee sets an attribute."""
        return all(_stores(option) for option in options(callee))

    def keeps(self, callee: Value) -> bool:
        """Whether a callee only puts its arguments into a container."""
        return all(_keeps(option) for option in options(callee))

    def looks(self, callee: Value) -> bool:
        """Whether a callee only inspects a list, such as its length, or prints it."""
        names = [option.name if isinstance(option, External) else "" for option in options(callee)]
        return all(name.partition("builtins.")[2] in LOOKS_ON for name in names)

    # -- functions of the project ------------------------------------------------------------------------------

    def function(self, callee: ProjectFunction, arguments: Arguments, site: Site) -> Value:
        """Call a function of the project: in a run of its own if it cannot affect this one, or else as part of it."""
        method, instance = callee.method, callee.instance
        if (copied := _copied_initialiser(callee)) is not None:
            return self.initialise(copied, arguments, site)
        if method.owner is None and _keeps_nothing(arguments) and self.interpreter.workshop.inert.function(method):
            self.hand_over(arguments)
            return PLAIN_DATA
        seen = self._without_hollow(arguments) if method.owner is None else arguments
        if method.owner is None and portable(seen):
            made = self.interpreter.workshop.make(method, seen)
            if made is not None:
                return self._made(made, site)
        if instance is None and method.owner is not None and arguments.positional and not method.is_static:
            instance, arguments = arguments.first, arguments.others
        if isinstance(instance, Self) and (hook := hooks.initialiser(self.project, self.run.cls, method)) is not None:
            self.sweep_with(ProjectFunction(hook, Self()), None, site)
            return NONE
        if isinstance(instance, Self) and self.interpreter.workshop.inert.method(self.run.cls, method):
            self.hand_over(arguments)
            for name in method.facts.reads.get(method.facts.instance, ()):
                self.run.read(name, self.run.attributes.get(name))
            return PLAIN_DATA
        return self.interpreter.invoke(method, instance, arguments, site)

    def _without_hollow(self, arguments: Arguments) -> Arguments:
        """Arguments without empty unknown things, which a function cannot distinguish from nothing."""

        def solid(value: Value) -> Value:
            return join(UNKNOWN if self.run.hollow(option) else option for option in options(value))

        named = tuple((name, solid(value)) for name, value in arguments.named)
        return Arguments(tuple(map(solid, arguments.positional)), named, arguments.unseen)

    def _made(self, made: Made, site: Site) -> Value:
        """The result of a function, created anew."""
        statement = self.run.fresh()
        values = []
        for number, template in enumerate(made):
            arm = ((statement, number),) if len(made) > 1 else ()
            with self.run.under(arm):
                values.append(self._again(template, site))
        return join(values)

    def _again(self, template: Copy | Copies | Value, site: Site) -> Value:
        if isinstance(template, Copy):
            thing = self.run.thing(template.kind, template.cls, template.summary.contains)
            self.run.draw(thing.token, template.summary.answer, template.summary.names, site, template.weak)
            return thing
        if isinstance(template, Copies):
            group = self.run.group(template.mapping)
            for name, made in template.items:
                groups.grow(self.run, group, name, self._made(made, site))
            group.exact = template.exact
            return group
        return groups.fresh(self.run, template)

    # -- items, operators, contexts --------------------------------------------------------------------------

    def item(self, owner: Value, index: Value | None, site: Site, frame: Frame) -> Value:
        """`owner[index]`; None means a slice."""
        match owner:
            case Group():
                if index is None:
                    return groups.part(self.run, owner)
                found = groups.looked_up(owner, index)
                return self._instances(found, site, frame) if owner.instantiates else found
            case Thing(kind=None | Kind.SUBMODULE):
                named = self.run.part(owner, text_of(index)) if isinstance(index, Constant) else None
                return named or Thing(None, "", owner.token)
            case Thing():
                return self.arithmetic([owner])
            case Swept() | ClassObject():
                return owner
            case Table():
                return join(owner.classes)
            case Registry():
                return self.registered(index or UNKNOWN)
            case Self():
                return self.of_all()
            case _:
                return UNKNOWN

    def _instances(self, found: Value, site: Site, frame: Frame) -> Value:
        """A dictionary with its own `__getitem__` returns instances of the classes in it."""
        held = [
            option.items[0][1] if isinstance(option, Group) and option.items else option for option in options(found)
        ]
        classes: list[Value] = [option for option in held if isinstance(option, ClassObject)]
        if not classes:
            return UNKNOWN
        return self._each(classes, lambda cls: self.one(cls, Arguments(unseen=True), site, frame))

    def add(self, left: Value, right: Value, site: Site) -> Value:
        """Lists and strings are joined, numbers and tensors added."""
        if isinstance(left, Group) or isinstance(right, Group):
            group = self.run.group()
            for side in (left, right):
                extend(self.run, group, side, site)
            return group
        strings = [v for v in (left, right) if isinstance(v, Constant) and isinstance(v.value, str)]
        if strings:
            texts = [str(v.value) if isinstance(v, Constant) and v in strings else "*" for v in (left, right)]
            return Constant("".join(texts), "*" in texts or any(string.pattern for string in strings))
        return self.arithmetic([left, right])

    def silences(self, context: Value) -> bool:
        """Whether a context keeps everything built in it off the default stream."""
        if isinstance(context, Either):
            return all(self.silences(option) for option in context.options)
        return isinstance(context, Thing) and context.cls in (META, SILENT)


def _keeps_nothing(arguments: Arguments) -> bool:
    """Whether a function can only inspect these arguments: neither the instance, lists nor things that were built.

    It may return things that were built.
    """
    given = (option for value in arguments.values() for option in options(value))
    return not any(isinstance(option, Self | Group | Closure | Thing) for option in given)


def _copied_initialiser(callee: ProjectFunction) -> knowledge.TorchFunction | None:
    """The function of torch.nn.init that a module-level function of the project copies, by its name."""
    return knowledge.initialiser(callee.method.facts.name) if callee.method.owner is None else None


def _stores(callee: Value) -> bool:
    match callee:
        case External(name="builtins.setattr"):
            return True
        case Bound(receiver=Self() | Super(), name=name):
            return name in REGISTRATIONS
        case _:
            return False


def _keeps(callee: Value) -> bool:
    match callee:
        case ClassObject(id=cls):
            return cls in knowledge.CONTAINERS
        case Bound(receiver=Group(), name=name):
            return name in GROWS
        case Bound(receiver=Thing(cls=cls), name=name):
            return cls in knowledge.CONTAINERS and name in GROWS
        case _:
            return False


def _fills(callee: Value) -> bool:
    match callee:
        case TorchFunction() | External():
            return knowledge.initialiser(callee.name) is not None
        case ProjectFunction():
            return _copied_initialiser(callee) is not None
        case _:
            return False
