"""SOH104."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Strategy
from initlint.rules.base import Case, Example, Hit, rule
from initlint.rules.words import doubted, replaced, sentences


@rule(
    "SOH104",
    since="0.1.0",
    message="{kind} `{attribute}` of {replaced} before anything reads it, but {drawn}, {shifted}",
    advice="{mend}.",
    fixes=tuple(Strategy),
    examples=(
        Example(
            "defined twice",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.head = nn.Linear(dim, 10)  # expect: SOH104 head
                    self.proj = nn.Linear(dim, dim)
                    self.head = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.head(self.proj(x))
            """,
            fixed="""
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.proj = nn.Linear(dim, dim)
                    self.head = nn.Linear(dim, dim)

                def forward(self, x):
                    return self.head(self.proj(x))
            """,
        ),
        Example(
            "replaced by something that draws nothing: only the draw stays",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.scale = nn.Parameter(torch.randn(dim))  # expect: SOH104 scale
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
            "a default that one arm replaces",
            """
            class Net(nn.Module):
                def __init__(self, dim, wide=False):
                    super().__init__()
                    self.head = nn.Linear(dim, dim)
                    if wide:
                        self.head = nn.Linear(dim, 4 * dim)

                def forward(self, x):
                    return self.head(x)
            """,
        ),
        Example(
            "wrapped, which reads it",
            """
            class Net(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.head = nn.Linear(dim, dim)
                    self.head = nn.Sequential(self.head, nn.ReLU())

                def forward(self, x):
                    return self.head(x)
            """,
        ),
        Example(
            "what a base class has defined is deleted first",
            """
            class Base(nn.Module):
                def __init__(self, dim):
                    super().__init__()
                    self.head = nn.Linear(dim, 10)

                def forward(self, x):
                    return self.head(x)


            class Net(Base):
                def __init__(self, dim):
                    super().__init__(dim)
                    del self.head
                    self.head = nn.Linear(dim, dim)
            """,
        ),
    ),
)
def overwritten_definition(case: Case) -> Iterator[Hit]:
    """A definition draws random numbers and is replaced, in the same constructor, before anything reads it.

    Why: the first one is gone when the constructor ends, and `print(model)` does not show it, but its draws stay in
    the stream: everything built after it starts from different weights.

    What to do: remove the first definition. If each is right in its own case, move both into the arms of one `if`, so
    that only one of them is built. If a base class has made the first definition, the finding is possible, not certain,
    since instances of the base may need it: let the base take it as an argument, or build it in a method that
    subclasses override. A `del self.x` before the new definition says that the draw is known.
    """
    for overwrite in case.construction.overwrites:
        found = overwrite.first.definition
        shifts = case.construction.after(found)
        values = sentences(case.construction, found.kind, found.draws, found.drawn, shifts)
        yield Hit(
            path=overwrite.path,
            span=overwrite.by if overwrite.inherited else found.span,
            cls=case.construction.name,
            attribute=found.attribute,
            kind=found.kind,
            draws=found.draws,
            shifts=shifts,
            drawn_at=() if overwrite.inherited else case.construction.drawn_at(overwrite.first),
            swept_by=case.construction.swept_by(overwrite.first),
            verdict=doubted(overwrite),
            values={**values, **replaced(overwrite, case.construction.name)},
            fixable=not overwrite.inherited,
        )
