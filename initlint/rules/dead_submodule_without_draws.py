"""SOH201."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Kind, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import dead


@rule(
    "SOH201",
    since="0.1.0",
    message="submodule `{attribute}` of `{cls}` is never used; it draws nothing, so no weight depends on it",
    advice="Remove it (`--fix remove`). Checkpoints that hold its parameters or buffers then need `strict=False` once.",
    fixes=(Strategy.REMOVE,),
    examples=(
        Example(
            "a dropout that no longer runs",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.proj = nn.Linear(dim, dim)
                    self.drop = nn.Dropout(0.1)  # expect: SOH201 drop

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
            "a norm, which holds parameters that start from constants",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.norm = nn.LayerNorm(dim)  # expect: SOH201 norm

                def forward(self, x):
                    return x
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()

                def forward(self, x):
                    return x
            """,
        ),
        Example(
            "read only while training",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.drop = nn.Dropout(0.1)

                def forward(self, x):
                    return self.drop(x) if self.training else x
            """,
        ),
        Example(
            "a Sequential runs all that it holds",
            """
            class Stem(nn.Sequential):
                def __init__(self, dim):
                    super().__init__()
                    self.norm = nn.LayerNorm(dim)
                    self.act = nn.ReLU()
            """,
        ),
    ),
)
def dead_submodule_without_draws(case: Case) -> Iterator[Hit]:
    """A submodule is built in the constructor, draws nothing, and no code ever reads it.

    Why: it shifts no weights, but anyone who reads the constructor, or `print(model)`, believes that the model uses
    it. One with parameters is also in every checkpoint, and makes DistributedDataParallel complain.

    What to do: remove it. If a name was mistyped and another layer runs twice, use it.
    """
    for define in case.definitions(Kind.SUBMODULE, Answer.NO):
        yield dead(case, define)
