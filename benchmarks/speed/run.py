"""Runs initlint beside ruff, vulture and TorchFix over libraries and prints what each costs as a table.

    python benchmarks/speed/run.py LIBRARY_DIR [LIBRARY_DIR ...] --runs 5

Each library is copied first, so that a file of it can be edited. Cold is without any cache, warm with the cache of an
equal run before, "after an edit" with that cache and a comment added to one file. "One file" is that file alone, in
its project, as an editor or pre-commit asks for it. The tools take turns and the lowest time of all runs counts, for
whatever else the machine does can only add to it. Ratios hold within one run on one machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from measure import Cost, measure, peak_memory

REPOSITORY = Path(__file__).resolve().parents[2]
STATUSES = frozenset({0, 1, 3})
"""Nothing found; something found; something found, as vulture says it."""

TREE, FILE, EDIT = "whole tree", "one file", "after an edit"
COLD, WARM = "cold", "warm"
SUBJECTS = (TREE, f"{TREE} {EDIT}", FILE, f"{FILE} {EDIT}", "start")


@dataclass(frozen=True)
class Library:
    """A copy of a library, the file that is looked at alone, and a folder for caches."""

    name: str
    root: Path
    file: Path
    caches: Path

    @property
    def files(self) -> list[Path]:
        return sorted(self.root.rglob("*.py"))


@dataclass(frozen=True)
class Job:
    """One row of the table: a tool, its command, and what has to be done before each run."""

    tool: str
    subject: str
    state: str
    command: list[str]
    warms: bool = False
    edits: bool = False
    note: str = ""


# -- what is run ---------------------------------------------------------------------------------------------------


def jobs(library: Library, options: argparse.Namespace) -> Iterator[Job]:
    """Every tool in every state that it has, leaving out those that are not there."""
    for tool, build in BUILDERS.items():
        command = shlex.split(getattr(options, tool))
        if not command:
            continue
        if shutil.which(command[0]) is None:
            print(f"{tool} is left out: there is no command `{command[0]}` (see --{tool})", file=sys.stderr)
            continue
        yield from build(command, library, options)
    yield Job("bare Python", "start", "", [sys.executable, "-c", "pass"])


def _initlint(command: list[str], library: Library, _: argparse.Namespace) -> Iterator[Job]:
    check = [*command, "check", "--quiet", "--isolated"]
    yield from _with_cache("initlint", check, ["--no-cache"], library)


def _ruff(command: list[str], library: Library, _: argparse.Namespace) -> Iterator[Job]:
    check = [*command, "check", "--quiet", "--isolated"]
    yield from _with_cache("ruff", check, ["--no-cache"], library)


def _with_cache(tool: str, check: list[str], without: list[str], library: Library) -> Iterator[Job]:
    cached = [*check, "--cache-dir", str(library.caches / tool)]
    for subject, target in ((TREE, str(library.root)), (FILE, str(library.file))):
        yield Job(tool, subject, COLD, [*check, *without, target])
        yield Job(tool, subject, WARM, [*cached, target], warms=True)
        yield Job(tool, f"{subject} {EDIT}", WARM, [*cached, target], warms=True, edits=True)


def _vulture(command: list[str], library: Library, _: argparse.Namespace) -> Iterator[Job]:
    yield Job("vulture", TREE, COLD, [*command, str(library.root)])
    yield Job("vulture", FILE, COLD, [*command, str(library.file)])


def _torchfix(command: list[str], library: Library, options: argparse.Namespace) -> Iterator[Job]:
    some, note = _sample(library, options.limit_torchfix)
    targets = [str(file) for file in some] if note else [str(library.root)]
    yield Job("torchfix", TREE, COLD, [*command, *targets], note=note)
    yield Job("torchfix", FILE, COLD, [*command, str(library.file)])


def _sample(library: Library, limit: int) -> tuple[list[Path], str]:
    """Evenly spread files, and what share of the library's bytes they hold."""
    files = library.files
    if not limit or limit >= len(files):
        return files, ""
    some = files[:: len(files) // limit][:limit]
    share = sum(file.stat().st_size for file in some) / sum(file.stat().st_size for file in files)
    return some, f"{len(some)} of {len(files)} files, {share:.1%} of the bytes"


BUILDERS: dict[str, Callable[[list[str], Library, argparse.Namespace], Iterator[Job]]] = {
    "initlint": _initlint,
    "ruff": _ruff,
    "vulture": _vulture,
    "torchfix": _torchfix,
}


# -- running -------------------------------------------------------------------------------------------------------


def run_all(planned: list[Job], library: Library, options: argparse.Namespace) -> list[tuple[Job, Cost]]:
    """The lowest cost of each job; the jobs take turns, and one that failed is not run again."""
    best: dict[int, Cost] = {}
    for _ in range(options.runs):
        for number, job in enumerate(planned):
            before = best.get(number)
            if before is None or not before.failure:
                cost = _run(job, library, options.timeout)
                best[number] = cost if before is None or cost.failure else _lower(before, cost)
    return [(job, _with_memory(job, best[number], library, options)) for number, job in enumerate(planned)]


def _prepare(job: Job, library: Library, limit: float) -> None:
    if job.warms:
        measure(job.command, library.root, limit, STATUSES)
    if job.edits:
        with library.file.open("a", encoding="utf-8") as file:
            file.write("# edited\n")


def _run(job: Job, library: Library, limit: float) -> Cost:
    _prepare(job, library, limit)
    return measure(job.command, library.root, limit, STATUSES)


def _lower(one: Cost, other: Cost) -> Cost:
    return Cost(min(one.wall, other.wall), min(one.processor, other.processor))


def _with_memory(job: Job, cost: Cost, library: Library, options: argparse.Namespace) -> Cost:
    if cost.failure or options.no_memory:
        return cost
    _prepare(job, library, options.timeout)
    return replace(cost, memory=peak_memory(job.command, library.root, options.timeout))


def copied(source: Path, scratch: Path, one_file: str) -> Library:
    """A copy of the Python files of a library."""
    name = source.resolve().name
    root = scratch / name
    for file in sorted(source.rglob("*.py")):
        if file.is_file():
            copy = root / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    chosen = root / one_file if one_file else _typical(root)
    if not chosen.is_file():
        sys.exit(f"there is no file {one_file} in {source}")
    return Library(name, root, chosen, scratch / f"caches-{name}")


def _typical(root: Path) -> Path:
    """The file of middle size among those that define modules."""
    files = [file for file in root.rglob("*.py") if b"nn.Module)" in file.read_bytes()]
    if not files:
        sys.exit(f"{root.name} has no file that defines a module")
    return sorted(files, key=lambda file: (file.stat().st_size, file))[len(files) // 2]


# -- telling -------------------------------------------------------------------------------------------------------


def table(costs: list[tuple[Job, Cost]]) -> Iterator[str]:
    """A markdown table. The last column says how many times the time of initlint, doing the same, a tool took."""
    own = {(job.subject, job.state): cost for job, cost in costs if job.tool == "initlint"}
    yield "| what | state | tool | wall | CPU | peak memory | wall, times initlint |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    for job, cost in sorted(costs, key=lambda pair: (SUBJECTS.index(pair[0].subject), pair[0].state)):
        cells = [job.subject, job.state, job.tool + (f" ({job.note})" if job.note else "")]
        cells += [cost.failure, "", "", ""] if cost.failure else _figures(job, cost, own.get((job.subject, job.state)))
        yield f"| {' | '.join(cells)} |"


def _figures(job: Job, cost: Cost, own: Cost | None) -> list[str]:
    comparable = own is not None and not own.failure and not job.note
    return [
        f"{cost.wall:.3f} s",
        f"{cost.processor:.3f} s",
        f"{cost.memory / 1e6:.0f} MB" if cost.memory else "",
        f"{cost.wall / own.wall:.2f}" if own is not None and comparable else "",
    ]


def heading(library: Library, options: argparse.Namespace) -> str:
    size = sum(file.stat().st_size for file in library.files)
    lines = sum(file.read_bytes().count(b"\n") for file in library.files)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"## {library.name}: {len(library.files):,} files, {lines:,} lines, {size / 1e6:.1f} MB\n\n"
        f"Best of {options.runs} on {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load {load} before. One file: `{library.file.relative_to(library.root).as_posix()}`.\n"
    )


def beside(name: str) -> str:
    """A console script of the environment that runs this, if it is there, else the one on the path."""
    script = Path(sys.executable).with_name(name)
    return shlex.quote(str(script)) if script.exists() else name


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", type=Path, nargs="+", help="folders of libraries")
    parser.add_argument("--runs", type=int, default=5, help="runs of each job; the best counts")
    parser.add_argument("--one-file", default="", help="the file to look at alone, by its path inside the library")
    parser.add_argument("--timeout", type=float, default=120, help="seconds after which a run is stopped")
    parser.add_argument("--limit-torchfix", type=int, default=0, help="give TorchFix only so many files of a tree")
    parser.add_argument("--no-memory", action="store_true", help="leave out the runs that measure memory")
    parser.add_argument("--initlint", default=f"{shlex.quote(sys.executable)} -m initlint", help="the command")
    for tool in ("ruff", "vulture", "torchfix"):
        parser.add_argument(f"--{tool}", default=beside(tool), help="the command; empty leaves the tool out")
    options = parser.parse_args()
    missing = [str(folder) for folder in options.libraries if not folder.is_dir()]
    if missing:
        parser.error(f"there is no folder {', '.join(missing)}")
    return options


def main() -> None:
    options = arguments()
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    with tempfile.TemporaryDirectory(prefix="speed-") as scratch:
        for folder in options.libraries:
            library = copied(folder, Path(scratch), options.one_file)
            planned = list(jobs(library, options))
            print(heading(library, options))
            _print_all(table(run_all(planned, library, options)))


def _print_all(lines: Iterable[str]) -> None:
    print("\n".join(lines) + "\n", flush=True)


if __name__ == "__main__":
    main()
