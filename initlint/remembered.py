"""Answers that are computed once, and kept as long as the object that gives them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def remembered(method: Callable[Concatenate[Any, Asked], Answer]) -> functools.cached_property[Callable[Asked, Answer]]:
    """A method that computes no answer twice. Unlike `functools.cache`, it does not keep its object alive.

    It forms a reference cycle with the object, which the garbage collector breaks: so do not use it on objects that are
    numerous and hold syntax trees.
    """
    return functools.cached_property(
        lambda self: cast("Callable[Asked, Answer]", functools.cache(functools.partial(method, self)))
    )
