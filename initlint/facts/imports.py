"""Import statements -> the names that they bind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from initlint.facts.records import Import

if TYPE_CHECKING:
    from tree_sitter import Node


def imports(nodes: Iterable[Node]) -> list[Import]:
    """The names that import statements bind, in their order."""
    found: list[Import] = []
    for node in nodes:
        if node.type == "import_from_statement":
            found += _from_import(node)
        elif node.type == "import_statement":
            for child in node.named_children:
                name, alias = _aliased(child)
                found.append(Import(alias or name.split(".")[0], name if alias else name.split(".")[0], "", 0))
    return found


def _from_import(node: Node) -> list[Import]:
    source = node.child_by_field_name("module_name")
    written = (source.text or b"").decode() if source else ""
    module = written.lstrip(".").strip()
    level = len(written) - len(written.lstrip("."))
    if any(child.type == "wildcard_import" for child in node.named_children):
        return [Import("*", module, "", level)]
    names = [_aliased(child) for child in node.children_by_field_name("name")]
    return [Import(alias or name, module, name, level) for name, alias in names]


def _aliased(node: Node) -> tuple[str, str]:
    if node.type != "aliased_import":
        return (node.text or b"").decode(), ""
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    return ((name.text or b"").decode() if name else "", (alias.text or b"").decode() if alias else "")
