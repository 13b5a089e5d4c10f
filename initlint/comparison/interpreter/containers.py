"""Lists and dictionaries: their items, their methods, and what is known about them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

from initlint.comparison import draws
from initlint.comparison.interpreter.described import argument_terms, compound, state
from initlint.comparison.interpreter.machine import is_missing
from initlint.comparison.terms import NONE, RANGE, Term, constant, is_constant, is_fixed, number, same_key
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Choice,
    Instance,
    Items,
    Made,
    ModuleRef,
    Repeat,
    Spread,
    Table,
    Value,
)
from initlint.construction import knowledge

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


UNROLLED = 64
"""Turns of a loop over numbers that are followed one by one."""


KINDS = {"list": list, "tuple": tuple, "set": set}
"""The class of items, by kind of sequence."""

LAZY = "lazy"
"""The kind of items that are drawn on demand."""


def overridden(run: Run, entries: Iterable[tuple[Term, Value]], rest: Term | None) -> list[tuple[Term, Value]]:
    """Entries that an unknown dictionary after them may override."""
    if rest is None:
        return list(entries)
    return [(key, Term("looked up", (rest, key, run.describe(value)))) for key, value in entries]


def with_all_of(
    run: Run, entries: list[tuple[Term, Value]], rest: list[Term], value: Value
) -> list[tuple[Term, Value]]:
    """Entries followed by all entries of a dictionary; its unknown contents are added to the rest."""
    if isinstance(value, Table):
        rest += run.rests(value)
        return [*overridden(run, entries, run.rest(value)), *run.entries(value)]
    rest.append(run.describe(value))
    return overridden(run, entries, rest[-1])


def is_plain(run: Run, items: Items) -> bool:
    """Whether all items are known."""
    return all(_is_there(run.resolved(item)) and not isinstance(item, Repeat | Spread) for item in run.held(items))


def item_at(run: Run, owner: Value, index: Value) -> Value:
    """`owner[index]`."""
    at = index.args[0] if is_constant(index) else None
    match owner:
        case Items() if isinstance(at, int) and is_plain(run, owner):
            held = run.held(owner)
            return held[at] if -len(held) <= at < len(held) else MISSING
        case Term(op="name", args=("sys.modules",)) if (file := run.project.modules.file(str(at))) is not None:
            return ModuleRef(file)
        case Table() if isinstance(index, Term) and is_fixed(index):
            found = [item for key, item in run.entries(owner) if same_key(key, index)]
            certain = all(is_fixed(key) for key, _ in run.entries(owner))
            if found and certain:
                return found[-1]
        case Term() if not is_missing(part := run.get(0, item_key(owner, run.describe(index)))):
            return part
        case Made() if at == -1 and (parts := run.parts(owner.token)) and _is_one_module(owner, parts[-1][1]):
            return parts[-1][1]
        case Made() | Instance() if isinstance(at, int | str):
            part = run.get(owner.token, str(at))
            if not is_missing(part):
                return part
        case _:
            pass
    return compound(run, "item", [owner, index])


def _is_one_module(owner: Made, last: Value) -> bool:
    """Whether the last part of a container is certainly one module."""
    return owner.cls in knowledge.CONTAINERS and not isinstance(last, Repeat | Spread) and _is_there(last)


def item_key(owner: Term, index: Term) -> str:
    """The name of the cell for an item of something unknown."""
    return f"{owner.digest.hex()}[{index.digest.hex()}]"


def sliced(run: Run, owner: Value, parts: list[Value]) -> Value:
    given = [part.args[0] for part in parts if is_constant(part)]
    bounds = [bound for bound in given if bound is None or isinstance(bound, int)]
    if isinstance(owner, Items) and len(bounds) == 3 and is_plain(run, owner):
        return run.items(run.held(owner)[slice(*bounds)], owner.kind)
    return compound(run, "slice", [owner, *parts])


def on_items(run: Run, items: Items, name: str, arguments: Arguments) -> Value:
    held, given = run.held(items), arguments.positional
    match name, len(given):
        case (("append" | "add"), 1):
            run.hold(items, (*held, given[0]))
        case "extend", 1:
            more = run.held(given[0]) if isinstance(given[0], Items) else (Spread(run.describe(given[0])),)
            run.hold(items, (*held, *more))
        case "insert", 2 if isinstance(at := run.describe(given[0]).args[0], int) and is_plain(run, items):
            run.hold(items, (*held[:at], given[1], *held[at:]))
        case "pop", 0 | 1 if is_plain(run, items) and held and all(map(is_constant, given)):
            at = given[0].args[0] if given and isinstance(given[0], Term) else -1
            if isinstance(at, int) and -len(held) <= at < len(held):
                at = at % len(held)
                run.hold(items, (*held[:at], *held[at + 1 :]))
                return held[at]
        case "reverse", 0 if is_plain(run, items):
            run.hold(items, held[::-1])
        case ("copy", 0):
            return run.items(held, items.kind)
        case (("index" | "count"), _):
            return compound(run, "call", [Term("method", (name,)), items, *given])
        case _:
            term = Term("changed", (run.describe(items), name, *argument_terms(run, arguments)))
            run.hold(items, (Spread(term),))
            return Term("call", (term,))
    return NONE


def on_table(run: Run, table: Table, name: str, arguments: Arguments) -> Value:
    entries, given = run.entries(table), arguments.positional
    plain = run.rest(table) is None and all(is_constant(key) for key, _ in entries)
    term = Term("call", (Term("attribute", (run.describe(table), name)), *argument_terms(run, arguments)))
    match name:
        case "items" if plain:
            return run.items(
                [
                    Repeat(item.header, run.items([each, item.value], "tuple"))
                    if isinstance(item, Repeat)
                    else run.items([each, item], "tuple")
                    for each, item in entries
                ]
            )
        case "values" if plain:
            return run.items([item for _, item in entries])
        case "keys" if plain:
            return run.items([each for each, _ in entries])
        case "get" | "pop" | "setdefault" if given:
            return looked_up(run, table, name, given)
        case "update":
            more = dictionary(run, arguments)
            assert isinstance(more, Table)
            rests = [term for term in (run.rest(table), run.rest(more)) if term is not None]
            run.enter_all(table, (*overridden(run, entries, run.rest(more)), *run.entries(more)))
            run.leave(table, Term("rest", tuple(rests)) if rests else None)
            return NONE
        case "copy":
            return run.table(list(entries), run.rest(table))
        case "clear" | "popitem":
            run.enter_all(table, ())
            run.leave(table, None if name == "clear" else term)
            return term
        case _:
            return term


def looked_up(run: Run, table: Table, name: str, given: tuple[Value, ...]) -> Value:
    """`get`, `pop` and `setdefault`: the entry of a key, or else the default."""
    entries, key, rest = run.entries(table), run.describe(given[0]), run.rest(table)
    default = given[1] if len(given) > 1 else NONE
    found = [item for each, item in entries if same_key(each, key)]
    plain = all(is_constant(each) for each, _ in entries)
    if found and plain:
        value = run.each(found[-1], lambda one: default if is_missing(one) else one)
    elif rest is None and plain and (name != "pop" or len(given) > 1):
        value = default
    else:
        value = Term("looked up", (run.describe(table), key, run.describe(default)))
    if name == "pop" and entries and not is_constant(key):
        run.leave(table, Term("without", (run.describe(table), key)))
        run.enter_all(table, ())
    elif name == "pop":
        run.enter_all(table, tuple(entry for entry in entries if not same_key(entry[0], key)))
        if not plain or (rest is not None and not found):
            run.leave(table, Term("without", (rest, key)))
    if name == "setdefault":
        run.enter_all(table, (*(entry for entry in entries if not same_key(entry[0], key)), (key, value)))
    return value


def dictionary(run: Run, arguments: Arguments) -> Value:
    entries: list[tuple[Term, Value]] = []
    rest = list(arguments.rest)
    for value in arguments.positional:
        if isinstance(value, Items) and all(_is_pair(run, item) for item in run.held(value)):
            for item in run.held(value):
                assert isinstance(item, Items)
                key, held = run.held(item)
                entries.append((run.describe(key), held))
        else:
            entries = with_all_of(run, entries, rest, value)
    entries += [(constant(name), value) for name, value in arguments.named]
    return run.table(entries, Term("rest", tuple(rest)) if rest else None)


def _is_pair(run: Run, value: Value) -> bool:
    return isinstance(value, Items) and is_plain(run, value) and len(run.held(value)) == 2


def contents(run: Run, value: Value) -> Sequence[Value] | None:
    if isinstance(value, Items) and is_plain(run, value):
        return run.held(value)
    if isinstance(value, Table) and run.rest(value) is None:
        entries = run.entries(value)
        return [key for key, _ in entries] if all(_is_there(item) for _, item in entries) else None
    return None


def _is_there(item: Value) -> bool:
    """Whether a dictionary has an entry for all callers."""
    if isinstance(item, Choice):
        return _is_there(item.yes) and _is_there(item.no)
    return not is_missing(item)


def unless_kept(run: Run, items: Items, before: int) -> Items:
    """What an iterator goes through, computed at once: correct unless it draws and is kept for later."""
    return Items(items.token, LAZY) if len(run.events) > before else items


def turns(run: Run, value: Value) -> list[Value] | None:
    """The items in order, with a single item for all turns of a loop; None if the next item is unknown."""
    match value:
        case Items():
            items = list(run.held(value))
        case Table() if contents(run, value) is not None:
            return [key for key, _ in run.entries(value)]
        case Term(op="constant", args=(str() as text,)):
            return [constant(each) for each in text]
        case Term() if (count := draws.length(value)) is not None or value.args[:1] == (RANGE,):
            header = value if count is None else Term("call", (RANGE, count))
            return [Repeat(header, Term("item", (run.level + 1, value)))]
        case _:
            return None
    return items if all(map(_is_one, items)) else None


def _is_one(item: Value) -> bool:
    """Whether this is one item, not one per turn of a loop."""
    inner = item.value if isinstance(item, Repeat) else item
    return not isinstance(inner, Repeat | Spread) and _is_there(inner)


def side_by_side(run: Run, values: Sequence[Value]) -> Items | None:
    """The items of several iterables in tuples, as `zip` makes them; None if it is unknown which belong together."""
    columns = [found for value in values if (found := turns(run, value)) is not None]
    looped = any(isinstance(item, Repeat) for column in columns for item in column)
    if len(columns) < len(values) or (looped and len(set(map(len, columns))) > 1):
        return None
    rows: list[Value] = []
    for row in zip(*columns, strict=False):
        headers = {item.header for item in row if isinstance(item, Repeat)}
        if len(headers) > 1 or (headers and not all(isinstance(item, Repeat) for item in row)):
            return None
        together = run.items([item.value if isinstance(item, Repeat) else item for item in row], "tuple")
        rows += [Repeat(header, together) for header in headers] or [together]
    return run.items(rows)


def enumerated(run: Run, value: Value, start: Value) -> Value:
    """Pairs of number and item."""
    first, items = number(start), turns(run, value)
    if isinstance(first, int) and items is not None:
        looped = [item.header for item in items if isinstance(item, Repeat)]
        places: list[Value] = [constant(place) for place, _ in enumerate(items, first)]
        if first == 0 and len(items) == 1 and looped and looped[0].args[:1] == (RANGE,) and len(looped[0].args) == 2:
            places = [Repeat(looped[0], Term("item", (run.level + 1, looped[0])))]
            looped = []
        if not looped and (found := side_by_side(run, (run.items(places), run.items(items)))) is not None:
            return found
    return Term("enumerate", (run.describe(value), run.describe(start)))


def literal(run: Run, value: Value) -> object:
    """The list, tuple, set or constant that a value is, or MISSING."""
    value = run.resolved(value)
    if is_constant(value):
        return value.args[0]
    kind = KINDS.get(value.kind) if isinstance(value, Items) else None
    parts = [literal(run, item) for item in run.held(value)] if kind is not None and isinstance(value, Items) else []
    if kind is None or MISSING in parts or (kind is set and not all(isinstance(part, Hashable) for part in parts)):
        return MISSING
    return kind(parts)


def length(run: Run, value: Value) -> Value:
    """The number of items; equal ones count once in a set."""
    known = literal(run, value) if isinstance(value, Items) and value.kind == "set" else MISSING
    if isinstance(known, set):
        return constant(len(known))
    if isinstance(value, Items) and value.kind != "set" and is_plain(run, value):
        return constant(len(run.held(value)))
    if isinstance(value, Table) and run.rest(value) is None:
        return constant(len(run.entries(value)))
    if isinstance(value, Made) and value.cls in knowledge.CONTAINERS:
        parts = run.parts(value.token)
        plain = all(not name.startswith("*") and _is_there(part) for name, part in parts)
        return constant(len(parts)) if plain else Term("len", (state(run, value),))
    return Term("len", (run.describe(value),))
