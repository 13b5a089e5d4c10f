"""The results of a function of the project, separate from its run, so that every call can create them again."""

from __future__ import annotations

import msgspec

from initlint.construction.finish import MAX_NAMES, Finish, Summary, dotted
from initlint.construction.run import Draws, Sweeps
from initlint.construction.values import Closure, Group, Thing, Token, Value, independent, options
from initlint.model import Answer, Kind


class Copy(msgspec.Struct, frozen=True):
    """A thing that a function returns, created anew by every call."""

    kind: Kind | None
    cls: str
    summary: Summary
    weak: bool


class Copies(msgspec.Struct, frozen=True):
    """A list, tuple or dictionary of things that a function returns."""

    items: tuple[tuple[str | None, Made], ...]
    exact: bool
    mapping: bool


Made = tuple["Copy | Copies | Value", ...]
"""The alternatives that a function returns."""


def made(finish: Finish, value: Value) -> Made | None:
    """The result of a function, to be created for each call; None if its effects go beyond that."""
    reached: set[Token] = set()
    result = _templates(finish, value, reached)
    further = (
        isinstance(entry, Sweeps) or (isinstance(entry, Draws) and not entry.weak and entry.token not in reached)
        for entry in finish.run.log
    )
    return None if result is None or any(further) or not finish.run.complete else result


def _templates(finish: Finish, value: Value, reached: set[Token]) -> Made | None:
    found = [_template(finish, option, reached) for option in options(value)]
    known = [template for template in found if template is not None]
    return tuple(known) if len(known) == len(found) else None


def _template(finish: Finish, value: Value, reached: set[Token]) -> Copy | Copies | Value | None:
    """How to create one alternative again; None if what it draws is also in another one."""
    if isinstance(value, Thing):
        parts = {token for token in finish.run.reach((value.token,)) if token in finish.drawing}
        if parts & reached:
            return None
        reached |= parts
        return _copy(finish, value)
    if independent(value) or (isinstance(value, Closure) and not finish.run.built):
        return value
    if isinstance(value, Group):
        items = [(name, _templates(finish, item, reached)) for name, item in value.items]
        known = tuple((name, made) for name, made in items if made is not None)
        return Copies(known, value.exact, value.mapping) if len(known) == len(items) else None
    return None


def _copy(finish: Finish, thing: Thing) -> Copy:
    reached = finish.run.reach((thing.token,))
    born = set(finish.run.born.get(thing.token, ()))
    paths = finish.paths((thing.token,))
    found = [entry for entry in finish.run.log if isinstance(entry, Draws) and entry.token in paths]
    certain = [
        entry
        for entry in found
        if entry.answer is Answer.YES and not set(finish.conditions(entry.branch, entry.loops)) - born
    ]
    answer = Answer.YES if certain else Answer.UNKNOWN if found else Answer.NO
    names = [dotted(paths[entry.token], name) for entry in found for name in entry.names or ("",)]
    contains = frozenset(cls for token in reached for cls in finish.run.classes(token))
    summary = Summary(answer, tuple(dict.fromkeys(filter(None, names)))[:MAX_NAMES], contains)
    return Copy(thing.kind, thing.cls, summary, bool(found) and all(entry.weak for entry in found))
