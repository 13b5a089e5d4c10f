"""SOH901."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.model import Span
from initlint.rules.base import Example, Hit, Unreadable, rule


@rule(
    "SOH901",
    since="0.1.0",
    message="{reason}",
    advice="Fix the file, or exclude it.",
    examples=(
        Example(
            "a missing bracket",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.sizes = [1, 2  # expect: SOH901
            """,
        ),
        Example(
            "Python 2",
            """
            def show(model):
                print model  # expect: SOH901
            """,
        ),
        Example(
            "new syntax is no error",
            """
            def pick(kind):
                match kind:
                    case "linear":
                        return nn.Linear
                    case _:
                        return nn.Identity
            """,
        ),
        Example(
            "nothing but a comment",
            """
            # to be written
            """,
        ),
    ),
)
def syntax_error(unreadable: Unreadable) -> Iterator[Hit]:
    """A file could not be read completely: a syntax error, bytes that are not text, or too deep nesting.

    Why: "nothing found" must not mean "not looked at". The rest of the file, and all other files, are still checked.

    What to do: fix the file. If it is not meant to be Python, add it to `exclude`.
    """
    line = max(unreadable.line, 1)
    yield Hit(unreadable.path, Span(line, 1, line, 1), cls="", attribute="", values={"reason": unreadable.reason})
