"""Which files are read and reported, and how their bytes become text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from initlint.config import Config
from initlint.errors import InitlintError, Unreadable
from initlint.sources import CACHE_TAG, Sources, discover
from initlint.texts import read, to_utf8


def tree(root: Path, *files: str, **contents: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    return root


def found(path: Path, *more: Path, **options: object) -> Sources:
    return discover(Config(paths=(str(path), *map(str, more)), **options))  # type: ignore[arg-type]


def project(root: Path, *files: str) -> Path:
    return tree(root, "pyproject.toml", *files)


def test_a_file_is_reported_and_its_project_is_read(tmp_path: Path) -> None:
    project(
        tmp_path,
        "a.py",
        "pkg/__init__.py",
        "pkg/b.py",
        "pkg/deep/c.pyw",
        "pkg/d.pyi",
        "notes.txt",
        "data.json",
    )
    assert found(tmp_path / "pkg" / "b.py") == Sources(
        root=str(tmp_path),
        files=("a.py", "pkg/__init__.py", "pkg/b.py", "pkg/deep/c.pyw"),
        reported=frozenset({"pkg/b.py"}),
    )


def test_several_paths_share_one_root(tmp_path: Path) -> None:
    project(tmp_path, "one/a.py", "two/b.py", "three/c.py")
    sources = found(tmp_path / "one", tmp_path / "two" / "b.py")
    assert sources.root == str(tmp_path)
    assert sources.reported == {"one/a.py", "two/b.py"}
    assert sources.files == ("one/a.py", "three/c.py", "two/b.py")


def test_paths_in_two_projects_meet_in_the_folder_above(tmp_path: Path) -> None:
    project(tmp_path / "one", "a.py")
    project(tmp_path / "two", "b.py")
    sources = found(tmp_path / "one" / "a.py", tmp_path / "two")
    assert (sources.root, sources.files) == (str(tmp_path), ("one/a.py", "two/b.py"))
    assert sources.reported == {"one/a.py", "two/b.py"}


def test_what_else_stands_beside_two_projects_is_not_read(tmp_path: Path) -> None:
    project(tmp_path / "one", "a.py", "lib/c.py")
    project(tmp_path / "two", "b.py")
    project(tmp_path / "three", "c.py")
    tree(tmp_path, "plain/d.py", "e.py")
    sources = found(tmp_path / "one" / "lib", tmp_path / "two" / "b.py")
    assert (sources.root, sources.files) == (str(tmp_path), ("one/a.py", "one/lib/c.py", "two/b.py"))
    assert sources.reported == {"one/lib/c.py", "two/b.py"}
    everything = ("e.py", "one/a.py", "one/lib/c.py", "plain/d.py", "three/c.py", "two/b.py")
    assert found(tmp_path / "one", tmp_path / "plain").files == everything
    (tmp_path / "setup.cfg").write_text("")
    assert found(tmp_path / "one", tmp_path / "two").files == everything


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py", "setup.cfg", ".git/HEAD"])
def test_the_nearest_project_file_makes_the_root(tmp_path: Path, marker: str) -> None:
    tree(tmp_path, "pyproject.toml", "outer.py", f"inner/{marker}", "inner/src/a.py")
    assert found(tmp_path / "inner" / "src" / "a.py").root == str(tmp_path / "inner")


def test_a_library_without_project_file_is_its_own_root(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "lib/__init__.py",
        "lib/models/__init__.py",
        "lib/models/vit.py",
        "lib/data/x.py",
        "other/y.py",
    )
    for path in ("lib", "lib/models/vit.py", "lib/data"):
        sources = found(tmp_path / path)
        assert (sources.root, sources.package) == (str(tmp_path / "lib"), "lib")
        assert sources.files == ("__init__.py", "data/x.py", "models/__init__.py", "models/vit.py")


def test_a_folder_without_any_project_is_its_own_root(tmp_path: Path) -> None:
    tree(tmp_path, "scripts/a.py", "scripts/models/b.py", "elsewhere/c.py")
    sources = found(tmp_path / "scripts" / "a.py")
    assert (sources.root, sources.package) == (str(tmp_path / "scripts"), "scripts")
    assert sources.files == ("a.py", "models/b.py")


@pytest.mark.parametrize("name", ["timm-1.0.31", "my.nets", "my-nets"])
def test_a_folder_whose_name_no_import_can_say_is_no_package(tmp_path: Path, name: str) -> None:
    """An unpacked release: with the folder's name in front, imports would find no file."""
    tree(tmp_path, f"{name}/timm/__init__.py", f"{name}/timm/layers.py")
    sources = found(tmp_path / name)
    assert (sources.root, sources.package) == (str(tmp_path / name), "")


def test_an_installed_package_does_not_belong_to_the_project_around_it(tmp_path: Path) -> None:
    installed = ".venv/lib/python3.11/site-packages/timm"
    project(tmp_path, "mine.py", f"{installed}/__init__.py", f"{installed}/a.py", ".venv/pyvenv.cfg")
    sources = found(tmp_path / installed)
    assert (sources.root, sources.files) == (str(tmp_path / installed), ("__init__.py", "a.py"))


def test_the_home_folder_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    project(tmp_path, ".git/HEAD", "train.py", "model.py", "photos/x.py", "work/y.py")
    assert found(tmp_path / "model.py").files == ("model.py", "train.py")
    assert found(tmp_path / "work").root == str(tmp_path / "work")


def test_usual_folders_are_left_out(tmp_path: Path) -> None:
    names = (
        ".git",
        ".venv",
        "venv",
        "node_modules",
        "build",
        "__pycache__",
        ".initlint_cache",
        "site-packages",
    )
    project(tmp_path, "a.py", *(f"sub/{name}/x.py" for name in names))
    assert found(tmp_path).files == ("a.py",)


def test_virtual_environments_and_caches_are_known_by_their_marks(tmp_path: Path) -> None:
    project(
        tmp_path,
        "a.py",
        "env37/x.py",
        "env37/pyvenv.cfg",
        "conda/x.py",
        "conda/conda-meta/history",
        "c/x.py",
        "d/x.py",
    )
    (tmp_path / "c" / "CACHEDIR.TAG").write_bytes(CACHE_TAG + b"\n# whatever")
    (tmp_path / "d" / "CACHEDIR.TAG").write_bytes(b"something else")
    assert found(tmp_path).files == ("a.py", "d/x.py")


def test_patterns_of_the_user(tmp_path: Path) -> None:
    project(tmp_path, "a.py", "build/b.py", "gen/c.py", "sub/gen/d.py", "sub/x_pb2.py", "sub/keep.py")
    usual = found(tmp_path, extend_exclude=("gen", "*_pb2.py"))
    assert usual.files == ("a.py", "sub/keep.py")
    only = found(tmp_path, exclude=("/gen",))
    assert only.files == ("a.py", "build/b.py", "sub/gen/d.py", "sub/keep.py", "sub/x_pb2.py")


def test_patterns_may_begin_in_the_folder_that_they_count_from(tmp_path: Path) -> None:
    project(tmp_path, "a.py", "gen/a.py", "sub/gen/b.py")
    assert found(tmp_path, extend_exclude=("./gen",)).files == ("a.py", "sub/gen/b.py")
    assert found(tmp_path, extend_exclude=("a.py", "*.py", "!./a.py")).files == ()
    assert found(tmp_path, extend_exclude=("/*.py", "!./a.py")).files == ("a.py", "gen/a.py", "sub/gen/b.py")


@pytest.mark.parametrize("pattern", ["gen\\old", "gen\\*", ".\\gen"])
def test_a_pattern_with_the_separators_of_windows_is_an_error(tmp_path: Path, pattern: str) -> None:
    project(tmp_path, "a.py")
    with pytest.raises(InitlintError) as caught:
        found(tmp_path, extend_exclude=(pattern,))
    assert str(caught.value) == f"the pattern `{pattern}` matches nothing: separate folders by `/`, on Windows too"


def test_what_the_user_names_is_read_even_if_it_is_excluded(tmp_path: Path) -> None:
    project(tmp_path, "a.py", "build/b.py", "build/lib/c.py", "script")
    assert found(tmp_path / "build" / "lib").reported == {"build/lib/c.py"}
    assert found(tmp_path / "build").reported == {"build/b.py", "build/lib/c.py"}
    assert found(tmp_path / "script").reported == {"script"}


@pytest.mark.parametrize("pattern", ["data/old", "data/old/", "/data/*", "data/**", "dat?/old"])
def test_a_folder_that_is_named_is_read_whatever_pattern_it_fits(tmp_path: Path, pattern: str) -> None:
    """A pattern that it does not match itself still applies inside of it, and where it is not named."""
    project(tmp_path, "a.py", "data/old/b.py", "data/old/deep/c.py", "data/old/x_pb2.py")
    exclude = {"extend_exclude": (pattern, "data/old/*_pb2.py")}
    (tmp_path / ".git").mkdir()
    for options in (exclude, {}):
        assert found(tmp_path / "data" / "old", **options).reported == {"data/old/b.py", "data/old/deep/c.py"}
        assert found(tmp_path / "data" / "old" / "deep", **options).reported == {"data/old/deep/c.py"}
        assert found(tmp_path, **options).reported == {"a.py"}
        (tmp_path / ".gitignore").write_text(f"{pattern}\ndata/old/*_pb2.py\n")


def test_what_is_named_can_be_left_out_too(tmp_path: Path) -> None:
    project(tmp_path, "a.py", "build/b.py", "sub/gen/c.py", "sub/x_pb2.py")
    forced = {"force_exclude": True, "extend_exclude": ("sub/gen", "*_pb2.py")}
    for name in ("build", "build/b.py", "sub/gen/c.py", "sub/x_pb2.py"):
        assert found(tmp_path / name, **forced).reported == frozenset()
        assert found(tmp_path / name, extend_exclude=forced["extend_exclude"]).reported
    assert found(tmp_path / "sub" / "gen", **forced).reported == frozenset()
    assert found(tmp_path / "a.py", **forced).reported == {"a.py"}


def test_gitignore_files_count_from_where_they_stand(tmp_path: Path) -> None:
    names = (
        "a.py",
        "out.py",
        "sub/out.py",
        "sub/local.py",
        "sub/deep/local.py",
        "local.py",
        "tmp/x.py",
        "tmp/keep.py",
    )
    project(tmp_path, ".git/HEAD", *names)
    (tmp_path / ".gitignore").write_text("# a comment\n/out.py\ntmp/*\n!tmp/keep.py\n")
    (tmp_path / "sub" / ".gitignore").write_text("local.py\n")
    assert found(tmp_path).files == ("a.py", "local.py", "sub/out.py", "tmp/keep.py")
    everything = found(tmp_path, respect_gitignore=False)
    assert everything.files == tuple(sorted(names))


def test_ignore_files_above_the_root_and_in_git_count_too(tmp_path: Path) -> None:
    tree(
        tmp_path,
        ".git/HEAD",
        ".git/info/exclude",
        "proj/pyproject.toml",
        "proj/a.py",
        "proj/b.py",
        "proj/c.py",
    )
    (tmp_path / ".gitignore").write_text("proj/b.py\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("c.py\n")
    assert found(tmp_path / "proj").files == ("a.py",)


def test_git_agrees(tmp_path: Path) -> None:
    """The same repository listed by git itself."""
    names = (
        "a.py",
        "b.py",
        "x/a.py",
        "x/y/b.py",
        "x/y/z/c.py",
        "gen/a.py",
        "gen/keep/b.py",
        "foo/bar/q.py",
        "foo/q.py",
    )
    tree(tmp_path, *names)
    (tmp_path / ".gitignore").write_text("b.py\n/gen/*\n!/gen/keep/\nfoo/**/q.py\n!x/y/b.py\n\\#odd.py\n")
    (tmp_path / "x" / ".gitignore").write_text("z/\n!a.py\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "*.py"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert found(tmp_path).files == tuple(sorted(listed.stdout.split()))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_show_no_file_twice_and_end(tmp_path: Path) -> None:
    root = project(tmp_path / "root", "a.py", "sub/b.py")
    tree(tmp_path, "outside/c.py", "outside/deep/d.py", "alone.py")
    (root / "loop").symlink_to(root)
    (root / "sub" / "up").symlink_to(tmp_path)
    (root / "same.py").symlink_to(root / "a.py")
    (root / "dangling.py").symlink_to(root / "nothing.py")
    (root / "itself").symlink_to(root / "itself")
    (root / "itself.py").symlink_to(root / "itself.py")
    (root / "linked").symlink_to(tmp_path / "outside")
    (root / "linked2").symlink_to(tmp_path / "outside")
    (root / "other.py").symlink_to(tmp_path / "alone.py")
    (tmp_path / "outside" / "back").symlink_to(root)
    assert found(root).files == ("a.py", "linked/c.py", "linked/deep/d.py", "other.py", "sub/b.py")


@pytest.mark.skipif(sys.platform == "win32", reason="no such rights there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_said(tmp_path: Path) -> None:
    project(tmp_path, "a.py", "closed/b.py")
    (tmp_path / "closed").chmod(0)
    try:
        sources = found(tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert sources.skipped == (("closed", "the folder cannot be listed: permission denied"),)


def test_what_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InitlintError) as caught:
        found(tmp_path, tmp_path / "none.py")
    assert str(caught.value) == f"there is no file or folder `{tmp_path / 'none.py'}`"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_is_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    project(tmp_path, "a.py")
    assert found(tmp_path).files == ("a.py",)
    with pytest.raises(InitlintError, match="is neither a file nor a folder"):
        found(tmp_path / "pipe.py")


def test_a_folder_without_python_has_no_files(tmp_path: Path) -> None:
    project(tmp_path, "notes.txt")
    assert (found(tmp_path).files, found(tmp_path).reported) == ((), frozenset())


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        project(tmp_path, name)
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system wants text")
    assert found(tmp_path).files == (name,)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n"),
        (b"", ""),
        (
            "# -*- coding: latin-1 -*-\ns = 'café'\n".encode("latin-1"),
            "# -*- coding: latin-1 -*-\ns = 'café'\n",
        ),
        ("#!/bin/python\n# vim: set fileencoding=cp1252 :\n'€'".encode("cp1252"), None),
        ("s = 'coding: nonsense'\nt = 'é'\n".encode(), "s = 'coding: nonsense'\nt = 'é'\n"),
        ("'é'\n'è'\n# coding: latin-1\n".encode(), "'é'\n'è'\n# coding: latin-1\n"),
        ("# coding: shift_jis\n'日本'\n".encode("shift_jis"), "# coding: shift_jis\n'日本'\n"),
        (b"\xef\xbb\xbf# coding: utf-8\n'\xc3\xa9'", "# coding: utf-8\n'é'"),
    ],
)
def test_every_declared_encoding_becomes_utf8(tmp_path: Path, data: bytes, text: str | None) -> None:
    (tmp_path / "a.py").write_bytes(data)
    expected = data.decode("cp1252") if text is None else text
    assert read(str(tmp_path / "a.py")).decode() == expected


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"x = 1\n\0\n", 2, "the file contains NUL bytes, so it is binary data, not Python source"),
        (
            "x = 1\n".encode("utf-16"),
            1,
            "the file contains NUL bytes, so it is binary data, not Python source",
        ),
        (b"a = 1\nb = '\xe9'\n", 2, "byte 0xe9 is not valid in utf-8, the encoding of the file"),
        (b"# coding: ascii\n\n'\xc3\xa9'", 3, "byte 0xc3 is not valid in ascii, the encoding of the file"),
        (
            b"# coding: klingon\n",
            1,
            "the encoding that the file declares cannot be used: unknown encoding: klingon",
        ),
        (b"# coding: rot13\n", 1, "the encoding that the file declares cannot be used: rot13"),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            1,
            "the encoding that the file declares cannot be used: encoding problem: utf-8",
        ),
    ],
)
def test_what_cannot_be_read_says_why_and_where(data: bytes, line: int, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        to_utf8(data)
    assert (caught.value.line, caught.value.reason) == (line, said)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="the file was removed while initlint was running"):
        read(str(tmp_path / "gone.py"))


def test_patterns_count_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    """The file is above the root of the project, as in a repository with several projects."""
    from initlint.settings import settle

    (tmp_path / "pyproject.toml").write_text('[tool.initlint]\nextend-exclude = ["one/made/*.py", "/old/"]\n')
    for name in ("one/made/a.py", "one/b.py", "one/old/c.py", "one/pkg/one/made/d.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "one" / "pyproject.toml").write_text("")
    start = str(tmp_path / "one")
    found = discover(settle({"paths": (start,)}, start=start).config)
    assert found.root == start
    assert found.files == ("b.py", "old/c.py", "pkg/one/made/d.py")
