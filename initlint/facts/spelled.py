"""The names that strings and computed names come out as, where the file writes them out.

`for name in ("stem", "head"): setattr(self, name, ...)` stores to two attributes, not to any.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

ANY = "*"
"""A name of which nothing is known."""

MAX_NAMES = 64
MAX_STEPS = 8
"""Names that are told apart, and variables on the way to one."""

DISPLAYS = frozenset({"list", "tuple", "set", "expression_list"})
SAME_ITEMS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"})
SCOPES = frozenset({"function_definition", "lambda", "class_definition"})

_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%[sd]")
_STARS = re.compile(r"\*+")

Path = tuple[int, ...]
"""The positions at which a value is taken out of the tuples that it stands in."""

Found = Iterator["Node | None"]
"""What a variable can be; None stands for what the file does not write out."""


def string_pattern(text: str) -> str:
    """The attribute names that a string expression can give: "x", "layer*"; "" when it is no string."""
    try:
        value = ast.literal_eval(text.removeprefix("f").removeprefix("F"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        head = re.match(r"""[fF]?(["'])([\w.]*)\1\s*(\+|%|\.format)""", text)
        return head.group(2) + ANY if head else ""
    return _PLACEHOLDER.sub(ANY, value) if isinstance(value, str) else ""


@functools.lru_cache(maxsize=4096)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(r"\w*".join(re.escape(part) for part in pattern.split(ANY)))


def fits(pattern: str, name: str) -> bool:
    """Whether a computed name can come out as `name`; a name of which nothing is known fits nothing by itself."""
    return ANY in pattern and pattern != ANY and _matcher(pattern).fullmatch(name) is not None


def spelled(node: Node) -> tuple[str, ...]:
    """The names that an expression can give; some may be patterns ("layer*"), or "*", of which nothing is known."""
    found = tuple(dict.fromkeys(itertools.islice(_names(node, MAX_STEPS), MAX_NAMES + 1)))
    return found if len(found) <= MAX_NAMES else (string_pattern(_text(node)) or ANY,)


def _names(node: Node, steps: int) -> Iterator[str]:
    match node.type:
        case "string" | "binary_operator":
            return put_together(node, lambda part: _names(part, steps))
        case "parenthesized_expression":
            return _names(node.named_children[0], steps)
        case "conditional_expression":
            return itertools.chain(*(_names(node.named_children[side], steps) for side in (0, -1)))
        case "identifier" if steps:
            values = _values(node, steps - 1)
            return itertools.chain.from_iterable((ANY,) if v is None else _names(v, steps - 1) for v in values)
        case "integer":
            return iter((_text(node),))
        case _:
            return iter((string_pattern(_text(node)) or ANY,))


def put_together(node: Node, names: Callable[[Node], Iterable[str]]) -> Iterator[str]:
    """What a string, or an operator on strings, comes out as, where its variable parts are `names`."""
    if node.type == "string":
        parts = [list(_part(child, names)) for child in node.named_children]
    elif node.children[1].type == "+":
        parts = [list(names(side)) for side in node.named_children]
    else:
        parts = [[string_pattern(_text(node)) or ANY]]
    return (_STARS.sub(ANY, "".join(texts)) for texts in itertools.product(*parts))


def _part(node: Node, names: Callable[[Node], Iterable[str]]) -> Iterable[str]:
    """A part of a string: as it stands, or put in."""
    if node.type == "interpolation":
        return names(node.named_children[0]) if len(node.named_children) == 1 else (ANY,)
    return (_PLACEHOLDER.sub(ANY, _text(node)),) if node.type == "string_content" else ("",)


# -- variables --------------------------------------------------------------------------------------------------------


def _values(variable: Node, steps: int) -> Found:
    """What a loop around a variable gives it; else everything that the innermost scope gives it which gives it any."""
    name = _text(variable)
    if (loop := _loop(name, variable)) is not None:
        return _binding(name, loop, steps)
    scope = _scope(variable)
    while scope is not None:
        found = list(_bound(name, scope, steps)) if scope.type != "class_definition" else []
        if found:
            return iter(found)
        scope = _scope(scope)
    return iter((None,))


def _loop(name: str, variable: Node) -> Node | None:
    """The innermost loop around a variable that gives it its value, and in which nothing else does."""
    inner, outer = variable, variable.parent
    while outer is not None and outer.type not in SCOPES:
        if outer.type == "for_statement" and inner == outer.child_by_field_name("body"):
            target = outer.child_by_field_name("left")
            if target is not None and _path(name, target) is not None:
                return outer if not any(True for _ in _bound(name, inner, 0)) else None
        inner, outer = outer, outer.parent
    return None


def _scope(node: Node) -> Node | None:
    """The function, class or file around a node."""
    outer = node.parent
    while outer is not None and outer.type not in SCOPES and outer.parent is not None:
        outer = outer.parent
    return outer


def _bound(name: str, scope: Node, steps: int) -> Found:
    """What a scope itself binds a name to."""
    yield from _passed(name, scope) if scope.type == "function_definition" else ()
    pending = list(scope.named_children)
    while pending:
        node = pending.pop()
        if node.type not in SCOPES:
            pending += node.named_children
            yield from _binding(name, node, steps)


def _binding(name: str, node: Node, steps: int) -> Found:
    """What one node binds a name to."""
    match node.type:
        case "assignment" | "for_statement" | "for_in_clause":
            target, value = node.child_by_field_name("left"), node.child_by_field_name("right")
            path = _path(name, target) if target is not None else None
            if path is not None and value is not None:
                yield from (_at if node.type == "assignment" else _items)(value, path, steps)
        case "named_expression":
            if _text(node.named_children[0]) == name:
                yield node.named_children[1]
        case "augmented_assignment" | "as_pattern_target":
            if _text(node.named_children[0]) == name:
                yield None
        case _:
            pass


def _path(name: str, target: Node) -> Path | None:
    """Where a name stands in a target; None where it does not."""
    if target.type == "identifier":
        return () if _text(target) == name else None
    if target.type in ("pattern_list", "tuple_pattern", "list_pattern"):
        for position, child in enumerate(target.named_children):
            if (path := _path(name, child)) is not None:
                return (position, *path)
    return None


def _at(node: Node, path: Path, steps: int) -> Found:
    """What stands at a position of a value."""
    if not path:
        yield node
    elif node.type in DISPLAYS and path[0] < len(node.named_children):
        yield from _at(node.named_children[path[0]], path[1:], steps)
    else:
        yield None


def _items(node: Node, path: Path, steps: int) -> Found:
    """What stands at a position of each item of a value."""
    if node.type in DISPLAYS:
        for child in node.named_children:
            yield from _at(child, path, steps) if child.type != "comment" else ()
    elif node.type == "dictionary" and not path:
        yield from _fields(node, "key")
    elif node.type == "identifier" and steps:
        for value in _values(node, steps - 1):
            yield from _items(value, path, steps - 1) if value is not None else (None,)
    elif node.type == "call":
        yield from _handed_on(node, path, steps)
    else:
        yield None


def _fields(dictionary: Node, field: str) -> Found:
    return (child.child_by_field_name(field) for child in dictionary.named_children if child.type != "comment")


def _handed_on(call: Node, path: Path, steps: int) -> Found:
    """The items of `enumerate(x)`, `zip(x, y)`, `x.items()` and their like."""
    function, arguments = call.named_children[0], call.named_children[-1].named_children
    name = _text(function).rpartition(".")[2]
    if name == "enumerate" and arguments and path[:1] == (1,):
        yield from _items(arguments[0], path[1:], steps)
    elif name == "zip" and path and path[0] < len(arguments):
        yield from _items(arguments[path[0]], path[1:], steps)
    elif name in SAME_ITEMS and len(arguments) == 1:
        yield from _items(arguments[0], path, steps)
    elif name == "items" and function.named_children[0].type == "dictionary" and len(path) == 1:
        yield from _fields(function.named_children[0], ("key", "value")[path[0]])
    elif (name == "items" and path == (0,)) or name == "keys":
        yield from _items(function.named_children[0], (), steps)
    else:
        yield None


def _passed(name: str, function: Node) -> Found:
    """What the class around a method passes it for a parameter; others may pass anything."""
    parameters = function.child_by_field_name("parameters")
    names = [_parameter(child) for child in parameters.named_children] if parameters is not None else []
    if name in names:
        yield None
        owner, own = _scope(function), function.child_by_field_name("name")
        if owner is not None and owner.type == "class_definition" and own is not None:
            for call in _calls(_text(own), owner):
                yield _argument(call, name, names.index(name) - 1)


def _parameter(node: Node) -> str:
    return _text(node).partition(":")[0].partition("=")[0].strip()


def _calls(method: str, owner: Node) -> Iterator[Node]:
    """The calls of `self.method(...)` in the code of a class."""
    pending = [owner]
    while pending:
        node = pending.pop()
        pending += node.named_children
        function = node.child_by_field_name("function") if node.type == "call" else None
        if function is not None and function.type == "attribute" and _text(function.named_children[-1]) == method:
            yield node


def _argument(call: Node, name: str, position: int) -> Node | None:
    """What a call passes by a name or at a position."""
    given = [child for child in call.named_children[-1].named_children if child.type != "comment"]
    for child in given:
        if child.type == "keyword_argument" and _text(child.named_children[0]) == name:
            return child.named_children[1]
    plain = all(child.type not in ("list_splat", "keyword_argument") for child in given[: position + 1])
    return given[position] if plain and position < len(given) else None


def _text(node: Node) -> str:
    return (node.text or b"").decode()
