"""The values of expressions while a constructor is followed. What changes over time is kept in cells, by token."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from initlint.comparison.terms import Term

if TYPE_CHECKING:
    from initlint.comparison.trace import Draw
    from initlint.project.classes import ClassId, Method

Token = int


@dataclass(slots=True, eq=False)
class Made:
    """A module or tensor that was made; `cls` is its class in torch ("" for a tensor or an unknown one).

    Its parts, by name, are cells. `draws` are those that filled it.
    """

    token: Token
    term: Term
    cls: str
    draws: list[Draw] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Instance:
    """An instance of a class of the project; its attributes are cells."""

    token: Token
    cls: ClassId
    term: Term


@dataclass(slots=True, eq=False)
class Items:
    """A list, tuple or set; its items are one cell. `fixed`: nothing can be added (a tuple)."""

    token: Token
    kind: str


@dataclass(slots=True, eq=False)
class Table:
    """A dictionary; its entries are one cell, and unknown other contents another."""

    token: Token


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """Among items: one for each turn of a loop. `alike`: all are one object, which existed before the loop."""

    header: Term
    value: Value
    alike: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Among items: all items of something unknown."""

    term: Term


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of two values, by a condition."""

    guard: Term
    yes: Value
    no: Value


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """The absence of a value."""


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class of the project."""

    id: ClassId


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project, or a method with its instance."""

    method: Method
    instance: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A lambda or nested function, with the frame whose names it sees, and its defaults by node."""

    node: ast.Lambda | ast.FunctionDef
    frame: Frame
    defaults: tuple[tuple[ast.expr, Value], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A callee with arguments that are already given."""

    callee: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class ModuleRef:
    """A file of the project, as an imported module."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Super:
    """`super()` on an instance, in the code of a class."""

    instance: Instance
    owner: ClassId


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method of a value that is not called yet."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """The arguments of a call; `rest` are starred values of unknown contents."""

    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    rest: tuple[Term, ...] = ()

    def get(self, name: str, position: int | None = None) -> Value | None:
        for given, value in self.named:
            if given == name:
                return value
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    @property
    def others(self) -> Arguments:
        """All positional arguments but the first."""
        return replace(self, positional=self.positional[1:])

    def behind(self, before: Arguments) -> Arguments:
        """These arguments, after those of a partial function."""
        named = {**dict(before.named), **dict(self.named)}
        return Arguments(before.positional + self.positional, tuple(named.items()), before.rest + self.rest)

    def values(self) -> list[Value]:
        return [*self.positional, *(value for _, value in self.named)]


@dataclass(slots=True, eq=False)
class Frame:
    """A function while it is followed: its names are cells.

    `cls` is the class whose code it is. `outer` are the names that it assigns in an enclosing function. `within`: it is
    a comprehension. `body`: it is the body of a class. `early`: it runs while its file is imported, when names may
    still stand for something else.
    """

    token: Token
    path: str
    qualname: str
    cls: ClassId
    parent: Frame | None = None
    instance: Value | None = None
    outer: set[str] = field(default_factory=set)
    within: bool = False
    body: bool = False
    early: bool = False

    def outwards(self) -> Iterator[Frame]:
        """This frame and those around it, the innermost first."""
        inner: Frame | None = self
        while inner is not None:
            yield inner
            inner = inner.parent


Value = (
    Term
    | Made
    | Instance
    | Items
    | Table
    | Repeat
    | Spread
    | Choice
    | Missing
    | ClassRef
    | Function
    | Closure
    | Partial
    | ModuleRef
    | Super
    | Bound
)

MISSING = Missing()
