"""A notebook as one Python source: its code cells in order, without what only IPython understands."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

import msgspec

from initlint.errors import Unreadable

PYTHON = "python"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OFFSET = re.compile(r" \(byte (\d+)\)")
_SOURCE = re.compile(rb'"source"\s*:\s*')
"""The key of a cell's text; in an output with the same text its quotes are escaped."""
_LIST_START = re.compile(rb"\[(\s*)")
_LIST_END = re.compile(rb"(\s*)\]$")
_MOST_WORDS = 20
"""Words of a magic after which Python code may follow."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LINE_END = re.compile(r"\r\n?")

_MAGIC = re.compile(
    r"""
    (?P<indent>[ \t]*)
    (?:
        (?P<target>\w[\w.,\[\]'" \t]*=[ \t]*)?
        (?P<name>%{1,2}\S*[ \t]*|!{1,2}|\?{1,2})
        (?P<rest>(?:[^\\\n]|\\.)*)
      | [\w.*]+\?{1,2}[ \t]*
    )
    (?P<end>\n|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
"""A line of IPython, with its continuation lines: a magic, a shell command, a help request."""

_TOKEN = re.compile(
    r"""
    (?P<quotes>'{3}|"{3}) (?:[^\\]|\\.)*? (?:(?P=quotes)|\Z)
  | (?P<quote>['"]) (?:[^\\\n]|\\.)*? (?:(?P=quote)|$)
  | \#[^\n]*
  | \\\n
  | [()\[\]{}]
  | \n
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
"""What decides whether the next line starts a statement."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number among all cells, its text, and its first line in the whole source.

    `file_lines` are the lines of the file that contain its lines, `start` and `end` are byte offsets.
    """

    number: int
    text: str
    line: int
    file_lines: range
    start: int
    end: int

    def file_line(self, line: int) -> int:
        return self.file_lines[min(line, len(self.file_lines)) - 1]


class _CellMetadata(msgspec.Struct):
    vscode: Any = None


class _Cell(msgspec.Struct):
    cell_type: str
    source: msgspec.Raw
    metadata: _CellMetadata = msgspec.field(default_factory=_CellMetadata)


class _Metadata(msgspec.Struct):
    kernelspec: Any = None
    language_info: Any = None


class _Notebook(msgspec.Struct):
    """The relevant parts of a notebook; outputs, however large, are skipped."""

    cells: list[_Cell]
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


def cells(data: bytes) -> tuple[Cell, ...]:
    """The Python cells of a notebook, in their order."""
    notebook, texts = _decoded(data)
    found: list[Cell] = []
    line, end, file_line = 1, 0, 1
    for number, (cell, text) in enumerate(zip(notebook.cells, texts, strict=True), 1):
        raw, after = bytes(cell.source), end
        start = next(key.end() for key in _SOURCE.finditer(data, after) if data.startswith(raw, key.end()))
        end = start + len(raw)
        file_line += data.count(b"\n", after, start)
        if _is_code(notebook, cell):
            found.append(Cell(number, text, line, _file_lines(file_line, raw, text), start, end))
            line += text.count("\n") + 1
        file_line += raw.count(b"\n")
    return tuple(found)


def _is_code(notebook: _Notebook, cell: _Cell) -> bool:
    language = _named(cell.metadata.vscode, "languageId") or _language(notebook.metadata)
    return cell.cell_type == "code" and language == PYTHON


def _file_lines(first: int, raw: bytes, text: str) -> range:
    """The lines of the file that contain the lines of a cell: one each, as Jupyter writes them, or all the same."""
    lines = text.count("\n") + 1
    apart = raw.count(b"\n") > lines - 1
    return range(first + 1, first + 1 + lines) if apart else range(first, first + 1)


def source(data: bytes) -> bytes:
    """The Python cells of a notebook as one source, line by line."""
    return "".join(python(cell.text) + "\n" for cell in cells(data)).encode()


def lines(path: str, cells: tuple[Cell, ...]) -> dict[str, tuple[str, ...]]:
    """The lines of each cell by its place, as they are in the notebook."""
    return {f"{path}:cell {cell.number}": tuple(cell.text.split("\n")) for cell in cells}


def with_source(data: bytes, text: bytes) -> bytes | None:
    """The notebook with another source, in which only the necessary cells differ.

    None if new lines replace lines of several cells.
    """
    known = cells(data)
    shown = [line for cell in known for line in cell.text.split("\n")]
    owners = [index for index, cell in enumerate(known) for _ in cell.text.split("\n")]
    before, after = source(data).decode().split("\n")[:-1], text.decode().split("\n")[:-1]
    kept: list[list[str]] = [[] for _ in known]
    for tag, start, end, from_, to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            for index in range(start, end):
                kept[owners[index]].append(shown[index])
        elif to > from_:
            if len(set(owners[start:end])) > 1:
                return None
            kept[owners[start if end > start else max(start - 1, 0)]] += after[from_:to]
    result = with_texts(data, ["\n".join(lines) for lines in kept])
    return result if source(result) == text else None


def with_texts(data: bytes, texts: Iterable[str]) -> bytes:
    """The notebook with these texts in its Python cells; unchanged parts keep their bytes."""
    result = data
    for cell, text in reversed([*zip(cells(data), texts, strict=True)]):
        if text != cell.text:
            result = result[: cell.start] + _encoded(data[cell.start : cell.end], text) + result[cell.end :]
    return result


def _encoded(raw: bytes, text: str) -> bytes:
    """A text as JSON in the form of another one: a string, or a list of lines with the same spacing."""
    ascii_only = b"\\u" in raw
    if not raw.startswith(b"["):
        return json.dumps(text, ensure_ascii=ascii_only).encode()
    start, end = (match[1].decode() if match else "" for match in (_LIST_START.match(raw), _LIST_END.search(raw)))
    between = "," + (start or " ")
    items = [json.dumps(line, ensure_ascii=ascii_only) for line in _LINE.findall(text)]
    return f"[{start}{between.join(items)}{end}]".encode()


def _decoded(data: bytes) -> tuple[_Notebook, list[str]]:
    """A notebook, and the texts of its cells."""
    try:
        notebook = msgspec.json.decode(data.removeprefix(_BYTE_ORDER_MARK), type=_Notebook)
        sources = [msgspec.json.decode(cell.source, type=str | list[str]) for cell in notebook.cells]
        texts = [source if isinstance(source, str) else "".join(source) for source in sources]
        return notebook, [_LINE_END.sub("\n", text) for text in texts]
    except msgspec.ValidationError as error:
        raise Unreadable(f"the file is not a notebook of format 4: {_lower(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        place = _OFFSET.search(str(error))
        line = data.count(b"\n", 0, int(place[1])) + 1 if place else 1
        raise Unreadable(f"the notebook is not valid JSON: {_OFFSET.sub('', str(error))}", line) from error


def _lower(error: Exception) -> str:
    return str(error)[:1].lower() + str(error)[1:]


def _language(metadata: _Metadata) -> str:
    """The language of a notebook; Python if it names none."""
    return _named(metadata.language_info, "name") or _named(metadata.kernelspec, "language") or PYTHON


def _named(table: Any, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return value.lower() if isinstance(value, str) else ""


def python(text: str) -> str:
    """The Python code of a cell, line by line; everything else is replaced by `pass`.

    A cell under a cell magic (`%%bash`, `%%time`) may contain anything, and counts if it is Python.
    """
    if not text.lstrip().startswith("%%"):
        return "".join(_statements(text))
    start = len(text) - len(text.lstrip())
    first = _MAGIC.match(text, start)
    assert first is not None
    body = "".join(_statements(text[first.end() :]))
    return text[:start] + _replaced(first) + (body if _is_python(body) else "\n" * body.count("\n"))


def _statements(text: str) -> Iterator[str]:
    """The text in pieces, with those replaced that start a statement and are not Python."""
    position, depth, begins = 0, 0, True
    while position < len(text):
        if begins and (magic := _MAGIC.match(text, position)):
            yield _replaced(magic)
            position = magic.end()
            continue
        token = _TOKEN.search(text, position)
        end = token.end() if token else len(text)
        yield text[position:end]
        position = end
        mark = token.group() if token else ""
        depth += (mark in ("(", "[", "{")) - (mark in (")", "]", "}"))
        begins = mark == "\n" and depth <= 0


def _replaced(magic: re.Match[str]) -> str:
    """The part at the end of a line that is Python (`%timeit -n 3 model(x)`), in the same place, or nothing."""
    rest = magic["rest"] or ""
    code = _python_end(rest) if (magic["name"] or "").startswith("%") else ""
    before = len(magic["name"] or "") + len(rest) - len(code)
    if magic["target"]:
        statement = magic["target"] + (" " * before + code if code else "None")
    else:
        statement = f"{'pass;':<{before}}{code}" if code else "pass"
    lines = magic.group().count("\n") - statement.count("\n") - len(magic["end"])
    return magic["indent"] + statement + magic["end"] + "\n" * lines


def _python_end(rest: str) -> str:
    ends = (rest[match.start() :] for match in islice(re.finditer(r"\S+", rest), _MOST_WORDS))
    return next((end for end in ends if _is_python(end)), "")


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
