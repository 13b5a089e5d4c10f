"""SOH101."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Kind, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import dead


@rule(
    "SOH101",
    since="0.1.0",
    message="submodule `{attribute}` of `{cls}` is never used, but {drawn}, {shifted}",
    advice="Remove it (`--fix remove`). To keep old seeds valid, remove it but keep its draws (`--fix keep-stream`); "
    "to keep old checkpoints loading, keep it and isolate its draws (`--fix isolate`).",
    fixes=tuple(Strategy),
    examples=(
        Example(
            "left behind by a rewrite",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.old = nn.Linear(8, 8)  # expect: SOH101 old
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(x)
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(x)
            """,
        ),
        Example(
            "a stack of blocks that never runs, built by a method",
            """
            class Block(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.fc = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.fc(x)


            class Net(nn.Module):
                def __init__(self, dim, depth):
                    super().__init__()
                    self.blocks = self._make(dim, depth)
                    self.extra = self._make(dim, depth)  # expect: SOH101 extra

                def _make(self, dim, depth):
                    return nn.Sequential(*[Block(dim) for _ in range(depth)])

                def forward(self, x):
                    return self.blocks(x)
            """,
            fixed="""
            class Block(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.fc = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.fc(x)


            class Net(nn.Module):
                def __init__(self, dim, depth):
                    super().__init__()
                    self.blocks = self._make(dim, depth)

                def _make(self, dim, depth):
                    return nn.Sequential(*[Block(dim) for _ in range(depth)])

                def forward(self, x):
                    return self.blocks(x)
            """,
        ),
        Example(
            "initialised with care, and then not used",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.gate = nn.Linear(8, 8)  # expect: SOH101 gate
                    self.out = nn.Linear(8, 8)
                    nn.init.xavier_uniform_(self.gate.weight)

                def forward(self, x):
                    return self.out(x)
            """,
        ),
        Example(
            "every child is reached, so nothing is dead",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.aux = nn.Linear(8, 8)

                def forward(self, x):
                    return [child(x) for child in self.children()]
            """,
        ),
        Example(
            "read by a subclass",
            """
            class Base(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.proj = nn.Linear(8, 8)


            class Net(Base):
                def forward(self, x):
                    return self.proj(x)
            """,
        ),
    ),
)
def dead_submodule(case: Case) -> Iterator[Hit]:
    """A submodule is built in the constructor, draws random numbers, and no code ever reads it.

    Why: its draws come from the stream that all other weights come from, so every weight built after it differs from
    what the same seed gave without it. It also takes memory, is in every checkpoint, and makes
    DistributedDataParallel complain about parameters without gradients.

    What to do: remove it, with `--fix remove`. If earlier results must stay reproducible, keep its
    draws and drop the module, with `--fix keep-stream`; if old checkpoints must load strictly, keep it and isolate its
    draws, with `--fix isolate`.
    """
    for define in case.definitions(Kind.SUBMODULE, Answer.YES, Answer.UNKNOWN):
        yield dead(case, define)
