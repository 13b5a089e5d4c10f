"""Readers that look the name up: in tables, by patterns, by paths."""

from __future__ import annotations

from generated.render import method

from ways.piece import READERS, Piece, Slot, anything, buffer, parameter, submodule


@READERS.of(submodule)
def in_modules(slot: Slot) -> Piece:
    return Piece(steps=slot.use(f'self._modules["{slot.name}"]'))


@READERS.of(parameter)
def in_parameters(slot: Slot) -> Piece:
    return Piece(steps=slot.use(f'self._parameters["{slot.name}"]'))


@READERS.of(buffer)
def in_buffers(slot: Slot) -> Piece:
    return Piece(steps=slot.use(f'self._buffers["{slot.name}"]'))


@READERS.of(anything)
def by_formatted_name(slot: Slot) -> Piece:
    head, tail = slot.name[:2], slot.name[2:]
    return Piece(steps=(f'tail = "{tail}"', *slot.use(f'getattr(self, f"{head}{{tail}}")')))


@READERS.of(anything)
def by_percent_name(slot: Slot) -> Piece:
    head, tail = slot.name[:2], slot.name[2:]
    return Piece(steps=slot.use(f'getattr(self, "{head}%s" % "{tail}")'))


@READERS.of(anything)
def by_format_call(slot: Slot) -> Piece:
    head, tail = slot.name[:2], slot.name[2:]
    return Piece(steps=slot.use(f'getattr(self, "{head}{{}}".format("{tail}"))'))


@READERS.of(anything)
def by_dunder_getattribute(slot: Slot) -> Piece:
    return Piece(
        steps=slot.use(
            f'self.__getattr__("{slot.name}")'
            if slot.product.kind and slot.product.kind.value != "tensor"
            else f'self.__getattribute__("{slot.name}")'
        )
    )


@READERS.of(anything, opens=True)
def by_parameter_name(slot: Slot) -> Piece:
    """The name is an argument with a default."""
    body = method(f"named_{slot.name}", slot.applied("getattr(self, which)"), "x", f'which="{slot.name}"')
    return Piece(steps=(f"x = self.named_{slot.name}(x)",), members=body)


@READERS.of(anything, opens=True)
def by_argument_name(slot: Slot) -> Piece:
    body = method(f"named_{slot.name}", slot.applied("getattr(self, which)"), "x", "which")
    return Piece(steps=(f'x = self.named_{slot.name}(x, "{slot.name}")',), members=body)


@READERS.of(anything)
def by_stored_name(slot: Slot) -> Piece:
    """The constructor keeps the name."""
    return Piece(
        late=(f'self.{slot.name}_key = "{slot.name}"',), steps=slot.use(f"getattr(self, self.{slot.name}_key)")
    )


@READERS.of(anything)
def by_method_table(slot: Slot) -> Piece:
    body = method(f"_run_{slot.name}", slot.applied(f"self.{slot.name}"), "x")
    return Piece(steps=(f'mode = "{slot.name}"', 'x = getattr(self, "_run_" + mode)(x)'), members=body)


@READERS.of(anything)
def by_methodcaller(slot: Slot) -> Piece:
    body = method(f"run_{slot.name}", slot.applied(f"self.{slot.name}"), "x")
    return Piece(steps=(f'x = operator.methodcaller("run_{slot.name}", x)(self)',), members=body)


@READERS.of(submodule, opens=True)
def in_named_children(slot: Slot) -> Piece:
    return Piece(steps=(f'got = dict(self.named_children())["{slot.name}"]', *slot.use("got")))


@READERS.of(anything, opens=True)
def reduced(slot: Slot) -> Piece:
    return Piece(steps=slot.use(f'functools.reduce(getattr, "{slot.name}".split("."), self)'))


@READERS.of(anything, opens=True)
def by_mapped_getattr(slot: Slot) -> Piece:
    return Piece(
        steps=(
            f'for got in map(self.__getattribute__ if False else lambda n: getattr(self, n), ["{slot.name}"]):',
            *(f"    {line}" for line in slot.use("got")),
        )
    )


@READERS.of(anything)
def by_enum(slot: Slot) -> Piece:
    names = f"Read_{slot.unique}"
    cls = (f"class {names}(enum.Enum):", f'    ONE = "{slot.name}"', "", "")
    return Piece(helpers=cls, steps=slot.use(f"getattr(self, ${names}.ONE.value)"))


@READERS.of(anything)
def by_class_constant(slot: Slot) -> Piece:
    names = f"Read_{slot.unique}"
    cls = (f"class {names}:", f'    ONE = "{slot.name}"', "", "")
    return Piece(functions=cls, steps=slot.use(f"getattr(self, {names}.ONE)"))


@READERS.of(anything)
def by_own_constant(slot: Slot) -> Piece:
    name = f"READ_{slot.name.upper()}"
    return Piece(body=(f'{name} = "{slot.name}"', ""), steps=slot.use(f"getattr(self, self.{name})"))


@READERS.of(anything)
def by_several_names(slot: Slot) -> Piece:
    """Two names of one getter."""
    return Piece(steps=(f'got, _ = operator.attrgetter("{slot.name}", "training")(self)', *slot.use("got")))


@READERS.of(anything)
def by_listed_names(slot: Slot) -> Piece:
    """The constructor lists the names, and forward goes over them."""
    listed = f"self.{slot.name}_names"
    loop = (f"for name in {listed}:", "    got = getattr(self, name)", *(f"    {line}" for line in slot.use("got")))
    return Piece(late=(f"{listed} = []", f'{listed}.append("{slot.name}")'), steps=loop)
