"""SOH103."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Kind, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import dead


@rule(
    "SOH103",
    since="0.1.0",
    message="{kind} `{attribute}` of `{cls}` is never used, but {drawn}, {shifted}",
    advice="Remove it, or draw it from a generator of its own: `torch.Generator().manual_seed(...)`.",
    fixes=tuple(Strategy),
    examples=(
        Example(
            "a queue that is no longer read",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.register_buffer("queue", torch.randn(dim, 64))  # expect: SOH103 queue
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
        ),
        Example(
            "a plain attribute, which is in no checkpoint but draws all the same",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.noise = 0.1 * torch.rand(dim)  # expect: SOH103 noise
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
        ),
        Example(
            "a buffer without draws moves no stream",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.register_buffer("pointer", torch.zeros(1, dtype=torch.long))

                def forward(self, x):
                    return x
            """,
        ),
        Example(
            "drawn from a generator of its own",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    generator = torch.Generator().manual_seed(0)
                    self.register_buffer("basis", torch.randn(dim, generator=generator))

                def forward(self, x):
                    return x
            """,
        ),
    ),
)
def dead_tensor(case: Case) -> Iterator[Hit]:
    """A buffer or a tensor attribute is filled with random numbers in the constructor, and no code ever reads it.

    Why: the numbers come from the stream that all weights come from, so everything built after it starts from different
    weights than without this line. Buffers and tensors without draws move nothing and are not reported.

    What to do: remove it. If checkpoints need it, fill it with zeros, or draw it from a seeded
    generator of its own.
    """
    for kind in (Kind.BUFFER, Kind.TENSOR):
        for define in case.definitions(kind, Answer.YES):
            yield dead(case, define)
