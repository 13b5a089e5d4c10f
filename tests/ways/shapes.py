"""What a class looks like around its constructor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generated.render import Lines, method

from ways.piece import Piece


@dataclass(frozen=True)
class Shape:
    """The lines before, within and behind the body of a class."""

    head: Lines
    members: Lines
    tail: Lines = ()


Make = Callable[[str, tuple[str, ...], Piece, Lines], Shape]
SHAPES: dict[str, Make] = {}


def shape(make: Make) -> Make:
    SHAPES[make.__name__] = make
    return make


def head(name: str, bases: tuple[str, ...]) -> str:
    return f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"


def constructor(piece: Piece, body: Lines, initialise: str = "super().__init__()") -> Lines:
    if not (body or piece.early):
        return ()
    return method("__init__", [*piece.early, initialise, *body], *piece.flags)


@shape
def plain(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    return Shape((head(name, bases),), constructor(piece, body))


@shape
def old_super(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    return Shape((head(name, bases),), constructor(piece, body, f"super({name}, self).__init__()"))


@shape
def build_method(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    """All in a method that the constructor calls, but for what is built before the base's constructor runs."""
    if piece.early:
        return plain(name, bases, piece, body)
    flags = [flag.partition("=")[0] for flag in piece.flags]
    call = f"self._build_{name.lower()}({', '.join(flags)})"
    members = constructor(piece, (call,)) + method(f"_build_{name.lower()}", body or ("pass",), *flags)
    return Shape((head(name, bases),), members)


@shape
def generic(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    variable = f"Of{name}"
    lines = (f'{variable} = typing.TypeVar("{variable}")', "", "", head(name, (*bases, f"typing.Generic[{variable}]")))
    return Shape(lines, constructor(piece, body))


@shape
def abstract(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    return Shape((head(name, (*bases, "abc.ABC")),), constructor(piece, body))


@shape
def new(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    made = method("__new__", ["return super().__new__(cls)"], "*args", "**kwargs")
    return Shape((head(name, bases),), (made[0].replace("self", "cls"), *made[1:], *constructor(piece, body)))


@shape
def decorated(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    """A class decorator that notes the class in a table."""
    known = f"known_{name.lower()}"
    table = (f"{known} = {{}}", "", "", f"def note_{name.lower()}(cls):", f"    {known}[cls.__name__] = cls")
    lines = (*table, "    return cls", "", "", f"@note_{name.lower()}", head(name, bases))
    return Shape(lines, constructor(piece, body))


@shape
def optional_base(name: str, bases: tuple[str, ...], piece: Piece, body: Lines) -> Shape:
    """The base comes from an import that may fail."""
    above = f"Above{name}"
    tried = ("try:", f"    from not_there import {above}", "except ImportError:", f"    {above} = {bases[-1]}")
    return Shape((*tried, "", "", head(name, (*bases[:-1], above))), constructor(piece, body))
