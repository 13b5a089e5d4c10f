"""What the linter is known not to see yet. The truth does not know of these.

A gap keeps programs away from `test_linter_agrees` only; its example shows it. When the linter sees it at last,
`test_gaps_are_open` fails: delete the gap then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generated import products
from generated.program import Class, Definition, Program, Step, Sweep
from initlint.model import Kind

LINEAR, NORM = products.LAYERS[0], products.LAYERS[3]


@dataclass(frozen=True)
class Gap:
    """Which programs it concerns, and the smallest that shows it."""

    concerns: Callable[[Program], bool]
    example: Program


# -- the parts of examples ------------------------------------------------------------------------------------------


def net(*definitions: Definition, **choices: object) -> Class:
    return Class("Net", "models.py", definitions=definitions, **choices)  # type: ignore[arg-type]


def part(*definitions: Definition) -> Class:
    return Class("Part", "blocks.py", definitions=definitions)


def owner(style: str, writer: str = "plain") -> Program:
    """A part whose `head` is read by its owner, in a style."""
    read = Step("Part", "head", style, path=("body",))
    body = Definition("body", products.part("Part"), writer)
    return Program((part(Definition("head", LINEAR)), net(body, steps=(read,))))


def alone(*definitions: Definition, **choices: object) -> Program:
    return Program((net(*definitions, **choices),))


# -- what programs have ---------------------------------------------------------------------------------------------


def definitions(program: Program) -> Iterator[tuple[Class, Definition]]:
    return ((cls, definition) for cls in program.classes for definition in cls.all)


def foreign(program: Program) -> Iterator[tuple[Class, Step]]:
    """Reads through another receiver than `self`, with the class of the first receiver."""
    yield from ((cls, step) for cls in program.classes for step in cls.steps if step.path)
    yield from ((program.by_name[one.cls], step) for one in program.outside for step in one.steps)


def contained(program: Program, cls: Class) -> bool:
    return any(one.root == "nn.Sequential" for one in program.mro(cls.name))


# -- the gaps -------------------------------------------------------------------------------------------------------


def drawn_by_a_loop_alone(program: Program) -> bool:
    """Where an initialisation loop makes the first draw, draws and shifts are incomplete."""
    for cls in program.classes:
        seen: set[tuple[str, str]] = set()
        for event in program.construct(cls.name).events:
            if event.swept and event.ref not in seen:
                return True
            seen.add(event.ref)
    return False


def tensors_in_a_loop(program: Program) -> bool:
    """A tensor that is no parameter is said to be drawn for by a loop over the parameters."""
    swept = any(cls.sweep is Sweep.PARAMETERS for cls in program.classes)
    return swept and any(d.product.kind in (Kind.TENSOR, Kind.BUFFER) for _, d in definitions(program))


def aliased_parameters_in_a_loop(program: Program) -> bool:
    """A parameter under a second name is said to be shifted by itself in a loop over the parameters."""
    swept = any(cls.sweep is Sweep.PARAMETERS for cls in program.classes)
    return swept and any(d.product.held and d.product.kind is Kind.PARAMETER for _, d in definitions(program))


def children_before_parameters_in_a_loop(program: Program) -> bool:
    """A loop over the parameters starts with the module's own; the linter names them in the order of definition."""
    for cls in program.classes:
        mro = program.mro(cls.name)
        if any(one.sweep is Sweep.PARAMETERS for one in mro):
            kinds = [definition.product.kind for _, definition in program.construct(cls.name).owned]
            if Kind.SUBMODULE in kinds and Kind.PARAMETER in kinds[kinds.index(Kind.SUBMODULE) :]:
                return True
    return False


HELD = products.holders("head", LINEAR)
GAPS = (
    Gap(drawn_by_a_loop_alone, alone(Definition("norm", NORM), sweep=Sweep.PARAMETERS)),
    Gap(
        tensors_in_a_loop,
        alone(Definition("noise", products.TENSORS[0]), Definition("head", LINEAR), sweep=Sweep.PARAMETERS),
    ),
    Gap(
        aliased_parameters_in_a_loop,
        alone(
            Definition("scale", products.PARAMETERS[0]),
            Definition("alias", products.holders("scale", products.PARAMETERS[0])[0]),
            sweep=Sweep.PARAMETERS,
        ),
    ),
    Gap(
        children_before_parameters_in_a_loop,
        alone(
            Definition("head", LINEAR),
            Definition("scale", products.PARAMETERS[0]),
            Definition("token", products.PARAMETERS[0]),
            sweep=Sweep.PARAMETERS,
            steps=(Step("Net", "head", "direct"), Step("Net", "scale", "direct")),
        ),
    ),
)


def outside_of_gaps(program: Program) -> bool:
    return not any(gap.concerns(program) for gap in GAPS)
