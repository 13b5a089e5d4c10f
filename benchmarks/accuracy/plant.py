"""Plants dead definitions in a copy of a library and reports how many of them initlint finds.

    python benchmarks/accuracy/plant.py LIBRARY_DIR --count 150 --seed 0 --report

Where and under which names is decided by the library's text alone (families.py), never by initlint's own linking:
a name is planted in a class only if the library uses that name for definitions elsewhere, and no class that the
target could be related to mentions it. Such a plant is dead for certain, however often its name is read elsewhere.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from families import Library
from kinds import KINDS, NAMES_NEEDED, Site, Spelled, Speller, expected_codes
from linter import DEFAULT_COMMAND, run_linter

if TYPE_CHECKING:
    from linter import Found
    from texts import ClassText

DEAD_CODES = frozenset({"SOH101", "SOH102", "SOH103", "SOH201", "SOH202"})
OUTCOMES = ("certain", "possible", "missed")


@dataclass(frozen=True)
class Plant:
    """One statement that was planted, and the definitions that it makes."""

    path: str
    cls: str
    kind: str
    names: tuple[str, ...]
    spelled: Spelled
    after: int
    imports_torch: bool


@dataclass(frozen=True)
class Outcome:
    """What initlint said of one planted definition."""

    plant: Plant
    name: str
    outcome: str
    message: str
    code: str

    @property
    def miscalled(self) -> bool:
        """Found, but under a code for something else, or with the wrong answer to whether it draws."""
        return bool(self.code) and self.code not in expected_codes(self.plant.kind)


# -- choosing ------------------------------------------------------------------------------------------------------


def choose(library: Library, count: int, seed: int, infrastructure: bool) -> Iterator[Plant]:
    """Plants in different classes, the kinds in turn, the names by how often the library uses them."""
    chance = random.Random(seed)
    candidates = [key for key in sorted(library.classes) if library.classes[key].constructor and library.is_module(key)]
    chance.shuffle(candidates)
    kinds = list(KINDS)
    planted = 0
    for key in candidates:
        if planted == count:
            return
        if library.obstacle(key, infrastructure):
            continue
        kind = kinds[planted % len(kinds)]
        names = _names(library, library.classes[key], NAMES_NEEDED.get(kind, 1), chance)
        if names:
            yield _plant(library, library.classes[key], kind, names, chance)
            planted += 1


def _names(library: Library, cls: ClassText, needed: int, chance: random.Random) -> tuple[str, ...]:
    taken = library.mentions(cls.key)
    free = {name: weight for name, weight in library.names.items() if name not in taken}
    chosen: list[str] = []
    while free and len(chosen) < needed:
        chosen += chance.choices(list(free), list(free.values()))
        del free[chosen[-1]]
    return tuple(chosen) if len(chosen) == needed else ()


def _plant(library: Library, cls: ClassText, kind: str, names: tuple[str, ...], chance: random.Random) -> Plant:
    assert cls.constructor is not None
    speller = Speller(library.files[cls.path], chance)
    site = Site(cls.constructor, speller, _project_class(library, cls, chance), chance)
    spelled = KINDS[kind](site, names)
    after = chance.choice(cls.constructor.places)
    return Plant(cls.path, cls.name, kind, names, spelled, after, speller.imports_torch)


def _project_class(library: Library, cls: ClassText, chance: random.Random) -> str:
    """The construction of another module class of the same file, if one stands above."""
    related = library.family(cls.key)
    others = [
        other
        for other in library.files[cls.path].classes
        if other.key not in related and other.required is not None and library.is_module(other.key)
    ]
    if not others:
        return ""
    other = chance.choice(others)
    return f"{other.name}({', '.join(['8'] * (other.required or 0))})"


# -- planting ------------------------------------------------------------------------------------------------------


def copy_library(library: Path, target: Path) -> None:
    """The Python files of a library and nothing else."""
    for source in sorted(library.rglob("*.py")):
        if source.is_file():
            copy = target / source.relative_to(library)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def plant_all(root: Path, library: Library, plants: Iterable[Plant]) -> None:
    """Write the plants into their files, the last line first, so that the lines before stay where they are."""
    by_path: dict[str, list[Plant]] = {}
    for plant in plants:
        by_path.setdefault(plant.path, []).append(plant)
    for path, planted in by_path.items():
        file = root / path
        lines = file.read_text("utf-8").split("\n")
        insertions = [piece for plant in planted for piece in _pieces(library, plant)]
        if any(plant.imports_torch for plant in planted):
            insertions.append((library.files[path].header, ["import torch"]))
        for after, added in sorted(insertions, key=lambda piece: piece[0], reverse=True):
            lines[after:after] = added
        text = "\n".join(lines)
        compile(text, str(file), "exec", dont_inherit=True)
        file.write_text(text, "utf-8")


def _pieces(library: Library, plant: Plant) -> Iterator[tuple[int, list[str]]]:
    constructor = library.classes[plant.path, plant.cls].constructor
    assert constructor is not None
    if plant.spelled.method:
        yield constructor.end, ["", *(constructor.method_indent + line for line in plant.spelled.method)]
    yield plant.after, [constructor.indent + line for line in plant.spelled.lines]


# -- finding -------------------------------------------------------------------------------------------------------


def judge(plants: Iterable[Plant], findings: Iterable[Found]) -> Iterator[Outcome]:
    """What was said of each planted definition: by the same file, class and attribute."""
    said: dict[tuple[str, str, str], Found] = {}
    for finding in findings:
        if finding["code"] in DEAD_CODES:
            said[finding["path"], finding["class"], finding["attribute"]] = finding
    for plant in plants:
        for name in plant.names:
            found = said.get((plant.path, plant.cls, name))
            if found:
                yield Outcome(plant, name, found["confidence"], found["message"], found["code"])
            else:
                yield Outcome(plant, name, "missed", "", "")


# -- telling -------------------------------------------------------------------------------------------------------


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Recall by kind and in all, as a markdown table."""
    yield "| kind | planted | certain | possible | missed | recall, certain | recall |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for kind in KINDS:
        mine = [outcome for outcome in outcomes if outcome.plant.kind == kind]
        if mine:
            yield _row(kind.replace("_", " "), mine)
    yield _row("**all**", outcomes)


def _row(title: str, outcomes: list[Outcome]) -> str:
    counts = Counter(outcome.outcome for outcome in outcomes)
    certain, total = counts["certain"], len(outcomes)
    cells = [title, str(total), *(str(counts[outcome]) for outcome in OUTCOMES)]
    cells += [f"{certain / total:.1%}", f"{(certain + counts['possible']) / total:.1%}"] if total else ["", ""]
    return f"| {' | '.join(cells)} |"


def listing(outcomes: list[Outcome]) -> Iterator[str]:
    """Every plant that was not found for certain: where, what, and the doubt that was named."""
    for outcome in sorted(outcomes, key=lambda o: (o.outcome, o.plant.path, o.plant.after)):
        if outcome.outcome != "certain":
            yield f"{outcome.outcome}: {_described(outcome)}"
            if outcome.message:
                yield f"    {outcome.message}"
    for outcome in outcomes:
        if outcome.miscalled:
            yield f"as {outcome.code}: {_described(outcome)}"


def _described(outcome: Outcome) -> str:
    plant = outcome.plant
    return f"{plant.path} {plant.cls}.{outcome.name} [{plant.kind}] `{plant.spelled.lines[0]}`"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="the folder of a library")
    parser.add_argument("--count", type=int, default=150, help="how many statements to plant, at most one a class")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", action="store_true", help="list every plant that was not found for certain")
    parser.add_argument(
        "--infrastructure",
        action="store_true",
        help="also plant below bases without a forward that go over all children (saving, loading, hooks)",
    )
    parser.add_argument("--keep", type=Path, help="plant in this new folder and leave it there")
    parser.add_argument("--linter", default=DEFAULT_COMMAND, help="how initlint is started")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if not options.library.is_dir():
        sys.exit(f"there is no folder {options.library}")
    with tempfile.TemporaryDirectory(prefix="planted-") as scratch:
        root = options.keep or Path(scratch) / options.library.resolve().name
        copy_library(options.library, root)
        library = Library(root)
        plants = list(choose(library, options.count, options.seed, options.infrastructure))
        if not plants:
            sys.exit(f"{options.library} has no class to plant in")
        plant_all(root, library, plants)
        outcomes = list(judge(plants, run_linter(options.linter, root)))
    name, files = options.library.resolve().name, len(library.files)
    print(f"{name}: {len(plants)} statements planted in {files} files, seed {options.seed}\n")
    print("\n".join(table(outcomes)))
    print(f"\n{sum(outcome.miscalled for outcome in outcomes)} found under a code that is not theirs")
    if options.report:
        print("\n" + "\n".join(listing(outcomes)))


if __name__ == "__main__":
    main()
