"""Every rule, sorted by its code."""

from __future__ import annotations

from initlint.rules.base import Case, Comment, Rule, Unreadable
from initlint.rules.dead_parameter import dead_parameter
from initlint.rules.dead_parameter_without_draws import dead_parameter_without_draws
from initlint.rules.dead_submodule import dead_submodule
from initlint.rules.dead_submodule_without_draws import dead_submodule_without_draws
from initlint.rules.dead_tensor import dead_tensor
from initlint.rules.discarded_draw import discarded_draw
from initlint.rules.overwritten_definition import overwritten_definition
from initlint.rules.syntax_error import syntax_error
from initlint.rules.unused_suppression import unused_suppression

CONSTRUCTION_RULES: tuple[Rule[Case], ...] = (
    dead_submodule,
    dead_parameter,
    dead_tensor,
    overwritten_definition,
    discarded_draw,
    dead_submodule_without_draws,
    dead_parameter_without_draws,
)
"""Rules about one construction."""

FILE_RULES: tuple[Rule[Unreadable], ...] = (syntax_error,)
"""Rules about files that could not be read completely."""

COMMENT_RULES: tuple[Rule[Comment], ...] = (unused_suppression,)
"""Rules about comments that suppress findings."""

RULES: tuple[Rule[Case] | Rule[Comment] | Rule[Unreadable], ...] = (*CONSTRUCTION_RULES, *COMMENT_RULES, *FILE_RULES)
"""All of them, sorted by code."""

CODES = tuple(rule.code for rule in RULES)
