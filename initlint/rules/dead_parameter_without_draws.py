"""SOH202."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Kind, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import dead


@rule(
    "SOH202",
    since="0.1.0",
    message="parameter `{attribute}` of `{cls}` is never used; it draws nothing, so no weight depends on it",
    advice="Remove it (`--fix remove`). Checkpoints that hold it then need `strict=False` once.",
    fixes=(Strategy.REMOVE,),
    examples=(
        Example(
            "a scale that starts from ones and scales nothing",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.gamma = nn.Parameter(1e-6 * torch.ones(dim))  # expect: SOH202 gamma

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
            "registered under a name that nothing reads",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.register_parameter("shift", nn.Parameter(torch.zeros(dim)))  # expect: SOH202 shift
                    self.scale = nn.Parameter(torch.ones(dim))

                def forward(self, x):
                    return x * self.scale
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.scale = nn.Parameter(torch.ones(dim))

                def forward(self, x):
                    return x * self.scale
            """,
        ),
        Example(
            "not there at all",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.register_parameter("bias", None)

                def forward(self, x):
                    return x
            """,
        ),
        Example(
            "read in one of two cases",
            """
            class Net(nn.Module):
                def __init__(self, dim, scaled=True):
                    super().__init__()
                    self.gamma = nn.Parameter(torch.ones(dim)) if scaled else None

                def forward(self, x):
                    return x if self.gamma is None else x * self.gamma
            """,
        ),
    ),
)
def dead_parameter_without_draws(case: Case) -> Iterator[Hit]:
    """A parameter starts from constants in the constructor, and no code ever reads it.

    Why: it shifts no weights, but the optimizer holds it, it is in every checkpoint, and DistributedDataParallel
    complains about parameters without gradients.

    What to do: remove it, or use it where it was meant to be used.
    """
    for define in case.definitions(Kind.PARAMETER, Answer.NO):
        yield dead(case, define)
