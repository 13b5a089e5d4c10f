"""Random programs: class by class, each of which may use, extend and read the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from generated import products, render
from generated.products import Product
from generated.program import Class, Definition, Forward, Outside, Program, Role, Step, Style, Sweep
from initlint.model import Kind

FILES = ("blocks.py", "layers.py", "models.py")
NAMES = tuple(
    """act alpha attn beta body bridge conv decoder dropout embed encoder fuse gamma gate head key linear mask mlp neck
    norm out pool pos proj query relu scale stem table tail token value weight""".split()
)
HARMLESS = ("plain", "annotated", "by_setattr", "through_local", "in_tuple", "walrus", "in_context")


def chance(draw: st.DrawFn, percent: int) -> bool:
    """True so often; shrinks to False."""
    return draw(st.integers(0, 99)) >= 100 - percent


@dataclass
class Growing:
    """The program while it grows. `relatives` maps a class to its family, whose names differ from each other."""

    classes: list[Class] = field(default_factory=list)
    relatives: dict[str, int] = field(default_factory=dict)
    taken: dict[int, set[str]] = field(default_factory=dict)

    def cls(self, name: str) -> Class:
        return next(cls for cls in self.classes if cls.name == name)

    def unused(self, mixin: Class, taken: set[str]) -> bool:
        """Whether nobody mixes it in yet, and its names are free in a family."""
        mixed = any(mixin.name in cls.mixins for cls in self.classes)
        return not mixed and not taken & self.taken[self.relatives[mixin.name]]

    def contained(self, cls: Class) -> bool:
        """Whether a class is a container, which runs its children in order."""
        return any(one.root == "nn.Sequential" for one in (cls, *self.ancestors(cls)))

    def ancestors(self, cls: Class) -> list[Class]:
        """The classes above, nearest first."""
        found = [self.cls(name) for name in (*cls.mixins, cls.base) if name]
        return [*found, *(above for one in found for above in self.ancestors(one))]


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A package of one to five classes."""
    growing = Growing()
    file = 0
    for number in range(draw(st.integers(1, 5))):
        file = min(file + draw(st.integers(0, 1)), len(FILES) - 1)
        cls = one_class(
            draw, growing, f"{'ABCDE'[number]}{draw(st.sampled_from(('Net', 'Block', 'Layer')))}", FILES[file]
        )
        growing.classes.append(cls)
    outside = functions(draw, growing)
    style = st.builds(Style, st.sampled_from(render.TORCH_STYLES), st.sampled_from(render.PROJECT_STYLES))
    styles = [(path, draw(style)) for path in (*FILES, render.SCRIPT)]
    return Program(tuple(growing.classes), outside, tuple(styles))


def one_class(draw: st.DrawFn, growing: Growing, name: str, file: str) -> Class:
    """The heritage first, then the definitions, then who reads what."""
    bases = [cls for cls in growing.classes if cls.module and not cls.children]
    base = draw(st.sampled_from(bases)) if bases and chance(draw, 40) else None
    family = growing.relatives[base.name] if base else len(growing.classes)
    taken = growing.taken.setdefault(family, set())
    mixins = [cls for cls in growing.classes if not cls.module and growing.unused(cls, taken)]
    contained = base is not None and growing.contained(base)
    mixin = draw(st.sampled_from(mixins)) if mixins and not contained and chance(draw, 80) else None
    above = [*growing.ancestors(base), base] if base else []
    root = "nn.Module"
    if base is None and mixin is None:
        root = draw(st.sampled_from(("nn.Module",) * 6 + ("nn.Sequential", "")))
    cls = Class(name=name, file=file, root=root, base=base.name if base else "")
    growing.relatives[name] = family
    if mixin is not None:
        cls = replace(cls, mixins=(mixin.name,))
        taken |= growing.taken[growing.relatives[mixin.name]]
        growing.relatives[mixin.name] = family
    children = root == "nn.Module" and base is None and mixin is None and chance(draw, 8)
    plain = children or root == "nn.Sequential" or contained
    made = definitions(draw, growing, cls, taken, plain)
    cls = replace(cls, children=children, definitions=made)
    cls = shape(draw, growing, cls, above)
    if not (root == "nn.Sequential" or contained or not root):
        cls = replace(cls, steps=steps(draw, growing, cls))
    return cls


def shape(draw: st.DrawFn, growing: Growing, cls: Class, above: Sequence[Class]) -> Class:
    """Constructor and forward: the hook, the template, the loop, how super is called."""
    hooks = any(one.hook >= 0 for one in above)
    template = any(one.template for one in above)
    made = cls.definitions
    if hooks and made and chance(draw, 60):
        split = draw(st.integers(1, len(made)))
        hooked: list[Definition] = []
        for one in made[:split]:
            if movable(one, made) and set(one.product.held) <= {earlier.name for earlier in hooked}:
                hooked.append(one)
        cls = replace(cls, hooked=tuple(hooked), definitions=tuple(d for d in made if d not in hooked))
    if cls.module and not cls.base and not cls.mixins and chance(draw, 15):
        cls = replace(cls, hook=draw(st.integers(0, len(made))))
    if cls.root == "nn.Module" and not cls.base and not cls.children and chance(draw, 20):
        cls = replace(cls, template=True)
    modes = [Forward.EXTEND, Forward.REPLACE, *([Forward.TEMPLATE] if template else [])]
    initialisers = ["super", "super", "named", *(["base"] if cls.module and not cls.mixins else [])]
    return replace(
        cls,
        forward=draw(st.sampled_from(modes)),
        initialiser=draw(st.sampled_from(initialisers)),
        sweep=draw(st.sampled_from(tuple(Sweep))) if cls.module and chance(draw, 25) else Sweep.NONE,
    )


def movable(definition: Definition, made: Sequence[Definition]) -> bool:
    """Whether it can stand in the method that a base's constructor calls."""
    twins = [one for one in made if one.name == definition.name]
    return len(twins) == 1 and definition.role is Role.KEPT and not definition.conditional


# -- definitions ----------------------------------------------------------------------------------------------------


def definitions(draw: st.DrawFn, growing: Growing, cls: Class, taken: set[str], plain: bool) -> tuple[Definition, ...]:
    """What the constructor of a class gives the module."""
    made: list[Definition] = []
    for _ in range(draw(st.integers(0, 5))):
        free = [name for name in NAMES if name not in taken]
        name = draw(st.sampled_from(free))
        taken.add(name)
        made += definition(draw, growing, cls, name, made, plain)
    return tuple(made)


def definition(
    draw: st.DrawFn, growing: Growing, cls: Class, name: str, made: Sequence[Definition], plain: bool
) -> list[Definition]:
    """One definition; one in ten is defined twice, one in ten is thrown away."""
    product = draw(any_product(growing, cls, made, plain))
    fate = draw(st.integers(0, 19))
    if fate == 19 and product.kind is not None and not product.fill and not product.held and not product.pattern:
        return [Definition(name, product, "discarded", role=Role.DISCARDED)]
    kept = Definition(name, product, draw(st.sampled_from(writers(product))))
    kept = replace(kept, noises=noises(draw, kept))
    if fate == 18 and product.kind in (Kind.SUBMODULE, Kind.PARAMETER) and twin(product):
        first = draw(st.sampled_from(products.LAYERS if product.kind is Kind.SUBMODULE else products.PARAMETERS[:2]))
        return [
            Definition(name, first, "plain", role=Role.OVERWRITTEN),
            replace(kept, writer=draw(st.sampled_from(HARMLESS))),
        ]
    return [kept]


def twin(product: Product) -> bool:
    return not product.pattern and not product.held


def any_product(growing: Growing, cls: Class, made: Sequence[Definition], plain: bool) -> st.SearchStrategy[Product]:
    """Something to define, by what there is so far."""
    parts = [products.part(cls.name) for cls in growing.classes if cls.module]
    items = st.sampled_from((*products.LAYERS, *parts, *parts))
    inherited = [one for above in growing.ancestors(cls) for one in above.all]
    flows = [
        holder
        for one in (*inherited, *made)
        if one.role is Role.KEPT and not one.conditional and holdable(one.product)
        for holder in products.holders(one.name, one.product)
        if not plain or holder.callable or holder.kind is None
    ]
    kinds = [
        items,
        items,
        items.map(lambda item: item),
        several(items).map(products.sequential),
        items.map(products.unpacked),
    ]
    if not plain:
        kinds += [containers(items), containers(items), *([items.map(products.pattern)] if cls.module else [])]
        kinds += [st.sampled_from(products.OTHER_MODULES), st.sampled_from(products.PARAMETERS)]
    kinds += [st.sampled_from(products.PARAMETERS), st.sampled_from((*products.BUFFERS, *products.TENSORS))]
    if flows:
        kinds += [st.sampled_from(flows), st.sampled_from(flows)]
    return st.one_of(kinds)


def holdable(product: Product) -> bool:
    """Whether the product may flow on: modules and parameters, whose identity is kept."""
    return product.kind in (Kind.SUBMODULE, Kind.PARAMETER, None) and not product.pattern and not product.late


def several(items: st.SearchStrategy[Product]) -> st.SearchStrategy[list[Product]]:
    return st.lists(items, min_size=1, max_size=2)


def containers(items: st.SearchStrategy[Product]) -> st.SearchStrategy[Product]:
    """Lists and dictionaries of modules and parameters, literal and grown, read in every way."""
    uses = st.sampled_from((products.ITERATED, ("x = {v}[0](x)",)))
    keyed = st.sampled_from((products.KEYED, products.VALUES, ('x = {v}["a"](x)',)))
    parameters = st.sampled_from(products.PARAMETERS[:3])
    return st.one_of(
        st.builds(products.module_list, several(items), uses),
        items.map(products.repeated),
        st.builds(products.module_dict, several(items), keyed),
        several(parameters).map(products.parameter_list),
        st.builds(products.grown, several(items), st.sampled_from(tuple(products.GROWTHS))),
    )


def writers(product: Product) -> tuple[str, ...]:
    """The ways to write a definition of this product."""
    if product.pattern:
        return tuple(writer.__name__ for writer in render.PATTERN)
    if product.kind is None or product.held:
        return ("plain",)
    found = [writer.__name__ for writer in render.ANY]
    if product.fill:
        found = [name for name in found if not name.startswith("conditional")]
    if product.kind is Kind.BUFFER:
        return tuple(writer.__name__ for writer in render.BUFFER)
    if product.kind is Kind.SUBMODULE:
        found += [writer.__name__ for writer in render.MODULE]
    if product.kind is Kind.PARAMETER:
        found += [writer.__name__ for writer in render.PARAMETER]
    return tuple(found)


def noises(draw: st.DrawFn, definition: Definition) -> tuple[str, ...]:
    """What looks like a reader of it; nothing that needs it where it may be missing."""
    product = definition.product
    if product.pattern or not chance(draw, 40):
        return ()
    names = [noise.__name__ for noise in render.QUIET]
    if definition.conditional:
        names = [name for name in names if name not in ("frozen", "parameters_frozen", "measured")]
    elif product.weighted:
        names += [noise.__name__ for noise in render.DRAWING]
    return (draw(st.sampled_from(names)),)


# -- readers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """Something that a class can read: its own, inherited, or through parts."""

    owner: Class
    definition: Definition
    path: tuple[str, ...]


def targets(growing: Growing, cls: Class, depth: int = 2, path: tuple[str, ...] = ()) -> list[Target]:
    """Everything within reach of an instance."""
    found: list[Target] = []
    for owner in (cls, *growing.ancestors(cls)):
        for definition in owner.all:
            if definition.role is not Role.KEPT:
                continue
            found.append(Target(owner, definition, path))
            if definition.product.reach and depth:
                inner = growing.cls(definition.product.parts[0])
                found += targets(growing, inner, depth - 1, (*path, definition.name))
    return found


def steps(draw: st.DrawFn, growing: Growing, cls: Class) -> tuple[Step, ...]:
    """Who reads what in the forward of a class."""
    hosts = [one.name for one in growing.ancestors(cls)]
    made = []
    for target in targets(growing, cls):
        wanted = 100 if target.definition.product.pattern else 60
        if not chance(draw, wanted if target.owner is cls else 20):
            continue
        styles = [reader.__name__ for reader in (*render.ANYWHERE, *(() if target.path else render.ON_SELF))]
        host = draw(st.sampled_from([cls.name, *hosts])) if not target.path else ""
        made.append(Step(target.owner.name, target.definition.key, draw(st.sampled_from(styles)), target.path, host))
    return tuple(made)


def functions(draw: st.DrawFn, growing: Growing) -> tuple[Outside, ...]:
    """Functions in a script that read an instance."""
    modules = [cls for cls in growing.classes if cls.module]
    if not modules or not chance(draw, 30):
        return ()
    cls = draw(st.sampled_from(modules))
    found = [target for target in targets(growing, cls) if chance(draw, 30)]
    styles = st.sampled_from([reader.__name__ for reader in render.ANYWHERE])
    made = tuple(Step(t.owner.name, t.definition.key, draw(styles), t.path) for t in found)
    return (Outside("inspect", cls.name, made, draw(st.booleans())),)
