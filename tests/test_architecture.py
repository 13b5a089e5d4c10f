"""The layers of the package: a module imports only what is above it in this list."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "initlint"

LAYERS = (
    "errors",
    "depth",
    "remembered",
    "files",
    "model",
    "tomlfile",
    "config",
    "notebooks",
    "texts",
    "sources",
    "facts",
    "construction.knowledge",
    "project",
    "construction",
    "rules",
    "shares",
    "hazards",
    "suppressions",
    "baseline",
    "comparison",
    "findings",
    "settings",
    "ignores",
    "results",
    "explain",
    "report",
    "rewrite",
    "runtime",
    "pipeline",
    "library",
    "cli",
    "__main__",
)
"""From the facts of the language to the command line; what a run is made of stands above what uses it."""

ONLY_IN = {
    "torch": ("runtime",),
    "libcst": ("construction", "rewrite"),
    "rich": ("report.terminal", "cli.progress"),
    "click": ("cli",),
    "tree_sitter": ("facts", "project", "construction.parsing"),
    "tree_sitter_python": ("facts",),
    "sqlite3": ("facts.cache",),
    "subprocess": ("cli.watch", "facts.gather", "runtime", "comparison.git"),
    "pathspec": ("sources",),
}
"""Where a library may be imported at all: the heavy ones cost time, the others belong to one place."""

NEVER = ("libcst.matchers", "pickle", "multiprocessing")

REPORT_KNOWS = ("report", "model", "texts", "")
"""A format knows the report and nothing of how its findings came about."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that is imported anywhere in a file, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            modules = [f"{node.module}.{alias.name}" for alias in node.names if is_module(node, alias)]
            plain = [node.module or ""] if len(modules) < len(node.names) else []
            yield from ((node.lineno, module) for module in (*modules, *plain))


def is_module(node: ast.ImportFrom, alias: ast.alias) -> bool:
    place = PACKAGE.parent.joinpath(*(node.module or "").split("."), alias.name)
    return place.is_dir() or place.with_suffix(".py").is_file()


def under(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


def layer(module: str) -> int:
    fitting = [number for number, place in enumerate(LAYERS) if under(module, place)]
    assert fitting, f"initlint.{module} has no place among the layers"
    return max(fitting, key=lambda number: len(LAYERS[number]))


def own(imported: str) -> str | None:
    """The name of a module below the package; the package itself has the version, and all may import it."""
    return imported.removeprefix("initlint.") if imported.startswith("initlint.") else None


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    module = name(path)
    if module == "":
        return  # the public function reaches for the pipeline
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{line} imports {imported}"
        for line, imported in imports(path)
        if (target := own(imported)) is not None and layer(target) > layer(module)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_libraries_stay_where_they_belong(path: Path) -> None:
    module = name(path)
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{line} imports {imported}"
        for line, imported in imports(path)
        if any(under(imported, never) for never in NEVER)
        or not any(under(module, place) for place in ONLY_IN.get(imported.split(".")[0], (module,)))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", [path for path in MODULES if under(name(path), "report")], ids=name)
def test_a_format_knows_only_the_report(path: Path) -> None:
    known = {own(imported) or "" for _, imported in imports(path)}
    assert all(any(under(module, place) for place in REPORT_KNOWS) for module in known)


def test_nothing_is_imported_that_is_not_declared() -> None:
    """`typing_extensions` is for type checkers only, which bring it along; `tomllib` came with Python 3.11."""
    declared = {
        *ONLY_IN,
        "initlint",
        "msgspec",
        "tomli",
        "tomllib",
        "numpy",
        "typing_extensions",
        *sys.stdlib_module_names,
    }
    found = {imported.split(".")[0] for path in MODULES for _, imported in imports(path)}
    assert found - declared == set()


@pytest.mark.parametrize("package", ["facts", "project", "construction", "comparison", "comparison/interpreter"])
def test_a_package_says_where_everything_is(package: str) -> None:
    """The docstring of a package is its map, and has to list every module."""
    folder = PACKAGE / package
    told = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    missing = {path.name for path in folder.glob("*.py")} - set(re.findall(r"\w+\.py", told)) - {"__init__.py"}
    gone = {name for name in re.findall(r"\w+\.py", told) if not (folder / name).is_file()}
    assert (missing, gone) == (set(), set())
