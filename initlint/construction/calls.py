"""What calls do to abstract values: they build, fill, register, hand on. What methods of values do is in methods.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from initlint.construction import groups, hooks, knowledge
from initlint.construction.finish import Copies, Copy, Made
from initlint.construction.groups import element, extend
from initlint.construction.methods import ANY_MODULE, MODULE, Methods
from initlint.construction.run import Site
from initlint.construction.torchcalls import (
    META,
    class_draws,
    class_holds,
    first_thing,
    function_draws,
    kind_of,
    on_meta,
)
from initlint.construction.values import (
    EVERYTHING,
    NONE,
    TRUE,
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
    Self,
    Super,
    Swept,
    Thing,
    TorchFunction,
    Unknown,
    Value,
    join,
    options,
    portable,
    text_of,
)
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.frames import Frame

__all__ = ["ANY_MODULE", "MODULE", "Calls"]

CONTAINERS = frozenset(
    {
        "torch.nn.Sequential",
        "torch.nn.ModuleList",
        "torch.nn.ModuleDict",
        "torch.nn.ParameterList",
        "torch.nn.ParameterDict",
    }
)
BUILDERS = re.compile(r"(get|build|create|make|init|load)_?\w*|[A-Z]\w*|_?(build|create|make)_\w+|from_\w+")
"""Names of callees that, for all that is known, might build a module."""

DICTIONARIES = frozenset({"dict", "OrderedDict", "UserDict", "defaultdict", "Dict"})
SEQUENCES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"})
PLAIN_RESULTS = frozenset(
    {"hasattr", "type", "id", "print", "callable", "int", "float", "bool", "repr", "vars", "abs", "object"}
)
PLAIN_DATA = External("builtins.object")
"""What builds nothing and draws nothing, and gives no more than that when it is called."""

STANDARD = frozenset(
    "builtins math typing collections functools itertools copy os sys re warnings logging abc enum numbers dataclasses"
    " contextlib inspect operator json pathlib random time numpy scipy string".split()
)
"""Packages that build no modules."""

NO_CALLEES = frozenset({Unknown, Constant})
A_MODULE = ClassObject(ANY_MODULE)

SILENT = "silent"
"""The class of a context in which nothing draws from the default stream."""

_CLASS_NAME = re.compile(rb"class\s+(\w+)")


class Calls(Methods):
    """The meaning of calls in one run."""

    def call(self, callee: Value, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
        """The value of a call, whose effects go to the log."""
        site = frame.place(node)
        if type(callee) is not Either and type(callee) not in NO_CALLEES:
            return self.one(callee, arguments, site, frame)
        known = [option for option in options(callee) if type(option) not in NO_CALLEES]
        known = [option for option in known if option != A_MODULE] or known
        if not known:
            return self._unknown(arguments, site)
        return self._each(known, lambda option: self.one(option, arguments, site, frame))

    def _each(self, choices: Sequence[Value], action: Callable[[Value], Value]) -> Value:
        """Do something with each alternative, each in an arm of its own."""
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
                return self._torch(callee.name, arguments.behind(callee.bound), site, frame)
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
            case Self() | Thing():
                self.hand_over(arguments)
                return UNKNOWN
            case _:
                return UNKNOWN

    def _unknown(self, arguments: Arguments, site: Site) -> Value:
        """A callee of which nothing is known: it might build a module of what it is given."""
        self.hand_over(arguments)
        return self.mystery(arguments, site)

    # -- building ----------------------------------------------------------------------------------------------

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
        """What the instances of a class of the project are; a class with an unread base and a forward is a module."""
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
        thing = self.run.thing(kind_of(known, name), name, class_holds(known, arguments))
        self.run.direct[thing.token] = frame
        if name in CONTAINERS:
            self._fill(thing, arguments, site)
        else:
            self._pass_on(thing, arguments)
        self.run.draw(thing.token, answer, names, site)
        return thing

    def _pass_on(self, thing: Thing, arguments: Arguments) -> None:
        """What a constructor gets may become a part of the instance."""
        for name, value in [*(("", value) for value in arguments.positional), *arguments.named]:
            if any(isinstance(option, Self) for option in options(value)):
                self.run.read(EVERYTHING)
            self.run.read("", value)
            self.run.attach(thing.token, "" if isinstance(value, Group) else name, value, passed=True)

    def _fill(self, container: Thing, arguments: Arguments, site: Site) -> None:
        """The items that a container is built with, by their keys."""
        items = arguments.positional
        if len(items) == 1 and (isinstance(items[0], Group) or container.cls != "torch.nn.Sequential"):
            extend(self.run, container, items[0], site)
        else:
            for number, value in enumerate(items):
                self.run.read("", value)
                self.run.attach(container.token, "*" if arguments.unseen else str(number), value)
        for _, value in arguments.named:
            extend(self.run, container, value, site)
        if arguments.unseen:
            self.run.draw(container.token, Answer.UNKNOWN, (), site, weak=True)

    def _plain_instance(self, cls: str, arguments: Arguments) -> Value:
        """An instance of a class that is no module: a dictionary is followed, all else just holds its arguments."""
        self.hand_over(arguments)
        info = self.project.classes[cls]
        if any(base.rpartition(".")[2] in DICTIONARIES for base in info.facts.bases):
            group = groups.copied(self.run, arguments, mapping=True)
            group.instantiates = "__getitem__" in info.methods
            return group
        return self.holder(arguments)

    # -- the constructors of torch's classes -------------------------------------------------------------------

    def torch_constructor(self, after: str, arguments: Arguments, site: Site | None) -> None:
        """The constructor of the first class of torch behind `after` in the order of the instance's classes."""
        order = self.project.mro(self.run.cls)
        rest = order[order.index(after) + 1 :] if after in order else order
        base = next((cls for cls in rest if knowledge.module(cls) is not None), None)
        if base is not None:
            self._inherit(base, arguments, site)
        elif self.project.unresolved_bases(self.run.cls):
            self.run.complete = False
            self.run.read(EVERYTHING)

    def _inherit(self, cls: str, arguments: Arguments, site: Site | None) -> None:
        """What a base class of torch puts on the instance."""
        known = knowledge.module(cls)
        site = site or self._class_site()
        if known is None or site is None:
            return
        if cls in CONTAINERS:
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

    # -- functions of torch ------------------------------------------------------------------------------------

    def _torch(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        known = knowledge.function(name)
        space, _, tail = name.rpartition(".")
        if tail == "__init__":
            return self._torch_init(space, arguments, site)
        if tail == "skip_init":
            return self._skip_init(arguments, site, frame)
        if tail == "from_pretrained":
            return self.run.thing(Kind.SUBMODULE, space)
        if space == "torch.nn.init":
            return self.initialise(known, arguments, site)
        if space.startswith("torch.nn.utils"):
            return self._wrapped(known, arguments, site)
        if (context := self._context(name, known, arguments)) is not None:
            return context
        if tail in ("compile", "script"):
            return first_thing(arguments) or UNKNOWN
        if tail[:1].isupper():
            self.hand_over(arguments)
            return self.mystery(arguments, site)
        return self._tensor(known, arguments, site, frame)

    def _context(self, name: str, known: knowledge.TorchFunction | None, arguments: Arguments) -> Value | None:
        """Values that matter by what they are: a device, a fork of the stream, a distribution to sample from."""
        cls = None
        if known is not None and known.isolates:
            cls = SILENT
        elif name == "torch.device":
            meta = on_meta(arguments.get("device", 0)) or on_meta(arguments.get("type", 0))
            cls = META if meta else name
        elif name.startswith("torch.distributions."):
            cls = "torch.distributions"
        return Thing(None, cls, self.run.fresh()) if cls is not None else None

    def _tensor(self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """A function of torch makes a tensor of its arguments."""
        thing = self.run.thing(Kind.TENSOR)
        for value in arguments.values():
            self.run.read("", value)
            self.run.attach(thing.token, "", value)
        self.run.direct[thing.token] = frame
        if known is not None:
            self.run.draw(thing.token, function_draws(known, arguments), (), site)
        return thing

    def _wrapped(self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site) -> Value:
        """`spectral_norm(module)` hands the module back, and may draw for it."""
        first = first_thing(arguments)
        if first is None:
            return UNKNOWN
        answer = function_draws(known, arguments) if known is not None else Answer.NO
        self.fill(first, answer, site)
        return first

    def _skip_init(self, arguments: Arguments, site: Site, frame: Frame) -> Value:
        rest = Arguments(arguments.positional[1:], arguments.named, arguments.unseen)
        classes = [option for value in arguments.positional[:1] for option in options(value)]
        self.run.silent += 1
        values = [self.build(c.id, rest.behind(c.bound), site, frame) for c in classes if isinstance(c, ClassObject)]
        self.run.silent -= 1
        return join(values)

    def _torch_init(self, cls: str, arguments: Arguments, site: Site) -> Value:
        """`nn.Linear.__init__(self, ...)`."""
        if arguments.positional and isinstance(arguments.positional[0], Self):
            self._inherit(cls, Arguments(arguments.positional[1:], arguments.named, arguments.unseen), site)
        return NONE

    def fills(self, callee: Value) -> bool:
        """Whether a callee only fills its first argument."""
        return all(_fills(option) for option in options(callee))

    # -- functions of the project ------------------------------------------------------------------------------

    def function(self, callee: ProjectFunction, arguments: Arguments, site: Site) -> Value:
        """Call a function of the project: apart from this run where it sees nothing of it, else as a part of it."""
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
        if instance is None and method.owner is not None and arguments.positional and not is_static(callee):
            instance = arguments.positional[0]
            arguments = Arguments(arguments.positional[1:], arguments.named, arguments.unseen)
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
        """What a function sees of unknown things is nothing at all."""

        def solid(value: Value) -> Value:
            return join(UNKNOWN if self.run.hollow(option) else option for option in options(value))

        named = tuple((name, solid(value)) for name, value in arguments.named)
        return Arguments(tuple(map(solid, arguments.positional)), named, arguments.unseen)

    def _made(self, made: Made, site: Site) -> Value:
        """What a function returns, made anew."""
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

    # -- functions of others -----------------------------------------------------------------------------------

    def _external(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        package, _, rest = name.partition(".")
        tail = name.rpartition(".")[2]
        if package == "builtins":
            return self._builtin(tail, arguments, site, frame)
        if (copied := knowledge.initialiser(name)) is not None:
            return self.initialise(copied, arguments, site)
        match package, rest:
            case "functools", "partial" | "partialmethod":
                return _partial(arguments)
            case "copy", "deepcopy" | "copy":
                return self._copy(arguments)
            case "itertools", _:
                return groups.merged(self.run, arguments)
            case "collections", "OrderedDict" | "defaultdict" | "ChainMap":
                return groups.copied(self.run, arguments, mapping=True)
            case "collections", "deque":
                return groups.copied(self.run, arguments)
            case _:
                pass
        if tail == "init_empty_weights":
            return Thing(None, SILENT, self.run.fresh())
        self.hand_over(arguments)
        builds = package not in STANDARD and BUILDERS.fullmatch(tail)
        return self.mystery(arguments, site) if builds else self.holder(arguments)

    def _copy(self, arguments: Arguments) -> Value:
        """A copy draws nothing; who copies a local keeps what the local drew."""
        copies: list[Value] = []
        for option in (option for value in arguments.positional[:1] for option in options(value)):
            if isinstance(option, Thing):
                cls, contains = self.run.built.get(option.token, ("", frozenset()))
                copy = self.run.thing(option.kind, cls, contains)
                self.run.attach(copy.token, "", option)
                copies.append(copy)
            else:
                copies.append(option)
        return join(copies)

    def _builtin(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        given = arguments.positional
        first = given[0] if given else UNKNOWN
        match name, len(given):
            case "super", _:
                return Super(_super_owner(first, frame))
            case "getattr", 2 | 3:
                return self._getattr(arguments, frame)
            case "setattr" | "__setattr__", 3:
                return self.set_by_name(given[0], given[1], given[2], site)
            case "isinstance", 2:
                return self._isinstance(first, given[1])
            case "type", 1 if isinstance(first, Self):
                return ClassObject(self.run.cls)
            case "map", 2:
                return self._mapped(arguments, site, frame)
            case "next" | "min" | "max" | "sum", 1:
                return element(first)
            case _:
                return self._list_function(name, first, arguments)

    def _list_function(self, name: str, first: Value, arguments: Arguments) -> Value:
        match name:
            case "range":
                return groups.counted(self.run, arguments)
            case "enumerate":
                return groups.numbered(self.run, first)
            case "zip":
                return groups.zipped(self.run, arguments)
            case "dict":
                return groups.copied(self.run, arguments, mapping=True)
            case "len":
                return Constant(len(first.items)) if isinstance(first, Group) and first.exact else UNKNOWN
            case "str":
                return Constant(str(first.value), first.pattern) if isinstance(first, Constant) else UNKNOWN
            case _ if name in SEQUENCES:
                return groups.copied(self.run, arguments)
            case _ if name in PLAIN_RESULTS:
                return UNKNOWN
            case _:
                self.hand_over(arguments)
                return UNKNOWN

    def _getattr(self, arguments: Arguments, frame: Frame) -> Value:
        owner, name = arguments.positional[0], arguments.positional[1]
        if isinstance(name, Constant) and isinstance(name.value, str) and not name.pattern:
            found = [self.attribute(option, name.value, frame) for option in options(owner)]
            return join([*found, *arguments.positional[2:3]])
        if any(isinstance(option, Self) for option in options(owner)):
            self.run.read(EVERYTHING)
            return UNKNOWN
        if isinstance(owner, TorchFunction) and owner.name == "torch.nn":
            return ClassObject(ANY_MODULE)
        return element(owner)

    def _isinstance(self, value: Value, classes: Value) -> Value:
        """Known where the class is; a subclass of the class under analysis may be more than that."""
        known = value.cls if isinstance(value, Thing) and value.kind is not None else ""
        cls = self.run.cls if isinstance(value, Self) else known
        wanted = list(self.class_names(classes))
        if not cls or cls == ANY_MODULE:
            return UNKNOWN
        if any(self.interpreter.workshop.is_a(cls, name) for name in wanted):
            return TRUE
        open_ended = ANY_MODULE in wanted or (isinstance(value, Self) and self.interpreter.root)
        return UNKNOWN if open_ended else Constant(False)

    def class_names(self, value: Value) -> Iterator[str]:
        """The classes that `isinstance` is given; "?" for one that is not known."""
        for option in options(value):
            if isinstance(option, ClassObject):
                yield option.id
            elif isinstance(option, Group):
                for _, item in option.items:
                    yield from self.class_names(item)
            else:
                yield ANY_MODULE

    def _mapped(self, arguments: Arguments, site: Site, frame: Frame) -> Value:
        function, values = arguments.positional
        group, known = self.run.group(), groups.known_items(values)
        for item in [element(values)] if known is None else known:
            statement = self.run.fresh()
            if known is not None:
                self.run.certain.add(statement)
            with self.run.looping(statement) if known is None else self.run.arm(statement, 0):
                for option in options(function):
                    groups.grow(self.run, group, None, self.one(option, Arguments((item,)), site, frame))
        return group

    # -- attributes, items, operators, contexts ----------------------------------------------------------------

    def element(self, value: Value) -> Value:
        """What a loop over a value sees."""
        return element(value)

    def item(self, owner: Value, index: Value | None, site: Site, frame: Frame) -> Value:
        """`owner[index]`; None stands for a slice."""
        match owner:
            case Group():
                if index is None:
                    return owner
                found = groups.looked_up(owner, index)
                return self._instances(found, site, frame) if owner.instantiates else found
            case Thing(kind=None | Kind.SUBMODULE):
                for key, token in self.run.parts.get(owner.token, ()):
                    if isinstance(index, Constant) and key == text_of(index):
                        return Thing(None, self.run.built.get(token, ("",))[0], token)
                return Thing(None, "", owner.token)
            case Thing():
                return self.arithmetic([owner])
            case Swept() | ClassObject():
                return owner
            case Self():
                self.run.read(EVERYTHING)
                return UNKNOWN
            case _:
                return UNKNOWN

    def _instances(self, found: Value, site: Site, frame: Frame) -> Value:
        """A dictionary with a `__getitem__` of its own hands out instances of the classes that it holds."""
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
        """Whether nothing that is built in a context draws from the default stream."""
        if isinstance(context, Either):
            return all(self.silences(option) for option in context.options)
        return isinstance(context, Thing) and context.cls in (META, SILENT)


def _partial(arguments: Arguments) -> Value:
    """`partial(callee, ...)`: the callee with arguments that it already has."""
    rest = Arguments(arguments.positional[1:], arguments.named, arguments.unseen)
    bound: list[Value] = []
    for option in (option for value in arguments.positional[:1] for option in options(value)):
        match option:
            case ClassObject() | TorchFunction() | ProjectFunction() | Closure():
                bound.append(replace(option, bound=rest.behind(option.bound)))
            case Thing():
                bound.append(Bound(option, "__call__"))
            case _:
                bound.append(option)
    return join(bound)


def _super_owner(first: Value, frame: Frame) -> str:
    if isinstance(first, ClassObject):
        return first.id
    while frame.parent is not None and not frame.owner:
        frame = frame.parent
    return frame.owner


def _keeps_nothing(arguments: Arguments) -> bool:
    """Whether a function could do nothing with these but look at them: neither the instance, lists nor what was built.

    What was built it may give back.
    """
    given = (option for value in arguments.values() for option in options(value))
    return not any(isinstance(option, Self | Group | Closure | Thing) for option in given)


def _copied_initialiser(callee: ProjectFunction) -> knowledge.TorchFunction | None:
    """The function of torch.nn.init that a module-level function of the project stands for, by its name."""
    return knowledge.initialiser(callee.method.facts.name) if callee.method.owner is None else None


def _fills(callee: Value) -> bool:
    match callee:
        case TorchFunction() | External():
            return knowledge.initialiser(callee.name) is not None
        case ProjectFunction():
            return _copied_initialiser(callee) is not None
        case _:
            return False


def is_static(function: ProjectFunction) -> bool:
    """Whether a method has no instance parameter."""
    return any(decorator.endswith("staticmethod") for decorator in function.method.facts.decorators)
