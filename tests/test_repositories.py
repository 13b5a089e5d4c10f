"""`initlint diff` in all kinds of repositories: bare, shallow, with submodules, of another owner, or none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from confirming import HEAD

from initlint.cli import run

NET = f"""{HEAD}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.last = nn.Linear(4, 2)
"""
GAMMA = "        self.gamma = nn.Parameter(torch.randn(3))\n        self.last"
PARTED = NET.replace("        self.last", GAMMA)
PART = f"""{HEAD}class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
"""
BIG = f"""from lib.part import Part
{HEAD}class Big(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()
"""


def git(folder: Path, *arguments: str) -> None:
    settings = ("user.name=n", "user.email=e", "commit.gpgsign=false", "protocol.file.allow=always")
    given = [part for setting in settings for part in ("-c", setting)]
    subprocess.run(["git", *given, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "next", "--allow-empty")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits, between which a parameter was added."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "pyproject.toml").touch()
    commit(folder, net=NET)
    git(folder, "tag", "v1")
    commit(folder, net=PARTED)
    monkeypatch.chdir(folder)
    return folder


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence of a run that fails, without other output."""
    assert run(["diff", *arguments, "-n"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("initlint: error: ").rstrip("\n")


def test_a_bare_clone(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    for place in (tmp_path / "bare", repository / ".git"):
        monkeypatch.chdir(place)
        before = sorted(place.rglob("*"))
        assert run(["diff", "v1..HEAD", "-n"]) == 1
        assert capsys.readouterr().out.startswith("the streams part at Net.gamma, net.py:11 (new)")
        assert run(["diff", "v1..HEAD", "--build", "net:Net", "-n"]) == 1
        assert capsys.readouterr().out.startswith("the streams part at gamma, net.py:11 (new)")
        assert sorted(place.rglob("*")) == before


def test_a_shallow_clone_says_how_to_get_what_is_older(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(["HEAD~2", "HEAD"], capsys) == "`HEAD~2` is not a file, a folder or a revision of this repository"
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert refused(["HEAD~1", "HEAD"], capsys) == (
        "`HEAD~1` is not a file, a folder or a revision of this repository, which is a shallow clone:"
        " `git fetch --unshallow` brings what is older"
    )


def test_a_clone_without_contents_that_cannot_be_fetched(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", repository.as_uri(), "partial")
    repository.rename(tmp_path / "gone")
    monkeypatch.chdir(tmp_path / "partial")
    for build in ([], ["--build", "net:Net"]):
        assert "does not appear to be a git repository" in refused(["HEAD~1", "HEAD", *build], capsys)


@pytest.fixture
def with_submodule(repository: Path, tmp_path: Path) -> Path:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    commit(library, part=PART)
    git(repository, "submodule", "add", "-q", str(library), "lib")
    commit(repository, big=BIG)
    commit(library, part=PART.replace("(2, 2)", "(2, 3)"))
    git(repository / "lib", "pull", "-q")
    commit(repository)
    return repository


def test_submodules_are_read_as_the_revision_had_them(with_submodule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert run(["diff", "HEAD", ".", "-n"]) == 0
    assert run(["diff", "HEAD~1", "HEAD", "-n"]) == 1
    assert "the streams part at Part.a, lib/part.py:10 (new)" in capsys.readouterr().out
    assert run(["diff", "HEAD~1", ".", "--build", "big:Big", "-n"]) == 1
    assert capsys.readouterr().out.startswith("the streams part at part.a.weight, lib/part.py:10 (new)")


def test_a_submodule_that_is_not_there_is_said(
    with_submodule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    git(tmp_path, "clone", "-q", str(with_submodule), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    run(["diff", "HEAD~1", "HEAD", "-n"])
    assert "the submodule lib of HEAD is not there\n" in capsys.readouterr().out
    sentence = refused(["HEAD~1", "HEAD", "--build", "big:Big"], capsys)
    assert sentence.startswith("HEAD~1: `big:Big` cannot be built: `big` cannot be imported: ModuleNotFoundError: ")
    assert sentence.endswith("; the submodule lib of HEAD~1 is not there")


def test_a_repository_of_another_owner_is_no_missing_one(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "detected dubious ownership in repository" in refused(["v1", "HEAD"], capsys)


def test_outside_of_any_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert refused(["v1", "HEAD"], capsys) == "`v1` is not a file or folder, and this folder is not in a git repository"


def test_changes_anywhere_in_the_working_tree_are_said(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "inside").mkdir()
    monkeypatch.chdir(repository / "inside")
    for name, said in (("notes.txt", False), ("new.py", True)):
        (repository / name).touch()
        run(["diff", "v1", "HEAD", "-n"])
        assert ("changes that are in neither revision" in capsys.readouterr().out) is said


def test_what_cannot_be_compared_is_not_called_the_same(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "empty").mkdir()
    assert refused(["empty", "."], capsys) == "there is nothing to compare: empty has no Python files"
    (repository / "big.py").write_text(BIG, encoding="utf-8")
    sentence = "there is nothing to compare: net.py and big.py have no class of modules in common"
    assert refused(["net.py", "big.py"], capsys) == sentence
    assert refused(["v1", "net:Net"], capsys) == (
        "`net:Net` is a target; to build it from two versions, write OLD NEW --build 'net:Net'"
    )


@pytest.mark.parametrize("pattern", ["build", "out/*", "/out/"])
def test_what_is_left_out_of_a_folder_is_left_out_of_a_revision(
    pattern: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what is named is compared in both."""
    folder = "build" if pattern == "build" else "out/gen"
    (repository / folder).mkdir(parents=True)
    (repository / "pyproject.toml").write_text(f"[tool.initlint]\nextend-exclude = ['{pattern}']\n", encoding="utf-8")
    commit(repository, **{f"{folder}/big": BIG})
    assert run(["diff", "HEAD", ".", "-n"]) == run(["diff", "HEAD", folder, "-n"]) == 0
    assert capsys.readouterr().out == "the same streams\n" * 2
