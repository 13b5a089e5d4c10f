"""Code of a constructor that cannot be parsed only costs the statements that contain it, and is named."""

from __future__ import annotations

import pytest
from checking import check_sources

from initlint.construction.parsing import parse_rest

OLD = """import torch.nn as nn

class Net(nn.Module):
    def __init__(self, size):
        super(Net, self).__init__()
        self.first = nn.Linear(8, 8); mode = 0777
        if size > 3:
            raise ValueError, "größer als 3"
        elif size: self.second = nn.Linear(8, 8)
        else:
            text = ur"a"
        if size <> 2:
            self.unread = nn.Linear(8, 8)
        def pair((a, b)):
            return a
        text = ("%s"  # text
                % 10L)
        self.last = nn.Linear(8, 8)

    def forward(self, x):
        return x
"""


def test_a_constructor_in_python_2_is_read_but_for_its_old_statements() -> None:
    found = [(finding.span.line, finding.code, finding.attribute) for finding in check_sources({"a.py": OLD})]
    assert found == [
        (6, "SOH901", ""),
        (6, "SOH101", "first"),
        (8, "SOH901", ""),
        (9, "SOH101", "second"),
        (11, "SOH901", ""),
        (12, "SOH901", ""),
        (14, "SOH901", ""),
        (16, "SOH901", ""),
        (18, "SOH101", "last"),
    ]


def test_what_nests_too_deeply_costs_only_its_own_statement() -> None:
    deep = "nn.Sequential(" * 2000 + "nn.Linear(8, 8)" + ")" * 2000
    source = f"""import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.deep = {deep}
        self.last = nn.Linear(8, 8)
    def forward(self, x):
        return x
"""
    found = [(finding.span.line, finding.message) for finding in check_sources({"a.py": source})]
    assert found == [
        (5, "the statement cannot be parsed; the rest was still checked"),
        (
            6,
            (
                "submodule `last` of `Net` is never used, but its construction draws weight and bias, "
                "which shifts everything built after a Net"
            ),
        ),
    ]


def test_an_error_that_the_file_is_said_to_have_is_not_said_twice() -> None:
    source = OLD.replace("mode = 0777", 'print "mode"').replace("10L", "10")
    lost = [finding.span.line for finding in check_sources({"a.py": source}) if finding.code == "SOH901"]
    assert lost == [6, 8, 11, 12, 14]


@pytest.mark.parametrize(
    ("text", "rest", "unread"),
    [
        ("x = 1\n", "x = 1\n", ()),
        ("x = 0777\ny = 1\n", "0       \ny = 1\n", (0,)),
        ("if é: x = 10L\nelse: y = 1\n", "if é: 0      \nelse: y = 1\n", (6,)),
        ("class A:\n    def f((a, b)):\n        pass\n", "class A:\n    0             \n            \n", (13,)),
        (
            "try:\n    x = `1`\nfinally:\n    # why\n    y = 1\n",
            "try:\n    0      \nfinally:\n    # why\n    y = 1\n",
            (9,),
        ),
    ],
)
def test_what_is_left_of_a_text(text: str, rest: str, unread: tuple[int, ...]) -> None:
    module, places = parse_rest(text)
    assert module is not None
    assert (module.code, places) == (rest, unread)
