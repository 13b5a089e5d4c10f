"""The command line: `initlint PATHS` is `initlint check PATHS`. Each command is loaded only when it is used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from initlint import __version__
from initlint.errors import FAILED, FINDINGS, INTERRUPTED, InitlintError, defect, nearest, suggestion

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "check": "Find what moves a model's random initialisation.",
    "confirm": "Build with and without what is found, and compare the weights.",
    "config": "Show the options in force, and where each value comes from.",
    "diff": "Say where the random streams of two versions part.",
    "explain": "Say what a rule finds, why it matters and what to do.",
    "rules": "List the rules.",
    "trace": "Build a model and show what draws random numbers, in order.",
}

EXAMPLES = {
    "initlint": "Check the current folder.",
    "initlint --diff src": "Show how to fix what is found in src.",
    "initlint check --help": "List all options.",
}

_HELP = "Find what silently moves the random initialisation of PyTorch models."

_OUTCOMES = """Exit status: 0 nothing found, 1 something found, 2 the run failed."""


class _Lazy(click.Group):
    """A group whose commands live in modules of their own."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Insert `check` if no command is given, except during completion, where a command may still follow."""
        return super().parse_args(context, args if context.resilient_parsing and not args else _with_command(args))

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, and everything that could follow `check`, which may be omitted."""
        from initlint.cli.completion import paths

        check = self.get_command(context, "check")
        assert check is not None
        flags = check.shell_complete(click.Context(check, context, resilient_parsing=True), incomplete)
        return [*paths(incomplete), *super().shell_complete(context, incomplete), *flags]

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"initlint.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("initlint", "[PATHS]... [OPTIONS]")
        formatter.write_usage("initlint", "COMMAND [ARGS]...", prefix=" " * len("Usage: "))

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples first; click writes the commands after the options."""
        with formatter.section("Examples"):
            formatter.write_dl(list(EXAMPLES.items()))
        super().format_options(context, formatter)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=_Lazy,
    help=_HELP,
    epilog=_OUTCOMES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.version_option(__version__, message="initlint %(version)s")
def main() -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit status; a failure prints one sentence to standard error."""
    try:
        result = main.main(list(arguments), "initlint", standalone_mode=False, obj=tuple(arguments))
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except InitlintError as error:
        return _fail(str(error))
    except click.ClickException as error:
        return _fail(_sentence(error))
    except BrokenPipeError:
        return _pipe_closed()
    except OSError as error:
        return _fail(": ".join(filter(None, [error.strerror or str(error), error.filename])))
    except Exception as error:
        return _fail(defect(error))
    return result if isinstance(result, int) else 0


def _with_command(arguments: list[str]) -> list[str]:
    """Put `check` in front of everything that is not another command."""
    if arguments and (arguments[0] in COMMANDS or arguments[0] in ("-h", "--help", "--version")):
        return arguments
    if arguments and arguments[0][:1] != "-" and not os.path.exists(arguments[0]):
        _refuse_misspelt(arguments[0])
    return ["check", *arguments]


def _refuse_misspelt(name: str) -> None:
    """A path that does not exist but resembles a command is taken for a misspelt command."""
    if close := nearest(name, COMMANDS):
        raise InitlintError(f"there is no command, file or folder `{name}`; did you mean `initlint {close}`?")


def _sentence(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"there is no option `{error.option_name}`{suggestion(error.option_name, error.possibilities or ())}"
    text = error.format_message().strip()
    sentence = text[:1].lower() + text[1:].rstrip(".")
    if not isinstance(error, click.BadOptionUsage):
        return sentence
    from initlint.cli.options import meaning

    return sentence + meaning(error.option_name)


def _fail(sentence: str) -> int:
    click.echo(f"initlint: error: {sentence}", err=True)
    return FAILED


def _pipe_closed() -> int:
    from initlint.cli.check import end_output

    end_output()
    return FINDINGS
