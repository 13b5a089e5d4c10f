"""`initlint rules`"""

from __future__ import annotations

import click


@click.command(
    "rules", help="List the rules: code, name, what each finds, and whether it has to be asked for."
)
def command() -> int:
    from initlint.rules import RULES

    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        note = " (only when selected)" if rule.opt_in else ""
        click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.summary}{note}")
    return 0
