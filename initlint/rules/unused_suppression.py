"""SOH900."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.rules.base import Comment, Example, Hit, rule


@rule(
    "SOH900",
    since="0.1.0",
    message="{reason}",
    advice="Remove the comment, or the code from it.",
    examples=(
        Example(
            "the layer is used by now",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.head = nn.Linear(8, 1)  # initlint: ignore[SOH101] for later  # expect: SOH900

                def forward(self, x):
                    return self.head(x)
            """,
        ),
        Example(
            "one code too many",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.old = nn.Linear(8, 8)  # noqa: SOH101, SOH102  # expect: SOH900
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(x)
            """,
        ),
        Example(
            "a comment without a code, and one with a code that is none",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.stem = nn.Linear(8, 8)  # initlint: ignore  # expect: SOH900
                    self.head = nn.Linear(8, 1)  # noqa: SOH999  # expect: SOH900

                def forward(self, x):
                    return self.head(self.stem(x))
            """,
        ),
        Example(
            "a suppression with a reason",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.old = nn.Linear(8, 8)  # initlint: ignore[SOH101] old checkpoints have it
            """,
        ),
        Example(
            "one for a whole class",
            """
            class Net(nn.Module):  # initlint: ignore[SOH101, SOH102] published as it is
                def __init__(self):
                    super().__init__()
                    self.old = nn.Linear(8, 8)
                    self.gamma = nn.Parameter(torch.randn(8))
            """,
        ),
        Example(
            "comments for other tools are theirs",
            """
            import os  # noqa: F401
            import sys  # noqa
            """,
        ),
    ),
)
def unused_suppression(comment: Comment) -> Iterator[Hit]:
    """A comment suppresses a finding that is not there.

    Why: the comment outlives its reason, and would hide the next finding on its line.

    What to do: remove it. `# initlint: ignore[CODE] reason` and `# noqa: CODE` count on every line of a statement, and
    on the head of a class for the whole class; `# initlint: skip-file` counts for its file. Only codes of rules
    that were run are reported, never `# noqa` alone or the codes of other tools.
    """
    yield Hit(comment.path, comment.span, cls="", attribute="", values={"reason": comment.reason})
