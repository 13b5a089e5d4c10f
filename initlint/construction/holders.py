"""What holds the things that a constructor builds: attributes, containers, other things, and code that reads them."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from initlint.construction.run import Read, Run, Stored
from initlint.construction.values import EVERYTHING, Token, tokens


@dataclass(eq=False)
class Holders:
    """Who holds what at the end of one run."""

    run: Run
    stores: list[Stored]

    def only_one(self, store: Stored, item: Token) -> bool:
        """Whether a container alone holds an item: no other attribute does, and no code has it by another name."""
        attributes = {holder for holder in self._of[item] if isinstance(holder, str)}
        return attributes == {store.attribute} and item not in self._handed

    @functools.cached_property
    def _handed(self) -> frozenset[Token]:
        """What the constructor reads by other names than those of attributes, with all that is in it."""
        reads = (e for e in self.run.log if isinstance(e, Read) and not e.attribute and not e.kept)
        return frozenset(self.run.reach(token for read in reads for token in read.tokens))

    def leave_alone(self, store: Stored) -> bool:
        """Whether nothing else holds what an attribute is given, and no code of the constructor reads it.

        Who is handed the instance before finds nothing of it yet.
        """
        names, behind = self._read
        own = frozenset(tokens(store.value))
        after = names.get(EVERYTHING, -1) > self._position.get(id(store), -1)
        if after or store.attribute in names or own & behind:
            return False
        others = {holder for token in own for holder in self._of[token]} - {store.attribute} - own
        return self._only_pass_on(others)

    def _only_pass_on(self, holders: Iterable[str | Token]) -> bool:
        """Whether lists and dictionaries only brought something on its way: nothing keeps them, no code gets them."""
        seen: set[str | Token] = set()
        pending = list(holders)
        while pending:
            holder = pending.pop()
            if isinstance(holder, str) or holder in self.run.built or holder in self._handed:
                return False
            pending += [further for further in self._of[holder] if further not in seen]
            seen.add(holder)
        return True

    @functools.cached_property
    def _read(self) -> tuple[dict[str, int], frozenset[Token]]:
        """The attributes that the constructor reads, with the last place of the log where it does, and the tokens."""
        reads = [(place, entry) for place, entry in enumerate(self.run.log) if isinstance(entry, Read)]
        return {e.attribute: place for place, e in reads}, frozenset(token for _, e in reads for token in e.tokens)

    @functools.cached_property
    def _position(self) -> dict[int, int]:
        """Where in the log each entry stands, by its id."""
        return {id(entry): place for place, entry in enumerate(self.run.log)}

    @functools.cached_property
    def _of(self) -> dict[Token, set[str | Token]]:
        """The attributes and the built things that hold each token."""
        holders: dict[Token, set[str | Token]] = defaultdict(set)
        for store in self.stores:
            for token in self.run.reach(tokens(store.value)):
                holders[token].add(store.attribute)
        for whole, parts in self.run.parts.items():
            for _, part in parts:
                holders[part].add(whole)
        return holders
