"""Random edits of generated programs: the same constructions written otherwise, or other ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from generated import products, render
from generated.program import Class, Definition, Program, Role, Style, Sweep
from generated.strategies import HARMLESS, writers
from initlint.model import Kind

SIZES = {"(4, 4": "(4, 8", "randn(4)": "randn(6)", "rand(4)": "rand(32)", "empty(4)": "empty(5)"}
DISTRIBUTIONS = {
    "torch.randn(4)": "torch.rand(4)",
    "torch.rand(4)": "torch.randn(4)",
}
REWRITTEN = (
    *HARMLESS,
    *("returned", "stored_by_method", "factory", "closure", "built_by_lambda", "by_static_factory", "out_of_list"),
    *("returned_in_tuple", "stored_by_closure", "stored_under_another_self", "out_of_dict", "alternative"),
)
"""Writers that make the same of a value."""

INITIALISERS = {"nn.init.uniform_({v})": "nn.init.normal_({v})", "nn.init.normal_({v})": "nn.init.uniform_({v})"}


@dataclass(frozen=True)
class Pair:
    """Two programs, and what was done to the first. `still`: nothing that could touch a draw."""

    old: Program
    new: Program
    edits: tuple[str, ...]

    @property
    def still(self) -> bool:
        return all(edit in STILL for edit in self.edits)

    def __repr__(self) -> str:
        return f"<pair: {', '.join(self.edits)}>"


@st.composite
def pairs(draw: st.DrawFn, programs: st.SearchStrategy[Program]) -> Pair:
    """A program without readers, and the same after one or two edits."""
    old = unread(draw(programs))
    new, names = old, []
    for _ in range(draw(st.integers(1, 2))):
        for name in draw(st.permutations((*CHANGES, *STILL))):
            edited = {**CHANGES, **STILL}[name](draw, new)
            if edited is not None and edited != new:
                new = edited
                names.append(name)
                break
    return Pair(old, new, tuple(names))


def unread(program: Program) -> Program:
    """Without the code that reads: only constructions are compared."""
    classes = tuple(replace(cls, steps=(), template=False) for cls in program.classes)
    return replace(program, classes=classes, outside=())


def changed(program: Program, cls: Class, **values: object) -> Program:
    classes = tuple(replace(one, **values) if one.name == cls.name else one for one in program.classes)  # type: ignore[arg-type]
    return replace(program, classes=classes)


def any_class(draw: st.DrawFn, program: Program) -> Class:
    return draw(st.sampled_from(program.classes))


def any_definition(draw: st.DrawFn, cls: Class) -> int | None:
    return draw(st.integers(0, len(cls.definitions) - 1)) if cls.definitions else None


def with_definition(program: Program, cls: Class, place: int, *definitions: Definition) -> Program:
    made = (*cls.definitions[:place], *definitions, *cls.definitions[place + 1 :])
    return changed(program, cls, definitions=made, hook=min(cls.hook, len(made)))


def mentioned(program: Program, definition: Definition) -> bool:
    """Whether another definition needs it."""
    every = [one for cls in program.classes for one in cls.all]
    return any(definition.name in one.product.held for one in every) or any(
        one.name == definition.name and one is not definition for one in every
    )


# -- edits that may change what is drawn ----------------------------------------------------------------------------


def insert(draw: st.DrawFn, program: Program) -> Program | None:
    """One more definition, which draws or does not."""
    cls = any_class(draw, program)
    names = [name for name in ("extra", "later", "other") if all(d.name != name for d in every(program))]
    if not names:
        return None
    kinds = products.LAYERS if cls.root == "nn.Sequential" else (*products.LAYERS, *products.PARAMETERS[:3])
    product = draw(st.sampled_from(kinds))
    place = draw(st.integers(0, len(cls.definitions)))
    made = (*cls.definitions[:place], Definition(names[0], product), *cls.definitions[place:])
    return changed(program, cls, definitions=made)


def every(program: Program) -> list[Definition]:
    return [one for cls in program.classes for one in cls.all]


def delete(draw: st.DrawFn, program: Program) -> Program | None:
    """A definition that no other one needs is gone."""
    cls = any_class(draw, program)
    place = any_definition(draw, cls)
    if place is None or mentioned(program, cls.definitions[place]):
        return None
    return with_definition(program, cls, place)


def move(draw: st.DrawFn, program: Program) -> Program | None:
    """Two neighbours change places."""
    cls = any_class(draw, program)
    if len(cls.definitions) < 2:
        return None
    place = draw(st.integers(0, len(cls.definitions) - 2))
    one, other = cls.definitions[place : place + 2]
    if one.name in other.product.held or one.name == other.name:
        return None
    made = (*cls.definitions[:place], other, one, *cls.definitions[place + 2 :])
    return changed(program, cls, definitions=made)


def recoded(draw: st.DrawFn, program: Program, table: dict[str, str], fills: dict[str, str]) -> Program | None:
    cls = any_class(draw, program)
    place = any_definition(draw, cls)
    if place is None:
        return None
    definition = cls.definitions[place]
    product = definition.product
    code = product.code
    for before, after in table.items():
        if before in code:
            code = code.replace(before, after)
            break
    fill = tuple(fills.get(line, line) for line in product.fill)
    if (code, fill) == (product.code, product.fill):
        return None
    return with_definition(program, cls, place, replace(definition, product=replace(product, code=code, fill=fill)))


def resize(draw: st.DrawFn, program: Program) -> Program | None:
    """Another size."""
    return recoded(draw, program, SIZES, {})


def distribution(draw: st.DrawFn, program: Program) -> Program | None:
    """Another distribution."""
    return recoded(draw, program, DISTRIBUTIONS, INITIALISERS)


def guard(draw: st.DrawFn, program: Program) -> Program | None:
    """A definition gets a condition, or loses it."""
    cls = any_class(draw, program)
    place = any_definition(draw, cls)
    if place is None:
        return None
    definition = cls.definitions[place]
    conditional = [name for name in writers(definition.product) if name.startswith("conditional")]
    if not conditional or definition.role is not Role.KEPT or mentioned(program, definition):
        return None
    writer = "plain" if definition.conditional else draw(st.sampled_from(conditional))
    return with_definition(program, cls, place, replace(definition, writer=writer, noises=()))


def base(draw: st.DrawFn, program: Program) -> Program | None:
    """A class inherits no more, or from another."""
    cls = any_class(draw, program)
    place = program.classes.index(cls)
    plain = not cls.hooked and not cls.mixins and cls.root == "nn.Module" and not held_from_above(program, cls)
    if not plain or any(cls.name in (one.base, *one.mixins) for one in program.classes):
        return None
    names = {definition.name for definition in cls.all}
    others = [
        one.name
        for one in program.classes[:place]
        if one.module and not ({d.name for above in program.mro(one.name) for d in above.all} & names)
    ]
    wanted = draw(st.sampled_from(["", *others]))
    if wanted == cls.base:
        return None
    return changed(program, cls, base=wanted, initialiser="super", sweep=Sweep.NONE)


def held_from_above(program: Program, cls: Class) -> bool:
    own = {definition.name for definition in cls.all}
    return any(name not in own for definition in cls.all for name in definition.product.held)


def sweep(draw: st.DrawFn, program: Program) -> Program | None:
    """Another loop at the end of a constructor, or none."""
    cls = any_class(draw, program)
    return changed(program, cls, sweep=draw(st.sampled_from(tuple(Sweep)))) if cls.module else None


# -- edits that change nothing --------------------------------------------------------------------------------------


def restyle(draw: st.DrawFn, program: Program) -> Program | None:
    """Other imports."""
    projects = (*render.PROJECT_STYLES, *render.SEVERAL)
    style = st.builds(Style, st.sampled_from(render.TORCH_STYLES), st.sampled_from(projects))
    return replace(program, styles=tuple((path, draw(style)) for path, _ in program.styles))


def rewrite(draw: st.DrawFn, program: Program) -> Program | None:
    """The same definition in other words."""
    cls = any_class(draw, program)
    place = any_definition(draw, cls)
    if place is None:
        return None
    definition = cls.definitions[place]
    plain = definition.product.kind is not None and not definition.product.held and not definition.product.pattern
    if not plain or definition.conditional or definition.role is not Role.KEPT or mentioned(program, definition):
        return None
    if definition.product.kind is Kind.BUFFER:
        return None
    return with_definition(program, cls, place, replace(definition, writer=draw(st.sampled_from(REWRITTEN))))


def rename(draw: st.DrawFn, program: Program) -> Program | None:
    """An attribute gets another name."""
    cls = any_class(draw, program)
    place = any_definition(draw, cls)
    if place is None or any(one.name == "renamed" for one in every(program)):
        return None
    definition = cls.definitions[place]
    if mentioned(program, definition) or definition.conditional:
        return None
    return with_definition(program, cls, place, replace(definition, name="renamed"))


CHANGES = {edit.__name__: edit for edit in (insert, delete, move, resize, distribution, guard, base, sweep)}
STILL = {edit.__name__: edit for edit in (restyle, rewrite, rename)}
