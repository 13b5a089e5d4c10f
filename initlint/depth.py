"""How deep Python may recurse while code is followed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def recursion(limit: int) -> Iterator[None]:
    """Allow this many nested calls, or as many as before if that is more."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
