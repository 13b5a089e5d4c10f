"""`initlint rules`"""

from __future__ import annotations

import click


@click.command("rules", help="List the rules: code, name and what each finds.")
def command() -> int:
    from initlint.rules import RULES

    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.summary}")
    return 0
