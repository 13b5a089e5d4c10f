"""Generated programs: the linter agrees with the truth, and so does torch.

`INITLINT_EXAMPLES=5000 pytest tests/test_generated.py` looks further than the fixed series of every day.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, note

torch = pytest.importorskip("torch")

from checking import check_sources
from generated import render
from generated.execution import Built, build, imported, read_in_use
from generated.program import Class, Expected, Program, Role, after
from generated.series import series
from generated.strategies import programs

from initlint.model import Answer, Confidence, Finding

PROFILE = series(300)


# -- the linter -----------------------------------------------------------------------------------------------------


@PROFILE
@given(programs())
def test_linter_agrees(program: Program) -> None:
    """The same findings, the same draws, the same shifts; nothing missing, nothing more."""
    note(render.show(program))
    assert list(disagreements(program)) == []


def disagreements(program: Program) -> Iterator[str]:
    """Where the linter's findings differ from what is due; of single items of containers the programs say nothing."""
    found = {key(f): f for f in check_sources(render.files(program)) if "." not in f.attribute}
    due = {(e.path, e.cls, e.attribute, e.code): e for e in program.expected}
    for place in sorted(found.keys() - due.keys()):
        yield f"false alarm: {place}, {found[place].confidence.value}"
    for place, expected in sorted(due.items()):
        if place in found:
            yield from (f"{place}: {what}" for what in differences(found[place], expected))
        elif not expected.optional:
            yield f"miss: {place}"


def key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.path.partition("/")[2], finding.cls, finding.attribute, finding.code


def differences(finding: Finding, expected: Expected) -> Iterator[str]:
    if finding.draws not in expected.draws:
        yield f"draws {finding.draws.value}"
    if finding.confidence is not Confidence.CERTAIN:
        yield "not certain"
    also = expected.also - set(expected.shifts)
    shifts = tuple(name for name in finding.shifts if name not in also)
    if shifts != expected.shifts:
        yield f"shifts {shifts}, not {expected.shifts}"


# -- torch ----------------------------------------------------------------------------------------------------------


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
        if host is not None and not replaces(program, expected):
            with imported(program, (expected.cls, expected.key)) as modules:
                agree_on_shifts(program, expected, host, built[host.name], build(modules, host))


def agree_on_readers(program: Program) -> None:
    """What is live is read. What is dead is not, by its name or, where it shares none, by what is in it."""
    reads = read_in_use(program)
    for cls in program.classes:
        if host_of(program, cls.name) is None:
            continue
        for definition in cls.all:
            ref = (cls.name, definition.key)
            if definition.role is not Role.KEPT or definition.product.kind is None:
                continue
            if ref in program.live:
                assert ref in reads.used, f"{ref} is live, and nothing read it"
            else:
                read = reads.named if definition.product.held else reads.used
                assert ref not in read, f"{ref} is dead, and it was read"


def agree_on_order(program: Program, cls: Class, built: Built) -> None:
    """The measured ledger names the same owners in the same order."""
    events = [event for event in program.construct(cls.name).events if event.traced]
    names = {name: d.name for one in program.mro(cls.name) for d in one.all for name in d.attributes}
    due = [name for name, _ in itertools.groupby(event.definition.name for event in events)]
    assert [name for name, _ in itertools.groupby(names[name] for name in built.order)] == due, cls.name


def agree_on_shifts(program: Program, expected: Expected, host: Class, whole: Built, less: Built) -> None:
    """Without the definition, exactly the shifted weights differ; the stream ends elsewhere if and only if it draws."""
    place = (expected.cls, expected.key)
    events = program.construct(host.name).events
    moved = whole.stream != less.stream
    assert moved is any(event.ref == place for event in events), place
    assert moved is (whole.draws != less.draws), place
    own = [name for one in scope(program, expected, host) for d in one.all if d.product.kind for name in d.attributes]
    others = {name for name in own if name in less.weights and name != expected.attribute}
    differ = {name for name in others if whole.weights[name] != less.weights[name]}
    assert differ == program.sharing(host.name, after(events, place)) & others, place
    if host.name == expected.cls:
        assert expected.shifts == after(events, place)
        assert moved is (Answer.YES in expected.draws), place


def replaces(program: Program, expected: Expected) -> bool:
    """Whether it stands in the place of an earlier definition, which would come back without it."""
    role = program.definition(expected.cls, expected.key).role
    same = [d for d in program.by_name[expected.cls].all if d.name == expected.attribute]
    return role is Role.KEPT and len(same) > 1


def scope(program: Program, expected: Expected, host: Class) -> list[Class]:
    """The classes whose definitions are compared: a mixin is built by another class, and stands for itself."""
    return program.mro(expected.cls) if host.name == expected.cls else [program.by_name[expected.cls]]


def host_of(program: Program, name: str) -> Class | None:
    """The class to build: itself, or for a mixin the class that mixes it in."""
    if program.by_name[name].module:
        return program.by_name[name]
    return next((cls for cls in program.classes if name in cls.mixins), None)
