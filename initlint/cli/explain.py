"""`initlint explain CODE`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from initlint.cli.completion import rules
from initlint.errors import InitlintError, suggestion

if TYPE_CHECKING:
    from initlint.rules.base import Rule


@click.command("explain", help="Say what a rule finds, why it matters and what to do, with examples.")
@click.argument("rule", default="", metavar="RULE", shell_complete=lambda _context, _flag, begun: rules(begun))
def command(rule: str) -> int:
    from initlint.explain import page

    click.echo(page(_find(rule)), nl=False)
    return 0


def _find(wanted: str) -> Rule[Any]:
    """The rule with this code or name."""
    from initlint.rules import RULES

    if not wanted:
        raise InitlintError("name a rule, by its code or its name; `initlint rules` lists them")
    for rule in RULES:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    names = [name for rule in RULES for name in (rule.code, rule.name)]
    raise InitlintError(f"there is no rule `{wanted}`{suggestion(wanted, names, '; `initlint rules` lists them')}")
