"""Expressions, followed: what they are in terms of what is passed, and what is drawn while they are computed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from initlint.comparison import draws
from initlint.comparison.bindings import Assigned, Binding, Defined, Either, Imported
from initlint.comparison.machine import MAX_STEPS, Machine, Unfollowed, is_missing
from initlint.comparison.names import CONTENTS
from initlint.comparison.outline import Outline
from initlint.comparison.packages import everywhere, unbound
from initlint.comparison.terms import (
    AT_IMPORT,
    FALSE,
    NONE,
    RANGE,
    TRUE,
    Term,
    binary,
    compare,
    constant,
    is_constant,
    negated,
    number,
    truth,
)
from initlint.comparison.trace import Place
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
from initlint.project.classes import Method
from initlint.project.imports import SymbolKind

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.shared import Shared
    from initlint.project.classes import ClassId

TEXT = 80
"""Characters of an expression that are quoted."""

UNROLLED = 64
"""Turns of a loop over numbers that are followed one by one."""


OPERATORS = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "MatMult": "matmul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "LShift": "lshift",
    "RShift": "rshift",
    "BitOr": "or",
    "BitXor": "xor",
    "BitAnd": "and",
}
"""The methods behind the operators of Python."""


class Expressions(Machine):
    """What expressions are."""

    def __init__(self, code: Code, shared: Shared, followed: frozenset[Term], limit: int = MAX_STEPS) -> None:
        super().__init__(limit)
        self.code = code
        self.shared = shared
        self.followed = followed
        self.project = code.project
        self._describing: set[int] = set()
        self._globals: dict[tuple[str, str, str], Value] = {}
        self._resolving: set[tuple[str, str]] = set()

    def invoke(self, function: Function, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def call(self, callee: Value, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
        raise NotImplementedError

    def give(self, target: ast.expr, value: Value, frame: Frame) -> None:
        raise NotImplementedError

    def place(self, node: ast.AST, frame: Frame) -> Place:
        """Where a node stands."""
        text = " ".join(ast.unparse(node).split())
        text = text if len(text) <= TEXT else text[: TEXT - 3].rstrip() + "..."
        return Place(frame.path, getattr(node, "lineno", 1), text, frame.cls)

    def unfollowed(self, what: str, node: ast.AST, frame: Frame) -> Unfollowed:
        """Why code is not followed, and where that is."""
        place = self.place(node, frame)
        return Unfollowed(f"{what} is not followed: `{place.what}`, {place.path}:{place.line}")

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        """What an expression is."""
        self.step()
        method = _METHODS.get(type(node))
        value: Value = method(self, node, frame) if method is not None else self._other(node, frame)
        return self.resolved(value)

    def _other(self, node: ast.expr, frame: Frame) -> Value:
        parts = [self.evaluate(child, frame) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return self.compound(type(node).__name__, parts)

    def compound(self, op: str, parts: list[Value]) -> Value:
        """What is computed from parts in a way that is not looked into."""
        term = Term(op, tuple(map(self.describe, parts)))
        return self.made(term, "", tuple(parts)) if any(isinstance(part, Made) for part in parts) else term

    def state(self, value: Value, seen: frozenset[int] = frozenset()) -> Term:
        """A value with all that it holds now."""
        value = self.resolved(value)
        if not isinstance(value, Instance | Made):
            return self.describe(value)
        if value.token in seen:
            return value.term
        parts = [
            self.state(part, seen | {value.token}) for _, part in self.parts(value.token) if not isinstance(part, tuple)
        ]
        own = self.code.of_class(value.cls) if isinstance(value, Instance) else NONE
        return Term("state", (value.term, own, *parts))

    # -- values as terms ---------------------------------------------------------------------------------------

    def describe(self, value: Value) -> Term:  # noqa: C901  (one case for each kind)
        """A value as a term."""
        value = self.resolved(value)
        match value:
            case Term():
                return value
            case Made():
                return value.term
            case Instance():
                return self._described(value)
            case Items():
                return Term(value.kind, tuple(map(self.describe, self.held(value))))
            case Table():
                pairs = [Term("entry", (key, self.describe(item))) for key, item in self.entries(value)]
                return Term("dict", (*pairs, self.rest(value)))
            case Repeat():
                return Term("repeat", (value.header, self.describe(value.value)))
            case Spread():
                return Term("spread", (value.term,))
            case Choice():
                return Term("choice", (value.guard, self.describe(value.yes), self.describe(value.no)))
            case ClassRef():
                return self.of_class(value.id)
            case Function():
                instance = NONE if value.instance is None else self.describe(value.instance)
                return Term("function", (self.code.of_function(value.method), instance))
            case Closure():
                return Term("closure", (self.code.of_nodes([value.node], value.frame.path, value.frame.qualname),))
            case Partial():
                return Term("partial", (self.describe(value.callee), *self.terms(value.arguments)))
            case ModuleRef():
                return Term("module", (self.code.of_file(value.path),))
            case Super():
                return Term("super", (self.describe(value.instance), value.owner.partition("::")[2]))
            case Bound():
                return Term("bound", (self.describe(value.receiver), value.name))
            case Missing():
                return Term("missing", ())

    def _described(self, value: Instance) -> Term:
        """An instance by how it was made; one that is more than its attributes, by all that it holds now."""
        if value.token in self._describing or not self.code.special(value.cls):
            return value.term
        self._describing.add(value.token)
        try:
            return self.state(value)
        finally:
            self._describing.discard(value.token)

    def of_class(self, id: ClassId) -> Term:
        """A class as a term; one for both versions, where nothing tells them apart by building them."""
        alike = self.shared.of_class(self.code, id)
        return alike if alike is not None and alike not in self.followed else self.code.of_class(id)

    def outline(self, value: Value, seen: frozenset[int] = frozenset()) -> Outline:
        """Everything that a caller can see of a value."""
        value = self.resolved(value)
        match value:
            case Instance() | Made() if value.token in seen:
                return Outline(Term("again", ()))
            case Instance() | Made():
                parts = [(n, p) for n, p in self.parts(value.token) if not isinstance(p, tuple) and not is_missing(p)]
                own = Term("instance", (self.shared.name(self.code, value.cls),))
                return Outline(
                    own if isinstance(value, Instance) else Term("made", (value.cls, value.term)),
                    tuple((n, self.outline(p, seen | {value.token})) for n, p in parts if not isinstance(p, Term)),
                    tuple((n, p) for n, p in parts if isinstance(p, Term)),
                )
            case Items():
                return Outline(Term(value.kind, ()), self._outlines(enumerate(self.held(value)), seen))
            case Table():
                return Outline(Term("dict", (self.rest(value),)), self._outlines(self.entries(value), seen))
            case Repeat():
                return Outline(Term("repeat", (value.header,)), self._outlines([("", value.value)], seen))
            case Choice():
                arms = [("yes", value.yes), ("no", value.no)]
                return Outline(Term("choice", (value.guard,)), self._outlines(arms, seen))
            case _:
                return Outline(self.describe(value))

    def _outlines(self, parts: Iterable[tuple[object, Value]], seen: frozenset[int]) -> tuple[tuple[str, Outline], ...]:
        return tuple((str(name), self.outline(part, seen)) for name, part in parts)

    def terms(self, arguments: Arguments) -> list[Term]:
        """What a call passes, as terms in one order."""
        named = sorted(arguments.named, key=lambda pair: pair[0])
        return [
            *map(self.describe, arguments.positional),
            *(Term("argument", (name, self.describe(value))) for name, value in named),
            *(Term("rest", (term,)) for term in arguments.rest),
        ]

    def condition(self, value: Value) -> Term:
        """Whether a value counts as true, as a term."""
        value = self.resolved(value)
        match value:
            case Items():
                held = self.held(value)
                if all(not isinstance(item, Repeat | Spread | Choice) for item in held):
                    return constant(bool(held))
                return Term("any", (self.describe(value),))
            case Table():
                return (
                    TRUE
                    if self.entries(value)
                    else FALSE
                    if self.rest(value) is None
                    else Term("any", (self.rest(value),))
                )
            case Instance() if self.code.special(value.cls):
                return Term("truth", (self.describe(value),))
            case Instance() | ClassRef() | Function() | Closure() | Partial() | ModuleRef() | Bound():
                return TRUE
            case Made():
                plain = value.cls and "Tensor" not in value.cls and not value.cls.endswith(("List", "Dict"))
                return TRUE if plain else value.term
            case Missing():
                return FALSE
            case Choice():
                return self._chosen(value.guard, self.condition(value.yes), self.condition(value.no))
            case _:
                return self.describe(value)

    def _chosen(self, guard: Term, yes: Term, no: Term) -> Term:
        if yes == no:
            return yes
        if yes == TRUE and no == FALSE:
            return guard
        if yes == FALSE and no == TRUE:
            return negated(guard)
        if no == FALSE:
            return Term("And", (guard, yes))
        return Term("choice", (guard, yes, no))

    # -- special methods ---------------------------------------------------------------------------------------

    def by_itself(self, value: Value, name: str) -> Function | None:
        """The method of the project that Python calls for an operator on a value."""
        match value:
            case Instance(cls=cls) | ClassRef(id=cls) if (method := self.project.method(cls, name)) is not None:
                return Function(method, value)
            case _:
                return None

    def iterable(self, value: Value, node: ast.AST, frame: Frame) -> Value:
        """What is gone through where a value is: what its `__iter__` gives."""
        method = self.by_itself(value, "__iter__") if isinstance(value, Instance) else None
        return value if method is None else self.invoke(method, Arguments(), node, frame)

    # -- names -------------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name, frame: Frame) -> Value:
        return self.name(node.id, frame)

    def name(self, name: str, frame: Frame) -> Value:
        """What a plain name stands for."""
        inner: Frame | None = frame
        while inner is not None:
            found = self.get(inner.token, name)
            if not is_missing(found):
                return self.resolved(found)
            inner = inner.parent
        if frame.body and (method := self.project.method(frame.cls, name)) is not None:
            return Function(method)
        return self.resolve(frame.path, name, frame.qualname)

    def resolve(self, path: str, dotted: str, qualname: str = "") -> Value:
        """What a name means at module level of a file."""
        key = (path, dotted, qualname)
        if key not in self._globals:
            self._globals[key] = self._resolve(path, dotted, qualname)
        return self.resolved(self._globals[key])

    def _resolve(self, path: str, name: str, qualname: str) -> Value:
        symbol = self.project.resolve(path, name, qualname)
        if symbol is not None and symbol.kind is SymbolKind.CLASS and symbol.target.endswith(f".{name}"):
            return ClassRef(symbol.target)
        found = self.code.names.binding(path, name)
        return self.bound(path, name, found) if found is not None else Term("name", (unbound(name),))

    def bound(self, path: str, name: str, found: Binding) -> Value:
        """What a name at module level stands for: what every arm that decides it makes of it."""
        if (path, name) in self._resolving:
            return self.code.of_variable(path, name)
        self._resolving.add((path, name))
        try:
            return self._bound(path, name, found)
        finally:
            self._resolving.discard((path, name))

    def _bound(self, path: str, name: str, found: Binding) -> Value:
        match found:
            case Imported():
                return self.imported(path, found)
            case Defined(node=ast.ClassDef()) if self.code.names.once(path, name):
                return ClassRef(f"{path}::{name}")
            case Defined(node=ast.FunctionDef() as node) if (method := self._method(path, name, node)) is not None:
                return Function(method)
            case Assigned(value=value) if self.code.settled(path, name):
                return self._at_import(path, value)
            case Either():
                return self._either(path, name, found)
            case _:
                return self.code.of_variable(path, name)

    def _method(self, path: str, name: str, node: ast.FunctionDef) -> Method | None:
        functions = (each for each in self.project.files[path].functions if each.name == name)
        return next((Method(path, None, each) for each in functions if each.line == node.lineno), None)

    def imported(self, path: str, found: Imported) -> Value:
        """What an import leads to."""
        file, name = self.code.names.source(path, found)
        if file is None:
            return external(name)
        if not name:
            return ModuleRef(file)
        return self.member(file, name)

    def member(self, path: str, name: str) -> Value:
        """An attribute of a file of the project."""
        if self.code.names.binding(path, name) is not None:
            return self.resolve(path, name)
        if name == CONTENTS:
            return self.code.of_file(path)
        inner = self.project.modules.file(f"{self.project.modules.names[path]}.{name}")
        return ModuleRef(inner) if inner is not None else self.code.of_variable(path, name)

    def _at_import(self, path: str, node: ast.expr) -> Value:
        """The value that an expression at module level has when its file is imported."""
        with self.before_all():
            return self.evaluate(node, Frame(self.token(), path, "", ""))

    def _either(self, path: str, name: str, found: Either) -> Value:
        """What either arm of a statement at module level gives; which of them runs, no caller decides."""
        if found.yes is None or found.no is None:
            one = found.yes or found.no
            assert one is not None
            return self._bound(path, name, one)
        if isinstance(found.by, tuple):
            guard = Term("raises", (self.code.of_nodes(found.by, path, ""),))
        else:
            guard = self.condition(self._at_import(path, found.by))
        yes, no = self._bound(path, name, found.yes), self._bound(path, name, found.no)
        if (known := truth(guard)) is not None:
            return yes if known else no
        return self.choice(guard if guard.op == "raises" else Term(AT_IMPORT, (guard,)), yes, no)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        owner = self.evaluate(node.value, frame)
        return self.each(owner, lambda one: self.attribute(one, node.attr, node, frame))

    # -- calls -------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        callee = self.evaluate(node.func, frame)
        arguments = self.arguments(node, frame)
        return self.each(callee, lambda one: self.call(one, arguments, node, frame))

    def arguments(self, node: ast.Call, frame: Frame) -> Arguments:
        positional: list[Value] = []
        named: dict[str, Value] = {}
        rest: list[Term] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                self._spread(self.iterable(self.evaluate(argument.value, frame), node, frame), positional, rest)
            else:
                positional.append(self.evaluate(argument, frame))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, Table):
                for key, item in self.entries(value):
                    if is_constant(key) and not isinstance(item, Choice):
                        named[str(key.args[0])] = item
                    else:
                        rest.append(Term("entry", (key, self.describe(item))))
                rest += self.rests(value)
            else:
                rest.append(self.describe(value))
        return Arguments(tuple(positional), tuple(named.items()), tuple(rest))

    def _spread(self, value: Value, positional: list[Value], rest: list[Term]) -> None:
        items = self.held(value) if isinstance(value, Items) else (Spread(self.describe(value)),)
        positional += items

    # -- literals ----------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant, frame: Frame) -> Value:
        value = node.value
        plain = value is None or isinstance(value, bool | int | float | str | bytes)
        return constant(value) if plain else Term("constant", (repr(value),))  # type: ignore[arg-type]

    def _formatted(self, node: ast.JoinedStr, frame: Frame) -> Value:
        parts = [self._formatted_part(part, frame) for part in node.values]
        if all(is_constant(part) for part in parts):
            return constant("".join(str(part.args[0]) for part in parts if isinstance(part, Term)))
        return Term("format", tuple(map(self.describe, parts)))

    def _formatted_part(self, part: ast.expr, frame: Frame) -> Value:
        if not isinstance(part, ast.FormattedValue):
            return self.evaluate(part, frame)
        value = self.evaluate(part.value, frame)
        if part.format_spec is None and part.conversion in (-1, ord("s")):
            return value
        spec = NONE if part.format_spec is None else self.evaluate(part.format_spec, frame)
        return Term("formatted", (self.describe(value), part.conversion, self.describe(spec)))

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
        values: list[Value] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                self._spread(self.iterable(self.evaluate(element.value, frame), node, frame), values, [])
            else:
                values.append(self.evaluate(element, frame))
        return self.items(values, type(node).__name__.lower())

    def _dictionary(self, node: ast.Dict, frame: Frame) -> Value:
        entries: list[tuple[Term, Value]] = []
        rest: list[Term] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, frame)
            if key is not None:
                entries.append((self.describe(self.evaluate(key, frame)), value))
            elif isinstance(value, Table):
                entries = [*self.overridden(entries, self.rest(value)), *self.entries(value)]
                rest += self.rests(value)
            else:
                rest.append(self.describe(value))
                entries = self.overridden(entries, rest[-1])
        return self.table(entries, Term("rest", tuple(rest)) if rest else None)

    def _function(self, node: ast.Lambda, frame: Frame) -> Value:
        return Closure(node, frame)

    def _walrus(self, node: ast.NamedExpr, frame: Frame) -> Value:
        value = self.evaluate(node.value, frame)
        while frame.within and frame.parent is not None:
            frame = frame.parent
        self.give(node.target, value, frame)
        return value

    def _starred(self, node: ast.Starred, frame: Frame) -> Value:
        return Spread(self.describe(self.evaluate(node.value, frame)))

    # -- items -------------------------------------------------------------------------------------------------

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        owner = self.evaluate(node.value, frame)
        if isinstance(node.slice, ast.Slice):
            bounds = [node.slice.lower, node.slice.upper, node.slice.step]
            parts = [NONE if bound is None else self.evaluate(bound, frame) for bound in bounds]
            return self.each(owner, lambda one: self._sliced(one, parts))
        index = self.evaluate(node.slice, frame)
        return self.each(owner, lambda one: self.each(index, lambda at: self._taken(one, at, node, frame)))

    def _taken(self, owner: Value, index: Value, node: ast.AST, frame: Frame) -> Value:
        getter = "__class_getitem__" if isinstance(owner, ClassRef) else "__getitem__"
        method = self.by_itself(owner, getter)
        return self.item(owner, index) if method is None else self.invoke(method, Arguments((index,)), node, frame)

    def _sliced(self, owner: Value, parts: list[Value]) -> Value:
        bounds = [part.args[0] for part in parts if isinstance(part, Term) and is_constant(part)]
        whole = len(bounds) == 3 and all(bound is None or isinstance(bound, int) for bound in bounds)
        if isinstance(owner, Items) and whole and self._plain(owner):
            return self.items(self.held(owner)[slice(*bounds)], owner.kind)  # type: ignore[arg-type]
        return self.compound("slice", [owner, *parts])

    def _plain(self, items: Items) -> bool:
        """Whether it is known which items there are."""
        return not any(isinstance(item, Repeat | Spread) for item in self.held(items))

    def item(self, owner: Value, index: Value) -> Value:
        """`owner[index]`."""
        at = index.args[0] if isinstance(index, Term) and is_constant(index) else None
        match owner:
            case Items() if isinstance(at, int) and self._plain(owner):
                held = self.held(owner)
                return held[at] if -len(held) <= at < len(held) else MISSING
            case Table() if at is not None:
                found = [item for key, item in self.entries(owner) if key == index]
                certain = all(is_constant(key) for key, _ in self.entries(owner))
                if found and certain:
                    return found[-1]
            case Term() if not is_missing(part := self.get(0, self.item_key(owner, self.describe(index)))):
                return part
            case Made() | Instance() if isinstance(at, int | str):
                part = self.get(owner.token, str(at))
                if not is_missing(part):
                    return part
            case _:
                pass
        return self.compound("item", [owner, index])

    def item_key(self, owner: Term, index: Term) -> str:
        """The name of the cell of an item of something of which nothing is known."""
        return f"{owner.digest.hex()}[{index.digest.hex()}]"

    # -- operators ---------------------------------------------------------------------------------------------

    def _binary(self, node: ast.BinOp, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        return self.operate(type(node.op).__name__, left, right, node, frame)

    def operate(self, op: str, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        """`left op right`."""
        return self.each(left, lambda one: self.each(right, lambda other: self._operate(op, one, other, node, frame)))

    def _operate(self, op: str, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
        for sign, owner, other in (("", left, right), ("r", right, left)):
            method = self.by_itself(owner, f"__{sign}{OPERATORS[op]}__") if isinstance(owner, Instance) else None
            if method is not None:
                return self.invoke(method, Arguments((other,)), node, frame)
        if isinstance(left, Term) and isinstance(right, Term):
            return binary(op, left, right)
        if op == "Add" and isinstance(left, Items) and isinstance(right, Items):
            return self.items((*self.held(left), *self.held(right)), left.kind)
        if op == "Mult":
            for items, times in ((left, number(right)), (right, number(left))):
                if isinstance(items, Items) and isinstance(times, int) and times * len(self.held(items)) <= UNROLLED:
                    return self.items(self.held(items) * times, items.kind)
        if op == "BitOr" and isinstance(left, Table) and isinstance(right, Table):
            return self.table([*self.entries(left), *self.entries(right)], self.rest(left) or self.rest(right))
        return self.compound(op, [left, right])

    def _unary(self, node: ast.UnaryOp, frame: Frame) -> Value:
        value = self.evaluate(node.operand, frame)
        if isinstance(node.op, ast.Not):
            return negated(self.condition(value))
        known = number(value)
        if isinstance(node.op, ast.USub) and known is not None:
            return constant(-known)
        return self.compound(type(node.op).__name__, [value])

    def _comparison(self, node: ast.Compare, frame: Frame) -> Value:
        left = self.evaluate(node.left, frame)
        rights = [self.evaluate(each, frame) for each in node.comparators]
        if len(rights) > 1:
            names = ".".join(type(op).__name__ for op in node.ops)
            return Term(names, tuple(map(self.describe, (left, *rights))))
        op = type(node.ops[0]).__name__
        return self.each(left, lambda one: self.each(rights[0], lambda other: self.compared(op, one, other)))

    def compared(self, op: str, left: Value, right: Value) -> Term:
        """`left op right` for a comparison."""
        plain = not isinstance(left, Term) and not (isinstance(left, Made) and not left.cls)
        if right == NONE and plain and (op in ("Is", "IsNot") or not isinstance(left, Instance)):
            same = isinstance(left, Missing)
            return constant(same if op in ("Is", "Eq") else not same)
        if op in ("In", "NotIn") or self.is_class(left) or self.is_class(right):
            found = within_text(left, right) if op.endswith("In") else None
            if found is None:
                found = self._among(left, self._contents(right) if op.endswith("In") else [right])
            if found is not None and op in ("In", "Eq", "Is", "NotIn", "NotEq", "IsNot"):
                return constant(found is not (op in ("NotIn", "NotEq", "IsNot")))
        return compare(op, self.describe(left), self.describe(right))

    def _among(self, value: Value, others: Sequence[Value] | None) -> bool | None:
        """Whether a constant or class is one of others; None where that is not known."""
        if others is None or not all(map(self._is_plain, (value, *others))):
            return None
        keys = [each if isinstance(each, ClassRef) else self.describe(each) for each in (value, *others)]
        found = keys[0] in keys[1:]
        return None if found and isinstance(value, Partial) else found

    def _is_plain(self, value: Value) -> bool:
        """Whether a value is no other than those of its kind that look otherwise."""
        return isinstance(value, Partial) or self.is_class(value) or (isinstance(value, Term) and is_constant(value))

    def is_class(self, value: Value) -> bool:
        raise NotImplementedError

    def _contents(self, value: Value) -> Sequence[Value] | None:
        if isinstance(value, Items) and self._plain(value):
            return self.held(value)
        if isinstance(value, Table) and self.rest(value) is None:
            return [key for key, item in self.entries(value) if not isinstance(item, Choice)]
        return None

    def _conditional(self, node: ast.IfExp, frame: Frame) -> Value:
        guard = self.condition(self.evaluate(node.test, frame))
        one, other = self.either(
            guard, lambda: self.evaluate(node.body, frame), lambda: self.evaluate(node.orelse, frame)
        )
        if one is None or other is None:
            return one if one is not None else other if other is not None else MISSING
        return self.choice(guard, one, other)

    def _boolean(self, node: ast.BoolOp, frame: Frame) -> Value:
        """`a and b`, `a or b`: the second is computed only where the first does not decide."""
        stops_at = isinstance(node.op, ast.Or)

        def follow(place: int) -> Value:
            value = self.evaluate(node.values[place], frame)
            if place + 1 == len(node.values):
                return value
            return self.each(value, lambda one: decide(one, place))

        def decide(value: Value, place: int) -> Value:
            guard = self.condition(value)
            if not stops_at:
                guard = negated(guard)
            one, other = self.either(guard, lambda: value, lambda: follow(place + 1))
            if one is None or other is None:
                return one if one is not None else other if other is not None else MISSING
            if isinstance(value, Term) and isinstance(other, Term):
                return Term("Or" if stops_at else "And", (value, other))
            return self.choice(guard, one, other)

        return follow(0)

    # -- loops -------------------------------------------------------------------------------------------------

    def iterate(self, value: Value, turn: Callable[[Value], None]) -> None:
        """Do something with every item of a value in turn."""
        value = self.resolved(value)
        match value:
            case Choice():
                self.either(value.guard, lambda: self.iterate(value.yes, turn), lambda: self.iterate(value.no, turn))
            case Items():
                for item in self.held(value):
                    self._turn(item, turn)
            case Table() if self.rest(value) is None:
                for key, item in self.entries(value):
                    self._turn(Repeat(item.header, key) if isinstance(item, Repeat) else key, turn)
            case Made() | Instance() if parts := self.children(value):
                for _, part in parts:
                    self._turn(part, turn)
            case Missing():
                pass
            case _:
                self._many(self.describe(value), turn)

    def _many(self, term: Term, turn: Callable[[Value], None]) -> None:
        """Every item of something of which at most the number of items is known."""
        count = draws.length(term)
        known = number(count)
        if isinstance(known, int) and 0 <= known <= UNROLLED:
            for place in range(known):
                turn(Term("item", (term, constant(place))))
            return
        over = term if count is None else Term("call", (RANGE, count))
        self.repeat(lambda: over, lambda: turn(Term("item", (self.level, term))))

    def children(self, value: Made | Instance) -> list[tuple[str, Value]]:
        """The items of a container of modules."""
        cls = value.cls if isinstance(value, Made) else ""
        return self.parts(value.token) if cls in knowledge.CONTAINERS else []

    def _turn(self, item: Value, turn: Callable[[Value], None]) -> None:
        item = self.resolved(item)
        match item:
            case Repeat():
                self.repeat(lambda: item.header, lambda: turn(item.value))
            case Spread():
                self.repeat(lambda: item.term, lambda: turn(Term("item", (self.level, item.term))))
            case Choice(yes=yes, no=no) if is_missing(yes) or is_missing(no):
                self.either(
                    item.guard,
                    lambda: None if is_missing(yes) else self._turn(yes, turn),
                    lambda: None if is_missing(no) else self._turn(no, turn),
                )
            case Missing():
                pass
            case _:
                turn(item)

    def _items(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value:
        found = self.items([])
        inner = self._inside(frame)
        before = len(self.events)

        def add() -> None:
            self.put(found, (*self.held(found), self.evaluate(node.elt, inner)))

        self._through(node.generators, inner, add)
        lazy = isinstance(node, ast.GeneratorExp)
        return self.unless_kept(found, before) if lazy else found

    def unless_kept(self, items: Items, before: int) -> Items:
        """What an iterator goes through, computed at once: right unless it draws and is kept for later."""
        return Items(items.token, LAZY) if len(self.events) > before else items

    def _entries(self, node: ast.DictComp, frame: Frame) -> Value:
        found = self.table([])
        inner = self._inside(frame)

        def add() -> None:
            entry = (self.describe(self.evaluate(node.key, inner)), self.evaluate(node.value, inner))
            self.put(found, (*self.entries(found), entry))

        self._through(node.generators, inner, add)
        return found

    def _inside(self, frame: Frame) -> Frame:
        return Frame(self.token(), frame.path, frame.qualname, frame.cls, frame, frame.instance, within=True)

    def _through(self, loops: list[ast.comprehension], frame: Frame, action: Callable[[], None]) -> None:
        if not loops:
            action()
            return
        first, *rest = loops

        def turn(item: Value) -> None:
            self.give(first.target, item, frame)
            tests = [self.condition(self.evaluate(test, frame)) for test in first.ifs]
            self._where(tests, lambda: self._through(rest, frame, action))

        outer = frame.parent if frame.parent is not None else frame
        over = self.evaluate(first.iter, frame if len(loops) else outer)
        self.iterate(self.iterable(over, first.iter, frame), turn)

    def _where(self, tests: list[Term], action: Callable[[], None]) -> None:
        if not tests:
            action()
        else:
            self.either(tests[0], lambda: self._where(tests[1:], action), lambda: None)


def within_text(part: Value, whole: Value) -> bool | None:
    """Whether one known text stands in another; None where they are none."""
    texts = [each.args[0] for each in (part, whole) if isinstance(each, Term) and is_constant(each)]
    match texts:
        case [str() as one, str() as other]:
            return one in other
        case _:
            return None


def external(name: str) -> Term:
    """A name of another package."""
    return Term("name", (everywhere(name),))


LAZY = "lazy"
"""The kind of items that are drawn for when they are asked for."""

_METHODS: dict[type, Callable[[Any, Any, Frame], Value]] = {
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.Constant: Expressions._constant,
    ast.JoinedStr: Expressions._formatted,
    ast.Tuple: Expressions._sequence,
    ast.List: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dictionary,
    ast.Lambda: Expressions._function,
    ast.NamedExpr: Expressions._walrus,
    ast.Starred: Expressions._starred,
    ast.Subscript: Expressions._subscript,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._comparison,
    ast.IfExp: Expressions._conditional,
    ast.BoolOp: Expressions._boolean,
    ast.ListComp: Expressions._items,
    ast.SetComp: Expressions._items,
    ast.GeneratorExp: Expressions._items,
    ast.DictComp: Expressions._entries,
}

__all__ = ["Expressions", "external"]
