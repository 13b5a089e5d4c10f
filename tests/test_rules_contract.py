"""Every rule keeps the conventions, just by being in the tuple."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import Any

import pytest

from initlint import explain, rules
from initlint.construction.ledger import Construction
from initlint.model import Answer, Confidence, Definition, Kind, Span, Verdict
from initlint.rules.base import Case, Rule, Unreadable, expectations
from initlint.rules.words import drawn, listed, shifted

FOLDER = Path(rules.__file__).parent
HELPERS = {"__init__", "base", "words"}
VALUES = {"attribute", "cls", "drawn", "shifted", "kind", "what", "reason", "replaced", "mend"}

each_rule = pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.code)


def test_sorted_and_unique() -> None:
    codes = [rule.code for rule in rules.RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in rules.RULES}) == len(codes)


def test_one_file_a_rule() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert files == {rule.name.replace("-", "_") for rule in rules.RULES}


@each_rule
def test_file_function_and_name_are_one_word(rule: Rule[Any]) -> None:
    name = rule.name.replace("-", "_")
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [name]
    assert ast.get_docstring(tree) == f"{rule.code}."
    assert getattr(rules, name) is rule


@each_rule
def test_documented(rule: Rule[Any]) -> None:
    assert re.fullmatch(r"SOH\d{3}", rule.code)
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)
    assert rule.summary.endswith(".")
    assert rule.section("Why")
    assert rule.section("What to do")


@each_rule
def test_message_and_advice_use_known_values(rule: Rule[Any]) -> None:
    for template in (rule.message, rule.advice):
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        assert names <= VALUES
    assert not rule.message.endswith(".")
    assert rule.advice.endswith(".")


@each_rule
def test_examples(rule: Rule[Any]) -> None:
    bad = [example for example in rule.examples if example.bad]
    assert len(bad) >= 2
    assert len(rule.examples) - len(bad) >= 2
    assert len({example.title for example in rule.examples}) == len(rule.examples)
    assert all(code == rule.code for example in bad for _, code, _ in example.expected)
    assert bool(rule.fixes) == any(example.fixed is not None for example in bad)


@each_rule
def test_page_and_row(rule: Rule[Any]) -> None:
    page = explain.page(rule)
    assert page.startswith(f"# {rule.code} {rule.name}\n")
    assert page.count("```python") == len(rule.examples) + page.count("`--fix remove` makes of it:")
    assert page.count("`--fix remove` makes of it:") == len([each for each in rule.examples if each.fixed is not None])
    assert explain.row(rule).count("|") == 4
    assert explain.row(rule) in explain.table(rules.RULES)


def test_markers() -> None:
    text = "a = 1  # expect: SOH101 a, SOH102 b\nb = 2\nc = 3  # expect: SOH901\n"
    assert list(expectations(text)) == [(1, "SOH101", "a"), (1, "SOH102", "b"), (3, "SOH901", "")]


def test_sentences() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefg")) == "a, b, c, d and 3 more"
    assert drawn(Kind.SUBMODULE, Answer.YES, ["weight", "bias"]) == "its construction draws weight and bias"
    assert drawn(Kind.SUBMODULE, Answer.UNKNOWN, []) == "its construction may draw random numbers"
    assert drawn(Kind.PARAMETER, Answer.YES, ["gamma"]) == "its values are drawn at random"
    assert shifted(("a", "b"), Answer.YES, "m.Net") == "which shifts `a`, `b` and everything built after a Net"
    assert shifted((), Answer.UNKNOWN, "Attention") == "which would shift everything built after an Attention"


def test_what_is_possible_or_needed_is_said() -> None:
    from initlint.construction.ledger import Define

    definition = Definition("old", Kind.SUBMODULE, Span(3, 9, 3, 20), "nn.Linear(1, 1)", Answer.YES, ("weight",))
    construction = Construction("n.py::Net", "Net", "n.py", (Define(definition, "n.py::Net", "n.py", False, ()),))
    verdict = Verdict(Confidence.POSSIBLE, "`model.old` in a.py", "line 4 reads its shape or configuration")
    (finding,) = rules.dead_submodule.check(Case(construction, {"old": verdict}))
    assert "`model.old` in a.py" in finding.message
    assert "line 4" in finding.advice
    assert finding.confidence is Confidence.POSSIBLE
    assert finding.shifts == ()


def test_a_file_that_could_not_be_read_has_a_place() -> None:
    (finding,) = rules.syntax_error.check(Unreadable("a.py", 0, "not a text file"))
    assert finding.span == Span(1, 1, 1, 1)
    assert finding.message.startswith("not a text file")
