"""The words of the design as frozen types, which all stages use."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Answer(enum.Enum):
    """The answer to a question about code; what cannot be known is unknown, not guessed."""

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
    """Certain: no reader can exist. Possible: some place may read it."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Strategy(enum.Enum):
    """How to fix a definition: remove it; keep it but isolate its draws; or remove it and keep its draws."""

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
        """The same range, this many lines further up."""
        return Span(self.line - lines, self.column, self.end_line - lines, self.end_column)


@dataclass(frozen=True, slots=True)
class Draw:
    """One consumption of a stream while a constructor runs.

    `owner` is the definition that it is made for (`proj`), or the callee if nothing keeps the result. `what` is the
    expression in the source that draws (`nn.Linear(dim, dim)`).
    """

    owner: str
    what: str
    stream: str
    span: Span


def container_of(attribute: str) -> str:
    """The attribute that holds an item of a container: `heads` for `heads.old`; "" for anything else."""
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
    """What a construction says about an attribute: its kind, and whether nothing else holds its value."""

    kind: Kind
    alone: bool

    def also(self, other: Told) -> Told:
        """Two definitions of one attribute combined: a submodule if one of them is."""
        kind = Kind.SUBMODULE if Kind.SUBMODULE in (self.kind, other.kind) else self.kind
        return Told(kind, self.alone and other.alone)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the search for readers of one dead definition; `doubt` names a place that may read it.

    `touched_by` is code in another file that initialises it, `swept_by` what draws for all parts of a model that may
    hold it.
    """

    confidence: Confidence
    doubt: str = ""
    needs: str = ""
    touched_by: str = ""
    swept_by: str = ""


@dataclass(frozen=True, slots=True)
class InCell:
    """The notebook cell of a finding: its number among all cells, and the line in the file."""

    number: int
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One report of one rule at one place; in a notebook the span is relative to the cell.

    `fixes` are the applicable strategies. `drawn_at` are the places in its file where draws are made only for it,
    `swept_by` is the initialisation that draws for it along with others, `touched_by` the code in another file that
    initialises it; each is "" if there is none.
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
        """What the span is relative to: the file, or one of its cells."""
        return f"{self.path}:cell {self.cell.number}" if self.cell else self.path

    @property
    def file_span(self) -> Span:
        """The span in the file; for a notebook only the line is known."""
        return Span(self.cell.line, 1, self.cell.line, 1) if self.cell else self.span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the text of a range."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits, all in one file, that fix a finding."""

    description: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in words; `page` is all of it, as markdown."""

    code: str
    name: str
    summary: str
    page: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding in a baseline: only what does not change when lines move."""

    code: str
    path: str
    cls: str
    attribute: str
    fingerprint: str

    def record(self) -> dict[str, str]:
        """The entry as it is written to files."""
        return {
            "code": self.code,
            "path": self.path,
            "class": self.cls,
            "attribute": self.attribute,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be examined, where, and why: the opposite of a silent skip."""

    path: str
    reason: str
    line: int
