"""What a shell offers after TAB, besides the names that click knows."""

from __future__ import annotations

from click.shell_completion import CompletionItem


def rules(incomplete: str) -> list[CompletionItem]:
    """The rules whose code starts with what was typed."""
    from initlint.rules import RULES

    return [CompletionItem(rule.code, help=rule.name) for rule in RULES if rule.code.startswith(incomplete.upper())]


def paths(incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself finds."""
    return [] if incomplete.startswith("-") else [CompletionItem(incomplete, type="file")]
