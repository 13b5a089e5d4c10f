"""The files of a revision, read through git's plumbing: nothing is checked out and nothing on disk changes."""

from __future__ import annotations

import os
import subprocess

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


def top(folder: str) -> str | None:
    """The top folder of the repository around a folder; None outside of any."""
    done = _run(folder, "rev-parse", "--show-toplevel")
    return os.path.realpath(_text(done.stdout)) if done.returncode == 0 else None


def commit(folder: str, revision: str) -> str | None:
    """The commit that a revision names; None where it names none."""
    done = _run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return _text(done.stdout) if done.returncode == 0 else None


def dirty(folder: str) -> bool:
    """Whether Python files differ from the last commit, or are not in it."""
    done = _run(folder, "status", "--porcelain", "-z", "--", "*.py")
    return done.returncode == 0 and bool(done.stdout)


def files(folder: str, revision: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The Python files of a commit by their paths from the top, and the submodules, which are not read."""
    done = _run(folder, "ls-tree", "-r", "-z", "--full-tree", revision)
    if done.returncode != 0:
        raise InitlintError(f"git cannot list the files of {revision}: {_text(done.stderr)}")
    objects: dict[str, str] = {}
    submodules: list[str] = []
    for entry in filter(None, done.stdout.split(b"\0")):
        described, _, name = entry.partition(b"\t")
        mode, _, digest = described.decode().split(" ")[:3]
        path = name.decode(errors="surrogateescape")
        if mode == SUBMODULE:
            submodules.append(path)
        elif mode != LINK and path.endswith(READ):
            objects[path] = digest
    return _contents(folder, objects), tuple(submodules)


def _contents(folder: str, objects: dict[str, str]) -> dict[str, bytes]:
    asked = "".join(f"{digest}\n" for digest in objects.values()).encode()
    done = _run(folder, "cat-file", "--batch", given=asked)
    if done.returncode != 0:
        raise InitlintError(f"git cannot read the files of a revision: {_text(done.stderr)}")
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


def export(top: str, revision: str, folder: str) -> None:
    """Write all files of a commit into a new folder; neither the working tree nor the index is touched."""
    os.mkdir(folder)
    index = f"{folder}.index"
    for command in (("read-tree", revision), ("checkout-index", "--all", f"--prefix={folder}/")):
        done = _run(top, *command, index=index)
        if done.returncode != 0:
            raise InitlintError(f"git cannot write out the files of {revision}: {_text(done.stderr)}")
    os.unlink(index)


def submodules(top: str, revision: str) -> tuple[str, ...]:
    """The paths of the submodules of a commit, which are not part of it."""
    listed = _run(top, "ls-tree", "-r", "-z", "--full-tree", revision).stdout.split(b"\0")
    return tuple(_text(entry.partition(b"\t")[2]) for entry in listed if entry.startswith(SUBMODULE.encode()))
