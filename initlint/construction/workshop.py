"""What all constructions of one project share: parsed slices, module-level values, summaries of what was built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from initlint.construction import knowledge
from initlint.construction.expressions import MAX_STEPS, Exhausted
from initlint.construction.finish import NOTHING_KNOWN, Finish, Summary
from initlint.construction.frames import Frame
from initlint.construction.inert import Inert
from initlint.construction.run import Run
from initlint.construction.slices import Slice, statement_end
from initlint.construction.templates import Made, made
from initlint.construction.torchcalls import ANY_MODULE
from initlint.construction.values import (
    UNKNOWN,
    Arguments,
    Bound,
    ClassObject,
    External,
    Group,
    ProjectFunction,
    Table,
    TorchFunction,
    Value,
    join,
    key_of,
    rounded,
    settable,
)
from initlint.construction.visitor import Interpreter
from initlint.depth import recursion
from initlint.project.bindings import MODULE_LEVEL
from initlint.project.imports import Symbol, SymbolKind
from initlint.project.inheritance import MODULE

if TYPE_CHECKING:
    from initlint.construction.ledger import Construction, Passed
    from initlint.project.classes import ClassId, Method
    from initlint.project.project import Project

MAX_BUILDS = 60
"""The depth to which classes and functions are followed into each other; what is deeper is unknown."""

FEW = 4
"""The number of classes in a table that are distinguished."""

MOST_SLICES = 250
"""The number of parsed slices that are kept for the next construction: a tree takes 300 times its source."""

RECURSION = 12_000

Answered = TypeVar("Answered")


class Workshop:
    """Makes constructions. All state is memoised answers about one project."""

    def __init__(self, project: Project, passed: Passed) -> None:
        self.project = project
        self._passed = passed
        self.inert = Inert(project, self.variable)
        self.steps = 0
        self.names: dict[tuple[str, str, str], Value] = {}
        self._numbers = itertools.count(1)
        self._slices: dict[tuple[str, int], Slice] = {}
        self._globals: dict[tuple[str, str], Value] = {}
        self._answers: dict[object, Any] = {}
        self._provisional: dict[object, Any] = {}
        self._active: list[object] = []
        self._recursive: set[object] = set()

    def construct(self, cls: ClassId) -> Construction:
        """The construction of a class with unknown arguments."""
        self.steps = 0
        self._provisional.clear()
        for oldest in list(self._slices)[:-MOST_SLICES]:
            del self._slices[oldest]
        info = self.project.classes[cls]
        with recursion(RECURSION):
            run = Interpreter(self, Run(cls, self._numbers)).construct(None)
            return Finish(run, self.is_a).construction(info.facts.qualname, info.path)

    def give(self, method: Method, handed: Mapping[str, ClassId]) -> Construction:
        """What a function, or a file, gives the instances that it receives or builds, as if it were a constructor."""
        self.steps = 0
        self._provisional.clear()
        with recursion(RECURSION):
            run = Interpreter(self, Run("", self._numbers)).give_parts(method, handed)
            return Finish(run, self.is_a).construction(self._called(method), method.path)

    def _called(self, method: Method) -> str:
        """The name of the code of a function, or of a file, in a sentence."""
        owner = f"{self.project.classes[method.owner].facts.qualname}." if method.owner else ""
        return method.facts.name if method.facts.name == MODULE_LEVEL else f"{owner}{method.facts.name}()"

    def build(self, cls: ClassId, arguments: Arguments) -> Summary:
        """What an instance of a class draws when it is built with these arguments."""
        given = rounded(arguments)

        def summary() -> Summary:
            return Finish(Interpreter(self, Run(cls, self._numbers)).construct(given), self.is_a).summary()

        return self._answer(cls, given, summary, NOTHING_KNOWN)

    def make(self, method: Method, arguments: Arguments) -> Made | None:
        """What a function of the project returns for these arguments; None if its run has other effects."""
        given = rounded(arguments)

        def returned() -> Made | None:
            run = Run("", self._numbers)
            value = Interpreter(self, run).invoke(method, None, given, None)
            return made(Finish(run, self.is_a), value)

        return self._answer(method.id, given, returned, None)

    def _answer(self, what: object, arguments: Arguments, run: Callable[[], Answered], unknown: Answered) -> Answered:
        """The result of a run, computed once; a result inside of a recursion only lasts until that has ended."""
        key = (what, key_of(arguments))
        for known in (self._answers, self._provisional):
            if key in known:
                found: Answered = known[key]
                return found
        if self.steps > MAX_STEPS:
            return unknown
        if what in self._active or len(self._active) > MAX_BUILDS:
            self._recursive.add(what if what in self._active else self._active[0])
            return unknown
        self._active.append(what)
        try:
            answer = run()
        except Exhausted:
            return unknown
        finally:
            self._active.pop()
            self._recursive.discard(what)
        if self.steps > MAX_STEPS:
            return answer
        if self._recursive:
            self._provisional[key] = answer
        else:
            self._answers[key] = answer
            self._provisional.clear()
        return answer

    def is_a(self, cls: str, base: str) -> bool:
        """Whether a class is another or inherits from it."""
        return cls == base or base in self.project.mro(cls)

    def slice(self, path: str, start: int, end: int) -> Slice:
        """A piece of a file: the same object throughout one construction."""
        known = self._slices.pop((path, start), None)
        self._slices[path, start] = known = known or Slice(self.project.source(path), start, end)
        return known

    def passed_classes(self, cls: ClassId, parameter: str) -> Value:
        """The classes of modules that calls pass to the constructor of a class for a parameter: any, if not all are
        known."""
        given = self._passed(cls, parameter)
        modules = [each for each in sorted(given.classes) if self.is_a(each, MODULE)]
        if not modules:
            return UNKNOWN
        known = len(modules) == len(given.classes) <= FEW and not given.unknown
        return join(map(ClassObject, modules)) if known else ClassObject(ANY_MODULE)

    # -- names at module level ---------------------------------------------------------------------------------

    def symbol(self, symbol: Symbol) -> Value:
        """The value of a resolved name."""
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
                return self.external(symbol.target)
            case SymbolKind.MODULE:
                return UNKNOWN

    def external(self, name: str) -> Value:
        """The value of a dotted name outside of the project."""
        if knowledge.module(name) is not None:
            return ClassObject(knowledge.canonical(name))
        if name.split(".")[0] == "torch":
            return TorchFunction(knowledge.canonical(name))
        owner, _, tail = name.rpartition(".")
        if table := self._registered(name):
            return Table(table)
        if table := self._registered(owner):
            return Bound(Table(table), tail)
        cls = self.project.class_of(Symbol(SymbolKind.EXTERNAL, name))
        return ClassObject(cls) if cls is not None and cls in self.project.classes else External(name)

    def variable(self, path: str, name: str) -> Value:
        """The value of a module-level name that is no class, function or import."""
        if (path, name) not in self._globals:
            self._globals[path, name] = UNKNOWN
            self._globals[path, name] = self.filled(self._variable(path, name), f"{path}::{name}")
        return self._globals[path, name]

    def filled(self, value: Value, target: str) -> Value:
        """A variable, or an attribute of a class, with the classes registered in it."""
        classes = self._registered(target)
        if not classes:
            return value
        if isinstance(value, Group):
            items = [*value.items, *((None, cls) for cls in classes)]
            return Group(value.token, items, exact=False, mapping=True)
        return Table(classes)

    def _registered(self, target: str) -> tuple[ClassObject, ...]:
        """The classes in a table; if they are many, any class of modules."""
        classes = self.project.tables.classes(target)
        return (ClassObject(ANY_MODULE),) if len(classes) > FEW else tuple(map(ClassObject, classes))

    def _variable(self, path: str, name: str) -> Value:
        if path not in self.project.files:
            return UNKNOWN
        start, source = self.project.modules.variables(path).get(name), self.project.source(path)
        if start is None or source[start - 1 : start] not in (b"", b"\n"):
            return UNKNOWN
        slice_ = self.slice(path, start, statement_end(source, start))
        run = Run("", self._numbers)
        run.silent = 1
        frame = Frame(slice_, path, "", "")
        Interpreter(self, run).statement(slice_.node, frame)
        return settable(frame.names.get(name, UNKNOWN))
