"""`initlint explain CODE`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from initlint.cli.completion import rules
from initlint.errors import InitlintError

if TYPE_CHECKING:
    from initlint.rules.base import Rule


@click.command("explain", help="Say what a rule finds, why it matters and what to do, with examples.")
@click.argument("rule", shell_complete=lambda _context, _parameter, incomplete: rules(incomplete))
def command(rule: str) -> int:
    from initlint.explain import page

    click.echo(page(_find(rule)), nl=False)
    return 0


def _find(wanted: str) -> Rule[Any]:
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
