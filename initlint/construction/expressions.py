"""Expressions of libcst, executed on abstract values."""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst

from initlint.construction import knowledge, syntax
from initlint.construction.calls import Calls
from initlint.construction.compare import compared
from initlint.construction.frames import Frame
from initlint.construction.groups import extend, grow
from initlint.construction.loops import Loops
from initlint.construction.methods import GROWS
from initlint.construction.texts import concatenated, converted
from initlint.construction.values import (
    FALSE,
    NONE,
    TRUE,
    UNKNOWN,
    Arguments,
    ClassObject,
    Closure,
    Constant,
    Either,
    External,
    Group,
    Self,
    Thing,
    Unknown,
    Value,
    join,
    options,
    text_of,
    tokens,
    truth,
)

INITIALISERS = re.compile(
    r"\w+_|_?(re)?set_parameters|_?reset_parameters|_?init_weights?|reset_weights|register_\w*hook"
)
"""Methods that only fill their object, or attach a hook to it."""

CONSTANTS: dict[str, Value] = {"None": NONE, "True": TRUE, "False": FALSE}
MAX_STEPS = 100_000
"""The number of expressions of a class's own code, and of everything that it builds, after which the rest is
unknown."""


class Exhausted(Exception):
    """A construction that is too large to be read completely."""


class Expressions(Loops):
    """The evaluation of expressions."""

    calls: Calls

    def evaluate(self, node: cst.CSTNode, frame: Frame, alone: bool = False) -> Value:
        """The value of an expression; `alone` if the value is unused."""
        self.steps += 1
        self.workshop.steps += 1
        if (self.steps if self.root else self.workshop.steps) > MAX_STEPS:
            raise Exhausted
        if alone and type(node) is cst.Call:
            return self._call(node, frame, alone)
        method = _METHODS.get(type(node))
        if method is not None:
            value: Value = method(self, node, frame)
            return value
        self._evaluate_parts(node, frame)
        return UNKNOWN

    def _evaluate_parts(self, node: cst.CSTNode, frame: Frame) -> None:
        for child in syntax.children(node):
            if isinstance(child, cst.BaseExpression):
                self.evaluate(child, frame)

    # -- names, attributes, calls ------------------------------------------------------------------------------

    def name(self, name: str, frame: Frame) -> Value:
        """The value of a plain name."""
        found = frame.lookup(name)
        if found is None and name == "__class__" and frame.owner:
            return ClassObject(frame.owner)
        return found if found is not None else self.resolve(name, frame)

    def resolve(self, dotted: str, frame: Frame) -> Value:
        """The value of a name at module level of the frame's file."""
        memo = (frame.path, frame.qualname, dotted)
        if memo not in self.workshop.names:
            self.workshop.names[memo] = self._resolve(dotted, frame)
        return self.workshop.names[memo]

    def _resolve(self, dotted: str, frame: Frame) -> Value:
        symbol = self.project.resolve(frame.path, dotted, frame.qualname)
        if symbol is not None:
            return self.workshop.symbol(symbol)
        if "." in dotted:
            return UNKNOWN
        found = self.workshop.variable(frame.path, dotted)
        if isinstance(found, Unknown) and hasattr(builtins, dotted):
            return External(f"builtins.{dotted}")
        return found

    def _load(self, node: cst.Name, frame: Frame, kept: bool = False) -> Value:
        constant = CONSTANTS.get(node.value)
        if constant is not None:
            return constant
        value = self.name(node.value, frame)
        if self.run.quiet:
            frame.idle.add(id(node))
        else:
            self.run.read("", value, kept=kept or _holds(value))
            if not kept:
                self.run.used.update(tokens(value))
        return value

    def changed(self, node: cst.BaseExpression, frame: Frame) -> Value:
        """What is given items, or counted: that is no use of a local list."""
        changes = is_list(node, frame)
        self.run.quiet += changes
        value = self.evaluate(node, frame)
        self.run.quiet -= changes
        return value

    def item(self, node: cst.BaseExpression, frame: Frame) -> Value:
        """Something that is put into a container, or gets an attribute, which does not count as a use."""
        return self._load(node, frame, kept=True) if type(node) is cst.Name else self.evaluate(node, frame)

    def _attribute(self, node: cst.Attribute, frame: Frame) -> Value:
        root, dotted = frame.slice.tree.dotted(node)
        local = frame.lookup(root) if root else None
        if root and local is None:
            found = self.resolve(dotted, frame)
            if type(found) is not Unknown:
                return found
        if type(local) is Self and type(node.value) is cst.Name:
            return self.calls.attribute(local, node.attr.value, frame)
        owner = self.evaluate(node.value, frame)
        if type(owner) is Either:
            return join(self.calls.attribute(option, node.attr.value, frame) for option in owner.options)
        return self.calls.attribute(owner, node.attr.value, frame)

    def _call(self, node: cst.Call, frame: Frame, alone: bool = False) -> Value:
        quiet = alone and isinstance(node.func, cst.Attribute) and _only_changes(node.func, frame)
        self.run.quiet += quiet
        callee = self.evaluate(node.func, frame)
        self.run.quiet -= quiet
        arguments = self._arguments(node.args, frame, callee, alone)
        imported = self.calls.imported(node.func, arguments)
        return imported if imported is not None else self.calls.call(callee, arguments, node, frame)

    def _arguments(self, args: Sequence[cst.Arg], frame: Frame, callee: Value, alone: bool = False) -> Arguments:
        positional: list[Value] = []
        named: list[tuple[str, Value]] = []
        unseen = False
        fills = self.calls.fills(callee) or (alone and self.calls.changes(callee))
        stores, keeps, looks = self.calls.stores(callee), self.calls.keeps(callee), self.calls.looks(callee)
        for number, arg in enumerate(args):
            unread = (fills and number == 0) or (stores and type(arg.value) is cst.Name)
            unread = unread or (looks and is_list(arg.value, frame))
            self.run.quiet += unread
            value = self.item(arg.value, frame) if keeps else self.evaluate(arg.value, frame)
            self.run.quiet -= unread
            if arg.star:
                unseen = unseen or not (isinstance(value, Group) and value.exact)
                _spread(arg.star, value, positional, named)
            elif arg.keyword is not None:
                named.append((arg.keyword.value, value))
            else:
                positional.append(value)
        return Arguments(tuple(positional), tuple(named), unseen)

    def _function(self, node: cst.Lambda | cst.FunctionDef, frame: Frame) -> Value:
        """A function that sees the frame's names; what it reads from the instance counts as read here."""
        mentioned = {each.value for each in syntax.variables(node)}
        for name, value in _visible(frame):
            if name in mentioned:
                self.run.read("", value)
                if isinstance(value, Self):
                    for attribute in sorted(syntax.attributes_read(node, name)):
                        self.run.read(attribute, self.run.attributes.get(attribute))
        return Closure(node, frame)

    def _walrus(self, node: cst.NamedExpr, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        self.give(node.target, value, node, node.value, self.run.fresh(), frame)
        return value

    def _await(self, node: cst.Await, frame: Frame) -> Value:
        return self.evaluate(node.expression, frame)

    # -- literals ----------------------------------------------------------------------------------------------

    def _number(self, node: cst.Integer | cst.Float, frame: Frame) -> Value:
        return _literal(node.value)

    def _string(self, node: cst.SimpleString, frame: Frame) -> Value:
        return _literal(node.value)

    def _concatenated(self, node: cst.ConcatenatedString, frame: Frame) -> Value:
        return concatenated([self.evaluate(node.left, frame), self.evaluate(node.right, frame)])

    def _formatted(self, node: cst.FormattedString, frame: Frame) -> Value:
        return concatenated([self._formatted_part(part, frame) for part in node.parts])

    def _formatted_part(self, part: cst.BaseFormattedStringContent, frame: Frame) -> Value:
        if isinstance(part, cst.FormattedStringText):
            return Constant(part.value)
        if isinstance(part, cst.FormattedStringExpression):
            value = self.evaluate(part.expression, frame)
            if isinstance(value, Constant) and part.format_spec is None:
                return Constant(str(value.value), value.pattern)
        return UNKNOWN

    def _sequence(self, node: cst.Tuple | cst.List | cst.Set, frame: Frame) -> Value:
        group = self.run.group()
        for each in node.elements:
            value = self.item(each.value, frame)
            if isinstance(each, cst.StarredElement):
                extend(self.run, group, value, frame.place(each))
            else:
                grow(self.run, group, None, value)
        return group

    def _dictionary(self, node: cst.Dict, frame: Frame) -> Value:
        group = self.run.group(mapping=True)
        for each in node.elements:
            value = self.item(each.value, frame)
            if isinstance(each, cst.DictElement):
                grow(self.run, group, text_of(self.evaluate(each.key, frame)), value)
            else:
                extend(self.run, group, value, frame.place(each))
        return group

    # -- items -------------------------------------------------------------------------------------------------

    def index(self, node: cst.Subscript, frame: Frame) -> Value | None:
        """The expression in the brackets; None for a slice."""
        values = [self._bound(each.slice, frame) for each in node.slice]
        return values[0] if len(values) == 1 else UNKNOWN

    def _bound(self, node: cst.BaseSlice, frame: Frame) -> Value | None:
        if isinstance(node, cst.Index):
            return self.evaluate(node.value, frame)
        self._evaluate_parts(node, frame)
        return None

    def _subscript(self, node: cst.Subscript, frame: Frame) -> Value:
        owner = self.evaluate(node.value, frame)
        index = self.index(node, frame)
        return join(self.calls.item(option, index, frame.place(node), frame) for option in options(owner))

    # -- operators ---------------------------------------------------------------------------------------------

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
        stops_at = isinstance(node.operator, cst.Or)
        known = truth(left)
        if known is not None:
            return left if known is stops_at else self.evaluate(node.right, frame)
        with self.run.arm(self.run.fresh(), 0):
            right = self.evaluate(node.right, frame)
        kept = [option for option in options(left) if truth(option) is not (not stops_at)]
        return join([*kept, right])

    def _binary(self, node: cst.BinaryOperation, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        operator = type(node.operator)
        if operator is cst.Add:
            return self.calls.add(left, right, frame.place(node))
        if operator is cst.Modulo and isinstance(left, Constant) and isinstance(left.value, str):
            return converted(left.value)
        if operator is cst.Multiply and (group := next((v for v in (left, right) if isinstance(v, Group)), None)):
            return group
        result = self.calls.arithmetic([left, right])
        ranks = self.run.rank(left), self.run.rank(right)
        if isinstance(result, Thing) and None not in ranks and operator is not cst.MatrixMultiply:
            self.run.ranks[result.token] = max(rank for rank in ranks if rank is not None)
        return result

    def _unary(self, node: cst.UnaryOperation, frame: Frame) -> Value:
        value = self.evaluate(node.expression, frame)
        if isinstance(node.operator, cst.Not):
            known = truth(value)
            return UNKNOWN if known is None else Constant(not known)
        number = value.value if isinstance(value, Constant) else None
        if isinstance(node.operator, cst.Minus) and isinstance(number, int | float):
            return Constant(-number)
        return self.calls.arithmetic([value])

    def _comparison(self, node: cst.Comparison, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        rights = [(each.operator, self.evaluate(each.comparator, frame)) for each in node.comparisons]
        known = compared(rights[0][0], left, rights[0][1]) if len(rights) == 1 else None
        return UNKNOWN if known is None else Constant(known)


def _spread(star: str, value: Value, positional: list[Value], named: list[tuple[str, Value]]) -> None:
    """`*value` and `**value` among the arguments of a call."""
    items = [item for option in options(value) if isinstance(option, Group) for item in option.items]
    if star == "*":
        positional += [item for _, item in items]
    else:
        known = {name for name, _ in named}
        entries = {name: item for name, item in items if name is not None}
        named += [(name, item) for name, item in entries.items() if name not in known]


@functools.lru_cache(maxsize=4096)
def _literal(text: str) -> Value:
    """The value of a number or a string; bytes and complex numbers count as unknown."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return UNKNOWN
    return Constant(value) if isinstance(value, str | int | float) else UNKNOWN


def _holds(value: Value | None) -> bool:
    """Whether a value is a list, a dictionary or a container of torch, but not one of the items."""
    return isinstance(value, Group) or (isinstance(value, Thing) and value.cls in knowledge.CONTAINERS)


def is_list(node: cst.CSTNode, frame: Frame) -> bool:
    """Whether a node is the name of a local list, dictionary or container of torch."""
    return type(node) is cst.Name and _holds(frame.lookup(node.value))


def _only_changes(method: cst.Attribute, frame: Frame) -> bool:
    """Whether a method fills what it is called on, or gives a local list an item."""
    name = method.attr.value
    return INITIALISERS.fullmatch(name) is not None or (name in GROWS and is_list(method.value, frame))


def _visible(frame: Frame | None) -> Iterator[tuple[str, Value]]:
    while frame is not None:
        yield from list(frame.names.items())
        frame = frame.parent


_METHODS: dict[type, Callable[[Expressions, Any, Frame], Value]] = {
    cst.Name: Expressions._load,
    cst.Attribute: Expressions._attribute,
    cst.Call: Expressions._call,
    cst.Integer: Expressions._number,
    cst.Float: Expressions._number,
    cst.SimpleString: Expressions._string,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.FormattedString: Expressions._formatted,
    cst.Tuple: Expressions._sequence,
    cst.List: Expressions._sequence,
    cst.Set: Expressions._sequence,
    cst.Dict: Expressions._dictionary,
    cst.Subscript: Expressions._subscript,
    cst.IfExp: Expressions._conditional,
    cst.BooleanOperation: Expressions._boolean,
    cst.BinaryOperation: Expressions._binary,
    cst.UnaryOperation: Expressions._unary,
    cst.Comparison: Expressions._comparison,
    cst.Lambda: Expressions._function,
    cst.FunctionDef: Expressions._function,
    cst.NamedExpr: Expressions._walrus,
    cst.ListComp: Expressions._items,
    cst.SetComp: Expressions._items,
    cst.GeneratorExp: Expressions._items,
    cst.DictComp: Expressions._entries,
    cst.Await: Expressions._await,
}
