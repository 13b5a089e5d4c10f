"""Confirms findings: builds each with and without its definition, first alone and then all together."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from initlint.model import Finding
from initlint.report.evidence import Evidence, Result
from initlint.report.record import Report
from initlint.runtime.callsites import constant_calls
from initlint.runtime.host import Host, Ready
from initlint.runtime.trials import Plan, Site, Trials

Progress = Callable[[int, int], None]
"""Called with how many of how many findings are done."""

WORTH = 4
"""The number of classes per additional process that makes another import of torch worthwhile."""

NOBODY = Ready("", "", "", forks=False)
"""Stands for the interpreter if there is nothing to build; then none needs torch."""


def confirm(report: Report, files: Iterable[str], plan: Plan, progress: Progress | None = None) -> Evidence:
    """Build what the findings of a report are about. `files` are those of the project, under its root."""
    known = tuple(files)
    sites = _sites(report, known, plan)
    if not sites:
        return _evidence(report, plan, (), (), NOBODY)
    processes = max(1, min(plan.processes, len(sites) // WORTH))
    steps = _Steps(sum(len(site.findings) for site in sites) * len(plan.seeds), progress)
    with tempfile.TemporaryDirectory(prefix="initlint-") as folder:
        folders = [os.path.join(folder, str(number)) for number in range(processes)]
        hosts = [Host(plan.interpreter, plan.limits) for _ in folders]
        trials = [Trials(*each, report.root, plan, steps, known) for each in zip(hosts, folders, strict=True)]
        pool = ThreadPoolExecutor(processes)
        try:
            ready = trials[0].host.ready()
            futures = [pool.submit(each.alone, sites[number::processes]) for number, each in enumerate(trials)]
            alone = _ordered(report, plan, [result for future in futures for result in future.result()])
            together = _ordered(report, plan, pool.submit(trials[0].together, alone).result())
        finally:
            for each in trials:
                each.host.close()
            pool.shutdown(cancel_futures=True)
    return _evidence(report, plan, alone, together, ready)


def _evidence(
    report: Report, plan: Plan, alone: tuple[Result, ...], together: tuple[Result, ...], ready: Ready
) -> Evidence:
    return Evidence(
        results=alone,
        together=together,
        target=plan.target,
        device=plan.device,
        placement=plan.placement,
        dtype=plan.dtype,
        seeds=plan.seeds,
        torch=ready.torch,
        python=ready.python,
        report=report,
    )


def _sites(report: Report, files: Iterable[str], plan: Plan) -> list[Site]:
    """The findings by class; a class must have a name to be built by, unless a target is given."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        if finding.kind is not None:
            grouped.setdefault((finding.path, finding.cls), []).append(finding)
    names = () if plan.target else {cls.rpartition(".")[2] for _, cls in grouped}
    calls = constant_calls(report.root, files, names)
    return [Site(findings, calls.get(cls.rpartition(".")[2], [])) for (_, cls), findings in grouped.items()]


def _ordered(report: Report, plan: Plan, results: Iterable[Result]) -> tuple[Result, ...]:
    order = {id(finding): number for number, finding in enumerate(report.findings)}
    return tuple(sorted(results, key=lambda r: (order[id(r.findings[0])], plan.seeds.index(r.seed))))


class _Steps:
    """Counts what is done, across threads."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress = total, progress
        self._done, self._lock = 0, threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress:
                self._progress(self._done, self._total)
