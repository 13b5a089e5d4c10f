"""The answer in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from initlint.comparison.align import Change, Line, partner
from initlint.comparison.compare import ClassDiff, Comparison, Verdict
from initlint.comparison.draws import EXPLICIT, TORCH
from initlint.comparison.shifts import behind, exchanged, streams
from initlint.comparison.trace import Draw, Place
from initlint.model import Answer


def answer(comparison: Comparison) -> str:
    """The answer to the whole comparison, in one sentence."""
    if comparison.verdict is Verdict.SAME:
        return "the same streams"
    roots = comparison.roots or comparison.classes
    first = roots[0]
    others = [each for each in roots[1:] if each.verdict is first.verdict]
    more = (
        f" (and in {len(others)} more class{'es' * (len(others) > 1)} by {'their' if len(others) > 1 else 'its'} own)"
    )
    return sentence(first) + (more if others else "")


def sentence(diff: ClassDiff) -> str:
    """Where the streams of one class part, or why that cannot be told."""
    line = diff.parting
    if line is not None and line.new is None:
        line = partner(diff.lines, line) or line
    return _found(diff, line) + _for_whom(diff)


def _found(diff: ClassDiff, line: Line | None) -> str:
    if line is None or line.row.draw is None:
        reason = diff.reason or "a loop is left early in another way"
        return f"whether the streams part in {name_of(diff.new)} cannot be told: {reason}"
    place = where(diff, line)
    match diff.verdict:
        case Verdict.PART:
            text = f"the streams part at {place}: {what(diff, line)}"
            if diff.doubt is not None:
                text += f"; they may part before that, at {where(diff, diff.doubt)}"
            return text
        case Verdict.VALUES:
            return f"the streams stay in step, but the values differ at {place}: {what(diff, line)}"
        case _:
            return f"whether the streams part cannot be told, at {place}: {what(diff, line)}"


def _for_whom(diff: ClassDiff) -> str:
    """For which callers this is so, if not for all."""
    if diff.by_default:
        return ", where arguments are left to their defaults"
    return "; with all arguments left to their defaults the streams are the same" if diff.defaults else ""


def where(diff: ClassDiff, line: Line) -> str:
    """`Attention.gamma, models/attention.py:37 (new)`"""
    draw = line.row.draw
    side = "new" if line.new is not None else "old"
    if draw is None:
        return f"an early exit ({side})"
    built = _builder(diff, line)
    place, name = (built, f"{name_of(built.cls)}.{draw.owner}") if built is not None else (draw.place, label(draw))
    return f"{name}, {place.path}:{place.line} ({side})"


def _builder(diff: ClassDiff, line: Line) -> Place | None:
    """Where the class itself builds a part that came, went or moved as a whole; None for a draw inside of a part."""
    draw = line.row.draw
    if draw is None or line.change not in (Change.ADDED, Change.DROPPED, Change.MOVED):
        return None
    others = (other.old if line.new is not None else other.new for other in diff.lines)
    held = {other.draw.owner.partition(".")[0] for other in others if other is not None and other.draw is not None}
    if line.change is not Change.MOVED and draw.owner.partition(".")[0] in held:
        return None
    cls = diff.new if line.new is not None else diff.old
    return next((place for place in draw.trail if place.cls == cls), None)


def label(draw: Draw) -> str:
    """The class whose code contains a draw, with the attribute that gets the numbers."""
    cls = name_of(draw.place.cls)
    owner = draw.name or draw.place.what.partition("(")[0]
    return ".".join(filter(None, [cls, owner]))


def _path(draw: Draw) -> str:
    """The path of what gets the numbers, without `*`, an item whose position is unknown."""
    return draw.owner if draw.owner and "*" not in draw.owner else label(draw)


def name_of(id: str) -> str:
    return id.partition("::")[2] or id


def what(diff: ClassDiff, line: Line) -> str:
    """What happened at a line, and what follows from it."""
    old = line.old.draw if line.old is not None else None
    new = line.new.draw if line.new is not None else None
    draw = new or old
    assert draw is not None
    certain = draw.certain
    match line.change:
        case Change.ADDED:
            verb = "its draw comes" if certain else "it may draw"
            text = f"{verb} {_before(diff, line)}"
        case Change.DROPPED:
            text = f"its draw is gone; it came {_before(diff, line)}"
        case Change.MOVED if old is not None and new is not None:
            text = f"its draw comes where `{old.owner}` was drawn"
        case Change.MOVED:
            other = partner(diff.lines, line) or line
            before, now = (line, other) if line.new is None else (other, line)
            text = f"its draw has moved: it came {_before(diff, before)}, and comes {_before(diff, now)}"
        case Change.STREAM:
            streams = [_stream(each.stream) for each in (old, new) if each is not None]
            text = f"it is drawn from {streams[-1]} instead of {streams[0]}"
        case Change.CONDITION:
            text = f"it is drawn {context(line)}"
        case _ if old is not None and new is not None:
            kind = {Change.RESIZED: "resized", Change.DISTRIBUTION: "drawn from another distribution"}
            how = kind.get(line.change, "made by another call")
            text = f"it is {how}: `{new.place.what}`" + _was(old, new)
        case _:
            text = "it changed"
    return text + _consequence(diff, line)


def _was(old: Draw, new: Draw) -> str:
    if old.place.what != new.place.what:
        return f" was `{old.place.what}`"
    return (
        ", with other values" if old.trail == new.trail else f", built by `{new.trail[-1].what}`" if new.trail else ""
    )


def _stream(stream: str) -> str:
    return "a generator of its own" if stream == EXPLICIT else f"{stream}'s stream"


def context(line: Line) -> str:
    """The conditions and loops around a draw that are new."""
    old, new = (row.context if row is not None else () for row in (line.old, line.new))
    step = next((one for one, other in zip(new, old, strict=False) if one != other), None)
    if step is None:
        step = (*new[len(old) :], *old[len(new) :])[0]
    around = "loop" if step.kind == "for" else "condition"
    if len(new) > len(old):
        return f"in a {around} that was not there" if around == "loop" else "under a condition that was not there"
    if len(new) < len(old):
        return f"without the {around} that was there"
    return "in another loop" if around == "loop" else "under another condition"


def _before(diff: ClassDiff, line: Line) -> str:
    """Which of the common draws comes next."""
    follower = next_shared(diff, line)
    draw = line.row.draw
    if follower is None or draw is None:
        return "last"
    if draw.place.cls in (diff.old, diff.new) or _builder(diff, line) is not None:
        shown = _path(follower)
    else:
        shown = follower.name if follower.place.cls == draw.place.cls and follower.name else label(follower)
    return f"before {shown}"


def next_shared(diff: ClassDiff, line: Line) -> Draw | None:
    """The next common draw after a line, from the same stream."""
    lines = list(diff.lines)
    for later in lines[lines.index(line) + 1 :]:
        both = later.old is not None and later.change is not Change.MOVED and streams(later) & streams(line)
        if both and later.new is not None and later.new.draw is not None:
            return later.new.draw
    return None


def _consequence(diff: ClassDiff, line: Line) -> str:
    if line.shifts is Answer.NO:
        return "; what is drawn after it stays the same"
    if TORCH not in streams(line):
        return f"; what is drawn from {_stream(min(streams(line)))} after it differs, and nothing else"
    start = diff.lines.index(line)
    others = behind(diff.lines)[start:]
    end = next((place for place, other in enumerate(others) if other is not others[0]), None)
    if others[0] is Answer.NO or end is not None:
        return _until(diff, start + (end or 0), others[end or 0 :])
    maybe = "" if others[0] is Answer.YES else "may "
    verb = "differs" if not maybe else "differ"
    if next_shared(diff, line) is None:
        name = name_of(diff.new)
        return f"; everything built after {'an' if name[:1] in 'AEIOU' else 'a'} {name} {maybe}{verb}"
    return f"; every weight built after it {maybe}{verb}"


def _until(diff: ClassDiff, end: int, later: Sequence[Answer]) -> str:
    """What differs after a line up to where both sides have drawn the same; `later` is described from there."""
    if exchanged(diff.lines[end]) and not any(other is not Answer.NO for other in later):
        return "; what has changed places differs, and nothing else"
    drawn = (line.new.draw for line in reversed(diff.lines[: end + 1]) if line.new is not None)
    last = next(draw for draw in drawn if draw is not None)
    if later[0] is Answer.UNKNOWN:
        rest = "what comes after that may"
    else:
        rest = "nothing after that" if set(later) == {Answer.NO} else "what comes next does not"
    return f"; what is drawn up to {_path(last)} differs, and {rest}"
