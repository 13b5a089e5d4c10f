"""Functions of torch: those that build, fill or wrap, make tensors, or silence the draws inside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.construction.building import Building
from initlint.construction.ranks import rank_of
from initlint.construction.run import Site
from initlint.construction.torchcalls import META, SILENT, first_thing, function_draws, on_meta
from initlint.construction.values import NONE, UNKNOWN, Arguments, ClassObject, Self, Swept, Thing, Value, join, options
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from initlint.construction.frames import Frame


SAME_DATA = frozenset(
    "as_tensor asarray detach flatten movedim narrow permute reshape select squeeze t transpose unsqueeze".split()
)
"""Functions whose result shares data with their argument: filling one fills the other."""


class TorchFunctions(Building):
    """The functions of torch in one run."""

    def _torch(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        known = knowledge.function(name)
        space, _, tail = name.rpartition(".")
        if tail == "__init__":
            return self._torch_init(space, arguments, site)
        if tail == "skip_init":
            return self._skip_init(arguments, site, frame)
        if tail == "from_pretrained":
            return self.run.thing(Kind.SUBMODULE, space)
        if space == "torch.nn.init":
            return self.initialise(known, arguments, site)
        if space.startswith("torch.nn.utils"):
            return self._wrapped(known, arguments, site)
        self.hand_over_instance(arguments)
        if (context := self._context(name, known, arguments)) is not None:
            return context
        if tail in ("compile", "script"):
            return first_thing(arguments) or UNKNOWN
        if tail[:1].isupper():
            self.hand_over(arguments)
            return self.mystery(arguments, site)
        return self._tensor(name, arguments, site, frame)

    def _context(self, name: str, known: knowledge.TorchFunction | None, arguments: Arguments) -> Value | None:
        """Values that matter by themselves: a device, a fork of the stream, a distribution to sample from."""
        cls = None
        if known is not None and known.isolates:
            cls = SILENT
        elif name == "torch.device":
            meta = on_meta(arguments.get("device", 0)) or on_meta(arguments.get("type", 0))
            cls = META if meta else name
        elif name.startswith("torch.distributions."):
            cls = "torch.distributions"
        return Thing(None, cls, self.run.fresh()) if cls is not None else None

    def _tensor(self, name: str, arguments: Arguments, site: Site, frame: Frame) -> Value:
        """A function of torch makes a tensor of its arguments."""
        if isinstance(arguments.first, Swept) and name.rpartition(".")[2] in SAME_DATA:
            return arguments.first
        known, thing = knowledge.function(name), self.run.thing(Kind.TENSOR)
        for value in arguments.values():
            self.run.read("", value)
            self.run.attach(thing.token, "", value)
        self.run.direct[thing.token] = frame
        if (rank := rank_of(name, arguments)) is not None:
            self.run.ranks[thing.token] = rank
        if known is not None:
            self.run.draw(thing.token, function_draws(known, arguments), (), site)
        return thing

    def _wrapped(self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site) -> Value:
        """`spectral_norm(module)` returns the module, and may draw for it."""
        first = first_thing(arguments)
        if first is None:
            return UNKNOWN
        answer = function_draws(known, arguments) if known is not None else Answer.NO
        self.fill(first, answer, site)
        return first

    def _skip_init(self, arguments: Arguments, site: Site, frame: Frame) -> Value:
        classes = [option for option in options(arguments.first) if isinstance(option, ClassObject)]
        self.run.silent += 1
        values = [self.build(cls.id, arguments.others.behind(cls.bound), site, frame) for cls in classes]
        self.run.silent -= 1
        return join(values)

    def _torch_init(self, cls: str, arguments: Arguments, site: Site) -> Value:
        """`nn.Linear.__init__(self, ...)`."""
        if isinstance(arguments.first, Self):
            self._inherit(cls, arguments.others, site)
        return NONE
