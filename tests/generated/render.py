"""From a program to its files. Code is written canonically first, and then in the import style of its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from generated.products import Product, put
from generated.program import Class, Definition, Forward, Outside, Program, Step, Style, Sweep
from initlint.model import Kind

PACKAGE = "family"
DECOYS = "decoys.py"
SCRIPT = "script.py"
Lines = tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """What one choice contributes, by place: a constructor, its end, a forward, a class, a module, a signature."""

    init: Lines = ()
    late: Lines = ()
    steps: Lines = ()
    members: Lines = ()
    functions: Lines = ()
    flags: Lines = ()

    def __add__(self, other: Code) -> Code:
        return Code(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def indented(lines: Iterable[str], levels: int = 1) -> Lines:
    return tuple("    " * levels + line if line else line for line in lines)


def method(name: str, body: Iterable[str], *parameters: str) -> Lines:
    return (f"def {name}({', '.join(('self', *parameters))}):", *indented(body), "")


def function(name: str, body: Iterable[str], *parameters: str) -> Lines:
    return (f"def {name}({', '.join(parameters)}):", *indented(body), "", "")


def applied(product: Product, value: str) -> Lines:
    """A function body that uses a value on `x`."""
    return (*put(product.use, value), "return x")


# -- writers: how a definition is written -------------------------------------------------------------------------

Writer = Callable[[str, str, str], Code]
"""From the name, the value and a suffix that is unique in the file to the code."""


def plain(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name} = {value}",))


def annotated(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name}: object = {value}",))


def by_setattr(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'setattr(self, "{name}", {value})',))


def through_local(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"{name} = {value}", f"self.{name} = {name}"))


def walrus(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name} = (made_{name} := {value})",))


def in_tuple(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name}, self.{name}_size = {value}, 4",))


def returned(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name} = self._make_{name}()",), members=method(f"_make_{name}", [f"return {value}"]))


def stored_by_method(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self._set_{name}()",), members=method(f"_set_{name}", [f"self.{name} = {value}"]))


def factory(name: str, value: str, unique: str) -> Code:
    made = f"make_{unique}"
    return Code(init=(f"self.{name} = {made}()",), functions=function(made, [f"return {value}"]))


def closure(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"def make_{name}():", f"    return {value}", "", f"self.{name} = make_{name}()"))


def built_by_lambda(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"make_{name} = lambda: {value}", f"self.{name} = make_{name}()"))


def in_context(name: str, value: str, unique: str) -> Code:
    return Code(init=("with torch.no_grad():", f"    self.{name} = {value}"))


def in_try(name: str, value: str, unique: str) -> Code:
    return Code(init=("try:", f"    self.{name} = {value}", "finally:", "    pass"))


def conditional(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name} = {value} if with_{name} else None",), flags=(f"with_{name}=True",))


def conditional_arms(name: str, value: str, unique: str) -> Code:
    arms = (f"if with_{name}:", f"    self.{name} = {value}", "else:", f"    self.{name} = None")
    return Code(init=arms, flags=(f"with_{name}=True",))


def conditional_only(name: str, value: str, unique: str) -> Code:
    arm = (f"if with_{name}:", f"    self.{name} = {value}")
    return Code(init=(f"self.with_{name} = with_{name}", *arm), flags=(f"with_{name}=True",))


def add_module(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self.add_module("{name}", {value})',))


def register_module(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self.register_module("{name}", {value})',))


def register_parameter(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self.register_parameter("{name}", {value})',))


def register_buffer(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self.register_buffer("{name}", {value})',))


def transient_buffer(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self.register_buffer("{name}", {value}, persistent=False)',))


def pattern_setattr(name: str, value: str, unique: str) -> Code:
    return Code(init=("for i in range(2):", f'    setattr(self, f"{name}{{i}}", {value})'))


def pattern_add_module(name: str, value: str, unique: str) -> Code:
    return Code(init=("for i in range(2):", f'    self.add_module(f"{name}{{i}}", {value})'))


def by_static_factory(name: str, value: str, unique: str) -> Code:
    members = ("@staticmethod", f"def _make_{name}():", f"    return {value}", "")
    return Code(init=(f"self.{name} = self._make_{name}()",), members=members)


def returned_in_tuple(name: str, value: str, unique: str) -> Code:
    body = method(f"_make_{name}", [f"made = {value}", "return made, 4"])
    return Code(init=(f"self.{name}, self.{name}_size = self._make_{name}()",), members=body)


def stored_by_setter(name: str, value: str, unique: str) -> Code:
    body = method(f"_keep_{name}", [f"self.{name} = part"], "part")
    return Code(init=(f"self._keep_{name}({value})",), members=body)


def stored_by_closure(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"def keep_{name}():", f"    self.{name} = {value}", "", f"keep_{name}()"))


def stored_under_another_self(name: str, value: str, unique: str) -> Code:
    members = (f"def _give_{name}(this):", f"    this.{name} = {value}", "")
    return Code(init=(f"self._give_{name}()",), members=members)


def out_of_list(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"{name}_parts = [{value}]", f"self.{name} = {name}_parts[0]"))


def out_of_dict(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'{name}_parts = {{"one": {value}}}', f'self.{name} = {name}_parts["one"]'))


def in_loop(name: str, value: str, unique: str) -> Code:
    return Code(init=("for _ in (0,):", f"    self.{name} = {value}"))


def alternative(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"self.{name} = None or {value}",))


def in_modules(name: str, value: str, unique: str) -> Code:
    return Code(init=(f'self._modules["{name}"] = {value}',))


def discarded(name: str, value: str, unique: str) -> Code:
    return Code(init=(f"{name} = {value}",))


ANY = (
    plain,
    annotated,
    by_setattr,
    through_local,
    walrus,
    in_tuple,
    returned,
    stored_by_method,
    factory,
    closure,
    built_by_lambda,
    in_context,
    in_try,
    conditional,
    conditional_arms,
    conditional_only,
    by_static_factory,
    returned_in_tuple,
    stored_by_setter,
    stored_by_closure,
    stored_under_another_self,
    out_of_list,
    out_of_dict,
    in_loop,
    alternative,
)
MODULE = (add_module, register_module, in_modules)
PARAMETER = (register_parameter,)
BUFFER = (register_buffer, transient_buffer)
PATTERN = (pattern_setattr, pattern_add_module)
WRITERS: dict[str, Writer] = {
    writer.__name__: writer for writer in (*ANY, *MODULE, *PARAMETER, *BUFFER, *PATTERN, discarded)
}


# -- readers: how a definition is read ----------------------------------------------------------------------------

Reader = Callable[[str, str, Product, str], Code]
"""From the receiver, the name, the product and a suffix that is unique in the file to the code."""


def direct(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=tuple(put(product.use, f"{receiver}.{name}")))


def by_getattr(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=tuple(put(product.use, f'getattr({receiver}, "{name}")')))


def by_default_getattr(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=tuple(put(product.use, f'getattr({receiver}, "{name}", None)')))


def local(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"got = {receiver}.{name}", *put(product.use, "got")))


def walrus_read(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"if (got := {receiver}.{name}) is not None:", *indented(put(product.use, "got"))))


def attrgetter(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f'got = operator.attrgetter("{name}")({receiver})', *put(product.use, "got")))


def by_names(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f'for name in ("{name}",):', *indented(put(product.use, f"getattr({receiver}, name)"))))


def in_list(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"for got in [{receiver}.{name}]:", *indented(put(product.use, "got"))))


def in_inner_function(receiver: str, name: str, product: Product, unique: str) -> Code:
    inner = ("def inner(x):", *indented(applied(product, f"{receiver}.{name}")), "")
    return Code(steps=(*inner, "x = inner(x)"))


def by_function(receiver: str, name: str, product: Product, unique: str) -> Code:
    body = function(f"run_{unique}", applied(product, f"module.{name}"), "module", "x")
    return Code(steps=(f"x = run_{unique}({receiver}, x)",), functions=body)


def by_keyword(receiver: str, name: str, product: Product, unique: str) -> Code:
    body = function(f"use_{unique}", applied(product, "part"), "x", "part=None")
    return Code(steps=(f"x = use_{unique}(x, part={receiver}.{name})",), functions=body)


def while_training(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"if {receiver}.training:", *indented(put(product.use, f"{receiver}.{name}"))))


def by_path(receiver: str, name: str, product: Product, unique: str) -> Code:
    lookup = {Kind.SUBMODULE: "submodule", Kind.PARAMETER: "parameter", Kind.BUFFER: "buffer"}
    named = product.kind in lookup and not product.pattern
    value = f'{receiver}.get_{lookup[product.kind]}("{name}")' if named else f"{receiver}.{name}"  # type: ignore[index]
    return Code(steps=tuple(put(product.use, value)))


def by_other_name(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"owner = {receiver}", *put(product.use, f"owner.{name}")))


def out_of_display(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f'got = {{"one": ({receiver}.{name}, 2)}}["one"][0]', *put(product.use, "got")))


def in_comprehension(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"for got in [part for part in ({receiver}.{name},)]:", *indented(put(product.use, "got"))))


def perhaps(receiver: str, name: str, product: Product, unique: str) -> Code:
    return Code(steps=(f"got = {receiver}.{name} if x is not None else None", *put(product.use, "got")))


def by_inner_class(receiver: str, name: str, product: Product, unique: str) -> Code:
    inner = ("class Runner:", "    def run(this, module, x):", *indented(applied(product, f"module.{name}"), 2), "")
    return Code(steps=(*inner, f"x = Runner().run({receiver}, x)"))


def by_lambda(receiver: str, name: str, product: Product, unique: str) -> Code:
    if not product.expression:
        return direct(receiver, name, product, unique)
    return Code(
        steps=(f"run = lambda x: {put(product.use, f'{receiver}.{name}')[0].removeprefix('x = ')}", "x = run(x)")
    )


def by_joined_name(receiver: str, name: str, product: Product, unique: str) -> Code:
    head, tail = name[:2], name[2:]
    return Code(steps=(f'tail = "{tail}"', *put(product.use, f'getattr({receiver}, "{head}" + tail)')))


def by_class_key(receiver: str, name: str, product: Product, unique: str) -> Code:
    steps = put(product.use, f"getattr(self, self.{name}_key)")
    return Code(steps=tuple(steps), members=(f'{name}_key = "{name}"', ""))


def by_class_keys(receiver: str, name: str, product: Product, unique: str) -> Code:
    steps = (f"for name in self.{name}_names:", *indented(put(product.use, "getattr(self, name)")))
    return Code(steps=steps, members=(f'{name}_names = ["{name}"]', ""))


def by_method(receiver: str, name: str, product: Product, unique: str) -> Code:
    members = method(f"through_{name}", applied(product, f"self.{name}"), "x")
    return Code(steps=(f"x = self.through_{name}(x)",), members=members)


def by_renamed_self(receiver: str, name: str, product: Product, unique: str) -> Code:
    body = applied(product, f"module.{name}")
    members = (f"def among_{name}(module, x):", *indented(body), "")
    return Code(steps=(f"x = self.among_{name}(x)",), members=members)


def by_generator(receiver: str, name: str, product: Product, unique: str) -> Code:
    members = method(f"each_{name}", [f"yield self.{name}"])
    return Code(steps=(f"for got in self.each_{name}():", *indented(put(product.use, "got"))), members=members)


def by_property(receiver: str, name: str, product: Product, unique: str) -> Code:
    members = ("@property", *method(f"the_{name}", [f"return self.{name}"]))
    return Code(steps=tuple(put(product.use, f"self.the_{name}")), members=members)


def by_static_method(receiver: str, name: str, product: Product, unique: str) -> Code:
    body = applied(product, f"module.{name}")
    members = ("@staticmethod", f"def static_{name}(module, x):", *indented(body), "")
    return Code(steps=(f"x = self.static_{name}(self, x)",), members=members)


def by_bound_method(receiver: str, name: str, product: Product, unique: str) -> Code:
    code = by_method(receiver, name, product, unique)
    return replace(code, steps=(f"run = self.through_{name}", "x = run(x)"))


def by_type(receiver: str, name: str, product: Product, unique: str) -> Code:
    code = by_method(receiver, name, product, unique)
    return replace(code, steps=(f"x = type(self).through_{name}(self, x)",))


def by_class_method(receiver: str, name: str, product: Product, unique: str) -> Code:
    body = applied(product, f"module.{name}")
    members = ("@classmethod", f"def class_{name}(cls, module, x):", *indented(body), "")
    return Code(steps=(f"x = self.class_{name}(self, x)",), members=members)


def by_partial(receiver: str, name: str, product: Product, unique: str) -> Code:
    code = by_method(receiver, name, product, unique)
    return replace(code, steps=(f"x = functools.partial(self.through_{name}, x)()",))


ANYWHERE = (
    direct,
    by_getattr,
    by_default_getattr,
    local,
    walrus_read,
    attrgetter,
    by_names,
    in_list,
    in_inner_function,
    by_function,
    by_keyword,
    while_training,
    by_path,
    by_other_name,
    out_of_display,
    in_comprehension,
    perhaps,
    by_inner_class,
    by_lambda,
    by_joined_name,
)
"""Readers through any receiver."""

ON_SELF = (
    by_class_key,
    by_class_keys,
    by_method,
    by_renamed_self,
    by_generator,
    by_property,
    by_static_method,
    by_bound_method,
    by_type,
    by_class_method,
    by_partial,
)
"""Readers that add members to a class, and so are for `self` alone."""

READERS: dict[str, Reader] = {reader.__name__: reader for reader in (*ANYWHERE, *ON_SELF)}


# -- noises: what looks like a reader, and is none ------------------------------------------------------------------

Noise = Callable[[str, Product], Code]


def asked(name: str, product: Product) -> Code:
    return Code(steps=(f'x = x * 2 if hasattr(self, "{name}") else x',))


def in_comment(name: str, product: Product) -> Code:
    return Code(steps=(f"# x = self.{name}(x)", "x = x + 0"))


def in_string(name: str, product: Product) -> Code:
    return Code(steps=(f'x = x * len("self.{name}(x)")', f'x = {{"{name}": x}}["{name}"]'))


def as_local(name: str, product: Product) -> Code:
    return Code(steps=(f"{name} = x + 1", f"x = {name}"))


def as_keyword(name: str, product: Product) -> Code:
    return Code(steps=(f'x = dict({name}=x)["{name}"]',))


def in_config(name: str, product: Product) -> Code:
    return Code(steps=("cfg = $Config()", f"x = x * cfg.{name} + cfg.{name}"))


def in_own_config(name: str, product: Product) -> Code:
    return Code(init=(f"self.{name}_cfg = $Config()",), steps=(f"x = x * self.{name}_cfg.{name}",))


def in_namespace(name: str, product: Product) -> Code:
    return Code(steps=(f"args = types.SimpleNamespace({name}=2.0)", f"x = x * args.{name}"))


def in_tool(name: str, product: Product) -> Code:
    return Code(steps=("x = $Tool().apply(x)", f"x = x * $Tool().{name}"))


def in_other_module(name: str, product: Product) -> Code:
    return Code(steps=(f"x = $Decoy().{name}(x)",))


def tensor_method(name: str, product: Product) -> Code:
    if name in ("norm", "relu"):
        return Code(steps=(f"x = x + x.{name}().sum() + (x - 1).{name}()",))
    return Code()


def written(name: str, product: Product) -> Code:
    return Code(members=method(f"drop_{name}", [f"self.{name} = None"]))


def in_nested_class(name: str, product: Product) -> Code:
    nested = ("class Plan:", f"    {name} = 2", "", "    def run(self, x):", f"        return x * self.{name}", "")
    return Code(steps=(*nested, "x = Plan().run(x)"))


def frozen(name: str, product: Product) -> Code:
    if not product.parameters or product.kind is None or product.pattern:
        return Code()
    return Code(late=(f"self.{name}.requires_grad_(False)",))


def parameters_frozen(name: str, product: Product) -> Code:
    if "Linear" not in product.holds or not product.weighted or product.pattern:
        return Code()
    return Code(late=(f"for p in self.{name}.parameters():", "    p.requires_grad = False"))


def measured(name: str, product: Product) -> Code:
    if not product.weighted or product.pattern:
        return Code()
    return Code(late=(f"self.{name}_width = self.{name}.weight.shape[0]",))


def initialised(name: str, product: Product) -> Code:
    return Code(late=(f"nn.init.normal_(self.{name}.weight)",))


def initialised_in_method(name: str, product: Product) -> Code:
    members = method(f"init_{name}", [f"nn.init.uniform_(self.{name}.weight)"])
    return Code(late=(f"self.init_{name}()",), members=members)


QUIET = (
    asked,
    in_comment,
    in_string,
    as_local,
    as_keyword,
    in_config,
    in_own_config,
    in_namespace,
    in_tool,
    in_other_module,
    tensor_method,
    written,
    in_nested_class,
    frozen,
    parameters_frozen,
    measured,
)
DRAWING = (initialised, initialised_in_method)
NOISES: dict[str, Noise] = {noise.__name__: noise for noise in (*QUIET, *DRAWING)}


# -- one class ------------------------------------------------------------------------------------------------------


@dataclass
class Pieces:
    """The code of one class while it is put together."""

    init: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)


class Renderer:
    """Renders a program, whole or without some definitions and all that hangs on them."""

    def __init__(self, program: Program, without: tuple[str, str] | None = None) -> None:
        self.program = program
        self.omitted = self._omitted(without) if without else frozenset[tuple[str, str]]()
        self.hosted: dict[str, list[str]] = {}

    def _omitted(self, ref: tuple[str, str]) -> frozenset[tuple[str, str]]:
        """A definition with everything that holds it."""
        found = {ref}
        for cls in self.program.classes:
            for definition in cls.all:
                if any(
                    (one.name, held) in found for held in definition.product.held for one in self.program.mro(cls.name)
                ):
                    found.add((cls.name, definition.key))
        return frozenset(found)

    def files(self) -> dict[str, str]:
        """Path to text; the package's own file first."""
        made: dict[str, list[str]] = {DECOYS: decoys(self.program)}
        bodies = {cls.name: self.cls(cls) for cls in self.program.classes}
        for cls in self.program.classes:
            pieces, body = bodies[cls.name]
            made.setdefault(cls.file, []).extend((*pieces.functions, *self.class_text(cls, pieces, body), "", ""))
        if self.program.outside:
            made[SCRIPT] = [line for outside in self.program.outside for line in self.outside(outside)]
        styles = dict(self.program.styles)
        homes = {"Config": DECOYS, "Tool": DECOYS, "Decoy": DECOYS, **{c.name: c.file for c in self.program.classes}}
        texts = {path: Speller(path, styles.get(path, Style()), homes).file(lines) for path, lines in made.items()}
        exports = [
            f"from .{homes[name].removesuffix('.py')} import {name}"
            for name in sorted(homes, key=lambda name: list(made).index(homes[name]))
        ]
        return {f"{PACKAGE}/__init__.py": "\n".join((*exports, "")), **{f"{PACKAGE}/{p}": t for p, t in texts.items()}}

    def kept(self, cls: Class, definitions: Iterable[Definition]) -> list[Definition]:
        return [definition for definition in definitions if (cls.name, definition.key) not in self.omitted]

    def cls(self, cls: Class) -> tuple[Pieces, list[str]]:
        """The pieces of a class, and the body of its constructor."""
        pieces = Pieces()
        body: list[str] = []
        for index, definition in enumerate(cls.definitions):
            if index == cls.hook:
                body.append("self.build_extra()")
            if (cls.name, definition.key) not in self.omitted:
                body += self.define(cls, definition, pieces)
        if cls.hook == len(cls.definitions):
            body.append("self.build_extra()")
        body += pieces.late
        body += sweep(cls.sweep, pieces)
        if cls.hook >= 0:
            pieces.members += method("build_extra", ["pass"])
        if cls.hooked:
            hooked = Pieces(members=pieces.members, steps=pieces.steps, functions=pieces.functions)
            lines = [line for d in self.kept(cls, cls.hooked) for line in self.define(cls, d, hooked)]
            pieces.members += method("build_extra", ["super().build_extra()", *lines, *hooked.late])
        for step in cls.steps:
            self.step(cls, step, "self", pieces)
        return pieces, body

    def define(self, cls: Class, definition: Definition, pieces: Pieces) -> Sequence[str]:
        """The lines of a definition; what it needs elsewhere goes to the pieces."""
        name, product = definition.name, definition.product
        code = WRITERS[definition.writer](name, product.code, f"{name}_{cls.name.lower()}")
        code += Code(late=tuple(put(product.fill, f"self.{name}")))
        for noise in definition.noises:
            code += NOISES[noise](name, product)
        if cls.module and not container(self.program, cls):
            pieces.steps += code.steps
        pieces.late += code.late
        pieces.flags += code.flags
        pieces.members += code.members
        pieces.functions += code.functions
        return code.init

    def step(self, cls: Class, step: Step, receiver: str, pieces: Pieces) -> None:
        """A read in a body of this class; its members go to its host."""
        definition = self.program.definition(step.cls, step.key)
        guards, receiver = self.walk(cls.name, step.path, receiver)
        if definition.conditional:
            guards.append(guard(definition, receiver))
        unique = f"{definition.name}_{step.cls}_{cls.name}".lower()
        code = READERS[step.style](receiver, definition.name, definition.product, unique)
        if definition.product.pattern:
            use = put(definition.product.use, f'getattr({receiver}, f"{definition.name}{{i}}")')
            code = Code(steps=("for i in range(2):", *indented(use)))
        lines = code.steps
        for condition in reversed(guards):
            lines = (f"if {condition}:", *indented(lines))
        pieces.steps += lines
        pieces.functions += code.functions
        self.hosted.setdefault(step.host or cls.name, []).extend(code.members)

    def walk(self, start: str, path: Sequence[str], receiver: str) -> tuple[list[str], str]:
        """The receiver behind a path of parts, and what has to hold for it to be there."""
        guards: list[str] = []
        owner = start
        for name in path:
            holder = next(cls for cls in self.program.mro(owner) if any(d.key == name for d in cls.all))
            definition = self.program.definition(holder.name, name)
            if definition.conditional:
                guards.append(guard(definition, receiver))
            receiver = definition.product.reach.replace("{v}", f"{receiver}.{name}")
            owner = definition.product.parts[0]
        return guards, receiver

    def class_text(self, cls: Class, pieces: Pieces, body: list[str]) -> list[str]:
        """The class as it stands in its file."""
        bases = [f"${name}" for name in (*cls.mixins, cls.base) if name]
        if cls.module and not cls.base:
            bases.append(cls.root)
        head = f"class {cls.name}({', '.join(bases)}):" if bases else f"class {cls.name}:"
        members = [*self.constructor(cls, pieces, body), *pieces.members, *self.hosted.get(cls.name, [])]
        members += forward(self.program, cls, pieces.steps)
        return [head, *indented(without_twins(members) or ["pass"])]

    def constructor(self, cls: Class, pieces: Pieces, body: list[str]) -> Lines:
        if not cls.constructs:
            return ()
        above = f"${cls.base}" if cls.base else cls.root
        calls = {
            "super": "super().__init__()",
            "named": f"super({cls.name}, self).__init__()",
            "base": f"{above}.__init__(self)",
        }
        return method("__init__", [calls[cls.initialiser], *body], *pieces.flags)

    def outside(self, outside: Outside) -> Lines:
        """A function that is given an instance, and a caller for it."""
        pieces = Pieces()
        for step in outside.steps:
            self.step(self.program.by_name[outside.cls], replace(step, host=""), "model", pieces)
        parameter = f"model: ${outside.cls}" if outside.annotated else "model"
        lines = (*pieces.functions, *function(outside.name, [*pieces.steps, "return x"], parameter, "x"))
        if not outside.annotated:
            lines += function(f"call_{outside.name}", [f"return {outside.name}(${outside.cls}(), x)"], "x")
        return lines


def guard(definition: Definition, receiver: str) -> str:
    if definition.writer == "conditional_only":
        return f"{receiver}.with_{definition.name}"
    return f"{receiver}.{definition.name} is not None"


def without_twins(members: Sequence[str]) -> list[str]:
    """Members without the last blank line."""
    found = list(members)
    while found and not found[-1]:
        found.pop()
    return found


def container(program: Program, cls: Class) -> bool:
    return any(one.root == "nn.Sequential" for one in program.mro(cls.name))


def forward(program: Program, cls: Class, steps: Sequence[str]) -> Lines:
    """The forward of a class, or the step that it overrides."""
    if not cls.module or container(program, cls):
        return ()
    if not cls.base:
        last = ["return self.last_step(x)"] if cls.template else ["return x"]
        children = ["for child in self.children():", "    x = child(x)"] if cls.children else []
        body = method("forward", [*steps, *children, *last], "x")
        return (*body, *method("last_step", ["return x"], "x")) if cls.template else body
    if not steps:
        return ()
    if cls.forward is Forward.TEMPLATE:
        return method("last_step", ["x = super().last_step(x)", *steps, "return x"], "x")
    above = ["x = super().forward(x)"] if cls.forward is Forward.EXTEND else []
    return method("forward", [*above, *steps, "return x"], "x")


def sweep(kind: Sweep, pieces: Pieces) -> list[str]:
    """The lines of an initialisation loop."""
    if kind is Sweep.NONE:
        return []
    if kind is Sweep.PARAMETERS:
        return ["for p in self.parameters():", "    nn.init.normal_(p)"]
    if kind is Sweep.APPLY:
        test = ["if isinstance(m, nn.Linear):", "    nn.init.xavier_uniform_(m.weight)"]
        pieces.members += method("_init_weights", test, "m")
        return ["self.apply(self._init_weights)"]
    return [
        "for m in self.modules():",
        f"    if isinstance(m, nn.{kind.value}):",
        "        nn.init.normal_(m.weight)",
    ]


def decoys(program: Program) -> list[str]:
    """Classes that are no relatives: a configuration, a tool and a module with the same attribute names."""
    names = sorted({definition.name for cls in program.classes for definition in cls.all})
    config = [
        "@dataclasses.dataclass",
        "class Config:",
        *(f"    {name}: float = 1.0" for name in names),
        "    lr: float = 0.1",
    ]
    tool = [
        "class Tool:",
        "    def __init__(self):",
        *(f"        self.{name} = 2.0" for name in names),
        "        self.one = 1.0",
    ]
    total = " + ".join(("self.one", *(f"self.{name}" for name in names)))
    tool += ["", "    def apply(self, x):", f"        return x * ({total})"]
    module = ["class Decoy(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    module += [f"        self.{name} = nn.Identity()" for name in names]
    calls = [f"        x = self.{name}(x)" for name in names]
    module += ["", "    def forward(self, x):", *calls, "        return x"]
    return [*config, "", "", *tool, "", "", *module, "", ""]


# -- one file -------------------------------------------------------------------------------------------------------

TORCH_NAME = re.compile(r"(?<![\w.\"$])(nn\.init|nn|torch)\.([A-Za-z_]\w*)")
HEADING = re.compile(r"(?m)^class .*")
OWN_NAME = re.compile(r"\$(\w+)")
STANDARD = "abc contextlib copy dataclasses enum functools itertools operator types typing".split()


class Speller:
    """Turns canonical names into those of one file, and says what has to be imported."""

    def __init__(self, path: str, style: Style, homes: dict[str, str]) -> None:
        self.path = path
        self.style = style
        self.homes = homes
        self.imports: set[str] = set()
        self.inherited: set[str] = set()

    def file(self, lines: Iterable[str]) -> str:
        text = "\n".join(lines).rstrip("\n") + "\n"
        text = TORCH_NAME.sub(lambda found: self.torch(found[1], found[2]), text)
        self.inherited = {name for heading in HEADING.findall(text) for name in OWN_NAME.findall(heading)}
        text = OWN_NAME.sub(lambda found: self.own(found[1]), text)
        self.imports |= {f"import {name}" for name in STANDARD if f"{name}." in text}
        return "\n".join((*sorted(self.imports), "", "", text))

    def torch(self, module: str, name: str) -> str:
        full = {"nn.init": "torch.nn.init", "nn": "torch.nn", "torch": "torch"}[module]
        if self.style.torch == "nn":
            self.imports.add("from torch import nn" if module != "torch" else "import torch")
            return f"{module}.{name}"
        if self.style.torch == "dotted":
            self.imports.add("import torch")
            return f"{full}.{name}"
        if self.style.torch == "aliased":
            alias = {"nn.init": "tinit", "nn": "tnn", "torch": "th"}[module]
            self.imports.add(f"import {full} as {alias}")
            return f"{alias}.{name}"
        if self.style.torch == "names":
            self.imports.add(f"from {full} import {name}")
            return name
        renamed = f"Torch{name[0].upper()}{name[1:]}"
        self.imports.add(f"from {full} import {name} as {renamed}")
        return renamed

    def own(self, name: str) -> str:
        home = self.homes[name]
        if home == self.path:
            return name
        module = home.removesuffix(".py")
        style = self.style.project
        if style in SEVERAL and name in self.inherited:
            style = "relative"
        if style == "module":
            self.imports.add(f"from . import {module}")
            return f"{module}.{name}"
        if style == "dotted":
            self.imports.add(f"import {PACKAGE}.{module}")
            return f"{PACKAGE}.{module}.{name}"
        if style == "aliased":
            self.imports.add(f"from .{module} import {name} as Their{name}")
            return f"Their{name}"
        decoy, wanted = f"from .decoys import Decoy as {name}", f"from .{module} import {name}"
        line = {
            "second": f"{decoy}\n{wanted}",
            "arm": f"if True:\n    {wanted}\nelse:\n    {decoy}",
            "other arm": f"if True is None:\n    {decoy}\nelse:\n    {wanted}",
            "relative": f"from .{module} import {name}",
            "absolute": f"from {PACKAGE}.{module} import {name}",
            "reexported": f"from {PACKAGE} import {name}",
            "star": f"from .{module} import *",
        }[style]
        self.imports.add(line)
        return name


TORCH_STYLES = ("nn", "dotted", "aliased", "names", "renamed")
PROJECT_STYLES = ("relative", "absolute", "module", "dotted", "aliased", "reexported", "star")
SEVERAL = ("second", "arm", "other arm")
"""Styles in which several imports bind a name, of which one counts; what is inherited from has to be sure."""


def files(program: Program, without: tuple[str, str] | None = None) -> dict[str, str]:
    """The program as texts by path."""
    return Renderer(program, without).files()


def show(program: Program) -> str:
    """The program for a person to read."""
    return "\n".join(f"# === {path}\n{text}" for path, text in files(program).items())
