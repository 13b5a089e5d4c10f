"""What the linter is known not to see yet. The truth does not know of these.

A gap keeps programs away from `test_linter_agrees` only; its example shows it. When the linter sees it at last,
`test_gaps_are_open` fails: delete the gap then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generated import products
from generated.program import Class, Definition, Program, Role, Step, Style, Sweep
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


def names_in_a_loop(program: Program) -> bool:
    """`for name in ("head",): getattr(self.body, name)` is taken for no reader: a false alarm."""
    return any(step.style == "by_names" for _, step in foreign(program))


def attrgetter_on_parts(program: Program) -> bool:
    """`operator.attrgetter("head")(self.body)` is a doubt, also about other classes with such an attribute."""
    return any(step.style == "attrgetter" for _, step in foreign(program))


def parts_from_closures(program: Program) -> bool:
    """What a local function or a lambda in a constructor returns has no type."""
    typed = [d for _, d in definitions(program) if d.product.parts or ".weight" in d.product.use[0]]
    return any(d.writer in ("closure", "built_by_lambda") for d in typed)


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


def tensors_through_locals(program: Program) -> bool:
    """`noise = torch.randn(4); self.noise = noise` is silent in a class with nothing else to find."""
    return any(d.product.kind is Kind.TENSOR and d.writer == "through_local" for _, d in definitions(program))


def patterns_of_parts(program: Program) -> bool:
    """`getattr(self.body, f"head{i}")` is a doubt about `head` of classes that `self.body` is not."""
    return any(program.definition(step.cls, step.key).product.pattern for _, step in foreign(program))


def lambdas_beside_locals(program: Program) -> bool:
    """`head = nn.Linear(4, 4); self.head = head` is silent when a lambda that nobody calls holds `self.head`."""
    local = {(cls.name, d.name) for cls, d in definitions(program) if d.writer == "through_local"}
    return any(
        (one.name, name) in local
        for cls, d in definitions(program)
        if d.product.code.startswith("lambda")
        for name in d.product.held
        for one in program.mro(cls.name)
    )


def replaced_before_a_loop(program: Program) -> bool:
    """A definition that draws nothing is replaced, and is said to be drawn for by a later loop: a false alarm."""
    swept = any(cls.sweep is not Sweep.NONE for cls in program.classes)
    return swept and any(d.role is Role.OVERWRITTEN for _, d in definitions(program))


def replaced_in_a_context(program: Program) -> bool:
    """What replaces a definition within `with torch.no_grad():` is not taken for certain."""
    names = {(cls.name, d.name) for cls, d in definitions(program) if d.role is Role.OVERWRITTEN}
    return any((cls.name, d.name) in names and d.writer == "in_context" for cls, d in definitions(program))


def containers_renamed(program: Program) -> bool:
    """The items of `TorchModuleList([Part()])`, imported under that name, have no type: a false alarm."""
    renamed = {path for path, style in program.styles if style.torch == "renamed"}
    return any(cls.file in renamed and d.product.reach not in ("", "{v}") for cls, d in definitions(program))


def no_children_of_containers(program: Program) -> bool:
    """A Sequential subclass, or a loop over the children, runs submodules; much else in it is taken to be read."""
    return any(
        (cls.children or contained(program, cls)) and d.product.kind is not Kind.SUBMODULE
        for cls, d in definitions(program)
    )


def dead_containers_of_live(program: Program) -> bool:
    """`nn.Sequential(self.head)` that nobody runs is silent when `head` has other readers."""
    return any(
        d.product.held
        and d.product.kind is Kind.SUBMODULE
        and not d.product.alias
        and (cls.name, d.key) not in program.live
        for cls, d in definitions(program)
    )


def discarded_expressions(program: Program) -> bool:
    """`noise = torch.rand(4) - 0.5` that nobody reads: only a plain call is found."""
    return any(d.role is Role.DISCARDED and d.product.code[-1] != ")" for _, d in definitions(program))


HELD = products.holders("head", LINEAR)
GAPS = (
    Gap(names_in_a_loop, owner("by_names")),
    Gap(attrgetter_on_parts, owner("attrgetter")),
    Gap(parts_from_closures, owner("direct", "closure")),
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
    Gap(tensors_through_locals, alone(Definition("noise", products.TENSORS[0], "through_local"))),
    Gap(
        patterns_of_parts,
        Program(
            (
                part(Definition("head", products.pattern(LINEAR), "pattern_setattr")),
                net(
                    Definition("head", LINEAR),
                    Definition("body", products.part("Part")),
                    steps=(Step("Part", "head", "direct", path=("body",)),),
                ),
            )
        ),
    ),
    Gap(lambdas_beside_locals, alone(Definition("head", LINEAR, "through_local"), Definition("call", HELD[4]))),
    Gap(
        replaced_before_a_loop,
        alone(
            Definition("head", NORM, role=Role.OVERWRITTEN),
            Definition("head", LINEAR),
            steps=(Step("Net", "head", "direct"),),
            sweep=Sweep.NORM,
        ),
    ),
    Gap(
        replaced_in_a_context,
        alone(
            Definition("head", LINEAR, role=Role.OVERWRITTEN),
            Definition("head", LINEAR, "in_context"),
            steps=(Step("Net", "head", "direct"),),
        ),
    ),
    Gap(
        containers_renamed,
        Program(
            (
                part(Definition("head", LINEAR)),
                net(
                    Definition("body", products.module_list([products.part("Part")], products.ITERATED)),
                    steps=(Step("Part", "head", "direct", path=("body",)),),
                ),
            ),
            styles=(("models.py", Style(torch="renamed")),),
        ),
    ),
    Gap(
        no_children_of_containers,
        alone(Definition("scale", products.TENSORS[0], "closure"), root="nn.Sequential"),
    ),
    Gap(
        dead_containers_of_live,
        alone(Definition("head", LINEAR), Definition("tail", HELD[5]), steps=(Step("Net", "head", "direct"),)),
    ),
    Gap(
        discarded_expressions,
        alone(Definition("noise", products.TENSORS[1], "discarded", role=Role.DISCARDED)),
    ),
)


def outside_of_gaps(program: Program) -> bool:
    return not any(gap.concerns(program) for gap in GAPS)
