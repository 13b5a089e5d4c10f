"""What calls, attributes and items do to abstract values: building, filling, registering, handing on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.construction import knowledge
from initlint.construction.run import EVERYTHING, Site
from initlint.construction.torchcalls import class_draws, first_thing, function_draws, kind_of, on_meta
from initlint.construction.values import (
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
    Thing,
    TorchFunction,
    Unknown,
    Value,
    join,
    options,
    tokens,
)
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from initlint.construction.visitor import Frame, Interpreter
    from initlint.project.classes import Method

MODULE = "torch.nn.Module"
ANY_MODULE = "?"
"""The class of a module of which only that is known."""

REGISTRATIONS: dict[str, Kind] = {
    "add_module": Kind.SUBMODULE,
    "register_module": Kind.SUBMODULE,
    "register_parameter": Kind.PARAMETER,
    "register_buffer": Kind.BUFFER,
}
REGISTRIES: dict[str, Kind] = {
    "_modules": Kind.SUBMODULE,
    "_parameters": Kind.PARAMETER,
    "_buffers": Kind.BUFFER,
}
MODULE_SWEEPS = frozenset({"modules", "children", "named_modules", "named_children"})
PARAMETER_SWEEPS = frozenset({"parameters", "named_parameters"})
REDRAWS = frozenset({"reset_parameters", "_reset_parameters", "reset_weights", "init_weights", "_init_weights", "init_parameters"})
"""Methods of a module that fill it again."""

APPLIES = frozenset({"apply", "smart_apply", "_apply_init"})
CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ParameterList"})
MAPPINGS = frozenset({"torch.nn.ModuleDict", "torch.nn.ParameterDict"})
PLAIN = frozenset("size dim numel item tolist numpy stride ndimension nelement element_size data_ptr is_contiguous get_device".split())
"""Methods that make plain data of a tensor."""

SAME_MODULE = frozenset(
    "to cuda cpu float half double bfloat16 eval train requires_grad_ apply share_memory type xpu to_empty compile".split()
)
"""Methods that hand back the module itself."""

_CLASS_NAME = re.compile(rb"class\s+(\w+)")

BUILDERS = re.compile(r"(get|build|create|make|init|load)_?\w*|[A-Z]\w*|_?(build|create|make)_\w+|from_\w+")
"""Names of callees that, for all that is known, might build a module."""

DICTIONARIES = frozenset({"dict", "OrderedDict", "UserDict", "defaultdict", "Dict"})
SEQUENCES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset", "deque"})
STANDARD = frozenset("builtins math typing collections functools itertools copy os sys re warnings logging abc enum numbers".split()) | {
    "dataclasses", "contextlib", "inspect", "operator", "json", "pathlib", "random", "time", "numpy", "scipy", "string",
}
"""Packages that build no modules."""


class Calls:
    """The meaning of calls in one run."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.run = interpreter.run
        self.project = interpreter.project
        self.ran: set[tuple[str, str]] = set()

    # -- calls -------------------------------------------------------------------------------------------------

    def call(self, callee: Value, arguments: Arguments, node: cst.Call, frame: Frame) -> Value:
        """The value of a call, whose effects go to the log."""
        site = frame.place(node)
        known = [option for option in options(callee) if not isinstance(option, Unknown | Constant)]
        if len(known) == 1:
            return self._one(known[0], arguments, site, frame)
        if not known:
            return self._unknown(node, arguments, site)
        values = []
        statement = self.run.fresh()
        for number, option in enumerate(known):
            with self.run.arm(statement, number):
                values.append(self._one(option, arguments, site, frame))
        return join(values)

    def _one(self, callee: Value, arguments: Arguments, site: Site, frame: Frame) -> Value:
        match callee:
            case ClassObject():
                return self.build(callee.id, arguments.behind(callee.bound), site, frame)
            case TorchFunction():
                return self._torch(callee.name, arguments.behind(callee.bound), site, frame)
            case External():
                return self._external(callee.name, arguments, site, frame)
            case ProjectFunction():
                return self._function(callee, arguments.behind(callee.bound), site)
            case Closure():
                return self.interpreter.enter(callee, arguments, site)
            case Bound():
                return self._bound(callee, arguments, site, frame)
            case Self() | Thing():
                self.hand_over(arguments)
        return UNKNOWN

    def _unknown(self, node: cst.Call, arguments: Arguments, site: Site) -> Value:
        """A callee of which nothing is known: it might build a module of what it is given."""
        self.hand_over(arguments)
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else None
        if isinstance(node.func, cst.Name) or (name is not None and BUILDERS.fullmatch(name)):
            return self._mystery(arguments, site)
        return self._holder(arguments)

    def _mystery(self, arguments: Arguments, site: Site) -> Value:
        thing = self._holder(arguments)
        self.run.draw(thing.token, Answer.UNKNOWN, (), site, weak=True)
        return thing

    def _holder(self, arguments: Arguments) -> Thing:
        """Something unknown that may hold what it was made with."""
        thing = self.run.thing(None)
        for value in arguments.values():
            self.run.attach(thing.token, "", value)
        return thing

    def hand_over(self, arguments: Arguments) -> None:
        """Code that is not followed may read what it gets, and everything of the instance if it gets that."""
        for value in arguments.values():
            if any(isinstance(option, Self) for option in options(value)):
                self.run.read(EVERYTHING)
            self.run.read("", value)

    # -- building ----------------------------------------------------------------------------------------------

    def build(self, cls: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """An instance of a class."""
        known = knowledge.module(cls)
        if cls == ANY_MODULE:
            thing = self.run.thing(Kind.SUBMODULE, ANY_MODULE)
            self._pass_on(thing, arguments)
            self.run.draw(thing.token, Answer.UNKNOWN, (), site)
            return thing
        if known is not None:
            return self._torch_instance(cls, known, arguments, site, frame)
        info = self.project.classes.get(cls)
        if info is None:
            return self._mystery(arguments, site)
        kind = self.instance_kind(cls)
        if kind is None:
            return self._plain_instance(cls, arguments)
        summary = self.interpreter.workshop.build(cls, arguments)
        thing = self.run.thing(kind, cls, summary.contains)
        self.run.direct[thing.token] = frame
        self._pass_on(thing, arguments)
        self.run.draw(thing.token, summary.answer, summary.names, site)
        return thing

    def instance_kind(self, cls: str) -> Kind | None:
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
        thing = self.run.thing(kind_of(known, name), name)
        self.run.direct[thing.token] = frame
        if name in CONTAINERS or name in MAPPINGS:
            self._fill(thing, arguments)
        else:
            self._pass_on(thing, arguments)
        self.run.draw(thing.token, answer, names, site)
        return thing

    def _pass_on(self, thing: Thing, arguments: Arguments) -> None:
        for name, value in [*(("", value) for value in arguments.positional), *arguments.named]:
            if any(isinstance(option, Self) for option in options(value)):
                self.run.read(EVERYTHING)
            self.run.read("", value)
            self.run.attach(thing.token, "" if isinstance(value, Group) else name, value)

    def _fill(self, container: Thing, arguments: Arguments) -> None:
        """The items that a container is built with, by their keys."""
        sequence = container.cls == "torch.nn.Sequential"
        items = list(arguments.positional)
        if len(items) == 1 and (isinstance(items[0], Group) or not sequence):
            self.extend(container, items[0], None)
        else:
            for number, value in enumerate(items):
                self.run.read("", value)
                self.run.attach(container.token, "*" if arguments.open else str(number), value)
        for _, value in arguments.named:
            self.extend(container, value, None)

    def _plain_instance(self, cls: str, arguments: Arguments) -> Value:
        """An instance of a class that is no module: a dictionary is followed, anything else just holds its arguments."""
        self.hand_over(arguments)
        info = self.project.classes[cls]
        if any(base.rpartition(".")[2] in DICTIONARIES for base in info.facts.bases):
            group = self._copied(arguments, mapping=True)
            group.instantiates = "__getitem__" in info.methods
            return group
        return self._holder(arguments)

    # -- functions of torch ------------------------------------------------------------------------------------

    def _torch(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        known = knowledge.function(name)
        tail = name.rpartition(".")[2]
        if name.endswith(".__init__"):
            return self._torch_init_call(name, arguments, site)
        if known is not None and known.isolates:
            return Thing(None, SILENT, self.run.fresh())
        if tail == "skip_init" and arguments.positional:
            return self._skip_init(arguments, site, frame)
        if tail in ("from_pretrained", "device", "clone", "deepcopy") or name.startswith("torch.nn.init."):
            return self._special(name, tail, known, arguments, site, frame)
        if name.startswith("torch.nn.utils."):
            first = first_thing(arguments)
            answer = function_draws(known, arguments) if known is not None else Answer.NO
            for token in tokens(first) if first is not None else ():
                self.run.draw(token, answer, (), site)
                break
            return first if first is not None else UNKNOWN
        if name.startswith("torch.distributions."):
            return replace(self._holder(arguments), cls="torch.distributions")
        if tail in ("compile", "script", "checkpoint_wrapper", "no_grad"):
            return first_thing(arguments) or UNKNOWN
        if not tail.islower() or name.count(".") > 2:
            self.hand_over(arguments)
            return self._mystery(arguments, site) if tail[:1].isupper() and known is None else self._holder(arguments)
        return self._tensor(known, arguments, site, frame)

    def _tensor(
        self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site, frame: Frame
    ) -> Value:
        """A function of torch makes a tensor of its arguments."""
        thing = self.run.thing(Kind.TENSOR)
        for value in arguments.values():
            self.run.read("", value)
            self.run.attach(thing.token, "", value)
        if known is not None:
            self.run.direct[thing.token] = frame
            self.run.draw(thing.token, function_draws(known, arguments), (), site)
        return thing

    def _special(
        self,
        name: str,
        tail: str,
        known: knowledge.TorchFunction | None,
        arguments: Arguments,
        site: Site,
        frame: Frame,
    ) -> Value:
        if name.startswith("torch.nn.init."):
            return self._initialise(known, arguments, site)
        if tail == "from_pretrained":
            return self.run.thing(Kind.SUBMODULE, name.rpartition(".")[0])
        if tail == "device":
            meta = on_meta(arguments.get("device", 0)) or on_meta(arguments.get("type", 0))
            return Thing(None, "torch.device:meta" if meta else "torch.device", self.run.fresh())
        return self._tensor(known, arguments, site, frame)

    def _initialise(self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site) -> Value:
        """`nn.init.*_(tensor)` fills what it is given, and hands it back."""
        target = arguments.get("tensor", 0) or UNKNOWN
        answer = function_draws(known, arguments) if known is not None else Answer.NO
        self.fill(target, answer, site)
        return target

    def fill(self, target: Value, answer: Answer, site: Site, names: tuple[str, ...] = ()) -> None:
        """Something that was built draws once more."""
        for option in options(target):
            if isinstance(option, Swept):
                self.run.sweep_draws(option, answer)
            elif isinstance(option, Thing):
                self.run.draw(option.token, answer, names, site)

    def fills(self, callee: Value) -> bool:
        """Whether a callee only fills its first argument."""
        names = [option.name for option in options(callee) if isinstance(option, TorchFunction | External)]
        return bool(names) and all(
            name.startswith("torch.nn.init.") or self._init_name(name) is not None for name in names
        )

    def _init_name(self, name: str) -> str | None:
        """The function of torch.nn.init that another package's function is a copy of, by its name."""
        tail = name.rpartition(".")[2]
        copied = f"torch.nn.init.{tail}"
        if tail == "trunc_normal_tf_":
            copied = "torch.nn.init.trunc_normal_"
        return copied if tail.endswith("_") and knowledge.function(copied) is not None else None

    def _skip_init(self, arguments: Arguments, site: Site, frame: Frame) -> Value:
        self.run.silent += 1
        rest = Arguments(arguments.positional[1:], arguments.named, arguments.open)
        values = [
            self.build(option.id, rest.behind(option.bound), site, frame)
            for option in options(arguments.positional[0])
            if isinstance(option, ClassObject)
        ]
        self.run.silent -= 1
        return join(values)

    def _torch_init_call(self, name: str, arguments: Arguments, site: Site) -> Value:
        """`nn.Linear.__init__(self, ...)`."""
        if arguments.positional and isinstance(arguments.positional[0], Self):
            rest = Arguments(arguments.positional[1:], arguments.named, arguments.open)
            self._inherited(name.removesuffix(".__init__"), rest, site)
        return NONE

    def torch_constructor(self, after: str, arguments: Arguments, site: Site | None) -> None:
        """The constructor of the first class of torch behind `after` in the order of the instance's classes."""
        order = self.project.mro(self.run.cls)
        rest = order[order.index(after) + 1 :] if after in order else order
        for cls in rest:
            if knowledge.module(cls) is not None:
                self._inherited(cls, arguments, site)
                return
        if self.project.unresolved_bases(self.run.cls):
            self.run.complete = False
            self.run.read(EVERYTHING)

    def _inherited(self, cls: str, arguments: Arguments, site: Site | None) -> None:
        """What a base class of torch puts on the instance."""
        known = knowledge.module(cls)
        if known is None:
            return
        site = site or self._class_site()
        if site is None:
            return
        if cls in CONTAINERS or cls in MAPPINGS:
            thing = self.run.thing(Kind.SUBMODULE, cls)
            self._fill(thing, arguments)
            for name, token in self.run.parts.get(thing.token, []):
                item = Thing(None, "", token)
                self.run.store(name, item, site, site.node, self.run.fresh(), definable=False)
            return
        answer, names = class_draws(known, arguments)
        grouped: dict[str, list[str]] = {}
        for name in names:
            head, _, rest = name.partition(".")
            grouped.setdefault(head, []).append(rest)
        for head, inner in grouped.items():
            thing = self.run.thing(Kind.SUBMODULE if any(inner) else Kind.PARAMETER)
            self.run.draw(thing.token, answer, tuple(filter(None, inner)), site)
            self.run.store(head, thing, site, site.node, self.run.fresh(), definable=False)

    def _class_site(self) -> Site | None:
        """The name in the class statement, for a constructor that no code of the project calls."""
        info = self.project.classes.get(self.run.cls)
        if info is None:
            return None
        match = _CLASS_NAME.search(self.project.source(info.path), info.facts.start)
        if match is None:
            return None
        slice_ = self.interpreter.workshop.slice(info.path, *match.span(1))
        line = slice_.node
        node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        return Site(slice_, node, info.path, self.run.cls) if node is not None else None

    # -- functions of the project and of others ----------------------------------------------------------------

    def _function(self, callee: ProjectFunction, arguments: Arguments, site: Site) -> Value:
        method, instance = callee.method, callee.instance
        if instance is None and method.owner is not None and arguments.positional and not is_static(method):
            instance = arguments.positional[0]
            arguments = Arguments(arguments.positional[1:], arguments.named, arguments.open)
        if isinstance(instance, Self) and method.facts.name == "post_init":
            return self._post_init(site)
        return self.interpreter.invoke(method, instance, arguments, site)

    def _post_init(self, site: Site) -> Value:
        """The end of a constructor in transformers: `_init_weights` for every module."""
        method = self.project.method(self.run.cls, "_init_weights")
        if method is not None:
            function = ProjectFunction(method, Self())
            self._sweep_with(function, None, site)
        return NONE

    def _sweep_with(self, function: Value, root: int | None, site: Site) -> None:
        """`apply(function)`: the function is run on each module in turn."""
        swept = self.run.sweep(root, False, site)
        for option in options(function):
            match option:
                case ProjectFunction():
                    self._function(option, Arguments((swept,)).behind(option.bound), site)
                case Closure():
                    self.interpreter.enter(option, Arguments((swept,)), site)

    def _external(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        package, _, rest = name.partition(".")
        tail = name.rpartition(".")[2]
        if package == "builtins":
            return self._builtin(tail, arguments, site, frame)
        if (copied := self._init_name(name)) is not None:
            return self._initialise(knowledge.function(copied), arguments, site)
        match rest:
            case "partial" | "partialmethod":
                return self._partial(arguments)
            case "deepcopy" | "copy" if package == "copy":
                return self._copy(arguments)
            case "chain" | "product" | "chain.from_iterable" | "zip_longest" | "islice" | "repeat" | "accumulate":
                return self._merged(arguments)
            case "OrderedDict" | "defaultdict" | "ChainMap" if package == "collections":
                return self._copied(arguments, mapping=True)
            case "deque" if package == "collections":
                return self._copied(arguments)
        if tail == "init_empty_weights":
            return Thing(None, SILENT, self.run.fresh())
        self.hand_over(arguments)
        if package in STANDARD:
            return self._holder(arguments)
        return self._mystery(arguments, site) if BUILDERS.fullmatch(tail) else self._holder(arguments)

    def _partial(self, arguments: Arguments) -> Value:
        if not arguments.positional:
            return UNKNOWN
        rest = Arguments(arguments.positional[1:], arguments.named, arguments.open)
        return join(_with_arguments(option, rest) for option in options(arguments.positional[0]))

    def _copy(self, arguments: Arguments) -> Value:
        """A copy draws nothing; who copies a local keeps what the local drew."""
        copies: list[Value] = []
        for option in options(arguments.positional[0]) if arguments.positional else ():
            if isinstance(option, Thing):
                cls, contains = self.run.built.get(option.token, ("", frozenset()))
                copy = self.run.thing(option.kind, cls, contains)
                self.run.attach(copy.token, "", option)
                copies.append(copy)
            else:
                copies.append(option)
        return join(copies)

    def _builtin(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        first = arguments.positional[0] if arguments.positional else UNKNOWN
        match name:
            case "super":
                return Super(self._super_owner(first, frame))
            case "getattr" if len(arguments.positional) >= 2:
                return self._getattr(arguments, frame)
            case "setattr" if len(arguments.positional) == 3:
                return self._setattr(arguments, site)
            case "isinstance" if len(arguments.positional) == 2:
                return self._isinstance(first, arguments.positional[1])
            case "range":
                return self._range(arguments)
            case "enumerate":
                return self._numbered(first)
            case "zip":
                return self._zipped(arguments)
            case "dict":
                return self._copied(arguments, mapping=True)
            case "map" if len(arguments.positional) == 2:
                return self._mapped(arguments, site, frame)
            case "len":
                return Constant(len(first.items)) if isinstance(first, Group) and first.exact else UNKNOWN
            case "vars":
                return UNKNOWN
            case "str" if isinstance(first, Constant):
                return Constant(str(first.value), first.pattern)
            case "next" | "min" | "max" | "sum":
                return self.element(first) if len(arguments.positional) == 1 else UNKNOWN
            case "hasattr" | "type" | "id" | "print" | "callable" | "int" | "float" | "bool" | "str" | "repr":
                return UNKNOWN
        if name in SEQUENCES:
            return self._copied(arguments)
        self.hand_over(arguments)
        return UNKNOWN

    def _super_owner(self, first: Value, frame: Frame) -> str:
        if isinstance(first, ClassObject):
            return first.id
        while frame.parent is not None and not frame.owner:
            frame = frame.parent
        return frame.owner

    def _getattr(self, arguments: Arguments, frame: Frame) -> Value:
        owner, name = arguments.positional[0], arguments.positional[1]
        if isinstance(name, Constant) and isinstance(name.value, str) and not name.pattern:
            found = [self.attribute(option, name.value, frame) for option in options(owner)]
            return join([*found, *arguments.positional[2:3]])
        if any(isinstance(option, Self) for option in options(owner)):
            self.run.read(EVERYTHING)
            return UNKNOWN
        if isinstance(owner, External) and owner.name == "torch.nn":
            return ClassObject(ANY_MODULE)
        if isinstance(owner, TorchFunction) and owner.name == "torch.nn":
            return ClassObject(ANY_MODULE)
        return join(self.element(option) for option in options(owner))

    def _setattr(self, arguments: Arguments, site: Site) -> Value:
        owner, name, value = arguments.positional
        what = _argument(site.node, 2)
        self.interpreter.set_attribute(owner, _text(name), value, site, what, self.run.fresh())
        return NONE

    def _isinstance(self, value: Value, classes: Value) -> Value:
        if isinstance(value, Self):
            cls: str | None = self.run.cls
        else:
            cls = value.cls if isinstance(value, Thing) and value.kind is not None else None
        wanted = list(self.class_names(classes))
        if not cls or cls == ANY_MODULE or "?" in wanted:
            return UNKNOWN
        if isinstance(value, Self) and self.interpreter.root:
            return UNKNOWN if not any(self.interpreter.workshop.is_a(cls, name) for name in wanted) else Constant(True)
        return Constant(any(self.interpreter.workshop.is_a(cls, name) for name in wanted))

    def class_names(self, value: Value) -> Iterator[str]:
        """The classes that `isinstance` is given; "?" for one that is not known."""
        for option in options(value):
            match option:
                case ClassObject():
                    yield option.id
                case Group():
                    for _, item in option.items:
                        yield from self.class_names(item)
                case _:
                    yield "?"

    # -- methods of values -------------------------------------------------------------------------------------

    def _bound(self, callee: Bound, arguments: Arguments, site: Site, frame: Frame) -> Value:
        name = callee.name
        match callee.receiver:
            case Self():
                return self._on_self(name, arguments, site, frame)
            case Super() as receiver:
                if name == "__init__":
                    self.torch_constructor(receiver.owner, arguments, site)
                    return NONE
                return self._on_self(name, arguments, site, frame)
            case Thing() as thing:
                return self._on_thing(thing, name, arguments, site)
            case Group() as group:
                return self._on_group(group, name, arguments, site)
            case Swept() as swept:
                return self._on_swept(swept, name, arguments, site)
            case Registry():
                return UNKNOWN
        return self._unknown_method(name, arguments, site)

    def _unknown_method(self, name: str, arguments: Arguments, site: Site) -> Value:
        self.hand_over(arguments)
        method = knowledge.tensor_method(name)
        if method is not None:
            return UNKNOWN
        return self._mystery(arguments, site) if BUILDERS.fullmatch(name) else self._holder(arguments)

    def _on_self(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        if name in REGISTRATIONS:
            return self._register(name, arguments, site)
        if name == "__setattr__":
            return self._setattr(Arguments((Self(), *arguments.positional)), site)
        if name in APPLIES:
            self._sweep_with(arguments.get("fn", 0) or UNKNOWN, None, site)
            return Self()
        if name in MODULE_SWEEPS or name in PARAMETER_SWEEPS:
            return self._swept(name, None, site)
        if name == "post_init":
            return self._post_init(site)
        if name in ("append", "extend", "insert", "update", "add"):
            return self._on_container(name, arguments, site)
        if name in SAME_MODULE:
            return Self()
        self.hand_over(arguments)
        if name not in ("__init__", "register_forward_hook", "_register_load_state_dict_pre_hook"):
            self.run.read(EVERYTHING)
        return UNKNOWN

    def _swept(self, name: str, root: int | None, site: Site) -> Value:
        swept = self.run.sweep(root, name in PARAMETER_SWEEPS, site)
        each: Value = swept
        if name.startswith("named_"):
            pair = self.run.group()
            pair.items = [(None, UNKNOWN), (None, swept)]
            each = pair
        found = self.run.group()
        found.items, found.exact = [(None, each)], False
        return found

    def _register(self, name: str, arguments: Arguments, site: Site) -> Value:
        """`self.register_parameter("x", value)` and its like."""
        kind = REGISTRATIONS[name]
        attribute = arguments.get("name", 0) or UNKNOWN
        value = arguments.get({Kind.SUBMODULE: "module", Kind.PARAMETER: "param", Kind.BUFFER: "tensor"}[kind], 1)
        what = _argument(site.node, 1)
        self.interpreter.set_attribute(
            Self(), _text(attribute), value if value is not None else NONE, site, what, self.run.fresh(), kind
        )
        return NONE

    def _on_container(self, name: str, arguments: Arguments, site: Site) -> Value:
        """A container subclass grows while it is constructed."""
        value = arguments.positional[-1] if arguments.positional else UNKNOWN
        if name in ("extend", "update"):
            self.extend(Self(), value, site)
        else:
            self.run.store("*", value, site, site.node, self.run.fresh(), definable=False)
        return Self()

    def _on_thing(self, thing: Thing, name: str, arguments: Arguments, site: Site) -> Value:
        if thing.cls == "torch.distributions" and name in ("sample", "rsample", "sample_n"):
            tensor = self.run.thing(Kind.TENSOR)
            self.run.draw(tensor.token, Answer.YES, (), site)
            return tensor
        if thing.kind is Kind.SUBMODULE:
            return self._on_module(thing, name, arguments, site)
        method = knowledge.tensor_method(name)
        if method is not None:
            self.run.draw(thing.token, function_draws(method, arguments), (), site)
            return thing
        if thing.kind is None and (name in GROWS or name in REDRAWS or name in APPLIES or name in REGISTRATIONS):
            return self._on_module(thing, name, arguments, site)
        if thing.kind is None and (name in MODULE_SWEEPS or name in PARAMETER_SWEEPS):
            return self._swept(name, thing.token, site)
        self.hand_over(arguments)
        if name in PLAIN:
            return UNKNOWN
        if thing.kind in (Kind.PARAMETER, Kind.BUFFER, Kind.TENSOR):
            return self.arithmetic([Thing(Kind.TENSOR, "", thing.token), *arguments.values()])
        return Thing(None, "", thing.token)

    def _on_module(self, thing: Thing, name: str, arguments: Arguments, site: Site) -> Value:
        if name in GROWS or name in REGISTRATIONS:
            return self._grow_module(thing, name, arguments)
        if name in MODULE_SWEEPS or name in PARAMETER_SWEEPS:
            return self._swept(name, thing.token, site)
        if name in REDRAWS:
            self._redraw(thing, site)
            return NONE
        if name == "apply":
            self._sweep_with(arguments.get("fn", 0) or UNKNOWN, thing.token, site)
            return thing
        self.hand_over(arguments)
        return thing if name in SAME_MODULE else UNKNOWN

    def _grow_module(self, thing: Thing, name: str, arguments: Arguments) -> Value:
        value = arguments.positional[-1] if arguments.positional else UNKNOWN
        if not arguments.positional and arguments.named:
            value = arguments.named[-1][1]
        if name in ("extend", "update"):
            self.extend(thing, value, None)
        elif name == "append" or name == "add":
            self.run.attach(thing.token, self._next_key(thing.token), value)
        else:
            first = arguments.positional[0] if arguments.positional else UNKNOWN
            self.run.attach(thing.token, "*" if name == "insert" else _text(first), value)
        return thing if name in ("append", "extend", "insert") else NONE

    def _next_key(self, token: int) -> str:
        taken = [key for key, _ in self.run.parts.get(token, ())]
        return "*" if self.run.loops or "*" in taken else str(len(taken))

    def _redraw(self, thing: Thing, site: Site) -> None:
        """`self.x.reset_parameters()` draws what building it drew."""
        cls, _ = self.run.built.get(thing.token, ("", frozenset()))
        known = knowledge.module(cls)
        if known is not None:
            self.run.draw(thing.token, class_draws(known, Arguments())[0], known.draws, site)
        elif cls in self.project.classes:
            summary = self.interpreter.workshop.build(cls, Arguments(open=True))
            answer = Answer.NO if summary.answer is Answer.NO else Answer.UNKNOWN
            self.run.draw(thing.token, answer, (), site)

    def _on_swept(self, swept: Swept, name: str, arguments: Arguments, site: Site) -> Value:
        method = knowledge.tensor_method(name)
        if method is not None:
            self.run.sweep_draws(swept, function_draws(method, arguments))
            return swept
        if name in REDRAWS:
            self.run.sweep_draws(swept, Answer.YES if swept.classes else Answer.UNKNOWN)
            return NONE
        if name in APPLIES:
            self._sweep_with(arguments.get("fn", 0) or UNKNOWN, swept.root, site)
            return swept
        if name in MODULE_SWEEPS or name in PARAMETER_SWEEPS:
            each: Value = replace(swept, parameters=name in PARAMETER_SWEEPS)
            found = self.run.group()
            if name.startswith("named_"):
                pair = self.run.group()
                pair.items = [(None, UNKNOWN), (None, each)]
                each = pair
            found.items, found.exact = [(None, each)], False
            return found
        return UNKNOWN if name in PLAIN else swept

    def _on_group(self, group: Group, name: str, arguments: Arguments, site: Site) -> Value:
        given = arguments.positional
        match name:
            case "append" | "add" | "appendleft" if given:
                self.grow(group, None, given[0])
            case "insert" if len(given) == 2:
                self.grow(group, None, given[1])
                group.exact = False
            case "extend" | "update" if given:
                self.extend(group, given[0], site)
            case "update":
                for key, value in arguments.named:
                    self.grow(group, key, value)
            case "setdefault" if len(given) == 2:
                self.grow(group, _text(given[0]), given[1])
                return given[1]
            case "items":
                return self._pairs(group)
            case "values" | "copy":
                return self._values(group) if name == "values" else group
            case "keys":
                return group
            case "get" | "pop" | "__getitem__" | "popitem" | "popleft":
                if name != "get":
                    group.exact = False
                found = self._looked_up(group, given[0] if given else UNKNOWN)
                return join([found, *(given[1:2] if group.mapping else ())])
            case _:
                group.exact = False
        return NONE

    # -- attributes and items ----------------------------------------------------------------------------------

    def attribute(self, owner: Value, name: str, frame: Frame) -> Value:
        """`owner.name`."""
        match owner:
            case Self():
                return self._of_self(name)
            case Super():
                method = self.project.method(self.run.cls, name, after=owner.owner)
                return ProjectFunction(method, Self()) if method is not None else Bound(owner, name)
            case ClassObject():
                return self._of_class(owner, name)
            case Thing():
                return self._of_thing(owner, name)
            case Swept():
                return replace(owner, attribute=owner.attribute or name) if name not in METHODS else Bound(owner, name)
            case Group():
                return Bound(owner, name)
            case External() | TorchFunction():
                return replace(owner, name=f"{owner.name}.{name}")
            case Unknown():
                return Bound(owner, name) if BUILDERS.fullmatch(name) else UNKNOWN
            case Bound() if isinstance(owner.receiver, Thing | Swept | Group):
                return Bound(owner.receiver, name)
        return UNKNOWN

    def _of_self(self, name: str) -> Value:
        if name in REGISTRIES:
            return Registry(REGISTRIES[name])
        found = self.run.attributes.get(name)
        if found is not None:
            self.run.read(name, found)
            return found
        method = self.project.method(self.run.cls, name)
        if method is not None:
            if any(d.rpartition(".")[2] in ("property", "cached_property") for d in method.facts.decorators):
                self.run.read(EVERYTHING)
                return UNKNOWN
            return ProjectFunction(method, None if is_static(method) else Self())
        value = self.interpreter.class_attribute(name)
        if value is not None:
            return value
        self.run.read(name)
        known = name in METHODS or name in knowledge.module_attributes()
        return Bound(Self(), name) if known or BUILDERS.fullmatch(name) or name in GROWS else UNKNOWN

    def _of_class(self, cls: ClassObject, name: str) -> Value:
        if cls.id in self.project.classes:
            method = self.project.method(cls.id, name)
            if method is not None:
                bound = cls if any(d.endswith("classmethod") for d in method.facts.decorators) else None
                return ProjectFunction(method, bound)
            if name == "__init__":
                base = next((c for c in self.project.mro(cls.id) if knowledge.module(c) is not None), None)
                return TorchFunction(f"{base}.__init__") if base else UNKNOWN
            return UNKNOWN
        return TorchFunction(f"{cls.id}.{name}") if cls.id != ANY_MODULE else UNKNOWN

    def _of_thing(self, thing: Thing, name: str) -> Value:
        tensor = thing.kind in (Kind.PARAMETER, Kind.BUFFER, Kind.TENSOR)
        if name in ("data", "T", "mT", "real", "grad") and tensor:
            return thing
        if tensor:
            return Bound(thing, name) if name not in ("shape", "device", "dtype", "ndim", "requires_grad") else UNKNOWN
        if name in METHODS or knowledge.tensor_method(name) is not None:
            return Bound(thing, name)
        for key, token in self.run.parts.get(thing.token, ()):
            if key == name:
                cls, _ = self.run.built.get(token, ("", frozenset()))
                return Thing(None, cls, token)
        if thing.kind is Kind.SUBMODULE:
            return self._of_module(thing, name)
        return Thing(None, "", thing.token)

    def _of_module(self, thing: Thing, name: str) -> Value:
        """A part or a method of a module that was built: a part is only known to belong to it."""
        method = self.project.method(thing.cls, name) if thing.cls in self.project.classes else None
        return Bound(thing, name) if method is not None else Thing(None, "", thing.token)

    def item(self, owner: Value, index: Value, sliced: bool, node: cst.Subscript, frame: Frame) -> Value:
        """`owner[index]`."""
        match owner:
            case Group():
                if sliced:
                    return owner
                return self._instantiated(owner, self._looked_up(owner, index), frame.place(node), frame)
            case Thing(kind=Kind.SUBMODULE | None):
                for key, token in self.run.parts.get(owner.token, ()):
                    if isinstance(index, Constant) and key == _text(index):
                        return Thing(None, self.run.built.get(token, ("",))[0], token)
                return Thing(None, "", owner.token)
            case Thing():
                return self.arithmetic([owner])
            case Swept() | ClassObject():
                return owner
            case Registry():
                return UNKNOWN
            case Self():
                self.run.read(EVERYTHING)
        return UNKNOWN

    def _instantiated(self, group: Group, found: Value, site: Site, frame: Frame) -> Value:
        """A dictionary with a `__getitem__` of its own hands out instances of the classes that it holds."""
        if not group.instantiates:
            return found
        values = []
        statement = self.run.fresh()
        for number, option in enumerate(options(found)):
            cls = option.items[0][1] if isinstance(option, Group) and option.items else option
            if isinstance(cls, ClassObject):
                with self.run.arm(statement, number):
                    values.append(self.build(cls.id, Arguments(open=True), site, frame))
            else:
                values.append(UNKNOWN)
        return join(values)

    def _looked_up(self, group: Group, index: Value) -> Value:
        if isinstance(index, Constant) and group.mapping and not index.pattern:
            found = [value for name, value in group.items if name == _text(index)]
            if found:
                return found[-1]
            return UNKNOWN if group.exact else self.element(group)
        if isinstance(index, Constant) and isinstance(index.value, int) and group.exact and not group.mapping:
            if -len(group.items) <= index.value < len(group.items):
                return group.items[index.value][1]
        return join(value for _, value in group.items)

    def element(self, value: Value) -> Value:
        """What a loop over a value sees."""
        found = []
        for option in options(value):
            match option:
                case Group(mapping=True):
                    names = [Constant(name) if name is not None and name != "*" else UNKNOWN for name, _ in option.items]
                    found.append(join(names))
                case Group():
                    found.append(join(item for _, item in option.items))
                case Thing():
                    found.append(Thing(None, "", option.token) if option.kind in (None, Kind.SUBMODULE) else option)
                case Swept():
                    found.append(option)
                case _:
                    found.append(UNKNOWN)
        return join(found)

    # -- collections -------------------------------------------------------------------------------------------

    def grow(self, group: Group, name: str | None, value: Value) -> None:
        """A list or dictionary gets one more item."""
        certain = not self.run.loops and self.run.branch == self.run.born.get(group.token, ())
        if not certain:
            extra = [step for step in self.run.branch if step not in self.run.born.get(group.token, ())]
            certain = not self.run.loops and all(step[0] in self.run.certain for step in extra)
        group.exact = group.exact and certain
        if group.mapping and name is not None and group.exact:
            group.items = [item for item in group.items if item[0] != name]
        if len(group.items) < MAX_ITEMS:
            group.items.append((name, value))
        key = name if name is not None else str(len(group.items) - 1) if group.exact else "*"
        self.run.attach(group.token, key, value)

    def extend(self, whole: Value, value: Value, site: Site | None) -> None:
        """Something that holds items gets those of another."""
        for option in options(value):
            if not isinstance(option, Group):
                self._include(whole, "*", option, site)
                continue
            for number, (name, item) in enumerate(option.items):
                if isinstance(whole, Group):
                    self.grow(whole, name if whole.mapping else None, item)
                    whole.exact = whole.exact and option.exact
                else:
                    self._include(whole, self._key(whole, name, item, number, option), _second(item, name), site)

    def _key(self, whole: Value, name: str | None, item: Value, number: int, group: Group) -> str:
        if name is not None:
            return name
        if isinstance(item, Group) and len(item.items) == 2 and isinstance(item.items[0][1], Constant):
            return _text(item.items[0][1])
        if not group.exact or not isinstance(whole, Thing):
            return "*"
        return self._next_key(whole.token)

    def _include(self, whole: Value, name: str, value: Value, site: Site | None) -> None:
        match whole:
            case Thing():
                self.run.read("", value)
                self.run.attach(whole.token, name, value)
            case Group():
                self.run.attach(whole.token, name, value)
                whole.exact = False
                whole.items.append((None, self.element(value)))
            case Self() if site is not None:
                self.run.store(name, value, site, site.node, self.run.fresh(), definable=False)

    def _copied(self, arguments: Arguments, mapping: bool = False) -> Group:
        group = self.run.group(mapping)
        for value in arguments.positional:
            for option in options(value):
                if isinstance(option, Group) and mapping and not option.mapping:
                    for _, item in option.items:
                        pair = item.items if isinstance(item, Group) and len(item.items) == 2 else [(None, UNKNOWN), (None, item)]
                        self.grow(group, _text(pair[0][1]), pair[1][1])
                    group.exact = group.exact and option.exact
                elif isinstance(option, Group) and option.mapping and not mapping:
                    for name, _ in option.items:
                        self.grow(group, None, Constant(name) if name is not None else UNKNOWN)
                    group.exact = group.exact and option.exact
                else:
                    self.extend(group, option, None)
        for name, value in arguments.named:
            self.grow(group, name, value)
        group.exact = group.exact and not arguments.open
        return group

    def _merged(self, arguments: Arguments) -> Group:
        group = self.run.group()
        for value in arguments.values():
            self.extend(group, value, None)
        group.exact = False
        return group

    def _range(self, arguments: Arguments) -> Value:
        bounds = [value.value for value in arguments.positional if isinstance(value, Constant)]
        group = self.run.group()
        whole = [bound for bound in bounds if isinstance(bound, int)]
        if len(whole) == len(arguments.positional) and 1 <= len(whole) <= 3 and whole[2:] != [0]:
            turns = range(*whole)
            if len(turns) <= MAX_ITEMS:
                group.items = [(None, Constant(turn)) for turn in turns]
                return group
        group.items, group.exact = [(None, UNKNOWN)], False
        return group

    def _numbered(self, value: Value) -> Value:
        group = self.run.group()
        if isinstance(value, Group) and not value.mapping:
            for number, (_, item) in enumerate(value.items):
                group.items.append((None, self._pair(Constant(number) if value.exact else UNKNOWN, item)))
            group.exact = value.exact
        else:
            group.items, group.exact = [(None, self._pair(UNKNOWN, self.element(value)))], False
        self._hold(group)
        return group

    def _zipped(self, arguments: Arguments) -> Value:
        group = self.run.group()
        groups = [value for value in arguments.positional if isinstance(value, Group) and value.exact and not value.mapping]
        exact = len(groups) == len(arguments.positional) and bool(groups) and not arguments.open
        rows = zip(*([item for _, item in each.items] for each in groups)) if exact else [
            [self.element(value) for value in arguments.positional]
        ]
        for row in rows:
            each = self.run.group()
            each.items = [(None, item) for item in row]
            self._hold(each)
            group.items.append((None, each))
        group.exact = exact
        self._hold(group)
        return group

    def _pairs(self, group: Group) -> Value:
        pairs = self.run.group()
        for name, value in group.items:
            pairs.items.append((None, self._pair(Constant(name) if name not in (None, "*") else UNKNOWN, value)))
        pairs.exact = group.exact
        self._hold(pairs)
        return pairs

    def _pair(self, first: Value, second: Value) -> Group:
        pair = self.run.group()
        pair.items = [(None, first), (None, second)]
        self._hold(pair)
        return pair

    def _values(self, group: Group) -> Value:
        values = self.run.group()
        values.items = [(None, value) for _, value in group.items]
        values.exact = group.exact
        self._hold(values)
        return values

    def _hold(self, group: Group) -> None:
        for number, (name, value) in enumerate(group.items):
            self.run.attach(group.token, name or (str(number) if group.exact else "*"), value)

    def _mapped(self, arguments: Arguments, site: Site, frame: Frame) -> Value:
        group = self.run.group()
        with self.run.looping(self.run.fresh()):
            item = self.element(arguments.positional[1])
            for option in options(arguments.positional[0]):
                self.grow(group, None, self._one(option, Arguments((item,)), site, frame))
        return group

    def add(self, left: Value, right: Value, site: Site) -> Value:
        """Lists and strings are joined, numbers and tensors added."""
        if isinstance(left, Group) or isinstance(right, Group):
            group = self.run.group()
            for side in (left, right):
                self.extend(group, side, site)
            return group
        sides = [value for value in (left, right) if isinstance(value, Constant) and isinstance(value.value, str)]
        if sides:
            texts = [str(v.value) if v in sides and isinstance(v, Constant) else "*" for v in (left, right)]
            return Constant("".join(texts), pattern="*" in texts or any(side.pattern for side in sides))
        return self.arithmetic([left, right])

    def arithmetic(self, operands: list[Value]) -> Value:
        """Numbers are not followed; of tensors a new one is made, which has drawn what they drew."""
        things = [option for value in operands for option in options(value) if isinstance(option, Thing)]
        if not things:
            return UNKNOWN
        tensor = any(thing.kind in (Kind.TENSOR, Kind.PARAMETER, Kind.BUFFER) for thing in things)
        result = self.run.thing(Kind.TENSOR if tensor else None)
        for thing in things:
            self.run.attach(result.token, "", thing)
        return result

    # -- contexts ----------------------------------------------------------------------------------------------

    def silences(self, context: Value) -> bool:
        """Whether nothing that is built in a context draws from the default stream."""
        match context:
            case Thing():
                return context.cls in ("torch.device:meta", SILENT)
            case Either():
                return all(self.silences(option) for option in context.options)
        return False


def _with_arguments(callee: Value, arguments: Arguments) -> Value:
    match callee:
        case ClassObject() | TorchFunction() | ProjectFunction() | Closure():
            return replace(callee, bound=arguments.behind(callee.bound))
    return callee


def _second(item: Value, name: str | None) -> Value:
    """The module of a (name, module) pair."""
    if name is None and isinstance(item, Group) and len(item.items) == 2 and isinstance(item.items[0][1], Constant):
        return item.items[1][1]
    return item


def _argument(node: cst.CSTNode, number: int) -> cst.CSTNode:
    if isinstance(node, cst.Call) and len(node.args) > number:
        return node.args[number].value
    return node


def _text(value: Value) -> str:
    if isinstance(value, Constant) and isinstance(value.value, str | int) and not isinstance(value.value, bool):
        return str(value.value)
    return "*"


def is_static(method: Method) -> bool:
    """Whether a method has no instance parameter."""
    return any(decorator.endswith("staticmethod") for decorator in method.facts.decorators)


GROWS = frozenset({"append", "extend", "insert", "update", "add", "add_module", "setdefault"})
METHODS = GROWS | REDRAWS | APPLIES | MODULE_SWEEPS | PARAMETER_SWEEPS | SAME_MODULE | PLAIN | frozenset(REGISTRATIONS) | {"sample", "rsample"}
MAX_ITEMS = 64
SILENT = "silent"
