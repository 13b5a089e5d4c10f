"""`initlint confirm`: verdicts that were worked out by hand, and what becomes of what cannot be built."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from initlint.cli import run
from initlint.model import Strategy
from initlint.pipeline import run as check
from initlint.report.evidence import Evidence, Result, Verdict
from initlint.runtime.bench import Plan
from initlint.runtime.confirm import confirm
from initlint.runtime.host import Limits
from initlint.settings import settle
from initlint.sources import discover

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
STORY = FIXTURES / "story"
HEAD = "import os\nimport sys\nimport torch\nfrom torch import nn\n\n\n"


def confirmed(root: Path, **details: Any) -> Evidence:
    """What confirming a project comes to."""
    config = settle({"paths": (str(root),), "no_cache": True}, start=str(root)).config
    details = {"limits": Limits(60, 4000), **details}
    return confirm(check(config), discover(config).files, Plan(interpreter=sys.executable, **details))


def project(folder: Path, **texts: str) -> Path:
    (folder / "pyproject.toml").write_text("[tool.initlint]\n")
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(HEAD + textwrap.dedent(text).lstrip("\n"))
    return folder


def table(evidence: Evidence) -> dict[str, tuple[str, int, int, str]]:
    """By attribute: the verdict, how many tensors are shared, how many differ, the first that does."""
    return {result.findings[0].attribute: row(result) for result in evidence.results}


def row(result: Result) -> tuple[str, int, int, str]:
    changed = [tensor.name for tensor in result.changed]
    return result.verdict.value, len(result.tensors), len(changed), changed[0] if changed else ""


def command(*arguments: str) -> int:
    return run(["confirm", "--no-cache", *arguments])


# -- the story ------------------------------------------------------------------------------------------------------

LAYERS = ("norm1", "norm2", "attn.alpha")
STILL = ["norm", *(f"blocks.{n}.{name}" for n in range(3) for name in LAYERS)]


def differing(first: str) -> list[str]:
    """What is drawn from `first` on, in the order of the constructors."""
    parts = ["attn.qkv.weight", "attn.proj.weight", "attn.proj.bias"]
    parts += ["mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias"]
    drawn = [f"blocks.{number}.{part}" for number in range(3) for part in parts] + ["head.weight", "head.bias"]
    return drawn[drawn.index(first) :]


def test_the_story_in_its_model() -> None:
    """The counts of the story's own README, and which weights they are."""
    evidence = confirmed(STORY, target="models:VisionTransformer()")
    gamma, linear = sorted(evidence.results, key=lambda result: result.findings[0].attribute)
    assert row(gamma) == ("confirmed", 43, 22, "blocks.0.attn.proj.weight")
    assert [tensor.name for tensor in gamma.changed] == differing("blocks.0.attn.proj.weight")
    assert row(linear) == ("confirmed", 43, 20, "blocks.0.mlp.fc1.weight")
    assert [tensor.name for tensor in linear.changed] == differing("blocks.0.mlp.fc1.weight")
    assert [(draw.owner, draw.operator, draw.numel) for draw in gamma.draws] == [
        (f"blocks.{number}.attn.gamma", "aten.randn.default", 4) for number in range(3)
    ]
    assert [(draw.owner, draw.numel) for draw in linear.draws] == [
        (f"blocks.{number}.attn.linear.{name}", numel)
        for number in range(3)
        for name, numel in (("weight", 32 * 32), ("bias", 32))
    ]
    for result in evidence.results:
        assert (result.strategy, result.end_state_equal, result.disagreements) == (Strategy.REMOVE, False, ())
    assert evidence.together == ()


def test_the_story_class_by_class() -> None:
    """Two of them in a row: `linear`, the last of its constructor, leaves the first alone and shifts the second."""
    evidence = confirmed(STORY)
    gamma, linear = sorted(evidence.results, key=lambda result: result.findings[0].attribute)
    assert gamma.target == linear.target == "models.attention:Attention(dim=64)"
    assert row(gamma) == ("confirmed", 8, 5, "first.proj.weight")
    assert [tensor.name for tensor in gamma.changed] == [
        "first.proj.weight",
        "first.proj.bias",
        "second.qkv.weight",
        "second.proj.weight",
        "second.proj.bias",
    ]
    assert row(linear) == ("confirmed", 8, 3, "second.qkv.weight")
    assert gamma.disagreements == linear.disagreements == ()


def test_differences_are_those_of_the_weights() -> None:
    found = confirmed(STORY / "project2").results[0]
    weights = []
    for name in ("project2", "project1"):
        text = (STORY / name / "models" / "attention.py").read_text()
        space: dict[str, Any] = {}
        exec(compile(text, name, "exec"), space)
        torch.manual_seed(0)
        weights.append({n: p for i in ("first", "second") for n, p in named(i, space["Attention"](64))})
    for tensor in found.tensors:
        pair = [weight[tensor.name].double() for weight in weights]
        assert tensor.difference == (pair[0] - pair[1]).abs().max().item()


def named(prefix: str, model: Any) -> list[tuple[str, Any]]:
    return [(f"{prefix}.{name}", parameter) for name, parameter in model.named_parameters()]


# -- verdicts -------------------------------------------------------------------------------------------------------

VERDICTS = """
class Shifted(nn.Module):
    def __init__(self):
        super().__init__()
        self.shifting = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)


class Last(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(2)
        self.ending = nn.Linear(2, 2)

    def forward(self, x):
        return self.norm(x)


class Still(nn.Module):
    def __init__(self):
        super().__init__()
        self.silent = nn.LayerNorm(2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 2)
        self.two = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)
"""


def test_verdicts(tmp_path: Path) -> None:
    evidence = confirmed(project(tmp_path, net=VERDICTS))
    assert table(evidence) == {
        "shifting": ("confirmed", 4, 4, "first.proj.weight"),
        "ending": ("latent", 4, 0, ""),
        "silent": ("harmless", 4, 0, ""),
        "one": ("confirmed", 8, 8, "first.two.weight"),
        "two": ("confirmed", 8, 6, "first.proj.weight"),
    }
    assert [(tuple(f.attribute for f in r.findings), *row(r)) for r in evidence.together] == [
        (("one", "two"), "confirmed", 4, 4, "first.proj.weight")
    ]
    ends = {result.findings[0].attribute: result.end_state_equal for result in evidence.results}
    assert ends == {"shifting": False, "ending": False, "silent": True, "one": False, "two": False}


def test_a_target_of_several_classes_shows_what_it_builds(tmp_path: Path) -> None:
    root = project(
        tmp_path, net=VERDICTS, make="from net import Last, Still\n\ndef make():\n    return Last(), Still()\n"
    )
    evidence = confirmed(root, target="make:make")
    assert table(evidence) == {
        "shifting": ("inconclusive", 0, 0, ""),
        "ending": ("confirmed", 6, 2, "1.proj.weight"),
        "silent": ("harmless", 6, 0, ""),
        "one": ("inconclusive", 0, 0, ""),
        "two": ("inconclusive", 0, 0, ""),
    }
    reason = "`make:make` does not build `Shifted` of net.py, so that it shows nothing about it"
    assert evidence.results[0].reason == reason


def test_what_cannot_be_removed_is_isolated(tmp_path: Path) -> None:
    """Its own weights stay, under whatever name, and are no evidence."""
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)
            self.outer = nn.Sequential(self.inner, nn.ReLU())
            self.proj = nn.Linear(2, 2)

        def forward(self, x):
            return self.proj(x)
    """
    evidence = confirmed(project(tmp_path, net=text))
    result = next(result for result in evidence.results if result.findings[0].attribute == "inner")
    assert result.strategy is Strategy.ISOLATE
    assert [(tensor.name, tensor.same) for tensor in result.tensors] == [
        ("first.proj.weight", False),
        ("first.proj.bias", False),
        ("second.proj.weight", False),
        ("second.proj.bias", False),
    ]
    assert result.notes[0].startswith("remove: line 11 still needs it")
    assert result.disagreements == ()


def test_seeds_devices_and_types(tmp_path: Path) -> None:
    root = project(tmp_path, net=VERDICTS)
    evidence = confirmed(root, target="net:Shifted", seeds=(3, 1), dtype="float64")
    shifting = [result for result in evidence.results if result.verdict is Verdict.CONFIRMED]
    assert [result.seed for result in shifting] == [3, 1]
    for result in shifting:
        torch.manual_seed(result.seed)
        weight = torch.nn.Linear(2, 2, dtype=torch.float64).weight.flatten().tolist()
        assert result.tensors[0].after == tuple(f"{value:+.6f}" for value in weight[:3])


@pytest.mark.parametrize("placement", ["construct", "move"])
def test_on_a_gpu(tmp_path: Path, placement: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    evidence = confirmed(project(tmp_path, net=VERDICTS), device="cuda", placement=placement)
    assert table(evidence)["shifting"] == ("confirmed", 4, 4, "first.proj.weight")


# -- arguments ------------------------------------------------------------------------------------------------------

ARGUMENTS = """
SIZE = 6


class Config:
    def __init__(self, hidden_size=768, num_attention_heads=12, num_layers=12, dropout=0.1):
        self.hidden_size = hidden_size
        self.num_attention_heads = num_attention_heads
        self.num_layers = num_layers


class Called(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        assert (a, b) == (6, [1, 2])
        self.dead = nn.Linear(a, a)

    def forward(self, x):
        return x


class Guessed(nn.Module):
    def __init__(self, embed_dim, num_heads, mlp_ratio, drop, bias, *, kernel_size, names: "list[str]"):
        super().__init__()
        assert embed_dim % num_heads == 0 and 0 < drop < 1 and bias is True
        self.dead = nn.Conv1d(embed_dim, int(embed_dim * mlp_ratio), kernel_size)

    def forward(self, x):
        return x


class Configured(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        assert config.hidden_size % config.num_attention_heads == 0
        self.dead = nn.ModuleList(nn.Linear(config.hidden_size, 2) for _ in range(config.num_layers))

    def forward(self, x):
        return x


class Unannotated(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dead = nn.Linear(config.hidden_size, 2)

    def forward(self, x):
        return x


class Hopeless(nn.Module):
    def __init__(self, tree, dim):
        super().__init__()
        self.dead = nn.Linear(tree.root.size, dim)

    def forward(self, x):
        return x


def use():
    return Called(b=[1, 2], a=SIZE)
"""


def test_arguments_are_found(tmp_path: Path) -> None:
    evidence = confirmed(project(tmp_path, net=ARGUMENTS))
    found = {result.findings[0].cls: result for result in evidence.results}
    assert {name: (result.verdict.value, result.target) for name, result in found.items()} == {
        "Called": ("latent", "net:Called(b=[1, 2], a=6)"),
        "Guessed": (
            "latent",
            "net:Guessed(embed_dim=64, num_heads=4, mlp_ratio=2, drop=0.1, bias=True, kernel_size=3, names=[64, 64])",
        ),
        "Configured": (
            "latent",
            "net:Configured(config=Config(hidden_size=64, num_attention_heads=4, num_layers=2))",
        ),
        "Unannotated": (
            "latent",
            "net:Unannotated(config=Config(hidden_size=64, num_attention_heads=4, num_layers=2))",
        ),
        "Hopeless": ("inconclusive", ""),
    }
    assert found["Hopeless"].reason == (
        "no arguments were found that work (`Hopeless(tree=64, dim=64)`: AttributeError: 'int' object has no attribute "
        "'root' (net.py:59)); say which: --build 'net:Hopeless(tree=..., dim=...)'"
    )


def test_classes_in_packages_are_imported_by_their_names(tmp_path: Path) -> None:
    package = tmp_path / "src" / "deep" / "er"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("")
    (package / "sizes.py").write_text("SIZE = 3\n")
    body = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    body += "        self.x = nn.Linear(SIZE, 2)\n    def forward(self, x):\n        return x\n"
    (package / "net.py").write_text(f"from .sizes import SIZE\nfrom torch import nn\n{body}")
    assert [(r.target, r.verdict.value) for r in confirmed(tmp_path).results] == [("deep.er.net:Net()", "latent")]


# -- what goes wrong ------------------------------------------------------------------------------------------------

GOOD = """
class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.good = nn.Linear(2, 2)
        self.proj = nn.Linear(2, 2)

    def forward(self, x):
        return self.proj(x)
"""
BAD = GOOD.replace("Good", "Bad").replace("self.good", "self.bad").replace("super()", "{}\n        super()")
MISBEHAVIOUR = {
    "raises": ("int('no size')", "ValueError: invalid literal for int() with base 10: 'no size' (bad.py:9)"),
    "sys.exit": ("sys.exit('bye')", "the build called sys.exit('bye')"),
    "os._exit": ("os._exit(9)", "the build ended its process with status 9"),
    "loops": ("while True: pass", "the build did not end within 3 seconds"),
    "memory": ("torch.ones(1 << 30)", "the build needs more memory than the 512 MB that it may have"),
    "signal": ("os.kill(os.getpid(), 6)", "the build was ended by signal 6 (SIGABRT)"),
    "time": (
        "torch.manual_seed(int.from_bytes(os.urandom(4), 'little'))",
        (
            "two builds of the unchanged code differ from each other, first in `first.bad.bias`, "
            "so that nothing follows from a third"
        ),
    ),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
def test_a_bad_class_is_inconclusive_and_the_others_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    line, reason = MISBEHAVIOUR[case]
    root = project(tmp_path, bad=BAD.format(line), good=GOOD)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    bad, good = confirmed(root, limits=Limits(3, 512)).results
    assert bad.verdict is Verdict.INCONCLUSIVE
    assert reason in bad.reason
    assert row(good) == ("confirmed", 4, 4, "first.proj.weight")
    assert list(temporary.iterdir()) == []


def test_forks_and_garbage_change_nothing(tmp_path: Path) -> None:
    line = "os.fork()\n        print('x' * 99999, flush=True)\n        os.write(1, b'{}\\n')"
    evidence = confirmed(project(tmp_path, bad=BAD.replace("{}", line), good=GOOD))
    assert set(table(evidence).values()) == {("confirmed", 4, 4, "first.proj.weight")}


def test_a_class_that_seeds_itself_is_said_to(tmp_path: Path) -> None:
    result = confirmed(project(tmp_path, bad=BAD.format("torch.manual_seed(7)"))).results[0]
    assert result.verdict is Verdict.CONFIRMED
    assert result.notes == ("the target sets a seed of its own, so that the given one has no effect after that",)


def test_what_differs_anyhow_is_left_out(tmp_path: Path) -> None:
    line = "super().__init__()\n        self.stamp = nn.Parameter(torch.tensor(float.fromhex(os.urandom(4).hex())))"
    bad = GOOD.replace("super().__init__()", line) + "        return self.stamp\n"
    result = confirmed(project(tmp_path, bad=bad)).results[0]
    assert row(result) == ("confirmed", 4, 4, "first.proj.weight")
    names = "`first.stamp`, `second.stamp`"
    assert result.notes == (f"left out, since two builds of the unchanged code differ in it: {names}",)


def test_a_line_that_never_runs_proves_nothing(tmp_path: Path) -> None:
    text = "class Net(nn.Module):\n    def __init__(self, on=False):\n        super().__init__()\n"
    text += "        if on:\n            self.dead = nn.Linear(2, 2)\n    def forward(self, x):\n        return x\n"
    result = confirmed(project(tmp_path, net=text)).results[0]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "the build does not run line 11, where `dead` is defined"


# -- the command line -----------------------------------------------------------------------------------------------


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(project(tmp_path, net=VERDICTS, bad=BAD.format("1 / 0")))
    assert command(root) == 1
    assert command(root, "--exit-zero") == 0
    assert command(str(tmp_path / "net.py"), "--select", "SOH201", "--build", "net:Still()") == 0
    assert command(root, "--select", "SOH103") == 0
    assert "Nothing to confirm." in capsys.readouterr().err
    assert command(root, "--build", "net") == 2
    assert command(root, "--build", "nowhere:make") == 2
    error = "`nowhere:make` cannot be built: `nowhere` cannot be imported: ModuleNotFoundError"
    assert error in capsys.readouterr().err
    assert command(root, "--device", "cuda:77") == 2
    assert command(root, "--seed", "-1") == 2
    assert command(root, "--output-format", "concise") == 2
    assert run(["check", root, "--no-cache", "--seed", "3"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert all(line.startswith("initlint: error: ") for line in errors)
    assert len(errors) == 4


def test_the_report_reads_like_evidence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    assert command(".", "--build", "models:VisionTransformer()", "--seed", "5") == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    python = sys.version.split()[0]
    assert lines[:7] == [
        "models/attention.py:26:9: SOH102 `gamma` of `Attention`: confirmed",
        (
            "  built:     `models:VisionTransformer()`, as it is and with `gamma` removed; "
            f"seed 5, device cpu, torch {torch.__version__}, Python {python}"
        ),
        lines[2],
        "  drawn:     3 x aten.randn.default of 4 from torch:cpu",
        "  repeat:    initlint confirm models/attention.py --build 'models:VisionTransformer()' --device cpu --seed 5",
        "  change:    initlint models/attention.py --select SOH102 --fix remove --diff",
        "    ... 4 more before: 4 same, 0 differ",
    ]
    assert lines[2].startswith("  result:    22 of 43 shared tensors differ, by up to 0.3")
    assert lines[2].endswith("the first is `blocks.0.attn.proj.weight`; the random streams end in another state")
    assert lines[7].split() == ["tensor", "with", "it", "without", "it", "difference"]
    assert lines[11].startswith("  > blocks.0.attn.proj.weight  differs  ")
    assert lines[-2] == "    ... 27 more after: 11 same, 16 differ"
    assert err == "1 confirmed.\n"
    assert command(".", "--build", "models:VisionTransformer()", "--verbose", "--quiet") == 1
    assert sum("  same  " in line or "  differs  " in line for line in capsys.readouterr().out.splitlines()) == 43


def test_the_documentation_shows_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (FIXTURES.parent / "docs" / "confirm.md").read_text(encoding="utf-8")
    start = page.index("$ cd fixtures/story/project2\n$ initlint confirm . --build 'models:VisionTransformer()'\n")
    shown = page[start : page.index("\n```", start)].split("\n", 2)[2]
    monkeypatch.chdir(STORY / "project2")
    command(".", "--build", "models:VisionTransformer()")
    versions = re.compile(r"torch \S+, Python \S+")
    assert versions.sub("", capsys.readouterr().out).rstrip() == versions.sub("", shown)


def test_json_is_a_contract(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    options = ("--build", "models:VisionTransformer()", "--output-format", "json")
    assert command(".", *options) == 1
    document = json.loads(capsys.readouterr().out)
    run(["check", "--no-cache", "--output-format", "json", "."])
    finding = json.loads(capsys.readouterr().out)["findings"][0]
    result = document["results"][0]
    assert {key: value for key, value in document.items() if key not in ("results", "tool")} == {
        "schema_version": 1,
        "target": "models:VisionTransformer()",
        "device": "cpu",
        "placement": "construct",
        "dtype": None,
        "seed": 0,
        "seeds": [0],
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "together": [],
    }
    assert {**result, "max_abs_diff": round(result["max_abs_diff"], 3)} == {
        "finding": finding,
        "verdict": "confirmed",
        "target": "models:VisionTransformer()",
        "seed": 0,
        "strategy": "remove",
        "shared": 43,
        "changed": differing("blocks.0.attn.proj.weight"),
        "first_changed": "blocks.0.attn.proj.weight",
        "max_abs_diff": 0.352,
        "end_state_equal": False,
        "draws": [
            {"owner": f"blocks.{n}.attn.gamma", "operator": "aten.randn.default", "numel": 4, "stream": "torch:cpu"}
            for n in range(3)
        ],
        "reason": None,
        "notes": [],
        "disagreements": [],
    }


def test_check_confirms_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    assert run(["check", "--no-cache", "--confirm"]) == 1
    out, err = capsys.readouterr()
    assert "= help: Remove it" in out
    assert "`gamma` of `Attention`: confirmed" in out
    assert err.startswith("1 confirmed.\n")
    assert run(["check", "--no-cache", "--confirm", "--output-format", "json", "--seed", "2", "--quiet"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert len(document["findings"]) == len(document["confirm"]["results"]) == 1
    assert document["confirm"]["seed"] == 2


def test_options_come_from_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path, net=VERDICTS)
    table = "[tool.initlint.confirm]\nbuild = 'net:Shifted()'\nseed = [4, 5]\ndtype = 'float16'\n"
    (root / "pyproject.toml").write_text(table)
    assert command(str(root), "--output-format", "json", "--dtype", "float64") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["target"], document["seeds"], document["dtype"]) == ("net:Shifted()", [4, 5], "float64")
    (root / "pyproject.toml").write_text("[tool.initlint.confirm]\nseeds = 1\n")
    assert command(str(root)) == 2
    assert "[tool.initlint.confirm] has no option `seeds`; did you mean `seed`?" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "running"
    root = project(tmp_path, bad=BAD.replace("{}", f"open({str(mark)!r}, 'w')\n        while True: pass"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary), "INITLINT_TEST_MARK": str(root)}
    line = [sys.executable, "-m", "initlint", "confirm", "--no-cache", str(root)]
    with subprocess.Popen(line, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        while not mark.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
    assert list(temporary.iterdir()) == []
    if sys.platform == "linux":
        assert not any(str(root).encode() in environment for environment in environments())


def environments() -> Iterator[bytes]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield (entry / "environ").read_bytes()


# -- static and measured --------------------------------------------------------------------------------------------

KINDS = ("initialisation", "overwritten", "parameters", "submodules", "tensors", "without_draws")
TRUE_DISAGREEMENTS = {
    ("Generator", "basis"): "it draws from a generator of its own, which `start` draws from too",
    ("Forked", "probe"): "it draws inside of a fork, and `offset` does after it",
}
"""Where a finding is silent about what shifts: its draws move nothing outside."""


def test_findings_of_all_fixtures_agree_with_torch() -> None:
    """What is said to draw draws, what is said to be shifted differs, and nothing else does."""
    config = settle(
        {"paths": tuple(str(FIXTURES / "classes" / f"dead_{name}.py") for name in KINDS), "no_cache": True}
    ).config
    plan = Plan(interpreter=sys.executable, limits=Limits(60, 4000), processes=2)
    evidence = confirm(check(config), discover(config).files, plan)
    wrong = {(r.findings[0].cls, r.findings[0].attribute): r.disagreements for r in evidence.results if r.disagreements}
    assert wrong.keys() == TRUE_DISAGREEMENTS.keys(), wrong
    counts = {v: sum(result.verdict is v for result in evidence.results) for v in Verdict}
    assert counts[Verdict.CONFIRMED] > 30
    assert counts[Verdict.INCONCLUSIVE] <= 6
