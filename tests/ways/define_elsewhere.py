"""Several definitions that hang together: twins, copies, replacements."""

from __future__ import annotations

from ways.piece import DEFINERS, Fact, Piece, Slot, assignable, biased, submodule


@DEFINERS.of(biased)
def tied(slot: Slot) -> Piece:
    """The weight of one is the weight of the other: what reads the first reads the second."""
    lines = (
        f"self.{slot.name}_twin = {slot.value}",
        f"self.{slot.name} = {slot.value}",
        f"self.{slot.name}.weight = self.{slot.name}_twin.weight",
    )
    return Piece(init=lines, facts=(Fact(f"{slot.name}_twin", indirect=True), Fact(slot.name, tied=True)))


@DEFINERS.of(submodule)
def copied(slot: Slot) -> Piece:
    """The copy is read or not; what it was copied from is read through it."""
    lines = (f"self.{slot.name}_model = {slot.value}", f"self.{slot.name} = copy.deepcopy(self.{slot.name}_model)")
    return Piece(
        init=lines,
        facts=(Fact(f"{slot.name}_model", indirect=True), Fact(slot.name, draws=False, follows=f"{slot.name}_model")),
    )


@DEFINERS.of(submodule)
def replaced(slot: Slot) -> Piece:
    gone = Fact(slot.name, gone=True)
    return Piece(
        init=(f"self.{slot.name} = {slot.value}", f"self.{slot.name} = {slot.value}"), facts=(gone, Fact(slot.name))
    )


@DEFINERS.of(assignable)
def deleted_local(slot: Slot) -> Piece:
    parts = f"{slot.name}_parts"
    lines = (f"{parts} = [{slot.value}]", f"self.{slot.name} = {parts}.pop()", f"del {parts}")
    return Piece(init=lines)
