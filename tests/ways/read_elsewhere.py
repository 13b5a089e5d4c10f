"""Readers outside the class: owners, functions, processors, trainers."""

from __future__ import annotations

from generated.render import Lines, function, indented, method

from ways.piece import READERS, Piece, Slot, anything, called


def owner(slot: Slot, receiver: str, init: Lines, *extra: str) -> Piece:
    """A module in another file that holds an instance and reads in its forward."""
    name = f"Owner_{slot.unique}"
    members = (
        *method("__init__", ["super().__init__()", *init]),
        *method("forward", [*extra, *slot.applied(receiver)], "x"),
    )
    lines = (f"class {name}(nn.Module):", *indented(members), "")
    return Piece(owners=lines, prepare=(f"owner_{slot.name} = {name}()",), drive=(f"owner_{slot.name}(x)",))


@READERS.of(anything)
def by_owner(slot: Slot) -> Piece:
    return owner(slot, f"self.part.{slot.name}", (f"self.part = ${slot.host}()",))


@READERS.of(anything)
def by_owner_in_list(slot: Slot) -> Piece:
    return owner(slot, f"self.parts[0].{slot.name}", (f"self.parts = nn.ModuleList([${slot.host}()])",))


@READERS.of(anything)
def by_owner_in_loop(slot: Slot) -> Piece:
    lines = (f"self.parts = nn.ModuleList(${slot.host}() for _ in range(2))",)
    name = f"Owner_{slot.unique}"
    loop = ("for part in self.parts:", *indented(slot.use(f"part.{slot.name}")), "return x")
    members = (*method("__init__", ["super().__init__()", *lines]), *method("forward", loop, "x"))
    text = (f"class {name}(nn.Module):", *indented(members), "")
    return Piece(owners=text, prepare=(f"owner_{slot.name} = {name}()",), drive=(f"owner_{slot.name}(x)",))


@READERS.of(anything)
def by_owner_local(slot: Slot) -> Piece:
    return owner(slot, f"part.{slot.name}", (f"self.part = ${slot.host}()",), "part = self.part")


@READERS.of(anything)
def by_owner_getattr(slot: Slot) -> Piece:
    return owner(slot, f'getattr(self.part, "{slot.name}")', (f"self.part = ${slot.host}()",))


@READERS.of(anything)
def by_owner_of_argument(slot: Slot) -> Piece:
    """The instance is handed to its owner."""
    name = f"Holder_{slot.unique}"
    members = (
        *method("__init__", ["super().__init__()", "self.part = part"], "part"),
        *method("forward", slot.applied(f"self.part.{slot.name}"), "x"),
    )
    build = function(f"hold_{slot.unique}", [f"return {name}(${slot.host}())"])
    text = (f"class {name}(nn.Module):", *indented(members), "", *build)
    return Piece(owners=text, prepare=(f"owner_{slot.name} = hold_{slot.unique}()",), drive=(f"owner_{slot.name}(x)",))


@READERS.of(anything)
def by_annotated_function(slot: Slot) -> Piece:
    text = function(f"inspect_{slot.unique}", slot.applied(f"model.{slot.name}"), f"model: ${slot.host}", "x")
    return Piece(owners=text, drive=(f"inspect_{slot.unique}(model, x)",))


@READERS.of(anything)
def by_called_function(slot: Slot) -> Piece:
    text = function(f"inspect_{slot.unique}", slot.applied(f"model.{slot.name}"), "model", "x")
    call = function(f"main_{slot.unique}", [f"return inspect_{slot.unique}(${slot.host}(), x)"], "x")
    return Piece(owners=(*text, *call), drive=(f"inspect_{slot.unique}(model, x)",))


@READERS.of(anything)
def by_trainer(slot: Slot) -> Piece:
    """A plain class keeps the model and reads it later."""
    name = f"Trainer_{slot.unique}"
    members = (
        *method("__init__", [f"self.model = ${slot.host}()"]),
        *method("step", slot.applied(f"self.model.{slot.name}"), "x"),
    )
    text = (f"class {name}:", *indented(members), "")
    return Piece(owners=text, prepare=(f"trainer_{slot.name} = {name}()",), drive=(f"trainer_{slot.name}.step(x)",))


@READERS.of(anything, vague=True)
def by_processor(slot: Slot) -> Piece:
    """An object that is handed the instance on every call."""
    name = f"Processor_{slot.unique}"
    text = (f"class {name}:", *indented(method("__call__", slot.applied(f"module.{slot.name}"), "module", "x")), "")
    return Piece(
        helpers=text, late=(f"self.{slot.name}_run = ${name}()",), steps=(f"x = self.{slot.name}_run(self, x)",)
    )


@READERS.of(anything)
def by_helper(slot: Slot) -> Piece:
    text = function(f"run_{slot.unique}", slot.applied(f"module.{slot.name}"), "module", "x")
    return Piece(helpers=text, steps=(f"x = $run_{slot.unique}(self, x)",))


@READERS.of(anything)
def by_helper_chain(slot: Slot) -> Piece:
    inner = function(f"inner_{slot.unique}", slot.applied(f"it.{slot.name}"), "it", "x")
    outer = function(f"outer_{slot.unique}", [f"return inner_{slot.unique}(it=module, x=x)"], "x", "module")
    return Piece(helpers=(*inner, *outer), steps=(f"x = $outer_{slot.unique}(x, module=self)",))


@READERS.of(anything, vague=True)
def by_helper_arguments(slot: Slot) -> Piece:
    text = function(f"run_{slot.unique}", ["module, x = args", *slot.applied(f"module.{slot.name}")], "*args")
    return Piece(helpers=text, steps=(f"x = $run_{slot.unique}(self, x)",))


@READERS.of(called)
def passed_to_helper(slot: Slot) -> Piece:
    text = function(f"call_{slot.unique}", ["return part(x)"], "part", "x")
    return Piece(helpers=text, steps=(f"x = $call_{slot.unique}(self.{slot.name}, x)",))


@READERS.of(anything, vague=True)
def borrowed(slot: Slot) -> Piece:
    """A function of the file becomes a method."""
    text = function(f"borrowed_{slot.unique}", slot.applied(f"self.{slot.name}"), "self", "x")
    return Piece(
        functions=text, body=(f"run_{slot.name} = borrowed_{slot.unique}", ""), steps=(f"x = self.run_{slot.name}(x)",)
    )


@READERS.of(anything, vague=True)
def patched(slot: Slot) -> Piece:
    """A function is set on the class from below it."""
    text = function(f"patch_{slot.unique}", slot.applied(f"self.{slot.name}"), "self", "x")
    return Piece(
        after=(*text, f"{slot.host}.run_{slot.name} = patch_{slot.unique}", "", ""),
        steps=(f"x = self.run_{slot.name}(x)",),
    )


@READERS.of(anything)
def by_subclass_elsewhere(slot: Slot) -> Piece:
    """A subclass in another file reads what its base defines."""
    name = f"Sub_{slot.unique}"
    text = (
        f"class {name}(${slot.host}):",
        *indented(method(f"run_{slot.name}", slot.applied(f"self.{slot.name}"), "x")),
        "",
    )
    return Piece(
        owners=text, prepare=(f"other_{slot.name} = {name}()",), drive=(f"other_{slot.name}.run_{slot.name}(x)",)
    )
