"""What a way gives: lines for every place of a class and its surroundings, and what is true of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from generated.products import Product, put

from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from generated.render import Code, Lines


@dataclass(frozen=True)
class Fact:
    """One definition that a way makes.

    `read` and `draws` are as the slot says unless the way knows better, `answers` what may be said of the draws.
    `shown` is its name in a finding, `attributes` those that an instance has. What is `gone` is replaced
    before it is read, and its draws leave no weights. What is `indirect` is read by a copy or a
    computed value alone, which cannot be seen to be its. A finding that is `optional` need not be made.
    It `follows` another attribute whose weights it has. If it is `tied`, what fills its weight shows as another's.
    What is `forked` draws from a fork: others move its weights, and it moves nobody's. An `heir` is of a class that
    inherits from the one of torch that the slot names.
    """

    attribute: str
    kind: Kind | None = None
    read: bool | None = None
    draws: bool | None = None
    answers: frozenset[Answer] = frozenset()
    shown: str = ""
    attributes: tuple[str, ...] = ()
    gone: bool = False
    indirect: bool = False
    optional: bool = False
    follows: str = ""
    forked: bool = False
    tied: bool = False
    heir: bool = False


@dataclass(frozen=True)
class Piece:
    """What one choice contributes.

    `body` stands in the class before its constructor, `flags` in the constructor's signature, `early` before
    `super().__init__()`, `init` in order with the others, `late` at the end. `steps` turn `x` into the next `x` in
    forward. `functions` stand before the class, `after` behind it, `helpers` in a file that it imports, `owners` in one
    that imports it. `prepare` and `drive` are run with `model` and `x`, to show what forward does not; the code that is
    linted does not hold them.
    """

    body: Lines = ()
    flags: Lines = ()
    early: Lines = ()
    init: Lines = ()
    late: Lines = ()
    steps: Lines = ()
    members: Lines = ()
    functions: Lines = ()
    after: Lines = ()
    helpers: Lines = ()
    owners: Lines = ()
    prepare: Lines = ()
    drive: Lines = ()
    facts: tuple[Fact, ...] = field(default=(), compare=False)

    def __add__(self, other: Piece) -> Piece:
        return Piece(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Slot:
    """One definition to write and to read: its name, what it builds, and the class that it belongs to."""

    name: str
    product: Product
    host: str

    @property
    def unique(self) -> str:
        """A suffix for names of functions and classes."""
        return f"{self.name}_{self.host.lower()}"

    @property
    def value(self) -> str:
        return self.product.code

    def use(self, value: str) -> Lines:
        """The statements that use a value on `x`."""
        return tuple(put(self.product.use, value))

    def applied(self, value: str) -> Lines:
        """A function body that does."""
        return (*self.use(value), "return x")


Make = Callable[[Slot], Piece]
Accepts = Callable[[Product], bool]


@dataclass(frozen=True)
class Way:
    """A way by its name, and what it can be used for.

    One that `opens` looks up what only run time knows, or goes over all there is: anything in the family may be live.
    One that is `vague` reads from what might as well be an instance of another class, or builds if its caller wants it.
    One that `hides` its name from the file of the class leaves the others in doubt: findings need not be certain.
    Of one that is `single`, which writes a special method, a family has one at most.
    """

    name: str
    make: Make
    accepts: Accepts
    opens: bool
    vague: bool
    single: bool
    hides: bool


class Ways(dict[str, Way]):
    """The ways of one sort by their names, in the order of the files."""

    def of(
        self, accepts: Accepts, opens: bool = False, vague: bool = False, single: bool = False, hides: bool = False
    ) -> Callable[[Make], Make]:
        """Takes up the function that follows, for products that it accepts."""

        def take(make: Make) -> Make:
            assert make.__name__ not in self, make.__name__
            self[make.__name__] = Way(make.__name__, make, accepts, opens, vague, single, hides)
            return make

        return take

    def fitting(self, product: Product) -> list[str]:
        return [name for name, way in self.items() if way.accepts(product)]


DEFINERS, READERS, QUIET = Ways(), Ways(), Ways()
"""How a definition is written; how it is read; what looks like a reader and is none."""


def anything(product: Product) -> bool:
    return True


def assignable(product: Product) -> bool:
    """What is given to the instance as it is."""
    return product.kind is not Kind.BUFFER


def alone(product: Product) -> bool:
    """What can be built in any file."""
    return assignable(product) and not product.parts


def submodule(product: Product) -> bool:
    return product.kind is Kind.SUBMODULE


def parameter(product: Product) -> bool:
    return product.kind is Kind.PARAMETER


def buffer(product: Product) -> bool:
    return product.kind is Kind.BUFFER


def registered(product: Product) -> bool:
    """What torch keeps in a table of its own if it is assigned."""
    return product.kind in (Kind.SUBMODULE, Kind.PARAMETER)


def tensor(product: Product) -> bool:
    return product.kind is Kind.TENSOR


def called(product: Product) -> bool:
    return product.callable


def weighted_call(product: Product) -> bool:
    """One torch module with a weight that is called."""
    return product.callable and product.weighted


def called_whole(product: Product) -> bool:
    """What is called, and has no weight of its own."""
    return product.callable and not product.weighted


def called_alone(product: Product) -> bool:
    """What is called, and nothing of the program in it."""
    return product.callable and not product.parts


def weighted(product: Product) -> bool:
    """One torch module with a weight."""
    return product.weighted


def biased(product: Product) -> bool:
    """One torch module with a weight and more."""
    return product.weighted and "bias=False" not in product.code and "Embedding" not in product.code


def expressible(product: Product) -> bool:
    return bool(product.expression)


def expression(slot: Slot, value: str) -> str:
    """The use as one expression of `x`."""
    return slot.product.expression.replace("{v}", value)


def of_code(code: Code) -> Piece:
    """A piece of the older sort."""
    return Piece(**{one.name: getattr(code, one.name) for one in fields(code)})
