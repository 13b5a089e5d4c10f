"""The bytes of a file as text and back: encoding, byte order mark and line ends are preserved."""

from __future__ import annotations

import io
from dataclasses import dataclass
from tokenize import detect_encoding

from initlint.errors import Unreadable
from initlint.texts import to_utf8


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file as the linter reads it, and how to write it back."""

    text: str
    encoding: str

    def encoded(self, text: str) -> bytes:
        """Another text in the same encoding, with a byte order mark if the file has one."""
        return text.encode(self.encoding)


def decode(source: bytes) -> Text | str:
    """The text, or why it cannot be read, or could not be written back as it was."""
    try:
        text = to_utf8(source).decode()
        encoding, _ = detect_encoding(io.BytesIO(source).readline)
        if text.encode(encoding) == source:
            return Text(text, encoding)
    except Unreadable as error:
        return error.reason
    except (SyntaxError, UnicodeError):
        pass
    return "its encoding could not be written back as it was"
