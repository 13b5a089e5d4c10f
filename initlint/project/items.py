"""The keys by which a container is read: `self.heads["cls"]` reads one item, a loop reads all."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.spelled import string_pattern
from initlint.project.bodies import Bodies, Body
from initlint.project.callers import Callers
from initlint.project.classes import ClassId, Method
from initlint.project.flows import is_called
from initlint.project.project import Project
from initlint.project.roles import Roles
from initlint.project.sites import sites

if TYPE_CHECKING:
    from tree_sitter import Node

FILLS = frozenset({"append", "extend", "update", "add_module", "register_module"})
"""Methods of a container that add items and return nothing but the container."""

_KEYED = rb"\s*(?:\[\s*(?:\d+|'[^']*'|\"[^\"]*\")\s*\]|\.|(?::[^=\n]*)?=[^=])"


class Items:
    """The keys that read the containers of classes."""

    def __init__(self, project: Project, bodies: Bodies, callers: Callers, roles: Roles) -> None:
        self.project = project
        self.bodies = bodies
        self.callers = callers
        self.roles = roles

    def keys(self, cls: ClassId, attribute: str) -> frozenset[str] | None:
        """The keys by which methods of the family read a container; None if one reads it in another way.

        Such as a pattern, `case nn.Module(heads=found)`, which does not mention it as an attribute.
        """
        found = set[str]()
        readers = list(self.callers.readers_within(cls, attribute))
        if not all(self._is_keyed(method, attribute) for method in readers):
            return None
        for method in readers:
            body = self.bodies.body(method)
            mentions = [self._keys(site.node, body) for site in sites(body, method.facts.instance, attribute)]
            keys = [each for each in mentions if each is not None]
            if not mentions or len(keys) < len(mentions):
                return None
            found.update(*keys)
        return frozenset(found)

    def _is_keyed(self, method: Method, attribute: str) -> bool:
        """Whether the text does not contradict it, which is cheaper than parsing."""
        unkeyed = rb"\.\s*%s\b(?!%s)" % (re.escape(attribute.encode()), _KEYED)
        return re.search(unkeyed, self.project.code(method)) is None

    def _keys(self, node: Node, body: Body) -> Collection[str] | None:
        """The keys by which a mention of a container reads it: none if it is filled, None if it may be any."""
        around = node.parent
        if around is None or _is_target(node):
            return None if around is None else ()
        constructs = body.method.owner is not None and self.roles.constructs(body.method)
        if around.type == "subscript" and around.child_by_field_name("value") == node:
            key = _constant(around, body) if not _is_deleted(around) else None
            if key is not None and _is_target(around):
                return () if constructs else None
            return None if key is None else (key,)
        member = around.child_by_field_name("attribute") if around.type == "attribute" else None
        name = body.text(member) if member is not None else ""
        if constructs and name in FILLS and is_called(around):
            return ()
        return (name,) if name and name not in _own() and not _is_target(around) else None


@functools.cache
def _own() -> frozenset[str]:
    """The attributes of containers themselves: any other is an item, `self.net.head`."""
    return frozenset().union(*map(knowledge.surface, knowledge.CONTAINERS))


def _is_target(node: Node) -> bool:
    statement = node.parent
    return statement is not None and statement.type == "assignment" and statement.child_by_field_name("left") == node


def _is_deleted(item: Node) -> bool:
    """Whether an item is removed, so that all later ones change their positions."""
    statement = item.parent
    if statement is not None and statement.type == "expression_list":
        statement = statement.parent
    return statement is not None and statement.type == "delete_statement"


def _constant(subscript: Node, body: Body) -> str | None:
    """The key of a subscript, if it is a string or a number that counts from the beginning."""
    key = subscript.child_by_field_name("subscript")
    if key is None or len(subscript.named_children) != 2:
        return None
    if key.type == "integer" and body.text(key).isdigit():
        return str(int(body.text(key)))
    name = string_pattern(body.text(key)) if key.type == "string" else ""
    return name if name and "*" not in name else None
