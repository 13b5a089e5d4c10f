"""Definitions whose names are given to something that stores them."""

from __future__ import annotations

from generated.render import function, method

from ways.piece import DEFINERS, Fact, Piece, Slot, alone, assignable, buffer, parameter, registered, submodule, tensor


@DEFINERS.of(submodule)
def add_by_keywords(slot: Slot) -> Piece:
    return Piece(init=(f'self.add_module(name="{slot.name}", module={slot.value})',))


@DEFINERS.of(parameter)
def register_by_keywords(slot: Slot) -> Piece:
    return Piece(init=(f'self.register_parameter(name="{slot.name}", param={slot.value})',))


@DEFINERS.of(buffer)
def buffer_by_keywords(slot: Slot) -> Piece:
    return Piece(init=(f'self.register_buffer(name="{slot.name}", tensor={slot.value}, persistent=True)',))


@DEFINERS.of(submodule)
def add_by_local_name(slot: Slot) -> Piece:
    return Piece(init=(f'name = "{slot.name}"', f"self.add_module(name, {slot.value})"))


@DEFINERS.of(submodule)
def add_unbound(slot: Slot) -> Piece:
    return Piece(init=(f'nn.Module.add_module(self, "{slot.name}", {slot.value})',))


@DEFINERS.of(parameter)
def register_through_super(slot: Slot) -> Piece:
    return Piece(init=(f'super().register_parameter("{slot.name}", {slot.value})',))


@DEFINERS.of(buffer)
def buffer_in_loop(slot: Slot) -> Piece:
    loop = (f'for name in ("{slot.name}",):', f"    self.register_buffer(name, {slot.value})")
    return Piece(init=loop)


@DEFINERS.of(assignable)
def set_by_method(slot: Slot) -> Piece:
    """A helper method is told the name."""
    body = method(f"_put_{slot.name}", ["setattr(self, name, value)"], "name", "value")
    return Piece(init=(f'self._put_{slot.name}("{slot.name}", {slot.value})',), members=body)


@DEFINERS.of(submodule)
def added_by_method(slot: Slot) -> Piece:
    body = method(f"_put_{slot.name}", ["self.add_module(name, value)"], "name", "value")
    return Piece(init=(f'self._put_{slot.name}(name="{slot.name}", value={slot.value})',), members=body)


@DEFINERS.of(assignable)
def set_by_function(slot: Slot) -> Piece:
    """A function is told the module and the name."""
    body = function(f"put_{slot.unique}", ["setattr(module, name, value)"], "module", "name", "value")
    init = (f'put_{slot.unique}(self, "{slot.name}", {slot.value})',)
    return Piece(init=init, functions=body)


@DEFINERS.of(assignable)
def set_by_helper(slot: Slot) -> Piece:
    """A function in another file stores it under its own name."""
    body = function(f"put_{slot.unique}", [f"module.{slot.name} = value"], "module", "value")
    return Piece(init=(f"$put_{slot.unique}(self, {slot.value})",), helpers=body)


@DEFINERS.of(alone)
def set_in_place_by_helper(slot: Slot) -> Piece:
    """A function in another file builds it, too."""
    body = function(f"build_{slot.unique}", [f"module.{slot.name} = {slot.value}"], "module")
    return Piece(init=(f"$build_{slot.unique}(self)",), helpers=body)


@DEFINERS.of(assignable)
def set_from_items(slot: Slot) -> Piece:
    head = f'for name, {slot.name} in {{"{slot.name}": {slot.value}}}.items():'
    return Piece(init=(head, f"    setattr(self, name, {slot.name})"))


@DEFINERS.of(assignable)
def set_from_pairs(slot: Slot) -> Piece:
    head = f'for name, {slot.name} in [("{slot.name}", {slot.value})]:'
    return Piece(init=(head, f"    setattr(self, name, {slot.name})"))


@DEFINERS.of(assignable)
def set_from_class_names(slot: Slot) -> Piece:
    """The names stand in a table of the class, and what a class names may be read by others."""
    table = (f'{slot.name}_parts = ("{slot.name}",)', "")
    loop = (f"for name in self.{slot.name}_parts:", f"    setattr(self, name, {slot.value})")
    return Piece(body=table, init=loop, facts=(Fact(slot.name, optional=True),))


@DEFINERS.of(tensor)
def in_dict(slot: Slot) -> Piece:
    return Piece(init=(f'self.__dict__["{slot.name}"] = {slot.value}',))


@DEFINERS.of(tensor)
def by_object(slot: Slot) -> Piece:
    return Piece(init=(f'object.__setattr__(self, "{slot.name}", {slot.value})',))


@DEFINERS.of(registered)
def by_dunder(slot: Slot) -> Piece:
    return Piece(init=(f'self.__setattr__("{slot.name}", {slot.value})',))


@DEFINERS.of(registered)
def by_super_dunder(slot: Slot) -> Piece:
    return Piece(init=(f'super().__setattr__("{slot.name}", {slot.value})',))


@DEFINERS.of(tensor)
def by_property(slot: Slot) -> Piece:
    """A property, which others may read, keeps it under another name."""
    members = (
        "@property",
        *method(f"kept_{slot.name}", [f"return self.{slot.name}"]),
        f"@kept_{slot.name}.setter",
        *method(f"kept_{slot.name}", [f"self.{slot.name} = value"], "value"),
    )
    return Piece(
        init=(f"self.kept_{slot.name} = {slot.value}",),
        members=members,
        facts=(Fact(slot.name, read=True),),
        drive=(f"model.kept_{slot.name}",),
    )


@DEFINERS.of(assignable, hides=True)
def by_enum(slot: Slot) -> Piece:
    """The name is the value of an enumeration's member."""
    names = f"Names_{slot.unique}"
    cls = (f"class {names}(enum.Enum):", f'    ONE = "{slot.name}"', "", "")
    return Piece(helpers=cls, init=(f"setattr(self, ${names}.ONE.value, {slot.value})",))


@DEFINERS.of(submodule, hides=True)
def by_class_constant(slot: Slot) -> Piece:
    names = f"Names_{slot.unique}"
    cls = (f"class {names}:", f'    ONE = "{slot.name}"', "", "")
    return Piece(functions=cls, init=(f"self.add_module({names}.ONE, {slot.value})",))


@DEFINERS.of(assignable, hides=True)
def by_module_constant(slot: Slot) -> Piece:
    name = f"NAME_{slot.unique}"
    return Piece(helpers=(f'{name} = "{slot.name}"', "", ""), init=(f"setattr(self, ${name}, {slot.value})",))


@DEFINERS.of(submodule, hides=True)
def by_bound_method(slot: Slot) -> Piece:
    """A local name for the method that stores it."""
    return Piece(init=("add = self.add_module", f'add("{slot.name}", {slot.value})'))


@DEFINERS.of(assignable, hides=True)
def by_partial_setattr(slot: Slot) -> Piece:
    return Piece(init=("put = functools.partial(setattr, self)", f'put("{slot.name}", {slot.value})'))


@DEFINERS.of(assignable, hides=True)
def by_other_case(slot: Slot) -> Piece:
    return Piece(init=(f'setattr(self, "{slot.name.upper()}".lower(), {slot.value})',))


@DEFINERS.of(assignable, hides=True)
def by_joined_name(slot: Slot) -> Piece:
    return Piece(init=(f'setattr(self, "".join(["{slot.name[:1]}", "{slot.name[1:]}"]), {slot.value})',))
