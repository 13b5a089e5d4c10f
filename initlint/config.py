"""The options of a run. Config declares them; the command line and the configuration files are derived from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from initlint.errors import InitlintError, suggestion
from initlint.model import Strategy

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".hypothesis",
    ".initlint_cache",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


FORMATS = ("full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "rdjson", "junit")

CODES = "CODES"
"""The placeholder for the value of an option that takes codes of rules or prefixes of codes."""

GROUPS = ("Rules", "Files", "Output", "Fix", "Build", "Run")
"""The headings under which `--help` lists the options."""


@dataclass(frozen=True, slots=True)
class Option:
    """What users are told about a field of Config.

    An `is_path` value is relative to the file that sets it. `flag`: it can be given on the command line; `key`: it can
    be set in a configuration file.
    """

    group: str
    help: str
    short: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    is_path: bool = False
    flag: bool = True
    key: bool = True


def _option(default: Any, group: str, help: str, **details: Any) -> Any:
    return field(default=default, metadata={"option": Option(group, help, **details)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """How findings are confirmed: the table `confirm` of a configuration file."""

    build: str = _option("", "Build", "Build this: module:factory, or module:Net(dim=8).", metavar="TARGET")
    device: str = _option("cpu", "Build", "cpu, cuda, cuda:N, mps, xpu; for trace also meta.", metavar="DEVICE")
    seed: tuple[int, ...] = _option((0,), "Build", "Seeds to build with.", metavar="N")
    placement: str = _option(
        "construct",
        "Build",
        "construct: on the device; move: on the CPU, then move.",
        metavar="HOW",
        choices=("construct", "move"),
    )
    dtype: str = _option("", "Build", "Default dtype of torch, such as bfloat16.", metavar="TYPE")
    timeout: int = _option(120, "Build", "Seconds that one build may take.", metavar="SECONDS", least=1)
    max_memory: int = _option(16_000, "Build", "Megabytes that one build may allocate; 0 for any.", metavar="MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every option with its type and default. Patterns of files are relative to `folder`, or else to the project's
    root."""

    paths: tuple[str, ...] = (".",)
    folder: str = ""

    select: tuple[str, ...] = _option((), "Rules", "Run these rules, by code or prefix.", metavar=CODES)
    ignore: tuple[str, ...] = _option((), "Rules", "Ignore these rules.", metavar=CODES)
    extend_select: tuple[str, ...] = _option((), "Rules", "Run these rules as well.", metavar=CODES)
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = _option(
        (), "Rules", "Rules to ignore, by pattern of files.", metavar=CODES, flag=False
    )
    min_confidence: str = _option(
        "certain",
        "Rules",
        "Report what is certain, or also what is possible.",
        metavar="LEVEL",
        choices=("certain", "possible"),
    )
    extra_base_classes: tuple[str, ...] = _option(
        (), "Rules", "Base classes that are modules and read only their own attributes.", flag=False
    )
    extra_init_methods: tuple[str, ...] = _option(
        (), "Rules", "Methods, by name or pattern, that only construct or initialise.", flag=False
    )
    exclude: tuple[str, ...] = _option(
        DEFAULT_EXCLUDE, "Files", "Exclude these instead of the default names.", metavar="PATTERNS"
    )
    extend_exclude: tuple[str, ...] = _option((), "Files", "Exclude these as well.", metavar="PATTERNS")
    force_exclude: bool = _option(False, "Files", "Exclude them even when they are named.")
    respect_gitignore: bool = _option(True, "Files", "Also read files that git ignores.")
    python: str = _option("", "Files", "Interpreter that runs the checked code.", metavar="PATH", is_path=True)
    site_packages: tuple[str, ...] = _option(
        (), "Files", "Folders of installed packages, instead of the interpreter's.", flag=False, is_path=True
    )
    output_format: str = _option("full", "Output", f"One of {', '.join(FORMATS)}.", metavar="NAME", choices=FORMATS)
    output_file: str = _option("", "Output", "Write to this file.", short="-o", metavar="FILE", is_path=True)
    statistics: bool = _option(False, "Output", "Count findings by rule instead of listing them.")
    color: str = _option(
        "auto", "Output", "Colour: auto, always or never.", metavar="WHEN", choices=("auto", "always", "never")
    )
    quiet: bool = _option(False, "Output", "Print findings and nothing else.", short="-q")
    verbose: bool = _option(False, "Output", "Also say what was read.", short="-v")
    fix: str = _option(
        "",
        "Fix",
        "Fix what is found: remove, isolate or keep-stream.",
        metavar="STRATEGY",
        choices=tuple(strategy.value for strategy in Strategy),
        key=False,
    )
    diff: bool = _option(False, "Fix", "Show what --fix would write; on its own, what `remove` would.", key=False)
    baseline: str = _option("", "Rules", "Report only what is not in this baseline.", metavar="FILE", is_path=True)
    write_baseline: str = _option("", "Fix", "Record all findings as a baseline.", metavar="FILE", key=False)
    add_ignores: bool = _option(False, "Fix", "Suppress all findings with comments.", key=False)
    reason: str = _option("", "Fix", "Reason to write into these comments.", metavar="TEXT", key=False)
    confirm: Confirm = _option(Confirm(), "Build", "How findings are confirmed.", flag=False)  # noqa: RUF009
    exit_zero: bool = _option(False, "Output", "Exit with 0 even if something is found.")
    jobs: int = _option(0, "Run", "Number of processes; 0 for one per core.", short="-j", metavar="N")
    no_cache: bool = _option(False, "Run", "Neither read nor write the cache.", short="-n")
    cache_dir: str = _option("", "Run", "Keep the cache here.", metavar="FOLDER", is_path=True)


def options(declared: Any = Config) -> Iterator[tuple[dataclasses.Field[Any], Option]]:
    """The fields that are options, each with what users are told about it."""
    for entry in dataclasses.fields(declared):
        if option := entry.metadata.get("option"):
            yield entry, option


def key(name: str) -> str:
    """The name of a field as users write it."""
    return name.replace("_", "-")


def checked(entry: dataclasses.Field[Any], value: object, where: str) -> Any:
    """The value of an option in the form that Config holds; an InitlintError if the option cannot have it."""
    kind, convert = _KINDS[str(entry.type)]
    try:
        held = convert(value)
    except TypeError:
        raise InitlintError(f"{where}: `{key(entry.name)}` must be {kind}, not {_shown(value)}") from None
    option = entry.metadata.get("option")
    if option and option.choices and held not in option.choices:
        choices = ", ".join(option.choices)
        hint = suggestion(held, option.choices)
        raise InitlintError(f"{where}: `{key(entry.name)}` must be one of {choices}, not {_shown(held)}{hint}")
    if option and entry.type == "int" and held < option.least:
        bound = f"at least {option.least}" if option.least else "0 or more"
        raise InitlintError(f"{where}: `{key(entry.name)}` must be {bound}, not {held}")
    return held


def _shown(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_shown(name)} = {_shown(item)}" for name, item in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _plain(kind: type) -> Callable[[object], Any]:
    def convert(value: object) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return convert


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return tuple(value)


def _seeds(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    texts = [str(item) for item in values if isinstance(item, int | str) and not isinstance(item, bool)]
    if not texts or len(texts) < len(values) or not all(text.isdecimal() and int(text) < 2**63 for text in texts):
        raise TypeError
    return tuple(dict.fromkeys(map(int, texts)))


def _confirm(value: object) -> Confirm:
    if not isinstance(value, Confirm):
        raise TypeError
    return value


def _codes(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        raise TypeError
    return tuple((str(pattern), _strings(codes)) for pattern, codes in value.items())


_KINDS: dict[str, tuple[str, Callable[[object], Any]]] = {
    "bool": ("true or false", _plain(bool)),
    "int": ("a whole number", _plain(int)),
    "str": ("a string", _plain(str)),
    "tuple[int, ...]": ("a number, or a list of numbers, that torch takes as seeds", _seeds),
    "Confirm": ("a table", _confirm),
    "tuple[str, ...]": ("a list of strings", _strings),
    "tuple[tuple[str, tuple[str, ...]], ...]": ("a table of lists of strings", _codes),
}
