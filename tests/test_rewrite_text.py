"""The exact text after a fix: comments, blank lines, encodings, line ends, and everything that was not touched."""

from __future__ import annotations

from textwrap import dedent

import pytest
from checking import check_sources

from initlint.model import Finding, Strategy
from initlint.rewrite import Rewritten, rewrite
from initlint.texts import to_utf8

HEAD = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""
TAIL = """
    def forward(self, x):
        return self.head(x)
"""


def found(source: bytes) -> list[Finding]:
    return list(check_sources({"net.py": to_utf8(source).decode()}))


def mended(source: bytes, strategy: Strategy = Strategy.REMOVE) -> Rewritten:
    return rewrite(source, found(source), strategy)


def net(body: str) -> str:
    lines = dedent(body).strip("\n").split("\n")
    return HEAD + "".join(f"        {line}\n" if line else "\n" for line in lines) + TAIL


def body_after(body: str, strategy: Strategy = Strategy.REMOVE) -> str:
    """A constructor's body after a fix; everything around it stays."""
    result = mended(net(body).encode(), strategy)
    assert result.refused == ()
    text = result.source.decode()
    assert text.startswith(HEAD) and text.endswith(TAIL)
    return dedent(text.removeprefix(HEAD).removesuffix(TAIL))


def test_the_comment_of_a_line_goes_with_it() -> None:
    assert (
        body_after("""
            self.old = nn.Linear(8, 8)  # not used
            self.head = nn.Linear(8, 1)  # used
            """)
        == "self.head = nn.Linear(8, 1)  # used\n"
    )


def test_a_comment_over_a_group_of_lines_goes_with_the_last_of_them() -> None:
    assert (
        body_after("""
            # sizes
            self.size = 8

            # for a later idea
            self.old = nn.Linear(
                8,  # in
                8,
            )
            nn.init.zeros_(self.old.bias)

            # both of these
            self.older = nn.Linear(8, 8)
            self.head = nn.Linear(8, 1)
            # the end
            """)
        == "# sizes\nself.size = 8\n\n# both of these\nself.head = nn.Linear(8, 1)\n# the end\n"
    )


def test_a_block_does_not_start_with_blank_lines() -> None:
    body = """
        if x:
            self.old = nn.Linear(8, 8)

            # kept
            self.size = 8
        self.head = nn.Linear(8, 1)
        """
    assert body_after(body) == "if x:\n    # kept\n    self.size = 8\nself.head = nn.Linear(8, 1)\n"


def test_an_empty_block_gets_pass() -> None:
    body = """
        if x:
            # not used
            self.old = nn.Linear(8, 8)
        else:
            self.older = nn.Linear(8, 8)
            # nothing here
        self.head = nn.Linear(8, 1)
        """
    assert body_after(body) == "if x:\n    pass\nelse:\n    pass\n    # nothing here\nself.head = nn.Linear(8, 1)\n"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("self.a = 1; self.old = nn.Linear(8, 8)  # both", "self.a = 1  # both"),
        ("self.old = nn.Linear(8, 8); self.a = 1;", "self.a = 1;"),
        ("self.a = 1; self.old = nn.Linear(8, 8); self.b = 2", "self.a = 1; self.b = 2"),
        ("if x: self.old = nn.Linear(8, 8)  # seldom", "if x: pass  # seldom"),
        ("if x: self.a = 1; self.old = nn.Linear(8, 8)", "if x: self.a = 1"),
        ("self.old, self.a, self.b = nn.Linear(8, 8), 1, (2, 3)", "self.a, self.b = 1, (2, 3)"),
        ("(self.a, self.old) = (1, nn.Linear(8, 8))", "self.a = 1"),
    ],
)
def test_part_of_a_line(line: str, left: str) -> None:
    assert body_after(f"{line}\nself.head = nn.Linear(8, 1)") == f"{left}\nself.head = nn.Linear(8, 1)\n"


def test_isolate() -> None:
    body = """
        # kept for old checkpoints
        self.old = nn.Linear(8, 8)  # not used
        nn.init.normal_(self.old.weight)
        nn.init.zeros_(self.old.bias)
        if x: self.older = nn.Linear(8, 8)
        self.a = 1; self.oldest = nn.Linear(8, 8); self.b = 2  # three
        self.head = nn.Linear(8, 1)
        """
    fork = "with torch.random.fork_rng(devices=range(torch.cuda.device_count())):"
    why = "# initlint: ignore[SOH201] kept, with its draws isolated"
    result = mended(net(body).encode(), Strategy.ISOLATE)
    assert result.refused == ()
    assert result.source.decode() == "import torch\n" + net(f"""
# kept for old checkpoints
{fork}
    self.old = nn.Linear(8, 8)  # not used  {why}
    nn.init.normal_(self.old.weight)
nn.init.zeros_(self.old.bias)
if x:
    {fork}
        self.older = nn.Linear(8, 8)  {why}
self.a = 1
{fork}
    self.oldest = nn.Linear(8, 8)  {why}
self.b = 2  # three
self.head = nn.Linear(8, 1)
""")
    assert found(result.source) == []


@pytest.mark.parametrize(
    ("start", "mended_start"),
    [
        ("import torch\nfrom torch import nn\n", "import torch\nfrom torch import nn\n"),
        ("import torch as t\nfrom torch import nn\n", "import torch as t\nfrom torch import nn\n"),
        ("import torch.nn\nimport torch.nn as nn\n", "import torch.nn\nimport torch.nn as nn\n"),
        ("import os\nimport torch.nn as nn\n", "import os\nimport torch\nimport torch.nn as nn\n"),
        ('"""Docs."""\n\nfrom __future__ import annotations\nfrom torch import nn\n',) * 1
        + ('"""Docs."""\n\nfrom __future__ import annotations\nimport torch\nfrom torch import nn\n',),
        ("# licence\n\nfrom torch import nn\n", "# licence\n\nimport torch\nfrom torch import nn\n"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\nfrom torch import nn\n",) * 2,
    ],
)
def test_isolate_imports_torch_where_it_is_not_there_yet(start: str, mended_start: str) -> None:
    text = net("self.old = nn.Linear(8, 8)\nself.head = nn.Linear(8, 1)").replace("from torch import nn\n", start)
    result = mended(text.encode(), Strategy.ISOLATE).source.decode()
    assert result.startswith(mended_start)
    name = "t" if " as t\n" in start else "torch"
    assert f"with {name}.random.fork_rng(devices=range({name}.cuda.device_count())):" in result


def test_isolate_refuses_where_torch_is_something_else() -> None:
    text = net("self.old = nn.Linear(8, 8)\nself.head = nn.Linear(8, 1)").replace(
        "__init__(self)", "__init__(self, torch)"
    )
    assert [refusal.reason for refusal in mended(text.encode(), Strategy.ISOLATE).refused] == [
        "`torch` is not the module there"
    ]


def test_keep_stream() -> None:
    why = "# initlint: keep-stream so that old seeds give the same weights"
    body = """
        self.old = nn.Linear(8, 8)  # not used
        self.older: nn.Module = nn.Linear(
            8, 8
        )
        nn.init.normal_(self.older.weight)
        self.older.bias.requires_grad = False
        spare = nn.Linear(8, 8)
        self.head = nn.Linear(8, 1)
        """
    assert body_after(body, Strategy.KEEP_STREAM) == (
        f"nn.Linear(8, 8)  # not used  {why}\n"
        f"older = nn.Linear(\n    8, 8\n)  {why}\n"
        "nn.init.normal_(older.weight)\n"
        f"spare = nn.Linear(8, 8)  {why}\n"
        "self.head = nn.Linear(8, 1)\n"
    )
    assert found(mended(net(body).encode(), Strategy.KEEP_STREAM).source) == []


def test_a_local_name_is_a_free_one() -> None:
    body = """
        old, old_ = 1, 2
        self.old = nn.Linear(8, 8)
        nn.init.normal_(self.old.weight)
        self.head = nn.Linear(8, 1)
        """
    assert "old__ = nn.Linear(8, 8)  # " in body_after(body, Strategy.KEEP_STREAM)
    assert "nn.init.normal_(old__.weight)" in body_after(body, Strategy.KEEP_STREAM)


LINES = ["self.old = nn.Linear(8, 8)  # gr\xfc\xdfe", "self.head = nn.Linear(8, 1)  # gr\xfc\xdfe"]


@pytest.mark.parametrize("strategy", Strategy, ids=lambda strategy: strategy.value)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("indent", ["    ", "\t"], ids=["spaces", "tabs"])
@pytest.mark.parametrize(
    ("encoding", "first"),
    [("utf-8", ""), ("utf-8-sig", ""), ("latin-1", "# -*- coding: latin-1 -*-\n"), ("utf-8-sig", "# coding: utf-8\n")],
    ids=["plain", "bom", "cookie", "bom and cookie"],
)
def test_bytes(strategy: Strategy, newline: str, indent: str, encoding: str, first: str) -> None:
    """Encoding, byte order mark, line ends and indentation are those of the file, also in new code."""
    text = first + "import torch\n" + net("\n".join(LINES))
    text = text.replace("    ", indent).replace("\n", newline)
    result = mended(text.encode(encoding), strategy)
    assert result.refused == ()
    fixed = result.source.decode(encoding)
    assert fixed.encode(encoding) == result.source
    assert [line.endswith(newline) for line in fixed.splitlines(keepends=True)] == [True] * len(fixed.splitlines())
    assert newline == "\n" or "\n" not in fixed.replace("\r\n", "")
    before, after = text.splitlines(), fixed.splitlines()
    touched = next(number for number, line in enumerate(before) if "self.old" in line)
    assert before[:touched] == after[:touched]
    assert before[touched + 1 :] == after[len(after) - len(before) + touched + 1 :]
    assert {line[: len(line) - len(line.lstrip())] for line in after} <= {indent * depth for depth in range(4)}


def test_no_final_newline_stays_so() -> None:
    text = net("self.old = nn.Linear(8, 8)\nself.head = nn.Linear(8, 1)").rstrip("\n")
    assert mended(text.encode()).source.decode() == text.replace("        self.old = nn.Linear(8, 8)\n", "")


def test_decorators_and_neighbours_stay() -> None:
    text = """\
from torch import nn

register = wraps = lambda each: each


@register
class Old(nn.Module):  # one
    @wraps
    # two
    def __init__(self): super().__init__(); self.old = nn.Linear(8, 8)

    # three
    def forward(self, x): return x
"""
    assert mended(text.encode()).source.decode() == text.replace("; self.old = nn.Linear(8, 8)", "")


@pytest.mark.parametrize("end", ["x = 1\n\x0cy = 2\n", "def broken(:\n"], ids=["form feed", "syntax error"])
def test_a_file_that_cannot_be_written_again_is_left_alone(end: str) -> None:
    source = (net("self.old = nn.Linear(8, 8)\nself.head = nn.Linear(8, 1)") + end).encode()
    findings = [finding for finding in found(source) if finding.fixes]
    result = rewrite(source, findings, Strategy.REMOVE)
    assert (result.source, result.fixed) == (source, ())
    assert [(refusal.finding.attribute, refusal.reason) for refusal in result.refused] == [
        ("old", "the file cannot be parsed and written again unchanged")
    ]


def test_nothing_to_mend_changes_nothing() -> None:
    source = net("self.head = nn.Linear(8, 1)").encode()
    assert rewrite(source, [], Strategy.REMOVE) == Rewritten(source, (), ())


def test_a_finding_of_other_text_is_refused() -> None:
    source = net("self.old = nn.Linear(8, 8)\nself.head = nn.Linear(8, 1)").encode()
    moved = b"# one more line\n" + source
    result = rewrite(moved, found(source), Strategy.REMOVE)
    assert result.source == moved
    assert [refusal.reason for refusal in result.refused] == ["the file does not hold the statement any more"]
