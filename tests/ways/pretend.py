"""What looks like a reader and is none."""

from __future__ import annotations

from generated.render import function, indented, method

from ways.piece import QUIET, Piece, Slot, anything, biased, registered, submodule, weighted


@QUIET.of(anything)
def deleted_in_method(slot: Slot) -> Piece:
    return Piece(members=method(f"drop_{slot.name}", [f"del self.{slot.name}"]))


@QUIET.of(registered)
def set_to_none(slot: Slot) -> Piece:
    return Piece(members=method(f"drop_{slot.name}", [f"self.{slot.name} = None"]))


@QUIET.of(anything)
def declared(slot: Slot) -> Piece:
    return Piece(body=(f'{slot.name}: "object"', ""))


@QUIET.of(biased)
def zeroed(slot: Slot) -> Piece:
    return Piece(late=(f"nn.init.zeros_(self.{slot.name}.weight)", f"self.{slot.name}.weight.data.fill_(0.5)"))


@QUIET.of(biased)
def zeroed_in_reset(slot: Slot) -> Piece:
    body = method(f"_reset_{slot.name}", [f"nn.init.zeros_(self.{slot.name}.weight)"])
    return Piece(members=body, late=(f"self._reset_{slot.name}()",))


@QUIET.of(submodule)
def frozen(slot: Slot) -> Piece:
    return Piece(late=(f"for p in self.{slot.name}.parameters():", "    p.requires_grad_(False)"))


@QUIET.of(submodule)
def frozen_in_method(slot: Slot) -> Piece:
    """A method that others may call sets its mode and freezes it."""
    lines = [f"self.{slot.name}.eval()", f"for p in self.{slot.name}.parameters():", "    p.requires_grad = False"]
    return Piece(members=method(f"freeze_{slot.name}", lines))


@QUIET.of(submodule)
def switched_in_constructor(slot: Slot) -> Piece:
    return Piece(late=(f"self.{slot.name}.train()",))


@QUIET.of(anything)
def in_other_class(slot: Slot) -> Piece:
    """A stranger with an attribute of that name, which it reads."""
    name = f"Stranger_{slot.unique}"
    members = (*method("__init__", [f"self.{slot.name} = 2.0"]), *method("run", [f"return x * self.{slot.name}"], "x"))
    return Piece(helpers=(f"class {name}:", *indented(members), ""), steps=(f"x = ${name}().run(x)",))


@QUIET.of(anything)
def in_other_module(slot: Slot) -> Piece:
    name = f"Stranger_{slot.unique}"
    init = method("__init__", ["super().__init__()", f"self.{slot.name} = nn.Identity()"])
    members = (*init, *method("forward", [f"return self.{slot.name}(x)"], "x"))
    return Piece(helpers=(f"class {name}(nn.Module):", *indented(members), ""), steps=(f"x = ${name}()(x)",))


@QUIET.of(anything)
def of_other_instance(slot: Slot) -> Piece:
    """Read from an instance of another class, in a function that is told which."""
    name = f"Settings_{slot.unique}"
    cls = ("@dataclasses.dataclass", f"class {name}:", f"    {slot.name}: float = 2.0", "", "")
    text = function(f"scale_{slot.unique}", [f"return x * it.{slot.name}"], f"it: {name}", "x")
    return Piece(helpers=(*cls, *text), steps=(f"x = $scale_{slot.unique}(${name}(), x)",))


@QUIET.of(anything)
def as_method_name(slot: Slot) -> Piece:
    """A string that has the same text, compared with."""
    return Piece(steps=(f'x = x * 2 if str(x.device) == "{slot.name}" else x',))


@QUIET.of(anything)
def as_parameter(slot: Slot) -> Piece:
    members = method(f"with_{slot.name}_given", [f"return x * {slot.name}"], "x", f"{slot.name}=2")
    return Piece(members=members, steps=(f"x = self.with_{slot.name}_given(x, {slot.name}=1)",))


@QUIET.of(anything)
def in_repr(slot: Slot) -> Piece:
    """Printing a module is not using it."""
    return Piece(members=method("extra_repr", [f'return f"{{self.{slot.name}}}"']))


@QUIET.of(submodule)
def hooked(slot: Slot) -> Piece:
    """What hangs on a module runs only when the module does."""
    return Piece(late=(f"self.{slot.name}.register_forward_hook(lambda module, args, output: output)",))


@QUIET.of(weighted)
def parametrized(slot: Slot) -> Piece:
    line = f'torch.nn.utils.parametrize.register_parametrization(self.{slot.name}, "weight", nn.Identity())'
    return Piece(late=(line,))
