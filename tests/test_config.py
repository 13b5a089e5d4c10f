"""Options: defaults, pyproject.toml, what overrides what, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.config import Config, load
from initlint.errors import InitlintError


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert load({}, start=str(tmp_path)) == Config()


def test_the_table_is_read_and_the_caller_overrides_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[tool.initlint]\nselect = ["SOH1"]\nignore = ["SOH105"]\njobs = 3\nrespect-gitignore = false\n',
    )
    expected = Config(select=("SOH2",), ignore=("SOH105",), jobs=3, respect_gitignore=False)
    assert load({"select": ["SOH2"]}, start=str(tmp_path)) == expected


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    write(tmp_path, "[tool.initlint]\njobs = 1\n")
    write(tmp_path / "a", "[tool.initlint]\njobs = 2\n")
    write(tmp_path / "a" / "b", "[tool.other]\njobs = 3\n")
    (tmp_path / "a" / "b" / "c").mkdir()
    assert load({}, start=str(tmp_path / "a" / "b" / "c")) == Config(jobs=2)


def test_paths_count_from_the_file_they_stand_in(tmp_path: Path) -> None:
    write(tmp_path, '[tool.initlint]\ncache-dir = "kept/here"\n')
    assert load({}, start=str(tmp_path)) == Config(cache_dir=str(tmp_path / "kept/here"))


def test_a_named_file_replaces_the_nearest_and_isolation_both(tmp_path: Path) -> None:
    write(tmp_path, "[tool.initlint]\njobs = 1\n")
    named = write(tmp_path / "other", "[tool.initlint]\njobs = 2\n")
    assert load({}, start=str(tmp_path), file=str(named)) == Config(jobs=2)
    assert load({}, start=str(tmp_path), file=str(named), isolated=True) == Config()


def test_a_file_that_does_not_name_initlint_need_not_be_valid(tmp_path: Path) -> None:
    write(tmp_path, "this is [not TOML")
    assert load({}, start=str(tmp_path)) == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[tool.initlint]\nselekt = ["SOH1"]\n',
            "[tool.initlint] has no option `selekt`; did you mean `select`?",
        ),
        (
            "[tool.initlint]\nmin_confidence = 1\n",
            "no option `min_confidence`; did you mean `min-confidence`?",
        ),
        ("[tool.initlint]\nzzz = 1\n", "[tool.initlint] has no option `zzz`"),
        ("[tool.initlint]\npaths = []\n", "[tool.initlint] has no option `paths`"),
        ('[tool.initlint]\nselect = "SOH1"\n', "`select` must be a list of strings, not 'SOH1'"),
        ("[tool.initlint]\nselect = [1]\n", "`select` must be a list of strings, not [1]"),
        ('[tool.initlint]\njobs = "2"\n', "`jobs` must be a whole number, not '2'"),
        ("[tool.initlint]\njobs = true\n", "`jobs` must be a whole number, not True"),
        ("[tool.initlint]\njobs = -1\n", "`jobs` must not be negative"),
        ("[tool.initlint]\nquiet = 1\n", "`quiet` must be true or false, not 1"),
        (
            '[tool.initlint]\noutput-format = "xml"\n',
            "`output-format` must be one of full, concise, json, not 'xml'",
        ),
        ("[tool]\ninitlint = 1\n", "`tool.initlint` must be a table"),
        ("[tool.initlint\n", "is not valid TOML: "),
        ('tool = "initlint"\n[other]\n', None),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path: Path, text: str, said: str | None) -> None:
    path = write(tmp_path, text)
    if said is None:
        assert load({}, start=str(tmp_path)) == Config()
        return
    with pytest.raises(InitlintError) as caught:
        load({}, start=str(tmp_path))
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "# initlint\n", "[tool.initlinter]\n"])
def test_a_named_file_must_have_the_table(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InitlintError) as caught:
        load({}, file=str(path))
    assert str(caught.value) == f"{path} has no table [tool.initlint]"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InitlintError, match=r"cannot read the configuration file .*: No such file or directory"):
        load({}, file=str(tmp_path / "none.toml"))


def test_a_caller_is_told_of_mistakes_too() -> None:
    with pytest.raises(InitlintError) as caught:
        load({"job": 1}, isolated=True)
    assert str(caught.value) == "check(): there is no option `job`; did you mean `jobs`?"
