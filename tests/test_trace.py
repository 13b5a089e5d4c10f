"""`initlint trace`: what a build drew, in order, as torch really drew it; and its fingerprints."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from confirming import HEAD, STORY

from initlint.cli import run
from initlint.runtime.fingerprint import read, render
from initlint.runtime.ledger import Recorder

NET = (
    HEAD
    + """class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2, 3))
        nn.init.normal_(self.weight)
        self.spare = nn.Linear(2, 2)


class Net(nn.Module):
    def __init__(self, parts=2):
        super().__init__()
        self.parts = nn.ModuleList(Part() for _ in range(parts))
        self.scale = nn.Parameter(torch.randn(4) * 0.02)
        self.norm = nn.LayerNorm(4)

    def forward(self, x):
        return sum(part.weight.sum() for part in self.parts) + self.norm(self.scale)
"""
)

Row = tuple[str, str, int, str, str]


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project to build in, and a folder for everything temporary."""
    (tmp_path / "pyproject.toml").write_text("[tool.initlint]\n")
    (tmp_path / "net.py").write_text(NET)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def traced(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["trace", "-n", "--output-format", "json", *arguments]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def rows(document: dict[str, Any]) -> list[Row]:
    return [(d["owner"], d["operator"], d["amount"], d["source"], d["dead"]) for d in document["draws"]]


UNIFORM = "aten.uniform_.default"


def part(number: int) -> list[Row]:
    return [
        (f"parts.{number}.weight", "aten.normal_.default", 6, "net.py:11", ""),
        (f"parts.{number}.spare.weight", UNIFORM, 4, "net.py:12", "SOH101"),
        (f"parts.{number}.spare.bias", UNIFORM, 2, "net.py:12", "SOH101"),
    ]


def test_the_ledger(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = traced(capsys, "net:Net")
    assert rows(document) == [*part(0), *part(1), ("scale", "aten.randn.default", 4, "net.py:19", "")]
    assert [draw["total"] for draw in document["draws"]] == [6, 10, 12, 18, 22, 24, 28]
    assert {draw["stream"] for draw in document["draws"]} == {"torch:cpu"}
    assert [draw["maker"] for draw in document["draws"]][:3] == ["parts.0", "parts.0.spare", "parts.0.spare"]
    assert {name: document[name] for name in ("target", "class", "seed", "device", "torch", "amount", "notes")} == {
        "target": "net:Net",
        "class": "net.Net",
        "seed": 0,
        "device": "cpu",
        "torch": torch.__version__,
        "amount": 28,
        "notes": [],
    }
    assert [tensor["name"] for tensor in document["tensors"]][:2] == ["scale", "parts.0.weight"]


def test_the_streams_are_those_of_torch(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The state after the last draw is that of the generator, and another seed gives another one."""
    states = [traced(capsys, "net:Net", "--seed", seed) for seed in ("0", "0", "1")]
    one, again, other = ([draw["state"] for draw in document["draws"]] for document in states)
    assert one == again
    assert set(one).isdisjoint(other)
    assert one[-1] == states[0]["ends"]["torch:cpu"]


def test_meta_gives_the_shape_of_the_ledger(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = traced(capsys, "net:Net", "--device", "meta")
    assert rows(document) == rows(traced(capsys, "net:Net"))
    assert {draw["stream"] for draw in document["draws"]} == {"torch:meta"}
    assert document["tensors"][0]["shape"] == [4]
    assert document["notes"] == [
        "nothing is drawn on the meta device; these are the draws that other devices would make"
    ]


def test_meta_takes_no_memory_for_weights(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = traced(capsys, "net:nn.Linear(1 << 20, 1 << 20)", "--device", "meta", "--max-memory", "256")
    assert document["amount"] == (1 << 40) + (1 << 20)


COMPUTED = {
    "a product": "self.w = nn.Parameter(torch.randn(2) * 0.1)",
    "through functions": "self.w = torch.stack([torch.rand(2).view(1, 2).clone().exp(), torch.zeros(1, 2)])",
    "copied": "self.w = nn.Parameter(torch.zeros(2))\n        self.w.data.copy_(torch.randn(2))",
    "added": "self.w = torch.zeros(2)\n        self.w += torch.randn(2)",
    "by name": "self.w = torch.zeros(2)\n        torch.mul(torch.randn(2), 2, out=self.w)",
}


def test_what_is_computed_from_a_draw_owns_it(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "".join(
        f"class N{number}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {line}\n\n\n"
        for number, line in enumerate((*COMPUTED.values(), "torch.randn(2) * 2"))
    )
    (net / "computed.py").write_text(f"{HEAD}{body}")
    classes = ", ".join(f"N{number}()" for number in range(len(COMPUTED) + 1))
    document = traced(capsys, f"computed:nn.ModuleList([{classes}])")
    assert [draw["owner"] for draw in document["draws"]] == [*(f"{number}.w" for number in range(len(COMPUTED))), ""]


def test_what_is_drawn_and_not_kept_is_freed() -> None:
    with Recorder(keep=True) as recorder:
        kept = torch.randn(3)
        assert torch.randn(4).numel() == 4
    memories = [memory for memory in recorder.drawn if memory is not None]
    assert [memory.expired() for memory in memories] == [False, True]  # type: ignore[no-untyped-call]
    assert kept.numel() == 3


def test_text(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "-n", "net:Net(1)"]) == 0
    head, _, rest = capsys.readouterr().out.partition("\n\n")
    assert head.startswith("`net:Net(1)` is a net.Net; seed 0, device cpu, torch ")
    assert rest == (
        "                            draws  total  operator  source\n"
        "parts\n"
        "  0\n"
        "    weight                      6      6  normal_   net.py:11\n"
        "    spare\n"
        "      weight  dead: SOH101      4     10  uniform_  net.py:12\n"
        "      bias  dead: SOH101        2     12  uniform_  net.py:12\n"
        "scale                           4     16  randn     net.py:19\n"
        "\n"
        "4 draws of 16 numbers, for 4 of 6 tensors; 2 draws of 6 for what is never used (SOH101)\n"
    )


def test_colour_changes_no_word(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import re

    run(["trace", "-n", "net:Net"])
    plain = capsys.readouterr().out
    run(["trace", "-n", "net:Net", "--color", "always"])
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_notes(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (net / "early.py").write_text(
        f"{NET}\n\nSTART = torch.randn(2)\n\n\ndef make():\n    torch.manual_seed(3)\n    return Net(0)\n"
    )
    document = traced(capsys, "early:make")
    assert rows(document) == [("", "outside", 0, "", ""), ("scale", "aten.randn.default", 4, "early.py:19", "")]
    assert document["notes"] == [
        "1 draw was made when the module was imported, before the seed was set, and not counted here",
        "the target sets its own seed, so seed 0 does not decide all numbers",
    ]


@pytest.mark.parametrize(
    ("draw", "name"), [("random.random()", "Python's `random`"), ("numpy.random.rand()", "numpy's global generator")]
)
def test_streams_that_are_not_torchs_are_said(
    draw: str, name: str, net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("numpy")
    (net / "other.py").write_text(f"import random\nimport numpy\n{NET}\n\ndef make():\n    {draw}\n    return Net(0)\n")
    said = f"{name} was drawn from as well; such draws are not listed, and do not move torch's stream"
    assert traced(capsys, "other:make")["notes"] == [said]
    assert traced(capsys, "other:Net")["notes"] == []


def test_the_story(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(STORY / "project2")
    document = traced(capsys, "models:VisionTransformer(depth=1)")
    assert [draw["owner"] for draw in document["draws"] if draw["dead"]] == ["blocks.0.attn.gamma"]
    names = [draw["owner"] for draw in document["draws"]]
    assert names[names.index("blocks.0.attn.gamma") + 1] == "blocks.0.attn.proj.weight"


# -- fingerprints -----------------------------------------------------------------------------------------------------


def test_a_fingerprint_is_small_stable_and_complete(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line per draw and per tensor, and the same bytes again, also from a copy of the project elsewhere."""
    assert run(["trace", "-n", "net:Net", "--write", "init.lock.json"]) == 0
    assert capsys.readouterr().out == ""
    text = (net / "init.lock.json").read_text()
    document = traced(capsys, "net:Net")
    assert text.count('"operator": ') == len(document["draws"]) == 7
    assert text.count('"digest": ') == len(document["tensors"])
    assert all(len(line) < 250 for line in text.splitlines())
    assert json.loads(text)["schema_version"] == 1
    assert [list(part) for part in json.loads(text)["draws"]] == [sorted(part) for part in json.loads(text)["draws"]]
    assert json.loads(text)["build"] == {
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "device": "cpu",
        "dtype": "",
        "of": "net.Net",
        "placement": "construct",
        "python": sys.version.split()[0],
        "seed": 0,
        "target": "net:Net",
        "torch": torch.__version__,
    }
    assert render(read("init.lock.json")) == text
    copy = net / "copy"
    copy.mkdir()
    for name in ("net.py", "pyproject.toml"):
        shutil.copy(net / name, copy)
    os.chdir(copy)
    assert run(["trace", "-n", "net:Net", "--write", "init.lock.json"]) == 0
    assert (copy / "init.lock.json").read_text() == text


BAD = {
    "no target": (["net"], "`net` is not a target; write package.module:factory or package.module:Net(dim=8)"),
    "nothing": ([""], "`` is not a target; write package.module:factory or package.module:Net(dim=8)"),
    "a path": (["./sub/net.py:Net"], ("`./sub/net.py:Net` is not a target; write package.module:factory or"
               " package.module:Net(dim=8); did you mean `sub.net:Net`?")),
    "a file": (["net.py:Net"],
               ("`net.py:Net` cannot be built: `net.py` cannot be imported: ModuleNotFoundError: No module named"
               " 'net.py'; 'net' is not a package; did you mean `net`?")),
    "no module": (["nix:Net"],
                  ("`nix:Net` cannot be built: `nix` cannot be imported: ModuleNotFoundError: No module named 'nix'"
                   f" (with {sys.executable}; --python chooses another)")),
    "no name": (["net:Nix"], "`net:Nix` cannot be built: NameError: name 'Nix' is not defined"),
    "no model": (["net:len('ab')"],
                 "`net:len('ab')` cannot be built: `net:len('ab')` gives int, which is not a torch.nn.Module"),
    "raises": (["net:1/0"], "`net:1/0` cannot be built: ZeroDivisionError: division by zero"),
    "exits": (["net:os._exit(3)"], "`net:os._exit(3)` cannot be built: the build ended its process with status 3"),
    "hangs": (["net:[0 for _ in iter(int, 1)]", "--timeout", "1"],
              "`net:[0 for _ in iter(int, 1)]` cannot be built: the build did not end within 1 seconds"),
    "memory": (["net:torch.ones(9**9)", "--max-memory", "256"],
               "`net:torch.ones(9**9)` cannot be built: the build needs more memory than the 256 MB that it may have"),
    "device": (["net:Net", "--device", "nix"], "`net:Net` cannot be built: torch knows no device `nix`"),
    "dtype": (["net:Net", "--dtype", "int8"],
              "`net:Net` cannot be built: `int8` is not a floating-point dtype of torch"),
    "seeds": (["net:Net", "--seed", "1,2"], "a trace is one build from one seed; give one seed"),
    "name": (["net:Net", "--write", "x.lock"],
             "the name of a fingerprint ends in .json, such as init.lock.json"),
    "two outputs": (["net:Net", "--write", "x.json", "-o", "y.json"],
                    "`--write` writes a fingerprint instead of a report; it excludes other output options"),
    "two formats": (["net:Net", "--write", "x.json", "--output-format", "html"],
                    "`--write` writes a fingerprint instead of a report; it excludes other output options"),
    "no time": (["net:Net", "--timeout", "0"], "command line: `timeout` must be at least 1, not 0"),
    "folder": (["net:Net", "--write", "nix/x.json"], "cannot write to nix/x.json: No such file or directory"),
    "unsettled": (
        ["net:nn.Linear(2, 2).apply(lambda m: m.bias.data.fill_(os.getpid()))", "--write", "x.json"],
        (
            "two builds of `net:nn.Linear(2, 2).apply(lambda m: m.bias.data.fill_(os.getpid()))` from one seed differ"
            " from each other, first in `bias`, so comparing with a third would prove nothing"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input(arguments: list[str], sentence: str, net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(net.rglob("*"))
    assert run(["trace", "-n", *arguments]) == 2
    assert capsys.readouterr() == ("", f"initlint: error: {sentence}\n")
    assert sorted(net.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_garbage_and_forks_change_nothing(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (net / "noisy.py").write_text(
        f"{NET}\n\ndef make():\n    os.fork()\n    os.write(1, b'{{}}' * 999)\n    return Net()\n"
    )
    document = traced(capsys, "noisy:make")
    assert [row[:3] for row in rows(document)] == [row[:3] for row in rows(traced(capsys, "net:Net"))]


@pytest.mark.parametrize("device", ["cuda", "mps", "xpu"])
def test_other_devices(device: str, net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backend = torch.backends.mps if device == "mps" else getattr(torch, device, None)
    if backend is None or not backend.is_available():
        pytest.skip(f"there is no {device} device on this machine")
    document = traced(capsys, "net:Net", "--device", device)
    assert [row[0::2] for row in rows(document)] == [row[0::2] for row in rows(traced(capsys, "net:Net"))]
    assert {draw["stream"].split(":")[1] for draw in document["draws"]} == {device}
