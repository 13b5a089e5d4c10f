"""Functions of neither the project nor torch: built-in ones, the standard library, other packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst
from msgspec.structs import replace

from initlint.construction import groups, knowledge
from initlint.construction.groups import element
from initlint.construction.methods import Methods
from initlint.construction.run import Site
from initlint.construction.torchcalls import ANY_MODULE, SILENT
from initlint.construction.values import (
    EVERYTHING,
    TRUE,
    UNKNOWN,
    Arguments,
    Bound,
    ClassObject,
    Closure,
    Constant,
    External,
    Group,
    ProjectFunction,
    Registry,
    Self,
    Super,
    Thing,
    TorchFunction,
    Value,
    join,
    options,
)
from initlint.facts.imports import IMPORTERS
from initlint.facts.spelled import SAME_ITEMS
from initlint.project.inheritance import MODULE

if TYPE_CHECKING:
    from initlint.construction.frames import Frame

BUILDERS = re.compile(r"(get|build|create|make|init|load)_?\w*|[A-Z]\w*|_?(build|create|make)_\w+|from_\w+")
"""Names of callees that might build a module."""
REORDERS = frozenset({"set", "frozenset", "sorted", "reversed"})
PLAIN_RESULTS = frozenset(
    {"hasattr", "type", "id", "print", "callable", "int", "float", "bool", "repr", "vars", "abs", "object"}
)

STANDARD = frozenset(
    "builtins math typing collections functools itertools copy os sys re warnings logging abc enum numbers dataclasses"
    " contextlib inspect operator json pathlib random time numpy scipy string".split()
)
"""Packages that build no modules."""


NAMESPACE = "types.SimpleNamespace"
"""What holds what it is given under names, as what `namedtuple` makes does."""


class Others(Methods):
    """Functions from elsewhere, in one run."""

    def one(self, callee: Value, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """Call one alternative."""
        raise NotImplementedError

    def imported(self, function: cst.BaseExpression, arguments: Arguments) -> Value | None:
        """What a call imports from torch by name, if it does: `Linear = safe_import("torch.nn.Linear")`."""
        name = function.attr if isinstance(function, cst.Attribute) else function
        texts = [value.value for value in arguments.values() if isinstance(value, Constant)]
        given = [text for text in texts if isinstance(text, str) and text.partition(".")[0] == "torch"]
        if not given or not isinstance(name, cst.Name) or IMPORTERS.fullmatch(name.value) is None:
            return None
        return self.interpreter.workshop.external(max(given, key=len))

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
            case "collections", "OrderedDict" | "defaultdict" | "ChainMap" | "deque":
                return groups.copied(self.run, arguments, mapping=rest != "deque")
            case "collections", "namedtuple":
                return External(NAMESPACE)
            case ("types", "SimpleNamespace") | ("argparse", "Namespace"):
                return groups.namespace(self.run, arguments)
            case _:
                pass
        if tail == "init_empty_weights":
            return Thing(None, SILENT, self.run.fresh())
        self.hand_over(arguments)
        builds = package not in STANDARD and BUILDERS.fullmatch(tail)
        return self.mystery(arguments, site) if builds else self.holder(arguments)

    def _copy(self, arguments: Arguments) -> Value:
        """A copy draws nothing; code that copies a local keeps what the local drew."""
        self.hand_over_instance(arguments)
        copies: list[Value] = []
        for option in options(arguments.first):
            if isinstance(option, Thing):
                copy = self.run.thing(option.kind, self.run.class_of(option.token), self._classes_in(option))
                self.run.attach(copy.token, "", option)
                copies.append(copy)
            else:
                copies.append(option)
        return join(copies)

    def _classes_in(self, thing: Thing) -> frozenset[str]:
        """The classes of everything in something that was built."""
        inside = [self.run.built.get(token, ("", frozenset())) for token in self.run.reach((thing.token,))]
        parts = {cls for cls, _ in inside[1:] if cls}
        return frozenset(parts.union(*(contains for _, contains in inside)))

    def _builtin(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        given, first = arguments.positional, arguments.first
        match name, len(given):
            case "super", _:
                return Super(_super_owner(first, frame))
            case "getattr", 2 | 3:
                return self._getattr(arguments, frame)
            case "setattr" | "__setattr__", 3:
                return self.set_by_name(given[0], given[1], given[2], site)
            case "isinstance", 2:
                return self._isinstance(first, given[1])
            case "__new__", _ if first == ClassObject(self.run.cls):
                return Self()
            case "type", 1 if isinstance(first, Self):
                return ClassObject(self.run.cls)
            case "type", 3 if any(map(self._is_module_class, options(element(given[1])))):
                return ClassObject(ANY_MODULE)
            case "vars", 1 if isinstance(first, Self):
                return Registry(None)
            case "map", 2:
                return self._mapped(arguments, site, frame)
            case _:
                return self._list_function(name, first, arguments)

    def _is_module_class(self, value: Value) -> bool:
        return isinstance(value, ClassObject) and self.interpreter.workshop.is_a(value.id, MODULE)

    def _list_function(self, name: str, first: Value, arguments: Arguments) -> Value:
        match name:
            case "range":
                return groups.counted(self.run, arguments)
            case "enumerate":
                return groups.numbered(self.run, first)
            case "zip":
                return groups.zipped(self.run, arguments)
            case "next" | "min" | "max" | "sum" if len(arguments.positional) == 1:
                return element(first)
            case "dict":
                return groups.copied(self.run, arguments, mapping=True)
            case "len":
                return Constant(len(first.items)) if isinstance(first, Group) and first.exact else UNKNOWN
            case "str":
                return Constant(str(first.value), first.pattern) if isinstance(first, Constant) else UNKNOWN
            case _ if name in SAME_ITEMS:
                group = groups.copied(self.run, arguments)
                group.exact = group.exact and name not in REORDERS
                return group
            case _ if name in PLAIN_RESULTS:
                return UNKNOWN
            case _:
                self.hand_over(arguments)
                return UNKNOWN

    def _getattr(self, arguments: Arguments, frame: Frame) -> Value:
        owner, name = arguments.positional[:2]
        if isinstance(name, Constant) and isinstance(name.value, str) and "*" not in name.value:
            found = [self.attribute(option, name.value, frame) for option in options(owner)]
            return join([*found, *arguments.positional[2:3]])
        if any(isinstance(option, Self) for option in options(owner)):
            self.run.read(EVERYTHING)
            return UNKNOWN
        if isinstance(owner, TorchFunction) and owner.name == "torch.nn":
            return ClassObject(ANY_MODULE)
        return element(owner)

    def _isinstance(self, value: Value, classes: Value) -> Value:
        """Known if the class is; the class under analysis may have subclasses, though."""
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
        """The classes that `isinstance` is given; "?" for an unknown one."""
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


def _partial(arguments: Arguments) -> Value:
    """`partial(callee, ...)`: the callee with arguments that are already given."""
    bound: list[Value] = []
    for option in options(arguments.first):
        match option:
            case ClassObject() | TorchFunction() | ProjectFunction() | Closure():
                bound.append(replace(option, bound=arguments.others.behind(option.bound)))
            case Thing():
                bound.append(Bound(option, "__call__"))
            case External(name="builtins.setattr") if arguments.others.positional == (Self(),):
                bound.append(Bound(Self(), "__setattr__"))
            case _:
                bound.append(option)
    return join(bound)


def _super_owner(first: Value, frame: Frame) -> str:
    if isinstance(first, ClassObject):
        return first.id
    while frame.parent is not None and not frame.owner:
        frame = frame.parent
    return frame.owner
