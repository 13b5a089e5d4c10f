"""What is derived from the text of a file alone: cached by content, and computed by several processes if there is
much."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from initlint.facts.cache import Cache
from initlint.facts.worker import digest
from initlint.shares import shared

Make = Callable[[bytes], bytes]

ALONE_BYTES = 1_000_000
"""Less text than this is handled in this process, which is faster than copying it."""

BATCH_BYTES = 200_000


def by_text(texts: Iterable[bytes], make: Make, version: bytes, folder: str, processes: int) -> dict[bytes, bytes]:
    """What `make` gives for each text, computed or from the cache; empty results are not cached."""
    keys = {text: version + digest(text) for text in texts}
    cache = Cache(folder)
    kept = cache.get(keys.values())
    found = {text: kept[key] for text, key in keys.items() if key in kept}
    fresh = _made([text for text in keys if text not in found], make, processes)
    cache.put({keys[text]: blob for text, blob in fresh.items() if blob})
    cache.close()
    return found | fresh


def _made(texts: Sequence[bytes], make: Make, processes: int) -> dict[bytes, bytes]:
    batches = list(_batches(texts))

    def work(number: int) -> list[bytes]:
        return [make(text) for text in batches[number]]

    alone = sum(map(len, texts)) < ALONE_BYTES
    answers = shared(work, len(batches), 1 if alone else processes, list[bytes])
    return dict(zip(texts, itertools.chain.from_iterable(answers), strict=True))


def _batches(texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
