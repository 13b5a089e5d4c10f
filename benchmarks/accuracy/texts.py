"""What one file's text says about its classes, found with `ast` alone and by nothing of initlint's own.

Everything here errs towards "do not plant here": names count wherever they stand, and a class whose text could
reach a definition without naming it is no target.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CHILD_SWEEPS = frozenset(
    {"children", "named_children", "_modules", "_parameters", "_buffers", "__dict__", "state_dict"}
)
TREE_SWEEPS = frozenset({"modules", "named_modules"})
LOOKS_AT_SELF = frozenset(
    {"super", "isinstance", "type", "id", "hasattr", "setattr", "delattr", "print", "repr", "__init__"}
)
OWN_ATTRIBUTE_HOOKS = frozenset({"__getattr__", "__getattribute__", "__setattr__"})
INITIALISING = re.compile(r"__init__|\w*init_?weights?\w*|_?reset_parameters|_?init_\w+|_?initiali[sz]e\w*")

_WORD = re.compile(r"[^\W\d]\w*")

Function = ast.FunctionDef | ast.AsyncFunctionDef
ClassKey = tuple[str, str]


@dataclass(frozen=True)
class Constructor:
    """Where a statement can go: the lines after which one may stand, and how deep it is indented there."""

    instance: str
    places: tuple[int, ...]
    indent: str
    end: int
    method_indent: str
    flag: str


@dataclass(frozen=True)
class ClassText:
    """One class of a file: what it derives from, every name in its text, and why no plant may stand in it."""

    path: str
    name: str
    bases: tuple[str, ...]
    mentions: frozenset[str]
    obstacle: str
    constructor: Constructor | None
    required: int | None
    runs: bool

    @property
    def key(self) -> ClassKey:
        return self.path, self.name


@dataclass
class FileText:
    """One file: its classes, its imports and how often it names each attribute."""

    path: str
    classes: list[ClassText] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    global_imports: dict[str, str] = field(default_factory=dict)
    attributes: Counter[str] = field(default_factory=Counter)
    definitions: set[str] = field(default_factory=set)
    guarded: set[str] = field(default_factory=set)
    header: int = 0


def read_file(root: Path, path: Path) -> FileText | None:
    """The text of one file; None where it cannot be planted in, since it cannot be read."""
    try:
        source = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.decode("utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
        return None
    text = FileText(path.relative_to(root).as_posix())
    text.header = _header(tree)
    for node in ast.walk(tree):
        _note(node, text)
    for statement in _global_statements(tree.body):
        text.global_imports.update(_imported(statement))
    lines = source.decode("utf-8").split("\n")
    text.classes = [
        _class_text(text, node, lines) for node in _global_statements(tree.body) if isinstance(node, ast.ClassDef)
    ]
    return text


def _header(tree: ast.Module) -> int:
    """The last line of the docstring and of the imports from `__future__`: others may follow it."""
    last = 0
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            break
        last = node.end_lineno or node.lineno
    return last


def _note(node: ast.AST, text: FileText) -> None:
    match node:
        case ast.Attribute(attr=name):
            text.attributes[name] += 1
        case ast.Import() | ast.ImportFrom():
            text.imports.update(_imported(node))
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=ast.Call(func=callee)):
            if _last_name(callee)[:1].isupper():
                text.definitions.add(name)
        case ast.Call(func=callee, args=[_, ast.Constant(value=str(name)), *rest], keywords=keywords):
            asked = _last_name(callee)
            if asked == "hasattr" or (asked == "getattr" and (rest or keywords)):
                text.guarded.add(name)
        case _:
            pass


def _imported(node: ast.stmt) -> dict[str, str]:
    """What an import binds: names to what they stand for."""
    match node:
        case ast.Import(names=names):
            return {alias.asname or alias.name: alias.name for alias in names}
        case ast.ImportFrom(module=module, names=names):
            return {alias.asname or alias.name: f"{module or ''}.{alias.name}" for alias in names}
        case _:
            return {}


def _global_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a file, those under a condition or in a `try` included."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _global_statements([*node.body, *node.orelse])


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last_name(value)
        case _:
            return ""


def _class_text(text: FileText, node: ast.ClassDef, lines: list[str]) -> ClassText:
    methods = [item for item in node.body if isinstance(item, Function)]
    constructor = next((item for item in methods if item.name == "__init__"), None)
    plain = constructor if isinstance(constructor, ast.FunctionDef) else None
    return ClassText(
        path=text.path,
        name=node.name,
        bases=tuple(_last_name(base) for base in node.bases),
        mentions=frozenset(_mentions(node)),
        obstacle=_obstacle(node, methods),
        constructor=_constructor(plain, lines, text.imports) if plain else None,
        required=_required(constructor),
        runs=any(method.name == "forward" for method in methods),
    )


def _mentions(node: ast.ClassDef) -> Iterator[str]:
    """Every name and every word of a string that is not a docstring."""
    docstrings = {
        id(item.value) for item in ast.walk(node) if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
    }
    for item in ast.walk(node):
        match item:
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Constant(value=str(words)) if id(item) not in docstrings:
                yield from _WORD.findall(words)


# -- what could reach a definition without naming it -----------------------------------------------------------


def _obstacle(node: ast.ClassDef, methods: list[Function]) -> str:
    """Why nothing may be planted here: the first thing that could read a definition that it does not name."""
    if node.keywords:
        return "metaclass"
    hooks = [method.name for method in methods if method.name in OWN_ATTRIBUTE_HOOKS]
    if hooks:
        return hooks[0]
    for method in methods:
        found = _reach(method)
        if found:
            return f"{method.name}: {found}"
    return ""


def _reach(method: Function) -> str:
    arguments = [*method.args.posonlyargs, *method.args.args]
    if not arguments or any(_last_name(decorator) == "staticmethod" for decorator in method.decorator_list):
        return ""
    instance = arguments[0].arg
    named = set(_harmless(method, instance))
    for node in ast.walk(method):
        match node:
            case ast.Attribute(attr=name) if name in CHILD_SWEEPS and not _is_super(node.value):
                return name
            case ast.Attribute(attr=name) if name in TREE_SWEEPS and not INITIALISING.fullmatch(method.name):
                return name
            case ast.Call(func=ast.Name(id="vars" | "locals" | "deepcopy" | "attrgetter" | "eval" | "exec" as name)):
                return name
            case ast.Call(func=ast.Name(id="getattr"), args=[_, key, *_]) if not isinstance(key, ast.Constant):
                return "getattr"
            case ast.Name(id=name) if name == instance and id(node) not in named:
                return "hands itself out"
    return ""


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) == "super"


def _harmless(method: Function, instance: str) -> Iterator[int]:
    """The places where the instance stands only to get at something that is named there, or to be looked at."""
    for node in ast.walk(method):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name == instance:
                yield id(node.value)
            case ast.Call(func=callee, args=[ast.Name(id=name) as first, *rest]) if name == instance:
                asked = _last_name(callee)
                constant = bool(rest) and isinstance(rest[0], ast.Constant)
                if asked in LOOKS_AT_SELF or (asked == "getattr" and constant):
                    yield id(first)
            case ast.Call(func=ast.Name(id="super"), args=[_, ast.Name(id=name) as second]) if name == instance:
                yield id(second)
            case ast.Return(value=ast.Name(id=name) as returned) if name == instance:
                yield id(returned)


# -- where a statement can stand -------------------------------------------------------------------------------


def _constructor(method: ast.FunctionDef, lines: list[str], imports: Iterable[str]) -> Constructor | None:
    """Where in a constructor a statement can stand; one that gives what is imported another value has no such place."""
    if not _bound(method).isdisjoint(imports):
        return None
    arguments = [*method.args.posonlyargs, *method.args.args]
    start = next((i for i, node in enumerate(method.body) if _calls_base(node)), None)
    if start is None or not arguments or method.end_lineno is None:
        return None
    places = []
    for node in method.body[start:]:
        if any(isinstance(item, ast.Return | ast.Raise) for item in ast.walk(node)):
            break
        if node.end_lineno and not lines[node.end_lineno - 1].rstrip().endswith("\\"):
            places.append(node.end_lineno)
    starts = [node.lineno for node in method.body]
    first, header = lines[starts[start] - 1], lines[method.lineno - 1]
    if not places or len(set(starts)) < len(starts) or method.lineno in starts:
        return None
    return Constructor(
        instance=arguments[0].arg,
        places=tuple(places),
        indent=_indent(first),
        end=method.end_lineno,
        method_indent=_indent(header),
        flag=arguments[1].arg if len(arguments) > 1 else "",
    )


def _bound(function: ast.FunctionDef) -> set[str]:
    """The names that a function gives values of its own, as parameters too."""
    nodes = list(ast.walk(function))
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    return assigned | {node.arg for node in nodes if isinstance(node, ast.arg)}


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _calls_base(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"


def _required(constructor: Function | None) -> int | None:
    """How many arguments a construction needs; None where that cannot be told."""
    if constructor is None or any(default is None for default in constructor.args.kw_defaults):
        return None
    arguments = [*constructor.args.posonlyargs, *constructor.args.args]
    return len(arguments) - 1 - len(constructor.args.defaults)
