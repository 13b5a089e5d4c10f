"""Where values go: names, attributes and items that are assigned or deleted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.attributes import FROZEN, assign_by_name, freeze, is_accessor
from initlint.comparison.interpreter.containers import is_plain, item_at, item_key, looked_up, on_items
from initlint.comparison.interpreter.drawing import unfollowed, unseen
from initlint.comparison.interpreter.iteration import iterable
from initlint.comparison.terms import NONE, Term, constant, is_constant, same_key
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Bound,
    ClassRef,
    Frame,
    Instance,
    Items,
    Made,
    ModuleRef,
    Spread,
    Table,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def give(run: Run, target: ast.expr, value: Value, frame: Frame) -> None:
    """Store a value in an assignment target."""
    match target:
        case ast.Name(id=name):
            while name in frame.outer and frame.parent is not None:
                frame = frame.parent
            run.set(frame.token, name, value)
        case ast.Attribute(value=owner, attr=name):
            run.each(run.evaluate(owner, frame), lambda one: _set_attribute(run, one, name, value, target, frame))
        case ast.Subscript():
            holder = run.evaluate(target.value, frame)
            index = NONE if isinstance(target.slice, ast.Slice) else run.evaluate(target.slice, frame)
            run.each(holder, lambda one: _set_item(run, one, run.describe(index), value, target, frame))
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            _unpack(run, targets, iterable(run, value, target, frame), frame)
        case ast.Starred(value=inner):
            run.give(inner, value, frame)
        case _:
            pass


def _set_attribute(run: Run, owner: Value, name: str, value: Value, node: ast.expr, frame: Frame) -> Value:
    match owner:
        case _ if name == FROZEN:
            freeze(run, owner, value)
        case Instance():
            method = run.project.method(owner.cls, name)
            if method is not None and is_accessor(method):
                return unseen(run, run.code.of_function(method), Arguments((owner, value)), node, frame)
            run.set(owner.token, name, value)
        case Made():
            run.set(owner.token, f".{name}" if name == "data" else name, value)
        case Term():
            run.set(0, f"{owner.digest.hex()}.{name}", value)
        case ClassRef() | ModuleRef():
            raise unfollowed("a change of a class or module", node, frame)
        case _:
            pass
    return NONE


def _set_item(run: Run, owner: Value, index: Term, value: Value, node: ast.expr, frame: Frame) -> Value:
    match owner:
        case Table():
            kept = [entry for entry in run.entries(owner) if not same_key(entry[0], index)]
            same = len(kept) < len(run.entries(owner))
            if same:
                replaced = [(key, value if same_key(key, index) else item) for key, item in run.entries(owner)]
                run.enter_all(owner, tuple(replaced))
            else:
                run.enter_all(owner, (*kept, (index, value)))
        case Items():
            at = index.args[0] if is_constant(index) else None
            held = run.held(owner)
            if isinstance(at, int) and is_plain(run, owner) and -len(held) <= at < len(held):
                at = at % len(held)
                run.hold(owner, (*held[:at], value, *held[at + 1 :]))
            else:
                term = Term("changed", (run.describe(owner), index, run.describe(value)))
                run.hold(owner, (Spread(term),))
        case Made() | Instance():
            assign_by_name(run, owner, index, value)
        case Term():
            run.set(0, item_key(owner, index), value)
        case Bound(receiver=Instance() as holder, name="_modules" | "_parameters" | "_buffers" | "__dict__"):
            assign_by_name(run, holder, index, value)
        case _:
            raise unfollowed("an item of something unknown", node, frame)
    return NONE


def _unpack(run: Run, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    starred = [place for place, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if isinstance(value, Items) and is_plain(run, value) and len(run.held(value)) >= len(targets) - len(starred):
        held = list(run.held(value))
        if starred:
            behind = len(targets) - starred[0] - 1
            middle = held[starred[0] : len(held) - behind]
            held = [*held[: starred[0]], run.items(middle), *held[len(held) - behind :]]
        for target, item in zip(targets, held, strict=False):
            run.give(target, item, frame)
        return
    for place, target in enumerate(targets):
        run.give(target, run.each(value, lambda one: item_at(run, one, constant(place))), frame)  # noqa: B023


def delete(run: Run, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        match target:
            case ast.Attribute(value=owner, attr=name):
                found = run.evaluate(owner, frame)
                if isinstance(found, Instance | Made):
                    run.set(found.token, name, MISSING)
            case ast.Name(id=name):
                run.set(frame.token, name, MISSING)
            case ast.Subscript(value=owner, slice=index) if not isinstance(index, ast.Slice):
                holder, key = run.evaluate(owner, frame), run.describe(run.evaluate(index, frame))
                run.each(holder, lambda one: _delete_item(run, one, key, target, frame))  # noqa: B023
            case _:
                raise unfollowed("a deletion", node, frame)


def _delete_item(run: Run, owner: Value, index: Term, node: ast.Subscript, frame: Frame) -> Value:
    """A deletion from something unknown is noted, and the name that led to it stands for the remainder."""
    match owner:
        case Table():
            looked_up(run, owner, "pop", (index,))
        case Items():
            on_items(run, owner, "pop", Arguments((index,)))
        case Bound(receiver=Instance() as holder, name="_modules" | "_parameters" | "_buffers" | "__dict__"):
            assign_by_name(run, holder, index, MISSING)
        case _:
            unseen(run, Term("name", ("operator.delitem",)), Arguments((owner, index)), node, frame)
            if isinstance(owner, Term):
                give(run, node.value, Term("without", (owner, index)), frame)
    return NONE
