"""What decides a construction from outside of its constructor: a change there is never called the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_comparison import net, side

from initlint.cli import run
from initlint.comparison.compare import Verdict, compare

PLAIN = "self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)"
WRAPPER = """
import functools
def wrapped(init):
    @functools.wraps(init)
    def inner(self, *args, **kwargs):
        init(self, *args, **kwargs)
        {}
    return inner
"""
BUILDER = """
class Meta(type):
    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        {}
        return made
"""
MORE = "self.c = nn.Linear(4, 4)"


HOOKED = """class Base(nn.Module):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        forward = cls.forward

        def wrapped(self, *args):
            {}
            return forward(self, *args)

        cls.forward = wrapped


class Part(Base):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x
"""


def headed(head: str, text: str) -> str:
    return text.replace("\n\n\nclass Net", f"\n{head}\n\nclass Net", 1)


def decorated(line: str) -> str:
    return headed(WRAPPER.format(line), net(PLAIN)).replace("    def __init__", "    @wrapped\n    def __init__", 1)


def with_metaclass(line: str) -> str:
    return headed(BUILDER.format(line), net(PLAIN)).replace("Net(nn.Module)", "Net(nn.Module, metaclass=Meta)")


def constant(head: str, value: str = "SIZE") -> str:
    return headed(head, net(f"self.a = nn.Linear({value}, 4)"))


def kept(first: str) -> str:
    return net(f"layers = {first}\nself.b = nn.Linear(4, 4)\nself.a = nn.Sequential(*layers)")


def module(more: str) -> str:
    return net("self.make()", more=f"\n    def make(self):\n        self.a = nn.Linear(4, 4)\n{more}")


KEPT = """
import torch
from torch import nn

KINDS = {{}}


def other(self):
    nn.Module.__init__(self)


def keep(name, cls):
{}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)


keep("net", Net)
"""

HOLES = {
    "decorator of a constructor": (decorated("pass"), decorated(MORE)),
    "metaclass": (with_metaclass("pass"), with_metaclass("made.c = nn.Linear(4, 4)")),
    "__new__": (
        net(PLAIN),
        net(PLAIN, more="\n    def __new__(cls, *a):\n        torch.rand(3)\n        return super().__new__(cls)\n"),
    ),
    "__setattr__": (
        net(PLAIN),
        net(
            PLAIN, more="\n    def __setattr__(self, n, v):\n        torch.rand(2)\n        super().__setattr__(n, v)\n"
        ),
    ),
    "method replaced from outside": (
        module(""),
        module("\n\ndef other(self):\n    self.a = nn.Linear(5, 5)\n\n\nNet.make = other\n"),
    ),
    "class of torch replaced": (net(PLAIN), net(PLAIN, more="\n\nnn.Linear = nn.Bilinear\n")),
    "walrus in a comprehension": tuple(
        net(f"w = 1\nl = [(w := i) for i in range({turns})]\nself.a = nn.Linear(w, 4)") for turns in (3, 5)
    ),
    "what a loop leaves behind": tuple(
        net(f"n = 1\nfor i in range(dim):\n    n = i + {step}\nself.a = nn.Linear(n, 4)") for step in (1, 2)
    ),
    "what a condition of a loop depends on": tuple(
        net(f"n = {start}\nwhile n < dim:\n    setattr(self, f'a{{n}}', nn.Linear(4, 4))\n    n += 1")
        for start in (0, 1)
    ),
    "constant changed later": (constant("SIZE = 4"), constant("SIZE = 4\nSIZE += 1")),
    "dictionary changed later": (
        constant("SIZES = {'a': 4}", "SIZES['a']"),
        constant("SIZES = {'a': 4}\nSIZES['a'] = 5", "SIZES['a']"),
    ),
    "constant under a condition": tuple(
        constant(f"WIDE = {wide}\nif WIDE:\n    SIZE = 8\nelse:\n    SIZE = 4") for wide in (True, False)
    ),
    "function under a condition": tuple(
        headed(
            f"WIDE = {wide}\nif WIDE:\n    def size(): return 8\nelse:\n    def size(): return 4",
            net("self.a = nn.Linear(size(), 4)"),
        )
        for wide in (True, False)
    ),
    "names that are computed": tuple(
        headed(f"def make(): return nn.Linear(4, {size})", net("self.a = globals()['make']()")) for size in (4, 5)
    ),
    "registry": tuple(
        headed(
            "MADE = {}\ndef register(f):\n    MADE[f.__name__] = f\n    return f\n"
            f"@register\ndef make():\n    return nn.Linear(4, {size})",
            net("self.a = MADE['make']()"),
        )
        for size in (4, 5)
    ),
    "entry taken out of passed keywords": tuple(
        headed(
            "class Part(nn.Module):\n    def __init__(self, extra=False):\n        super().__init__()\n"
            "        if extra:\n            self.a = nn.Linear(4, 4)",
            net(f"kw.{name}('extra', False)\nself.part = Part(**kw)", "**kw"),
        )
        for name in ("pop", "get")
    ),
    "order of merged keywords": tuple(
        headed(
            "class Part(nn.Module):\n    def __init__(self, size=4):\n        super().__init__()\n"
            "        self.a = nn.Linear(size, 4)",
            net(f"self.part = Part(**{{{entries}}})", "**kw"),
        )
        for entries in ("**kw, 'size': 8", "'size': 8, **kw")
    ),
    "keywords of a partial function": tuple(
        headed("from functools import partial", net(f"make = partial(nn.Linear, 4, 4{more})\nself.a = make()", "**kw"))
        for more in (", **kw", "")
    ),
    "keywords of a partial function, changed": tuple(
        headed(
            "from functools import partial",
            net(f"make = partial(nn.Linear, 4, 4, bias=False)\n{change}\nself.a = make()"),
        )
        for change in ("make.keywords['bias'] = True", "pass")
    ),
    "inner keywords of a partial function": tuple(
        headed(
            "from functools import partial",
            net(
                f"make = partial(partial(nn.Linear, bias={bias}), out_features=4)\n"
                "self.a = make.func(in_features=4, **make.keywords)"
            ),
        )
        for bias in (True, False)
    ),
    "entry that may be there": tuple(
        net(f"kw = {{}}\nif dim:\n    kw['a'] = 1\nif 'a' in kw:\n    self.a = nn.Linear(4, {size})") for size in (4, 5)
    ),
    "class handed to a function that changes it": tuple(
        KEPT.format(f"    {change}\n    KINDS[name] = cls") for change in ("pass", "cls.__init__ = other")
    ),
    "class handed by name to a function that changes it": tuple(
        KEPT.format(f"    {change}\n    KINDS[name] = cls").replace('"net", Net', 'cls=Net, name="net"')
        for change in ("pass", "cls.__init__ = other")
    ),
    "class handed to a function under another name": tuple(
        KEPT.format(f"    KINDS[name] = kind = cls\n    {change}") for change in ("pass", "kind.__init__ = other")
    ),
    "what is caught": tuple(
        net(
            "try:\n    self.check(dim)\n    self.a = nn.Linear(4, 4)\nexcept ValueError:\n    pass",
            more=f"\n    def check(self, dim):\n        if dim == {wrong}:\n            raise ValueError\n",
        )
        for wrong in (4, 5)
    ),
    "else of a loop": (
        net("for i in range(3):\n    if i == dim:\n        break\nelse:\n    self.a = nn.Linear(4, 4)"),
        net("for i in range(3):\n    if i == dim:\n        break\nself.a = nn.Linear(4, 4)"),
    ),
    "context of the project": tuple(
        headed(
            "class Around:\n    def __enter__(self): pass\n    def __exit__(self, *a): " + line,
            net("with Around():\n    self.a = nn.Linear(4, 4)"),
        )
        for line in ("pass", "torch.rand(3)")
    ),
    "assertion": (net(PLAIN), net(f"assert torch.rand(3).sum() > -1\n{PLAIN}")),
    "overridden reset_parameters": tuple(
        headed(
            f"class Own(nn.Linear):\n    def reset_parameters(self):\n        nn.init.{fill}_(self.weight)",
            net("self.a = Own(4, 4)"),
        )
        for fill in ("normal", "zeros")
    ),
    "iterator that is kept": (kept("[nn.Linear(i, 4) for i in (1, 2)]"), kept("(nn.Linear(i, 4) for i in (1, 2))")),
    "list changed by a call": tuple(
        headed(
            "def grow(sizes):\n    sizes.append(3)",
            net(f"sizes = [4]\ngrow(sizes)\nself.a = nn.Linear({size}, 4)"),
        )
        for size in ("len(sizes)", "1")
    ),
    "module that is called": tuple(
        headed(
            f"class Part(nn.Module):\n    def forward(self, x):\n        return {value}",
            net(f"part = Part()\npart(torch.ones(4))\n{PLAIN}"),
        )
        for value in ("x", "torch.rand_like(x)")
    ),
    "captured value of a local class": tuple(
        net(
            f"n = {size}\nclass Part(nn.Module):\n    def __init__(part):\n        super().__init__()\n"
            "        part.a = nn.Linear(4, n)\nself.part = Part()"
        )
        for size in (4, 5)
    ),
    "tied parameters in a loop": tuple(
        net(f"{PLAIN}\n{tie}\nfor p in self.parameters():\n    nn.init.normal_(p)")
        for tie in ("pass", "self.b.weight = self.a.weight")
    ),
    "decorator that changes what it has under another name": tuple(
        net(PLAIN).replace("class Net", f"def keep(f):\n    g = f\n    {line}\n    return f\n\n\n@keep\nclass Net")
        for line in ("pass", "g.__init__ = nn.Module.__init__")
    ),
    "call that changes what it is given": (
        f"{net(PLAIN)}\ndef note(c):\n    SEEN.append(c)\nSEEN = []\nnote(Net)\n",
        f"{net(PLAIN)}\ndef note(c):\n    [c][0].__init__ = nn.Module.__init__\nSEEN = []\nnote(Net)\n",
    ),
    "what a hook for subclasses wraps, called in a constructor": tuple(
        headed(HOOKED.format(line), net("self.part = Part()\nself.part(dim)\nself.a = nn.Linear(4, 4)"))
        for line in ("pass", "torch.rand(3)")
    ),
    "hook for subclasses that changes a constructor": tuple(
        headed(
            HOOKED.format("pass").replace("cls.forward = wrapped", f"cls.{name} = wrapped"), net("self.part = Part()")
        )
        for name in ("forward", "__init__")
    ),
    "function that assigns to a global name": tuple(
        headed(
            f"MADE = None\ndef load():\n    global MADE\n    MADE = nn.Linear({size}, 4)\n    return MADE",
            net("load()\nself.a = nn.Linear(4, 4)"),
        )
        for size in (4, 5)
    ),
    "order of a container": tuple(
        net(
            f"self.m = nn.ModuleList([nn.Linear(2, 2)])\nself.m.{put}nn.Linear(3, 3))\n"
            "for m in self.m:\n    nn.init.normal_(m.weight)"
        )
        for put in ("append(", "insert(0, ")
    ),
}


@pytest.mark.parametrize(("old", "new"), HOLES.values(), ids=HOLES.keys())
def test_a_change_from_elsewhere_is_not_called_the_same(old: str, new: str) -> None:
    comparison = compare(side("old", {"net.py": old}), side("new", {"net.py": new}))
    assert comparison.verdict in (Verdict.PART, Verdict.UNKNOWN)


@pytest.mark.parametrize("text", [pair[1] for pair in HOLES.values()], ids=HOLES.keys())
def test_with_only_a_comment_changed_it_is_the_same(text: str) -> None:
    comparison = compare(side("old", {"net.py": text}), side("new", {"net.py": f"# a comment\n{text}"}))
    assert comparison.verdict is Verdict.SAME


def test_a_change_of_forward_is_none_of_the_construction() -> None:
    old, new = (net(PLAIN, more=f"\n    def forward(self, x):\n        return {v}\n") for v in ("x", "torch.rand(4)"))
    assert compare(side("old", {"net.py": old}), side("new", {"net.py": new})).verdict is Verdict.SAME


def test_what_another_file_changes_is_compared() -> None:
    files = {"net.py": net("self.a = nn.Linear(self.size, 4)").replace("    def", "    size = 4\n\n    def", 1)}
    new = {**files, "main.py": "import net\n\nnet.Net.size = 8\n"}
    assert compare(side("old", {**files, "main.py": "import net\n"}), side("new", new)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        "KINDS[name] = KINDS[name.lower()] = cls",
        "KINDS.setdefault(name, cls)",
        "if isinstance(cls, type) and cls.__name__ != name:\n        KINDS[name] = cls",
    ],
)
def test_a_function_that_only_keeps_a_class_is_none_of_its_construction(line: str) -> None:
    old, new = (
        side("old", {"net.py": KEPT.format("    KINDS[name] = cls")}),
        side("new", {"net.py": KEPT.format(f"    {line}")}),
    )
    assert compare(old, new).classes == ()


@pytest.mark.parametrize("call", ["KINDS.update(net=Net)", "KINDS['net'] = Net", 'keep("net", cls=Net)'])
def test_other_ways_to_keep_a_class(call: str) -> None:
    texts = (KEPT.format(f"    {line}\n    KINDS[name] = cls") for line in ("name = name.lower()", "pass"))
    old, new = (side("side", {"net.py": text.replace('keep("net", Net)', call)}) for text in texts)
    assert compare(old, new).classes == ()


def test_starred_parameters_take_nothing_by_default() -> None:
    old, new = (net(f"self.a = nn.Linear(4, kw.get({name!r}, 4))", "**kw") for name in ("size", "width"))
    comparison = compare(side("old", {"net.py": old}), side("new", {"net.py": new}))
    assert [(each.verdict, each.defaults) for each in comparison.classes] == [(Verdict.UNKNOWN, True)]


def test_what_has_to_be_among_keywords_has_no_default() -> None:
    old, new = (net(f"self.a = nn.Linear(4, kw.pop({name!r}))", "**kw") for name in ("size", "width"))
    comparison = compare(side("old", {"net.py": old}), side("new", {"net.py": new}))
    assert [each.defaults for each in comparison.classes] == [False]


def test_the_keywords_of_a_partial_function_are_known() -> None:
    head = "from functools import partial"
    old = headed(head, net("made = partial(nn.Linear, bias=False)\nself.a = made.func(4, 4, **made.keywords)"))
    new = headed(head, net("self.a = nn.Linear(4, 4, bias=any((False, 0)))"))
    assert compare(side("old", {"net.py": old}), side("new", {"net.py": new})).classes == ()


def test_what_only_keeps_a_class_changes_nothing_of_it() -> None:
    """As a decorator and as a call, wherever the function is and whatever else it is given."""
    more = "class Other(nn.Module):\n    pass\n"
    keep = "SEEN = set()\ndef keep(c):\n    SEEN.add(c)\n    return c\n"
    one = f"{keep}{net(PLAIN)}\nkeep(Net)\n"
    other = f"{keep}@keep\n{more}\n{net(PLAIN)}\nkeep(Other)\n"
    assert compare(side("old", {"net.py": one}), side("new", {"net.py": other})).verdict is Verdict.SAME


def test_a_hook_for_subclasses_that_wraps_their_forward_is_none_of_the_construction() -> None:
    old, new = (headed(HOOKED.format(line), net("self.part = Part()")) for line in ("pass", "torch.rand(3)"))
    assert compare(side("old", {"net.py": old}), side("new", {"net.py": new})).verdict is Verdict.SAME


LAZY = """import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .one import Base
    from .two import Other
else:
    sys.modules[__name__] = Lazy(__name__, ["one", "two"])
"""


@pytest.mark.parametrize(("file", "verdict"), [("one", Verdict.PART), ("two", Verdict.SAME)])
def test_a_module_that_loads_what_it_has_when_asked_has_what_checkers_import(file: str, verdict: Verdict) -> None:
    base = net("self.a = nn.Linear({}, 4)").replace("Net", "Base")
    files = {
        "pack/__init__.py": LAZY,
        "pack/one.py": base.format(4),
        "pack/two.py": base.replace("Base", "Other").format(4),
        "net.py": "from torch import nn\nfrom pack import Base\n\n\nclass Net(Base):\n    pass\n",
    }
    new = {**files, f"pack/{file}.py": files[f"pack/{file}.py"].replace("(4, 4)", "(5, 4)")}
    found = compare(side("old", files), side("new", new), ("net.py",))
    assert found.verdict is verdict


def test_a_function_that_assigns_to_a_global_name_is_compared() -> None:
    load = "MADE = None\ndef load(part):\n    global MADE\n    MADE = part"
    old, new = (
        headed(load, net(f"load(nn.ReLU())\n{line}\nself.a = nn.Linear(4, 4)")) for line in ("pass", "size = 4")
    )
    assert compare(side("old", {"net.py": old}), side("new", {"net.py": new})).verdict is Verdict.SAME


def test_what_an_earlier_run_has_surveyed_counts_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, line in (("old", "pass"), ("new", "net.Net.__init__ = nn.Module.__init__")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(net(PLAIN))
        (tmp_path / name / "main.py").write_text(f"import net\nfrom torch import nn\n\n{line}\n")
    asked = ["diff", str(tmp_path / "old"), str(tmp_path / "new"), "--cache-dir", str(tmp_path / "cache")]
    answers = [(run(asked), capsys.readouterr().out) for _ in range(2)]
    assert answers[0] == answers[1]
    assert "cannot be told" in answers[0][1]
