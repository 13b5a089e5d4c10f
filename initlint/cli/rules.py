"""`initlint rules`"""

from __future__ import annotations

import click


@click.command("rules", help="List the rules: code, name and what each finds.")
@click.option("--markdown", is_flag=True, help="As the table that stands in the README.")
def command(markdown: bool) -> int:
    from initlint.rules import RULES

    if markdown:
        from initlint.explain import table

        click.echo(table(RULES), nl=False)
        return 0
    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.summary}")
    return 0
