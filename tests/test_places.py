"""What decides a construction from an unusual place: pairs of programs, built with torch and compared statically."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from test_comparison import side

from initlint.comparison.compare import Verdict, compare

PLACES = Path(__file__).parent / "places"
TORCH = "import torch\nfrom torch import nn\n"
NET = """

class Net({base}):
    def __init__(self):
        super().__init__()
{body}
        self.last = nn.Linear(4, 4)

    def forward(self, x):
        return x
"""

BUILDER = """
import hashlib, importlib, json, os, sys, tempfile
import torch

def built(files, folder):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        open(os.path.join(folder, path), "w").write(text)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    net = importlib.import_module("net")
    torch.manual_seed(1)
    made = net.Net()
    tensors = {name: repr(tensor.tolist()) for name, tensor in made.state_dict().items()}
    return [hashlib.sha1(torch.get_rng_state().numpy().tobytes()).hexdigest(), tensors]

def apart(work):
    ours, theirs = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            try:
                os.write(theirs, json.dumps(built(work, folder)).encode())
            finally:
                os._exit(0)
        os.close(theirs)
        with os.fdopen(ours) as result:
            text = result.read()
        os.waitpid(child, 0)
    assert text, work
    return json.loads(text)

json.dump([apart(work) for work in json.load(sys.stdin)], sys.stdout)
"""
"""Builds each program in a process of its own, which needs no second import of torch."""

Files = dict[str, str]


def read(folder: Path) -> dict[str, tuple[Files, Files]]:
    """The pairs by their names."""
    found = {}
    for path in sorted(folder.glob("*.txt")):
        for entry in path.read_text(encoding="utf-8").split("=== ")[1:]:
            heading, _, rest = entry.partition("\n")
            name, old, new = (each.strip() for each in heading.split("|"))
            found[name] = (version(rest, old), version(rest, new))
    return found


def version(text: str, value: str) -> Files:
    """The files of one version."""
    files: Files = {}
    parts = re.split(r"(?m)^--- (.*)\n", text.replace("$", value))[1:]
    for name, code in zip(parts[::2], parts[1::2], strict=True):
        if name.endswith(".py"):
            files[name] = TORCH + code
        else:
            base = name[4:-1] or "nn.Module"
            body = textwrap.indent(code.strip("\n"), " " * 8)
            files["net.py"] = files.get("net.py", TORCH) + NET.format(base=base, body=body)
    return files


PAIRS = read(PLACES)
ALIKE = read(PLACES / "alike")


@pytest.fixture(scope="module")
def measured() -> dict[str, list[tuple[str, Files]]]:
    """The state of the stream after each construction, and the tensors that were made."""
    every = {**PAIRS, **ALIKE}
    work = json.dumps([files for pair in every.values() for files in pair])
    done = subprocess.run([sys.executable, "-c", BUILDER], input=work, capture_output=True, text=True, check=True)
    builds = json.loads(done.stdout)
    return dict(zip(every, zip(builds[::2], builds[1::2], strict=True), strict=True))


def verdict(old: Files, new: Files) -> Verdict:
    """The answer for the class that is built."""
    comparison = compare(side("old", old), side("new", new))
    return next((each.verdict for each in comparison.classes if each.new == "net.py::Net"), Verdict.SAME)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the builds share one import of torch")
@pytest.mark.parametrize("name", PAIRS)
def test_torch_builds_another_one(name: str, measured: dict[str, list[tuple[str, Files]]]) -> None:
    (state, tensors), (other_state, others) = measured[name]
    shared = tensors.keys() & others.keys()
    assert state != other_state or any(tensors[each] != others[each] for each in shared)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the builds share one import of torch")
@pytest.mark.parametrize("name", ALIKE)
def test_torch_builds_the_same(name: str, measured: dict[str, list[tuple[str, Files]]]) -> None:
    (state, tensors), (other_state, others) = measured[name]
    assert state == other_state
    assert [tensors[each] for each in tensors.keys() & others.keys() if tensors[each] != others[each]] == []


@pytest.mark.parametrize("name", ALIKE)
def test_an_edit_of_no_effect_is_called_the_same(name: str) -> None:
    assert verdict(*ALIKE[name]) is Verdict.SAME


@pytest.mark.parametrize("name", PAIRS)
def test_it_is_not_called_the_same(name: str) -> None:
    assert verdict(*PAIRS[name]) in (Verdict.PART, Verdict.UNKNOWN)


@pytest.mark.parametrize("name", PAIRS)
def test_with_only_a_comment_changed_it_is_the_same(name: str) -> None:
    old, _ = PAIRS[name]
    assert verdict(old, {path: f"# a comment\n{text}" for path, text in old.items()}) is Verdict.SAME


ARM = "def make():\n    return nn.Linear(4, {})\n"
UNKNOWN_ARMS = {
    "import that fails": "try:\n    from a import make\nexcept ImportError:\n    from b import make",
    "version of another package": "if torch.__version__ > '2':\n    from a import make\nelse:\n    from b import make",
}


@pytest.mark.parametrize("choice", UNKNOWN_ARMS.values(), ids=UNKNOWN_ARMS.keys())
def test_which_arm_runs_is_not_claimed(choice: str) -> None:
    """A change in one arm that no caller decides is not certain, and is seen in either arm."""
    net = TORCH + choice + NET.format(base="nn.Module", body="        self.a = make()")
    for changed in ("a.py", "b.py"):
        old = {"net.py": net, **{path: TORCH + ARM.format(4) for path in ("a.py", "b.py")}}
        assert verdict(old, {**old, changed: TORCH + ARM.format(5)}) is Verdict.UNKNOWN


def test_what_is_not_followed_may_draw_what_is_gone() -> None:
    """`found["Part"]` builds exactly what `Part` does, but only at run time is it known what is in it."""
    table = """
import sys
found = vars(sys.modules[__name__])
class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
"""
    versions = (
        {"net.py": TORCH + table + NET.format(base="nn.Module", body=f"        self.part = {maker}()")}
        for maker in ("Part", "found['Part']")
    )
    assert verdict(*versions) is Verdict.UNKNOWN


def test_a_name_that_stays_is_no_other() -> None:
    """The loop gives `extra` now what it gave `last`, which is still there."""
    fill = "\n        for parameter in self.parameters():\n            nn.init.normal_(parameter)\n"
    net = NET.format(base="nn.Module", body="        pass").replace("nn.Linear(4, 4)\n", "nn.Linear(4, 4)" + fill)
    old, new = TORCH + net, TORCH + net.replace("pass", "self.extra = nn.Linear(4, 4)")
    comparison = compare(side("old", {"net.py": old}), side("new", {"net.py": new}))
    assert [(each.verdict, each.renames) for each in comparison.classes] == [(Verdict.PART, ())]


def test_constants_say_which_arm_runs() -> None:
    choice = "NEW = True\nif NEW:\n    from a import make\nelse:\n    from b import make"
    net = TORCH + choice + NET.format(base="nn.Module", body="        self.a = make()")
    old = {"net.py": net, **{path: TORCH + ARM.format(4) for path in ("a.py", "b.py")}}
    assert verdict(old, {**old, "a.py": TORCH + ARM.format(5)}) is Verdict.PART
    assert verdict(old, {**old, "b.py": TORCH + ARM.format(5)}) is Verdict.SAME


def test_a_base_that_several_statements_decide_is_not_guessed() -> None:
    """Nothing is claimed about a class with unknown bases; a class that is the same stays so."""
    net = TORCH + "try:\n    from a import Base\nexcept ImportError:\n    from b import Base"
    net += NET.format(base="Base", body="        self.c = nn.Linear(4, 4)")
    bases = dict.fromkeys(("a.py", "b.py"), f"{TORCH}class Base(nn.Module):\n    size = 4\n")
    more = net.replace("self.c = nn.Linear(4, 4)", "self.c = nn.Linear(4, 5)")
    assert verdict({"net.py": net, **bases}, {"net.py": more, **bases}) is Verdict.UNKNOWN
    assert verdict({"net.py": net, **bases}, {"net.py": f"# a comment\n{net}", **bases}) is Verdict.SAME
