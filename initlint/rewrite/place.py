"""The statement of a finding in its file, and how it writes the definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import libcst as cst

from initlint.facts.spelled import fits
from initlint.facts.vocabulary import REGISTRATIONS
from initlint.model import Finding
from initlint.rewrite.tree import Tree, instance

Small = cst.Assign | cst.AnnAssign | cst.Expr

OVERWRITTEN = "SOH104"
DISCARDED = "SOH105"


class Refused(Exception):
    """Why a finding cannot be fixed here."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refused findings, with the first reason for each."""

    reasons: dict[Finding, str]

    @contextmanager
    def of(self, subject: Finding | Place) -> Iterator[None]:
        """A refusal raised within concerns this finding."""
        try:
            yield
        except Refused as reason:
            self.reasons.setdefault(subject if isinstance(subject, Finding) else subject.finding, str(reason))


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """The statement of a finding. `owner` is the name of the instance there, "" in a class body."""

    finding: Finding
    statement: Small
    cls: cst.ClassDef
    owner: str

    @property
    def attribute(self) -> str:
        return self.finding.attribute

    @property
    def keeps(self) -> bool:
        """Whether the instance keeps what is built, unlike a discarded draw."""
        return self.finding.code != DISCARDED

    @property
    def value(self) -> cst.BaseExpression | None:
        """What is built."""
        match self.statement:
            case cst.Expr(value=cst.Call() as call) if self.keeps:
                return registered(call, self.owner)[1]
            case cst.Expr(value=value) | cst.Assign(value=value) | cst.AnnAssign(value=value):
                return value

    @property
    def shares_name(self) -> bool:
        """Whether a call sets an attribute with a computed name."""
        if not isinstance(self.statement, cst.Expr) or not isinstance(self.statement.value, cst.Call) or not self.keeps:
            return False
        name, value = registered(self.statement.value, self.owner)
        return value is not None and "*" not in self.attribute and name != self.attribute

    @property
    def is_plain(self) -> bool:
        """Whether the statement sets the attribute on the instance, by the instance's name in the method."""
        if not self.keeps or not self.owner:
            return True
        match self.statement:
            case cst.Expr(value=cst.Call() as call):
                return registered(call, self.owner)[1] is not None
            case cst.Assign(targets=targets):
                return any(map(self.is_target, (node for each in targets for node in parts_of(each.target))))
            case cst.AnnAssign(target=target):
                return self.is_target(target)
            case _:
                return True

    def is_target(self, node: cst.BaseExpression) -> bool:
        """Whether an assignment to it is the definition."""
        match node:
            case cst.Name(value=name):
                return (not self.owner or not self.keeps) and name == self.attribute
            case _:
                return self.keeps and fits_attribute(stored(node, self.owner), self.attribute)


def locate(tree: Tree, finding: Finding) -> Place:
    """The statement of a finding."""
    found = tree.at(finding.span)
    cls = tree.cls(found[0]) if found else None
    if cls is None:
        raise Refused("the file does not hold the statement any more")
    for node in found:
        statement = tree.parent(node) if isinstance(node, cst.Call) else node
        if isinstance(statement, cst.Assign | cst.AnnAssign | cst.Expr):
            place = Place(finding, statement, cls, instance(tree.method(statement)))
            if place.shares_name:
                raise Refused("its name is computed, and the statement makes others too")
            if not place.is_plain:
                raise Refused("it is given to the instance in a way that is not followed here")
            return place
    raise Refused("it is made inside a larger expression")


def parts_of(target: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The targets that a value is unpacked into."""
    if isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from parts_of(element.value)
    else:
        yield target


def fits_attribute(name: str, attribute: str) -> bool:
    return name == attribute or ("*" in attribute and bool(name) and fits(attribute, name))


def stored(node: cst.BaseExpression, owner: str) -> str:
    """The attribute of the instance that an assignment to a node sets, or ""."""
    match node:
        case cst.Attribute(value=cst.Name(value=name), attr=attr) if name == owner:
            return attr.value
        case cst.Subscript(
            value=cst.Attribute(
                value=cst.Name(value=name), attr=cst.Name(value="_modules" | "_parameters" | "_buffers")
            ),
            slice=[cst.SubscriptElement(slice=cst.Index(value=key))],
        ) if name == owner:
            return text(key)
        case _:
            return ""


def registered(call: cst.Call, owner: str) -> tuple[str, cst.BaseExpression | None]:
    """The attribute that a call sets on the instance, and the value; "" and None for any other call."""
    match call:
        case cst.Call(func=cst.Name(value="setattr"), args=[first, key, value]):
            own = isinstance(first.value, cst.Name) and first.value.value == owner
            return (text(key.value), value.value) if own else ("", None)
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=attr), args=[key, value, *_]):
            own = name == owner and attr.value in REGISTRATIONS
            return (text(key.value), value.value) if own else ("", None)
        case _:
            return "", None


def text(node: cst.BaseExpression) -> str:
    """A constant string; an f-string has `*` for its fields."""
    match node:
        case cst.SimpleString():
            value = node.evaluated_value
            return value if isinstance(value, str) else ""
        case cst.FormattedString(parts=parts):
            return "".join(part.value if isinstance(part, cst.FormattedStringText) else "*" for part in parts)
        case _:
            return ""
