"""From a program to its files, in the import style of each."""

from __future__ import annotations

import re
from collections.abc import Iterable

from generated.program import Style
from generated.render import PACKAGE, Lines, Speller, indented, method

from ways.catalogue import PASSES, SHAPES, SWEEPS
from ways.family import Layer, Program
from ways.piece import Piece

HELPERS, OWNERS = "helpers.py", "owners.py"
NAMED = re.compile(r"(?:class |def |)([A-Za-z_]\w*)(?=[(:]| = )")


def files(program: Program) -> dict[str, str]:
    """Path to text."""
    made: dict[str, list[str]] = {HELPERS: []}
    for layer in program.layers:
        piece = whole(layer)
        made[HELPERS] += piece.helpers
        made.setdefault(layer.file, []).extend((*piece.functions, *text(layer, piece), "", "", *piece.after))
        made.setdefault(OWNERS, [])
    made[OWNERS] = [line for layer in program.layers for line in whole(layer).owners]
    homes = {name: path for path, lines in made.items() for name in defined(lines)}
    styles = dict(program.styles)
    texts = {}
    for path in [path for path, lines in made.items() if lines]:
        style = Style(*styles.get(path, ("nn", "relative")))
        texts[f"{PACKAGE}/{path}"] = Speller(path, style, homes).file(made[path])
    public = [name for name in homes if not name.startswith("_")]
    exports = [f"from .{homes[name].removesuffix('.py')} import {name}" for name in public if homes[name] != OWNERS]
    return {f"{PACKAGE}/__init__.py": "\n".join((*exports, "")), **texts}


def defined(lines: Iterable[str]) -> list[str]:
    """The names that a file defines."""
    return [found[1] for line in lines if (found := NAMED.match(line)) and found[1] not in ("if", "try", "else")]


def whole(layer: Layer) -> Piece:
    """All that the class holds, and all that is read in it, pretended to be read, or initialised."""
    piece = Piece()
    for item in layer.items:
        defining = item.defining
        fill = Piece(late=tuple(line.replace("{v}", f"self.{item.slot.name}") for line in item.slot.product.fill))
        piece += defining + fill + item.noise
    for item in layer.items:
        piece += item.reading
    if layer.sweep:
        piece += SWEEPS[layer.sweep](layer.name)
    if layer.runs_pass:
        piece += PASSES[layer.runs_pass].make(layer.name)
    return piece


def text(layer: Layer, piece: Piece) -> list[str]:
    """The class as it stands in its file."""
    base = f"${layer.base}" if layer.base else "nn.Module"
    body = [*piece.init, *piece.late]
    shape = SHAPES[layer.shape](layer.name, (base,), piece, tuple(body))
    lines = [*piece.body, *shape.members, *piece.members, *forward(layer, piece.steps)]
    while lines and not lines[-1]:
        lines.pop()
    return [*shape.head, *indented(lines or ["pass"]), *shape.tail]


def forward(layer: Layer, steps: Lines) -> Lines:
    above = ["x = super().forward(x)"] if layer.base and layer.extends else []
    return method("forward", [*above, *steps, "return x"], "x") if steps or not layer.base else ()


def show(program: Program) -> str:
    """The program for a person to read."""
    return "\n".join(f"# === {path}\n{text}" for path, text in files(program).items())
