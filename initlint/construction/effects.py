"""What can happen to values, whatever code does it: they are filled, passed on, held by something unknown, or added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.construction.torchcalls import function_draws
from initlint.construction.values import (
    EVERYTHING,
    UNKNOWN,
    Arguments,
    Self,
    Swept,
    Thing,
    Value,
    options,
    tokens,
)
from initlint.model import Answer, Kind

if TYPE_CHECKING:
    from initlint.construction.run import Site
    from initlint.construction.visitor import Interpreter


class Effects:
    """The effects of calls on one run."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.run = interpreter.run
        self.project = interpreter.project

    def initialise(self, known: knowledge.TorchFunction | None, arguments: Arguments, site: Site) -> Value:
        """`nn.init.*_(tensor)` fills its argument and returns it."""
        target = arguments.get("tensor", 0) or UNKNOWN
        self.fill(target, function_draws(known, arguments) if known is not None else Answer.NO, site)
        return target

    def fill(self, target: Value, answer: Answer, site: Site) -> None:
        """Something that was built draws again."""
        for option in options(target):
            if isinstance(option, Swept):
                self.run.sweep_draws(option, answer)
            elif isinstance(option, Thing):
                self.run.draw(option.token, answer, (), site)

    def hand_over(self, arguments: Arguments) -> None:
        """Code that is not followed may read its arguments, and everything on the instance if it gets that."""
        self.hand_over_instance(arguments)
        for value in arguments.values():
            self.run.read("", value)

    def hand_over_instance(self, arguments: Arguments) -> None:
        """Code that gets the instance may read everything on it."""
        if any(isinstance(option, Self) for value in arguments.values() for option in options(value)):
            self.run.read(EVERYTHING)

    def mystery(self, arguments: Arguments, site: Site) -> Thing:
        """Something unknown that may have drawn."""
        thing = self._holder(arguments)
        self.run.draw(thing.token, Answer.UNKNOWN, (), site, weak=True)
        return thing

    def holder(self, arguments: Arguments) -> Value:
        """Something unknown that may hold the arguments it was made with."""
        holds = any(map(tokens, arguments.values()))
        return self._holder(arguments) if holds else UNKNOWN

    def _holder(self, arguments: Arguments) -> Thing:
        thing = self.run.thing(None)
        for value in arguments.values():
            self.run.attach(thing.token, "", value)
        return thing

    def arithmetic(self, operands: list[Value]) -> Value:
        """Numbers are not followed; an operation on tensors makes a new one, which has drawn what they drew."""
        things = [option for value in operands for option in options(value) if isinstance(option, Thing)]
        if not things:
            return UNKNOWN
        tensor = any(thing.kind in (Kind.TENSOR, Kind.PARAMETER, Kind.BUFFER) for thing in things)
        result = self.run.thing(Kind.TENSOR if tensor else None)
        for thing in things:
            self.run.attach(result.token, "", thing)
            if thing.token in self.run.direct:
                self.run.direct.setdefault(result.token, self.run.direct[thing.token])
        return result
