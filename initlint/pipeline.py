"""A run from paths to a report: the stages of the design, in order.

The stages after the facts are only imported when they are needed: not for a run whose answer is in the cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import baseline, results, rules
from initlint.config import Config
from initlint.errors import Unreadable
from initlint.facts.cache import FOLDER, Cache
from initlint.facts.gather import (
    Gathered,
    Progress,
    digests,
    extracted,
    gather,
    read_again,
    without_changed,
    worker_count,
)
from initlint.findings import chosen, conclude, split_lines
from initlint.model import Confidence, Entry, Finding, InCell, Problem, RuleText
from initlint.project.environment import Environment, target
from initlint.report.record import Baseline, Report, Statistics
from initlint.results import Analysis
from initlint.sources import Sources, discover

if TYPE_CHECKING:
    from initlint.notebooks import Cell


def run(config: Config, progress: Progress | None = None, buffer: bytes | None = None) -> Report:
    """Check what the configuration names, reporting progress while files are read.

    A `buffer` is an editor's unsaved content of the one file that is named.
    """
    codes = chosen(config, rules.CODES)
    recorded = baseline.load(config.baseline) if config.baseline else ()
    sources = discover(config, buffer)
    environment = target(Path(sources.root), Path(config.python) if config.python else None, config.site_packages)
    cache = Cache("" if config.no_cache else config.cache_dir or os.path.join(sources.root, FOLDER))
    folders = [str(folder) for folder in environment.folders]
    known = digests(sources, cache)
    key = results.run_key(sources, known, codes, folders, config)
    analysis = results.recall(cache, key, sources.reported) if known else None
    if analysis is None:
        jobs = worker_count(config.jobs)
        gathered = gather(sources, cache, jobs, known, progress)
        try:
            analysis = analyse(sources, gathered, environment, codes, config, cache, jobs)
        except Unreadable:
            gathered = without_changed(sources, gathered)
            analysis = analyse(sources, gathered, environment, codes, config, cache, jobs)
        results.keep(cache, results.run_key(sources, gathered.digests, codes, folders, config), analysis)
    cache.close()
    return report(config, sources, analysis, recorded)


def analyse(
    sources: Sources,
    gathered: Gathered,
    environment: Environment,
    codes: frozenset[str],
    config: Config,
    cache: Cache,
    processes: int = 1,
) -> Analysis:
    """Link the facts and run the rules. A question about few files reuses what an earlier run linked."""
    from initlint.hazards import find
    from initlint.project import link, links
    from initlint.project.conventions import Conventions
    from initlint.project.noted import NotedProject
    from initlint.project.surveys import survey_of

    def source(path: str) -> bytes:
        return read_again(sources, path, gathered)

    conventions = Conventions(config.extra_base_classes, config.extra_init_methods)
    thorough = config.min_confidence == Confidence.POSSIBLE.value
    key = results.links_key(sources, map(str, environment.folders), config)
    standing = links.recall(cache, key, gathered) if cache else None
    extracting = partial(extracted, cache)
    linked = (gathered.facts, source, environment, sources.package, conventions, extracting)
    project = link(*linked, standing)
    if standing is not None:
        noting = partial(NotedProject, *linked, standing)
        project.survey = survey_of(project, cache, standing.key, gathered.digests, noting)
    problems = tuple(Problem(lost.path, lost.reason, lost.line) for lost in gathered.problems)
    found = tuple(find(project, sources.reported, codes, problems, thorough, processes))
    modules = {
        path: sum(project.is_module(info.id) for info in project.classes_in(path)) for path in sorted(sources.reported)
    }
    if cache and standing is None:
        links.keep(cache, key, project, gathered)
    comments = {path: gathered.facts[path].suppressions for path in gathered.facts if path in sources.reported}
    reported = {path: found for path, found in comments.items() if found}
    return Analysis(found, problems, modules, reported, results.installed(project.installed))


def report(config: Config, sources: Sources, analysis: Analysis, recorded: Iterable[Entry] = ()) -> Report:
    """Suppress, hide, sort and count; a problem that is already a finding is not repeated."""
    outcome = conclude(analysis.findings, analysis.comments, config, sources, rules.CODES, recorded)
    compared = outcome.compared
    cells = {finding.path: _cells(sources, finding.path) for finding in outcome.findings}
    return Report(
        findings=tuple(_in_cell(finding, cells[finding.path]) for finding in outcome.findings),
        problems=(
            *(Problem(folder, reason, 1) for folder, reason in sources.skipped),
            *(problem for problem in analysis.problems if problem.path not in sources.reported),
        ),
        statistics=Statistics(
            len(sources.reported),
            sum(analysis.modules.values()),
            len(sources.files),
            outcome.suppressed,
            outcome.hidden,
        ),
        root=sources.root,
        lines={place: lines for path in sorted(cells) for place, lines in _lines(sources, path, cells[path])},
        folder=os.getcwd(),
        baseline=Baseline(config.baseline, compared.known, compared.mended, compared.unjudged)
        if config.baseline
        else None,
        rules=_rule_texts() if config.output_format == "sarif" else (),
    )


def _rule_texts() -> tuple[RuleText, ...]:
    from initlint.explain import text

    return tuple(map(text, rules.RULES))


def _cells(sources: Sources, path: str) -> tuple[Cell, ...]:
    try:
        return sources.cells(path)
    except Unreadable:
        return ()


def _in_cell(finding: Finding, cells: tuple[Cell, ...]) -> Finding:
    """The finding, placed in its cell if it is in a notebook."""
    if not cells:
        return finding
    cell = [cell for cell in cells if cell.line <= finding.span.line][-1]
    span = finding.span.up(cell.line - 1)
    return replace(finding, span=span, cell=InCell(cell.number, cell.file_line(span.line)))


def _lines(sources: Sources, path: str, cells: tuple[Cell, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines of a file, or of each cell of a notebook."""
    if cells:
        from initlint.notebooks import lines

        yield from lines(path, cells).items()
    else:
        with suppress(Unreadable):
            yield path, split_lines(sources.read(path).decode())
