"""Builds a target and reports what it drew: the measured ledger, as a `Trace`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from initlint.errors import InitlintError
from initlint.report.record import Report
from initlint.report.trace import META, OUTSIDE, Draw, Setup, Tensor, Trace
from initlint.runtime.host import Built, Drawn, Failed, Host, Job, Ready
from initlint.runtime.judge import own_tensors, places
from initlint.runtime.trees import Tree
from initlint.runtime.trials import Plan

GENERATORS = {"random": "Python's `random`", "numpy": "numpy's global generator"}


def measured(plan: Plan, tree: Tree, settled: bool = False) -> tuple[Built, Ready]:
    """The build of a plan's target in a tree; with `settled`, a second build has to be the same."""
    job = Job(
        target=tree.target(plan.target),
        root=tree.root,
        paths=tree.paths,
        folder=tree.folder,
        seed=plan.seeds[0],
        device=plan.device,
        placement=plan.placement,
        dtype=plan.dtype,
    )
    with Host(plan.interpreter, plan.limits) as host:
        ready = host.ready()
        first = _built(host, job, tree)
        if settled:
            _refuse_unsettled(job.target, first, _built(host, replace(job, record=False), tree))
    return first, ready


def _built(host: Host, job: Job, tree: Tree) -> Built:
    outcome = host.build(job)
    where = f"{tree.label}: " if tree.label else ""
    if isinstance(outcome, Failed):
        raise InitlintError("; ".join((f"{where}`{job.target}` cannot be built: {outcome.text}", *tree.notes)))
    if tree.label and not outcome.file.startswith(os.path.join(os.path.realpath(tree.root), "")):
        raise InitlintError(f"{where}`{job.target}` is imported from elsewhere, {outcome.file}")
    return outcome


def _refuse_unsettled(target: str, first: Built, second: Built) -> None:
    """What differs from build to build says nothing about a change."""
    apart = [one.name for one, other in zip(first.tensors, second.tensors, strict=False) if one != other]
    if apart or len(first.tensors) != len(second.tensors) or first.ends != second.ends:
        where = f", first in `{apart[0]}`" if apart else ""
        text = f"two builds of `{target}` from one seed differ from each other{where}"
        raise InitlintError(f"{text}, so comparing with a third would prove nothing")


def files(built: Built, tree: Tree) -> tuple[str, ...]:
    """The files of the project that contain the built classes, and those whose lines drew."""
    inside = os.path.join(os.path.realpath(tree.root), "")
    named = {place.partition("::")[0] for place in built.classes}
    named |= {path for draw in built.draws for path, _ in draw.frames}
    return tuple(sorted(path for path in named if path.startswith(inside) and path.endswith(".py")))


def trace(plan: Plan, tree: Tree, built: Built, ready: Ready, dead: Report | None = None) -> Trace:
    """The build as a record; `dead` reports the dead definitions in its files."""
    return Trace(
        target=plan.target,
        of=built.of,
        setup=Setup(ready.torch, ready.cpu, plan.device, plan.placement, plan.dtype, plan.seeds[0]),
        python=ready.python,
        draws=tuple(_draws(tree.root, built, dead)),
        tensors=tuple(Tensor(t.name, t.kind, t.dtype, t.shape, t.digest) for t in built.tensors),
        ends=dict(sorted(built.ends.items())),
        notes=(*tree.notes, *_notes(plan, built)),
        classes=tuple(sorted(_inside(place, tree.root) for place in built.classes)),
    )


def _draws(root: str, built: Built, dead: Report | None) -> Iterator[Draw]:
    findings, base = (dead.findings, dead.root) if dead else ((), root)
    tensors = {name: finding.code for finding in findings for name in own_tensors(finding, base, built)}
    lines = {place: finding.code for finding in findings for place in places(finding, base)}
    for draw in built.draws[built.early :]:
        owner = draw.owner or draw.heir
        code = tensors.get(owner) or next((lines[place] for place in draw.frames if place in lines), "")
        yield Draw(
            owner=owner,
            operator=draw.operator,
            amount=draw.numel,
            dtype=draw.dtype,
            stream=draw.stream,
            state=draw.after,
            maker="" if draw.operator == OUTSIDE else draw.maker,
            source=_source(draw, root),
            dead=code,
        )


def _source(draw: Drawn, root: str) -> str:
    """The innermost line of the project, with "/" on every system; none for a move from outside, which is noticed
    later."""
    if not draw.frames or draw.operator == OUTSIDE:
        return ""
    path, line = draw.frames[0]
    return f"{_inside(path, root)}:{line}"


def _inside(path: str, root: str) -> str:
    """A real path, or one that starts with it, relative to a root."""
    return os.path.relpath(path, os.path.realpath(root)).replace(os.sep, "/")


def _notes(plan: Plan, built: Built) -> Iterator[str]:
    if built.early:
        made = "1 draw was" if built.early == 1 else f"{built.early} draws were"
        yield f"{made} made when the module was imported, before the seed was set, and not counted here"
    if built.reseeded:
        yield f"the target sets its own seed, so seed {plan.seeds[0]} does not decide all numbers"
    for stream in built.foreign:
        yield f"{GENERATORS[stream]} was drawn from as well; such draws are not listed, and do not move torch's stream"
    if plan.device == META:
        yield "nothing is drawn on the meta device; these are the draws that other devices would make"
