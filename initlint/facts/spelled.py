"""The names that strings and computed names can be, if the file spells them out.

`for name in ("stem", "head"): setattr(self, name, ...)` stores to two attributes, not to any.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from initlint.facts.arguments import code_in

if TYPE_CHECKING:
    from tree_sitter import Node

ANY = "*"
"""An unknown name."""

MAX_NAMES = 64
MAX_STEPS = 8
MAX_GIVEN = 1024
"""Limits, after which a name is unknown: names that are distinguished, variables on the way to one, and names looked
at."""

PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern"})
"""Targets that unpack their value."""

DISPLAYS = frozenset({"list", "tuple", "set", "expression_list"})
SAME_ITEMS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"})
SCOPES = frozenset({"function_definition", "lambda", "class_definition"})

_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%[-+0-9.]*[a-z]")
_FORMATTED = re.compile(r"""[fF]?(["'])((?:(?!\1)[^\\\n])*)\1\s*(\+|%|\.format\b)""")
_PLAIN = re.compile(r"""(["'])\w*(?:%s\w*)+\1$""")
_STARS = re.compile(r"\*+")

Path = tuple[int, ...]
"""The positions at which a value is taken out of the tuples that contain it."""

Found = Iterator["Node | None"]
"""What a variable can be; None if the file does not spell it out."""


def string_pattern(text: str) -> str:
    """The attribute names that a string expression can give: "x", "layer*"; "" if it is not a string.

    Of a concatenation only the beginning is considered, of arguments of `%` or `format` nothing.
    """
    try:
        value = ast.literal_eval(text.removeprefix("f").removeprefix("F"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        head = _FORMATTED.match(text)
        return _PLACEHOLDER.sub(ANY, head[2]) + (ANY if head[3] == "+" else "") if head else ""
    return _PLACEHOLDER.sub(ANY, value) if isinstance(value, str) else ""


def dotted_path(node: Node) -> str:
    """The path that `"a.b"`, `"a.b".split(".")` or `["a", "b"]` spells; "" for any other expression."""
    text = node.text or b""
    if node.type == "list":
        names = [string_pattern((child.text or b"").decode()) for child in node.named_children]
        return ".".join(names) if all(names) else ""
    return string_pattern(_SPLIT.sub(b"", text).decode())


_SPLIT = re.compile(rb"\.split\(\s*[\"']\.[\"']\s*\)\Z")


@functools.lru_cache(maxsize=4096)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(r"\w*".join(re.escape(part) for part in pattern.split(ANY)))


def fits(pattern: str, name: str) -> bool:
    """Whether a computed name can be `name`; an unknown name does not fit by itself."""
    return ANY in pattern and pattern != ANY and _matcher(pattern).fullmatch(name) is not None


def put_together(node: Node, names: Callable[[Node], Iterable[str]]) -> Iterator[str]:
    """The results of a string, or an operator on strings, with `names` for its variable parts."""
    if node.type == "string":
        parts = [_few(_part(child, names)) for child in node.named_children]
    elif node.children[1].type == "+":
        parts = [_few(names(side)) for side in node.named_children]
        if all(side.type != "string" for side in node.named_children):
            return (_sum(texts) for texts in itertools.product(*parts))
    elif (filled := _filled_in(node)) is not None:
        texts, given = filled
        parts = [(texts[0],)]
        for part, text in zip(given, texts[1:], strict=True):
            parts += [_few(names(part)), (text,)]
    else:
        parts = [(string_pattern(_text(node)) or ANY,)]
    return (_STARS.sub(ANY, "".join(texts)) for texts in itertools.product(*parts))


def _sum(texts: Sequence[str]) -> str:
    """The sum of two values: numbers are added, and a sum with an unknown value is unknown."""
    numbers = [text for text in texts if text.isdigit()]
    if len(numbers) == len(texts):
        return str(sum(map(int, numbers)))
    return ANY if numbers and ANY in texts else _STARS.sub(ANY, "".join(texts))


def _filled_in(node: Node) -> tuple[list[str], list[Node]] | None:
    """The parts of a string between its placeholders, and what `"%s_%s" % (a, b)` inserts."""
    left, right = node.named_children[0], node.named_children[-1]
    if node.children[1].type != "%" or left.type != "string" or not _PLAIN.match(_text(left)):
        return None
    texts = _text(left)[1:-1].split("%s")
    given = code_in(right) if right.type == "tuple" else [right]
    return (texts, given) if len(texts) == len(given) + 1 and "%" not in "".join(texts) else None


def _few(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once; unknown if there are too many."""
    given = list(itertools.islice(names, MAX_GIVEN + 1))
    found = tuple(dict.fromkeys(given))
    return found if len(given) <= MAX_GIVEN and len(found) <= MAX_NAMES else (ANY,)


def _part(node: Node, names: Callable[[Node], Iterable[str]]) -> Iterable[str]:
    """A part of a string: literal, or inserted."""
    if node.type == "interpolation":
        return names(node.named_children[0]) if len(node.named_children) == 1 else (ANY,)
    return (_PLACEHOLDER.sub(ANY, _text(node)),) if node.type == "string_content" else ("",)


class Spelling:
    """What the code of one file spells out; each variable is looked up once, and so is each scope."""

    def __init__(self) -> None:
        self._binders: dict[int, dict[str, list[Node]]] = {}
        self._calls: dict[int, dict[str, list[Node]]] = {}
        self._known: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def names(self, node: Node) -> tuple[str, ...]:
        """The names that an expression can be; some may be patterns ("layer*"), or "*", which is unknown."""
        found = _few(self._names(node, MAX_STEPS))
        return found if found != (ANY,) else (string_pattern(_text(node)) or ANY,)

    def _names(self, node: Node, steps: int) -> Iterator[str]:
        match node.type:
            case "string" | "binary_operator":
                return put_together(node, lambda part: self._names(part, steps))
            case "parenthesized_expression":
                return self._names(node.named_children[0], steps)
            case "conditional_expression":
                return itertools.chain(*(self._names(node.named_children[side], steps) for side in (0, -1)))
            case "identifier" if steps:
                return iter(self._variable(node, steps - 1))
            case "integer":
                return iter((_text(node),))
            case _:
                return iter((string_pattern(_text(node)) or ANY,))

    def _variable(self, node: Node, steps: int) -> tuple[str, ...]:
        name, place = _text(node), self._loop(node) or _scope(node) or node
        key = (name, place.id, steps)
        if key not in self._known:
            values = self._values(name, place, steps)
            self._known[key] = _few(
                itertools.chain.from_iterable((ANY,) if v is None else self._names(v, steps) for v in values)
            )
        return self._known[key]

    def _values(self, name: str, place: Node, steps: int) -> Found:
        """The values of a variable in a loop; or else all that the innermost scope that binds it assigns."""
        if place.type == "for_statement":
            return self._binding(name, place, steps)
        scope: Node | None = place
        while scope is not None:
            found = self._bound(name, scope, steps) if scope.type != "class_definition" else iter(())
            for first in found:
                return itertools.chain((first,), found)
            scope = _scope(scope)
        return iter((None,))

    def _loop(self, variable: Node) -> Node | None:
        """The innermost loop that gives a variable its value, if nothing else in it does."""
        name, inner, outer = _text(variable), variable, variable.parent
        while outer is not None and outer.type not in SCOPES:
            if outer.type == "for_statement" and inner == outer.child_by_field_name("body"):
                target = outer.child_by_field_name("left")
                if target is not None and _path(name, target) is not None:
                    return outer if name not in self._binding_in(inner) else None
            inner, outer = outer, outer.parent
        return None

    def _bound(self, name: str, scope: Node, steps: int) -> Found:
        """What a scope itself binds to a name."""
        if scope.type == "function_definition":
            yield from self._passed(name, scope)
        for node in self._binding_in(scope).get(name, ()):
            yield from self._binding(name, node, steps)

    def _binding_in(self, scope: Node) -> dict[str, list[Node]]:
        """The nodes that bind names in a scope itself, or in a part of one."""
        if scope.id not in self._binders:
            found = self._binders[scope.id] = {}
            for node in _inside(scope, SCOPES):
                for name in _targets(node):
                    found.setdefault(name, []).append(node)
        return self._binders[scope.id]

    def _binding(self, name: str, node: Node, steps: int) -> Found:
        """What one node binds to a name."""
        match node.type:
            case "assignment" | "for_statement" | "for_in_clause":
                target, value = node.child_by_field_name("left"), node.child_by_field_name("right")
                path = _path(name, target) if target is not None else None
                if path is not None and value is not None:
                    yield from _at(value, path) if node.type == "assignment" else self._items(value, path, steps)
            case "named_expression":
                yield node.named_children[1]
            case _:
                yield None

    def _items(self, node: Node, path: Path, steps: int) -> Found:
        """What is at a position of each item of a value."""
        if node.type in DISPLAYS:
            for child in node.named_children:
                yield from _at(child, path) if child.type != "comment" else ()
        elif node.type == "dictionary" and not path:
            yield from _fields(node, "key")
        elif node.type == "identifier" and steps:
            place = self._loop(node) or _scope(node) or node
            for value in self._values(_text(node), place, steps - 1):
                yield from self._items(value, path, steps - 1) if value is not None else (None,)
        elif node.type == "call":
            yield from self._handed_on(node, path, steps)
        else:
            yield None

    def _handed_on(self, call: Node, path: Path, steps: int) -> Found:
        """The items of `enumerate(x)`, `zip(x, y)`, `x.items()` and the like."""
        function, arguments = call.named_children[0], call.named_children[-1].named_children
        name = _text(function).rpartition(".")[2]
        if name == "enumerate" and arguments and path[:1] == (1,):
            yield from self._items(arguments[0], path[1:], steps)
        elif name == "zip" and path and path[0] < len(arguments):
            yield from self._items(arguments[path[0]], path[1:], steps)
        elif name in SAME_ITEMS and len(arguments) == 1:
            yield from self._items(arguments[0], path, steps)
        elif name == "items" and function.named_children[0].type == "dictionary" and len(path) == 1:
            yield from _fields(function.named_children[0], ("key", "value")[path[0]])
        elif (name == "items" and path == (0,)) or name == "keys":
            yield from self._items(function.named_children[0], (), steps)
        else:
            yield None

    def _passed(self, name: str, function: Node) -> Found:
        """What the enclosing class passes a method for a parameter; others may pass anything."""
        parameters = function.child_by_field_name("parameters")
        names = [_parameter(child) for child in parameters.named_children] if parameters is not None else []
        if name in names:
            yield None
            owner, own = _scope(function), function.child_by_field_name("name")
            if owner is not None and owner.type == "class_definition" and own is not None:
                for call in self._calls_in(owner).get(_text(own), ()):
                    yield _argument(call, name, names.index(name) - 1)

    def _calls_in(self, owner: Node) -> dict[str, list[Node]]:
        """The calls of `self.method(...)` in the code of a class, by method."""
        if owner.id not in self._calls:
            found = self._calls[owner.id] = {}
            for node in _inside(owner):
                function = node.child_by_field_name("function") if node.type == "call" else None
                if function is not None and function.type == "attribute":
                    found.setdefault(_text(function.named_children[-1]), []).append(node)
        return self._calls[owner.id]


def _inside(node: Node, closed: Collection[str] = ()) -> Iterator[Node]:
    """Every node inside of one, except those inside of closed types."""
    pending = list(node.named_children)
    while pending:
        inner = pending.pop()
        if inner.type not in closed:
            pending += inner.named_children
            yield inner


def _targets(node: Node) -> Iterator[str]:
    """The names that one node binds."""
    match node.type:
        case "assignment" | "for_statement" | "for_in_clause":
            pending = [node.child_by_field_name("left")]
            while pending:
                target = pending.pop()
                if target is not None and target.type == "identifier":
                    yield _text(target)
                elif target is not None and target.type in PATTERNS:
                    pending += target.named_children
        case "named_expression" | "augmented_assignment" | "as_pattern_target":
            yield _text(node.named_children[0])
        case _:
            pass


def _scope(node: Node) -> Node | None:
    """The function, class or file around a node."""
    outer = node.parent
    while outer is not None and outer.type not in SCOPES and outer.parent is not None:
        outer = outer.parent
    return outer


def _path(name: str, target: Node) -> Path | None:
    """The position of a name in a target; None if it is not there."""
    if target.type == "identifier":
        return () if _text(target) == name else None
    if target.type in PATTERNS:
        for position, child in enumerate(target.named_children):
            if (path := _path(name, child)) is not None:
                return (position, *path)
    return None


def _at(node: Node, path: Path) -> Found:
    """What is at a position of a value."""
    if not path:
        yield node
    elif node.type in DISPLAYS and path[0] < len(node.named_children):
        yield from _at(node.named_children[path[0]], path[1:])
    else:
        yield None


def _fields(dictionary: Node, field: str) -> Found:
    return (child.child_by_field_name(field) for child in code_in(dictionary))


def _parameter(node: Node) -> str:
    return _text(node).partition(":")[0].partition("=")[0].strip()


def _argument(call: Node, name: str, position: int) -> Node | None:
    """The argument of a call with a name or at a position."""
    given = code_in(call.named_children[-1])
    for child in given:
        if child.type == "keyword_argument" and _text(child.named_children[0]) == name:
            return child.named_children[1]
    plain = all(child.type not in ("list_splat", "keyword_argument") for child in given[: position + 1])
    return given[position] if plain and 0 <= position < len(given) else None


def _text(node: Node) -> str:
    return (node.text or b"").decode()
