"""SOH102."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Kind, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import dead


@rule(
    "SOH102",
    since="0.1.0",
    message="parameter `{attribute}` of `{cls}` is never used, but {drawn}, {shifted}",
    advice="Remove it (`--fix remove`), or start it from constants (`torch.zeros`, `torch.ones`) until it is used.",
    fixes=tuple(Strategy),
    examples=(
        Example(
            "for a later idea",
            """
            class Attention(nn.Module):
                def __init__(self, dim, num_heads=8):
                    super().__init__()
                    self.gamma = nn.Parameter(torch.randn((1, num_heads, 1, 1)))  # expect: SOH102 gamma
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
            fixed="""
            class Attention(nn.Module):
                def __init__(self, dim, num_heads=8):
                    super().__init__()
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x)
            """,
        ),
        Example(
            "empty at first, and then filled at random",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.mask_token = nn.Parameter(torch.empty(1, dim))  # expect: SOH102 mask_token
                    self.proj = nn.Linear(dim, dim)
                    nn.init.normal_(self.mask_token, std=0.02)

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
            "read by name",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.scale_0 = nn.Parameter(torch.randn(dim))
                    self.scale_1 = nn.Parameter(torch.randn(dim))

                def forward(self, x, i):
                    return x * getattr(self, f"scale_{i}")
            """,
        ),
        Example(
            "tied to the weight of a layer that runs",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.table = nn.Parameter(torch.randn(dim, dim))
                    self.proj = nn.Linear(dim, dim)
                    self.proj.weight = self.table

                def forward(self, x):
                    return self.proj(x)
            """,
        ),
    ),
)
def dead_parameter(case: Case) -> Iterator[Hit]:
    """A parameter is filled with random numbers in the constructor, and no code ever reads it.

    Why: the numbers come from the stream that all other weights come from, so everything built after it starts from
    different weights than without this line. The optimizer holds it, but nothing ever trains it.

    What to do: remove it. If it is meant for a later idea, start it from constants, which draw nothing.
    """
    for define in case.definitions(Kind.PARAMETER, Answer.YES, Answer.UNKNOWN):
        yield dead(case, define)
