"""Everything one file says, independent of all other files. These records are what the cache keeps."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern

import msgspec
from msgspec.structs import force_setattr


class Import(msgspec.Struct, frozen=True, array_like=True):
    """One bound name: `from ..pkg import x as y` is name="y", module="pkg", attribute="x", level=2.

    `import a.b` binds "a" to module "a"; `import a.b as c` binds "c" to module "a.b".
    A star import has name="*".
    """

    name: str
    module: str
    attribute: str
    level: int


class Store(msgspec.Struct, frozen=True, array_like=True):
    """An attribute is given a value, however that is spelled: `start` is the byte offset of the whole statement.

    `attribute` may hold a pattern ("layer*") where the name is computed. `callees` are the dotted callees (and
    subscripted tables, "ACT2FN[]") that the value is made with; `indirect` says that it uses a local variable;
    `strings` are the names that stand in it as strings (class level only).
    """

    attribute: str
    line: int
    start: int
    callees: tuple[str, ...]
    indirect: bool
    strings: tuple[str, ...]


class Local(msgspec.Struct, frozen=True, array_like=True):
    """A call in a method that contributes to the value of a local name, or of nothing ("")."""

    name: str
    callee: str
    start: int


class Variable(msgspec.Struct, frozen=True, array_like=True):
    """A name that a statement at byte offset `start` assigns at module level.

    `value` is the dotted name that it gets, "" if it gets anything else.
    """

    name: str
    value: str
    start: int


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function, method or lambda; a nested one stands behind the one it is nested in ("__init__.<locals>.hook").

    `instance` is the name of the variable that holds the instance ("" where there is none; closures inherit it).
    `reads` maps a receiver, as written and normalised ("self", "self.blocks[]", "attn", "make()"), to the attributes
    read from it; a read by computed name is a pattern ("layer*", "*"). `mentions` are the names used as plain values
    (passed on, returned, stored, iterated), `calls` the plain names that are called, `gives` the attributes that other
    objects than the instance are given. `start` and `end` are the byte
    offsets of the `def` without decorators.
    """

    name: str
    instance: str
    start: int
    end: int
    line: int
    decorators: tuple[str, ...]
    reads: dict[str, tuple[str, ...]]
    stores: tuple[Store, ...]
    locals: tuple[Local, ...]
    calls: tuple[str, ...]
    mentions: tuple[str, ...]
    gives: tuple[str, ...] = ()


class Class(msgspec.Struct, frozen=True, array_like=True):
    """A class statement; `qualname` names what encloses it, as Python does; `attributes` are class-level bindings."""

    name: str
    qualname: str
    start: int
    end: int
    line: int
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    attributes: tuple[Store, ...]
    methods: tuple[Function, ...]


IGNORE, KEEP_STREAM, NOQA, SKIP_FILE = "ignore", "keep-stream", "noqa", "skip-file"


class Suppression(msgspec.Struct, frozen=True, array_like=True):
    """A comment that suppresses findings: `# initlint: ignore[CODES]`, `# noqa: CODES`, `# initlint: skip-file`, or
    `# initlint: keep-stream`, by which draws that nobody keeps are made so that the stream stays as it was.

    It stands in `line` from `column` to `end_column` and covers the lines `first` to `last`; one of kind `noqa`
    without codes is meant for every tool.
    """

    kind: str
    codes: tuple[str, ...]
    line: int
    column: int
    end_column: int
    first: int
    last: int


class FileFacts(msgspec.Struct, frozen=True, array_like=True):
    """One file. `variables` are the assignments at module level, in order.

    `module_level` is all code outside of functions and classes; `errors` are lines at which the parser found errors.
    """

    imports: tuple[Import, ...]
    variables: tuple[Variable, ...]
    classes: tuple[Class, ...]
    functions: tuple[Function, ...]
    module_level: Function
    errors: tuple[int, ...]
    suppressions: tuple[Suppression, ...] = ()


def compact(blob: bytes) -> FileFacts:
    """Facts that are kept to the end of a run, with each name stored once: they take 2/5 less space, and 0.1 ms per
    file to make."""
    facts = msgspec.msgpack.decode(blob, type=FileFacts)
    methods = (method for cls in facts.classes for method in cls.methods)
    for function in (*facts.functions, facts.module_level, *methods):
        reads = {intern(receiver): _once(names) for receiver, names in function.reads.items()}
        force_setattr(function, "reads", reads)
        force_setattr(function, "calls", _once(function.calls))
        force_setattr(function, "mentions", _once(function.mentions))
        _share(function, "name", "instance")
        for store in function.stores:
            _share(store, "attribute")
            force_setattr(store, "callees", _once(store.callees))
        for local in function.locals:
            _share(local, "name", "callee")
    for imported in facts.imports:
        _share(imported, "name", "module", "attribute")
    return facts


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(intern, names))


def _share(record: msgspec.Struct, *fields: str) -> None:
    for field in fields:
        force_setattr(record, field, intern(getattr(record, field)))
