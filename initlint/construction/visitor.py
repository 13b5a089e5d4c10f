"""Runs one constructor on abstract values: which code belongs to it, how functions are entered, what names mean."""

from __future__ import annotations

import functools
import itertools
import re
import weakref
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

import libcst as cst

from initlint.construction.calls import Calls
from initlint.construction.expressions import Exhausted
from initlint.construction.frames import Frame, joined
from initlint.construction.run import Read
from initlint.construction.slices import statement_end
from initlint.construction.statements import Statements
from initlint.construction.torchcalls import ANY_MODULE
from initlint.construction.values import (
    EVERYTHING,
    MAX_OPTIONS,
    NONE,
    UNKNOWN,
    Arguments,
    ClassObject,
    Closure,
    Constant,
    ProjectFunction,
    Self,
    Thing,
    Value,
    join,
    options,
    settable,
    tokens,
)
from initlint.model import Kind
from initlint.project.bindings import MODULE_LEVEL
from initlint.project.classes import ClassInfo, Method
from initlint.project.inheritance import MODULE
from initlint.project.roles import initialiser, is_own

if TYPE_CHECKING:
    from initlint.construction.run import Run, Site
    from initlint.construction.slices import Slice
    from initlint.construction.workshop import Workshop
    from initlint.project.classes import ClassId

SET_UP = re.compile(r"setup|configure_model|_?build\w*|_?init_\w+")
"""Methods that others call on the fresh object, and that count as construction if they assign attributes."""

MAX_CALLS = 30

READ_ANY_LOCAL = frozenset({"locals", "eval", "exec"})
"""Built-in functions that may read whatever locals there are where they are called."""

_ANNOTATED = re.compile(
    r"(?:Optional\[)?(?:(?P<instance>[\w.]+)|[tT]ype\[[\"']?(?P<cls>[\w.]+)[\"']?\]"
    r"|(?:\w+\.)*Callable\[.*,\s*(?P<result>[\w.]+)\])\]?(?:\s*\|\s*None)?"
)


class Interpreter(Statements):
    """One run of one constructor."""

    def __init__(self, workshop: Workshop, run: Run) -> None:
        super().__init__(workshop, run)
        self.calls = Calls(weakref.proxy(self))  # without a circle, what a run holds is gone when it ends
        self._active: list[tuple[Slice, cst.CSTNode]] = []
        self._ran: set[tuple[ClassId | None, str]] = set()

    # -- one construction --------------------------------------------------------------------------------------

    def construct(self, arguments: Arguments | None) -> Run:
        """Run the constructor; without arguments as the subject of the analysis, with everything that belongs to the
        class."""
        self.root = arguments is None
        try:
            if self.root:
                self._class_level()
            if (maker := self.project.method(self.run.cls, "__new__")) is not None:
                self.invoke(maker, ClassObject(self.run.cls), arguments, None)
            self._constructor(arguments)
            if self.root:
                self._set_up()
        except (Exhausted, RecursionError):
            if not self.root:
                raise
            self.run.cut = True
        return self.run

    def _class_level(self) -> None:
        """What the class statements of this class and its bases build: it draws when the file is imported."""
        for info in reversed([*self.project.lineage(self.run.cls)]):
            for store in info.facts.attributes:
                if not store.callees:
                    continue
                frame, node = self._class_statement(info, store.start)
                if isinstance(node, cst.Assign | cst.AnnAssign) and node.value is not None:
                    self.statement(node, frame)
                    value = frame.names.get(store.attribute, UNKNOWN)
                    self.run.store(store.attribute, value, frame.place(node), node.value, self.run.fresh())

    def _class_statement(self, info: ClassInfo, start: int) -> tuple[Frame, cst.CSTNode | None]:
        slice_ = self.workshop.slice(info.path, start, statement_end(self.project.source(info.path), start))
        return Frame(slice_, info.path, info.facts.qualname, info.id), slice_.small

    def class_attribute(self, name: str) -> Value | None:
        """The value of a class-level name; a subclass may replace a constant."""
        value = self.class_value(name, self.run.cls)
        if not self.root or not isinstance(value, Constant):
            return value
        others = sorted(self.project.descendants(self.run.cls) - {self.run.cls})
        stored = (cls for cls in others if any(s.attribute == name for s in self.project.classes[cls].facts.attributes))
        values = [self.class_value(name, cls) or UNKNOWN for cls in itertools.islice(stored, MAX_OPTIONS)]
        return join(map(settable, (value, *values)))

    def class_value(self, name: str, start: ClassId) -> Value | None:
        """The value of a class-level name on exactly this class and its instances."""
        for info in self.project.lineage(start):
            store = next((s for s in info.facts.attributes if s.attribute == name), None)
            if store is None:
                continue
            frame, node = self._class_statement(info, store.start)
            self.run.silent += 1
            self.statement(node, frame)
            self.run.silent -= 1
            return self.workshop.filled(frame.names.get(name, UNKNOWN), f"{info.id}.{name}")
        return None

    def _constructor(self, arguments: Arguments | None) -> None:
        method = initialiser(self.project, self.run.cls)
        if method is None:
            self.calls.torch_constructor(self.run.cls, arguments or Arguments(unseen=True), None)
            return
        alternatives = self.project.alternatives(method)
        statement, start, ends = self.run.fresh(), self.run.attributes, []
        for number, each in enumerate(alternatives):
            self.run.attributes = dict(start)
            with self.run.arm(statement, number) if len(alternatives) > 1 else nullcontext():
                self.invoke(each, Self(), arguments, None)
            ends.append(self.run.attributes)
        self.run.attributes = joined(ends, start)

    def _set_up(self) -> None:
        """Set-up methods that the constructor did not call, in the order of the source."""
        for info in self.project.lineage(self.run.cls):
            for facts in info.facts.methods:
                if facts.stores and self._sets_up(facts.name) and (info.id, facts.name) not in self._ran:
                    method = self.project.method(self.run.cls, facts.name)
                    if method is not None and method.facts is facts:
                        self.run.read(EVERYTHING)
                        self.invoke(method, Self(), None, None)

    def _sets_up(self, name: str) -> bool:
        return (
            SET_UP.fullmatch(name) is not None
            or self.project.conventions.initialises(name)
            or name in self._called_by_heirs
        )

    @functools.cached_property
    def _called_by_heirs(self) -> frozenset[str]:
        """What the constructors of the class and its descendants read from their instance."""
        found: set[str] = set()
        for cls in self.project.descendants(self.run.cls):
            info, family = self.project.classes[cls], self.project.family(cls)
            if (init := info.methods.get("__init__")) is not None:
                method = Method(info.path, cls, init)
                own = (names for each, names in init.reads.items() if is_own(self.project, method, each, family))
                found.update(*own)
        return frozenset(found)

    # -- functions ---------------------------------------------------------------------------------------------

    def give_parts(self, method: Method, handed: Mapping[str, ClassId]) -> Run:
        """Run a function with its arguments, or a file, as if its names were attributes of what it constructs.

        Code that reads an instance as a whole does not read the parts given to it.
        """
        self.root = False
        facts = method.facts
        slice_ = self.workshop.slice(method.path, facts.start, facts.end)
        node, frame = slice_.node, Frame(slice_, method.path, facts.name, "")
        if node is None:
            return self.run
        try:
            self._run_whole(method, frame, handed)
        except (Exhausted, RecursionError):
            return self.run
        things = {name: value for name, value in frame.names.items() if isinstance(value, Thing)}
        own = {name: thing for name, thing in things.items() if thing.cls in self.project.classes}
        whole = {thing.token for thing in own.values()}
        self.run.log = [entry for entry in self.run.log if not (isinstance(entry, Read) and whole & entry.tokens)]
        for name, thing in own.items():
            self.run.store(name, thing, frame.place(node), node, self.run.fresh())
        return self.run

    def _run_whole(self, method: Method, frame: Frame, handed: Mapping[str, ClassId]) -> None:
        """Run a function that is given instances, or the code of a file outside of functions and classes."""
        node, module = frame.slice.node, frame.slice.tree.module
        if isinstance(node, cst.FunctionDef):
            named = tuple((name, self.run.thing(Kind.SUBMODULE, cls)) for name, cls in handed.items())
            bound = (ClassObject(method.owner),) if method.is_of_class and method.owner else ()
            self._enter(node, frame, frame, bound, Arguments(named=named, unseen=True))
        elif method.facts.name == MODULE_LEVEL and module is not None:
            for statement in module.body:
                if not isinstance(statement, cst.FunctionDef | cst.ClassDef):
                    self.statement(statement, frame)

    def invoke(self, method: Method, instance: Value | None, arguments: Arguments | None, site: Site | None) -> Value:
        """Run a function of the project; without arguments these are unknown."""
        facts = method.facts
        self._ran.add((method.owner, facts.name))
        frame = self._frame(method, isinstance(instance, Self), site)
        node = frame.slice.node
        self.run.unread.update((method.path, line) for line in frame.slice.unread)
        if not isinstance(node, cst.FunctionDef):
            self.run.complete = False
            return UNKNOWN
        return self._enter(node, frame, frame, () if instance is None else (instance,), arguments)

    def _frame(self, method: Method, own: bool, site: Site | None) -> Frame:
        facts = method.facts
        slice_ = self.workshop.slice(method.path, facts.start, facts.end)
        if method.owner is None:
            return Frame(slice_, method.path, facts.name, "", site=site)
        qualname = f"{self.project.classes[method.owner].facts.qualname}.{facts.name}"
        return Frame(slice_, method.path, qualname, method.owner, site=None if own else site)

    def enter(self, closure: Closure, arguments: Arguments, site: Site) -> Value:
        """Run a lambda or nested function."""
        outer = closure.frame
        frame = Frame(outer.slice, outer.path, outer.qualname, outer.owner, outer, outer.site)
        if outer.slice is not site.slice:
            frame.site = site
        return self._enter(closure.node, frame, outer, (), arguments.behind(closure.bound))

    def _enter(
        self,
        node: cst.FunctionDef | cst.Lambda,
        frame: Frame,
        defaults: Frame,
        bound: tuple[Value, ...],
        arguments: Arguments | None,
    ) -> Value:
        here = (frame.slice, node)
        if len(self._active) > MAX_CALLS or self._active.count(here) > 1:
            return UNKNOWN
        self._bind(node.params, bound, arguments, frame, defaults)
        branch, quiet = self.run.branch, self.run.quiet
        self.run.quiet = 0
        self._active.append(here)
        try:
            if isinstance(node, cst.Lambda):
                return self.evaluate(node.body, frame)
            self.block(node.body, frame)
        finally:
            self._active.pop()
            self.run.branch, self.run.quiet = branch, quiet
        self._settle(frame, node)
        return join(frame.returns) if frame.returns else NONE

    def _settle(self, frame: Frame, node: cst.FunctionDef) -> None:
        """Once the whole function was read, decide which of the locals that it built are unused."""
        self.run.used.update(token for value in frame.returns for token in tokens(value))
        if not frame.candidates:
            return
        loads, used = frame.slice.tree.loads(node), frozenset(self.run.reach(self.run.used))
        if not READ_ANY_LOCAL.isdisjoint(loads):
            return
        for candidate in frame.candidates:
            candidate.unused = used.isdisjoint(candidate.tokens) and frame.leaves(candidate.name, loads)

    def _bind(
        self,
        params: cst.Parameters,
        bound: tuple[Value, ...],
        arguments: Arguments | None,
        frame: Frame,
        defaults: Frame,
    ) -> None:
        """Give every parameter its argument, its default, or what its annotation says."""
        passed = arguments or Arguments(unseen=True)
        given = Arguments(bound + passed.positional, passed.named, passed.unseen)
        positional = [*params.posonly_params, *params.params]
        for position, param in enumerate([*positional, *params.kwonly_params]):
            name = param.name.value
            value = given.get(name, position if position < len(positional) else None)
            if value is None:
                value = self._default(param, frame, defaults, given.unseen)
                if arguments is None and value == UNKNOWN:
                    value = self.workshop.passed_classes(frame.owner, name)
            frame.names[name] = value
        taken = {param.name.value for param in [*positional, *params.kwonly_params]}
        if isinstance(params.star_arg, cst.Param):
            rest = [(None, value) for value in given.positional[len(positional) :]]
            frame.names[params.star_arg.name.value] = self._rest(rest, given.unseen, False)
        if params.star_kwarg is not None:
            others = [(name, value) for name, value in given.named if name not in taken]
            frame.names[params.star_kwarg.name.value] = self._rest(others, given.unseen, True)

    def _rest(self, items: list[tuple[None, Value]] | list[tuple[str, Value]], unseen: bool, mapping: bool) -> Value:
        group = self.run.group(mapping)
        group.items = [*items]
        group.exact = not unseen
        for name, value in items:
            self.run.attach(group.token, name or "*", value)
        return group

    def _default(self, param: cst.Param, frame: Frame, defaults: Frame, unseen: bool) -> Value:
        """The value of a parameter without an argument; with `unseen`, an unknown one may have been passed."""
        value: Value = UNKNOWN
        if param.default is not None:
            self.run.silent += 1
            value = self.evaluate(param.default, defaults.parent or defaults.outside())
            self.run.silent -= 1
        if not unseen or any(isinstance(option, ClassObject | ProjectFunction | Closure) for option in options(value)):
            return value
        annotated = self._annotated(param, frame)
        if annotated is not None:
            return join((annotated, NONE)) if value == NONE else annotated
        return value if isinstance(value, Thing) else UNKNOWN

    def _annotated(self, param: cst.Param, frame: Frame) -> Value | None:
        """The value of a parameter that is annotated as a module or a class of modules."""
        if param.annotation is None:
            return None
        match = _ANNOTATED.fullmatch(frame.slice.plain(param.annotation.annotation).strip("\"'"))
        if match is None:
            return None
        name = match["instance"] or match["cls"] or match["result"]
        value = self.resolve(name, frame.outside())
        if not isinstance(value, ClassObject) or not self.workshop.is_a(value.id, MODULE):
            return None
        if match["instance"]:
            thing = self.run.thing(Kind.SUBMODULE, value.id)
            self.run.given.add(thing.token)
            return thing
        return ClassObject(ANY_MODULE if value.id == MODULE else value.id)
