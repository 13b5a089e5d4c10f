"""Generated programs are fixed with every strategy, finding by finding and all at once, and run before and after."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given, note

torch = pytest.importorskip("torch")

from checking import check_sources
from generated import render
from generated.execution import Built, build, imported
from generated.program import Expected, Program, Role
from generated.series import series
from generated.strategies import programs
from torch import Tensor, nn

from initlint.model import Finding, Strategy
from initlint.rewrite import Rewritten, rewrite

PROFILE = series(25)

REASONS = re.compile(
    r"SOH20[12] has no fix `[a-z-]+`"
    r"|it is made in one statement with others"
    r"|it is unpacked from a value that makes others too"
    r"|`.+` may draw for it along with others"
    r"|`.+` in [\w/]+\.py initialises it"
    r"|line \d+ draws for it and does more"
    r"|line \d+ still needs it: `.+`"
    r"|`\w+`, which it is made of, is needed in line \d+"
)


@PROFILE
@given(programs())
def test_each_strategy_keeps_its_promise(program: Program) -> None:
    note(render.show(program))
    files = render.files(program)
    keys = {(e.path, e.cls, e.attribute, e.code): e.key for e in program.expected if not replaces(program, e)}
    whole = all_built(program)
    for finding in check_sources(files):
        key = keys.get((finding.path.partition("/")[2], finding.cls, finding.attribute, finding.code))
        if key is None:
            continue
        less = all_built(program, without=(finding.cls, key))
        for strategy in Strategy:
            result = rewrite(files[finding.path].encode(), [finding], strategy)
            note(f"{strategy.value} {finding.attribute}: {result.refused}\n{result.source.decode()}")
            assert all(REASONS.fullmatch(refusal.reason) for refusal in result.refused)
            if result.fixed:
                mended = all_built(program, changed={finding.path: result.source.decode()})
                agree(mended, whole if strategy is Strategy.KEEP_STREAM else less)
                stays = {name for name, built in whole.items() if finding.attribute in built.weights}
                if strategy is Strategy.ISOLATE:
                    assert stays == {name for name, built in mended.items() if finding.attribute in built.weights}


@PROFILE
@given(programs())
def test_a_second_run_finds_nothing_in_those_places(program: Program) -> None:
    note(render.show(program))
    files = render.files(program)
    for strategy in Strategy:
        results = mended_files(files, strategy)
        texts = {**files, **{path: result.source.decode() for path, result in results.items()}}
        left = {(finding.path, finding.cls, finding.attribute) for finding in check_sources(texts)}
        note(f"{strategy.value}\n" + "\n".join(texts[path] for path in results))
        refused = {place(refusal.finding) for result in results.values() for refusal in result.refused}
        assert left & {place(each) for result in results.values() for each in result.fixed} <= refused
        all_built(program, changed=texts)


def mended_files(files: dict[str, str], strategy: Strategy) -> dict[str, Rewritten]:
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in check_sources(files):
        found[finding.path].append(finding)
    return {path: rewrite(files[path].encode(), findings, strategy) for path, findings in found.items()}


def replaces(program: Program, expected: Expected) -> bool:
    """Whether it replaces an earlier definition, which would come back without it."""
    role = program.definition(expected.cls, expected.key).role
    same = [d for d in program.by_name[expected.cls].all if d.name == expected.attribute]
    return role is Role.KEPT and len(same) > 1


def place(finding: Finding) -> tuple[str, str, str]:
    return finding.path, finding.cls, finding.attribute


def all_built(
    program: Program, without: tuple[str, str] | None = None, changed: dict[str, str] | None = None
) -> dict[str, Built]:
    """Every module class of a program, constructed under the seed."""
    with imported(program, without, changed) as modules:
        return {cls.name: build(modules, cls) for cls in program.classes if cls.module}


def agree(one: dict[str, Built], other: dict[str, Built]) -> None:
    """The same values under the same names, and the same final state of the stream."""
    for name, built in one.items():
        values, others = tensors(built.instance), tensors(other[name].instance)
        both = values.keys() & others.keys()
        assert {key for key in both if not torch.equal(values[key], others[key])} == set(), name
        assert built.stream == other[name].stream, name


def tensors(instance: nn.Module) -> dict[str, Tensor]:
    """All tensors of an instance by name, plain attributes included."""
    plain = {name: value for name, value in vars(instance).items() if isinstance(value, Tensor)}
    return {**instance.state_dict(), **plain}
