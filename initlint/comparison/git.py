"""The files of a revision, read through git's plumbing: nothing is checked out and nothing on disk changes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from initlint.errors import InitlintError
from initlint.sources import READ

SUBMODULE, LINK = "160000", "120000"


def _run(folder: str, *arguments: str, given: bytes = b"", index: str = "") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    if index:
        environment["GIT_INDEX_FILE"] = index
    command = ["git", "--no-replace-objects", "-C", folder, *arguments]
    try:
        return subprocess.run(command, input=given, capture_output=True, env=environment, check=False)
    except FileNotFoundError as error:
        raise InitlintError("git is not installed, so no revision can be read") from error


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape").rstrip("\n")


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """Why git failed, in one line."""
    lines = [line for line in _text(done.stderr).splitlines() if line]
    return next((line for line in lines if line.startswith("fatal: ")), lines[-1] if lines else "").removeprefix(
        "fatal: "
    )


def top(folder: str) -> str | None:
    """The top folder of the repository around a folder, or its own if it has no working tree; None outside of a
    repository."""
    for question in ("--show-toplevel", "--absolute-git-dir"):
        done = _run(folder, "rev-parse", question)
        if done.returncode == 0:
            return os.path.realpath(_text(done.stdout))
    if b"not a git repository" in done.stderr:
        return None
    raise InitlintError(f"git cannot read the repository here: {_reason(done)}")


def inside(top: str, revision: str, place: str) -> str:
    """The path of a place from the top of the repository; an InitlintError if it is outside."""
    found = os.path.relpath(os.path.realpath(place), top)
    if found.split(os.sep)[0] == os.pardir:
        raise InitlintError(f"`{revision}` is a revision of {top}, and {place} lies outside of that")
    return found


def notes(missing: Iterable[str], revision: str) -> tuple[str, ...]:
    """What to say about submodules of a revision that are missing."""
    return tuple(f"the submodule {path} of {revision} is not there" for path in missing)


def is_shallow(folder: str) -> bool:
    """Whether the clone lacks older commits."""
    return _text(_run(folder, "rev-parse", "--is-shallow-repository").stdout) == "true"


def commit(folder: str, revision: str) -> str | None:
    """The commit that a revision names, if any."""
    done = _run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return _text(done.stdout) if done.returncode == 0 else None


def dirty(folder: str) -> bool:
    """Whether files differ from the last commit or are not in it."""
    done = _run(folder, "status", "--porcelain", "-z", "--", *(f":/*{ending}" for ending in READ))
    return done.returncode == 0 and bool(done.stdout)


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A commit, or the commit of a submodule at `path`; `folder` is None if its repository is missing."""

    path: str
    folder: str | None
    commit: str
    entries: tuple[_Entry, ...] = ()

    def inside(self, path: str) -> str:
        return f"{self.path}/{path}" if self.path else path


def files(folder: str, revision: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The Python files of a commit by path from the top, and the submodules that are missing."""
    found: dict[str, bytes] = {}
    missing: list[str] = []
    for part in _parts(folder, revision):
        if part.folder is None:
            missing.append(part.path)
            continue
        read = (entry for entry in part.entries if entry.path.endswith(READ))
        objects = {part.inside(entry.path): entry.digest for entry in read if entry.mode not in (SUBMODULE, LINK)}
        found |= _contents(part.folder, objects)
    return found, tuple(missing)


def _parts(folder: str, revision: str, path: str = "") -> Iterator[_Part]:
    """A commit, its submodules, and their submodules."""
    part = _Part(path, folder, revision, tuple(_entries(folder, revision)))
    yield part
    for entry in part.entries:
        if entry.mode == SUBMODULE:
            clone, inside = os.path.join(folder, entry.path), part.inside(entry.path)
            if _is_clone(clone) and commit(clone, entry.digest):
                yield from _parts(clone, entry.digest, inside)
            else:
                yield _Part(inside, None, entry.digest)


def _is_clone(folder: str) -> bool:
    """Whether a folder is the top of a repository, and not just inside of one."""
    return os.path.isdir(folder) and top(folder) == os.path.realpath(folder)


def _entries(folder: str, revision: str) -> Iterator[_Entry]:
    done = _run(folder, "ls-tree", "-r", "-z", "--full-tree", revision)
    if done.returncode != 0:
        raise InitlintError(f"git cannot list the files of {revision}: {_reason(done)}")
    for entry in filter(None, done.stdout.split(b"\0")):
        described, _, name = entry.partition(b"\t")
        mode, _, digest = described.decode().split(" ")[:3]
        yield _Entry(mode, digest, name.decode(errors="surrogateescape"))


def _contents(folder: str, objects: dict[str, str]) -> dict[str, bytes]:
    asked = "".join(f"{digest}\n" for digest in objects.values()).encode()
    done = _run(folder, "cat-file", "--batch", given=asked)
    if done.returncode != 0:
        raise InitlintError(f"git cannot read the files of a revision: {_reason(done)}")
    found: dict[str, bytes] = {}
    data, start = done.stdout, 0
    for path in objects:
        head = data.index(b"\n", start)
        header = data[start:head].decode().split(" ")
        if len(header) != 3:
            raise InitlintError(f"git does not have the content of {path}; a shallow or partial clone has to fetch it")
        size = int(header[2])
        found[path] = data[head + 1 : head + 1 + size]
        start = head + size + 2
    return found


def export(folder: str, revision: str, to: str) -> tuple[str, ...]:
    """Write all files of a commit into a new folder, and return the submodules that are missing.

    Neither the working tree nor the index is touched.
    """
    missing: list[str] = []
    for part in _parts(folder, revision):
        if part.folder is None:
            missing.append(part.path)
        else:
            _write(part.folder, part.commit, os.path.join(to, part.path))
    return tuple(missing)


def _write(folder: str, revision: str, to: str) -> None:
    """Use the new folder as the working tree, since the repository may have none."""
    os.makedirs(to, exist_ok=True)
    index = os.path.join(to, ".index")
    home = _text(_run(folder, "rev-parse", "--absolute-git-dir").stdout)
    for command in (("read-tree", revision), ("checkout-index", "--all")):
        done = _run(to, f"--git-dir={home}", f"--work-tree={to}", *command, index=index)
        if done.returncode != 0:
            raise InitlintError(f"git cannot write out the files of {revision}: {_reason(done)}")
    os.unlink(index)
