"""Which stores of a run certainly replace earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from initlint.construction.ledger import Path
from initlint.construction.run import Read, Run, Stored
from initlint.construction.values import EVERYTHING, tokens

Test = Callable[[Stored], bool]


def replaced(run: Run, stores: Iterable[Stored]) -> dict[int, int]:
    """Where in the log each store is replaced, by its id; a value that another store also holds stays."""
    standing: dict[str, list[Stored]] = {}
    found: dict[int, int] = {}
    for place, entry in enumerate(run.log):
        if isinstance(entry, Stored):
            for store in standing.get(entry.attribute, ()):
                if id(store) not in found and _replaces(run, entry, store) and not _is_held(run, store, stores):
                    found[id(store)] = place
            standing.setdefault(entry.attribute, []).append(entry)
    return found


def _is_held(run: Run, store: Stored, stores: Iterable[Stored]) -> bool:
    own = set(tokens(store.value))
    return any(own & set(run.reach(tokens(other.value))) for other in stores if other is not store)


def overwritten(run: Run, defined: Test, again: Test) -> list[tuple[Stored, Stored]]:
    """The definitions that later stores replace on every path, with no read in between, and that nothing else holds.

    Of several in the arms of a branch, the first is reported.
    """
    found = list(_overwritten(run, defined, again))
    gone = {id(store) for store, _ in found}
    standing = [entry for entry in run.log if isinstance(entry, Stored) and id(entry) not in gone] if gone else ()
    return [(store, later) for store, later in found if not _is_held(run, store, standing)]


def _overwritten(run: Run, defined: Test, again: Test) -> Iterator[tuple[Stored, Stored]]:
    waiting: dict[str, list[Stored]] = {}
    in_arms: dict[int, list[Stored]] = {}
    for entry in run.log:
        if isinstance(entry, Read):
            _forget(run, waiting, entry)
        elif isinstance(entry, Stored) and not again(entry):
            kept = []
            for store in waiting.get(entry.attribute, []):
                within = in_arms.setdefault(id(store), [])
                if entry.branch[: len(store.branch)] == store.branch and entry.site.node is not store.site.node:
                    within.append(entry)
                if _replaces(run, entry, store):
                    yield store, entry
                elif _takes_all(run, [each.branch[len(store.branch) :] for each in within]):
                    yield store, within[0]
                else:
                    kept.append(store)
            defines = defined(entry) and "*" not in entry.attribute
            waiting[entry.attribute] = [*kept, entry] if defines else kept


def _takes_all(run: Run, ways: Collection[Path]) -> bool:
    """Whether every run takes one of these paths: there is one in each arm of a branch that does not raise."""
    arms: dict[int, dict[int, list[Path]]] = {}
    for (statement, arm), *further in filter(None, ways):
        arms.setdefault(statement, {}).setdefault(arm, []).append(tuple(further))
    return any(not way for way in ways) or any(
        all(_takes_all(run, taken.get(arm, ())) for arm in run.arms[statement])
        for statement, taken in arms.items()
        if run.arms.get(statement)
    )


def _forget(run: Run, waiting: dict[str, list[Stored]], read: Read) -> None:
    if read.attribute == EVERYTHING:
        waiting.clear()
    waiting.pop(read.attribute, None)
    if read.tokens:
        for attribute, stores in waiting.items():
            waiting[attribute] = [s for s in stores if not read.tokens & set(run.reach(tokens(s.value)))]


def _replaces(run: Run, later: Stored, first: Stored) -> bool:
    straight = first.branch[: len(later.branch)] == later.branch
    turns = {step[0] for step in first.branch[len(later.branch) :]}
    looped = turns & {*first.loops, *run.certain}
    return straight and not looped and later.site.node is not first.site.node
