"""What a comparison need not read, parse or follow because nothing depends on it, and what it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_comparison import net, side

from initlint.comparison import kept
from initlint.comparison.code import Code
from initlint.comparison.compare import Comparison, Verdict, compare
from initlint.comparison.kept import by_text
from initlint.comparison.trees import Texts

WAYS = {
    "assigned": "WIDTH = {}",
    "in a loop": "for WIDTH in [{}]:\n    pass",
    "with a walrus": "print(WIDTH := {})",
    "in a branch": "if True:\n    WIDTH = {}",
    "by a function": "def make():\n    global WIDTH\n    WIDTH = {}\n\n\nmake()",
    "computed": "globals()['WI' + 'DTH'] = {}",
    "by exec": "exec('WID' 'TH = {}')",
    "exported": "__all__ = ['WIDTH']\nWIDTH = {}",
    "exported late": "__all__ = []\n__all__.append('WIDTH')\nWIDTH = {}",
    "exported in part": "__all__ = ['DEPTH', *['WIDTH']]\nWIDTH = {}\nDEPTH = 1",
}


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_star_imports_bring_is_seen_however_it_is_bound(way: str, through: bool) -> None:
    def version(width: int) -> dict[str, str]:
        user = "from sizes import *\n" + net("self.a = nn.Linear(dim, WIDTH)\nself.b = nn.Linear(dim, 4)")
        sizes = {"inner.py": way.format(width), "sizes.py": "from inner import *\n"}
        return (sizes if through else {"sizes.py": sizes["inner.py"]}) | {"net.py": user}

    found = compare(side("old", version(4)), side("new", version(8)))
    assert [(each.new, each.verdict in (Verdict.PART, Verdict.UNKNOWN)) for each in found.classes] == [
        ("net.py::Net", True)
    ]


def test_a_name_that_is_not_exported_is_not_brought() -> None:
    def version(width: int, more: str = "") -> dict[str, str]:
        sizes = f"__all__ = ['DEPTH'{more}]\nDEPTH = 4\nWIDTH = {width}\n"
        user = "WIDTH = 2\nfrom sizes import *\n" + net("self.a = nn.Linear(dim, WIDTH)")
        return {"sizes.py": sizes, "net.py": user}

    assert compare(side("old", version(4)), side("new", version(8))).verdict is Verdict.SAME
    assert compare(side("old", version(4)), side("new", version(8, ", 'WIDTH'"))).verdict is Verdict.PART


def answered(method: Any) -> int:
    """The number of remembered answers of a method."""
    return int(method.cache_info().currsize)


def test_a_file_that_brings_no_name_is_not_parsed() -> None:
    texts = Texts()
    files = {"net.py": "from sizes import *\n" + net("self.a = nn.Linear(dim, 4)"), "sizes.py": "WIDTH = 4\n"}
    version = side("new", files)
    code = Code(version.project, files, texts)
    assert code.names.binding("net.py", "DEPTH") is None
    assert answered(texts.tree) == 0


def test_files_that_import_each_other_end() -> None:
    files = {"a.py": "from b import *\nWIDTH = 4\n", "b.py": "from a import *\nDEPTH = 1\n"}
    code = Code(side("new", files).project, files, Texts())
    assert code.names.binding("b.py", "WIDTH") is not None
    assert code.names.binding("b.py", "HEIGHT") is None


CHAIN = "def f{0}(dim):\n    return f{1}(dim) + {0}\n\n\n"


def test_what_differs_is_met_before_what_both_have() -> None:
    """The difference comes after hundreds of functions of a file that did not change."""
    wide = (
        "from far import last\n" + "".join(CHAIN.format(at, at + 1) for at in range(300)) + "def f300(dim): return dim"
    )
    user = "from wide import f0, last\n" + net("self.a = nn.Linear(f0(dim), last(dim))")

    def version(last: int) -> dict[str, str]:
        return {"net.py": user, "wide.py": wide, "far.py": f"def last(dim):\n    return dim + {last}\n"}

    texts = Texts()
    old, new = (Code(side("", version(last)).project, (), texts, frozenset({"far.py"})) for last in (1, 2))
    assert not old.walk(("class", "net.py", "Net")).equals(new.walk(("class", "net.py", "Net")))
    assert answered(old.piece) < 10


def test_a_decorator_of_many_classes_is_compared_once() -> None:
    lines = "\n".join(f"@mark\nclass Net{at}(nn.Module):\n    pass\n" for at in range(4))
    chain = "".join(CHAIN.format(at, at + 1) for at in range(100)) + "def f100(dim): return dim\n"
    files = {"net.py": f"from torch import nn\n{chain}\ndef mark(cls):\n    return wrap(cls, f0(1))\n{lines}"}
    code = Code(side("new", files).project, (), Texts())
    assert len({code.around(f"net.py::Net{at}") for at in range(4)}) == 1
    assert answered(code.walk) == 1


def test_equal_contents_of_one_version_are_told_by_those_of_the_other() -> None:
    """Large definitions are not compared within one version, and share a term with the other one."""
    chain = "".join(CHAIN.format(at, at + 1) for at in range(200)) + "def f200(dim): return dim\n"
    files = {"net.py": f"{chain}\ndef one(dim):\n    return f0(dim)\n\n\ndef two(dim):\n    return f0(dim)\n"}
    texts = Texts()
    old, new = (Code(side("", files).project, (), texts) for _ in range(2))
    keys = [("function", "net.py", name) for name in ("one", "two")]
    one, two = (old.content([key]) for key in keys)
    assert answered(old.piece) < 100
    assert (new.content([keys[1]]), new.content([keys[0]])) == (two, one)


def test_what_is_the_same_for_all_is_not_followed_with_defaults() -> None:
    """With its default, the loop takes more steps than are followed."""
    body = "{}for at in range(depth):\n    self.add_module(str(at), nn.Sequential({}nn.Linear(dim, dim)))"
    old = net(body.format("", ""), "dim=8, depth=50_000")
    assert compared(old, net(body.format("", "nn.ReLU(), "), "dim=8, depth=50_000")).verdict is Verdict.SAME
    assert compared(old, net(body.format("", "nn.ReLU(), "), "dim=9, depth=50_000")).verdict is not Verdict.SAME


def compared(old: str, new: str) -> Comparison:
    return compare(side("old", {"net.py": old}), side("new", {"net.py": new}))


def test_what_is_made_of_texts_is_kept_whoever_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "ALONE_BYTES", 0)
    monkeypatch.setattr(kept, "BATCH_BYTES", 2)
    texts = [str(number).encode() for number in range(40)]
    made: list[bytes] = []

    def double(text: bytes) -> bytes:
        made.append(text)
        return b"" if text == b"7" else text + text

    alone = by_text(texts, double, b"1", "", 1)
    assert alone == {text: text + text for text in texts} | {b"7": b""}
    assert by_text(texts, double, b"1", str(tmp_path), 2) == alone
    made.clear()
    assert by_text(texts, double, b"1", str(tmp_path), 1) == alone
    assert made == [b"7"]
    assert by_text([b"1"], double, b"2", str(tmp_path), 1) == {b"1": b"11"}
    assert made == [b"7", b"1"]
