"""The words of the design as frozen types: every stage speaks in these."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Answer(enum.Enum):
    """A question about code can be left open; what is unknown is said, not guessed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Kind(enum.Enum):
    """What a definition gives the module."""

    SUBMODULE = "submodule"
    PARAMETER = "parameter"
    BUFFER = "buffer"
    TENSOR = "tensor"


class Confidence(enum.Enum):
    """Certain: no reader can exist. Possible: one place was found that might read it."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Strategy(enum.Enum):
    """How a definition is mended: it goes; it stays and its draws move nobody else's; it goes and its draws stay."""

    REMOVE = "remove"
    ISOLATE = "isolate"
    KEEP_STREAM = "keep-stream"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of source: lines and columns count from 1, columns in code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def up(self, lines: int) -> Span:
        """The same range, so many lines further up."""
        return Span(self.line - lines, self.column, self.end_line - lines, self.end_column)


@dataclass(frozen=True, slots=True)
class Draw:
    """One consumption of a stream while a constructor runs.

    `owner` is the definition that asked for it (`proj`), or the callee where nothing keeps the result.
    `what` is the expression that draws as it stands in the source (`nn.Linear(dim, dim)`).
    """

    owner: str
    what: str
    stream: str
    span: Span


def container_of(attribute: str) -> str:
    """The attribute that holds an item of a container: `heads` for `heads.old`; "" for what is no item."""
    return attribute.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Definition:
    """What one statement of a constructor gives the module."""

    attribute: str
    kind: Kind
    span: Span
    what: str
    draws: Answer
    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a construction tells of an attribute: its kind, and whether nothing else holds what it is given."""

    kind: Kind
    alone: bool

    def also(self, other: Told) -> Told:
        """What two definitions of one attribute come to: a submodule where one of them is."""
        kind = Kind.SUBMODULE if Kind.SUBMODULE in (self.kind, other.kind) else self.kind
        return Told(kind, self.alone and other.alone)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the search for readers of one dead definition ended with; `doubt` names the place that might read it.

    `touched_by` is initialisation in another file that touches it, `swept_by` what draws for all parts of a model that
    may hold it.
    """

    confidence: Confidence
    doubt: str = ""
    needs: str = ""
    touched_by: str = ""
    swept_by: str = ""


@dataclass(frozen=True, slots=True)
class InCell:
    """The cell of a notebook that a finding stands in: its number among all cells, and the line in the file."""

    number: int
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One report of one rule at one place; in a notebook the span counts from the beginning of the cell.

    `fixes` are the strategies that can mend it. `drawn_at` are the places in its file at which draws are made for it
    alone, `swept_by` is the initialisation that draws for it along with others, `touched_by` the code in another file
    that initialises it; each "" where there is none.
    """

    code: str
    name: str
    message: str
    advice: str
    path: str
    span: Span
    cls: str
    attribute: str
    kind: Kind | None
    draws: Answer
    shifts: tuple[str, ...]
    confidence: Confidence
    fingerprint: str
    cell: InCell | None = None
    fixes: tuple[Strategy, ...] = ()
    drawn_at: tuple[Span, ...] = ()
    swept_by: str = ""
    touched_by: str = ""

    @property
    def place(self) -> str:
        """What the span counts in: the file, or a cell of it."""
        return f"{self.path}:cell {self.cell.number}" if self.cell else self.path

    @property
    def file_span(self) -> Span:
        """Where the finding stands in its file; of a notebook only the line is known."""
        return Span(self.cell.line, 1, self.cell.line, 1) if self.cell else self.span


@dataclass(frozen=True, slots=True)
class Edit:
    """The text between two places is replaced by another."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a finding: all edits together, in its own file."""

    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule says about itself; `page` is all of it, as markdown."""

    code: str
    name: str
    summary: str
    page: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as a baseline knows it: by what does not change when lines move."""

    code: str
    path: str
    cls: str
    attribute: str
    fingerprint: str

    def record(self) -> dict[str, str]:
        """The entry as it stands in files."""
        return {
            "code": self.code,
            "path": self.path,
            "class": self.cls,
            "attribute": self.attribute,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be looked at, where, and why: the opposite of a silent skip."""

    path: str
    reason: str
    line: int
