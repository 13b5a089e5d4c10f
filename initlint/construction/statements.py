"""Statements of libcst, executed on abstract values: assignments, branches and loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst
from msgspec.structs import replace

from initlint.construction import syntax
from initlint.construction.expressions import Expressions, is_list
from initlint.construction.frames import GOES_ON, UNGUARDED, Flow, Frame, Guard, Guards, Names, joined
from initlint.construction.groups import displace, element, extend, grow
from initlint.construction.methods import GROWS
from initlint.construction.ranks import RANKS
from initlint.construction.ranks import tested as ranks_tested
from initlint.construction.run import Candidate, Site
from initlint.construction.values import (
    NONE,
    UNKNOWN,
    Arguments,
    ClassObject,
    Group,
    ProjectFunction,
    Registry,
    Self,
    Swept,
    Thing,
    Token,
    Value,
    join,
    options,
    text_of,
    truth,
)
from initlint.model import Kind
from initlint.project.classes import Method, sets_property

if TYPE_CHECKING:
    from initlint.construction.ledger import Path

Arm = Callable[[], Flow]


class Statements(Expressions):
    """The execution of statements and blocks."""

    def block(self, body: cst.BaseSuite, frame: Frame) -> Flow:
        """Run statements until one leaves; what follows a conditional exit runs under its condition."""
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
        return replace(flow, rest=rest) if rest else flow

    def statement(self, node: cst.CSTNode | None, frame: Frame) -> Flow:
        """Run one statement."""
        method = _METHODS.get(type(node))
        if method is None:
            return GOES_ON
        flow: Flow | None = method(self, node, frame)
        return flow or GOES_ON

    def _line(self, node: cst.SimpleStatementLine | cst.SimpleStatementSuite, frame: Frame) -> Flow:
        for small in node.body:
            flow = self.statement(small, frame)
            if flow.ends:
                return flow
        return GOES_ON

    # -- simple statements -------------------------------------------------------------------------------------

    def _expression(self, node: cst.Expr, frame: Frame) -> None:
        before = self.run.fresh()
        value = self.evaluate(node.value, frame, alone=True)
        match node.value:
            case cst.Call(func=cst.Attribute(value=owner, attr=name), args=[*_, given]) if name.value in GROWS:
                self._put(owner, given.value, before, node, frame)
            case what if isinstance(value, Thing) and value.token > before:
                self._candidate("", (value.token,), node, what, frame)
            case _:
                pass

    def _candidate(self, name: str, built: Iterable[Token], node: cst.CSTNode, what: cst.CSTNode, frame: Frame) -> None:
        """Something was built in the class's own code, and may be unused."""
        tokens = tuple(token for token in built if self.run.direct.get(token) is frame)
        if frame.site is None and tokens:
            candidate = Candidate(name, tokens, frame.place(node), what, self.run.branch)
            frame.candidates.append(candidate)
            self.run.log.append(candidate)

    def _named(self, target: cst.CSTNode, value: Value, node: cst.CSTNode, what: cst.CSTNode, frame: Frame) -> None:
        """A local name gets a value, which may be unused."""
        if isinstance(target, cst.Name) and isinstance(value, Thing | Group):
            if isinstance(value, Group):
                frame.put.update((id(name), target.value) for name in syntax.displayed(what))
            self._candidate(target.value, self.run.held(value), node, what, frame)

    def _put(
        self, owner: cst.BaseExpression, given: cst.BaseExpression, before: Token, node: cst.CSTNode, frame: Frame
    ) -> None:
        """A local list gets an item that may be built for it; it is unused if the list is unused."""
        if isinstance(owner, cst.Name) and is_list(owner, frame):
            frame.put.update((id(name), owner.value) for name in syntax.displayed(given))
            held = self.run.held(frame.names.get(owner.value, UNKNOWN))
            self._candidate(owner.value, (token for token in held if token > before), node, given, frame)

    def _assign(self, node: cst.Assign, frame: Frame) -> None:
        stored = type(node.value) is cst.Name and all(type(each.target) is cst.Attribute for each in node.targets)
        placed = all(type(each.target) is cst.Subscript for each in node.targets)
        before = self.run.fresh()
        self.run.quiet += stored
        value = self.item(node.value, frame) if placed else self.evaluate(node.value, frame)
        self.run.quiet -= stored
        group = self.run.fresh()
        for target in node.targets:
            self.give(target.target, value, node, node.value, group, frame)
        match [each.target for each in node.targets]:
            case [cst.Subscript(value=owner)]:
                self._put(owner, node.value, before, node, frame)
            case [only]:
                self._named(only, value, node, node.value, frame)
            case _:
                pass

    def _annotated_assign(self, node: cst.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            value = self.evaluate(node.value, frame)
            self.give(node.target, value, node, node.value, self.run.fresh(), frame)
            self._named(node.target, value, node, node.value, frame)

    def _augment(self, node: cst.AugAssign, frame: Frame) -> None:
        start = self.run.fresh()
        value = self.evaluate(node.value, frame)
        before = self.changed(node.target, frame)
        grown = [option for option in options(before) if isinstance(option, Thing | Group | Self)]
        if isinstance(node.operator, cst.AddAssign) and grown:
            for option in grown:
                extend(self.run, option, value, frame.place(node))
            self._put(node.target, node.value, start, node, frame)
        elif isinstance(node.target, cst.Name):
            frame.names[node.target.value] = self.calls.arithmetic([before, value])

    def _return(self, node: cst.Return, frame: Frame) -> Flow:
        if node.value is not None:
            frame.returns.append(self.evaluate(node.value, frame))
        return Flow(ends=True)

    def _leave(self, node: cst.CSTNode, frame: Frame) -> Flow:
        return Flow(ends=True, raises=isinstance(node, cst.Raise))

    def _assert(self, node: cst.Assert, frame: Frame) -> None:
        self.evaluate(node.test, frame)

    def _delete(self, node: cst.Del, frame: Frame) -> None:
        pending: list[cst.BaseExpression] = [node.target]
        while pending:
            match pending.pop():
                case cst.Tuple(elements=elements) | cst.List(elements=elements):
                    pending += [each.value for each in elements]
                case cst.Attribute(value=owner, attr=attr) if isinstance(self.evaluate(owner, frame), Self):
                    self.run.store(attr.value, NONE, frame.place(node), node, self.run.fresh())
                case cst.Name(value=name):
                    frame.names[name] = UNKNOWN
                case cst.Subscript(value=owner):
                    displace(self.evaluate(owner, frame))
                case _:
                    pass

    def _define_function(self, node: cst.FunctionDef, frame: Frame) -> None:
        frame.names[node.name.value] = self._function(node, frame)

    def _define_class(self, node: cst.ClassDef, frame: Frame) -> None:
        id = f"{frame.path}::{frame.qualname}.<locals>.{node.name.value}"
        frame.names[node.name.value] = ClassObject(id) if id in self.project.classes else UNKNOWN

    # -- targets -----------------------------------------------------------------------------------------------

    def give(
        self, target: cst.CSTNode, value: Value, node: cst.CSTNode, what: cst.CSTNode, group: int, frame: Frame
    ) -> None:
        """Store a value in an assignment target."""
        match target:
            case cst.Name():
                frame.names[target.value] = value
            case cst.Attribute():
                owner = self.item(target.value, frame)
                self.set_attribute(owner, target.attr.value, value, frame.place(node), what, group)
            case cst.Subscript():
                self._set_item(target, value, frame.place(node), what, group, frame)
            case cst.Tuple() | cst.List():
                self._unpack(target.elements, value, node, what, frame)
            case _:
                pass

    def set_attribute(self, owner: Value, name: str, value: Value, site: Site, what: cst.CSTNode, group: int) -> None:
        """`owner.name = value`."""
        for option in options(owner):
            if isinstance(option, Self) and (setter := self._setter(name, value)) is not None:
                self.calls.function(ProjectFunction(setter, Self()), Arguments((value,)), site)
            elif isinstance(option, Self):
                self.run.store(name, value, site, what, group)
            elif isinstance(option, Thing):
                whole = option.kind is Kind.SUBMODULE
                self.run.attach(option.token, "" if name == "data" else name, value, site=site if whole else None)
            elif isinstance(option, Group):
                grow(self.run, option, name, value)
            else:
                self.run.read("", value)

    def _setter(self, name: str, value: Value) -> Method | None:
        """The setter of a property, which torch ignores for modules and parameters."""
        method = self.project.method(self.run.cls, name)
        if method is None or not sets_property(method.facts):
            return None
        registered = (Kind.SUBMODULE, Kind.PARAMETER)
        return None if any(isinstance(each, Thing) and each.kind in registered for each in options(value)) else method

    def _set_item(
        self, target: cst.Subscript, value: Value, site: Site, what: cst.CSTNode, group: int, frame: Frame
    ) -> None:
        owner = self.changed(target.value, frame)
        name = text_of(self.index(target, frame) or UNKNOWN)
        for option in options(owner):
            if isinstance(option, Registry):
                self.run.store(name, value, site, what, group, option.kind)
            elif isinstance(option, Self):
                self.run.store(name, value, site, what, group, definable=False)
            elif isinstance(option, Thing):
                self.run.attach(option.token, name, value, site=site)
            elif isinstance(option, Group):
                if not option.mapping:
                    displace(option)
                grow(self.run, option, name, value)
            else:
                self.run.read("", value)

    def _unpack(
        self,
        targets: Sequence[cst.BaseElement],
        value: Value,
        node: cst.CSTNode,
        what: cst.CSTNode,
        frame: Frame,
    ) -> None:
        """`a, *b = value`: item by item if the items are known; each part of a literal is a value of its own."""
        choices: Sequence[Value] = options(value)
        if not any(isinstance(target, cst.StarredElement) for target in targets):
            fitting = [
                each for each in choices if isinstance(each, Group) and each.exact and len(each.items) == len(targets)
            ]
            choices = fitting or choices
        literal = what.elements if isinstance(what, cst.Tuple | cst.List) else ()
        for position, target in enumerate(targets):
            starred = isinstance(target, cst.StarredElement)
            item = join(self._item_of(option, position, len(targets), starred) for option in choices)
            part = literal[position].value if len(literal) == len(targets) else what
            self.give(target.value, item, node, part, self.run.fresh(), frame)

    def _item_of(self, value: Value, position: int, count: int, starred: bool) -> Value:
        if not isinstance(value, Group) or not value.exact or value.mapping or len(value.items) < count - 1:
            return element(value)
        if not starred:
            return value.items[min(position, len(value.items) - 1)][1]
        rest = self.run.group()
        for name, item in value.items[position : len(value.items) - (count - position - 1)]:
            grow(self.run, rest, name, item)
        return rest

    # -- branches ----------------------------------------------------------------------------------------------

    def _if(self, node: cst.If, frame: Frame) -> Flow:
        test = truth(self.evaluate(node.test, frame))
        if test is not None:
            return self.block(node.body, frame) if test else self._else(node.orelse, frame)
        statement = self.run.fresh()
        guards = self._guards(node.test, frame)
        if guards != UNGUARDED:
            self.run.guards.add(statement)
        arms = (lambda: self.block(node.body, frame), lambda: self._else(node.orelse, frame))
        return self._arms(statement, arms, frame, guards)

    def _else(self, node: cst.If | cst.Else | None, frame: Frame) -> Flow:
        if isinstance(node, cst.If):
            return self._if(node, frame)
        return self.block(node.body, frame) if node is not None else GOES_ON

    def _arms(self, statement: int, arms: Sequence[Arm], frame: Frame, guards: Sequence[Guard | None] = ()) -> Flow:
        """Run every arm from the same start, and join the results of those that continue."""
        names, attributes = frame.names, self.run.attributes
        ends: list[tuple[Names, Names]] = []
        flows: list[Flow] = []
        for number, arm in enumerate(arms):
            frame.names, self.run.attributes = dict(names), dict(attributes)
            guard = guards[number] if guards else None
            if guard is not None:
                frame.names[guard.name] = guard.value
            with self.run.arm(statement, number):
                flow = arm()
            others_left = any(flow.ends for flow in flows)
            if guard is not None and frame.names[guard.name] is guard.value and not others_left:
                frame.names[guard.name] = names[guard.name]
            flows.append(flow)
            if not flow.ends:
                ends.append((frame.names, self.run.attributes))
        frame.names = joined([end[0] for end in ends], names)
        self.run.attributes = joined([end[1] for end in ends], attributes)
        return self._behind(statement, flows)

    def _behind(self, statement: int, flows: list[Flow]) -> Flow:
        """How a branch ends: after one whose other arms returned, everything runs under its condition."""
        self.run.arms[statement] = frozenset(number for number, flow in enumerate(flows) if not flow.raises)
        going = [number for number, flow in enumerate(flows) if not flow.ends]
        if not going:
            return Flow(ends=True, raises=all(flow.raises for flow in flows))
        left = any(flow.ends and not flow.raises for flow in flows)
        if len(going) == 1:
            own = ((statement, going[0]),) if left else ()
            return Flow(rest=own + flows[going[0]].rest)
        partly = left or any(flow.rest for flow in flows)
        return Flow(rest=((self.run.fresh(), 0),)) if partly else GOES_ON

    def _guards(self, test: cst.BaseExpression, frame: Frame) -> Guards:
        """`isinstance(m, nn.Linear)` or `type(m)` in an initialisation loop narrows what `m` is in its arm.

        `p.dim() > 1` narrows what `p` is in both arms.
        """
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            then, otherwise = self._guards(test.expression, frame)
            return otherwise, then
        while isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            test = test.left
        match test:
            case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), classes]):
                return self._narrowed(name, classes.value, frame)
            case cst.Comparison(
                left=cst.Call(func=cst.Name(value="type"), args=[cst.Arg(value=cst.Name(value=name))]),
                comparisons=[cst.ComparisonTarget(operator=cst.In() | cst.Is() | cst.Equal(), comparator=classes)],
            ):
                return self._narrowed(name, classes, frame)
            case _:
                return self._ranked(test, frame)

    def _narrowed(self, name: str, classes: cst.BaseExpression, frame: Frame) -> Guards:
        value = frame.names.get(name)
        if not isinstance(value, Swept):
            return UNGUARDED
        wanted = tuple(self.calls.class_names(self.evaluate(classes, frame)))
        return Guard(name, replace(value, classes=wanted)), None

    def _ranked(self, test: cst.BaseExpression, frame: Frame) -> Guards:
        name, ranks = ranks_tested(test) or ("", RANKS)
        value = frame.names.get(name)
        if not isinstance(value, Swept) or not value.parameters:
            return UNGUARDED
        before = RANKS if value.ranks is None else value.ranks
        return Guard(name, replace(value, ranks=before & ranks)), Guard(name, replace(value, ranks=before - ranks))

    def _try(self, node: cst.Try | cst.TryStar, frame: Frame) -> Flow:
        def tried() -> Flow:
            flow = self.block(node.body, frame)
            return flow if flow.ends or node.orelse is None else self.block(node.orelse.body, frame)

        handlers = [self._later(handler.body, frame) for handler in node.handlers]
        flow = self._arms(self.run.fresh(), [tried, *handlers], frame) if handlers else tried()
        if node.finalbody is not None:
            self.block(node.finalbody.body, frame)
        return flow

    def _later(self, body: cst.BaseSuite, frame: Frame) -> Arm:
        return lambda: self.block(body, frame)

    def _match(self, node: cst.Match, frame: Frame) -> Flow:
        self.evaluate(node.subject, frame)
        arms = [self._later(case.body, frame) for case in node.cases]
        match node.cases[-1] if node.cases else None:
            case cst.MatchCase(pattern=cst.MatchAs(pattern=None), guard=None):
                pass
            case _:
                arms.append(lambda: GOES_ON)
        return self._arms(self.run.fresh(), arms, frame)

    def _with(self, node: cst.With, frame: Frame) -> Flow:
        silent = 0
        for item in node.items:
            silent += self.calls.silences(self.evaluate(item.item, frame))
            if item.asname is not None:
                self.give(item.asname.name, UNKNOWN, node, item.item, self.run.fresh(), frame)
        self.run.silent += silent
        flow = self.block(node.body, frame)
        self.run.silent -= silent
        return flow

    # -- loops -------------------------------------------------------------------------------------------------

    def _for(self, node: cst.For, frame: Frame) -> Flow:
        self.turns(node.iter, node.target, lambda: self.block(node.body, frame), node, frame)
        return self.block(node.orelse.body, frame) if node.orelse is not None else GOES_ON

    def _while(self, node: cst.While, frame: Frame) -> None:
        self.evaluate(node.test, frame)
        with self.looping(node.body, frame):
            self.block(node.body, frame)


_METHODS: dict[type, Callable[[Statements, Any, Frame], Flow | None]] = {
    cst.SimpleStatementLine: Statements._line,
    cst.SimpleStatementSuite: Statements._line,
    cst.Expr: Statements._expression,
    cst.Assign: Statements._assign,
    cst.AnnAssign: Statements._annotated_assign,
    cst.AugAssign: Statements._augment,
    cst.Return: Statements._return,
    cst.Raise: Statements._leave,
    cst.Break: Statements._leave,
    cst.Continue: Statements._leave,
    cst.Assert: Statements._assert,
    cst.Del: Statements._delete,
    cst.FunctionDef: Statements._define_function,
    cst.ClassDef: Statements._define_class,
    cst.If: Statements._if,
    cst.Try: Statements._try,
    cst.TryStar: Statements._try,
    cst.Match: Statements._match,
    cst.With: Statements._with,
    cst.For: Statements._for,
    cst.While: Statements._while,
}
