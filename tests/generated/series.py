"""How many programs a test generates: a fixed series every day, `INITLINT_EXAMPLES` random ones to look further."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("INITLINT_EXAMPLES", "0"))


def series(usual: int, smallest: bool = True, parts: int = 1) -> settings:
    """`usual` examples every day; a long search looks for the `smallest` failing one only where that is not slow.

    A test in several `parts` shares the random ones out among them.
    """
    return settings(
        max_examples=EXAMPLES // parts or usual,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        print_blob=True,
        phases=list(Phase) if smallest or not EXAMPLES else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
