"""`initlint rules`"""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

LEAST = 20
"""The least width of a summary, however narrow the terminal is."""


@click.command("rules", help="List the rules: code, name and what each finds.")
@click.option("--markdown", is_flag=True, help="As the table in the README.")
def command(markdown: bool) -> int:
    from initlint.rules import RULES

    if markdown:
        from initlint.explain import table

        click.echo(table(RULES), nl=False)
        return 0
    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(_row(f"{rule.code}  {rule.name:<{width}}  ", rule.summary))
    return 0


def _row(head: str, summary: str) -> str:
    """A rule and its summary: on one line for programs, on two in a terminal."""
    if not sys.stdout.isatty():
        return head + summary
    columns = max(shutil.get_terminal_size().columns, len(head) + LEAST)
    return textwrap.fill(summary, columns, initial_indent=head, subsequent_indent=" " * len(head))
