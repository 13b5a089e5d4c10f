"""Readers in the class itself, in places other than plain forward."""

from __future__ import annotations

from generated.render import function, indented, method

from ways.piece import (
    READERS,
    Piece,
    Slot,
    anything,
    called,
    called_alone,
    expressible,
    expression,
    submodule,
    weighted,
    weighted_call,
)


@READERS.of(anything)
def uncalled_method(slot: Slot) -> Piece:
    """Nobody in the program calls it; whoever uses the program may."""
    return Piece(
        members=method(f"extra_{slot.name}", slot.applied(f"self.{slot.name}"), "x"),
        drive=(f"model.extra_{slot.name}(x)",),
    )


@READERS.of(anything)
def property_alone(slot: Slot) -> Piece:
    return Piece(
        members=("@property", *method(f"own_{slot.name}", [f"return self.{slot.name}"])),
        drive=(f"model.own_{slot.name}",),
    )


@READERS.of(anything)
def cached_property(slot: Slot) -> Piece:
    members = ("@functools.cached_property", *method(f"own_{slot.name}", [f"return [self.{slot.name}]"]))
    return Piece(members=members, steps=slot.use(f"self.own_{slot.name}[0]"))


@READERS.of(anything)
def exported(slot: Slot) -> Piece:
    members = ("@torch.jit.export", *method(f"exported_{slot.name}", slot.applied(f"self.{slot.name}"), "x"))
    return Piece(members=members, drive=(f"model.exported_{slot.name}(x)",))


@READERS.of(anything)
def no_grad_method(slot: Slot) -> Piece:
    members = ("@torch.no_grad()", *method(f"fast_{slot.name}", slot.applied(f"self.{slot.name}"), "x"))
    return Piece(members=members, steps=(f"x = self.fast_{slot.name}(x)",))


@READERS.of(anything)
def by_decorator(slot: Slot) -> Piece:
    """A decorator in the file reads it for the method that it wraps."""
    inner = ("@functools.wraps(run)", "def wrapped(module, x):", *indented(slot.use(f"module.{slot.name}")))
    lines = function(f"with_{slot.unique}", [*inner, "    return run(module, x)", "return wrapped"], "run")
    members = (f"@with_{slot.unique}", *method(f"wrapped_{slot.name}", ["return x"], "x"))
    return Piece(functions=lines, members=members, steps=(f"x = self.wrapped_{slot.name}(x)",))


@READERS.of(anything)
def by_helper_decorator(slot: Slot) -> Piece:
    """The same from another file, for any arguments."""
    inner = ("def wrapped(self, *args):", "    x = args[0]", *indented(slot.use(f"self.{slot.name}")))
    lines = function(f"with_{slot.unique}", [*inner, "    return run(self, x)", "return wrapped"], "run")
    members = (f"@$with_{slot.unique}", *method(f"wrapped_{slot.name}", ["return x"], "x"))
    return Piece(helpers=lines, members=members, steps=(f"x = self.wrapped_{slot.name}(x)",))


@READERS.of(anything, single=True)
def by_getitem(slot: Slot) -> Piece:
    return Piece(members=method("__getitem__", [f"return self.{slot.name}"], "index"), steps=slot.use("self[0]"))


@READERS.of(anything)
def by_hook(slot: Slot) -> Piece:
    members = method(f"_hook_{slot.name}", ["x = args[0]", *slot.use(f"self.{slot.name}")], "module", "args")
    return Piece(members=members, late=(f"self.register_forward_pre_hook(self._hook_{slot.name})",))


@READERS.of(anything, vague=True)
def by_hook_function(slot: Slot) -> Piece:
    body = function(
        f"hook_{slot.unique}", ["x = args[0]", *slot.use(f"module.{slot.name}")], "module", "args", "output"
    )
    return Piece(functions=body, late=(f"self.register_forward_hook(hook_{slot.unique})",))


@READERS.of(anything)
def by_hook_closure(slot: Slot) -> Piece:
    inner = ("def hook(module, args):", "    x = args[0]", *indented(slot.use(f"self.{slot.name}")), "")
    return Piece(late=(*inner, "self.register_forward_pre_hook(hook)"))


@READERS.of(expressible)
def by_stored_lambda(slot: Slot) -> Piece:
    return Piece(
        late=(f"self.run_{slot.name} = lambda x: {expression(slot, f'self.{slot.name}')}",),
        steps=(f"x = self.run_{slot.name}(x)",),
    )


@READERS.of(called)
def by_stored_partial(slot: Slot) -> Piece:
    return Piece(
        late=(f"self.run_{slot.name} = functools.partial(self.{slot.name})",), steps=(f"x = self.run_{slot.name}(x)",)
    )


@READERS.of(weighted_call)
def by_stored_forward(slot: Slot) -> Piece:
    return Piece(late=(f"self.run_{slot.name} = self.{slot.name}.forward",), steps=(f"x = self.run_{slot.name}(x)",))


@READERS.of(called)
def checkpointed(slot: Slot) -> Piece:
    return Piece(steps=(f"x = torch.utils.checkpoint.checkpoint(self.{slot.name}, x, use_reentrant=False)",))


@READERS.of(called_alone)
def functionally(slot: Slot) -> Piece:
    steps = (
        f"weights = dict(self.{slot.name}.named_parameters())",
        f"x = torch.func.functional_call(self.{slot.name}, weights, (x,))",
    )
    return Piece(steps=steps)


@READERS.of(called)
def copied(slot: Slot) -> Piece:
    return Piece(steps=(f"x = copy.deepcopy(self.{slot.name})(x)",))


@READERS.of(called)
def mapped(slot: Slot) -> Piece:
    return Piece(steps=(f"x, = map(self.{slot.name}, [x])",))


@READERS.of(called)
def folded(slot: Slot) -> Piece:
    return Piece(steps=(f"x = functools.reduce(lambda h, part: part(h), [self.{slot.name}], x)",))


@READERS.of(called)
def run_in_sequence(slot: Slot) -> Piece:
    return Piece(steps=(f"x = nn.Sequential(self.{slot.name})(x)",))


@READERS.of(anything)
def by_dispatch(slot: Slot) -> Piece:
    return Piece(steps=(f'got = {{"one": self.{slot.name}, "two": None}}["one"]', *slot.use("got")))


@READERS.of(anything)
def by_match(slot: Slot) -> Piece:
    return Piece(steps=("match self.training:", "    case _:", *indented(slot.use(f"self.{slot.name}"), 2)))


@READERS.of(anything)
def by_class_pattern(slot: Slot) -> Piece:
    return Piece(steps=("match self:", f"    case nn.Module({slot.name}=got):", *indented(slot.use("got"), 2)))


@READERS.of(anything, single=True)
def by_iter(slot: Slot) -> Piece:
    return Piece(
        members=method("__iter__", [f"yield self.{slot.name}"]), steps=("for got in self:", *indented(slot.use("got")))
    )


@READERS.of(anything)
def by_class_call(slot: Slot) -> Piece:
    """Called through the class."""
    members = method(f"run_{slot.name}", slot.applied(f"self.{slot.name}"), "x")
    return Piece(members=members, steps=(f"x = self.__class__.run_{slot.name}(self, x)",))


@READERS.of(anything)
def by_unpacking(slot: Slot) -> Piece:
    return Piece(steps=(f"got, *_ = (self.{slot.name}, 2)", *slot.use("got")))


@READERS.of(anything)
def by_assertion(slot: Slot) -> Piece:
    return Piece(steps=(f"assert self.{slot.name} is not None",))


@READERS.of(anything)
def by_alias_attribute(slot: Slot) -> Piece:
    """The constructor gives it a second name in a plain list, and forward reads that."""
    return Piece(late=(f"self.{slot.name}_list = [self.{slot.name}]",), steps=slot.use(f"self.{slot.name}_list[0]"))


@READERS.of(submodule)
def by_state_dict(slot: Slot) -> Piece:
    return Piece(steps=(f"x = x + sum(v.sum() for v in self.{slot.name}.state_dict().values())",))


@READERS.of(weighted)
def by_weight_function(slot: Slot) -> Piece:
    return Piece(steps=(f"x = x + nn.functional.dropout(self.{slot.name}.weight, 0.1).mean()",))


@READERS.of(anything)
def in_getstate(slot: Slot) -> Piece:
    return Piece(
        members=method(f"save_{slot.name}", [f'return {{"one": self.{slot.name}}}']),
        drive=(f"model.save_{slot.name}()",),
    )


@READERS.of(anything)
def in_context(slot: Slot) -> Piece:
    return Piece(
        steps=(f"with contextlib.nullcontext(self.{slot.name}) as got:", *indented(slot.use("got"))),
    )


@READERS.of(anything)
def by_context_method(slot: Slot) -> Piece:
    members = ("@contextlib.contextmanager", *method(f"with_{slot.name}", [f"yield self.{slot.name}"]))
    return Piece(members=members, steps=(f"with self.with_{slot.name}() as got:", *indented(slot.use("got"))))


@READERS.of(anything)
def by_generator_method(slot: Slot) -> Piece:
    members = method(f"each_{slot.name}", [f"yield from [self.{slot.name}]"])
    return Piece(members=members, steps=(f"for got in self.each_{slot.name}():", *indented(slot.use("got"))))


@READERS.of(anything)
def by_partial_method(slot: Slot) -> Piece:
    members = (
        *method(f"_run_{slot.name}", slot.applied(f"self.{slot.name}"), "x", "kind"),
        f"run_{slot.name} = functools.partialmethod(_run_{slot.name}, kind=2)",
        "",
    )
    return Piece(members=members, steps=(f"x = self.run_{slot.name}(x)",))


@READERS.of(anything)
def by_asynchronous_method(slot: Slot) -> Piece:
    lines = method(f"later_{slot.name}", slot.applied(f"self.{slot.name}"), "x")
    drive = (f"step = model.later_{slot.name}(x)", "try:", "    step.send(None)", "except StopIteration:", "    pass")
    return Piece(members=(f"async {lines[0]}", *lines[1:]), drive=drive)


@READERS.of(anything)
def by_walrus(slot: Slot) -> Piece:
    return Piece(steps=(f"if (got := self.{slot.name}) is not None:", *indented(slot.use("got"))))


@READERS.of(anything)
def chained_with_others(slot: Slot) -> Piece:
    return Piece(
        steps=(f"for got in itertools.chain([self.{slot.name}], []):", *indented(slot.use("got"))),
    )


@READERS.of(anything)
def zipped(slot: Slot) -> Piece:
    return Piece(steps=(f"for _, got in zip((1, 2), [self.{slot.name}]):", *indented(slot.use("got"))))


@READERS.of(anything)
def by_named_tuple(slot: Slot) -> Piece:
    name = f"Parts_{slot.unique}"
    cls = (f"class {name}(typing.NamedTuple):", "    one: object", "", "")
    return Piece(functions=cls, steps=(f"got = {name}(self.{slot.name}).one", *slot.use("got")))


@READERS.of(called)
def by_child(slot: Slot) -> Piece:
    """A part that is given the instance reads from it."""
    name = f"Child_{slot.unique}"
    members = (
        *method("__init__", ["super().__init__()", 'self.__dict__["owner"] = owner'], "owner"),
        *method("forward", slot.applied(f"self.owner.{slot.name}"), "x"),
    )
    text = (f"class {name}(nn.Module):", *indented(members), "")
    return Piece(
        functions=text, late=(f"self.{slot.name}_child = {name}(self)",), steps=(f"x = self.{slot.name}_child(x)",)
    )
