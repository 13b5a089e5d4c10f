"""The syntax tree of a piece of code, with its captures: shared by all functions with the same text."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from initlint.facts.extract import in_order, language, parser

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

WORDS = frozenset({"attribute", "identifier"})
"""Captures that make up most of the nodes and that few questions need."""


class Parsed:
    """Code of which only the text is known."""

    def __init__(self, source: bytes) -> None:
        self.tree: Tree = parser().parse(source)

    def nodes(self, capture: str) -> list[Node]:
        """What a query captures under a name, in the order of the source."""
        return (self._words if capture in WORDS else self._structure).get(capture, [])

    @functools.cached_property
    def _structure(self) -> dict[str, list[Node]]:
        return _captured("body.scm", self.tree)

    @functools.cached_property
    def _words(self) -> dict[str, list[Node]]:
        return _captured("words.scm", self.tree)


def _captured(queries: str, tree: Tree) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    return in_order(QueryCursor(_query(queries)).captures(tree.root_node))


@functools.cache
def _query(queries: str) -> Query:
    from tree_sitter import Query

    return Query(language(), resources.files(__package__).joinpath(queries).read_text())
