"""The text of a source file, in any encoding, as UTF-8."""

from __future__ import annotations

import re

from initlint.errors import Unreadable

NOTEBOOK = ".ipynb"

_CARRIAGE_RETURN = re.compile(rb"\r(?!\n)")
_COOKIE = re.compile(rb"coding[:=][ \t]*[-\w.]+")


def read(path: str) -> bytes:
    """The text of a source file as UTF-8 without a byte order mark."""
    return text(path, load(path))


def load(path: str) -> bytes:
    """The content of a file."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise Unreadable("the file was removed while initlint was running") from error
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {reason_of(error)}") from error


def text(path: str, data: bytes) -> bytes:
    """The Python code in a file of this name: all of it, or the cells of a notebook."""
    if not path.endswith(NOTEBOOK):
        return _with_newlines(to_utf8(data))
    from initlint.notebooks import source

    return source(data)


def shortened(line: str, most: int) -> str:
    """A line, cut to at most this many characters; `...` shows where."""
    return line if len(line) <= most else line[: most - 3].rstrip() + "..."


def _with_newlines(source: bytes) -> bytes:
    """For Python a lone carriage return ends a line, but not a comment for every parser: it becomes a newline, which
    keeps all offsets."""
    if b"\r" not in source or source.count(b"\r") == source.count(b"\r\n"):
        return source
    return _CARRIAGE_RETURN.sub(b"\n", source)


def to_utf8(data: bytes) -> bytes:
    """Source in its declared encoding (PEP 263), as UTF-8."""
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise Unreadable("the file contains NUL bytes, so it is binary data, not Python source", line)
    head = data[: _second_line_end(data)]
    if head.startswith(b"\xef\xbb\xbf") or _COOKIE.search(head):
        return _decode(data).encode()
    _strict(data, "utf-8")
    return data


def _second_line_end(data: bytes) -> int:
    first = data.find(b"\n")
    second = data.find(b"\n", first + 1) if first >= 0 else -1
    return second if second >= 0 else len(data)


def _decode(data: bytes) -> str:
    import io
    from tokenize import detect_encoding

    try:
        encoding, _ = detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Unreadable(f"the encoding that the file declares cannot be used: {error.msg}") from error
    return _strict(data, encoding)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start : error.start + 1].hex()
        raise Unreadable(f"byte 0x{byte} is not valid in {encoding}, the encoding of the file", line) from error
    except (LookupError, UnicodeError, ValueError) as error:
        raise Unreadable(f"the encoding that the file declares cannot be used: {encoding}") from error


def reason_of(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
