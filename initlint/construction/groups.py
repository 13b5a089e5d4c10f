"""Lists, tuples and dictionaries, and what built-in functions make of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from initlint.construction.values import (
    UNKNOWN,
    Arguments,
    Constant,
    Group,
    Self,
    Swept,
    Thing,
    Value,
    join,
    options,
    text_of,
    tokens,
)
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from initlint.construction.run import Run, Site

UNROLLED = 8
"""The number of items of a literal that a loop goes through one by one."""

MAX_ITEMS = 64
"""The number of items that a group keeps apart; further ones still belong to it."""


def grow(run: Run, group: Group, name: str | None, value: Value) -> None:
    """Add an item to a list or dictionary, under a name if it is a dictionary."""
    born = run.born.get(group.token, ())
    further = [step for step in run.branch if step not in born and step[0] not in run.certain]
    group.exact = group.exact and not further
    if group.mapping and name is not None and group.exact:
        group.items = [item for item in group.items if item[0] != name]
    if len(group.items) < MAX_ITEMS:
        group.items.append((name, value))
    else:
        group.exact = False
    key = name if name is not None else str(len(group.items) - 1) if group.exact else "*"
    run.attach(group.token, key, value)


def displace(value: Value) -> None:
    """From here on it is unknown which item of a list is in which place."""
    for option in options(value):
        if isinstance(option, Group):
            option.exact = False


def extend(run: Run, whole: Value, value: Value, site: Site | None) -> None:
    """Add the items of another group."""
    for option in options(value):
        if not isinstance(option, Group):
            _include(run, whole, "*", option, site)
        elif isinstance(whole, Group):
            for name, item in list(option.items):
                grow(run, whole, name if whole.mapping else None, item)
            whole.exact = whole.exact and option.exact
        else:
            for name, item in list(option.items):
                key, kept = _entry(run, whole, name, item, option)
                _include(run, whole, key, kept, site)


def _entry(run: Run, whole: Value, name: str | None, item: Value, group: Group) -> tuple[str, Value]:
    """The key and the module of an item, which may be a `("name", module)` pair."""
    if name is not None:
        return name, item
    if isinstance(item, Group) and len(item.items) == 2 and isinstance(item.items[0][1], Constant):
        return text_of(item.items[0][1]), item.items[1][1]
    return next_key(run, whole) if group.exact else "*", item


def next_key(run: Run, whole: Value) -> str:
    """The index under which a container keeps its next item; a star if unknown."""
    if isinstance(whole, Thing):
        taken, born = [key for key, _ in run.parts.get(whole.token, ())], run.born.get(whole.token, ())
    else:
        taken, born = [name for name in run.attributes if name.isdigit() or name == "*"], ()
    perhaps = run.loops or any(step not in born and step[0] not in run.certain for step in run.branch)
    return "*" if perhaps or "*" in taken else str(len(taken))


def _include(run: Run, whole: Value, name: str, value: Value, site: Site | None) -> None:
    if isinstance(whole, Thing):
        run.keep(value)
        run.attach(whole.token, name, value)
        if site is not None and not tokens(value):
            run.draw(whole.token, Answer.UNKNOWN, (), site, weak=True)
    elif isinstance(whole, Group):
        run.attach(whole.token, name, value)
        whole.items.append((None, element(value)))
        whole.exact = False
    elif isinstance(whole, Self) and site is not None:
        run.store(name, value, site, site.node, run.fresh(), definable=False)


def element(value: Value) -> Value:
    """The value of a loop variable in a loop over a value."""
    return join(_element(option) for option in options(value))


def _element(value: Value) -> Value:
    match value:
        case Group(mapping=True):
            return join(Constant(name) if name not in (None, "*") else UNKNOWN for name, _ in value.items)
        case Group():
            return join(item for _, item in value.items)
        case Thing(kind=None | Kind.SUBMODULE):
            return Thing(None, "", value.token)
        case Thing() | Swept():
            return value
        case _:
            return UNKNOWN


def part(run: Run, group: Group) -> Group:
    """A slice of a list: which of its items it has, and in which places, is unknown."""
    return of(run, [item for _, item in group.items], exact=False)


def known_items(value: Value) -> list[Value] | None:
    """The items that a loop goes through one by one; None if there are many, or not all are known."""
    if not isinstance(value, Group) or not value.exact or len(value.items) > UNROLLED:
        return None
    if value.mapping:
        return [Constant(name) if name is not None else UNKNOWN for name, _ in value.items]
    return [item for _, item in value.items]


def looked_up(group: Group, index: Value) -> Value:
    """`group[index]`: one item if both are known, or else any."""
    if not isinstance(index, Constant) or index.pattern:
        return join(value for _, value in group.items)
    if group.mapping:
        found = [value for name, value in group.items if name == text_of(index)]
        if found or group.exact:
            return found[-1] if found else UNKNOWN
    elif isinstance(index.value, int) and group.exact and -len(group.items) <= index.value < len(group.items):
        return group.items[index.value][1]
    return join(value for _, value in group.items)


def of(run: Run, values: Iterable[Value], exact: bool = True) -> Group:
    """A new list of values."""
    group = run.group()
    for value in values:
        grow(run, group, None, value)
    group.exact = group.exact and exact
    return group


def copied(run: Run, arguments: Arguments, mapping: bool = False) -> Group:
    """`list(value)`, `dict(pairs, name=value)` and the like."""
    group = run.group(mapping)
    for value in (option for given in arguments.positional for option in options(given)):
        if not isinstance(value, Group) or value.mapping is mapping:
            extend(run, group, value, None)
            continue
        for name, item in value.items:
            if mapping:
                key, kept = _pair(item)
                grow(run, group, text_of(key), kept)
            else:
                grow(run, group, None, Constant(name) if name is not None else UNKNOWN)
        group.exact = group.exact and value.exact
    for name, value in arguments.named:
        grow(run, group, name, value)
    group.exact = group.exact and not arguments.unseen
    return group


def namespace(run: Run, arguments: Arguments) -> Group:
    """`SimpleNamespace(name=value)`, or an instance of a named tuple."""
    group = run.group(mapping=bool(arguments.named))
    for name, value in (*((None, value) for value in arguments.positional), *arguments.named):
        grow(run, group, name, value)
    group.exact = group.exact and not arguments.unseen
    return group


def _pair(item: Value) -> tuple[Value, Value]:
    """Key and value of an item of a dictionary, if it is a pair."""
    if isinstance(item, Group) and len(item.items) == 2:
        return item.items[0][1], item.items[1][1]
    return UNKNOWN, item


def merged(run: Run, arguments: Arguments) -> Group:
    """Everything in several lists, in unknown order."""
    group = run.group()
    for value in arguments.values():
        extend(run, group, value, None)
    group.exact = False
    return group


def counted(run: Run, arguments: Arguments) -> Group:
    """`range(...)`."""
    bounds = [value.value if isinstance(value, Constant) else None for value in arguments.positional]
    whole = [bound for bound in bounds if isinstance(bound, int)]
    if len(whole) == len(bounds) and 1 <= len(whole) <= 3 and whole[2:] != [0] and len(range(*whole)) <= MAX_ITEMS:
        return of(run, (Constant(turn) for turn in range(*whole)))
    return of(run, (UNKNOWN,), exact=False)


def numbered(run: Run, value: Value) -> Group:
    """`enumerate(value)`."""
    if isinstance(value, Group) and value.exact and not value.mapping:
        return of(run, [of(run, (Constant(number), item)) for number, (_, item) in enumerate(value.items)])
    return of(run, (of(run, (UNKNOWN, element(value))),), exact=False)


def zipped(run: Run, arguments: Arguments) -> Group:
    """`zip(...)`: row by row if all its lists are known."""
    groups = [value for value in arguments.positional if isinstance(value, Group) and value.exact and not value.mapping]
    if groups and len(groups) == len(arguments.positional) and not arguments.unseen:
        columns = [[item for _, item in group.items] for group in groups]
        return of(run, [of(run, row) for row in zip(*columns)])  # noqa: B905
    return of(run, (of(run, [element(value) for value in arguments.positional]),), exact=False)


def pairs(run: Run, group: Group) -> Group:
    """`group.items()`."""
    names = (Constant(name) if name not in (None, "*") else UNKNOWN for name, _ in group.items)
    rows = [of(run, (name, value)) for name, (_, value) in zip(names, group.items, strict=True)]
    return of(run, rows, exact=group.exact)


def held(run: Run, group: Group) -> Group:
    """`group.values()`."""
    return of(run, [value for _, value in group.items], exact=group.exact)


def fresh(run: Run, value: Value) -> Value:
    """A value of another run as a value of this one, with lists of its own."""
    if not isinstance(value, Group):
        return value
    group = run.group(value.mapping)
    for name, item in value.items:
        grow(run, group, name, fresh(run, item))
    group.exact, group.instantiates = value.exact, value.instantiates
    return group
