"""Reads constructors: statements and expressions of libcst, executed on abstract values. What calls do is in calls.py."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.construction import knowledge
from initlint.construction.calls import ANY_MODULE, MODULE, Calls
from initlint.construction.finish import NOTHING_KNOWN, Finish, Summary
from initlint.construction.ledger import Construction, Path
from initlint.construction.run import EVERYTHING, Candidate, Run, Site
from initlint.construction.slices import Slice, assignment_start, statement_end
from initlint.construction.values import (
    MAX_OPTIONS,
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
    key,
    options,
    tokens,
    truth,
)
from initlint.model import Kind
from initlint.project.classes import ClassId, Method, Project
from initlint.project.imports import Symbol, SymbolKind

if TYPE_CHECKING:
    from initlint.facts.records import Function

SET_UP = re.compile(r"setup|configure_model|_?build\w*|_?init_\w+")
"""Methods that others call on the fresh object and that stand for a constructor where they assign attributes."""

INITIALISERS = re.compile(r"\w+_|_?(re)?set_parameters|_?reset_parameters|_?init_weights?|reset_weights")
"""Methods that only fill what they are called on."""

_ANNOTATED = re.compile(
    r"(?:Optional\[)?(?:(?P<instance>[\w.]+)|[tT]ype\[[\"']?(?P<cls>[\w.]+)[\"']?\]"
    r"|(?:\w+\.)*Callable\[.*,\s*(?P<result>[\w.]+)\])\]?(?:\s*\|\s*None)?"
)
_PLACEHOLDER = re.compile(r"%[-\w.]*[sdif]")

MAX_STEPS = 60_000
MAX_BUILDS = 14
MAX_CALLS = 30
RECURSION = 12_000
UNROLLED = 8
"""Items of a literal that a loop goes through one by one."""


class Exhausted(Exception):
    """A construction that is too large to be read whole."""


@dataclass(eq=False)
class Frame:
    """One function while it is read. `site` is where it was called, for code outside of the class's own methods."""

    slice: Slice
    path: str
    qualname: str
    owner: ClassId
    parent: Frame | None = None
    site: Site | None = None
    names: dict[str, Value] = field(default_factory=dict)
    returns: list[Value] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    initialised: set[int] = field(default_factory=set)

    def lookup(self, name: str) -> Value | None:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.parent
        return None

    def place(self, node: cst.CSTNode) -> Site:
        return self.site or Site(self.slice, node, self.path, self.owner)


@dataclass(frozen=True, slots=True)
class Flow:
    """How a block ends: whether it goes on behind its end, and under which further conditions it then does."""

    ends: bool = False
    raises: bool = False
    rest: Path = ()


GOES_ON = Flow()


class Workshop:
    """Everything that constructions of one project share: parsed slices, module-level values, summaries."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.steps = 0
        self._slices: dict[tuple[str, int], Slice] = {}
        self.names: dict[tuple[str, str, str], Value] = {}
        self._globals: dict[tuple[str, str], Value] = {}
        self._summaries: dict[object, Summary] = {}
        self._active: list[ClassId] = []
        self._recursive: set[ClassId] = set()

    def construct(self, cls: ClassId) -> Construction:
        """The construction of a class with arguments of which nothing is known."""
        self.steps = 0
        info = self.project.classes[cls]
        with _recursion(RECURSION):
            run = Interpreter(self, Run(cls)).construct(None)
            return Finish(run, self.is_a).construction(info.facts.qualname, info.path)

    def build(self, cls: ClassId, arguments: Arguments) -> Summary:
        """What an instance of a class draws when it is built with these arguments."""
        named = tuple((name, key(value)) for name, value in sorted(arguments.named, key=lambda pair: pair[0]))
        memo = (cls, tuple(key(value) for value in arguments.positional), named, arguments.open)
        if memo in self._summaries:
            return self._summaries[memo]
        if cls in self._active or len(self._active) > MAX_BUILDS:
            self._recursive.add(cls)
            return NOTHING_KNOWN
        self._active.append(cls)
        try:
            run = Interpreter(self, Run(cls)).construct(arguments)
            summary = Finish(run, self.is_a).summary()
        finally:
            self._active.pop()
            self._recursive.discard(cls)
        if not self._recursive:
            self._summaries[memo] = summary
        return summary

    def symbol(self, symbol: Symbol) -> Value:
        """What a resolved name stands for."""
        match symbol.kind:
            case SymbolKind.CLASS:
                return ClassObject(symbol.target)
            case SymbolKind.FUNCTION:
                method = self.project.function(symbol)
                return ProjectFunction(method) if method is not None else UNKNOWN
            case SymbolKind.VARIABLE:
                path, _, name = symbol.target.partition("::")
                return self.variable(path, name)
            case SymbolKind.EXTERNAL:
                return self._external(symbol)
        return UNKNOWN

    def _external(self, symbol: Symbol) -> Value:
        name = symbol.target
        if knowledge.module(name) is not None:
            return ClassObject(name)
        if name.split(".")[0] == "torch":
            return TorchFunction(name)
        cls = self.project.class_of(symbol)
        return ClassObject(cls) if cls is not None and cls in self.project.classes else External(name)

    def is_a(self, cls: str, base: str) -> bool:
        return cls == base or base in self.project.mro(cls)

    def slice(self, path: str, start: int, end: int) -> Slice:
        """A piece of a file, parsed once."""
        if (path, start) not in self._slices:
            self._slices[path, start] = Slice(self.project.source(path), start, end)
        return self._slices[path, start]

    def variable(self, path: str, name: str) -> Value:
        """The value of a module-level name that is no class, function or import."""
        if (path, name) not in self._globals:
            self._globals[path, name] = UNKNOWN
            self._globals[path, name] = self._variable(path, name)
        return self._globals[path, name]

    def _variable(self, path: str, name: str) -> Value:
        if path not in self.project.files:
            return UNKNOWN
        source = self.project.source(path)
        start = assignment_start(source, name)
        if start is None:
            return UNKNOWN
        slice_ = self.slice(path, start, statement_end(source, start))
        run = Run("")
        run.silent = 1
        frame = Frame(slice_, path, "", "")
        Interpreter(self, run).statement(slice_.node, frame)
        value = frame.names.get(name, UNKNOWN)
        return UNKNOWN if isinstance(value, Constant) else value


@contextmanager
def _recursion(limit: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Interpreter:
    """One run of one constructor."""

    def __init__(self, workshop: Workshop, run: Run) -> None:
        self.workshop = workshop
        self.project = workshop.project
        self.run = run
        self.calls = Calls(self)
        self.root = False
        self._active: list[int] = []

    # -- one construction --------------------------------------------------------------------------------------

    def construct(self, arguments: Arguments | None) -> Run:
        """Run the constructor; without arguments as the subject of the analysis, with all that belongs to the class."""
        self.root = arguments is None
        try:
            if self.root:
                self._class_level()
            self._constructor(arguments)
            if self.root:
                self._set_up()
        except (Exhausted, RecursionError):
            if not self.root:
                raise
            self.run.complete = False
        return self.run

    def _class_level(self) -> None:
        for cls in reversed(self.project.mro(self.run.cls)):
            info = self.project.classes.get(cls)
            for store in info.facts.attributes if info else ():
                if store.callees and info is not None:
                    frame, node = self._class_statement(cls, store.start)
                    if node is not None and (value := self._assigned(node, frame, store.attribute)) is not None:
                        what = self._value_node(node) or node
                        self.run.store(store.attribute, value, frame.place(node), what, self.run.fresh())

    def _class_statement(self, cls: ClassId, start: int) -> tuple[Frame, cst.CSTNode | None]:
        info = self.project.classes[cls]
        slice_ = self.workshop.slice(info.path, start, statement_end(self.project.source(info.path), start))
        frame = Frame(slice_, info.path, info.facts.qualname, cls)
        line = slice_.node
        return frame, line.body[0] if isinstance(line, cst.SimpleStatementLine) and line.body else None

    def _value_node(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return node.value if isinstance(node, cst.Assign | cst.AnnAssign) else None

    def _assigned(self, node: cst.CSTNode, frame: Frame, name: str) -> Value | None:
        if not isinstance(node, cst.Assign | cst.AnnAssign) or node.value is None:
            return None
        self._small(node, frame)
        return frame.names.get(name)

    def class_attribute(self, name: str) -> Value | None:
        """The value of a class-level name; a constant may be another in a subclass, so it is not known."""
        for cls in self.project.mro(self.run.cls):
            info = self.project.classes.get(cls)
            store = next((s for s in info.facts.attributes if s.attribute == name), None) if info else None
            if store is not None:
                frame, node = self._class_statement(cls, store.start)
                if node is None:
                    return None
                self.run.silent += 1
                value = self._assigned(node, frame, name)
                self.run.silent -= 1
                return UNKNOWN if value is None or (self.root and isinstance(value, Constant)) else value
        return None

    def _constructor(self, arguments: Arguments | None) -> None:
        method = self._initialiser()
        if method is None:
            self.calls.torch_constructor(self.run.cls, arguments or Arguments(open=True), None)
        else:
            self.invoke(method, Self(), arguments, None)

    def _initialiser(self) -> Method | None:
        """`__init__`, or `__post_init__` where a dataclass generates the former."""
        cls = self.run.cls
        init, post = self.project.method(cls, "__init__"), self.project.method(cls, "__post_init__")
        for ancestor in self.project.mro(cls):
            info = self.project.classes.get(ancestor)
            if init is not None and init.owner == ancestor:
                return init
            if post is not None and info and any("dataclass" in d or "define" in d for d in info.facts.decorators):
                return post
        return init or post

    def _set_up(self) -> None:
        """Set-up methods that the constructor did not call, in the order in which they stand."""
        for cls in self.project.mro(self.run.cls):
            info = self.project.classes.get(cls)
            for facts in info.facts.methods if info else ():
                if facts.stores and SET_UP.fullmatch(facts.name) and (cls, facts.name) not in self.calls.ran:
                    method = self.project.method(self.run.cls, facts.name)
                    if method is not None and method.facts is facts:
                        self.run.read(EVERYTHING)
                        self.invoke(method, Self(), None, None)

    # -- functions ---------------------------------------------------------------------------------------------

    def invoke(self, method: Method, instance: Value | None, arguments: Arguments | None, site: Site | None) -> Value:
        """Run a function of the project; without arguments nothing is known of them."""
        facts = method.facts
        self.calls.ran.add((method.owner or "", facts.name))
        node = self.workshop.slice(method.path, facts.start, facts.end).node
        if not isinstance(node, cst.FunctionDef):
            self.run.complete = False
            return UNKNOWN
        frame = self._frame(method, isinstance(instance, Self), site)
        bound = () if instance is None else (instance,)
        return self._enter(node, frame, frame, bound, arguments)

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
        if len(self._active) > MAX_CALLS or self._active.count(id(node)) > 1:
            return UNKNOWN
        self._bind(node.params, bound, arguments, frame, defaults)
        branch, quiet = self.run.branch, self.run.quiet
        self.run.quiet = 0
        self._active.append(id(node))
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
        """Now that the whole function was read: which of the locals that it built did nothing use?"""
        for token in (token for value in frame.returns for token in tokens(value)):
            self.run.used.add(token)
        for candidate in frame.candidates:
            if candidate.thing.token not in self.run.used:
                loads = set(_loads(node, candidate.name)) if candidate.name else set()
                candidate.unused = loads <= frame.initialised

    def _bind(
        self,
        params: cst.Parameters,
        bound: tuple[Value, ...],
        arguments: Arguments | None,
        frame: Frame,
        defaults: Frame,
    ) -> None:
        """Give every parameter its argument, its default, or what its annotation says."""
        given = Arguments(bound + (arguments.positional if arguments else ()), arguments.named if arguments else ())
        unknown = arguments is None or arguments.open
        positional = [*params.posonly_params, *params.params]
        for position, param in enumerate([*positional, *params.kwonly_params]):
            name = param.name.value
            value = given.get(name, position if position < len(positional) else None)
            if value is None:
                value = self._default(param, frame, defaults, guess=unknown)
            frame.names[name] = value
        if isinstance(params.star_arg, cst.Param):
            rest = self.run.group()
            rest.items = [(None, value) for value in given.positional[len(positional) :]]
            rest.exact = not unknown
            frame.names[params.star_arg.name.value] = rest
        if params.star_kwarg is not None:
            names = {param.name.value for param in [*positional, *params.kwonly_params]}
            rest = self.run.group(mapping=True)
            rest.items = [(name, value) for name, value in given.named if name not in names]
            rest.exact = not unknown
            frame.names[params.star_kwarg.name.value] = rest

    def _default(self, param: cst.Param, frame: Frame, defaults: Frame, guess: bool) -> Value:
        """What a parameter is that is not passed; with `guess`, it may have been passed where nobody sees it."""
        value: Value = UNKNOWN
        if param.default is not None:
            self.run.silent += 1
            value = self.evaluate(param.default, defaults.parent or _outside(defaults))
            self.run.silent -= 1
        if not guess:
            return value
        if any(isinstance(option, ClassObject | ProjectFunction | Closure) for option in options(value)):
            return value
        annotated = self._annotated(param, frame)
        if annotated is not None:
            return annotated
        return value if isinstance(value, Thing) else UNKNOWN

    def _annotated(self, param: cst.Param, frame: Frame) -> Value | None:
        """A parameter that is a module, or a class of modules, by its annotation."""
        if param.annotation is None:
            return None
        text = frame.slice.code(param.annotation.annotation).strip("\"'")
        match = _ANNOTATED.fullmatch(text)
        if match is None:
            return None
        name = match.group("instance") or match.group("cls") or match.group("result")
        value = self.resolve(name, _outside(frame))
        if not isinstance(value, ClassObject) or not self.workshop.is_a(value.id, MODULE):
            return None
        if match.group("instance"):
            return self.run.thing(Kind.SUBMODULE, value.id)
        return ClassObject(ANY_MODULE if value.id == MODULE else value.id)

    # -- names -------------------------------------------------------------------------------------------------

    def name(self, name: str, frame: Frame) -> Value:
        """What a plain name stands for."""
        found = frame.lookup(name)
        if found is not None:
            return found
        return self.resolve(name, frame)

    def resolve(self, dotted: str, frame: Frame) -> Value:
        """What a name means at module level of the frame's file."""
        memo = (frame.path, frame.qualname, dotted)
        if memo not in self.workshop.names:
            self.workshop.names[memo] = self._resolve(dotted, frame)
        return self.workshop.names[memo]

    def _resolve(self, dotted: str, frame: Frame) -> Value:
        symbol = self.project.resolve(frame.path, dotted, frame.qualname)
        if symbol is None:
            if "." in dotted:
                return UNKNOWN
            found = self.workshop.variable(frame.path, dotted)
            known = not isinstance(found, Unknown) or not hasattr(builtins, dotted)
            return found if known else External(f"builtins.{dotted}")
        return self.workshop.symbol(symbol)

    # -- statements --------------------------------------------------------------------------------------------

    def block(self, body: cst.BaseSuite, frame: Frame) -> Flow:
        """Run statements until one leaves; what stands behind a partial exit stands under its condition."""
        before = self.run.branch
        rest: Path = ()
        flow = GOES_ON
        for statement in body.body:
            flow = self.statement(statement, frame)
            if flow.ends:
                break
            rest += flow.rest
            self.run.branch += flow.rest
        self.run.branch = before
        return replace(flow, rest=rest)

    def statement(self, node: cst.CSTNode | None, frame: Frame) -> Flow:
        """Run one statement."""
        match node:
            case cst.SimpleStatementLine() | cst.SimpleStatementSuite():
                return self._line(node.body, frame)
            case cst.If():
                return self._if(node, frame)
            case cst.For():
                return self._for(node, frame)
            case cst.While():
                return self._while(node, frame)
            case cst.With():
                return self._with(node, frame)
            case cst.Try() | cst.TryStar():
                return self._try(node, frame)
            case cst.Match():
                return self._match(node, frame)
            case cst.FunctionDef():
                frame.names[node.name.value] = self.closure(node, frame)
            case cst.ClassDef():
                frame.names[node.name.value] = self._local_class(node.name.value, frame)
        return GOES_ON

    def _line(self, body: Sequence[cst.BaseSmallStatement], frame: Frame) -> Flow:
        for small in body:
            flow = self._small(small, frame)
            if flow.ends:
                return flow
        return GOES_ON

    def _small(self, node: cst.BaseSmallStatement, frame: Frame) -> Flow:
        match node:
            case cst.Expr():
                self._expression(node, frame)
            case cst.Assign():
                self._assign(node, frame)
            case cst.AnnAssign() if node.value is not None:
                self._give(node.target, self.evaluate(node.value, frame), node, node.value, self.run.fresh(), frame)
            case cst.AugAssign():
                self._augment(node, frame)
            case cst.Return():
                if node.value is not None:
                    frame.returns.append(self.evaluate(node.value, frame))
                return Flow(ends=True)
            case cst.Raise():
                return Flow(ends=True, raises=True)
            case cst.Break() | cst.Continue():
                return Flow(ends=True)
            case cst.Del():
                self._delete(node.target, node, frame)
            case cst.Assert():
                self.evaluate(node.test, frame)
        return GOES_ON

    def _expression(self, node: cst.Expr, frame: Frame) -> None:
        before = self.run.fresh()
        value = self.evaluate(node.value, frame, alone=True)
        if isinstance(value, Thing) and value.token > before and frame.site is None:
            self._candidate("", value, node, node.value, frame)

    def _candidate(self, name: str, thing: Thing, node: cst.CSTNode, what: cst.CSTNode, frame: Frame) -> None:
        if self.run.direct.get(thing.token) is frame:
            candidate = Candidate(name, thing, frame.place(node), what, self.run.branch)
            frame.candidates.append(candidate)
            self.run.log.append(candidate)

    def _assign(self, node: cst.Assign, frame: Frame) -> None:
        value = self.evaluate(node.value, frame)
        group = self.run.fresh()
        for target in node.targets:
            self._give(target.target, value, node, node.value, group, frame)
        only = node.targets[0].target if len(node.targets) == 1 else None
        if isinstance(only, cst.Name) and isinstance(value, Thing) and frame.site is None:
            self._candidate(only.value, value, node, node.value, frame)

    def _give(
        self, target: cst.CSTNode, value: Value, node: cst.CSTNode, what: cst.CSTNode, group: int, frame: Frame
    ) -> None:
        """Store a value where an assignment target says."""
        match target:
            case cst.Name():
                frame.names[target.value] = value
            case cst.Attribute():
                owner = self.evaluate(target.value, frame)
                self.set_attribute(owner, target.attr.value, value, frame.place(node), what, group)
            case cst.Subscript():
                self._set_item(target, value, node, what, group, frame)
            case cst.Tuple() | cst.List():
                self._unpack([element for element in target.elements], value, node, what, group, frame)
            case cst.StarredElement():
                self._give(target.value, value, node, what, group, frame)

    def set_attribute(
        self, owner: Value, name: str, value: Value, site: Site, what: cst.CSTNode, group: int, kind: Kind | None = None
    ) -> None:
        """`owner.name = value`."""
        for option in options(owner):
            if isinstance(option, Self):
                self.run.store(name, value, site, what, group, kind)
            elif isinstance(option, Thing):
                self.run.attach(option.token, "" if name == "data" else name, value)

    def _set_item(
        self, target: cst.Subscript, value: Value, node: cst.CSTNode, what: cst.CSTNode, group: int, frame: Frame
    ) -> None:
        owner = self.evaluate(target.value, frame)
        name = text_of(self._index(target, frame))
        for option in options(owner):
            match option:
                case Registry():
                    self.run.store(name, value, frame.place(node), what, group, option.kind)
                case Self():
                    self.run.store(name, value, frame.place(node), what, group, definable=False)
                case Thing():
                    self.run.attach(option.token, name, value)
                case Group():
                    self.calls.grow(option, name, value)

    def _unpack(
        self,
        targets: list[cst.BaseElement],
        value: Value,
        node: cst.CSTNode,
        what: cst.CSTNode,
        group: int,
        frame: Frame,
    ) -> None:
        """`a, *b = value`: item by item where the items are known; each part of a literal is a value of its own."""
        literal = what.elements if isinstance(what, cst.Tuple | cst.List) and len(what.elements) == len(targets) else None
        for position, element in enumerate(targets):
            starred = isinstance(element, cst.StarredElement)
            item = self._item_of(value, position, len(targets), starred)
            part = literal[position].value if literal is not None else what
            self._give(element.value, item, node, part, self.run.fresh(), frame)

    def _item_of(self, value: Value, position: int, count: int, starred: bool) -> Value:
        found = []
        for option in options(value):
            if isinstance(option, Group) and option.exact and not option.mapping and not starred and len(option.items) >= count - 1:
                found.append(option.items[min(position, len(option.items) - 1)][1])
            elif isinstance(option, Group) and starred and option.exact:
                rest = self.run.group()
                rest.items = option.items[position : len(option.items) - (count - position - 1)]
                for name, item in rest.items:
                    self.run.attach(rest.token, name or "", item)
                found.append(rest)
            else:
                found.append(self.calls.element(option))
        return join(found)

    def _augment(self, node: cst.AugAssign, frame: Frame) -> None:
        value = self.evaluate(node.value, frame)
        before = self.evaluate(node.target, frame)
        grown = [option for option in options(before) if isinstance(option, Thing | Group | Self)]
        if isinstance(node.operator, cst.AddAssign) and grown:
            for option in grown:
                self.calls.extend(option, value, frame.place(node))
            return
        if isinstance(node.target, cst.Name):
            frame.names[node.target.value] = self.calls.arithmetic([before, value])

    def _delete(self, target: cst.CSTNode, node: cst.Del, frame: Frame) -> None:
        match target:
            case cst.Tuple():
                for element in target.elements:
                    self._delete(element.value, node, frame)
            case cst.Attribute() if isinstance(self.evaluate(target.value, frame), Self):
                self.run.store(target.attr.value, NONE, frame.place(node), node, self.run.fresh())
            case cst.Name():
                frame.names[target.value] = UNKNOWN

    # -- branches ----------------------------------------------------------------------------------------------

    def _if(self, node: cst.If, frame: Frame) -> Flow:
        test = truth(self.evaluate(node.test, frame))
        if test is True:
            return self.block(node.body, frame)
        if test is False:
            return self._else(node.orelse, frame)
        statement = self.run.fresh()
        guard = self._guard(node.test, frame)
        if guard is not None:
            self.run.guards.add(statement)
        arms = [lambda: self.block(node.body, frame), lambda: self._else(node.orelse, frame)]
        return self._arms(statement, arms, frame, [guard if guard and guard.then else None, guard if guard and not guard.then else None])

    def _else(self, node: cst.If | cst.Else | None, frame: Frame) -> Flow:
        if isinstance(node, cst.If):
            return self._if(node, frame)
        return self.block(node.body, frame) if node is not None else GOES_ON

    def _arms(
        self,
        statement: int,
        arms: Sequence[Callable[[], Flow]],
        frame: Frame,
        guards: Sequence[Guard | None] = (),
    ) -> Flow:
        """Run every arm from the same start and join what those leave behind that go on."""
        names, attributes = dict(frame.names), dict(self.run.attributes)
        ends: list[tuple[dict[str, Value], dict[str, Value]]] = []
        flows: list[tuple[int, Flow]] = []
        for number, arm in enumerate(arms):
            frame.names, self.run.attributes = dict(names), dict(attributes)
            guard = guards[number] if guards else None
            if guard is not None:
                frame.names[guard.name] = guard.value
            with self.run.arm(statement, number):
                flow = arm()
            if guard is not None and frame.names.get(guard.name) is guard.value and not any(f.ends for _, f in flows):
                frame.names[guard.name] = names[guard.name]
            flows.append((number, flow))
            if not flow.ends:
                ends.append((frame.names, self.run.attributes))
        frame.names = _joined([end[0] for end in ends], names)
        self.run.attributes = _joined([end[1] for end in ends], attributes)
        return self._behind(statement, flows)

    def _behind(self, statement: int, flows: list[tuple[int, Flow]]) -> Flow:
        going = [(number, flow) for number, flow in flows if not flow.ends]
        if not going:
            return Flow(ends=True, raises=all(flow.raises for _, flow in flows))
        left = any(flow.ends and not flow.raises for _, flow in flows)
        if len(going) == 1:
            number, flow = going[0]
            own = ((statement, number),) if left else ()
            return Flow(rest=own + flow.rest if left or flow.rest else ())
        partly = left or any(flow.rest for _, flow in going)
        return Flow(rest=((self.run.fresh(), 0),) if partly else ())

    def _guard(self, test: cst.BaseExpression, frame: Frame) -> Guard | None:
        """`isinstance(m, nn.Linear)` in an initialisation loop narrows what `m` is in its arm."""
        then = True
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            then, test = False, test.expression
        while isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            test = test.left
        if not isinstance(test, cst.Call) or not isinstance(test.func, cst.Name) or test.func.value != "isinstance":
            return None
        subject = test.args[0].value if len(test.args) == 2 else None
        value = frame.lookup(subject.value) if isinstance(subject, cst.Name) else None
        if not isinstance(subject, cst.Name) or not isinstance(value, Swept):
            return None
        classes = tuple(self.calls.class_names(self.evaluate(test.args[1].value, frame)))
        return Guard(subject.value, replace(value, classes=classes), then)

    def _try(self, node: cst.Try | cst.TryStar, frame: Frame) -> Flow:
        handlers = [lambda body=handler.body: self.block(body, frame) for handler in node.handlers]
        if not handlers:
            flow = self.block(node.body, frame)
        else:
            flow = self._arms(self.run.fresh(), [lambda: self._tried(node, frame), *handlers], frame)
        if node.finalbody is not None:
            self.block(node.finalbody.body, frame)
        return flow

    def _tried(self, node: cst.Try | cst.TryStar, frame: Frame) -> Flow:
        flow = self.block(node.body, frame)
        if flow.ends or node.orelse is None:
            return flow
        return self.block(node.orelse.body, frame)

    def _match(self, node: cst.Match, frame: Frame) -> Flow:
        self.evaluate(node.subject, frame)
        arms = [lambda body=case.body: self.block(body, frame) for case in node.cases]
        last = node.cases[-1] if node.cases else None
        total = last is not None and isinstance(last.pattern, cst.MatchAs) and last.pattern.pattern is None and last.guard is None
        return self._arms(self.run.fresh(), arms if total else [*arms, lambda: GOES_ON], frame)

    def _with(self, node: cst.With, frame: Frame) -> Flow:
        silent = 0
        for item in node.items:
            value = self.evaluate(item.item, frame)
            silent += self.calls.silences(value)
            if item.asname is not None:
                self._give(item.asname.name, UNKNOWN, node, item.item, self.run.fresh(), frame)
        self.run.silent += silent
        flow = self.block(node.body, frame)
        self.run.silent -= silent
        return flow

    # -- loops -------------------------------------------------------------------------------------------------

    def _for(self, node: cst.For, frame: Frame) -> Flow:
        self._turns(node.iter, node.target, lambda: self.block(node.body, frame), node.body, frame)
        return self.block(node.orelse.body, frame) if node.orelse is not None else GOES_ON

    def _turns(
        self,
        iterated: cst.BaseExpression,
        target: cst.BaseExpression,
        turn: Callable[[], object],
        body: cst.CSTNode,
        frame: Frame,
    ) -> bool:
        """Run a loop: item by item over a short literal, else once for all turns. Tells which of the two."""
        items = self.evaluate(iterated, frame)
        known = self._known_items(items)
        if known is not None:
            for item in known:
                statement = self.run.fresh()
                self.run.certain.add(statement)
                with self.run.arm(statement, 0):
                    self._give(target, item, target, target, self.run.fresh(), frame)
                    turn()
            return True
        self._widen(body, frame)
        before, attributes = dict(frame.names), dict(self.run.attributes)
        with self.run.looping(self.run.fresh()):
            self._give(target, self.calls.element(items), target, target, self.run.fresh(), frame)
            turn()
        frame.names = _joined([frame.names, before], before)
        self.run.attributes = _joined([self.run.attributes, attributes], attributes)
        return False

    def _known_items(self, value: Value) -> list[Value] | None:
        if not isinstance(value, Group) or not value.exact or len(value.items) > UNROLLED:
            return None
        if value.mapping:
            return [Constant(name) if name is not None else UNKNOWN for name, _ in value.items]
        return [item for _, item in value.items]

    def _widen(self, body: cst.CSTNode, frame: Frame) -> None:
        """What a loop assigns to a name is not the constant that it was before, in all turns but the first."""
        for name, value in list(frame.names.items()):
            if isinstance(value, Constant) and _assigns(body, name):
                frame.names[name] = UNKNOWN

    def _while(self, node: cst.While, frame: Frame) -> Flow:
        self._widen(node.body, frame)
        self.evaluate(node.test, frame)
        before, attributes = dict(frame.names), dict(self.run.attributes)
        with self.run.looping(self.run.fresh()):
            self.block(node.body, frame)
        frame.names = _joined([frame.names, before], before)
        self.run.attributes = _joined([self.run.attributes, attributes], attributes)
        return GOES_ON

    # -- definitions of functions and classes ------------------------------------------------------------------

    def closure(self, node: cst.FunctionDef | cst.Lambda, frame: Frame) -> Value:
        """A function that sees the frame's names; what it reads of the instance counts as read here."""
        mentioned = {each.value for each in _names_in(node)}
        for name, value in self._visible(frame):
            if name not in mentioned:
                continue
            self.run.read("", value)
            if isinstance(value, Self):
                for attribute in sorted(_read_attributes(node, name)):
                    self.run.read(attribute, self.run.attributes.get(attribute))
        return Closure(node, frame)

    def _visible(self, frame: Frame | None) -> Iterator[tuple[str, Value]]:
        while frame is not None:
            yield from list(frame.names.items())
            frame = frame.parent

    def _local_class(self, name: str, frame: Frame) -> Value:
        id = f"{frame.path}::{frame.qualname}.<locals>.{name}"
        return ClassObject(id) if id in self.project.classes else UNKNOWN

    # -- expressions -------------------------------------------------------------------------------------------

    def evaluate(self, node: cst.CSTNode, frame: Frame, alone: bool = False) -> Value:
        """What an expression is; `alone` where nobody takes its value."""
        self.workshop.steps += 1
        if self.workshop.steps > MAX_STEPS:
            raise Exhausted
        match node:
            case cst.Name():
                return self._load(node, frame)
            case cst.Attribute():
                return self._attribute(node, frame)
            case cst.Call():
                return self._call(node, frame, alone)
            case cst.Integer() | cst.Float() | cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                return self._literal(node, frame)
            case cst.Tuple() | cst.List() | cst.Set():
                return self._sequence(node.elements, frame)
            case cst.Dict():
                return self._dictionary(node, frame)
            case cst.Subscript():
                return self._subscript(node, frame)
            case cst.IfExp():
                return self._conditional(node, frame)
            case cst.BooleanOperation():
                return self._boolean(node, frame)
            case cst.BinaryOperation():
                return self._binary(node, frame)
            case cst.UnaryOperation():
                return self._unary(node, frame)
            case cst.Comparison():
                return self._comparison(node, frame)
            case cst.Lambda():
                return self.closure(node, frame)
            case cst.NamedExpr():
                value = self.evaluate(node.value, frame)
                self._give(node.target, value, node, node.value, self.run.fresh(), frame)
                return value
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                return self._comprehension(node.for_in, lambda: (None, self.evaluate(node.elt, frame)), frame)
            case cst.DictComp():
                pair = node
                return self._comprehension(
                    node.for_in,
                    lambda: (text_of(self.evaluate(pair.key, frame)), self.evaluate(pair.value, frame)),
                    frame,
                    mapping=True,
                )
            case cst.Await():
                return self.evaluate(node.expression, frame)
        for child in node.children:
            if isinstance(child, cst.BaseExpression):
                self.evaluate(child, frame)
        return UNKNOWN

    def _load(self, node: cst.Name, frame: Frame) -> Value:
        constants: dict[str, Value] = {"None": NONE, "True": Constant(True), "False": Constant(False)}
        if node.value in constants:
            return constants[node.value]
        value = self.name(node.value, frame)
        if self.run.quiet:
            frame.initialised.add(id(node))
        if not isinstance(value, Constant):
            self.run.read("", value)
        return value

    def _attribute(self, node: cst.Attribute, frame: Frame) -> Value:
        dotted = _dotted(node)
        if dotted is not None and frame.lookup(dotted.partition(".")[0]) is None:
            found = self.resolve(dotted, frame)
            if not isinstance(found, Unknown):
                return found
        quiet = self._is_instance(node.value, frame)
        self.run.quiet += quiet
        owner = self.evaluate(node.value, frame)
        self.run.quiet -= quiet
        return join(self.calls.attribute(option, node.attr.value, frame) for option in options(owner))

    def _is_instance(self, node: cst.BaseExpression, frame: Frame) -> bool:
        return isinstance(node, cst.Name) and isinstance(frame.lookup(node.value), Self)

    def _call(self, node: cst.Call, frame: Frame, alone: bool) -> Value:
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        quiet = alone and bool(INITIALISERS.fullmatch(name))
        self.run.quiet += quiet
        callee = self.evaluate(node.func, frame)
        self.run.quiet -= quiet
        filled = self.calls.fills(callee)
        arguments = self._arguments(node.args, frame, filled)
        return self.calls.call(callee, arguments, node, frame)

    def _arguments(self, args: Sequence[cst.Arg], frame: Frame, quiet: bool) -> Arguments:
        positional: list[Value] = []
        named: list[tuple[str, Value]] = []
        open_ = False
        for number, arg in enumerate(args):
            self.run.quiet += quiet and number == 0
            value = self.evaluate(arg.value, frame)
            self.run.quiet -= quiet and number == 0
            if arg.star == "*":
                items = [item for option in options(value) if isinstance(option, Group) for _, item in option.items]
                positional += items
                open_ = open_ or not (isinstance(value, Group) and value.exact)
            elif arg.star == "**":
                exact = isinstance(value, Group) and value.exact
                if isinstance(value, Group):
                    named += [(name, item) for name, item in value.items if name is not None]
                open_ = open_ or not exact
            elif arg.keyword is not None:
                named.append((arg.keyword.value, value))
            else:
                positional.append(value)
        return Arguments(tuple(positional), tuple(named), open_)

    def _literal(self, node: cst.CSTNode, frame: Frame) -> Value:
        match node:
            case cst.Integer() | cst.Float():
                try:
                    return Constant(ast.literal_eval(node.value))
                except (ValueError, SyntaxError):
                    return UNKNOWN
            case cst.SimpleString():
                value = node.evaluated_value
                return Constant(value) if isinstance(value, str) else UNKNOWN
            case cst.ConcatenatedString():
                left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
                return concatenated([left, right])
            case cst.FormattedString():
                return concatenated([self._formatted(part, frame) for part in node.parts])
        return UNKNOWN

    def _formatted(self, part: cst.BaseFormattedStringContent, frame: Frame) -> Value:
        if isinstance(part, cst.FormattedStringText):
            return Constant(part.value)
        if isinstance(part, cst.FormattedStringExpression):
            value = self.evaluate(part.expression, frame)
            if isinstance(value, Constant) and part.format_spec is None:
                return replace(value, value=str(value.value))
        return UNKNOWN

    def _sequence(self, elements: Sequence[cst.BaseElement], frame: Frame) -> Value:
        group = self.run.group()
        for element in elements:
            value = self.evaluate(element.value, frame)
            if isinstance(element, cst.StarredElement):
                self.calls.extend(group, value, frame.place(element))
            else:
                self.calls.grow(group, None, value)
        return group

    def _dictionary(self, node: cst.Dict, frame: Frame) -> Value:
        group = self.run.group(mapping=True)
        for element in node.elements:
            value = self.evaluate(element.value, frame)
            if isinstance(element, cst.DictElement):
                self.calls.grow(group, text_of(self.evaluate(element.key, frame)), value)
            else:
                self.calls.extend(group, value, frame.place(element))
        return group

    def _index(self, node: cst.Subscript, frame: Frame) -> Value:
        value: Value = UNKNOWN
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                value = self.evaluate(element.slice.value, frame)
            else:
                for bound in (element.slice.lower, element.slice.upper, element.slice.step):
                    if bound is not None:
                        self.evaluate(bound, frame)
        return value if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index) else UNKNOWN

    def _subscript(self, node: cst.Subscript, frame: Frame) -> Value:
        owner = self.evaluate(node.value, frame)
        index = self._index(node, frame)
        sliced = any(isinstance(element.slice, cst.Slice) for element in node.slice)
        return join(self.calls.item(option, index, sliced, node, frame) for option in options(owner))

    def _conditional(self, node: cst.IfExp, frame: Frame) -> Value:
        test = truth(self.evaluate(node.test, frame))
        if test is not None:
            return self.evaluate(node.body if test else node.orelse, frame)
        statement = self.run.fresh()
        values = []
        for number, arm in enumerate((node.body, node.orelse)):
            with self.run.arm(statement, number):
                values.append(self.evaluate(arm, frame))
        return join(values)

    def _boolean(self, node: cst.BooleanOperation, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        short = isinstance(node.operator, cst.Or)
        known = truth(left)
        if known is not None:
            return left if known is short else self.evaluate(node.right, frame)
        with self.run.arm(self.run.fresh(), 0):
            right = self.evaluate(node.right, frame)
        kept = [option for option in options(left) if truth(option) is not (not short)]
        return join([*kept, right])

    def _binary(self, node: cst.BinaryOperation, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        match node.operator:
            case cst.Add():
                return self.calls.add(left, right, frame.place(node))
            case cst.Modulo() if isinstance(left, Constant) and isinstance(left.value, str):
                return Constant(_PLACEHOLDER.sub("*", left.value), pattern=True)
            case cst.Multiply() if isinstance(left, Group) or isinstance(right, Group):
                group = left if isinstance(left, Group) else right
                return group
        return self.calls.arithmetic([left, right])

    def _unary(self, node: cst.UnaryOperation, frame: Frame) -> Value:
        value = self.evaluate(node.expression, frame)
        if isinstance(node.operator, cst.Not):
            known = truth(value)
            return UNKNOWN if known is None else Constant(not known)
        if isinstance(node.operator, cst.Minus) and isinstance(value, Constant) and isinstance(value.value, int | float):
            return Constant(-value.value)
        return self.calls.arithmetic([value])

    def _comparison(self, node: cst.Comparison, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        rights = [(comparison.operator, self.evaluate(comparison.comparator, frame)) for comparison in node.comparisons]
        if len(rights) != 1:
            return UNKNOWN
        operator, right = rights[0]
        known = compared(operator, left, right)
        return UNKNOWN if known is None else Constant(known)

    def _comprehension(
        self,
        loop: cst.CompFor,
        element: Callable[[], tuple[str | None, Value]],
        frame: Frame,
        mapping: bool = False,
    ) -> Value:
        group = self.run.group(mapping)
        hidden = dict(frame.names)

        def turn() -> None:
            name, value = element()
            self.calls.grow(group, name, value)

        self._nested_turns(loop, turn, frame)
        added = {name: value for name, value in frame.names.items() if name not in hidden}
        frame.names = {**frame.names, **hidden}
        for name in added:
            del frame.names[name]
        return group

    def _nested_turns(self, loop: cst.CompFor, turn: Callable[[], None], frame: Frame) -> None:
        inner = loop.inner_for_in

        def once() -> None:
            tests = [truth(self.evaluate(condition.test, frame)) for condition in loop.ifs]
            if False in tests:
                return
            if None in tests:
                with self.run.arm(self.run.fresh(), 0):
                    self._through(inner, turn, frame)
            else:
                self._through(inner, turn, frame)

        self._turns(loop.iter, loop.target, once, loop, frame)

    def _through(self, inner: cst.CompFor | None, turn: Callable[[], None], frame: Frame) -> None:
        if inner is None:
            turn()
        else:
            self._nested_turns(inner, turn, frame)


@dataclass(frozen=True, slots=True)
class Guard:
    """In the arm where an `isinstance` holds, a name stands for fewer modules."""

    name: str
    value: Value
    then: bool


def _outside(frame: Frame) -> Frame:
    """Module level, as the code of a function sees it: what defaults and annotations are evaluated in."""
    return Frame(frame.slice, frame.path, frame.qualname, frame.owner, None, frame.site)


def _joined(ends: list[dict[str, Value]], start: dict[str, Value]) -> dict[str, Value]:
    """The names behind a branch; one that only some arms bind may be unbound, which nobody reads."""
    if not ends:
        return start
    if len(ends) == 1:
        return ends[0]
    result = dict(ends[0])
    for end in ends[1:]:
        for name, value in end.items():
            result[name] = value if name not in result or result[name] is value else join([result[name], value])
    return result


def text_of(value: Value) -> str:
    """A name that is computed, as a pattern."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    return str(value.value) if isinstance(value, Constant) and isinstance(value.value, int) else "*"


def concatenated(parts: Iterable[Value]) -> Value:
    """The string that parts make, with `*` for what is not known."""
    found = [part if isinstance(part, Constant) and isinstance(part.value, str) else Constant("*", True) for part in parts]
    text = "".join(str(part.value) for part in found)
    return Constant(re.sub(r"\*+", "*", text) if any(part.pattern for part in found) else text, any(p.pattern for p in found))


def compared(operator: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    """The result of a comparison where both sides are known."""
    if isinstance(left, Either):
        found = {compared(operator, option, right) for option in left.options}
        return found.pop() if len(found) == 1 else None
    if isinstance(operator, cst.Is | cst.IsNot | cst.Equal | cst.NotEqual) and isinstance(right, Constant):
        same = _same(left, right)
        if same is None:
            return None
        return same if isinstance(operator, cst.Is | cst.Equal) else not same
    if isinstance(operator, cst.In | cst.NotIn) and isinstance(left, Constant) and isinstance(right, Group) and right.exact:
        items = [Constant(name) if right.mapping else item for name, item in right.items]
        if all(isinstance(item, Constant) for item in items):
            return (left in items) is isinstance(operator, cst.In)
    return _ordered(operator, left, right)


def _same(left: Value, right: Constant) -> bool | None:
    if isinstance(left, Constant):
        return None if left.pattern or right.pattern else left.value == right.value
    built = isinstance(left, Thing) and left.kind is not None
    if right.value is None and (built or isinstance(left, ClassObject | ProjectFunction | Closure | Group | Self)):
        return False
    return None


def _ordered(operator: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    if not (isinstance(left, Constant) and isinstance(right, Constant)):
        return None
    one, other = left.value, right.value
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return None
    match operator:
        case cst.LessThan():
            return one < other
        case cst.LessThanEqual():
            return one <= other
        case cst.GreaterThan():
            return one > other
        case cst.GreaterThanEqual():
            return one >= other
    return None


def _dotted(node: cst.BaseExpression) -> str | None:
    """`a.b.c` as text; None where it is more than names."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    return ".".join([node.value, *reversed(names)]) if isinstance(node, cst.Name) else None


def _names_in(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Every name that stands for a variable: neither an attribute's nor a keyword's."""
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        match current:
            case cst.Name():
                yield current
            case cst.Attribute():
                pending.append(current.value)
            case cst.Arg():
                pending.append(current.value)
            case _:
                pending += current.children


def _loads(node: cst.FunctionDef, name: str) -> Iterator[int]:
    """The places that mention a local, but for the first, which assigns it."""
    found = [id(each) for each in _names_in(node.body) if each.value == name]
    assigned = {id(target.target) for target in _targets(node.body)}
    yield from (each for each in found if each not in assigned)


def _targets(node: cst.CSTNode) -> Iterator[cst.AssignTarget]:
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.AssignTarget):
            yield current
        elif not isinstance(current, cst.BaseExpression):
            pending += current.children


def _mentions(node: cst.CSTNode, name: str) -> bool:
    return any(each.value == name for each in _names_in(node))


def _assigns(node: cst.CSTNode, name: str) -> bool:
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        match current:
            case cst.AssignTarget() | cst.AugAssign() | cst.AnnAssign() | cst.NamedExpr() | cst.CompFor():
                if _mentions(current.target, name):
                    return True
        pending += current.children
    return False


def _read_attributes(node: cst.CSTNode, instance: str) -> set[str]:
    """The attributes that code reads from the instance; `*` where it hands the instance on."""
    found: set[str] = set()
    pending: list[cst.CSTNode] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, cst.Attribute) and isinstance(current.value, cst.Name) and current.value.value == instance:
            found.add(current.attr.value)
        elif isinstance(current, cst.Name) and current.value == instance:
            found.add(EVERYTHING)
        else:
            pending += current.children
    return found
