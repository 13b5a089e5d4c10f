"""All ways. To add one, write its function into the file of its subject; nothing else lists it."""

from __future__ import annotations

from ways import (
    define_by_name,
    define_by_value,
    define_elsewhere,
    earlier,
    pretend,
    read_by_name,
    read_elsewhere,
    read_in_class,
)
from ways.passes import PASSES, SWEEPS
from ways.piece import DEFINERS, QUIET, READERS
from ways.shapes import SHAPES

FILES = (
    earlier,
    define_by_name,
    define_by_value,
    define_elsewhere,
    read_by_name,
    read_elsewhere,
    read_in_class,
    pretend,
)

__all__ = ["DEFINERS", "FILES", "PASSES", "QUIET", "READERS", "SHAPES", "SWEEPS"]
