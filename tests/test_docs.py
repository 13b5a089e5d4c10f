"""The documentation says what the tool does: tables, pages and printed output are derived from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import initlint_

from initlint import explain
from initlint.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def initlint(*arguments: str) -> str:
    return initlint_(ROOT, *arguments).stdout


def between(start: str, end: str) -> str:
    return README.partition(start)[2].partition("\n")[2].partition(end)[0].strip()


def test_the_table_of_rules() -> None:
    assert between("<!-- rules:", "<!-- end of rules -->") == initlint("rules", "--markdown").strip()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_of_a_rule(rule: explain.Rule[object]) -> None:
    page = (ROOT / "docs" / "rules" / f"{rule.name}.md").read_text(encoding="utf-8")
    assert page == explain.page(rule) == initlint("explain", rule.code)


def test_no_page_without_a_rule() -> None:
    assert {page.stem for page in (ROOT / "docs" / "rules").iterdir()} == {rule.name for rule in RULES}


def test_what_the_readme_shows_is_printed() -> None:
    shown = (
        between("## What it prints", "`initlint [PATHS]` checks").removeprefix("```text").removesuffix("```").strip()
    )
    printed = initlint("--no-cache", "fixtures/story/project2").replace("  # expect: SOH102 gamma", "").strip()
    assert shown == printed


def test_both_commands_stand_in_the_readme() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [line.rpartition(" && ")[2] for line in lines] == [
        ".venv/bin/initlint fixtures/story",
        ".venv/bin/python -m pytest -q -n auto",
    ]
