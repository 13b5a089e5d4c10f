"""The measured half of `initlint diff`: two versions are built, or read from fingerprints, and the first draw that
differs is named."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, note
from msgspec.structs import replace

torch = pytest.importorskip("torch")

from confirming import HEAD, STORY
from generated import render
from generated.edits import Pair, pairs
from generated.execution import SEED
from generated.series import series
from generated.strategies import programs
from processes import marked, wait_for
from test_streams import Measured, both, first_apart, side, states

from initlint.cli import run
from initlint.comparison.compare import compare as compare_statically
from initlint.report import parting_full
from initlint.report.parting import Parting, Verdict, answer
from initlint.report.trace import Trace
from initlint.runtime.host import Built, Host, Job
from initlint.runtime.parting import beside, compare
from initlint.runtime.trace import trace
from initlint.runtime.trees import Tree
from initlint.runtime.trials import Plan


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(sys.executable) as started:
        yield started


def built(host: Host, folder: Path, target: str, seed: int = 0, **how: str) -> Trace:
    root = str(folder)
    outcome = host.build(Job(target=target, root=root, paths=(root,), folder=root, seed=seed, **how))
    assert isinstance(outcome, Built), outcome
    plan = Plan(target=target, seeds=(seed,), interpreter=sys.executable, **how)
    return trace(plan, Tree(folder.name, root, root, root, (root,)), outcome, host.ready())


def net(body: str) -> str:
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    return f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{lines}\n"


def parted(host: Host, tmp_path: Path, old: str, new: str, seed: int = 0, **how: str) -> Parting:
    """Two bodies of a constructor, built and compared."""
    for name, body in (("old", old), ("new", new)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(net(body))
    new_side = built(host, tmp_path / "new", "net:Net", seed, **how)
    return compare(built(host, tmp_path / "old", "net:Net"), new_side, ("old", "new"))


BASE = "self.a = nn.Linear(2, 2)\nself.b = nn.Linear(2, 3)"
ALL = "4 of 4 shared tensors differ, the first is a.weight"
AFTER = "2 of 4 shared tensors differ, the first is b.weight"

ANSWERS = {
    "nothing": ("# moved\n" + BASE, "the same streams"),
    "no draw": ("self.n = nn.LayerNorm(3)\n" + BASE, "the same streams"),
    "renamed": ("self.a = nn.Linear(2, 2)\nself.c = nn.Linear(2, 3)", "the same streams"),
    "added": (
        "self.a = nn.Linear(2, 2)\nself.new = nn.Parameter(torch.randn(3))\nself.b = nn.Linear(2, 3)",
        f"the streams part at new, net.py:11 (new): its draw comes before b.weight; {AFTER}",
    ),
    "added last": (
        BASE + "\nself.new = nn.Parameter(torch.randn(3))",
        "the streams part at new, net.py:12 (new): its draw comes last; none of the 4 shared tensors differs",
    ),
    "dropped": (
        "self.b = nn.Linear(2, 3)",
        (
            "the streams part at a.weight, net.py:10 (old): its draw is gone; it came before b.weight;"
            " 2 of 2 shared tensors differ, the first is b.weight"
        ),
    ),
    "moved": (
        "self.b = nn.Linear(2, 3)\nself.a = nn.Linear(2, 2)",
        f"the streams part at b.weight, net.py:10 (new): its draw has moved to here; {ALL.replace('a.', 'b.')}",
    ),
    "resized": (
        "self.a = nn.Linear(2, 4)\nself.b = nn.Linear(2, 3)",
        f"the streams part at a.weight, net.py:10 (new): it takes 8 numbers instead of 4; {ALL}",
    ),
    "distribution": (
        "self.a = nn.Linear(2, 2)\nnn.init.normal_(self.a.weight)\nself.b = nn.Linear(2, 3)",
        (
            "the streams part at a.weight, net.py:11 (new): its draw comes before b.weight; 3 of 4 shared tensors"
            " differ, the first is a.weight"
        ),
    ),
    "values": (
        BASE + "\nself.b.weight.data.mul_(2)",
        (
            "the streams stay in step, but the values differ at b.weight, net.py:11 (new): 1 of 4 shared tensors"
            " differ, the first is b.weight"
        ),
    ),
    "reseeded": (
        "self.a = nn.Linear(2, 2)\ntorch.manual_seed(9)\nself.b = nn.Linear(2, 3)",
        f"the streams part at a reset of the stream (new): its draw comes before b.weight; {AFTER}",
    ),
    "a discarded draw": (
        "self.a = nn.Linear(2, 2)\ntorch.rand(1)\nself.b = nn.Linear(2, 3)",
        f"the streams part at (rand), net.py:11 (new): its draw comes before b.weight; {AFTER}",
    ),
    "Python's own stream": (
        BASE + "\n__import__('random').random()",
        "the streams part: random end in another state; none of the 4 shared tensors differs",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "sentence"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_first_part_is_named(body: str, sentence: str, host: Host, tmp_path: Path) -> None:
    assert answer(parted(host, tmp_path, BASE, body)) == sentence


def test_other_names_of_equal_values_are_paired(host: Host, tmp_path: Path) -> None:
    parting = parted(
        host, tmp_path, BASE, "self.n = nn.LayerNorm(1)\nself.a = nn.Linear(2, 2)\nself.c = nn.Linear(2, 3)"
    )
    tensors = parting.tensors
    assert tensors.renamed == (("b.weight", "c.weight"), ("b.bias", "c.bias"))
    assert (tensors.same, tensors.differ, tensors.missing) == (2, (), ())
    assert tensors.added == ("n.weight", "n.bias")


def test_a_place_further_in_a_container_is_another_name(host: Host, tmp_path: Path) -> None:
    old = "self.s = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))\nself.b = nn.Linear(2, 3)"
    parting = parted(host, tmp_path, old, old.replace("Sequential(", "Sequential(nn.LayerNorm(2), "))
    assert answer(parting) == "the same streams"
    assert parting.tensors.added == ("s.0.weight", "s.0.bias")
    assert parting.tensors.renamed == (
        ("s.0.weight", "s.1.weight"),
        ("s.0.bias", "s.1.bias"),
        ("s.1.weight", "s.2.weight"),
        ("s.1.bias", "s.2.bias"),
    )


def test_two_that_change_places_have_not_changed_names(host: Host, tmp_path: Path) -> None:
    old, new = (f"self.{one} = nn.Linear(2, 2)\nself.{other} = nn.Linear(2, 2)" for one, other in ("ab", "ba"))
    parting = parted(host, tmp_path, old, new)
    assert (parting.verdict, parting.tensors.renamed, len(parting.tensors.differ)) == (Verdict.PART, (), 4)


def test_another_seed_is_no_fault_of_the_code(host: Host, tmp_path: Path) -> None:
    parting = parted(host, tmp_path, BASE, BASE, seed=1)
    assert parting.verdict is Verdict.UNKNOWN
    assert answer(parting) == (
        "nothing follows about the code: seed is 1 and was 0; both draw the same amounts in the same order"
    )


def test_another_seed_and_other_code(host: Host, tmp_path: Path) -> None:
    assert answer(parted(host, tmp_path, BASE, "self.a = nn.Linear(2, 2)\nself.b = nn.Linear(4, 3)", seed=1)) == (
        "nothing follows about the code: seed is 1 and was 0; what they draw differs too,"
        " at b.weight, net.py:11 (new): it takes 12 numbers instead of 6"
    )


def test_another_torch_is_said_and_is_no_fault_where_nothing_differs(host: Host, tmp_path: Path) -> None:
    parting = parted(host, tmp_path, BASE, BASE)
    older = replace(parting.old, setup=replace(parting.old.setup, torch="2.1.0"))
    same = compare(older, parting.new, ("old", "new"))
    assert (same.verdict, same.apart) == (Verdict.SAME, (("torch", "2.1.0", torch.__version__),))
    assert f"set up differently: torch is {torch.__version__} and was 2.1.0\n" in parting_full.render(same)
    first, *rest = older.draws
    other = replace(older, draws=(replace(first, state="0"), *rest))
    assert answer(compare(other, parting.new, ("old", "new"))) == (
        f"nothing follows about the code: torch is {torch.__version__} and was 2.1.0;"
        " both draw the same amounts in the same order"
    )


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"device": "meta"}, "device is meta and was cpu"),
        ({"dtype": "float64"}, "dtype is float64 and was not set"),
    ],
)
def test_another_device_or_type_has_other_numbers_and_the_same_amounts(
    how: dict[str, str], said: str, host: Host, tmp_path: Path
) -> None:
    parting = parted(host, tmp_path, BASE, BASE, **how)
    assert answer(parting) == f"nothing follows about the code: {said}; both draw the same amounts in the same order"


def test_on_meta_amounts_are_compared_and_no_values(host: Host, tmp_path: Path) -> None:
    """Tensors with the same shape are not renamed ones there."""
    one, other = ((tmp_path / name) for name in ("one", "other"))
    for folder, body in ((one, BASE), (other, BASE.replace("self.b", "self.c = nn.Linear(2, 3)\nself.d"))):
        folder.mkdir()
        (folder / "net.py").write_text(net(body))
    parting = compare(*(built(host, each, "net:Net", device="meta") for each in (one, other)), ("one", "other"))
    assert answer(parting) == (
        "the streams part at c.weight, net.py:11 (new): its draw comes last; on meta no tensor has values"
    )
    assert (parting.tensors.renamed, parting.tensors.missing) == ((), ("b.weight", "b.bias"))


@series(25, smallest=False)
@given(pair=pairs(programs()))
def test_generated_pairs(pair: Pair, host: Host) -> None:
    """The host measures what torch does in this process, and what is statically the same is measured so."""
    note(f"{pair}\n{render.show(pair.old)}\n# ======== new\n{render.show(pair.new)}")
    sides = tuple(side(name, render.files(program)) for name, program in (("old", pair.old), ("new", pair.new)))
    static = compare_statically(*sides)
    with tempfile.TemporaryDirectory() as folder:
        for name, program in (("old", pair.old), ("new", pair.new)):
            for path, text in render.files(program).items():
                (Path(folder, name, path).parent).mkdir(parents=True, exist_ok=True)
                Path(folder, name, path).write_text(text)
        for cls, [(one, other), *_] in both(pair):
            target = f"{render.PACKAGE}.{cls.file.removesuffix('.py')}:{cls.name}()"
            builds = (built(host, Path(folder, name), target, SEED) for name in ("old", "new"))
            parting = beside(compare(*builds, ("old", "new")), static)
            assert parting.disagreement == "", cls.name
            apart = first_apart(traced(one), traced(other), dict(parting.tensors.renamed))
            assert (parting.verdict is Verdict.PART) == (apart is not None or states(one) != states(other)), cls.name
            if apart is not None and any(apart) and parting.first is not None:
                line = parting.lines[parting.first]
                assert line.draw.owner in apart, cls.name


def traced(one: Measured) -> Measured:
    """With the names of what was computed from draws that nothing holds: as the host names them."""
    return dataclasses.replace(one, owners=[owner or heir for owner, heir in zip(one.owners, one.heirs, strict=True)])


# -- the command ------------------------------------------------------------------------------------------------------

SENTENCE = (
    "the streams part at blocks.0.attn.gamma, {}models/attention.py:26 (new): its draw comes before"
    " blocks.0.attn.proj.weight; 22 of 43 shared tensors differ, the first is blocks.0.attn.proj.weight"
)


def command(*arguments: str) -> int:
    return run(["diff", "-n", *arguments])


def test_the_story_built(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.chdir(STORY)
    assert command("project1", "project2", "--build", "models:VisionTransformer") == 1
    first, second, *rest = capsysbinary.readouterr().out.decode().splitlines()
    assert first == SENTENCE.format("")
    assert second == (
        "compared without building, for the classes built here: the streams part at Attention.gamma,"
        " models/attention.py:26 (new): its draw comes before proj; every weight built after it differs"
    )
    assert "tensors: 21 same, 22 differ, 0 missing, 3 added, 0 renamed" in rest
    assert any(line.startswith("  +  blocks.0.attn.gamma ") for line in rest)


def test_the_story_in_a_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    lock = str(tmp_path / "init.lock.json")
    monkeypatch.chdir(STORY / "project1")
    assert run(["trace", "-n", "models:VisionTransformer", "--seed", "3", "--write", lock]) == 0
    assert command(lock, "models:VisionTransformer") == 0
    assert capsysbinary.readouterr().out.startswith(b"the same streams\n")
    monkeypatch.chdir(STORY / "project2")
    assert command(lock, "models:VisionTransformer", "--output-format", "json") == 1
    document = json.loads(capsysbinary.readouterr().out)
    assert (document["verdict"], document["answer"]) == ("part", SENTENCE.format("project2/"))
    assert document["new"]["seed"] == 3
    line = document["ledger"][document["first"]]
    assert (line["change"], line["old"]) == ("added", None)
    assert line["new"] == {
        "name": "blocks.0.attn.gamma",
        "operator": "aten.randn.default",
        "amount": 4,
        "source": "project2/models/attention.py:26",
    }
    monkeypatch.chdir(STORY)
    assert command(lock, "project1", "--seed", "4") == 2
    assert capsysbinary.readouterr().out.startswith(b"nothing follows about the code: seed is 4 and was 3; both draw")
    assert command(lock, lock) == 0
    assert command(lock, lock, "--seed", "1") == command(lock, "project1", "models") == 2


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in a folder of its repository: two commits, and a file that is not Python."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    top = tmp_path / "top"
    (top / "lib").mkdir(parents=True)
    (top / "pyproject.toml").write_text("[tool.initlint]\n")
    for width, body in (("2", BASE), ("3", "self.n = nn.LayerNorm(WIDTH)\n" + BASE)):
        text = net(body).replace("\n\n\n", "\n\nWIDTH = int(open('width').read())\n", 1)
        (top / "lib" / "net.py").write_text(f"{text}\n\n{'later' * (width == '3') or 'early'} = Net\n")
        (top / "lib" / "width").write_text(width)
        git(top, "init", "-q", "-b", "main")
        git(top, "add", ".")
        git(top, "commit", "-q", "-m", "next")
    monkeypatch.chdir(top / "lib")
    return top


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def files(folder: Path) -> list[tuple[Path, bytes]]:
    """Everything in a folder, with its content."""
    return sorted((path, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*"))


def test_revisions_are_built_from_their_own_trees(repository: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    before = files(repository.parent)
    assert command("HEAD~1..HEAD", "--build", "net:Net", "--output-format", "json") == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert document["tensors"]["added"] == ["n.weight", "n.bias"]
    assert (document["static"], document["disagreement"], document["notes"]) == ("the same streams", None, [])
    assert files(repository.parent) == before
    (repository / "lib" / "net.py").write_text(net("self.z = nn.Linear(1, 1)\n" + BASE))
    assert command("HEAD", ".", "--build", "net:Net") == 1
    assert capsysbinary.readouterr().out.startswith(
        b"the streams part at z.weight, net.py:10 (new): its draw comes before"
    )
    assert command("HEAD~1", "HEAD", "--build", "net:Net") == 0
    assert b"note: the working tree has changes that are in neither revision" in capsysbinary.readouterr().out


def test_a_submodule_is_said_not_to_be_there(repository: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib/other")
    git(repository, "commit", "-q", "-m", "a submodule")
    assert command("HEAD~1", "HEAD", "--build", "net:Net") == 0
    assert b"note: HEAD: the submodule lib/other of HEAD is not there\n" in capsysbinary.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals for one process")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_ends_a_run_leaves_nothing(name: str, repository: Path) -> None:
    mark, target = repository.parent / "running", "net:[Net() for _ in iter(int, 1) if open('{}', 'w')]"
    line = [sys.executable, "-m", "initlint", "diff", "-n", "HEAD~1", "HEAD", "--build", target.format(mark)]
    environment = {**os.environ, "TMPDIR": tempfile.gettempdir(), "INITLINT_TEST_MARK": str(mark)}
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_for(mark.exists)
        assert len(os.listdir(tempfile.gettempdir())) == 1
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (128 + signal.Signals[name], b"", b"")
    assert os.listdir(tempfile.gettempdir()) == []
    assert marked(str(mark)) == 0


def test_files_are_built_under_their_own_names(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for name, body in (("one", BASE), ("two", "self.c = nn.Linear(1, 1)\n" + BASE)):
        (tmp_path / f"{name}.py").write_text(net(body))
    assert command(str(tmp_path / "one.py"), str(tmp_path / "two.py"), "--build", "net:Net") == 1
    assert capsysbinary.readouterr().out.startswith(b"the streams part at c.weight, two.py:10 (new)")


def test_a_disagreement_is_printed_as_such(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for name, order in (("old", "a, b"), ("new", "b, a")):
        (tmp_path / name).mkdir()
        text = f"{net(BASE)}\n\ndef make():\n    a, b = {order} = Net(), Net()\n    return [Net() for _ in '{order}']\n"
        (tmp_path / name / "net.py").write_text(text.replace("'a, b'", "'a'"))
    assert command(str(tmp_path / "old"), str(tmp_path / "new"), "--build", "net:make") == 1
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[1] == (
        "the static answer and the builds disagree: the streams part in a build of classes that draw the same;"
        " what differs is the code that calls them, or what they read when they run"
    )
    assert lines[2] == "compared without building, for the classes built here: the same streams"


TORCH = os.path.realpath(torch.__file__)
BAD = {
    "no revision": (["HEAD~9", "HEAD", "--build", "net:Net"],
                    "`HEAD~9` is not a file, a folder or a revision of this repository"),
    "not at one side": (["HEAD~1", "HEAD", "--build", "net:later"],
                        "HEAD~1: `net:later` cannot be built: NameError: name 'later' is not defined"),
    "from elsewhere": (["HEAD~1", "HEAD", "--build", "torch:nn.Linear(1, 1)"],
                       f"HEAD~1: `torch:nn.Linear(1, 1)` is imported from elsewhere, {TORCH}"),
    "no target": (["HEAD~1", "HEAD", "--build", "net"],
                  "`net` is not a target; write package.module:factory or package.module:Net(dim=8)"),
    "no name": (["HEAD~1", "HEAD", "--build", ""],
                "`` is not a target; write package.module:factory or package.module:Net(dim=8)"),
    "nothing to build": (["HEAD~1", "HEAD", "--device", "cpu"],
                         "`--device` says how to build; it needs `--build TARGET`"),
    "no file": (["gone.json", "net:Net"], "cannot read gone.json: No such file or directory"),
    "no fingerprint": (["any.json", "net:Net"],
                       "any.json is not a fingerprint (Object missing required field `schema_version`)"),
    "no JSON": (["bad.json", "net:Net"],
                "bad.json is not a fingerprint (JSON is malformed: invalid character (byte 0))"),
    "half of one": (["half.json", "net:Net"], "half.json is not a fingerprint (Object missing required field `build`)"),
    "a newer one": (["new.json", "net:Net"], "new.json is a fingerprint of schema 9; this initlint reads 1"),
    "exits": (["HEAD~1", "HEAD", "--build", "net:sys.exit(1)"],
              "HEAD~1: `net:sys.exit(1)` cannot be built: the build called sys.exit(1)"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input(arguments: list[str], sentence: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {"any": "{}", "bad": "x", "half": '{"schema_version": 1}', "new": '{"schema_version": 9, "more": 1}'}
    for name, text in texts.items():
        (repository / "lib" / f"{name}.json").write_text(text)
    before = files(repository.parent)
    assert command(*arguments) == 2
    assert capsys.readouterr() == ("", f"initlint: error: {sentence}\n")
    assert files(repository.parent) == before
