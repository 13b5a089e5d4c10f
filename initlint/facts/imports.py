"""Import statements, and calls that import -> the names that they bind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from initlint.facts.arguments import call_arguments
from initlint.facts.records import Import

if TYPE_CHECKING:
    from tree_sitter import Node

IMPORTERS = re.compile(
    r"(?i)(\w+_)?_*import(_module|_object|_class|_string|_package|_library|_optional)?_*|_*lazy_?(import|module|load)\w*"
)
"""Names of functions and classes that import what their argument names."""

_MODULE = re.compile(r"""["'](\.*)([^\W\d]\w*(?:\.[^\W\d]\w*)*)["']""")
_AROUND = frozenset({"conditional_expression", "parenthesized_expression", "boolean_operator"})


def imported_by_call(call: Node) -> list[Import]:
    """What `nn = import_module("torch.nn")` binds: the longest of several names is the module's."""
    statement = call.parent
    while statement is not None and statement.type in _AROUND:
        statement = statement.parent
    target = statement.child_by_field_name("left") if statement is not None else None
    found = [_MODULE.fullmatch((node.text or b"").decode()) for node in call_arguments(call)]
    given = max((match for match in found if match is not None), key=lambda match: len(match[0]), default=None)
    if given is None or target is None or target.type != "identifier":
        return []
    return [Import((target.text or b"").decode(), given[2], "", len(given[1]))]


def imports(nodes: Iterable[Node]) -> list[Import]:
    """The names that import statements bind, in order."""
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
