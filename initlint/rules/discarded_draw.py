"""SOH105."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Answer, Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import sentences


@rule(
    "SOH105",
    since="0.1.0",
    message="`{what}` in the constructor of `{cls}` is neither kept, read nor returned, but {drawn}, {shifted}",
    advice="Remove it, or assign it to what it was meant for.",
    fixes=tuple(Strategy),
    examples=(
        Example(
            "a local that nothing reads",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    probe = nn.Linear(dim, dim)  # expect: SOH105 probe
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
            "a forgotten `self.x =`",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    nn.Linear(dim, dim)  # expect: SOH105 Linear
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
            "a list from which nothing is taken",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    layers = []
                    for _ in range(2):
                        layers.append(nn.Linear(dim, dim))  # expect: SOH105 layers
                    self.depth = len(layers)
                    self.proj = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.proj(x) / self.depth
            """,
        ),
        Example(
            "kept in a roundabout way",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    layers = []
                    for _ in range(2):
                        layer = nn.Linear(dim, dim)
                        layers.append(layer)
                    self.layers = nn.ModuleList(layers)

                def forward(self, x):
                    return self.layers[0](self.layers[1](x))
            """,
        ),
        Example(
            "read for its shape",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    probe = nn.Linear(dim, dim)
                    self.size = probe(torch.zeros(1, dim)).shape[1]

                def forward(self, x):
                    return x * self.size
            """,
        ),
    ),
)
def discarded_draw(case: Case) -> Iterator[Hit]:
    """A module or a tensor is built in a constructor, draws random numbers, and is gone when the constructor ends.

    Why: nothing in the model shows it, but its draws stay in the stream, and everything built after it starts from
    different weights.

    What to do: remove it. Often it was meant to be kept, and `self.name =` is missing.
    """
    construction = case.construction
    for discard in construction.discards:
        shifts = construction.after_discard(discard)
        values = sentences(construction, discard.kind, Answer.YES, discard.drawn, shifts)
        yield Hit(
            path=discard.path,
            span=discard.span,
            cls=construction.name,
            attribute=discard.name,
            kind=discard.kind,
            draws=Answer.YES,
            shifts=shifts,
            values={**values, "what": discard.what},
        )
