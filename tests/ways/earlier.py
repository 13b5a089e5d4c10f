"""The ways of the first generator, as ways of this one."""

from __future__ import annotations

from collections.abc import Iterable

from generated import render

from ways.piece import (
    DEFINERS,
    QUIET,
    READERS,
    Accepts,
    Piece,
    Slot,
    anything,
    assignable,
    buffer,
    of_code,
    parameter,
    submodule,
)


def define(writers: Iterable[render.Writer], accepts: Accepts) -> None:
    for writer in writers:

        def make(slot: Slot, writer: render.Writer = writer) -> Piece:
            return of_code(writer(slot.name, slot.value, slot.unique))

        make.__name__ = writer.__name__
        DEFINERS.of(accepts)(make)


def read(readers: Iterable[render.Reader]) -> None:
    for reader in readers:

        def make(slot: Slot, reader: render.Reader = reader) -> Piece:
            return of_code(reader("self", slot.name, slot.product, slot.unique))

        make.__name__ = reader.__name__
        READERS.of(anything)(make)


define([writer for writer in render.ANY if not writer.__name__.startswith("conditional")], assignable)
define(render.MODULE, submodule)
define(render.PARAMETER, parameter)
define(render.BUFFER, buffer)
read((*render.ANYWHERE, *render.ON_SELF))


QUIET_NAMES = ("asked", "in_comment", "in_string", "as_local", "as_keyword", "tensor_method", "in_nested_class")


def pretend(names: Iterable[str]) -> None:
    for name in names:

        def make(slot: Slot, name: str = name) -> Piece:
            return of_code(render.NOISES[name](slot.name, slot.product))

        make.__name__ = name
        QUIET.of(anything)(make)


pretend(QUIET_NAMES)
