"""A file is written completely or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from initlint.errors import InitlintError
from initlint.files import write

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs what POSIX has")


def test_a_new_file_and_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a b é.txt"
    write(str(path), b"one\r\n")
    assert path.read_bytes() == b"one\r\n"
    write(str(path), b"two", expected=b"one\r\n")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a b é.txt"]


@POSIX
def test_the_mode_stays_and_a_new_file_has_the_usual_one(tmp_path: Path) -> None:
    path, usual = tmp_path / "a.py", tmp_path / "usual"
    usual.touch()
    write(str(path), b"x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    path.chmod(0o751)
    write(str(path), b"y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o751


@POSIX
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.py", tmp_path / "link.py"
    real.write_bytes(b"x")
    link.symlink_to(real)
    write(str(link), b"y")
    assert link.is_symlink()
    assert real.read_bytes() == b"y"


@pytest.mark.parametrize("now", [b"changed", None])
def test_never_over_a_file_that_changed(tmp_path: Path, now: bytes | None) -> None:
    path = tmp_path / "a.py"
    if now is not None:
        path.write_bytes(now)
    with pytest.raises(InitlintError, match="was changed while initlint was running; it is left as it is"):
        write(str(path), b"new", expected=b"old")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == ([now] if now else [])


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.py"
    with pytest.raises(InitlintError) as caught:
        write(str(path), b"x")
    assert str(caught.value) == f"cannot write to {path}: No such file or directory"
