"""Builds what findings are about: finds out how, builds the unchanged code, fixes it, builds again, and compares."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from initlint.errors import InitlintError
from initlint.model import Finding, Strategy
from initlint.report.evidence import Result, Verdict
from initlint.rewrite import rewrite
from initlint.runtime.arguments import candidates, pattern
from initlint.runtime.callsites import constant_calls, heirs
from initlint.runtime.host import Built, Failed, Host, Job, Limits, Reason
from initlint.runtime.judge import instances, is_reached, judge

FATAL = (Reason.DEVICE, Reason.DTYPE)
"""What no finding can be confirmed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to build: the options of `initlint confirm`."""

    target: str = ""
    device: str = "cpu"
    placement: str = "construct"
    dtype: str = ""
    seeds: tuple[int, ...] = (0,)
    interpreter: str
    limits: Limits = field(default_factory=Limits)
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """The unchanged code, built twice from one job; the values of the first build are kept in a file."""

    job: Job
    builds: tuple[Built, Built]


@dataclass(slots=True)
class Site:
    """The findings of one class, and the calls of it in the project."""

    findings: list[Finding]
    calls: list[str] = field(default_factory=list)


def package(root: str, path: str) -> tuple[str, str]:
    """The folder to import a file from, and its dotted name there: the folder above its topmost package."""
    folder, name = os.path.split(os.path.join(root, path))
    parts = [] if name == "__init__.py" else [name.rpartition(".")[0]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return folder, ".".join(parts)


def _around(cls: str) -> str:
    """What to call to get a class that has no name of its own: the function that makes it, if any."""
    function, made, _ = cls.partition(".<locals>")
    return f"{function}(...)" if made else "..."


class Trials:
    """Builds for some of the findings, one after the other; its folder holds the values of the unchanged code."""

    def __init__(
        self, host: Host, folder: str, root: str, plan: Plan, step: Callable[[], None], files: Sequence[str]
    ) -> None:
        """`files` are those of the project, which are searched for subclasses of what cannot be built directly."""
        self.host = host
        self._root, self._plan, self._folder, self._step, self._files = root, plan, folder, step, files
        self._baselines: dict[tuple[object, ...], Baseline | Failed] = {}
        os.mkdir(folder)

    def alone(self, sites: Sequence[Site]) -> list[Result]:
        """Each finding by itself, with every seed."""
        results = []
        for site in sites:
            job, reason = self._starting(site)
            for seed in self._plan.seeds:
                for finding in site.findings:
                    results.append(self._confirmed(finding, seed, job, reason))
                    self._step()
            if not self._plan.target:
                self._forget()
        return results

    def together(self, alone: Sequence[Result]) -> list[Result]:
        """All findings with the same target and seed at once."""
        groups: dict[tuple[str, str, int], list[Result]] = {}
        for result in alone:
            if result.strategy is not None:
                place = package(self._root, result.findings[0].path)[0]
                groups.setdefault((result.target, place, result.seed), []).append(result)
        return [self._all(results) for results in groups.values() if len(results) > 1]

    def _starting(self, site: Site) -> tuple[Job | None, str]:
        """The job that builds the class of some findings, or why there is none."""
        finding = site.findings[0]
        if self._plan.target:
            job = self._job(self._plan.target, finding.path)
            baseline = self._baseline(job)
            if isinstance(baseline, Baseline) and "" in instances(finding, self._root, baseline.builds[0]):
                job = replace(job, times=2)
            return (job, "") if isinstance(baseline, Baseline) else (None, baseline.text)
        found, reason = self._by_itself(finding.path, finding.cls, site.calls)
        return found or self._through_an_heir(finding), reason

    def _through_an_heir(self, finding: Finding) -> Job | None:
        """The job that builds a subclass of a finding's class, imported from the same folder."""
        for path, heir in heirs(self._root, self._files, finding.cls):
            if package(self._root, path)[0] == package(self._root, finding.path)[0]:
                job, _ = self._by_itself(path, heir, constant_calls(self._root, self._files, (heir,))[heir])
                baseline = self._baseline(job) if job else None
                if isinstance(baseline, Baseline) and is_reached(finding, self._root, baseline.builds[0]):
                    return job
        return None

    def _by_itself(self, path: str, cls: str, calls: Sequence[str]) -> tuple[Job | None, str]:
        """The job that builds a class with arguments that work, or why there is none."""
        folder, module = package(self._root, path)
        described = self.host.describe(f"{module}:{cls}", self._root, (folder, self._root))
        if isinstance(described, Failed):
            if described.reason is Reason.IMPORT:
                return None, described.text
            return None, f"{described.text}; say what to build: --build '{module}:{_around(cls)}'"
        failures = []
        for call in candidates(cls, described.parameters, calls):
            job = replace(self._job(f"{module}:{call}", path), times=2)
            baseline = self._baseline(job)
            if isinstance(baseline, Baseline):
                return job, ""
            failures.append(f"`{call}`: {baseline.text}")
        call = pattern(cls, described.parameters)
        return None, f"no arguments were found that work ({failures[-1]}); say which: --build '{module}:{call}'"

    def _job(self, target: str, path: str) -> Job:
        plan, (folder, _) = self._plan, package(self._root, path)
        return Job(
            target=target,
            root=self._root,
            paths=(os.getcwd(), self._root, folder) if plan.target else (folder, self._root),
            seed=plan.seeds[0],
            device=plan.device,
            placement=plan.placement,
            dtype=plan.dtype,
        )

    def _baseline(self, job: Job) -> Baseline | Failed:
        """The unchanged code, built twice."""
        key = (job.target, job.paths, job.seed, job.times)
        if key not in self._baselines:
            kept = os.path.join(self._folder, str(len(self._baselines)))
            first = self._build(replace(job, keep=kept))
            second = self._build(replace(job, record=False)) if isinstance(first, Built) else first
            if isinstance(first, Failed):
                self._baselines[key] = first
            elif isinstance(second, Failed):
                self._baselines[key] = second
            else:
                self._baselines[key] = Baseline(replace(job, record=False, against=kept), (first, second))
        return self._baselines[key]

    def _build(self, job: Job) -> Built | Failed:
        outcome = self.host.build(job)
        if isinstance(outcome, Failed) and outcome.reason in FATAL:
            raise InitlintError(outcome.text)
        return outcome

    def _forget(self) -> None:
        """Drop the baselines, and remove their values from the disk."""
        self._baselines.clear()
        for entry in os.scandir(self._folder):
            os.unlink(entry.path)

    def _confirmed(self, finding: Finding, seed: int, job: Job | None, reason: str) -> Result:
        """The verdict on one finding."""
        if job is None:
            return Result(
                findings=(finding,),
                verdict=Verdict.INCONCLUSIVE,
                target=self._plan.target,
                seed=seed,
                reason=reason,
                failed=bool(self._plan.target),
            )
        baseline = self._baseline(replace(job, seed=seed))
        if isinstance(baseline, Failed):
            return self._inconclusive((finding,), job, seed, baseline.text)
        if not is_reached(finding, self._root, baseline.builds[0]):
            text = f"`{job.target}` does not build `{finding.cls}` of {finding.path}, so it shows nothing about it"
            return self._inconclusive((finding,), job, seed, text)
        reasons: list[str] = []
        for strategy in (Strategy.REMOVE, Strategy.ISOLATE):
            outcome = self._without({finding: strategy}, baseline)
            if isinstance(outcome, Built):
                found = judge((finding,), self._root, baseline.builds, outcome, strategy, job.target, seed)
                return replace(found, notes=(*found.notes, *reasons))
            reasons.append(f"{strategy.value}: {outcome}")
        return self._inconclusive((finding,), job, seed, "; ".join(reasons))

    def _inconclusive(self, findings: tuple[Finding, ...], job: Job, seed: int, reason: str) -> Result:
        return Result(findings=findings, verdict=Verdict.INCONCLUSIVE, target=job.target, seed=seed, reason=reason)

    def _all(self, results: Sequence[Result]) -> Result:
        """The verdict on several findings that are fixed at once, those of a file with one strategy."""
        findings = tuple(result.findings[0] for result in results)
        isolated = {r.findings[0].path for r in results if r.strategy is not Strategy.REMOVE}
        chosen = {f: Strategy.ISOLATE if f.path in isolated else Strategy.REMOVE for f in findings}
        target, seed = results[0].target, results[0].seed
        job = replace(self._job(target, findings[0].path), seed=seed, times=1 if self._plan.target else 2)
        baseline = self._baseline(job)
        if isinstance(baseline, Failed):
            return self._inconclusive(findings, job, seed, baseline.text)
        outcome = self._without(chosen, baseline)
        if isinstance(outcome, str):
            return self._inconclusive(findings, job, seed, outcome)
        strategy = Strategy.ISOLATE if isolated else Strategy.REMOVE
        return judge(findings, self._root, baseline.builds, outcome, strategy, target, seed)

    def _without(self, chosen: Mapping[Finding, Strategy], baseline: Baseline) -> Built | str:
        """The build without what the findings are about, or why there is none."""
        sources = {}
        for path in sorted({finding.path for finding in chosen}):
            findings = [finding for finding in chosen if finding.path == path]
            place = os.path.join(self._root, path)
            with open(place, "rb") as stream:
                rewritten = rewrite(stream.read(), findings, chosen[findings[0]], self._plan.device)
            if rewritten.refused:
                return rewritten.refused[0].reason
            sources[place] = rewritten.source
        outcome = self._build(replace(baseline.job, sources=sources))
        if isinstance(outcome, Failed):
            return outcome.text
        missing = {os.path.realpath(place) for place in sources} - set(outcome.served)
        return f"the build never imports {sorted(missing)[0]}" if missing else outcome
