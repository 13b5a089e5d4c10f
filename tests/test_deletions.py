"""What remains of a dictionary after a deletion, known or not."""

from __future__ import annotations

import pytest
from test_comparison import compared, net

from initlint.comparison.compare import Verdict

LAST = "self.b = nn.Linear(4, 4)"
BUILD = f"self.a = nn.Linear(**sizes)\n{LAST}"
CONFIG = """

class Config:
    def __init__(self, width):
        self.width = width
        self.hash = 0

    def sizes(self):
        found = copy.deepcopy(self.__dict__)
        del found[{}]
        return found
"""

DELETED = {
    "of a given dictionary": (f"{{}}\n{BUILD}", "del sizes['bias']", "sizes"),
    "by a given key": (f"sizes = dict(in_features=4, out_features=4, bias=0)\n{{}}\n{BUILD}", "del sizes[k]", "k"),
    "of what a given one holds": (f"{{}}\nsizes = sizes['all']\n{BUILD}", "del sizes['all']['bias']", "sizes"),
    "by another name": (f"other = sizes\n{{}}\n{BUILD}", "del other['bias']", "sizes"),
    "of an attribute": ("self.of = sizes\n{}\nself.a = nn.Linear(**self.of)\n" + LAST, "del self.of['bias']", "sizes"),
    "under a condition": (f"{{}}\n{BUILD}", "if 'bias' in sizes:\n    del sizes['bias']", "sizes"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "deletion", "parameters"), DELETED.values(), ids=DELETED.keys())
def test_a_deletion_is_a_difference_where_one_version_has_it(body: str, deletion: str, parameters: str) -> None:
    plain, deleted = net(body.format("pass"), parameters), net(body.format(deletion), parameters)
    renamed = net("if False:\n    self.c = nn.Linear(1, 1)\n" + body.format(deletion), parameters)
    assert compared(plain, deleted).verdict is not Verdict.SAME
    assert compared(deleted, renamed).verdict is Verdict.SAME
    wider = deleted.replace(LAST, "self.b = nn.Linear(4, 8)")
    assert compared(deleted, wider).verdict is Verdict.PART


def test_what_is_deleted_from_a_copy_of_attributes_is_known() -> None:
    def version(key: str, more: str = "") -> str:
        body = (
            "found = Config(4).sizes()\nself.a = nn.Linear(4, len(found))\nself.b = nn.Linear(4, found.get('width', 8))"
        )
        return "import copy\n" + net(body + more, more=CONFIG.format(key))

    assert compared(version("'hash'"), version("'ha' 'sh'", "\nself.act = nn.ReLU()")).verdict is Verdict.SAME
    assert compared(version("'hash'"), version("'width'")).verdict is Verdict.PART
    object_itself = "\nself.c = nn.Linear(4, Config(4).{})"
    kept = [version("'hash'", object_itself.format(name)) for name in ("width", "width + 4")]
    assert compared(*kept).verdict is Verdict.PART
