"""Options: defaults, configuration files, what overrides what, and messages about mistakes."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from initlint import config, settings, tomlfile
from initlint.config import Config
from initlint.errors import InitlintError
from initlint.settings import Table, fill, settle


def write(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def load(*arguments: Any, **more: Any) -> Config:
    return settle(*arguments, **more).config


def failure(*arguments: Any, **more: Any) -> str:
    with pytest.raises(InitlintError) as caught:
        load(*arguments, **more)
    return str(caught.value)


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert load({}, start=str(tmp_path)) == Config()


def test_the_table_is_read_and_the_caller_overrides_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[tool.initlint]\nselect = ["SOH1"]\nignore = ["SOH105"]\njobs = 3\nrespect-gitignore = false\n'
        'per-file-ignores = { "tests/*" = ["SOH1", "SOH2"] }\n',
    )
    expected = Config(
        folder=str(tmp_path),
        select=("SOH2",),
        ignore=("SOH105",),
        jobs=3,
        respect_gitignore=False,
        per_file_ignores=(("tests/*", ("SOH1", "SOH2")),),
    )
    assert load({"select": ["SOH2"]}, start=str(tmp_path)) == expected


def test_the_nearest_file_with_options_counts(tmp_path: Path) -> None:
    write(tmp_path, "[tool.initlint]\njobs = 1\n")
    write(tmp_path / "a", "[tool.initlint]\njobs = 2\n")
    write(tmp_path / "a" / "b", "[tool.other]\njobs = 3\n")
    (tmp_path / "a" / "b" / "c").mkdir()
    assert load({}, start=str(tmp_path / "a" / "b" / "c")).jobs == 2


def test_initlint_toml_has_its_options_on_top_and_comes_before_pyproject_toml(tmp_path: Path) -> None:
    write(tmp_path, "[tool.initlint]\njobs = 1\n")
    own = write(tmp_path, "jobs = 2\n", "initlint.toml")
    assert load({}, start=str(tmp_path)).jobs == 2
    own.write_text("[tool.initlint]\njobs = 2\n")
    said = f"{own}:1: the configuration has no option `tool`; only pyproject.toml has options under [tool.initlint]"
    assert failure({}, start=str(tmp_path)).startswith(said)
    write(tmp_path / "below", "[tool.initlint]\njobs = 3\n")
    assert load({}, start=str(tmp_path / "below")).jobs == 3


def test_paths_count_from_the_file_they_stand_in(tmp_path: Path) -> None:
    write(tmp_path, '[tool.initlint]\ncache-dir = "kept/here"\nsite-packages = ["a", "/b"]\n')
    found = load({}, start=str(tmp_path))
    assert found.cache_dir == str(tmp_path / "kept/here")
    assert found.site_packages == (str(tmp_path / "a"), "/b")


def test_a_named_file_replaces_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "[tool.initlint]\njobs = 1\n")
    named = write(tmp_path / "other", "[tool.initlint]\njobs = 2\n")
    own = write(tmp_path / "other", "jobs = 3\n", "any.toml")
    assert load({}, start=str(tmp_path), named=[str(named)]).jobs == 2
    assert load({}, start=str(tmp_path), named=[str(own)]).jobs == 3
    assert load({}, start=str(tmp_path), isolated=True) == Config()


def test_texts_override_the_file_and_the_caller_overrides_them(tmp_path: Path) -> None:
    write(tmp_path, '[tool.initlint]\njobs = 1\nselect = ["SOH1"]\nignore = ["SOH105"]\n')
    named = ["jobs = 2", 'select=["SOH2"]', 'per-file-ignores."a.py" = ["SOH9"]']
    found = load({"jobs": 3}, start=str(tmp_path), named=named)
    assert (found.jobs, found.select, found.ignore) == (3, ("SOH2",), ("SOH105",))
    assert found.per_file_ignores == (("a.py", ("SOH9",)),)
    assert load({}, isolated=True, named=["jobs = 2"]) == Config(jobs=2)


def test_a_file_whose_name_looks_like_a_text_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "jobs = 4\n", "a=b.toml")
    assert load({}, named=["a=b.toml"]).jobs == 4


def test_a_file_that_does_not_name_initlint_need_not_be_valid(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"this is [not TOML \xff")
    assert load({}, start=str(tmp_path)) == Config()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('selekt = ["SOH1"]', 2, "[tool.initlint] has no option `selekt`; did you mean `select`?"),
        ("min_confidence = 1", 2, "no option `min_confidence`; did you mean `min-confidence`?"),
        ("jobs = 1\n\n# more\nzzz = 1\n", 5, "[tool.initlint] has no option `zzz`"),
        ("paths = []", 2, "[tool.initlint] has no option `paths`"),
        ("folder = 'x'", 2, "[tool.initlint] has no option `folder`"),
        ('select = "SOH1"', 2, '`select` must be a list of strings, not "SOH1"'),
        ("ignore = [\n  'SOH1',\n]\nselect = [\n  1,\n]", 5, "`select` must be a list of strings, not [1]"),
        ('jobs = "2"', 2, '`jobs` must be a whole number, not "2"'),
        ("jobs = true", 2, "`jobs` must be a whole number, not true"),
        ("jobs = -1", 2, "`jobs` must be 0 or more, not -1"),
        ("quiet = 1", 2, "`quiet` must be true or false, not 1"),
        ("per-file-ignores = ['SOH1']", 2, "`per-file-ignores` must be a table of lists of strings, not ['SOH1']"),
        ("[tool.initlint.per-file-ignores]\n'a' = 'SOH1'", 2, """lists of strings, not {"a" = "SOH1"}"""),
        ("jobs = 1\nignore = ['SOH1', 'E501']", 3, "there is no rule `E501`; `initlint rules` lists them"),
        ("extend-select = ['soh2']", 2, "there is no rule `soh2`; did you mean `SOH2`?"),
        ("[tool.initlint.per-file-ignores]\n'a' = ['SOH1O1']", 2, "no rule `SOH1O1`; did you mean `SOH101`?"),
        ("s = '''\nselect = 1\n'''", 2, "has no option `s`"),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = write(tmp_path, f"[tool.initlint]\n{text}\n")
    message = failure({}, start=str(tmp_path))
    assert message.startswith(f"{path}:{line}: ")
    assert said in message


def test_a_choice_that_is_none_names_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, '[tool.initlint]\noutput-format = "consise"\n')
    message = failure({}, start=str(tmp_path))
    assert message.startswith(f"{path}:2: `output-format` must be one of full, concise, json")
    assert message.endswith(', not "consise"; did you mean `concise`?')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool]\ninitlint = 1\n", ":2: `tool.initlint` must be a table"),
        ("[tool.initlint\n", " is not valid TOML: "),
        ('tool = "initlint"\n[other]\n', None),
    ],
)
def test_files_that_are_wrong_as_a_whole(tmp_path: Path, text: str, said: str | None) -> None:
    path = write(tmp_path, text)
    if said is None:
        assert load({}, start=str(tmp_path)) == Config()
    else:
        assert failure({}, start=str(tmp_path)).startswith(f"{path}{said}")


@pytest.mark.parametrize("text", ["", "# initlint\n", "[tool.initlinter]\n"])
def test_a_named_pyproject_toml_must_have_the_table(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert failure({}, named=[str(path)]) == f"{path} has no table [tool.initlint]"


def test_what_config_cannot_mean(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.toml")
    assert failure({}, named=[missing]) == f"cannot read the configuration file {missing}: No such file or directory"
    assert (
        failure({}, named=["a.toml", "b.toml"])
        == "there can be only one configuration file, not both a.toml and b.toml"
    )
    assert (
        failure({}, named=["a.toml"], isolated=True)
        == "`--isolated` reads no configuration file; it excludes `--config a.toml`"
    )
    assert failure({}, named=["selct = []"], isolated=True) == (
        "--config 'selct = []': the configuration has no option `selct`; did you mean `select`?"
    )
    assert failure({}, named=["select = ["], isolated=True).startswith("--config 'select = [' is not valid TOML: ")


def test_a_caller_is_told_of_mistakes_too() -> None:
    assert failure({"job": 1}, isolated=True) == "check(): there is no option `job`; did you mean `jobs`?"
    assert failure({"jobs": "2"}, isolated=True) == 'check(): `jobs` must be a whole number, not "2"'


def test_origins(tmp_path: Path) -> None:
    path = write(tmp_path, '# initlint\n[tool.initlint]\njobs = 1\n\nselect = [\n  "SOH1"]\nignore = []\n')
    found = settle({"quiet": True}, named=["ignore = ['SOH2']"], start=str(tmp_path), located=True)
    assert found.file == str(path)
    assert found.origins == {
        "jobs": f"{path}:3",
        "select": f"{path}:5",
        "ignore": "--config 'ignore = ['SOH2']'",
        "quiet": "check()",
    }


@dataclasses.dataclass(frozen=True)
class Inner:
    depth: int = dataclasses.field(default=1, metadata={"option": config.Option("Run", "How deep.")})
    name: str = dataclasses.field(default="", metadata={"option": config.Option("Run", "Which.")})


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: Inner = dataclasses.field(default=Inner(), metadata={"option": config.Option("Run", "More.", flag=False)})


def test_a_sub_table_is_a_dataclass_of_options() -> None:
    def table(text: str) -> Table:
        return Table(tomlfile.parse("/a.toml", text.encode()), (), "/")

    once = fill(Outer(), table("[inner]\ndepth = 2\n"))
    assert fill(once, table("inner.name = 'x'\n")) == Outer(Inner(2, "x"))
    with pytest.raises(InitlintError, match=r"^/a.toml:3: \[inner\] has no option `dept`; did you mean `depth`\?$"):
        fill(once, table("[inner]\nname = ''\ndept = 1\n"))
    with pytest.raises(InitlintError, match=r"^/a.toml:1: `inner` must be a table$"):
        fill(once, table("inner = 1"))


def test_every_option_can_be_written_in_a_file_or_on_the_command_line() -> None:
    assert all(option.key or option.flag for _, option in config.options())
    assert {option.group for _, option in config.options()} <= set(config.GROUPS)
    assert settings.SHARED_TABLE == ("tool", "initlint")


def test_the_page_names_every_option_with_its_default() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.+?) \|", page, re.MULTILINE))
    spoken = {"exclude": "the usual", "confirm": "a table", "per-file-ignores": "`{}`"}
    defaults = {config.key(entry.name): entry.default for entry, option in config.options() if option.key}
    assert rows == {key: spoken.get(key) or f"`{written(default)}`" for key, default in defaults.items()}


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("confirm", {"build": "each class on its own", "dtype": "torch's", "output-format": "`full`"}),
        (
            "trace",
            {"build": None, "dtype": "torch's", "python": "the project's", "output-format": "`full`", "write": ""},
        ),
    ],
)
def test_a_page_names_the_options_of_building_with_their_defaults(name: str, spoken: dict[str, str | None]) -> None:
    page = (Path(__file__).parent.parent / "docs" / f"{name}.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `--([\w-]+) [A-Z]+` \|(?: ([^|]+))? \|", page, re.MULTILINE))
    defaults = {config.key(entry.name): entry.default for entry, _ in config.options(config.Confirm)}
    shown = {key: f"`{default}`" for key, default in {**defaults, "seed": defaults["seed"][0]}.items()}
    assert rows == {key: value for key, value in {**shown, **spoken}.items() if value is not None}


def written(default: object) -> str:
    return json.dumps(list(default) if isinstance(default, tuple) else default)
