"""Loops and comprehensions on abstract values: item by item if these are few and known, or else once for all turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from initlint.construction import syntax
from initlint.construction.frames import Frame, joined
from initlint.construction.groups import element, grow, known_items
from initlint.construction.values import UNKNOWN, Constant, Value, text_of, truth

if TYPE_CHECKING:
    import libcst as cst

    from initlint.construction.run import Run
    from initlint.construction.workshop import Workshop


class Loops:
    """The loops of one run."""

    def __init__(self, workshop: Workshop, run: Run) -> None:
        self.workshop = workshop
        self.project = workshop.project
        self.run = run
        self.root = False
        self.steps = 0

    def give(
        self, target: cst.CSTNode, value: Value, node: cst.CSTNode, what: cst.CSTNode, group: int, frame: Frame
    ) -> None:
        """Store a value in an assignment target."""
        raise NotImplementedError

    def evaluate(self, node: cst.CSTNode, frame: Frame, alone: bool = False) -> Value:
        """The value of an expression; `alone` if the value is unused."""
        raise NotImplementedError

    def turns(
        self,
        iterated: cst.BaseExpression,
        target: cst.BaseExpression,
        turn: Callable[[], object],
        body: cst.CSTNode,
        frame: Frame,
    ) -> None:
        """Run a loop: item by item over a short literal, or else once for all turns."""
        items = self.evaluate(iterated, frame)
        known = known_items(items)
        if known is not None:
            for item in known:
                statement = self.run.fresh()
                self.run.certain.add(statement)
                with self.run.arm(statement, 0):
                    self.give(target, item, target, target, self.run.fresh(), frame)
                    turn()
            return
        with self.looping(body, frame):
            self.give(target, element(items), target, target, self.run.fresh(), frame)
            turn()

    def looping(self, body: cst.CSTNode, frame: Frame) -> _Loop:
        """A context in which a body represents all turns of a loop."""
        return _Loop(self, body, frame)

    def _items(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp, frame: Frame) -> Value:
        return self._comprehension(node.for_in, lambda: (None, self.evaluate(node.elt, frame)), frame, False)

    def _entries(self, node: cst.DictComp, frame: Frame) -> Value:
        def entry() -> tuple[str, Value]:
            return text_of(self.evaluate(node.key, frame)), self.evaluate(node.value, frame)

        return self._comprehension(node.for_in, entry, frame, True)

    def _comprehension(
        self, loop: cst.CompFor, made: Callable[[], tuple[str | None, Value]], frame: Frame, mapping: bool
    ) -> Value:
        group = self.run.group(mapping)
        before = dict(frame.names)

        def turn() -> None:
            name, value = made()
            grow(self.run, group, name, value)

        self._nested_turns(loop, turn, frame)
        kept = {name for target in _loop_targets(loop) for name in target}
        frame.names = {name: value for name, value in frame.names.items() if name in before or name not in kept}
        frame.names.update({name: before[name] for name in kept if name in before})
        return group

    def _nested_turns(self, loop: cst.CompFor, turn: Callable[[], None], frame: Frame) -> None:
        inner = loop.inner_for_in

        def through() -> None:
            if inner is None:
                turn()
            else:
                self._nested_turns(inner, turn, frame)

        def once() -> None:
            tests = [truth(self.evaluate(condition.test, frame)) for condition in loop.ifs]
            if False in tests:
                return
            if None in tests:
                with self.run.arm(self.run.fresh(), 0):
                    through()
            else:
                through()

        self.turns(loop.iter, loop.target, once, loop, frame)


class _Loop:
    """The inside of a loop with an unknown number of turns: what it assigns is joined with what was before."""

    def __init__(self, loops: Loops, body: cst.CSTNode, frame: Frame) -> None:
        self._run, self._frame = loops.run, frame
        for name in frame.slice.tree.assigned(body):
            if isinstance(frame.names.get(name), Constant):
                frame.names[name] = UNKNOWN
        self._names, self._attributes = dict(frame.names), dict(self._run.attributes)
        self._context = self._run.looping(self._run.fresh())

    def __enter__(self) -> None:
        self._context.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)
        self._frame.names = joined([self._frame.names, self._names], self._names)
        self._run.attributes = joined([self._run.attributes, self._attributes], self._attributes)


def _loop_targets(loop: cst.CompFor | None) -> Iterator[list[str]]:
    while loop is not None:
        yield [name.value for name in syntax.variables(loop.target)]
        loop = loop.inner_for_in
