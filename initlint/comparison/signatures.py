"""What the constructors and functions of both versions are given: the same values for the parameters that both have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from initlint.comparison.terms import Term

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.values import Arguments, Value
    from initlint.project.classes import Method


Open = tuple[bool, bool]
"""Whether `*` and `**` parameters may receive arguments without a name here."""


def parameter(name: str) -> Term:
    """What a caller passes under a name."""
    return Term("parameter", (name,))


def given(old: Signature, new: Signature, defaults: bool) -> tuple[dict[str, Value], dict[str, Value]]:
    """What both are given: the same for the parameters that both have, by name or else by position.

    A parameter with a default that only one side has keeps it: callers of the other side cannot pass it. With
    `defaults` all keep theirs. What one side takes as `**` gets the names of the other.
    """
    aliases = {
        other: one
        for one, other in zip(old.names, new.names, strict=False)
        if one != other and one not in new.names and other not in old.names
    }
    names = {aliases.get(name, name) for name in new.names}
    shared = {*old.names} & names
    more = {*old.names} - names if _gathers(new, old) else set(), names - {*old.names} if _gathers(old, new) else set()
    one = _passed(old, {}, shared | more[0], defaults)
    other = _passed(new, aliases, shared | more[1], defaults)
    return (
        one | {name: parameter(name) for name in new.names if name in more[1] and name in other},
        other | {name: parameter(name) for name in old.names if name in more[0] and name in one},
    )


def _gathers(one: Signature, other: Signature) -> bool:
    """Whether one side takes as keywords what the other names; if both have some, each may reject what it gets."""
    return one.starred[1] and not other.starred[1]


def unnamed(old: Signature, new: Signature) -> tuple[Open, Open]:
    """What both may also be given: starred parameters take what those of the other side take."""
    names = old.starred[1] and new.starred[1]
    return (
        (old.starred[0] and (new.starred[0] or len(new.positional) > len(old.positional)), names),
        (new.starred[0] and (old.starred[0] or len(old.positional) > len(new.positional)), names),
    )


def _passed(signature: Signature, aliases: dict[str, str], shared: set[str], defaults: bool) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name in signature.names:
        common = aliases.get(name, name)
        if name not in signature.defaults or (common in shared and not defaults):
            found[name] = parameter(common)
    return found


class Signature:
    """The parameters of a function, without the instance of a method."""

    def __init__(self, code: Code, method: Method | None) -> None:
        self.code = code
        self.method = method
        node = code.function(method) if method is not None else None
        arguments = node.args if node is not None else ast.arguments([], [], None, [], [], None, [])
        positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        behind = 0 if method is None or method.owner is None else 1
        self.positional = positional[behind:]
        self.names = [*self.positional, *(each.arg for each in arguments.kwonlyargs)]
        self.starred = arguments.vararg is not None, arguments.kwarg is not None
        self.defaults = dict(_defaults(arguments, positional))

    def default(self, name: str) -> Term:
        """The default of a parameter, as code with everything that it refers to."""
        assert self.method is not None
        owner = self.method.owner.partition("::")[2] if self.method.owner is not None else ""
        return self.code.of_nodes([self.defaults[name]], self.method.path, owner)


def _defaults(arguments: ast.arguments, positional: list[str]) -> Iterator[tuple[str, ast.expr]]:
    yield from zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield each.arg, default


def equal_defaults(old: Signature, new: Signature) -> bool:
    """Whether a result for all arguments holds for the defaults too: equal names have equal defaults."""
    both = {*old.names} & {*new.names}
    if (_gathers(old, new) and new.defaults.keys() - both) or (_gathers(new, old) and old.defaults.keys() - both):
        return False
    names = all(one == other for one, other in zip(old.names, new.names, strict=False))
    given = all((name in old.defaults) is (name in new.defaults) for name in both)
    return names and given and all(old.default(name) == new.default(name) for name in both & old.defaults.keys())


def interchangeable(old: Signature, new: Signature) -> bool:
    """Whether every call that both accept means the same in both: equal positions, equal defaults."""
    places = all(one == other for one, other in zip(old.positional, new.positional, strict=False))
    both = old.defaults.keys() & new.defaults.keys()
    starred = any(old.starred) or any(new.starred)
    if starred and (old.starred != new.starred or old.names != new.names):
        return False
    return places and all(old.default(name) == new.default(name) for name in both)


def in_order(code: Code, method: Method | None, arguments: Arguments) -> Arguments:
    """The arguments of a call, including the order of the keywords that the function gets as a dictionary."""
    signature = Signature(code, method)
    more = tuple(name for name, _ in arguments.named if name not in signature.names)
    if not signature.starred[1] or len(more) < 2:
        return arguments
    return replace(arguments, rest=(*arguments.rest, Term("order", more)))
