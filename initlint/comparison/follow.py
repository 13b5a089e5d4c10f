"""Constructions, followed: statements, functions and the constructors of classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from initlint.comparison.bindings import imported
from initlint.comparison.calls import SILENT
from initlint.comparison.code import class_key
from initlint.comparison.draws import known_value
from initlint.comparison.expressions import LAZY
from initlint.comparison.machine import MAX_STEPS, is_missing
from initlint.comparison.methods import Methods
from initlint.comparison.pieces import without_docstring
from initlint.comparison.signatures import initialiser, parameter
from initlint.comparison.terms import NONE, Term, constant, is_constant
from initlint.comparison.trace import Leave
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
    Token,
    Value,
)
from initlint.construction.values import Constant

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.shared import Shared
    from initlint.project.classes import ClassId, Method

MAX_DEPTH = 40
MAX_NESTED = 3
"""How often one function may be entered within itself, unless it goes down into what was there before."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """How a block ends: it goes on, leaves in some way with a value, or does one or the other by a condition."""

    kind: str
    value: Value = NONE
    guard: Term | None = None
    yes: Flow | None = None
    no: Flow | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A function that is being run: where its node is kept, its frame, and the modules that it was given."""

    function: int
    frame: Token
    modules: frozenset[Token]


ON = Flow("next")
SUPPRESS = Term("name", ("contextlib.suppress",))


class Follower(Methods):
    """Follows one construction from its first statement to its last."""

    def __init__(self, code: Code, shared: Shared, followed: frozenset[Term], limit: int = MAX_STEPS) -> None:
        super().__init__(code, shared, followed, limit)
        self._active: list[Entered] = []
        self._open = False
        self._defaults: dict[int, Value] = {}

    # -- constructions -----------------------------------------------------------------------------------------

    def construct(self, cls: ClassId, given: Mapping[str, Value]) -> Instance:
        """Build an instance of a class from named parameters; what is not given is left to its default."""
        instance = Instance(self.token(), cls, Term("instance", ("self",)))
        self.home.append(instance)
        node = self.code.cls(cls) or ast.Pass()
        frame = Frame(self.token(), self.project.classes[cls].path, "", cls, None, instance)
        self._around(cls, node, frame)
        method = initialiser(self.project, cls)
        if method is not None:
            self._open = True
            self.invoke(Function(method, instance), Arguments(named=tuple(given.items())), node, frame)
        else:
            self.next_constructor(Super(instance, cls), Arguments(rest=(parameter("*"),)), node, frame)
        return instance

    def run(self, method: Method, given: Mapping[str, Value]) -> Value:
        """Run a function with named parameters; what is not given is left to its default."""
        self._open = True
        frame = Frame(self.token(), method.path, "", "")
        return self.invoke(Function(method), Arguments(named=tuple(given.items())), ast.Pass(), frame)

    def instantiate(self, cls: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """An instance of a class of the project, whose constructor is followed."""
        if cls not in self.project.classes:
            return self.unseen(Term("name", (cls,)), arguments, node, frame)
        alike = self.shared.of_class(self.code, cls)
        if alike is not None and alike not in self.followed and self._plain_arguments(arguments):
            made = self.unread(alike, arguments, node, frame)
            self.instances[made.token] = cls
            return made
        method = initialiser(self.project, cls)
        if method is None and self.code.foreign(cls) and not self.project.is_module(cls):
            plain = not any(self.code.methods(class_key(each)) for each in self.project.mro(cls))
            whole = self.code.whole(cls)
            passed = [whole, *arguments.values()]
            return self.compound("call", passed) if plain else self.unseen(whole, arguments, node, frame)
        own = self.code.of_function(method) if method is not None else Term("class", ())
        instance = Instance(self.token(), cls, Term("instance", (own, *self.terms(arguments))))
        if len(self.home) > MAX_DEPTH or [home.cls for home in self.home].count(cls) >= MAX_NESTED:
            return self.unseen(self.code.of_class(cls), arguments, node, frame)
        self.home.append(instance)
        self.trail.append(self.place(node, frame))
        try:
            self._around(cls, node, frame)
            if method is not None:
                self.invoke(Function(method, instance), arguments, node, frame)
            else:
                self._fields(instance, arguments)
                self.next_constructor(Super(instance, cls), arguments, node, frame)
        finally:
            self.home.pop()
            self.trail.pop()
        return instance

    def _around(self, cls: ClassId, node: ast.AST, frame: Frame) -> None:
        """What else than constructors makes an instance is not followed, only compared."""
        around = self.code.around(cls)
        if around is not None:
            self.unseen(around, Arguments(), node, frame)

    def opaque(self, nodes: Sequence[ast.AST], frame: Frame) -> Term:
        """Code that is not followed: what it is, and what the names in it stand for."""
        held = [self._captured(name, frame) for name in self.code.free(nodes)]
        return Term("opaque", (self.code.of_nodes(nodes, frame.path, frame.qualname), *filter(None, held)))

    def _captured(self, name: str, frame: Frame) -> Term | None:
        inner: Frame | None = frame
        while inner is not None:
            found = self.get(inner.token, name)
            if isinstance(found, Instance):
                return self.state(found)
            if not is_missing(found):
                return self.describe(found)
            inner = inner.parent
        return None

    def _plain_arguments(self, arguments: Arguments) -> bool:
        """Whether a call passes data only: no module, tensor or code that a callee could fill, change or run."""
        return all(self._is_data(value) for value in arguments.values())

    def _is_data(self, value: Value) -> bool:
        match self.resolved(value):
            case ClassRef() | Term():
                return "alike" not in self.describe(value).marks
            case ModuleRef() | Spread() | Missing():
                return True
            case Made(cls="", term=Term(op="call") as term):
                return "alike" not in term.marks
            case Function(instance=instance):
                return instance is None
            case Items() as items:
                return all(map(self._is_data, self.held(items)))
            case Table() as table:
                return all(self._is_data(item) for _, item in self.entries(table))
            case Repeat(value=inner):
                return self._is_data(inner)
            case Choice(yes=yes, no=no):
                return self._is_data(yes) and self._is_data(no)
            case Partial(callee=callee, arguments=inner):
                return self._is_data(callee) and self._plain_arguments(inner)
            case _:
                return False

    def _fields(self, instance: Instance, arguments: Arguments) -> None:
        """The fields of a dataclass, where its constructor is generated."""
        node = self.code.cls(instance.cls)
        names = [
            each.target.id
            for each in (node.body if node is not None else [])
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        if any("dataclass" in each for each in self.project.classes[instance.cls].facts.decorators):
            for name, value in [*zip(names, arguments.positional, strict=False), *arguments.named]:
                self.set(instance.token, name, value)

    # -- functions ---------------------------------------------------------------------------------------------

    def invoke(self, function: Function, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """Run a function of the project."""
        method = function.method
        found = self.code.function(method)
        if method.owner is None and self._plain_arguments(arguments):
            alike = self.shared.of_function(self.code, method)
            if alike is not None and alike not in self.followed:
                return self.unread(alike, arguments, node, frame)
        if found is None or self.code.changes(f"{method.path}::{method.facts.name}", stored=True):
            return self.unseen(self.code.of_function(method), arguments, node, frame)
        instance = function.instance
        static = any(each.endswith("staticmethod") for each in method.facts.decorators)
        if instance is None and method.owner is not None and arguments.positional and not static:
            instance = arguments.positional[0]
            arguments = Arguments(arguments.positional[1:], arguments.named, arguments.rest)
        qualname = method.facts.name
        if method.owner is not None:
            qualname = f"{self.project.classes[method.owner].facts.qualname}.{qualname}"
        cls = method.owner or (self.home[-1].cls if self.home else "")
        inner = Frame(self.token(), method.path, qualname, cls, None, instance)
        bound = () if instance is None else (instance,)
        return self._enter(found, inner, inner, bound, arguments, node, frame)

    def enter(self, closure: Closure, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """Run a lambda or nested function."""
        outer = closure.frame
        inner = Frame(self.token(), outer.path, outer.qualname, outer.cls, outer, outer.instance)
        return self._enter(closure.node, inner, outer, (), arguments, node, frame)

    def _enter(
        self,
        function: ast.FunctionDef | ast.Lambda,
        frame: Frame,
        defaults: Frame,
        bound: tuple[Value, ...],
        arguments: Arguments,
        node: ast.AST,
        caller: Frame,
    ) -> Value:
        entered = Entered(id(function), frame.token, modules((*bound, *arguments.values())))
        if len(self._active) > MAX_DEPTH or self._goes_round(entered):
            term = self.code.of_nodes([function], frame.path, frame.qualname)
            return self.unseen(term, Arguments((*bound, *arguments.positional), arguments.named), node, caller)
        wrapped = [] if isinstance(function, ast.Lambda) else function.decorator_list
        if not all(self.code.keeps(each, frame.path) for each in wrapped):
            passed = Arguments((*bound, *arguments.positional), arguments.named, arguments.rest)
            return self.unseen(self.code.of_nodes([function], frame.path, frame.qualname), passed, node, caller)
        for value in arguments.values():
            self._kept(value, node, caller)
        self._bind(function.args, bound, arguments, frame, defaults)
        self._active.append(entered)
        try:
            if isinstance(function, ast.Lambda):
                return self.evaluate(function.body, frame)
            yields, before = self.items([]), len(self.events)
            self.set(frame.token, ".yields", yields)
            flow = self.block(without_docstring(function.body), frame)
            return self.unless_kept(yields, before) if self.held(yields) else self._result(flow)
        finally:
            self._active.pop()

    def _goes_round(self, entered: Entered) -> bool:
        """Whether a function is entered within itself once more, and not for a module that was there before."""
        around = [each for each in self._active if each.function == entered.function]
        if len(around) < MAX_NESTED:
            return False
        older = frozenset(token for token in entered.modules if token < around[0].frame)
        return not older or any(older <= each.modules for each in around)

    def _result(self, flow: Flow | None) -> Value:
        """What a function returns that ends in this way."""
        if flow is None or flow.kind == "raise":
            return MISSING
        if flow.kind == "split" and flow.guard is not None:
            one, other = self._result(flow.yes), self._result(flow.no)
            return other if one is MISSING else one if other is MISSING else self.choice(flow.guard, one, other)
        return flow.value

    def _bind(
        self, params: ast.arguments, bound: tuple[Value, ...], arguments: Arguments, frame: Frame, defaults: Frame
    ) -> None:
        """Give every parameter its argument or its default; starred ones of the first call can be anything."""
        values = (*bound, *arguments.positional)
        unclear = next((place for place, value in enumerate(values) if isinstance(value, Spread | Repeat)), None)
        rest = list(arguments.rest)
        if unclear is not None:
            rest += map(self.describe, values[unclear:])
            values = values[:unclear]
        given = dict(arguments.named)
        positional = [*params.posonlyargs, *params.args]
        first_default = len(positional) - len(params.defaults)
        for place, param in enumerate(positional):
            default = params.defaults[place - first_default] if place >= first_default else None
            value = values[place] if place < len(values) else given.pop(param.arg, None)
            self._set_parameter(param.arg, value, default, rest, frame, defaults)
        for param, default in zip(params.kwonlyargs, params.kw_defaults, strict=True):
            self._set_parameter(param.arg, given.pop(param.arg, None), default, rest, frame, defaults)
        any_more, self._open = self._open, False
        if params.vararg is not None:
            rest = [parameter("*")] if any_more else rest
            more = [*values[len(positional) :], *(Spread(term) for term in rest)]
            self.set(frame.token, params.vararg.arg, self.items(more, "tuple"))
        if params.kwarg is not None:
            entries = [(constant(name), value) for name, value in given.items()]
            rest = [parameter("**")] if any_more else rest
            keep = Term("rest", tuple(rest)) if rest else None
            self.set(frame.token, params.kwarg.arg, self.table(entries, keep))

    def _set_parameter(
        self, name: str, value: Value | None, default: ast.expr | None, rest: list[Term], frame: Frame, defaults: Frame
    ) -> None:
        if value is None:
            outer = Frame(self.token(), defaults.path, defaults.qualname, defaults.cls, defaults.parent)
            if default is not None and id(default) not in self._defaults:
                self._defaults[id(default)] = self.evaluate(default, outer)
            value = self._defaults[id(default)] if default is not None else Term("unset", (name,))
            if rest:
                value = Term("looked up", (*rest, name, self.describe(value)))
        self.set(frame.token, name, value)

    # -- statements --------------------------------------------------------------------------------------------

    def block(self, body: list[ast.stmt], frame: Frame) -> Flow:
        """Run statements in order; behind one that leaves on some condition, the rest runs on the other."""
        for place, statement in enumerate(body):
            flow = self.statement(statement, frame)
            if flow.kind == "split":
                return self._resume(flow, lambda: self.block(body[place + 1 :], frame))  # noqa: B023
            if flow.kind != "next":
                return flow
        return ON

    def _resume(self, flow: Flow | None, rest: Callable[[], Flow]) -> Flow:
        """Go on where a flow goes on."""
        if flow is None:
            return ON
        if flow.kind == "next":
            return rest()
        if flow.kind != "split" or flow.guard is None:
            return flow
        if flow.yes is not None and flow.yes.kind == "raise":
            return self._resume(flow.no, rest)
        if flow.no is not None and flow.no.kind == "raise":
            return self._resume(flow.yes, rest)
        return self._split(
            flow.guard,
            *self.either(flow.guard, lambda: self._resume(flow.yes, rest), lambda: self._resume(flow.no, rest)),
        )

    def _split(self, guard: Term, yes: Flow | None, no: Flow | None) -> Flow:
        if yes is None or no is None:
            return yes or no or ON
        if yes.kind == no.kind and yes.kind != "split" and yes.kind != "return":
            return yes
        return Flow("split", NONE, guard, yes, no)

    def statement(self, node: ast.stmt, frame: Frame) -> Flow:
        """Run one statement."""
        self.step()
        method = _METHODS.get(type(node))
        if method is None:
            raise self.unfollowed(f"a statement of the kind {type(node).__name__}", node, frame)
        flow: Flow | None = method(self, node, frame)
        return flow or ON

    def _expression(self, node: ast.Expr, frame: Frame) -> None:
        if isinstance(node.value, ast.Yield | ast.YieldFrom):
            self._yield(node.value, frame)
        else:
            self.evaluate(node.value, frame)

    def _yield(self, node: ast.Yield | ast.YieldFrom, frame: Frame) -> None:
        value = self.evaluate(node.value, frame) if node.value is not None else NONE
        yields = self.get(frame.token, ".yields")
        if isinstance(yields, Items):
            more = self.held(value) if isinstance(node, ast.YieldFrom) and isinstance(value, Items) else (value,)
            self.put(yields, (*self.held(yields), *more))

    def _assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self._kept(self.evaluate(node.value, frame), node, frame)
        for target in node.targets:
            self.give(target, value, frame)

    def _annotated(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            self.give(node.target, self._kept(self.evaluate(node.value, frame), node, frame), frame)

    def _kept(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        """A value that is kept; an iterator that draws would do so later, which is not followed."""
        if isinstance(value, Items) and value.kind == LAZY:
            raise self.unfollowed("an iterator that draws and is kept", node, frame)
        return value

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        before = self.evaluate(node.target, frame)
        value = self.evaluate(node.value, frame)
        op = type(node.op).__name__
        if op == "Add" and isinstance(before, Items) and before.kind == "list":
            more = self.held(value) if isinstance(value, Items) else (Spread(self.describe(value)),)
            self.put(before, (*self.held(before), *more))
        elif op == "Add" and isinstance(before, Made | Instance) and self._module_like(before):
            self.extend(before.token, value)
        else:
            self.give(node.target, self.operate(op, before, value, node, frame), frame)

    def give(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """Store a value where an assignment target says."""
        match target:
            case ast.Name(id=name):
                while name in frame.outer and frame.parent is not None:
                    frame = frame.parent
                self.set(frame.token, name, value)
            case ast.Attribute(value=owner, attr=name):
                self.each(self.evaluate(owner, frame), lambda one: self._set_attribute(one, name, value, target, frame))
            case ast.Subscript():
                holder = self.evaluate(target.value, frame)
                index = NONE if isinstance(target.slice, ast.Slice) else self.evaluate(target.slice, frame)
                self.each(holder, lambda one: self._set_item(one, self.describe(index), value, target, frame))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(targets, self.iterable(value, target, frame), frame)
            case ast.Starred(value=inner):
                self.give(inner, value, frame)
            case _:
                pass

    def _set_attribute(self, owner: Value, name: str, value: Value, node: ast.expr, frame: Frame) -> Value:
        match owner:
            case Instance():
                method = self.project.method(owner.cls, name)
                if method is not None and self._accessor(method):
                    return self.unseen(self.code.of_function(method), Arguments((owner, value)), node, frame)
                self.set(owner.token, name, value)
            case Made():
                self.set(owner.token, f".{name}" if name == "data" else name, value)
            case Term():
                self.set(0, f"{owner.digest.hex()}.{name}", value)
            case ClassRef() | ModuleRef():
                raise self.unfollowed("a change of a class or module", node, frame)
            case _:
                pass
        return NONE

    def _set_item(self, owner: Value, index: Term, value: Value, node: ast.expr, frame: Frame) -> Value:
        match owner:
            case Table():
                kept = [entry for entry in self.entries(owner) if entry[0] != index]
                same = len(kept) < len(self.entries(owner))
                if same:
                    replaced = [(key, value if key == index else item) for key, item in self.entries(owner)]
                    self.put(owner, tuple(replaced))
                else:
                    self.put(owner, (*kept, (index, value)))
            case Items():
                at = index.args[0] if is_constant(index) else None
                held = self.held(owner)
                if isinstance(at, int) and self._plain(owner) and -len(held) <= at < len(held):
                    at = at % len(held)
                    self.put(owner, (*held[:at], value, *held[at + 1 :]))
                else:
                    term = Term("changed", (self.describe(owner), index, self.describe(value)))
                    self.put(owner, (Spread(term),))
            case Made() | Instance():
                self.assign(owner, index, value)
            case Term():
                self.set(0, self.item_key(owner, index), value)
            case Bound(receiver=Instance() as holder, name="_modules" | "_parameters" | "_buffers" | "__dict__"):
                self.assign(holder, index, value)
            case _:
                raise self.unfollowed("an item of something unknown", node, frame)
        return NONE

    def _unpack(self, targets: list[ast.expr], value: Value, frame: Frame) -> None:
        starred = [place for place, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if isinstance(value, Items) and self._plain(value) and len(self.held(value)) >= len(targets) - len(starred):
            held = list(self.held(value))
            if starred:
                behind = len(targets) - starred[0] - 1
                middle = held[starred[0] : len(held) - behind]
                held = [*held[: starred[0]], self.items(middle), *held[len(held) - behind :]]
            for target, item in zip(targets, held, strict=False):
                self.give(target, item, frame)
            return
        for place, target in enumerate(targets):
            self.give(target, self.each(value, lambda one: self.item(one, constant(place))), frame)  # noqa: B023

    def _return(self, node: ast.Return, frame: Frame) -> Flow:
        return Flow("return", NONE if node.value is None else self._kept(self.evaluate(node.value, frame), node, frame))

    def _raise(self, node: ast.Raise, frame: Frame) -> Flow:
        return Flow("raise")

    def _break(self, node: ast.Break, frame: Frame) -> Flow:
        return Flow("break")

    def _continue(self, node: ast.Continue, frame: Frame) -> Flow:
        return Flow("continue")

    def _delete(self, node: ast.Delete, frame: Frame) -> None:
        for target in node.targets:
            match target:
                case ast.Attribute(value=owner, attr=name):
                    found = self.evaluate(owner, frame)
                    if isinstance(found, Instance | Made):
                        self.set(found.token, name, MISSING)
                case ast.Name(id=name):
                    self.set(frame.token, name, MISSING)
                case ast.Subscript(value=owner, slice=index) if not isinstance(index, ast.Slice):
                    self._delete_item(self.evaluate(owner, frame), self.evaluate(index, frame), node, frame)
                case _:
                    raise self.unfollowed("a deletion", node, frame)

    def _delete_item(self, owner: Value, index: Value, node: ast.Delete, frame: Frame) -> None:
        match owner:
            case Table():
                self._entry(owner, "pop", (index,))
            case Items():
                self._on_items(owner, "pop", Arguments((index,)))
            case _:
                raise self.unfollowed("a deletion", node, frame)

    def _nonlocal(self, node: ast.Nonlocal, frame: Frame) -> None:
        frame.outer.update(node.names)

    def _pass(self, node: ast.stmt, frame: Frame) -> None:
        pass

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        for name, found in imported(node):
            self.set(frame.token, name, self.imported(frame.path, found))

    def _assert(self, node: ast.Assert, frame: Frame) -> None:
        self.evaluate(node.test, frame)

    def _global(self, node: ast.Global, frame: Frame) -> None:
        """What is assigned to a module's names is seen by code that runs in another order than is followed."""
        raise self.unfollowed("a global name that is assigned", node, frame)

    def _define(self, node: ast.FunctionDef, frame: Frame) -> None:
        self.set(frame.token, node.name, Closure(node, frame))

    def _define_class(self, node: ast.ClassDef, frame: Frame) -> None:
        self.set(frame.token, node.name, Term("local class", (self.opaque([node], frame),)))

    # -- branches ----------------------------------------------------------------------------------------------

    def _if(self, node: ast.If, frame: Frame) -> Flow:
        guard = self.condition(self.evaluate(node.test, frame))
        flows = self.either(guard, lambda: self.block(node.body, frame), lambda: self.block(node.orelse, frame))
        if guard.op == "Not":
            core = guard.args[0]
            assert isinstance(core, Term)
            return self._split(core, flows[1], flows[0])
        return self._split(guard, flows[0], flows[1])

    def _try(self, node: ast.Try, frame: Frame) -> Flow:
        """Whether anything is raised is not known: the code that may do so stands for that."""
        handlers = [each for each in node.handlers if not isinstance(each.body[-1], ast.Raise)]
        whole = [*node.body, *node.orelse]
        if handlers:
            flow = self._caught(node.body, whole, lambda: self._handled(handlers, frame), frame)
        else:
            flow = self.block(whole, frame)
        rest = self.block(node.finalbody, frame)
        return flow if rest.kind == "next" else rest

    def _caught(
        self, risky: Sequence[ast.stmt], whole: list[ast.stmt], handled: Callable[[], Flow], frame: Frame
    ) -> Flow:
        guard = Term("raises", (self.opaque(risky, frame),))
        return self._split(guard, *self.either(guard, handled, lambda: self.block(whole, frame)))

    def _handled(self, handlers: Sequence[ast.ExceptHandler], frame: Frame) -> Flow:
        first, *rest = handlers
        if not rest:
            return self.block(first.body, frame)
        guard = Term("raises", (self.opaque([first.type] if first.type is not None else [], frame),))
        flows = self.either(guard, lambda: self.block(first.body, frame), lambda: self._handled(rest, frame))
        return self._split(guard, *flows)

    def _match(self, node: ast.Match, frame: Frame) -> Flow:
        subject = self.describe(self.evaluate(node.subject, frame))
        return self._cases(node.cases, subject, frame)

    def _cases(self, cases: list[ast.match_case], subject: Term, frame: Frame) -> Flow:
        if not cases:
            return ON
        case, *rest = cases
        pattern = case.pattern
        for name in [each.name for each in ast.walk(pattern) if isinstance(each, ast.MatchAs) and each.name]:
            self.set(frame.token, name, Term("matched", (subject, name)))
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and case.guard is None:
            return self.block(case.body, frame)
        test: Term
        if isinstance(pattern, ast.MatchValue):
            test = self.compared("Eq", subject, self.evaluate(pattern.value, frame))
        else:
            test = Term("matches", (subject, self.code.of_nodes([pattern], frame.path, frame.qualname)))
        if case.guard is not None:
            test = Term("And", (test, self.condition(self.evaluate(case.guard, frame))))
        flows = self.either(test, lambda: self.block(case.body, frame), lambda: self._cases(rest, subject, frame))
        return self._split(test, *flows)

    def _with(self, node: ast.With, frame: Frame) -> Flow:
        managers = [self._entered(item, frame) for item in node.items]
        silent = sum(isinstance(one, Made) and known_value(one.term) == Constant("meta") for one in managers)
        forked = managers.count(SILENT)
        self.silent += silent
        self.forked += forked
        if any(isinstance(one, Term) and one.args[:1] == (SUPPRESS,) for one in managers):
            flow = self._caught(node.body, node.body, lambda: ON, frame)
        else:
            flow = self.block(node.body, frame)
        self.silent -= silent
        self.forked -= forked
        for manager in reversed(managers):
            self._crossed(manager, "__exit__", (NONE, NONE, NONE), node.items[0].context_expr, frame)
        return flow

    def _entered(self, item: ast.withitem, frame: Frame) -> Value:
        manager = self.evaluate(item.context_expr, frame)
        value = self._crossed(manager, "__enter__", (), item.context_expr, frame)
        if item.optional_vars is not None:
            self.give(item.optional_vars, value, frame)
        return manager

    def _crossed(self, manager: Value, name: str, passed: tuple[Value, ...], node: ast.expr, frame: Frame) -> Value:
        """A context is entered or left: code of the project is followed, a call that is not known may draw then."""
        if isinstance(manager, Instance):
            return self.call(self.attribute(manager, name, node, frame), Arguments(passed), node, frame)
        if isinstance(manager, Made) and manager.cls == "":
            return self.unseen(Term("attribute", (manager.term, name)), Arguments(), node, frame)
        return self.compound("entered", [manager])

    # -- loops -------------------------------------------------------------------------------------------------

    def _for(self, node: ast.For, frame: Frame) -> Flow:
        state = {"left": ""}
        over = self.iterable(self.evaluate(node.iter, frame), node.iter, frame)

        def turn(item: Value) -> None:
            if state["left"]:
                return
            self.give(node.target, item, frame)
            flow = self.block(node.body, frame)
            if flow.kind in ("break", "return"):
                state["left"] = flow.kind
                results.append(flow)
            self._leave(flow, results)

        results: list[Flow] = []
        self.iterate(over, turn)
        known = isinstance(over, Items) and self._plain(over)
        if state["left"] == "return" and known:
            return results[-1]
        return self._ended(node, results, state["left"] == "break" and known, frame)

    def _while(self, node: ast.While, frame: Frame) -> Flow:
        results: list[Flow] = []

        def test() -> Term:
            return Term("while", (self.condition(self.evaluate(node.test, frame)),))

        self.repeat(test, lambda: self._leave(self.block(node.body, frame), results))
        return self._ended(node, results, False, frame)

    def _ended(self, node: ast.For | ast.While, results: list[Flow], broken: bool, frame: Frame) -> Flow:
        """Behind a loop its `else` runs, unless the loop was left."""
        flow = ON
        if node.orelse and not broken:
            guard = Term("left", (self.opaque([node], frame),))
            left = any(each.kind == "break" for each in results)
            if left:
                flow = self._split(guard, *self.either(guard, lambda: ON, lambda: self.block(node.orelse, frame)))
            else:
                flow = self.block(node.orelse, frame)
        return self._returned(results, node, frame) if flow.kind == "next" else flow

    def _leave(self, flow: Flow | None, results: list[Flow]) -> None:
        """Note where a turn leaves the loop early."""
        if flow is None or flow.kind in ("next", "continue", "raise"):
            return
        if flow.kind == "split" and flow.guard is not None:
            self.either(flow.guard, lambda: self._leave(flow.yes, results), lambda: self._leave(flow.no, results))
            return
        results.append(flow)
        self.emit(Leave(flow.kind))

    def _returned(self, results: list[Flow], node: ast.stmt, frame: Frame) -> Flow:
        """A function that returns from within a loop returns something that depends on the loop."""
        values = [flow for flow in results if flow.kind == "return"]
        if not values:
            return ON
        guard = Term("left", (self.opaque([node], frame),))
        return Flow("split", NONE, guard, values[-1], ON)


def modules(values: Iterable[Value]) -> frozenset[Token]:
    """What of some values is a module or tensor, or may be one."""
    return frozenset(value.token for value in values if isinstance(value, Instance | Made))


_METHODS: dict[type, Callable[[Any, Any, Frame], Flow | None]] = {
    ast.Expr: Follower._expression,
    ast.Assign: Follower._assign,
    ast.AnnAssign: Follower._annotated,
    ast.AugAssign: Follower._augmented,
    ast.Return: Follower._return,
    ast.Raise: Follower._raise,
    ast.Break: Follower._break,
    ast.Continue: Follower._continue,
    ast.Delete: Follower._delete,
    ast.Nonlocal: Follower._nonlocal,
    ast.Global: Follower._global,
    ast.Assert: Follower._assert,
    ast.Pass: Follower._pass,
    ast.Import: Follower._import,
    ast.ImportFrom: Follower._import,
    ast.AsyncFunctionDef: Follower._pass,
    ast.FunctionDef: Follower._define,
    ast.ClassDef: Follower._define_class,
    ast.If: Follower._if,
    ast.Try: Follower._try,
    ast.Match: Follower._match,
    ast.With: Follower._with,
    ast.For: Follower._for,
    ast.While: Follower._while,
}

__all__ = ["Follower"]
