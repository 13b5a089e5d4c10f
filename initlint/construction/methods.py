"""The attributes and methods of abstract values: of the instance, of what it built, of lists, of loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.construction import groups, hooks, knowledge, syntax
from initlint.construction.effects import Effects
from initlint.construction.groups import extend, grow
from initlint.construction.texts import called
from initlint.construction.torchcalls import ANY_MODULE, class_draws, function_draws
from initlint.construction.values import (
    EVERYTHING,
    NONE,
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
    Swept,
    Table,
    Thing,
    TorchFunction,
    Value,
    join,
    options,
    settable,
    text_of,
)
from initlint.facts.vocabulary import MODULE_SWEEPS, PARAMETER_SWEEPS, REGISTERED, REGISTRATIONS, SAME_MODULE, SAMPLES
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from initlint.construction.frames import Frame
    from initlint.construction.run import Site
REGISTRIES: dict[str, Kind | None] = {
    "_modules": Kind.SUBMODULE,
    "_parameters": Kind.PARAMETER,
    "_buffers": Kind.BUFFER,
    "__dict__": None,
}
SWEEPS = MODULE_SWEEPS | PARAMETER_SWEEPS
REDRAWS = frozenset(
    "reset_parameters _reset_parameters reset_weights init_weights _init_weights init_parameters".split()
)
"""Methods of a module that fill it again."""

APPLIES = frozenset({"apply", "smart_apply"})
GROWS = frozenset({"append", "extend", "insert", "update", "add", "add_module", "setdefault", "register_parameter"})
PLAIN = frozenset(
    "size dim numel item tolist numpy stride ndimension nelement element_size data_ptr is_contiguous get_device".split()
)
"""Methods that turn a tensor into plain data."""

LOOKS = frozenset({"items", "values", "keys", "copy", "get", "__getitem__", "pop", "popitem", "popleft"})
"""Methods of lists and dictionaries that return some of their contents."""

METHODS = GROWS | REDRAWS | APPLIES | SWEEPS | SAME_MODULE | PLAIN | SAMPLES | REGISTRATIONS
TENSOR_DATA = frozenset({"shape", "device", "dtype", "ndim", "requires_grad", "is_cuda", "layout"})


class Methods(Effects):
    """The attributes and methods of the values of one run."""

    def function(self, callee: ProjectFunction, arguments: Arguments, site: Site) -> Value:
        """Call a function of the project."""
        raise NotImplementedError

    def of_table(self, table: Table, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """Call a method of a table of classes."""
        raise NotImplementedError

    # -- attributes --------------------------------------------------------------------------------------------

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
                return Bound(owner, name) if _is_method(name) else replace(owner, attribute=owner.attribute or name)
            case Constant() if name == "value":
                return owner
            case Group() if name in (key for key, _ in owner.items):
                return groups.looked_up(owner, Constant(name))
            case Group() | Table() | Registry() | Constant(value=str()):
                return Bound(owner, name)
            case External() | TorchFunction():
                return self.interpreter.workshop.external(f"{owner.name}.{name}")
            case _:
                return UNKNOWN

    def _of_self(self, name: str) -> Value:
        if name in REGISTRIES:
            return Registry(REGISTRIES[name])
        if name == "__class__":
            return ClassObject(self.run.cls)
        found = self.run.attributes.get(name)
        if found is not None:
            self.run.read(name, found)
            return found
        method = self.project.method(self.run.cls, name)
        if method is not None:
            if method.is_property:
                self.run.read(EVERYTHING)
                return UNKNOWN
            meant = self.project.overriding(method, self.run.cls) if self.interpreter.root else [method]
            return join(ProjectFunction(each, None if each.is_static else Self()) for each in meant)
        value = self.interpreter.class_attribute(name)
        if value is not None:
            return value
        self.run.read(name)
        known = name in METHODS or name in knowledge.module_attributes()
        known = known or hooks.unread(self.project, self.run.cls, name) is not None
        return Bound(Self(), name) if known else UNKNOWN

    def _of_class(self, cls: ClassObject, name: str) -> Value:
        if cls.id not in self.project.classes:
            return TorchFunction(f"{cls.id}.{name}") if cls.id != ANY_MODULE else UNKNOWN
        method = self.project.method(cls.id, name)
        if method is not None:
            return ProjectFunction(method, cls if method.is_of_class else None)
        base = self.project.torch_base(cls.id)
        if base is not None and name == "__init__":
            return TorchFunction(f"{base}.__init__")
        return settable(self.interpreter.class_value(name, cls.id) or UNKNOWN)

    def _of_thing(self, thing: Thing, name: str) -> Value:
        if thing.kind in (Kind.PARAMETER, Kind.BUFFER, Kind.TENSOR):
            if name in ("data", "T", "mT", "grad"):
                return thing
            return UNKNOWN if name in TENSOR_DATA else Bound(thing, name)
        if _is_method(name):
            return Bound(thing, name)
        if (part := self.run.part(thing, name)) is not None:
            return part
        known = thing.cls in self.project.classes and self.project.method(thing.cls, name) is not None
        return Bound(thing, name) if known or name.endswith(("_hook", "_")) else Thing(None, "", thing.token)

    # -- calls of methods --------------------------------------------------------------------------------------

    def bound(self, callee: Bound, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """Call a method of a value."""
        name = callee.name
        match callee.receiver:
            case Self() | Super():
                return self.on_self(name, arguments, site)
            case Thing() as thing:
                return self._on_thing(thing, name, arguments, site)
            case Group() as group:
                return self._on_group(group, name, arguments, site)
            case Swept() as swept:
                return self._on_swept(swept, name, arguments, site)
            case Table() as table:
                return self.of_table(table, name, arguments, site, frame)
            case Constant() as text:
                return called(text, name, arguments)
            case Registry() as registry if name == "update":
                return self._update(registry, arguments, site)
            case Registry():
                self.hand_over(arguments)
                return self.registered(arguments.first)
            case _:
                self.hand_over(arguments)
                return UNKNOWN

    def on_self(self, name: str, arguments: Arguments, site: Site, before: int = 0) -> Value:
        """Call a method of torch on the instance, which is among the `before` arguments if the method is not bound."""
        if name in REGISTRATIONS:
            return self._register(name, arguments, site, before + 1)
        if name == "__setattr__" and len(arguments.positional) == 2:
            return self.set_by_name(Self(), *arguments.positional, site, before + 1)
        if name in APPLIES:
            self.sweep_with(arguments.get("fn", 0) or UNKNOWN, None, site)
            return Self()
        if name in SWEEPS:
            return self._each_of(self.run.sweep(None, name in PARAMETER_SWEEPS, site), name)
        if (hook := hooks.unread(self.project, self.run.cls, name)) is not None:
            self.sweep_with(ProjectFunction(hook, Self()), None, site)
            return NONE
        if name in ("append", "insert", "extend", "update") and arguments.positional:
            extend(self.run, Self(), _items(self, name, arguments), site)
            return Self()
        if name in SAME_MODULE or name == "__new__":
            return Self()
        self.hand_over(arguments)
        if not name.endswith("_hook"):
            self.run.read(EVERYTHING)
        return UNKNOWN

    def _register(self, name: str, arguments: Arguments, site: Site, place: int) -> Value:
        """`self.register_parameter("x", value)` and the like."""
        kind, keyword = REGISTERED[name]
        attribute = text_of(arguments.get("name", 0) or UNKNOWN)
        value = arguments.get(keyword, 1) or NONE
        what = syntax.argument(site.node, place)
        self.run.store(attribute, value, site, what, self.run.fresh(), kind)
        return NONE

    def registered(self, name: Value) -> Value:
        """What stands in a registry under a name."""
        known = isinstance(name, Constant) and isinstance(name.value, str) and not name.pattern
        return self._of_self(text_of(name)) if known else self.of_all()

    def of_all(self) -> Value:
        """Something of the instance, whatever it may be."""
        self.run.read(EVERYTHING)
        return UNKNOWN

    def _update(self, registry: Registry, arguments: Arguments, site: Site) -> Value:
        """`self.__dict__.update(name=value)`."""
        held = (option for value in arguments.positional for option in options(value) if isinstance(option, Group))
        items = [(name or "*", value) for group in held for name, value in group.items]
        for name, value in (*items, *arguments.named):
            self.run.store(name, value, site, site.node, self.run.fresh(), registry.kind)
        return NONE

    def set_by_name(self, owner: Value, name: Value, value: Value, site: Site, place: int = 2) -> Value:
        """`setattr(owner, name, value)`, whose value is the argument at a position."""
        what = syntax.argument(site.node, place)
        self.interpreter.set_attribute(owner, text_of(name), value, site, what, self.run.fresh())
        return NONE

    def sweep_with(self, function: Value, root: int | None, site: Site) -> None:
        """`apply(function)`: run the function on each module in turn."""
        swept = Arguments((self.run.sweep(root, False, site),))
        for option in options(function):
            if isinstance(option, ProjectFunction):
                self.function(option, swept.behind(option.bound), site)
            elif isinstance(option, Closure):
                self.interpreter.enter(option, swept, site)

    def _each_of(self, swept: Swept, name: str) -> Value:
        """What `modules()`, `named_parameters()` and the like iterate over."""
        each = groups.of(self.run, (UNKNOWN, swept)) if name.startswith("named_") else swept
        return groups.of(self.run, (each,), exact=False)

    def _on_thing(self, thing: Thing, name: str, arguments: Arguments, site: Site) -> Value:
        if thing.cls == "torch.distributions" and name in SAMPLES:
            tensor = self.run.thing(Kind.TENSOR)
            self.run.draw(tensor.token, Answer.YES, (), site)
            return tensor
        if thing.kind is Kind.SUBMODULE or (thing.kind is None and name in METHODS - PLAIN - SAME_MODULE):
            return self._on_module(thing, name, arguments, site)
        method = knowledge.tensor_method(name)
        if method is not None:
            self.run.draw(thing.token, function_draws(method, arguments), (), site)
            return thing
        self.hand_over(arguments)
        if name in PLAIN:
            return UNKNOWN
        if thing.kind is None:
            return Thing(None, "", thing.token)
        return self.arithmetic([Thing(Kind.TENSOR, "", thing.token), *arguments.values()])

    def _on_module(self, thing: Thing, name: str, arguments: Arguments, site: Site) -> Value:
        if name in GROWS or name in REGISTRATIONS:
            return self._grow_module(thing, name, arguments, site)
        if name in SWEEPS:
            return self._each_of(self.run.sweep(thing.token, name in PARAMETER_SWEEPS, site), name)
        if name in REDRAWS:
            self._redraw(thing, site)
            return NONE
        if name == "apply":
            self.sweep_with(arguments.get("fn", 0) or UNKNOWN, thing.token, site)
            return thing
        self.hand_over(arguments)
        return thing if name in SAME_MODULE else UNKNOWN

    def _grow_module(self, thing: Thing, name: str, arguments: Arguments, site: Site) -> Value:
        values = list(arguments.values())
        value = values[-1] if values else UNKNOWN
        if name in ("extend", "update"):
            extend(self.run, thing, value, site)
        elif name in ("append", "add"):
            self.run.attach(thing.token, groups.next_key(self.run, thing), value, site=site)
        else:
            key = "*" if name == "insert" else text_of(values[0] if values else UNKNOWN)
            self.run.attach(thing.token, key, value, site=site)
        return thing if name in ("append", "extend", "insert") else NONE

    def _redraw(self, thing: Thing, site: Site) -> None:
        """`self.x.reset_parameters()` draws what building it drew."""
        cls = self.run.class_of(thing.token)
        known = knowledge.module(cls)
        if known is not None:
            self.run.draw(thing.token, class_draws(known, Arguments())[0], known.draws, site)
        elif cls in self.project.classes:
            summary = self.interpreter.workshop.build(cls, Arguments(unseen=True))
            answer = Answer.NO if summary.answer is Answer.NO else Answer.UNKNOWN
            self.run.draw(thing.token, answer, (), site)

    def _on_swept(self, swept: Swept, name: str, arguments: Arguments, site: Site) -> Value:
        method = knowledge.tensor_method(name)
        if method is not None:
            self.run.sweep_draws(swept, function_draws(method, arguments))
        elif name in REDRAWS:
            self.run.sweep_draws(swept, Answer.YES if swept.classes else Answer.UNKNOWN)
        elif name in APPLIES:
            self.sweep_with(arguments.get("fn", 0) or UNKNOWN, swept.root, site)
        elif name in SWEEPS:
            return self._each_of(replace(swept, parameters=name in PARAMETER_SWEEPS), name)
        return UNKNOWN if name in PLAIN else swept

    def _on_group(self, group: Group, name: str, arguments: Arguments, site: Site) -> Value:
        if name in LOOKS:
            return self._look_into(group, name, arguments.positional)
        self._change(group, name, arguments, site)
        return arguments.positional[1] if name == "setdefault" and len(arguments.positional) == 2 else NONE

    def _change(self, group: Group, name: str, arguments: Arguments, site: Site) -> None:
        given = arguments.positional
        match name, len(given):
            case "append" | "add" | "appendleft", 1:
                grow(self.run, group, None, given[0])
            case "insert", 2:
                grow(self.run, group, None, given[1])
                group.exact = False
            case "extend" | "update", 1:
                extend(self.run, group, given[0], site)
            case "update", 0:
                for key, value in arguments.named:
                    grow(self.run, group, key, value)
            case "setdefault", 2:
                grow(self.run, group, text_of(given[0]), given[1])
            case _:
                group.exact = False

    def _look_into(self, group: Group, name: str, given: tuple[Value, ...]) -> Value:
        match name, len(given):
            case "items", 0:
                return groups.pairs(self.run, group)
            case "values", 0:
                return groups.held(self.run, group)
            case "keys" | "copy", 0:
                return group
            case "get" | "__getitem__", 1 | 2:
                return join([groups.looked_up(group, given[0]), *given[1:]])
            case "pop" | "popitem" | "popleft", _:
                found = groups.looked_up(group, given[0] if given else UNKNOWN)
                group.exact = False
                return join([found, *given[1:]])
            case _:
                return UNKNOWN


def _is_method(name: str) -> bool:
    return name in METHODS or knowledge.tensor_method(name) is not None


def _items(methods: Methods, name: str, arguments: Arguments) -> Value:
    """What a container subclass gets from `self.append(item)` or `self.extend(items)`."""
    value = arguments.positional[-1]
    return value if name in ("extend", "update") else groups.of(methods.run, (value,))
