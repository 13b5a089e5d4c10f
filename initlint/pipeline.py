"""A run from paths to a report: the stages of the design, in their order."""

from __future__ import annotations

import os
from pathlib import Path

from initlint import results, rules
from initlint.config import Config
from initlint.facts.cache import FOLDER, Cache
from initlint.facts.extract import extract
from initlint.facts.gather import (
    Gathered,
    Progress,
    digests,
    gather,
    read_again,
    without_changed,
    worker_count,
)
from initlint.findings import chosen, conclude, split_lines
from initlint.hazards import find
from initlint.model import Confidence, Finding, Problem
from initlint.project import link
from initlint.project.environment import Environment, target
from initlint.report.record import Report, Statistics
from initlint.results import Analysis
from initlint.sources import Sources, Unreadable, discover, read


def run(config: Config, progress: Progress | None = None) -> Report:
    """Check what the configuration names; the progress is told while files are read."""
    codes = chosen(config, [rule.code for rule in rules.RULES])
    thorough = config.min_confidence == Confidence.POSSIBLE.value
    sources = discover(config)
    environment = target(Path(sources.root), Path(config.python) if config.python else None)
    cache = Cache("" if config.no_cache else config.cache_dir or os.path.join(sources.root, FOLDER))
    folders = [str(folder) for folder in environment.folders]
    known = digests(sources.root, sources.files, cache)
    analysis = results.recall(cache, results.run_key(sources, known, codes, folders, thorough)) if known else None
    if analysis is None:
        jobs = worker_count(config.jobs)
        gathered = gather(sources.root, sources.files, cache, jobs, known, progress)
        try:
            analysis = analyse(sources, gathered, environment, codes, thorough, jobs)
        except Unreadable:
            gathered = without_changed(sources.root, gathered)
            analysis = analyse(sources, gathered, environment, codes, thorough, jobs)
        results.keep(cache, results.run_key(sources, gathered.digests, codes, folders, thorough), analysis)
    cache.close()
    return report(config, sources, analysis)


def analyse(
    sources: Sources,
    gathered: Gathered,
    environment: Environment,
    codes: frozenset[str],
    thorough: bool = False,
    processes: int = 1,
) -> Analysis:
    """Link the facts and run the rules over them."""

    def source(path: str) -> bytes:
        return read_again(sources.root, path, gathered)

    project = link(gathered.facts, source, environment, sources.package)
    problems = tuple(Problem(lost.path, lost.reason, lost.line) for lost in gathered.problems)
    found = tuple(find(project, sources.reported, codes, problems, thorough, processes))
    modules = sum(info.path in sources.reported and project.is_module(id) for id, info in project.classes.items())
    return Analysis(found, problems, modules, results.installed(project.installed))


def report(config: Config, sources: Sources, analysis: Analysis) -> Report:
    """Suppress, hide, sort and count; what was said by a finding is not said again as a problem."""
    lines = {path: _lines(sources, path) for path in sorted({finding.path for finding in analysis.findings})}
    outcome = conclude(analysis.findings, lines, config)
    return Report(
        findings=outcome.findings,
        problems=(
            *(Problem(folder, reason, 1) for folder, reason in sources.skipped),
            *(problem for problem in analysis.problems if problem.path not in sources.reported),
        ),
        statistics=Statistics(
            len(sources.reported), analysis.modules, len(sources.files), outcome.suppressed, outcome.hidden
        ),
        root=sources.root,
        lines=lines,
        folder=os.getcwd(),
    )


def _lines(sources: Sources, path: str) -> tuple[str, ...]:
    try:
        return split_lines(read(os.path.join(sources.root, path)).decode())
    except Unreadable:
        return ()


def check_sources(files: dict[str, str]) -> tuple[Finding, ...]:
    """What all rules find in a project given as texts by path, with nothing suppressed or hidden."""
    texts = {path: text.encode() for path, text in files.items()}
    project = link({path: extract(text) for path, text in texts.items()}, texts.__getitem__)
    found = find(project, frozenset(files), frozenset(rule.code for rule in rules.RULES))
    return tuple(sorted(found, key=lambda finding: (finding.path, finding.span, finding.code, finding.attribute)))
