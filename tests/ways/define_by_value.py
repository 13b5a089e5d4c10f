"""Definitions whose values come from afar: tables, partial calls, arguments, conditions, copies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generated.render import function

from ways.piece import DEFINERS, Fact, Piece, Slot, alone, assignable, called_whole, submodule, weighted

if TYPE_CHECKING:
    from generated.products import Product
    from generated.render import Lines

CALL = re.compile(r"(nn\.\w+)\((.*)\)")


def torch_module(product: Product) -> bool:
    """One torch class that is called, no container."""
    return product.kind is not None and submodule(product) and product.code.count("nn.") == 1 and not product.fill


def called(slot: Slot) -> tuple[str, str]:
    """The class and the arguments of the call that builds it."""
    found = CALL.fullmatch(slot.value)
    assert found
    return found[1], found[2]


@DEFINERS.of(torch_module)
def from_class_table(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    table = (f'{slot.name}_kinds = {{"one": {cls}, "two": nn.Identity}}', "")
    return Piece(body=table, init=(f'self.{slot.name} = self.{slot.name}_kinds["one"]({arguments})',))


@DEFINERS.of(torch_module)
def from_module_table(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    table = (f'KINDS_{slot.unique} = {{"one": {cls}, "two": nn.Identity}}', "", "")
    return Piece(functions=table, init=(f'self.{slot.name} = KINDS_{slot.unique}["one"]({arguments})',))


@DEFINERS.of(torch_module)
def from_helper_table(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    table = (f'KINDS_{slot.unique} = {{"one": {cls}, "two": nn.Identity}}', "", "")
    return Piece(helpers=table, init=(f'self.{slot.name} = $KINDS_{slot.unique}["one"]({arguments})',))


@DEFINERS.of(torch_module)
def by_partial_class(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    made = f"make = functools.partial({', '.join(part for part in (cls, arguments) if part)})"
    return Piece(init=(made, f"self.{slot.name} = make()"))


@DEFINERS.of(torch_module, vague=True)
def by_class_argument(slot: Slot) -> Piece:
    """The class is an argument with a default."""
    cls, arguments = called(slot)
    return Piece(flags=(f"{slot.name}_layer={cls}",), init=(f"self.{slot.name} = {slot.name}_layer({arguments})",))


@DEFINERS.of(torch_module)
def by_local_class(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    return Piece(init=(f"make = {cls}", f"self.{slot.name} = make({arguments})"))


@DEFINERS.of(torch_module)
def by_getattr_of_torch(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    return Piece(init=(f'self.{slot.name} = getattr(torch.nn, "{cls.partition(".")[2]}")({arguments})',))


@DEFINERS.of(torch_module)
def by_subclass(slot: Slot) -> Piece:
    """An empty subclass in the same file."""
    cls, arguments = called(slot)
    head = (f"class Own_{slot.unique}({cls}):", "    pass", "", "")
    made = f"self.{slot.name} = Own_{slot.unique}({arguments})"
    return Piece(functions=head, init=(made,), facts=(Fact(slot.name, heir=True),))


@DEFINERS.of(torch_module)
def by_helper_subclass(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    body = ("    def __init__(self, *args, **kwargs):", "        super().__init__(*args, **kwargs)", "", "")
    head = (f"class Own_{slot.unique}({cls}):", *body)
    made = f"self.{slot.name} = $Own_{slot.unique}({arguments})"
    return Piece(helpers=head, init=(made,), facts=(Fact(slot.name, heir=True),))


@DEFINERS.of(assignable, vague=True)
def given_or_built(slot: Slot) -> Piece:
    flag = f"{slot.name}=None"
    return Piece(flags=(flag,), init=(f"self.{slot.name} = {slot.name} if {slot.name} is not None else {slot.value}",))


@DEFINERS.of(assignable, vague=True)
def filled_if_none(slot: Slot) -> Piece:
    lines = (f"if {slot.name} is None:", f"    {slot.name} = {slot.value}", f"self.{slot.name} = {slot.name}")
    return Piece(flags=(f"{slot.name}=None",), init=lines)


@DEFINERS.of(assignable, vague=True)
def by_flag(slot: Slot) -> Piece:
    lines = (f"if use_{slot.name}:", f"    self.{slot.name} = {slot.value}", "else:", f"    self.{slot.name} = None")
    return Piece(flags=(f"use_{slot.name}=True",), init=lines)


@DEFINERS.of(assignable, vague=True)
def by_early_return(slot: Slot) -> Piece:
    body = (
        f"def _give_{slot.name}(self, use):",
        "    if not use:",
        "        return None",
        f"    return {slot.value}",
        "",
    )
    return Piece(members=body, init=(f"self.{slot.name} = self._give_{slot.name}(True)",))


@DEFINERS.of(assignable, vague=True)
def by_match(slot: Slot) -> Piece:
    lines = (f"match {slot.name}_mode:", '    case "one":', f"        self.{slot.name} = {slot.value}")
    return Piece(flags=(f'{slot.name}_mode="one"',), init=(*lines, "    case _:", f"        self.{slot.name} = None"))


@DEFINERS.of(assignable, vague=True)
def by_config_object(slot: Slot) -> Piece:
    """A dataclass of settings, in another file, says whether."""
    config = ("@dataclasses.dataclass", f"class Config_{slot.unique}:", f"    use_{slot.name}: bool = True", "", "")
    lines = (f"config = $Config_{slot.unique}()", f"if config.use_{slot.name}:", f"    self.{slot.name} = {slot.value}")
    return Piece(helpers=config, init=lines)


@DEFINERS.of(assignable)
def walrus_in_condition(slot: Slot) -> Piece:
    made = f"{slot.name}_made"
    return Piece(init=(f"if ({made} := {slot.value}) is not None:", f"    self.{slot.name} = {made}"))


@DEFINERS.of(assignable)
def several_targets(slot: Slot) -> Piece:
    return Piece(init=(f"made_{slot.name} = self.{slot.name} = {slot.value}", f"del made_{slot.name}"))


@DEFINERS.of(assignable)
def starred(slot: Slot) -> Piece:
    return Piece(init=(f"self.{slot.name}, *rest = ({slot.value}, 2, 3)",))


@DEFINERS.of(assignable)
def nested_targets(slot: Slot) -> Piece:
    return Piece(init=(f"(size, (self.{slot.name}, [kind])) = (4, ({slot.value}, [2]))",))


@DEFINERS.of(assignable)
def out_of_iterator(slot: Slot) -> Piece:
    return Piece(init=(f"self.{slot.name} = next(iter([{slot.value}]))",))


@DEFINERS.of(assignable)
def out_of_comprehension(slot: Slot) -> Piece:
    return Piece(init=(f"self.{slot.name}, = [{slot.value} for _ in range(1)]",))


@DEFINERS.of(assignable)
def out_of_dict_comprehension(slot: Slot) -> Piece:
    made = f'{slot.name}_parts = {{key: {slot.value} for key in ("one",)}}'
    return Piece(init=(made, f'self.{slot.name} = {slot.name}_parts["one"]'))


@DEFINERS.of(assignable)
def before_super(slot: Slot) -> Piece:
    """Built before the base's constructor runs, kept after it."""
    return Piece(early=(f"made_{slot.name} = {slot.value}",), init=(f"self.{slot.name} = made_{slot.name}",))


@DEFINERS.of(submodule)
def with_methods(slot: Slot) -> Piece:
    """Methods that give the module back."""
    return Piece(init=(f"self.{slot.name} = {slot.value}.train().requires_grad_(True).to(torch.float32)",))


@DEFINERS.of(weighted)
def scaled_at_once(slot: Slot) -> Piece:
    return Piece(init=(f"self.{slot.name} = {slot.value}", f"self.{slot.name}.weight.data.mul_(0.5)"))


@DEFINERS.of(assignable)
def in_nested_function(slot: Slot) -> Piece:
    """A function within the constructor, with a default argument, is called through another."""
    lines = ("def make(kind=None):", f"    return {slot.value}", "", "def call(maker):", "    return maker()", "")
    return Piece(init=(*lines, f"self.{slot.name} = call(make)"))


@DEFINERS.of(submodule)
def in_fork(slot: Slot) -> Piece:
    lines = ("with torch.random.fork_rng():", f"    self.{slot.name} = {slot.value}")
    return Piece(init=lines, facts=(Fact(slot.name, draws=False, forked=True),))


@DEFINERS.of(torch_module)
def from_class_tuple(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    table = (f"KINDS_{slot.unique} = ({cls}, nn.Identity)", "", "")
    return Piece(functions=table, init=(f"self.{slot.name} = KINDS_{slot.unique}[0]({arguments})",))


@DEFINERS.of(assignable)
def from_lambda_table(slot: Slot) -> Piece:
    table = f'makers = {{"one": lambda: {slot.value}, "two": lambda: None}}'
    return Piece(init=(table, f'self.{slot.name} = makers["one"]()'))


@DEFINERS.of(alone)
def from_closure(slot: Slot) -> Piece:
    """A function that gives back the function that builds."""
    inner = ("def make():", f"    return {slot.value}", "", "return make")
    return Piece(
        helpers=function(f"maker_{slot.unique}", inner), init=(f"self.{slot.name} = $maker_{slot.unique}()()",)
    )


@DEFINERS.of(alone)
def one_of_two(slot: Slot) -> Piece:
    """A function gives back several things at once."""
    body = function(f"two_{slot.unique}", [f"return {slot.value}, 2"])
    return Piece(helpers=body, init=(f"self.{slot.name}, size = $two_{slot.unique}()",))


@DEFINERS.of(alone)
def out_of_returned_dict(slot: Slot) -> Piece:
    body = function(f"table_{slot.unique}", [f'return {{"one": {slot.value}, "two": None}}'])
    lines = (f"{slot.name}_table = $table_{slot.unique}()", f'self.{slot.name} = {slot.name}_table["one"]')
    return Piece(helpers=body, init=lines)


@DEFINERS.of(alone)
def by_keyword_only(slot: Slot) -> Piece:
    body = function(f"build_{slot.unique}", [f"return {slot.value}"], "*", "size=4", "kind")
    return Piece(helpers=body, init=(f'self.{slot.name} = $build_{slot.unique}(kind="one")',))


@DEFINERS.of(assignable)
def under_suppression(slot: Slot) -> Piece:
    return Piece(init=("with contextlib.suppress(KeyError):", f"    self.{slot.name} = {slot.value}"))


@DEFINERS.of(assignable)
def under_finally(slot: Slot) -> Piece:
    return Piece(init=("try:", "    size = 4", "finally:", f"    self.{slot.name} = {slot.value}"))


@DEFINERS.of(assignable)
def annotated_target(slot: Slot) -> Piece:
    return Piece(init=(f'self.{slot.name}: typing.Annotated[object, "part"] = {slot.value}',))


@DEFINERS.of(called_whole)
def in_returned_list(slot: Slot) -> Piece:
    """A function in the constructor gives the parts of a stack."""
    inner = ("def block(width):", f"    return [{slot.value}]", "")
    return Piece(init=(*inner, f"self.{slot.name} = nn.Sequential(*block(4))"))


@DEFINERS.of(weighted)
def on_meta_and_back(slot: Slot) -> Piece:
    """Nothing is drawn on the meta device."""
    lines = ('with torch.device("meta"):', f"    {slot.name}_made = {slot.value}")
    init = (*lines, f'self.{slot.name} = {slot.name}_made.to_empty(device="cpu")', *emptied(slot))
    return Piece(init=init, facts=(Fact(slot.name, draws=False),))


@DEFINERS.of(weighted)
def skipped(slot: Slot) -> Piece:
    cls, arguments = called(slot)
    init = (f"self.{slot.name} = nn.utils.skip_init({cls}, {arguments})", *emptied(slot))
    return Piece(init=init, facts=(Fact(slot.name, draws=False),))


def emptied(slot: Slot) -> Lines:
    """What holds no numbers yet gets some that are the same in every run."""
    return (f"for p in self.{slot.name}.parameters():", "    nn.init.zeros_(p)")
