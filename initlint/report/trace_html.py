"""A trace, or two builds side by side, as an HTML page: a single file that loads nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from importlib.resources import files

from initlint.report.parting import Change, Parting, Verdict, answer
from initlint.report.parting_full import marks
from initlint.report.trace import Draw, Trace, set_up, short

TEMPLATE = "trace.html"


def render(trace: Trace) -> str:
    """One build."""
    dead = [draw for draw in trace.draws if draw.dead]
    wasted = sum(draw.amount for draw in dead)
    return _page(
        {
            "title": trace.target,
            "how": f"{trace.of} · {set_up(trace.setup)} · Python {trace.python}",
            "facts": [
                *_facts(trace),
                *(
                    [
                        [
                            f"{len(dead):,}",
                            f"draw{'s' * (len(dead) != 1)} of {wasted:,} numbers for what is never used",
                            True,
                        ]
                    ]
                    if dead
                    else []
                ),
            ],
            "notes": trace.notes,
            "sides": [{"label": "", "draws": [_draw(draw) for draw in trace.draws]}],
        }
    )


def render_parting(parting: Parting) -> str:
    """Two builds, one above the other."""
    tensors = parting.tensors
    old, new = _sides(parting)
    return _page(
        {
            "title": " → ".join(parting.labels),
            "how": _how(parting),
            "answer": answer(parting),
            "verdict": parting.verdict.value,
            "facts": [
                [f"{len(parting.old.draws):,} → {len(parting.new.draws):,}", "draws", False],
                [f"{tensors.same:,}", "tensors are equal", False],
                [f"{len(tensors.differ):,}", "differ", bool(tensors.differ)],
                [f"{len(tensors.missing):,}", "missing", False],
                [f"{len(tensors.added):,}", "added", False],
                [f"{len(tensors.renamed):,}", "renamed", False],
            ],
            "notes": [*_statically(parting), *parting.notes],
            "sides": [{"label": parting.labels[0], "draws": old}, {"label": parting.labels[1], "draws": new}],
        }
    )


def _how(parting: Parting) -> str:
    old, new = set_up(parting.old.setup), set_up(parting.new.setup)
    return f"{parting.new.target} · {new if old == new else f'{old} → {new}'}"


def _statically(parting: Parting) -> Iterable[str]:
    if parting.disagreement:
        yield f"the static answer and the builds disagree: {parting.disagreement}"
        yield f"without building: {parting.static}"


def _facts(trace: Trace) -> list[list[object]]:
    filled = len({draw.owner for draw in trace.draws if draw.owner})
    return [
        [f"{len(trace.draws):,}", "draws", False],
        [f"{trace.amount:,}", "random numbers", False],
        [f"{filled:,} of {len(trace.tensors):,}", "tensors filled by them", False],
    ]


def _sides(parting: Parting) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The draws of both sides, each with its mark and the index of its partner on the other side."""
    sides: tuple[list[dict[str, object]], list[dict[str, object]]] = ([], [])
    shown = parting.first if parting.verdict in (Verdict.PART, Verdict.UNKNOWN) else None
    for place, (line, mark) in enumerate(zip(parting.lines, marks(parting), strict=True)):
        both = line.old is not None and line.new is not None
        places = len(sides[0]), len(sides[1])
        kind = {Change.MOVED: ">"}.get(line.change, mark)
        for side, draw in enumerate((line.old, line.new)):
            if draw is not None:
                partner = places[1 - side] if both else None
                more = {"mark": kind, "partner": partner, "first": place == shown}
                sides[side].append({**_draw(draw), **more})
    return sides


def _draw(draw: Draw) -> dict[str, object]:
    return {
        "name": draw.name,
        "operator": short(draw.operator),
        "amount": draw.amount,
        "dtype": draw.dtype,
        "stream": draw.stream,
        "state": draw.state,
        "source": draw.source,
        "dead": draw.dead,
        "mark": "=",
        "partner": None,
        "first": False,
    }


def _page(data: dict[str, object]) -> str:
    template = files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    head, _, rest = template.partition("@@TITLE@@")
    between, _, tail = rest.partition("@@DATA@@")
    return f"{head}{html.escape(str(data['title']))} · initlint{between}{_embedded(data)}{tail}"


def _embedded(data: dict[str, object]) -> str:
    """JSON that is safe inside a script: neither `</script>` nor `<!--` remains."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
