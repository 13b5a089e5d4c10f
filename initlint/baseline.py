"""A baseline: the findings that a project had when it was written, so that only new ones are reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import msgspec

from initlint import files
from initlint.errors import InitlintError
from initlint.model import Entry, Finding

VERSION = 1


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    path: str
    cls: str = msgspec.field(name="class")
    attribute: str
    fingerprint: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    findings: list[_Record]


class Compared(msgspec.Struct, frozen=True):
    """The new findings, those in the baseline, its entries that are no longer found, and those outside this run."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    mended: tuple[Entry, ...]
    unjudged: tuple[Entry, ...]


def load(path: str) -> tuple[Entry, ...]:
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        raise InitlintError(f"there is no baseline {path}; `--write-baseline` writes one") from None
    except OSError as error:
        raise InitlintError(f"cannot read the baseline {path}: {error.strerror}") from error
    try:
        held = msgspec.convert(json.loads(data.decode()), _File)
    except (ValueError, RecursionError) as error:
        raise InitlintError(f"{path} is not an initlint baseline: {error}") from error
    if held.version != VERSION:
        raise InitlintError(f"{path} is a baseline of version {held.version}; this initlint reads version {VERSION}")
    return tuple(
        Entry(record.code, record.path, record.cls, record.attribute, record.fingerprint) for record in held.findings
    )


def write(path: str, findings: Iterable[Finding], entries: Iterable[Entry] = ()) -> None:
    """Write a baseline of findings, and of entries kept from an older baseline."""
    held = {entry.fingerprint: entry for entry in (*entries, *map(_entry, findings))}
    ordered = sorted(held.values(), key=lambda entry: (entry.path, entry.cls, entry.attribute, entry.code))
    lines = ",\n".join(f"    {json.dumps(entry.record())}" for entry in ordered)
    listed = f"[\n{lines}\n  ]" if ordered else "[]"
    files.write(path, f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'.encode())


def _entry(finding: Finding) -> Entry:
    return Entry(finding.code, finding.path, finding.cls, finding.attribute, finding.fingerprint)


def compare(entries: Iterable[Entry], findings: Iterable[Finding], is_judged: Callable[[Entry], bool]) -> Compared:
    """Match findings by fingerprint, and the rest by rule, class and attribute, in case a file was renamed.

    Only an entry that this run could judge can have moved or be gone.
    """
    left = {entry.fingerprint: entry for entry in entries}
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        (known if left.pop(finding.fingerprint, None) else new).append(finding)
    gone = [entry for entry in left.values() if is_judged(entry)]
    unjudged = tuple(entry for entry in left.values() if entry not in gone)
    for finding in list(new):
        moved = next((entry for entry in gone if _name(entry) == _name(finding)), None)
        if moved is not None:
            gone.remove(moved)
            new.remove(finding)
            known.append(finding)
    return Compared(tuple(new), tuple(known), tuple(gone), unjudged)


def _name(found: Entry | Finding) -> tuple[str, str, str]:
    return found.code, found.cls, found.attribute
