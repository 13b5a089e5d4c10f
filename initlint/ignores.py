"""Suppression comments, written for findings."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from tokenize import detect_encoding

from initlint import files
from initlint.errors import InitlintError
from initlint.facts.records import Suppression
from initlint.facts.suppressions import places
from initlint.model import Finding
from initlint.notebooks import cells, with_texts
from initlint.texts import NOTEBOOK, load
from initlint.texts import text as source

NEVER = ("SOH900", "SOH901")
"""A comment without effect should be removed and a broken file fixed; another comment does not help there."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

Codes = dict[int, tuple[Suppression | None, set[str]]]
"""The codes to suppress, by line, with our own comment that is already there."""


def add(root: str, findings: Iterable[Finding], reason: str = "") -> dict[str, int]:
    """Add a comment to every statement with a finding; returns how many lines of each file were changed.

    All files are computed before the first one is written.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.code not in NEVER:
            by_file.setdefault(finding.path, []).append(finding)
    made = {path: _made(os.path.join(root, path), found, " ".join(reason.split())) for path, found in by_file.items()}
    for path, (before, after, _) in made.items():
        files.write(os.path.join(root, path), after, expected=before)
    return {path: count for path, (_, _, count) in made.items()}


def _made(path: str, findings: list[Finding], reason: str) -> tuple[bytes, bytes, int]:
    """A file before and after, and the number of lines that differ."""
    data = load(path)
    known = cells(data) if path.endswith(NOTEBOOK) else ()
    above = {cell.number: cell.line - 1 for cell in known}
    codes: Codes = {}
    lines = [finding.span.line + (above[finding.cell.number] if finding.cell else 0) for finding in findings]
    for finding, (line, there) in zip(findings, places(source(path, data), lines), strict=True):
        codes.setdefault(line, (there, set()))[1].add(finding.code)
    if known:
        return data, with_texts(data, [_commented(cell.text, codes, reason, cell.line) for cell in known]), len(codes)
    return data, _encoded(path, data, codes, reason), len(codes)


def _encoded(path: str, data: bytes, codes: Codes, reason: str) -> bytes:
    """A file with the comments, in its own encoding."""
    encoding, _ = detect_encoding(io.BytesIO(data).readline)
    try:
        return _commented(data.decode(encoding), codes, reason).encode(encoding)
    except UnicodeEncodeError as error:
        raise InitlintError(f"the reason cannot be written in {encoding}, the encoding of {path}") from error


def _commented(text: str, codes: Codes, reason: str, first: int = 1) -> str:
    """A text with the comments for its lines; `first` is the number of its first line."""
    lines = _LINE.findall(text)
    for number, line in enumerate(lines, first):
        if number in codes:
            there, missing = codes[number]
            body = line.rstrip("\r\n")
            commented = _extended(body, there, missing) if there else _with_comment(body, missing, reason)
            lines[number - first] = commented + line[len(body) :]
    return "".join(lines)


def _extended(line: str, there: Suppression, codes: set[str]) -> str:
    """The line, with more codes in its comment."""
    named = ", ".join([*there.codes, *sorted(codes.difference(there.codes))])
    return f"{line[: there.column - 1]}# initlint: ignore[{named}]{line[there.end_column - 1 :]}"


def _with_comment(line: str, codes: set[str], reason: str) -> str:
    return f"{line.rstrip()}  # initlint: ignore[{', '.join(sorted(codes))}] {reason}".rstrip()
