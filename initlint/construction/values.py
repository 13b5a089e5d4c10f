"""The values of expressions while a constructor is read: abstract values, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from initlint.model import Kind

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.frames import Frame
    from initlint.project.classes import ClassId, Method

Token = int
"""The identity of something that was built: draws and parts refer to tokens."""

EVERYTHING = "*"
"""The attribute name of a read that may be of any attribute."""

MAX_OPTIONS = 8
"""The number of alternatives that a value keeps; more are not distinguished."""


class Unknown(msgspec.Struct, frozen=True):
    """Anything at all, or plain data that does not matter."""


class Constant(msgspec.Struct, frozen=True):
    """A number, a string, a truth value or None, as written in the source. A string may be a pattern ("layer*")."""

    value: bool | int | float | str | None
    pattern: bool = False


class Thing(msgspec.Struct, frozen=True):
    """A module, parameter, buffer or tensor; without a kind, something of which only the identity is known.

    `cls` is the id of its class, `names` are the tensors that its construction draws.
    """

    kind: Kind | None
    cls: str
    token: Token


class ClassObject(msgspec.Struct, frozen=True):
    """A class of the project, of torch, or of another package, possibly with arguments bound by `partial`."""

    id: str
    bound: Arguments | None = None


class Table(msgspec.Struct, frozen=True):
    """An object in which classes of modules are registered, and which returns them, or instances, by name."""

    classes: tuple[ClassObject, ...]


class TorchFunction(msgspec.Struct, frozen=True):
    """A function of torch by its canonical name."""

    name: str
    bound: Arguments | None = None


class External(msgspec.Struct, frozen=True):
    """A name of another package, by its dotted path."""

    name: str


class ProjectFunction(msgspec.Struct, frozen=True):
    """A function or method of the project; `instance` is what it is bound to."""

    method: Method
    instance: Value | None = None
    bound: Arguments | None = None


class Closure(msgspec.Struct, frozen=True, eq=False):
    """A lambda or nested function, with the frame whose names it sees."""

    node: cst.Lambda | cst.FunctionDef
    frame: Frame
    bound: Arguments | None = None


class Self(msgspec.Struct, frozen=True):
    """The instance under construction."""


class Super(msgspec.Struct, frozen=True):
    """`super()` in a method of `owner`."""

    owner: ClassId


class Registry(msgspec.Struct, frozen=True):
    """`self._modules`, `self._parameters`, `self._buffers`; of no kind `self.__dict__`."""

    kind: Kind | None


class Swept(msgspec.Struct, frozen=True):
    """Each of the modules or parameters of `root` (None: of the instance) in turn, as an initialisation loop sees them.

    `classes` are those that an `isinstance` lets through, `ranks` the numbers of dimensions that a condition lets
    through; `parameters` distinguishes a loop over parameters from one over modules.
    """

    id: int
    root: Token | None
    classes: tuple[str, ...] = ()
    parameters: bool = False
    attribute: str = ""
    ranks: frozenset[int] | None = None


class Bound(msgspec.Struct, frozen=True):
    """A method that is read from a value and not called yet: `layers.append`, `self.apply`, `x.normal_`."""

    receiver: Value
    name: str


class Group(msgspec.Struct, eq=False):
    """A list, tuple, set or dict. It grows; `exact` until it grows an unknown number of times."""

    token: Token
    items: list[tuple[str | None, Value]] = []
    exact: bool = True
    mapping: bool = False
    instantiates: bool = False


class Either(msgspec.Struct, frozen=True):
    """One of several values, depending on the path through the code."""

    options: tuple[Value, ...]


class Arguments(msgspec.Struct, frozen=True, eq=False):
    """The arguments of a call; `unseen` if `*args` or `**kwargs` may pass unknown ones."""

    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    unseen: bool = False

    def get(self, name: str, position: int | None = None) -> Value | None:
        """The argument with this name, or at this position."""
        for given, value in self.named:
            if given == name:
                return value
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def values(self) -> Iterator[Value]:
        yield from self.positional
        for _, value in self.named:
            yield value

    @property
    def first(self) -> Value:
        """The first positional argument; unknown if it is missing."""
        return self.positional[0] if self.positional else UNKNOWN

    @property
    def others(self) -> Arguments:
        """All positional arguments but the first."""
        return replace(self, positional=self.positional[1:])

    def behind(self, first: Arguments | None) -> Arguments:
        """These arguments after those bound by `partial`; of two with the same name the last wins."""
        if first is None:
            return self
        named = {**dict(first.named), **dict(self.named)}
        return Arguments(first.positional + self.positional, tuple(named.items()), first.unseen or self.unseen)


Value = (
    Unknown
    | Constant
    | Thing
    | ClassObject
    | Table
    | TorchFunction
    | External
    | ProjectFunction
    | Closure
    | Self
    | Super
    | Registry
    | Swept
    | Bound
    | Group
    | Either
)

UNKNOWN = Unknown()
NONE = Constant(None)
TRUE = Constant(True)
FALSE = Constant(False)


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value, or the value itself."""
    return value.options if type(value) is Either else (value,)


def join(values: Iterable[Value]) -> Value:
    """One value that is any of these."""
    found: dict[Value, None] = {}
    for value in values:
        if type(value) is Either:
            found.update(dict.fromkeys(value.options))
        else:
            found[value] = None
    if len(found) <= 1:
        return next(iter(found), UNKNOWN)
    if len(found) > MAX_OPTIONS:
        kept = [option for option in found if type(option) is not Unknown]
        return Either((*kept[: MAX_OPTIONS - 1], UNKNOWN))
    return Either(tuple(found))


def truth(value: Value) -> bool | None:
    """Whether a value is true; None if unknown."""
    match value:
        case Constant(value=constant, pattern=False):
            return bool(constant)
        case Thing(kind=Kind.SUBMODULE) | ClassObject() | ProjectFunction() | Closure() | TorchFunction():
            return True
        case Group(exact=True):
            return bool(value.items)
        case Either():
            found = {truth(option) for option in value.options}
            return found.pop() if len(found) == 1 else None
        case _:
            return None


def tokens(value: Value) -> tuple[Token, ...]:
    """The identities behind a value."""
    behind = _TOKENS.get(type(value))
    return behind(value) if behind is not None else ()


def _own_token(value: Thing | Group) -> tuple[Token, ...]:
    return (value.token,)


def _tokens_of_options(value: Either) -> tuple[Token, ...]:
    return tuple(token for option in value.options for token in tokens(option))


def _tokens_of_receiver(value: Bound) -> tuple[Token, ...]:
    return tokens(value.receiver)


def _tokens_of_bound(value: ClassObject | ProjectFunction) -> tuple[Token, ...]:
    given = value.bound.values() if value.bound is not None else ()
    return tuple(token for each in given for token in tokens(each))


_TOKENS: dict[type, Callable[[Any], tuple[Token, ...]]] = {
    Thing: _own_token,
    Group: _own_token,
    Either: _tokens_of_options,
    Bound: _tokens_of_receiver,
    ClassObject: _tokens_of_bound,
    ProjectFunction: _tokens_of_bound,
}


def text_of(value: Value) -> str:
    """A computed name, as a pattern."""
    if isinstance(value, Constant) and isinstance(value.value, str | int) and not isinstance(value.value, bool):
        return str(value.value)
    return "*"


def rounded(arguments: Arguments) -> Arguments:
    """Arguments for a run of its own, without the numbers that no constructor branches on.

    So fewer constructions are distinguished. Modules of a loop that the run does not know are replaced by a single one.
    """
    named = tuple((name, _rounded(value)) for name, value in arguments.named)
    return Arguments(tuple(map(_rounded, arguments.positional)), named, arguments.unseen)


def _rounded(value: Value) -> Value:
    if isinstance(value, Constant) and isinstance(value.value, int | float) and value.value not in SMALL:
        return HALF if 0 < value.value < 1 else UNKNOWN
    if isinstance(value, Swept):
        return Thing(Kind.PARAMETER if value.parameters else Kind.SUBMODULE, "", value.id)
    if isinstance(value, Group) and any(isinstance(item, Constant | Swept) for _, item in value.items):
        items = [(name, _rounded(item)) for name, item in value.items]
        return Group(value.token, items, value.exact, value.mapping, value.instantiates)
    return value


def settable(value: Value) -> Value:
    """A constant that code elsewhere may set: a string is taken for a name, but decides nothing."""
    if not isinstance(value, Constant):
        return value
    return replace(value, pattern=True) if isinstance(value.value, str) else UNKNOWN


HALF = Constant(0.5)
SMALL = frozenset({-1, 0, 1, 2, 3})
"""Numbers that code branches on."""


def key_of(arguments: Arguments) -> object:
    """What a function can see of its arguments: equal keys give equal results."""
    named = tuple((name, _key(value)) for name, value in sorted(arguments.named, key=lambda pair: pair[0]))
    return tuple(map(_key, arguments.positional)), named, arguments.unseen


def _key(value: Value, depth: int = 0) -> object:
    match value:
        case Constant():
            return type(value.value).__name__, value.value, value.pattern
        case ClassObject():
            return value.id, _bound_key(value.bound)
        case TorchFunction():
            return value.name, _bound_key(value.bound)
        case External() | Table():
            return value
        case ProjectFunction():
            return value.method.id, _bound_key(value.bound)
        case Closure():
            return value.node, value.frame
        case Thing():
            return value.kind, value.cls
        case Group() if depth < 3 and value.exact and len(value.items) <= 2 * MAX_OPTIONS:
            return tuple((name, _key(item, depth + 1)) for name, item in value.items)
        case Either():
            return tuple(_key(option, depth + 1) for option in value.options)
        case _:
            return type(value).__name__


def _bound_key(bound: Arguments | None) -> object:
    return None if bound is None else key_of(bound)


def portable(arguments: Arguments) -> bool:
    """Whether a function with these arguments can run apart from its caller: it sees nothing that was built."""
    return all(independent(value) and not isinstance(value, Group) for value in arguments.values())


def independent(value: Value) -> bool:
    """Whether a value means the same in every run: it contains nothing that was built."""
    match value:
        case Unknown() | Constant() | External() | Table():
            return True
        case TorchFunction() | ClassObject():
            return value.bound is None or portable(value.bound)
        case ProjectFunction():
            return value.instance is None and (value.bound is None or portable(value.bound))
        case Either():
            return all(independent(option) for option in value.options)
        case Group():
            return all(independent(item) for _, item in value.items)
        case _:
            return False
