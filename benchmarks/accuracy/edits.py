"""Edit a copy of a library at random, and compare after each edit what is found with and without a cache.

    python benchmarks/accuracy/edits.py LIBRARY_DIR --count 30 --seed 1

Asked about are the file that was edited last and the one that got a dead layer last, now and then the whole library.
The first difference ends the run with status 1 and leaves the copy, so that it can be looked into.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from initlint import pipeline
from initlint.config import Config
from initlint.report import json

WHOLE_EVERY = 10
BUILT = re.compile(r"^( +)super\(\)\.__init__\(.*\)\n", re.MULTILINE)
READ = re.compile(r"self\.(\w+)\(x\)")
CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
LINE = re.compile(r"^ +self\.", re.MULTILINE)

Edit = Callable[[str, str, random.Random], str | None]
"""The new text of a file, from the old one, a fresh name and chance; None where there is no place for the edit."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp()) / options.library.name
    shutil.copytree(options.library, folder, ignore=shutil.ignore_patterns(".*"))
    answer(folder)
    dead = chance.choice(files(folder))
    for number in range(options.count):
        edited, what = edit(folder, number, chance)
        dead = edited if what == "dead layer" else dead
        asked = [folder] if number % WHOLE_EVERY == WHOLE_EVERY - 1 else [edited, dead]
        for path in (path for path in asked if path.exists()):
            same = answer(path) == answer(path, no_cache=True)
            print(f"{number}: {what} in {edited.relative_to(folder)}, asked about {path.name}: {same}", flush=True)
            if not same:
                print(f"the answers differ: {path}")
                return 1
    shutil.rmtree(folder.parent)
    return 0


def answer(path: Path, **options: bool) -> str:
    return json.render(pipeline.run(Config(paths=(str(path),), min_confidence="possible", **options)))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if CLASS.search(path.read_text(encoding="utf-8")))


def edit(folder: Path, number: int, chance: random.Random) -> tuple[Path, str]:
    """Change, make or delete a file."""
    path, kind = chance.choice(files(folder)), chance.choice([*EDITS, *MORE, "subclass", "new file", "deletion"])
    text = path.read_text(encoding="utf-8")
    if kind in EDITS:
        name = f"edited_{number}"
        path.write_text(EDITS[kind](text, name, chance) or f"{text}\n# {name}\n", encoding="utf-8")
    elif kind == "deletion":
        path.unlink()
    else:
        other = chance.choice(files(folder)) if kind == "subclass" else folder / f"edited_{number}.py"
        before = other.read_text(encoding="utf-8") if kind == "subclass" else ""
        other.write_text(before + heir(folder, path, number, chance), encoding="utf-8")
        path = other
    return path, kind


def heir(folder: Path, path: Path, number: int, chance: random.Random) -> str:
    """A subclass of a class in a file, which reads what that may define."""
    text = path.read_text(encoding="utf-8")
    module = ".".join((folder.name, *path.relative_to(folder).with_suffix("").parts))
    base, read = chance.choice(CLASS.findall(text)), chance.choice(READ.findall(text) or ["head"])
    method = f"    def look(self):\n        return self.{read}\n"
    return f"\n\nfrom {module} import {base}\n\n\nclass Heir{number}({base}):\n{method}"


def with_comment(text: str, name: str, chance: random.Random) -> str:
    places = [match.start() for match in LINE.finditer(text)] or [len(text)]
    place = chance.choice(places)
    return f"{text[:place]}# {name}\n{text[place:]}"


def with_dead_layer(text: str, name: str, chance: random.Random) -> str | None:
    found = list(BUILT.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    return f"{text[: match.end()]}{match[1]}self.{name} = torch.nn.Linear(3, 4)\n{text[match.end() :]}"


def without_reader(text: str, _name: str, chance: random.Random) -> str | None:
    found = list(READ.finditer(text))
    if not found:
        return None
    match = chance.choice(found)
    return text[: match.start()] + "x" + text[match.end() :]


def with_renamed_class(text: str, name: str, chance: random.Random) -> str:
    match = chance.choice(list(CLASS.finditer(text)))
    return text[: match.start(1)] + match[1] + name + text[match.end(1) :]


def with_sweep(text: str, name: str, chance: random.Random) -> str:
    cls = chance.choice(CLASS.findall(text))
    return text + f"\n\ndef {name}(model: {cls}):\n    return [part(1) for part in model.children()]\n"


def with_computed_name(text: str, name: str, chance: random.Random) -> str:
    read = chance.choice(READ.findall(text) or ["head"])
    return text + f'\n\ndef {name}(model, name="{read}"):\n    return getattr(model, name)(1)\n'


def with_statement(text: str, name: str, chance: random.Random) -> str | None:
    """What a method does changes, and nothing that other files can import."""
    match = chance.choice(list(LINE.finditer(text)) or [None])
    if match is None:
        return None
    read, cls = chance.choice(READ.findall(text) or ["head"]), chance.choice(CLASS.findall(text))
    function = chance.choice(re.findall(r"\b([a-z]\w+)\(", text))
    statement = chance.choice(
        [
            "[each(x) for each in x.children()]",
            f'getattr(x, "{read}")(x)',
            f"x.{read}(x)",
            f"x.{read} = {cls}()",
            f"{function}({cls}(), {cls})",
            f"{cls}().{function}({cls}())",
            f'[getattr({cls}(), name)(x) for name in ("{read}", "{name}")]',
        ]
    )
    indent = match.group().removesuffix("self.")
    return f"{text[: match.start()]}{indent}{statement}\n{text[match.start() :]}"


def with_call(text: str, name: str, chance: random.Random) -> str:
    """A function of the file is given an instance of one of its classes."""
    function = chance.choice(re.findall(r"^def (\w+)\(", text, re.MULTILINE) or ["print"])
    return text + f"\n\n{name} = {function}({chance.choice(CLASS.findall(text))}())\n"


EDITS: dict[str, Edit] = {
    "comment": with_comment,
    "dead layer": with_dead_layer,
    "removed reader": without_reader,
    "renamed class": with_renamed_class,
    "sweep": with_sweep,
    "computed name": with_computed_name,
    "call": with_call,
    "statement": with_statement,
}

MORE = ("statement",) * 20 + ("dead layer",) * 4
"""Edits after which links still stand."""

if __name__ == "__main__":
    sys.exit(main())
