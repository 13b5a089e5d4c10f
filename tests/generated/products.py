"""What an expression builds. The code is canonical (`nn.Linear`, `torch.randn`, `$Part`); files spell it their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from initlint.model import Kind

CALLED = ("x = {v}(x)",)
SCALES = ("x = x * {v}",)


@dataclass(frozen=True)
class Product:
    """A value: how it is written, how a reader turns `x` into the next `x` with it, and what it draws.

    `fill` are lines at the end of the constructor; `late` ones do what there is to draw. `holds` are the torch classes
    inside
    that an initialisation loop looks for, `parts` the project classes inside, `held` the attributes that flow in.
    `reach` is how one gets from it to an instance of a part. `kept`: the drawn tensor itself is what is kept.
    """

    code: str
    kind: Kind | None
    use: tuple[str, ...]
    draws: bool = False
    fill: tuple[str, ...] = ()
    late: bool = False
    holds: frozenset[str] = frozenset()
    parameters: bool = False
    weighted: bool = False
    kept: bool = True
    parts: tuple[str, ...] = ()
    reach: str = ""
    held: tuple[str, ...] = ()
    pattern: bool = False

    @property
    def expression(self) -> str:
        """The use as one expression; "" where it takes a statement."""
        return self.use[0].removeprefix("x = ") if len(self.use) == 1 else ""

    @property
    def alias(self) -> bool:
        """Whether it is another attribute and nothing more."""
        return self.code in [f"self.{name}" for name in self.held]

    @property
    def callable(self) -> bool:
        return self.kind is Kind.SUBMODULE and self.use == CALLED


def layer(code: str, *use: str, draws: bool = True, weighted: bool = True, parameters: bool = True) -> Product:
    """A module of torch."""
    name = code.partition("(")[0].removeprefix("nn.")
    return Product(
        code=code,
        kind=Kind.SUBMODULE,
        use=use or CALLED,
        draws=draws,
        holds=frozenset({name}),
        parameters=parameters,
        weighted=weighted,
    )


def still(code: str) -> Product:
    """A module of torch without parameters."""
    return layer(code, draws=False, weighted=False, parameters=False)


LAYERS = (
    layer("nn.Linear(4, 4)"),
    layer("nn.Linear(4, 4, bias=False)"),
    layer("nn.Conv1d(2, 2, 1)"),
    layer("nn.LayerNorm(4)", draws=False),
    still("nn.ReLU()"),
    still("nn.Dropout(0.1)"),
    still("nn.Identity()"),
)
"""Modules that map `x` to `x` when called."""

OTHER_MODULES = (
    layer("nn.Embedding(4, 4)", "x = x + {v}(torch.zeros(2, dtype=torch.long))"),
    layer("nn.LSTM(4, 4)", "x = {v}(x)[0]", weighted=False),
    layer("nn.Bilinear(4, 4, 4)", "x = {v}(x, x)"),
    layer("nn.Linear(4, 4)", "x = x @ {v}.weight"),
)

PARAMETERS = (
    Product("nn.Parameter(torch.randn(4))", Kind.PARAMETER, SCALES, draws=True, parameters=True),
    Product("nn.Parameter(0.02 * torch.rand(4))", Kind.PARAMETER, SCALES, draws=True, parameters=True, kept=False),
    Product("nn.Parameter(torch.zeros(4))", Kind.PARAMETER, SCALES, parameters=True),
    Product(
        code="nn.Parameter(torch.empty(4))",
        kind=Kind.PARAMETER,
        use=SCALES,
        draws=True,
        fill=("nn.init.uniform_({v})",),
        late=True,
        parameters=True,
    ),
    Product(
        code="nn.Parameter(torch.empty(4))",
        kind=Kind.PARAMETER,
        use=SCALES,
        fill=("nn.init.ones_({v})",),
        parameters=True,
    ),
)

BUFFERS = (
    Product("torch.randn(4)", Kind.BUFFER, SCALES, draws=True),
    Product("torch.zeros(4)", Kind.BUFFER, SCALES),
)

TENSORS = (
    Product("torch.randn(4)", Kind.TENSOR, SCALES, draws=True),
    Product("torch.rand(4) - 0.5", Kind.TENSOR, SCALES, draws=True, kept=False),
    Product("torch.ones(4)", Kind.TENSOR, SCALES),
)

ITERATED = ("for item in {v}:", "    x = item(x)")
KEYED = ("for key in {v}:", "    x = {v}[key](x)")
VALUES = ("for item in {v}.values():", "    x = item(x)")
SHARES = ("for item in {v}:", "    x = x * item")


def part(cls: str) -> Product:
    """An instance of a class of the program."""
    return Product(f"${cls}()", Kind.SUBMODULE, CALLED, parts=(cls,), reach="{v}")


def gathered(code: str, items: Sequence[Product], use: tuple[str, ...], reach: str = "") -> Product:
    """A container of the items, whose draws are theirs."""
    return Product(
        code=code,
        kind=Kind.SUBMODULE,
        use=use,
        draws=any(item.draws for item in items),
        holds=frozenset().union(*(item.holds for item in items)),
        parameters=any(item.parameters for item in items),
        kept=any(item.draws and item.kept for item in items),
        parts=tuple(part for item in items for part in item.parts),
        reach=reach if items and items[0].parts else "",
    )


def sequential(items: Sequence[Product]) -> Product:
    codes = ", ".join(item.code for item in items)
    return gathered(f"nn.Sequential({codes})", items, CALLED, "{v}[0]")


def module_list(items: Sequence[Product], use: tuple[str, ...]) -> Product:
    codes = ", ".join(item.code for item in items)
    return gathered(f"nn.ModuleList([{codes}])", items, use, "{v}[0]")


def repeated(item: Product) -> Product:
    return gathered(f"nn.ModuleList([{item.code} for _ in range(2)])", [item], ITERATED, "{v}[1]")


def unpacked(item: Product) -> Product:
    return gathered(f"nn.Sequential(*[{item.code} for _ in range(2)])", [item], CALLED, "{v}[0]")


def module_dict(items: Sequence[Product], use: tuple[str, ...]) -> Product:
    codes = ", ".join(f'"{key}": {item.code}' for key, item in zip("ab", items, strict=False))
    return gathered(f"nn.ModuleDict({{{codes}}})", items, use, '{v}["a"]')


def parameter_list(items: Sequence[Product]) -> Product:
    return gathered(f"nn.ParameterList([{', '.join(item.code for item in items)}])", items, SHARES)


def grown(items: Sequence[Product], growth: str) -> Product:
    """A list that is empty where it is defined, and filled at the end of the constructor."""
    full = module_list(items, ITERATED)
    return replace(full, code="nn.ModuleList()", fill=GROWTHS[growth](items), late=True)


def appended(items: Sequence[Product]) -> tuple[str, ...]:
    return tuple(f"{{v}}.append({item.code})" for item in items)


def appended_in_loop(items: Sequence[Product]) -> tuple[str, ...]:
    return ("for _ in range(2):", *(f"    {{v}}.append({item.code})" for item in items))


def added(items: Sequence[Product]) -> tuple[str, ...]:
    return (f"{{v}} += [{', '.join(item.code for item in items)}]",)


def extended(items: Sequence[Product]) -> tuple[str, ...]:
    return (f"{{v}}.extend([{', '.join(item.code for item in items)}])",)


GROWTHS = {"append": appended, "loop": appended_in_loop, "add": added, "extend": extended}


def pattern(item: Product) -> Product:
    """Several attributes whose names are made in a loop."""
    return replace(item, pattern=True, reach="")


def holders(name: str, target: Product) -> tuple[Product, ...]:
    """Values that another attribute flows into: an alias, a container, a list, a lambda."""
    flow = {"held": (name,), "holds": target.holds, "parameters": target.parameters}
    alias = Product(f"self.{name}", target.kind, target.use, **flow)  # type: ignore[arg-type]
    found = [
        alias,
        loose(name, f"[self.{name}]", ("for item in {v}:", *deeper(target, "item"))),
        loose(name, f'{{"one": self.{name}}}', tuple(put(target.use, '{v}["one"]'))),
        loose(name, f"(self.{name}, 2)", tuple(put(target.use, "{v}[0]"))),
    ]
    if target.expression:
        body = target.expression.format(v=f"self.{name}")
        found.append(loose(name, f"lambda x: {body}", CALLED))
    if target.callable:
        submodule = {"kind": Kind.SUBMODULE, **flow}
        found.append(Product(f"nn.Sequential(self.{name}, nn.Identity())", use=CALLED, **submodule))  # type: ignore[arg-type]
        found.append(Product(f"nn.ModuleList([self.{name}])", use=ITERATED, **submodule))  # type: ignore[arg-type]
        found.append(loose(name, f"functools.partial(self.{name})", CALLED))
    return tuple(found)


def loose(name: str, code: str, use: tuple[str, ...]) -> Product:
    """A value that is no definition itself."""
    return Product(code, None, use, held=(name,))


def put(use: Sequence[str], value: str) -> list[str]:
    """The lines of a use, with the value in its place."""
    return [line.replace("{v}", value) for line in use]


def deeper(product: Product, value: str) -> list[str]:
    return [f"    {line}" for line in put(product.use, value)]
