"""One run of the interpreter: the state, and the functions that call each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.comparison.interpreter import (
    assignment,
    attributes,
    calls,
    described,
    expressions,
    functions,
    instances,
    methods,
    records,
    statements,
)
from initlint.comparison.interpreter.machine import DEFAULT_STEPS, MAX_STEPS, Machine

if TYPE_CHECKING:
    from initlint.comparison.code import Code
    from initlint.comparison.interpreter.functions import Entered
    from initlint.comparison.shared import Shared
    from initlint.comparison.terms import Term
    from initlint.comparison.values import Value
    from initlint.project.classes import ClassId


class Run(Machine):
    """Follows one construction from its first statement to its last.

    `followed` are terms of what both versions share but has to be followed all the same. `by_default`: only required
    arguments are given.
    """

    def __init__(self, code: Code, shared: Shared, followed: frozenset[Term], by_default: bool = False) -> None:
        super().__init__(DEFAULT_STEPS if by_default else MAX_STEPS)
        self.by_default = by_default
        self.code = code
        self.shared = shared
        self.followed = followed
        self.project = code.project
        self.globals: dict[tuple[str, str, str], Value] = {}
        self.twins: dict[Term, dict[ClassId, int]] = {}
        self.sentinels: dict[tuple[str, str], int] = {}
        self.resolving: set[tuple[str, str]] = set()
        self.describing: set[int] = set()
        self.choices: dict[int, Term] | None = None
        self.registries: dict[tuple[str, str], Value | None] = {}
        self.active: list[Entered] = []
        self.open_ended = (False, False)
        self.members: dict[Term, tuple[ClassId, Value]] = {}
        self.defaults: dict[int, Value] = {}

    evaluate = expressions.evaluate
    statement = statements.statement
    describe = described.describe
    call = calls.call
    call_method = methods.call_method
    attribute = attributes.attribute
    invoke = functions.invoke
    enter = functions.enter
    instantiate = instances.instantiate
    give = assignment.give
    enumerated = records.enumerated
    of_member = records.of_member
