"""Assignments: their targets and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.facts.vocabulary import registry_owner

if TYPE_CHECKING:
    from tree_sitter import Node

UNPACKED = ("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern")

LACKING = (b"None", b"object")
"""Stand-ins for something that is not installed."""


def value_of(assignment: Node) -> Node | None:
    return assignment.child_by_field_name("right") or assignment.child_by_field_name("type")


def attribute_targets(node: Node) -> list[Node]:
    """The attributes that an assignment target stores to; `self.x.y` stores only to y, `self.x[0]` to none."""
    if node.type == "attribute":
        return [node]
    if node.type in ("pattern_list", "tuple_pattern", "list_pattern", "expression_list", "list_splat_pattern"):
        return [target for child in node.named_children for target in attribute_targets(child)]
    return []


def item_targets(node: Node) -> list[Node]:
    """`self._modules["x"]` as a target registers x."""
    if node.type != "subscript":
        return []
    value = node.child_by_field_name("value")
    return [node] if value is not None and value.text is not None and registry_owner(value.text.decode()) else []


def filled_name(node: Node) -> str:
    """The plain name of what gets an item: `x` in `x.append(item)` and in `x[0] = item`; "" where there is none."""
    whole = node.child_by_field_name("function") if node.type == "call" else node
    fields = {"attribute": "object", "subscript": "value"}
    owner = whole.child_by_field_name(fields[whole.type]) if whole is not None and whole.type in fields else None
    return (owner.text or b"").decode() if owner is not None and owner.type == "identifier" else ""


def plain_names(target: Node) -> list[Node]:
    """The plain names that an assignment target binds: `self.x` binds none."""
    if target.type == "identifier":
        return [target]
    return [name for child in target.named_children for name in plain_names(child)] if target.type in UNPACKED else []


def where_installed(value: Node) -> Node:
    """A value if everything is installed: `nn.Module` for `nn.Module if available else object`."""
    if value.type == "conditional_expression":
        arms = [arm for arm in (value.named_children[0], value.named_children[-1]) if arm.text not in LACKING]
        return arms[0] if len(arms) == 1 else value
    return value
