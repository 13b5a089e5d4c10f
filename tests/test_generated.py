"""Generated programs: the linter agrees with the truth, and torch agrees with it too.

`INITLINT_EXAMPLES=5000 pytest tests/test_generated.py` looks further; `INITLINT_SEED` makes another series.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

torch = pytest.importorskip("torch")

from generated import render
from generated.execution import Built, build, imported, read_in_use, spelled
from generated.program import Class, Expected, Program, Role
from generated.strategies import programs

from initlint.model import Answer, Confidence, Finding
from initlint.pipeline import check_sources

EXAMPLES = int(os.environ.get("INITLINT_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 120,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@PROFILE
@given(programs())
def test_linter_agrees(program: Program) -> None:
    """The same findings, the same draws, the same shifts; nothing missing, nothing more."""
    note(render.show(program))
    found = {key(finding): finding for finding in check_sources(render.files(program))}
    due = {(e.path, e.cls, e.attribute, e.code): e for e in program.expected}
    assert sorted(found) == sorted(due)
    for place, expected in due.items():
        finding = found[place]
        assert finding.draws in expected.draws, place
        assert finding.confidence is Confidence.CERTAIN, place
        assert finding.shifts == expected.shifts, place


def key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.path.partition("/")[2], finding.cls, finding.attribute, finding.code


@PROFILE
@given(programs())
def test_truth_is_measured(program: Program) -> None:
    """What is called dead is never read, what is called live is; what is removed shifts what it is said to shift."""
    note(render.show(program))
    agree_on_readers(program)
    with imported(program) as modules:
        built = {cls.name: build(modules, cls) for cls in program.classes if cls.module}
    for cls in program.classes:
        if cls.module:
            agree_on_order(program, cls, built[cls.name])
    for expected in program.expected:
        host = host_of(program, expected.cls)
        if host is not None:
            with imported(program, (expected.cls, expected.key)) as modules:
                agree_on_shifts(program, expected, host, built[host.name], build(modules, host))


def agree_on_readers(program: Program) -> None:
    """Every kept definition that torch can see: read if and only if it is called live."""
    read = read_in_use(program)
    for cls in program.classes:
        if host_of(program, cls.name) is None:
            continue
        for definition in cls.all:
            ref = (cls.name, definition.key)
            if definition.role is Role.KEPT and definition.product.kind is not None:
                assert (ref in read) is (ref in program.live), ref


def agree_on_order(program: Program, cls: Class, built: Built) -> None:
    """The measured ledger names the same owners in the same order."""
    due: list[str] = []
    for event in program.construct(cls.name).events:
        if event.traced and due[-1:] != [event.definition.attribute]:
            due.append(event.definition.attribute)
    attributes = {name: d.attribute for one in program.mro(cls.name) for d in one.all for name in spelled(d)}
    measured: list[str] = []
    for name in built.order:
        if measured[-1:] != [attributes[name]]:
            measured.append(attributes[name])
    assert measured == due, cls.name


def agree_on_shifts(program: Program, expected: Expected, host: Class, whole: Built, less: Built) -> None:
    """Without the definition, exactly the shifted weights differ; the stream ends elsewhere if and only if it draws."""
    place = (expected.cls, expected.key)
    moved = whole.stream != less.stream
    assert moved is (Answer.YES in expected.draws), place
    assert moved is (whole.draws != less.draws), place
    own = {d.attribute: spelled(d) for one in scope(program, expected, host) for d in one.all if d.product.kind}
    differ = {
        attribute
        for attribute, names in own.items()
        if any(n in less.weights and whole.weights.get(n) != less.weights[n] for n in names)
    }
    shifts = program.sharing(expected.cls, expected.shifts) - {expected.attribute}
    assert differ - {expected.attribute} == {name for name in shifts if name in own}, place


def scope(program: Program, expected: Expected, host: Class) -> list[Class]:
    """The classes whose definitions are compared: a mixin is built by another class, and stands for itself."""
    return program.mro(expected.cls) if host.name == expected.cls else [program.by_name[expected.cls]]


def host_of(program: Program, name: str) -> Class | None:
    """The class to build: itself, or for a mixin the class that mixes it in."""
    if program.by_name[name].module:
        return program.by_name[name]
    return next((cls for cls in program.classes if name in cls.mixins), None)


assert Phase and seed
