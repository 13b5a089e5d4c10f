"""`initlint explain CODE`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from initlint.errors import InitlintError

if TYPE_CHECKING:
    from initlint.rules.base import Case, Example, Rule, Unreadable

    AnyRule = Rule[Case] | Rule[Unreadable]


@click.command("explain", help="Say what a rule finds, why it matters and what to do, with examples.")
@click.argument("rule")
def command(rule: str) -> int:
    click.echo(page(_find(rule)))
    return 0


def _find(wanted: str) -> AnyRule:
    """The rule with this code or name."""
    from initlint.rules import RULES

    for rule in RULES:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    import difflib

    names = [name for rule in RULES for name in (rule.code, rule.name)]
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`initlint rules` lists them"
    raise InitlintError(f"there is no rule `{wanted}`; {hint}")


def page(rule: AnyRule) -> str:
    """All that a rule says about itself."""
    title = f"{rule.code} {rule.name}"
    bad = [example for example in rule.examples if example.bad]
    good = [example for example in rule.examples if not example.bad]
    parts = [
        f"{title}\n{'=' * len(title)}",
        rule.doc,
        *_section("Found", bad),
        *_section("Not found", good),
    ]
    return "\n\n".join(parts)


def _section(heading: str, examples: list[Example]) -> list[str]:
    return [f"{heading}: {example.title}\n\n{_indented(example.text)}" for example in examples]


def _indented(source: str) -> str:
    import textwrap

    return textwrap.indent(textwrap.dedent(source).strip("\n"), "    ")
