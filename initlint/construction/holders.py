"""What holds the things that a constructor builds: attributes, containers, other things, and code that reads them."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from initlint.construction.run import Read, Run, Stored
from initlint.construction.values import Token, tokens


@dataclass(eq=False)
class Holders:
    """What holds what at the end of one run."""

    run: Run
    stores: list[Stored]

    def only_one(self, store: Stored, item: Token) -> bool:
        """Whether only its container holds an item: no other attribute does, and no code has it under another name."""
        attributes = {holder for holder in self._of[item] if isinstance(holder, str)}
        return attributes == {store.attribute} and item not in self._handed

    @functools.cached_property
    def _handed(self) -> frozenset[Token]:
        """What the constructor reads under other names than those of attributes, with everything in it."""
        reads = (read for read in self._reads if not read.attribute and not read.kept)
        return frozenset(self.run.reach(token for read in reads for token in read.tokens))

    def leave_alone(self, store: Stored) -> bool:
        """Whether nothing else holds the value of an attribute, and the constructor does not read it under another
        name.
        """
        own = frozenset(tokens(store.value))
        if any(self._names[token] - {store.attribute} for token in own):
            return False
        others = {holder for token in own for holder in self._of[token]} - {store.attribute} - own
        return self._only_pass_on(others)

    def _only_pass_on(self, holders: Iterable[str | Token]) -> bool:
        """Whether lists and dictionaries only carried something: nothing keeps them, and no code gets them."""
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
    def _names(self) -> dict[Token, set[str]]:
        """The attributes under which the constructor reads each token; "" is the name of a local."""
        names: dict[Token, set[str]] = defaultdict(set)
        for read in self._reads:
            for token in read.tokens:
                names[token].add(read.attribute)
        return names

    @functools.cached_property
    def _reads(self) -> list[Read]:
        """What the constructor reads, in order."""
        return [entry for entry in self.run.log if isinstance(entry, Read)]

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
