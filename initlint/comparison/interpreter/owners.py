"""The owner of each draw in the end: the path of a module or tensor from the root of the construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.comparison.interpreter.cells import Content, Listed, Tabled
from initlint.comparison.terms import is_constant
from initlint.comparison.trace import rows
from initlint.comparison.values import Choice, Instance, Items, Made, Repeat, Spread, Table, Value

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


def name_owners(run: Run, root: Value) -> None:
    """Set the owner of every draw."""
    paths: dict[int, str] = {}
    draws: dict[int, str] = {}
    _walk(run, root, "", paths, draws)
    for row in rows(run.events):
        draw = row.draw
        if draw is None:
            continue
        home = run.homes.get(id(draw))
        prefix = paths.get(home.token, "") if home is not None else ""
        draw.owner = draws.get(id(draw), "")
        inside = draw.owner.startswith(prefix + ".") if prefix else True
        draw.name = draw.owner[len(prefix) + 1 :] if prefix and inside else draw.owner


def _walk(  # noqa: C901  (one case for each kind)
    run: Run,
    value: Content,
    path: str,
    paths: dict[int, str],
    draws: dict[int, str],
) -> None:
    match value:
        case Made() | Instance():
            if value.token in paths:
                return
            paths[value.token] = path
            if isinstance(value, Made):
                for draw in value.draws:
                    draws.setdefault(id(draw), path)
            for name, part in run.cells.parts(value.token):
                inner = path if name.startswith(".") else f"{path}.{name}".lstrip(".")
                _walk(run, part, inner, paths, draws)
        case Items() | Table() if value.token not in paths:
            paths[value.token] = path
            for _, content in run.cells.parts(value.token):
                _walk(run, content, path, paths, draws)
        case Listed(items=items):
            for place, item in enumerate(items):
                name = "*" if isinstance(item, Repeat | Spread) else str(place)
                _walk(run, item, f"{path}.{name}", paths, draws)
        case Tabled(entries=entries):
            for key, item in entries:
                _walk(run, item, f"{path}.{str(key.args[0]) if is_constant(key) else '*'}", paths, draws)
        case Repeat():
            _walk(run, value.value, path, paths, draws)
        case Choice() if -id(value) not in paths:
            paths[-id(value)] = path
            _walk(run, value.yes, path, paths, draws)
            _walk(run, value.no, path, paths, draws)
        case _:
            pass
