"""Where a body reads an attribute from some receiver, in any way of writing that."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from initlint.facts.arguments import call_arguments, followed
from initlint.facts.receivers import normalise
from initlint.facts.spelled import dotted_path, fits, string_pattern
from initlint.facts.vocabulary import FETCHERS, LOOKUPS, REDUCE, registry_owner
from initlint.project.bodies import MOST_KEPT, Body
from initlint.project.flows import Use, uses_of
from initlint.project.inference import Inference
from initlint.project.values import Value

if TYPE_CHECKING:
    from tree_sitter import Node


class Site(msgspec.Struct, frozen=True):
    """`node` is the read: of the attribute `path[-1]` of what `owner` and the rest of the path lead to.

    `computed` is the expression that gives the name, if there is one; the path is then ("*",).
    """

    node: Node
    owner: Node
    path: tuple[str, ...]
    computed: Node | None = None


def sites(body: Body, receiver: str, attribute: str) -> Iterator[Site]:
    """The reads of an attribute, by its name or a pattern, from a receiver as the facts spell it."""
    for site in (*_plain(body, attribute), *spoken(body)):
        name = site.path[-1]
        if (name == attribute or (fits(name, attribute) and name != "*")) and _receiver(site, body) == receiver:
            yield site


def named(body: Body, attribute: str) -> Iterator[Site]:
    """The reads of an attribute by its name from all receivers."""
    yield from _plain(body, attribute)
    yield from (site for site in spoken(body) if site.path[-1] == attribute)


def computed(body: Body, receiver: str) -> Iterator[Site]:
    """The reads from a receiver by a name that an expression gives."""
    return (site for site in spoken(body) if site.computed is not None and _receiver(site, body) == receiver)


def stands_for(site: Site, body: Body, inference: Inference) -> Value:
    """What the receiver of a read can be."""
    value = inference.expression(site.owner, body)
    for name in site.path[:-1]:
        value = inference.attribute(value, name)
    return value


def only_does(spared: tuple[Use, ...], found: Iterable[Site], body: Body) -> bool:
    """Whether the results of these reads have no other uses than these."""
    uses = [flow.use for site in found for flow in uses_of(site.node, body)]
    return bool(uses) and all(use in spared for use in uses)


def _receiver(site: Site, body: Body) -> str:
    return ".".join((normalise(body.text(site.owner)), *site.path[:-1]))


def _plain(body: Body, attribute: str) -> Iterator[Site]:
    for node in body.attributes.get(attribute, ()):
        if (owner := node.child_by_field_name("object")) is not None:
            yield Site(node, owner, (attribute,))


@functools.lru_cache(MOST_KEPT)
def spoken(body: Body) -> tuple[Site, ...]:
    """The reads by a name in a string: getattr, get_submodule and the like, operator's getters, items of registries."""
    called = (site for node in body.captures("call") for site in _spoken(node, body))
    return (*called, *(site for node in body.captures("subscript") for site in _looked_up(node, body)))


def _looked_up(node: Node, body: Body) -> Iterator[Site]:
    """`model._modules["head"]` reads head."""
    registry, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
    if registry is not None and key is not None and registry_owner(body.text(registry)):
        name = string_pattern(body.text(key))
        own = body.text(registry).startswith(f"{body.method.facts.instance}.")
        table = registry.named_children[0] if registry.type == "subscript" else registry
        owner = table.named_children[0] if table.type == "attribute" else call_arguments(table)[0]
        if name:
            yield Site(node, owner, (name,))
        elif not own:
            yield Site(node, owner, ("*",), key)


def _spoken(node: Node, body: Body) -> Iterator[Site]:
    function, arguments = node.child_by_field_name("function"), call_arguments(node)
    if function is None or not arguments:
        return
    callee = body.text(function)
    if callee == "getattr" and len(arguments) > 1:
        yield _site(node, arguments[0], arguments[1], body)
    elif function.type == "attribute" and callee.rpartition(".")[2] in LOOKUPS:
        yield from _steps(node, [function.named_children[0], *arguments[:-1]][-1], arguments[-1])
    elif callee.rpartition(".")[2] == REDUCE:
        if (reduced := followed(node)) is not None:
            yield from _steps(node, *reduced)
    elif function.type == "call":
        name = body.called(function)
        if name in FETCHERS:
            paths = call_arguments(function)
            for path in paths if name == "attrgetter" else paths[:1]:
                yield from _steps(node, arguments[0], path)


def _site(node: Node, owner: Node, name: Node, body: Body) -> Site:
    pattern = string_pattern(body.text(name))
    return Site(node, owner, (pattern,)) if pattern else Site(node, owner, ("*",), name)


def _steps(node: Node, owner: Node, path: Node) -> Iterator[Site]:
    """A dotted path reads every name in it, each from what precedes it."""
    names = tuple(dotted_path(path).split("."))
    if names == ("",):
        yield Site(node, owner, ("*",), path)
    else:
        yield from (Site(path, owner, names[:length]) for length in range(1, len(names)))
        yield Site(node, owner, names)
