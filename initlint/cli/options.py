"""The options of a run on the command line, derived from the fields of Config."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from initlint.config import CODES, GROUPS, Config, Confirm, Option, key, options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from initlint.settings import Settings


class Flag(click.Option):
    """An option that knows the heading it is listed under."""

    def __init__(self, group: str, declarations: Sequence[str], **details: Any) -> None:
        super().__init__(declarations, **details)
        self.group = group


class Command(click.Command):
    """A command that takes paths and the common options, except `without`, as well as its `own`.

    With `only`, it takes just those of the common options; `argument` replaces the paths. `--help` lists them under
    headings.
    """

    def __init__(
        self,
        name: str,
        callback: Callable[..., int],
        help: str,
        *own: Flag,
        without: Collection[str] = (),
        only: Collection[str] = (),
        argument: click.Argument | None = None,
    ) -> None:
        paths = click.Argument(["paths"], nargs=-1, type=click.Path(), metavar="[PATHS]...")
        common = [flag for flag in _flags() if flag.name not in without and (not only or flag.name in only)]
        super().__init__(name, callback=callback, help=help, params=[argument or paths, *common, *own])

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        flags = [parameter for parameter in self.get_params(context) if isinstance(parameter, click.Option)]
        records = [(getattr(flag, "group", GROUPS[-1]), flag.get_help_record(context)) for flag in flags]
        width = max(len(record[0]) for _, record in records if record)
        for group in GROUPS:
            rows = [(f"{record[0]:<{width}}", record[1]) for found, record in records if record and found == group]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)


def meaning(flag: str) -> str:
    """What an option does, in parentheses, to end a sentence about it."""
    helps = {f"--{key(entry.name)}": option.help for kind in (Config, Confirm) for entry, option in options(kind)}
    return f" ({helps[flag][:1].lower()}{helps[flag][1:].rstrip('.')})" if flag in helps else ""


def flags(declared: Any) -> Iterator[Flag]:
    """The fields of a dataclass of options that can be given on the command line."""
    for entry, option in options(declared):
        if option.flag:
            yield _flag(entry.name, entry.default, option)


def _flags() -> Iterator[Flag]:
    yield from flags(Config)
    yield Flag("Run", ["--config"], multiple=True, metavar="FILE", help="Read this file, or set this 'KEY = VALUE'.")
    yield Flag("Run", ["--isolated"], is_flag=True, help="Read no configuration file.")


def _flag(name: str, default: object, option: Option) -> Flag:
    """A field of Config as a command-line option; lists can be given with commas or by repeating the option."""
    long = f"--no-{key(name)}" if default is True else f"--{key(name)}"
    declarations = [*filter(None, [option.short]), long, name]
    if isinstance(default, bool):
        return Flag(option.group, declarations, is_flag=True, default=None, flag_value=not default, help=option.help)
    return Flag(
        option.group,
        declarations,
        type=_type(default, option),
        multiple=isinstance(default, tuple),
        metavar=option.metavar or None,
        help=option.help,
        shell_complete=_rules if option.metavar == CODES else None,
    )


def _type(default: object, option: Option) -> click.ParamType[Any]:
    if option.choices:
        return click.Choice(option.choices)
    if option.is_path:
        return click.Path()
    return click.INT if isinstance(default, int) else click.STRING


def _rules(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from initlint.cli.completion import rules

    return rules(incomplete)


def settled(
    paths: tuple[str, ...],
    config: tuple[str, ...],
    isolated: bool,
    given: Mapping[str, Any],
    start: str = "",
    located: bool = False,
) -> Settings:
    """The settings of a command line, on top of the configuration file for its paths or for `start`."""
    from initlint.settings import settle
    from initlint.sources import anchor

    paths = paths or (".",)
    return settle(
        {**chosen(given), "paths": paths},
        named=config,
        isolated=isolated,
        start=start or anchor(paths),
        caller="command line",
        located=located,
    )


def chosen(given: Mapping[str, Any]) -> dict[str, object]:
    """The options that were given, without those that were not."""
    return {name: _split(value) for name, value in given.items() if value not in (None, ())}


def _split(value: Any) -> Any:
    """`--select SOH101,SOH102` is `--select SOH101 --select SOH102`."""
    if not isinstance(value, tuple):
        return value
    return tuple(part.strip() for item in value for part in item.split(",") if part.strip())
