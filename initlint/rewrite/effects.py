"""The side effects of code, which can only be removed if there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from initlint.construction.syntax import dotted, variables, walk
from initlint.facts.vocabulary import REGISTRATIONS
from initlint.rewrite.tree import Tree, instance

_CHANGING = frozenset(
    "add append appendleft clear discard extend insert pop popitem popleft remove reverse send setdefault sort "
    "update write".split()
)
"""Methods of Python's containers and files that change their object."""


@dataclass(frozen=True, slots=True)
class Roots:
    """What code may change: expressions by the ids of their nodes, and local names."""

    nodes: frozenset[int]
    names: frozenset[str] = field(default=frozenset())

    def hold(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is a root, a part of one, or the result of a method of one."""
        while id(node) not in self.nodes:
            match node:
                case cst.Name(value=name):
                    return name in self.names
                case (
                    cst.Attribute(value=inner) | cst.Subscript(value=inner) | cst.Call(func=cst.Attribute(value=inner))
                ):
                    node = inner
                case _:
                    return False
        return True

    def with_names(self, names: frozenset[str]) -> Roots:
        return Roots(self.nodes, self.names | names)


class Effects:
    """Answers about one class and its family in the same file."""

    def __init__(self, tree: Tree, cls: cst.ClassDef) -> None:
        self.tree = tree
        self.methods = {
            node.name.value: node
            for each in tree.family(cls)
            for node in each.body.body
            if isinstance(node, cst.FunctionDef)
        }

    # -- expressions ---------------------------------------------------------------------------------------------

    def of(self, node: cst.CSTNode, roots: Roots) -> str:
        """What the evaluation of an expression changes besides the roots, as the end of a sentence; "" for nothing."""
        for each in walk(node):
            match each:
                case cst.Await() | cst.Yield() | cst.From():
                    return "it waits or yields"
                case cst.Call():
                    if effect := self._of_call(each, roots):
                        return effect
                case _:
                    pass
        return ""

    def _of_call(self, call: cst.Call, roots: Roots) -> str:
        owner = instance(self.tree.method(call))
        match call.func:
            case cst.Name(value="next"):
                return f"`{self.tree.code(call)}` moves an iterator"
            case cst.Attribute(value=cst.Name(value=name), attr=attr) if name == owner:
                return self._of_method(attr.value, set())
            case cst.Attribute(value=cst.Call(func=cst.Name(value="super"))):
                return f"`{self.tree.code(call.func)}` may do more than build it"
            case cst.Attribute(value=receiver, attr=attr) if attr.value in _CHANGING and not roots.hold(receiver):
                return f"`{self.tree.code(call.func)}` changes something else"
            case _:
                return ""

    def _of_method(self, name: str, seen: set[str]) -> str:
        """What a method of the instance changes on it."""
        if name in seen:
            return ""
        method = self.methods.get(name)
        if method is None:
            return f"`{name}` is defined in another file and may do more than build it"
        owner = instance(method)
        for node in walk(method.body):
            if isinstance(node, cst.Global | cst.Nonlocal):
                return f"`{name}` assigns names outside of it"
            if changed := _changed(node, owner):
                return f"`{name}` changes `{changed}` too"
            if called := _called(node, owner):
                effect = self._of_method(called, seen | {name})
                if effect:
                    return effect
        return ""

    # -- statements ----------------------------------------------------------------------------------------------

    def only(self, node: cst.CSTNode, roots: Roots) -> bool:
        """Whether a statement changes only the roots."""
        match node:
            case cst.Pass():
                return True
            case cst.Expr(value=cst.Call() as call):
                return self._only_call(call, roots)
            case cst.Expr(value=value):
                return not self.of(value, roots)
            case cst.Assign() | cst.AnnAssign() | cst.AugAssign() | cst.Del():
                return self._only_assigned(node, roots)
            case _:
                return self._only_block(node, roots)

    def _only_assigned(self, node: cst.Assign | cst.AnnAssign | cst.AugAssign | cst.Del, roots: Roots) -> bool:
        match node:
            case cst.Assign(targets=targets, value=value):
                return all(_part(each.target, roots) for each in targets) and not self.of(value, roots)
            case cst.AnnAssign(target=target, value=value):
                return _part(target, roots) and (value is None or not self.of(value, roots))
            case cst.AugAssign(target=target, value=value):
                return roots.hold(target) and not self.of(value, roots)
            case cst.Del(target=target):
                return roots.hold(target)

    def _only_block(self, node: cst.CSTNode, roots: Roots) -> bool:
        match node:
            case cst.SimpleStatementLine() | cst.SimpleStatementSuite() | cst.IndentedBlock():
                return all(self.only(each, roots) for each in node.body)
            case cst.If(test=test, body=body, orelse=orelse):
                return not self.of(test, roots) and self.only(body, roots) and (not orelse or self.only(orelse, roots))
            case cst.Else(body=body):
                return self.only(body, roots)
            case cst.With(items=items, body=body):
                return self._is_plain(items, roots) and self.only(body, roots)
            case cst.For(target=target, iter=iter, body=body, orelse=None):
                inner = roots
                if any(roots.hold(each) for each in _iterated(iter)):
                    inner = roots.with_names(frozenset(name.value for name in variables(target)))
                return not self.of(iter, roots) and self.only(body, inner)
            case _:
                return False

    def _is_plain(self, items: Sequence[cst.WithItem], roots: Roots) -> bool:
        """Whether the contexts of a `with` only affect its body."""
        return all(item.asname is None and not self.of(item.item, roots) for item in items)

    def _only_call(self, call: cst.Call, roots: Roots) -> bool:
        """A method of a root, or a function that gets a root and nothing else that it could change."""
        if self.of(call, roots):
            return False
        if roots.hold(call):
            return True
        given = [argument.value for argument in call.args]
        if not given or not any(roots.hold(each) for each in given):
            return False
        owner = instance(self.tree.method(call))
        name = dotted(call.func)
        if name is None or (isinstance(call.func, cst.Attribute) and call.func.attr.value in REGISTRATIONS):
            return False
        if name.endswith("_") and roots.hold(given[0]):
            return True
        others = [each for each in given if not roots.hold(each)]
        return not any(_reaches(each, owner) for each in others)


def _part(target: cst.BaseExpression, roots: Roots) -> bool:
    """Whether a target is a part of a root; a local name itself is not."""
    return not isinstance(target, cst.Name) and roots.hold(target)


def _iterated(iter: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What a loop takes its items from: `x`, or the arguments of `enumerate(x)` and `zip(x, y)`."""
    match iter:
        case cst.Call(func=cst.Name(value="enumerate" | "zip" | "reversed" | "list" | "iter"), args=args):
            return [argument.value for argument in args]
        case _:
            return [iter]


def _reaches(node: cst.BaseExpression, owner: str) -> bool:
    """Whether the instance, or anything attached to it, can be changed through an argument."""
    return any(name.value == owner for name in variables(node))


def _changed(node: cst.CSTNode, owner: str) -> str:
    """The attribute of the instance that a node changes; the name of the instance if it is passed on."""
    match node:
        case cst.Assign() | cst.AnnAssign() | cst.AugAssign() | cst.NamedExpr():
            targets = [each.target for each in node.targets] if isinstance(node, cst.Assign) else [node.target]
            for target in targets:
                for each in walk(target):
                    match each:
                        case cst.Attribute(value=cst.Name(value=name), attr=attr) if name == owner:
                            return attr.value
                        case _:
                            pass
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=attr)) if name == owner:
            return attr.value if attr.value in REGISTRATIONS else ""
        case cst.Call(func=cst.Attribute(value=cst.Attribute(value=cst.Name(value=name), attr=attr), attr=called)):
            return attr.value if name == owner and called.value in _CHANGING else ""
        case cst.Arg(value=cst.Name(value=name)) if name == owner:
            return name
        case _:
            pass
    return ""


def _called(node: cst.CSTNode, owner: str) -> str:
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=attr)) if name == owner:
            return attr.value
        case _:
            return ""
