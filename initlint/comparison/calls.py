"""Calls, followed: what torch draws, what the project's functions do, and what is not known of all others."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.draws import TORCH
from initlint.comparison.expressions import UNROLLED, Expressions
from initlint.comparison.pieces import COMPUTED
from initlint.comparison.terms import FALSE, NONE, Term, constant, is_constant, number, symbols
from initlint.comparison.trace import Draw
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Bound,
    Choice,
    ClassRef,
    Closure,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    Missing,
    ModuleRef,
    Partial,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)
from initlint.construction import knowledge
from initlint.model import Answer

if TYPE_CHECKING:
    from initlint.project.classes import ClassId

UNSEEN = "call"
"""The engine of a call of which it is not known whether it draws."""

TENSOR = "Tensor"
SILENT = Term("silent", ())
"""A context in which nothing is drawn from the default stream."""

EMPTY = Term("none", ())

STREAMS = {"random": "python", "numpy.random": "numpy", "secrets": "system", "uuid": "system"}
"""The generators of other packages."""

PLAIN = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "packaging", "einops"}) - {"importlib", "runpy"}
"""Packages whose functions leave every stream alone, but for those in STREAMS."""

UNSAFE = frozenset({"exec", "eval", "__import__", "open", "input", "compile"})
"""Builtins that can do anything."""

CONVERSIONS = {"int": int, "float": float, "bool": bool, "abs": abs, "round": round, "str": str}


ITERATING = frozenset("list tuple set frozenset sorted dict enumerate zip map filter sum any all max min iter".split())
"""Builtins that go through what they are given."""

RUNNING = frozenset(f"builtins.{name}" for name in ITERATING)
"""Those of them that may run what they are given."""

COPIERS = ("__deepcopy__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__")
"""Methods by which an object says how it is copied."""


class Calls(Expressions):
    """What calls do."""

    def method(self, receiver: Value, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def enter(self, closure: Closure, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def instantiate(self, cls: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def call(self, callee: Value, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
        """The value of a call."""
        match callee:
            case ClassRef():
                return self.instantiate(callee.id, arguments, node, frame)
            case Function():
                return self.invoke(callee, arguments, node, frame)
            case Closure():
                return self.enter(callee, arguments, node, frame)
            case Partial():
                named = {**dict(callee.arguments.named), **dict(arguments.named)}
                positional = callee.arguments.positional + arguments.positional
                joined = Arguments(positional, tuple(named.items()), callee.arguments.rest + arguments.rest)
                return self.each(callee.callee, lambda one: self.call(one, joined, node, frame))
            case Bound():
                return self.method(callee.receiver, callee.name, arguments, node, frame)
            case Made() if callee.token in self.instances:
                code = self.code.of_call(self.instances[callee.token])
                return self.unseen(Term("forward", (callee.term, code)), arguments, node, frame)
            case Instance():
                called = self.project.method(callee.cls, "__call__") or self.project.method(callee.cls, "forward")
                if called is not None:
                    return self.invoke(Function(called, callee), arguments, node, frame)
                return self.unseen(self.state(callee), arguments, node, frame)
            case Term(op="name"):
                return self._named(str(callee.args[0]), arguments, node, frame)
            case Term(op="attribute", args=(Term() as owner, str() as name)):
                return self.method(owner, name, arguments, node, frame)
            case _:
                return self.unseen(self.describe(callee), arguments, node, frame)

    # -- draws -------------------------------------------------------------------------------------------------

    def draw(
        self,
        stream: str,
        engine: str,
        shape: Term,
        options: Term,
        node: ast.AST,
        frame: Frame,
        certain: bool = True,
    ) -> list[Draw]:
        """Note that a stream is drawn from; nothing is where the context forbids it."""
        if self.silent and stream == TORCH:
            return []
        if self.forked and stream == TORCH:
            stream = draws.FORKED
        draw = Draw(stream, engine, shape, options, self.place(node, frame), certain, tuple(self.trail))
        self.emit(draw)
        return [draw]

    def unseen(self, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Made:
        """A call of which nothing is known; of what it may run, both versions have to have the same."""
        made = self.unread(callee, arguments, node, frame)
        self.wanted |= symbols((made.term,), "alike")
        return made

    def unread(self, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Made:
        """A call that is not looked into: it may draw, and what it gives may be a module."""
        changed = [self.state(value) for value in arguments.values() if isinstance(value, Instance)]
        self.handed.update(value.token for value in arguments.values() if isinstance(value, Instance | Made))
        term = Term("call", (callee, *self.terms(arguments), *changed))
        made = self.made(term, "", tuple(arguments.values()))
        self._perhaps_changed(arguments, term)
        made.draws += self.draw(TORCH, UNSEEN, term, EMPTY, node, frame, certain=False)
        return made

    def _perhaps_changed(self, arguments: Arguments, call: Term) -> None:
        """A list or dictionary that was handed to a call which is not followed."""
        for value in map(self.resolved, arguments.values()):
            if isinstance(value, Items) and value.kind in ("list", "set"):
                self.put(value, (Spread(Term("changed", (self.describe(value), call))),))
            elif isinstance(value, Table):
                self.leave(value, Term("changed", (self.describe(value), call)))
                self.put(value, ())

    # -- names of other packages -------------------------------------------------------------------------------

    def _named(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        changes = self.code.changes(name, stored=True)
        if changes:
            return self.unseen(Term("changed", (name, self.code.content(changes))), arguments, node, frame)
        if name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), arguments, node, frame)
        if knowledge.module(name) is not None:
            return self.torch_instance(name, arguments, node, frame)
        if name.split(".")[0] == "torch":
            return self._torch(name, arguments, node, frame)
        return self._foreign(name, arguments, node, frame)

    def _foreign(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        package = name.rpartition(".")[0]
        stream = STREAMS.get(package) or STREAMS.get(name.split(".")[0])
        if stream is not None:
            term = Term("call", (Term("name", (name,)), *self.terms(arguments)))
            made = self.made(term, TENSOR, tuple(arguments.values()))
            made.draws += self.draw(stream, name, term, EMPTY, node, frame)
            return made
        match name:
            case "functools.partial" if arguments.positional:
                return Partial(arguments.positional[0], Arguments(arguments.positional[1:], arguments.named))
            case "importlib.import_module" | "builtins.__import__" if (
                file := self._module(arguments, frame)
            ) is not None:
                return ModuleRef(file)
            case "copy.deepcopy" | "copy.copy" if self._copies_itself(arguments):
                return self.unseen(Term("name", (name,)), arguments, node, frame)
            case "copy.deepcopy" | "copy.copy" if arguments.positional:
                return self.cloned(arguments.positional[0], {})
            case "collections.OrderedDict":
                return self._dict(arguments)
            case _:
                pass
        if (package.split(".")[0] in PLAIN or name in PLAIN) and not runs(arguments):
            return self.compound("call", [Term("name", (name,)), *self._operands(arguments)])
        return self.unseen(Term("name", (name,)), arguments, node, frame)

    def _module(self, arguments: Arguments, frame: Frame) -> str | None:
        """The file of the project that is imported by its name."""
        texts = [value.args[0] for value in arguments.positional if isinstance(value, Term) and is_constant(value)]
        match texts:
            case [str(name)] if len(arguments.values()) == 1:
                return self.project.modules.file(name, frame.path)
            case _:
                return None

    def _copies_itself(self, arguments: Arguments) -> bool:
        copied = arguments.positional[:1]
        return any(self.by_itself(value, name) is not None for value in copied for name in COPIERS)

    def _operands(self, arguments: Arguments) -> list[Value]:
        made = [value for value in arguments.values() if isinstance(value, Made)]
        return [*self.terms(arguments), *made] if made else [*self.terms(arguments)]

    def cloned(self, value: Value, done: dict[int, Value]) -> Value:
        """A copy draws nothing, and is something of its own."""
        if not isinstance(value, Made | Instance):
            return value
        if value.token not in done:
            token = self.token()
            copy = Made(token, value.term, value.cls) if isinstance(value, Made) else value
            if isinstance(value, Instance):
                copy = Instance(token, value.cls, value.term)
            else:
                self.set(token, ".original", value)
            done[value.token] = copy
            for name, part in self.parts(value.token):
                self.set(token, name, self.cloned(part, done))
        return done[value.token]

    # -- builtins ----------------------------------------------------------------------------------------------

    def _builtin(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
        if name in ITERATING:
            through = tuple(self.iterable(value, node, frame) for value in arguments.positional)
            arguments = Arguments(through, arguments.named, arguments.rest)
        if name == "__import__" and (file := self._module(arguments, frame)) is not None:
            return ModuleRef(file)
        given = arguments.positional
        first = given[0] if given else NONE
        if any(isinstance(value, Spread | Repeat) for value in given) or arguments.rest or name in UNSAFE:
            plain = name not in UNSAFE and name not in ("map", "filter", "getattr", "setattr")
            term = Term("name", (f"builtins.{name}",))
            if name in COMPUTED:
                term = Term("names", (name, self.code.of_file(frame.path)))
            return self._opaque(term, arguments, node, frame) if plain else self.unseen(term, arguments, node, frame)
        match name, len(given):
            case "vars", 1:
                raise self.unfollowed("`vars` of an object", node, frame)
            case (("globals" | "locals" | "vars" | "dir"), _):
                held = [self.state(value) for value in given]
                return Term("names", (name, self.code.of_file(frame.path), *held))
            case "object.__setattr__", 3:
                self.assign(first, self.describe(given[1]), given[2])
                return NONE
            case "next", 1 | 2:
                return self._next(first, given, node, frame)
            case "super", _:
                return self._super(given, frame)
            case "getattr", 2 | 3:
                return self._getattr(given, node, frame)
            case "setattr", 3:
                self.assign(given[0], self.describe(given[1]), given[2])
                return NONE
            case "hasattr", 2:
                return self.each(first, lambda one: self._hasattr(one, given[1]))
            case "isinstance", 2:
                return self.each(first, lambda one: self._isinstance(one, given[1]))
            case "len", 1:
                return self._length(first)
            case (("range" | "enumerate" | "zip" | "reversed" | "map" | "filter"), _):
                return self._lazy(name, given, arguments, node, frame)
            case (("list" | "tuple" | "set" | "sorted" | "frozenset" | "iter"), _):
                return self._list(name, given, arguments, node, frame)
            case "dict", _:
                return self._dict(arguments)
            case "type", 1:
                return ClassRef(first.cls) if isinstance(first, Instance) else Term("type", (self.describe(first),))
            case (("int" | "float" | "bool" | "abs" | "round" | "str"), 1) if is_constant(first):
                return self._converted(name, first)
            case (("max" | "min"), 2) if not arguments.named and None not in (bounds := [*map(number, given)]):
                known = [bound for bound in bounds if bound is not None]
                return constant(max(known) if name == "max" else min(known))
            case _:
                return self._opaque(Term("name", (f"builtins.{name}",)), arguments, node, frame)

    def _opaque(self, callee: Term, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        if runs(arguments) and callee.args[0] in RUNNING:
            return self.unseen(callee, arguments, node, frame)
        return self.compound("call", [callee, *self._operands(arguments)])

    def _converted(self, name: str, first: Value) -> Value:
        assert isinstance(first, Term)
        value = first.args[0]
        try:
            return constant(CONVERSIONS[name](value))  # type: ignore[operator]
        except (TypeError, ValueError, OverflowError):
            return Term("call", (Term("name", (name,)), first))

    def _super(self, given: tuple[Value, ...], frame: Frame) -> Value:
        owner = given[0].id if given and isinstance(given[0], ClassRef) else frame.cls
        inner: Frame | None = frame
        while inner is not None and inner.instance is None:
            inner = inner.parent
        instance = inner.instance if inner is not None else None
        return Super(instance, owner) if isinstance(instance, Instance) else Term("super", ())

    def _getattr(self, given: tuple[Value, ...], node: ast.AST, frame: Frame) -> Value:
        name = given[1]
        if isinstance(name, Term) and is_constant(name) and isinstance(name.args[0], str):
            text = name.args[0]
            return self.each(given[0], lambda one: self.attribute(one, text, node, frame))
        known = self.code.of_class(given[0].cls) if isinstance(given[0], Instance) else NONE
        return self.compound("getattr", [*given, known])

    def _next(self, iterator: Value, given: tuple[Value, ...], node: ast.AST, frame: Frame) -> Value:
        """The first item is taken out; of a kept iterator of which nothing is known, it is not known which comes."""
        if isinstance(iterator, Items) and self._plain(iterator) and self.held(iterator):
            first, *rest = self.held(iterator)
            self.put(iterator, tuple(rest))
            return first
        if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name):
            raise self.unfollowed("`next` on an iterator that is kept", node, frame)
        return self._opaque(Term("name", ("builtins.next",)), Arguments(given), node, frame)

    def _hasattr(self, owner: Value, name: Value) -> Value:
        known = name.args[0] if isinstance(name, Term) and is_constant(name) else None
        found = self._has(owner, known) if isinstance(known, str) else None
        return constant(found) if found is not None else Term("hasattr", (self.describe(owner), self.describe(name)))

    def _has(self, owner: Value, name: str) -> bool | None:
        """Whether an object has an attribute; None where something that is not known may have given it one."""
        if not isinstance(owner, Instance | Made):
            return None
        held = dict(self.parts(owner.token))
        if name in held:
            return None if isinstance(held[name], Choice | Missing) else True
        if isinstance(owner, Instance) and self.project.method(owner.cls, name) is not None:
            return True
        names = self._inherited(owner.cls) if isinstance(owner, Made) else self._of_bases(owner.cls, name)
        open_ended = owner.token in self.handed or any(each.startswith("*") for each in held) or name.startswith("__")
        return None if names is None or open_ended or name in names else False

    def _of_bases(self, cls: ClassId, name: str) -> frozenset[str] | None:
        """The attributes that instances of a class have from torch, where its code gives them all others."""
        mro = self.project.mro(cls)
        if self.project.unresolved_bases(cls) or self.code.around(cls) is not None:
            return None
        if any(self.code.class_level(each, name) is not None for each in mro):
            return None
        found = [self._inherited(each) for each in mro if each not in self.project.classes]
        return None if None in found else frozenset().union(*filter(None, found))

    def _inherited(self, cls: str) -> frozenset[str] | None:
        """All attributes of the instances of a module class of torch."""
        known = knowledge.module(cls)
        if known is None or known.lazy or "torch.Tensor" in known.bases:
            return None
        every = [known, *filter(None, map(knowledge.module, known.bases))]
        own = frozenset(name for each in every for name in (*each.attributes, *each.methods))
        return own | knowledge.module_attributes()

    def _isinstance(self, value: Value, classes: Value) -> Value:
        wanted = self.held(classes) if isinstance(classes, Items) else (classes,)
        names = [each.id if isinstance(each, ClassRef) else self.describe(each) for each in wanted]
        texts = {name if isinstance(name, str) else str(name.args[0]) for name in names}
        plain = all(isinstance(name, str) or name.op == "name" for name in names)
        bases = self._bases(value)
        if bases is not None and plain:
            return constant(bool(bases & texts))
        return Term("isinstance", (self.describe(value), *map(self.describe, wanted)))

    def _bases(self, value: Value) -> frozenset[str] | None:
        """All classes of which a value is an instance, where they are known."""
        match value:
            case Instance():
                if self.project.unresolved_bases(value.cls):
                    return None
                return frozenset(self.project.mro(value.cls))
            case Made() if (known := knowledge.module(value.cls)) is not None:
                return frozenset((value.cls, *known.bases))
            case Items():
                return frozenset((f"builtins.{value.kind}", "collections.abc.Iterable", "collections.abc.Sequence"))
            case Table():
                return frozenset(("builtins.dict", "collections.abc.Iterable", "collections.abc.Mapping"))
            case Partial():
                return frozenset(("functools.partial", "collections.abc.Callable"))
            case ClassRef() | Term(op="name") if self.is_class(value):
                return frozenset(("builtins.type", "collections.abc.Callable"))
            case Function(instance=None) | Closure():
                return frozenset(("types.FunctionType", "types.LambdaType", "collections.abc.Callable"))
            case Term(op="constant"):
                kind = type(value.args[0])
                return frozenset(f"builtins.{base.__name__}" for base in kind.__mro__)
            case _:
                return None

    def is_class(self, value: Value) -> bool:
        """Whether a value is a class for certain."""
        return isinstance(value, ClassRef) or (
            isinstance(value, Term) and value.op == "name" and knowledge.module(str(value.args[0])) is not None
        )

    def _length(self, value: Value) -> Value:
        if isinstance(value, Items) and self._plain(value):
            return constant(len(self.held(value)))
        if isinstance(value, Table) and self.rest(value) is None:
            return constant(len(self.entries(value)))
        return Term("len", (self.describe(value),))

    def _lazy(self, name: str, given: tuple[Value, ...], arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """What a loop goes through: numbers, pairs, results."""
        term = Term("call", (Term("name", (f"builtins.{name}",)), *self.terms(arguments)))
        match name:
            case "range":
                bounds = [number(value) for value in given]
                whole = [bound for bound in bounds if isinstance(bound, int)]
                if len(whole) == len(given) and whole[2:] != [0] and len(range(*whole)) <= UNROLLED:
                    return self.items([constant(turn) for turn in range(*whole)])
            case "enumerate" if len(given) == 1:
                return self._enumerated(given[0])
            case "zip" if given and all(isinstance(each, Items) and self._plain(each) for each in given):
                rows = zip(*(self.held(each) for each in given if isinstance(each, Items)), strict=False)
                return self.items([self.items(row, "tuple") for row in rows])
            case "reversed" if isinstance(given[0], Items) and self._plain(given[0]):
                return self.items(self.held(given[0])[::-1])
            case "map" if len(given) == 2:
                found = self.items([])

                def turn(item: Value) -> None:
                    made = self.each(given[0], lambda one: self.call(one, Arguments((item,)), node, frame))
                    self.put(found, (*self.held(found), made))

                before = len(self.events)
                self.iterate(given[1], turn)
                return self.unless_kept(found, before)
            case "map" | "filter":
                return self.unseen(term, arguments, node, frame)
            case _:
                pass
        held = [value for value in given if not isinstance(value, Term)]
        return self.compound("call", [term, *held]) if held else term

    def _enumerated(self, value: Value) -> Value:
        if isinstance(value, Items) and self._plain(value):
            pairs = [self.items((constant(place), item), "tuple") for place, item in enumerate(self.held(value))]
            return self.items(pairs)
        return Term("enumerate", (self.describe(value),))

    def _list(self, name: str, given: tuple[Value, ...], arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        kind = name if name in ("tuple", "set") else "list"
        if not given:
            return self.items([], kind)
        first = given[0]
        if isinstance(first, Items) and name not in ("set", "sorted", "frozenset"):
            return self.items(self.held(first), kind)
        if isinstance(first, Table) and name not in ("set", "sorted", "frozenset") and self.rest(first) is None:
            return self.items([key for key, _ in self.entries(first)], kind)
        if isinstance(first, Made) and self.children(first):
            return self.items([part for _, part in self.children(first)], kind)
        return self._opaque(Term("name", (f"builtins.{name}",)), arguments, node, frame)

    def _dict(self, arguments: Arguments) -> Value:
        entries: list[tuple[Term, Value]] = []
        rest = list(arguments.rest)
        for value in arguments.positional:
            if isinstance(value, Table):
                entries = [*self.overridden(entries, self.rest(value)), *self.entries(value)]
                rest += self.rests(value)
            elif isinstance(value, Items) and all(self._is_pair(item) for item in self.held(value)):
                for item in self.held(value):
                    assert isinstance(item, Items)
                    key, held = self.held(item)
                    entries.append((self.describe(key), held))
            else:
                rest.append(self.describe(value))
                entries = self.overridden(entries, rest[-1])
        entries += [(constant(name), value) for name, value in arguments.named]
        return self.table(entries, Term("rest", tuple(rest)) if rest else None)

    def _is_pair(self, value: Value) -> bool:
        return isinstance(value, Items) and self._plain(value) and len(self.held(value)) == 2

    # -- torch -------------------------------------------------------------------------------------------------

    def torch_instance(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """An instance of a class of torch."""
        name = knowledge.canonical(name)
        if name in knowledge.CONTAINERS:
            return self.container(name, arguments)
        positional = [self.describe(value) for value in arguments.positional]
        named = [(key, self.describe(value)) for key, value in arguments.named]
        made = self.made(draws.instance(name, positional, named, arguments.rest), name)
        self.hold(made, name, arguments)
        if draws.of_class(name, positional, named, arguments.rest) is not Answer.NO:
            options = draws.options_of_class(name, positional, named, arguments.rest)
            made.draws += self.draw(TORCH, name, options, EMPTY, node, frame)
        return made

    def hold(self, made: Made, cls: str, arguments: Arguments) -> None:
        """What a constructor gets may be a part of what it makes; a parameter is what it is made of."""
        plain = cls.endswith(("Parameter", "Buffer"))
        for place, value in enumerate(arguments.positional):
            if not isinstance(value, Term):
                self.set(made.token, f".{place}" if plain else f"{place}", value)
        for key, value in arguments.named:
            if not isinstance(value, Term):
                self.set(made.token, f".{key}" if plain else key, value)

    def container(self, name: str, arguments: Arguments) -> Made:
        """A Sequential, ModuleList or their like with its items."""
        made = self.made(Term("container", (name, *self.terms(arguments))), name)
        self.fill_container(made.token, name, arguments)
        return made

    def fill_container(self, token: int, name: str, arguments: Arguments) -> None:
        given = arguments.positional
        if name.endswith("Sequential") and not (len(given) == 1 and isinstance(given[0], Table)):
            self.extend(token, self.items(given))
        else:
            for value in given:
                self.extend(token, value)
        for term in arguments.rest:
            self.extend(token, Spread(term))

    def extend(self, token: int, value: Value) -> None:
        """Put items into a container of modules, under the next keys."""
        value = self.resolved(value)
        match value:
            case Items():
                for item in self.held(value):
                    self.append(token, item)
            case Table():
                for key, item in self.entries(value):
                    self.set(token, str(key.args[0]) if is_constant(key) else f"*{len(self.parts(token))}", item)
            case Made() if value.cls in knowledge.CONTAINERS:
                for _, part in self.children(value):
                    self.append(token, part)
            case _:
                self.append(token, value if isinstance(value, Spread) else Spread(self.describe(value)))

    def append(self, token: int, value: Value) -> None:
        known = [name for name, _ in self.parts(token)]
        open_ended = isinstance(value, Repeat | Spread) or any(name.startswith("*") for name in known)
        self.set(token, f"*{len(known)}" if open_ended else str(len(known)), value)

    def _torch(self, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """A function of torch."""
        kept = tuple((key, value) for key, value in arguments.named if value != draws.DEFAULT_GENERATOR)
        arguments = Arguments(arguments.positional, kept, arguments.rest)
        space, _, tail = name.rpartition(".")
        known = knowledge.function(name)
        positional = [self.describe(value) for value in arguments.positional]
        named = [(key, self.describe(value)) for key, value in arguments.named]
        if tail == "__init__" and arguments.positional and isinstance(arguments.positional[0], Instance):
            inner = Arguments(arguments.positional[1:], arguments.named, arguments.rest)
            self.inherit(arguments.positional[0], space, inner, node, frame)
            return NONE
        isolates = known is not None and known.isolates
        if isolates and not arguments.named:
            return SILENT
        if isolates or tail.startswith("set_"):
            return self.unseen(Term("name", (name,)), arguments, node, frame)
        if tail == "skip_init" and arguments.positional:
            return self._skipped(arguments, node, frame)
        if space == "torch.nn.init" or space.startswith("torch.nn.utils"):
            return self.fill(name, known, arguments, node, frame)
        if tail in ("compile", "script") and arguments.positional:
            return arguments.positional[0]
        term = Term("call", (Term("name", (name,)), *self.terms(arguments)))
        made = self.made(term, TENSOR, tuple(arguments.values()))
        if known is None:
            foreign = space.startswith(("torch.hub", "torch.distributions", "torch.utils"))
            return self.unseen(Term("name", (name,)), arguments, node, frame) if foreign else made
        if known.reseeds:
            made.draws += self.draw(TORCH, name, term, EMPTY, node, frame)
        generator = draws.explicit_generator(known, named)
        if generator is not None or draws.of_function(known, positional, named, arguments.rest) is not Answer.NO:
            shape, options = self._shape_and_options(name, positional, named, arguments.rest)
            stream = TORCH if generator is None else draws.EXPLICIT
            made.draws += self.draw(stream, draws.engine_of(name), shape, options, node, frame)
        return made

    def _shape_and_options(
        self, name: str, positional: list[Term], named: list[tuple[str, Term]], rest: tuple[Term, ...]
    ) -> tuple[Term, Term]:
        kept = [(key, term) for key, term in sorted(named, key=lambda pair: pair[0])]
        kept = [
            (key, t)
            for key, t in kept
            if t != draws.DEFAULT_GENERATOR and key not in draws.SILENT_ARGUMENTS and draws.DEFAULTS.get(key) != t
        ]
        pairs = [Term("argument", (key, term)) for key, term in kept if key != "size"]
        options = Term(name, (*pairs, *rest))
        if name in draws.SHAPED:
            size = dict(named).get("size")
            return draws.shape_of([size] if size is not None else positional), options
        if name.endswith("_like") and positional:
            return self.shape(positional[0]), Term(name, (*positional[1:], *pairs, *rest))
        return Term("shape", (Term(name, tuple(positional)),)), options

    def shape(self, term: Term) -> Term:
        """The shape of a tensor, as far as it can be told from how it was made."""
        while term.op == "call" and len(term.args) > 1:
            callee, first = term.args[0], term.args[1]
            name = callee.args[0] if isinstance(callee, Term) and callee.op == "name" else ""
            if isinstance(name, str) and name in draws.SHAPED:
                rest = [arg for arg in term.args[1:] if isinstance(arg, Term) and arg.op != "argument"]
                return draws.shape_of(rest)
            if not (isinstance(name, str) and name.endswith(("Parameter", "Buffer")) and isinstance(first, Term)):
                break
            term = first.args[1] if first.op == "argument" else first  # type: ignore[assignment]
        return Term("shape of", (term,))

    def _skipped(self, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        rest = Arguments(arguments.positional[1:], arguments.named, arguments.rest)
        self.silent += 1
        try:
            return self.each(arguments.positional[0], lambda one: self.call(one, rest, node, frame))
        finally:
            self.silent -= 1

    def fill(
        self,
        name: str,
        known: knowledge.TorchFunction | None,
        arguments: Arguments,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """`nn.init.normal_(tensor, ...)` fills what it is given, and hands it back."""
        target = arguments.get("tensor") or arguments.get("module") or arguments.get("", 0)
        if target is None:
            return self.unseen(Term("name", (name,)), arguments, node, frame)
        rest = Arguments(
            arguments.positional[1:] if arguments.positional and arguments.positional[0] is target else (),
            tuple((key, value) for key, value in arguments.named if value is not target),
            arguments.rest,
        )
        self.each(target, lambda one: self._filled(name, known, one, rest, node, frame))
        return target

    def _filled(
        self,
        name: str,
        known: knowledge.TorchFunction | None,
        target: Value,
        rest: Arguments,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        named = [(key, self.describe(value)) for key, value in rest.named]
        terms = [NONE, *(self.describe(value) for value in rest.positional)]
        generator = draws.explicit_generator(known, named) if known is not None else None
        silent = known is None or draws.of_function(known, terms, named, rest.rest) is Answer.NO
        if silent and generator is None:
            return target
        stream = TORCH if generator is None else draws.EXPLICIT
        options = Term(name, tuple(term for term in self.terms(rest) if term.args[:1] != ("generator",)))
        shape = self.shape(self.describe(target))
        certain = name not in draws.BY_SHAPE
        made = self.draw(stream, draws.engine_of(name), shape, options, node, frame, certain)
        if isinstance(target, Made):
            target.draws += made
        return target

    def inherit(self, instance: Instance, cls: str, arguments: Arguments, node: ast.AST, frame: Frame) -> None:
        """The constructor of a class of torch, run on an instance of a class that inherits from it."""
        name = knowledge.canonical(cls)
        known = knowledge.module(name)
        if name == "torch.nn.Module" or known is None:
            return
        if name in knowledge.CONTAINERS:
            self.fill_container(instance.token, name, arguments)
            return
        own = self.project.method(instance.cls, "reset_parameters")
        replaced = own is not None and "reset_parameters" in known.methods
        self.silent += replaced
        made = self.torch_instance(name, arguments, node, frame)
        self.silent -= replaced
        self.set(instance.token, ".base", made)
        if own is not None and replaced:
            self.invoke(Function(own, instance), Arguments(), node, frame)

    def assign(self, owner: Value, name: Term, value: Value) -> None:
        """`owner.name = value` for a name that is computed."""
        text = str(name.args[0]) if is_constant(name) else f"*{name.digest.hex()[:8]}"
        owner = self.resolved(owner)
        if isinstance(owner, Made | Instance):
            self.set(owner.token, text, value)


def runs(arguments: Arguments) -> bool:
    """Whether a call hands over code of the project, which it may run."""
    return any(isinstance(value, Function | Closure | Partial | ClassRef) for value in arguments.values())


__all__ = ["EMPTY", "FALSE", "MISSING", "SILENT", "TENSOR", "TORCH", "Calls", "ModuleRef"]
