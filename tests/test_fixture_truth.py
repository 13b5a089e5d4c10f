"""The truth of the fixtures is measured with torch, not believed.

Every file in `fixtures/classes` and every package in `fixtures/projects` runs its `example()` while a recorder notes
which attributes are read after construction, and which source lines move torch's default generator.
A line marked dead must stay unread, and must draw or not as its code says; a live one must be read.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def parses(path: Path) -> bool:
    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return False
    return True


ENTRIES = [
    pytest.param(
        path, marks=pytest.mark.skipif(not parses(path), reason="its syntax is newer than this Python"), id=identity
    )
    for pattern in ("classes/*.py", "projects/*/example.py", "story/*/train.py")
    for path in sorted(FIXTURES.glob(pattern))
    for identity in [path.stem if pattern == "classes/*.py" else path.parent.name]
]
DRAWS = {"SOH101": True, "SOH102": True, "SOH103": True, "SOH201": False, "SOH202": False}
REGISTRIES = ("_modules", "_parameters", "_buffers")
CONSTRUCTORS = ("__new__", "__init__", "__post_init__")
SET_UP = re.compile(r"setup|_?build.*|_?init_.*|configure_model|reset_parameters")


Place = tuple[str, Any]
Owned = list[tuple[nn.Module, list[Place], dict[str, object]]]


@dataclass(frozen=True)
class Mark:
    """One `expect` (or `unmeasured`) comment, with its statement and its class."""

    code: str
    name: str
    path: str
    first: int
    last: int
    cls: str
    unpacks: bool

    def covers(self, places: set[Place]) -> bool:
        return any(path == self.path and self.first <= line <= self.last for path, line in places)


@dataclass
class Recorder:
    """What happens while fixture code is imported and run."""

    root: Path
    instances: list[nn.Module] = field(default_factory=list)
    reads: set[tuple[int, str]] = field(default_factory=set)
    used: dict[int, object] = field(default_factory=dict)
    sets: list[tuple[int, str, object, set[Place]]] = field(default_factory=list)
    draws: list[tuple[Tensor, set[Place]]] = field(default_factory=list)
    forked: int = 0
    asking: bool = False

    def frames(self) -> Iterator[FrameType]:
        frame: FrameType | None = sys._getframe(1)
        while frame:
            if frame.f_code.co_filename.startswith(str(self.root)):
                yield frame
            frame = frame.f_back

    def places(self) -> set[Place]:
        return {(frame.f_code.co_filename, frame.f_lineno) for frame in self.frames()}

    def constructing(self) -> bool:
        """In a constructor, or in a set-up method that no forward called."""
        setting_up = False
        for frame in self.frames():
            name = frame.f_code.co_name
            if name == "forward" or name in CONSTRUCTORS:
                return name != "forward"
            setting_up = setting_up or bool(SET_UP.fullmatch(name))
        return setting_up

    def read(self, owner: nn.Module, name: str, value: object) -> None:
        if holds(value) and not self.asking and not self.constructing():
            self.reads.add((id(owner), name))

    def use(self, value: object) -> None:
        """A module was called or a tensor was an argument; an optimizer, which gets all of them, reads none."""
        if not self.constructing() and "optim" not in sys._getframe(2).f_globals.get("__name__", ""):
            self.used[id(value)] = value

    def owned(self) -> Owned:
        rows = [(one, self.classes(one), definitions(one)) for one in self.instances]
        return [row for row in rows if row[1]]

    def classes(self, instance: nn.Module) -> list[Place]:
        """The classes of the fixture that it is an instance of, each as file and name."""
        mro = type(instance).__mro__
        places = [(str(getattr(sys.modules.get(cls.__module__), "__file__", "")), cls.__name__) for cls in mro]
        return [(file, name) for file, name in places if file.startswith(str(self.root))]

    def drawn(self) -> set[int]:
        return {storage(tensor) for tensor, _ in self.draws}

    def is_read(self, owner: nn.Module, name: str, value: object) -> bool:
        return (id(owner), name) in self.reads or id(value) in self.used


def storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def tensors(value: object) -> list[Tensor]:
    if isinstance(value, list | tuple | dict | SimpleNamespace):
        return [tensor for item in items(value) for tensor in tensors(item)]
    if isinstance(value, nn.Module):
        return [tensor for tensor in (*value.parameters(), *value.buffers()) if not uninitialised(tensor)]
    return [value] if isinstance(value, Tensor) else []


def items(value: object) -> list[object]:
    """What a plain list, dictionary or namespace holds; anything else holds itself."""
    if isinstance(value, dict | SimpleNamespace):
        return list((value if isinstance(value, dict) else vars(value)).values())
    return list(value) if isinstance(value, list | tuple) else [value]


def holds(value: object) -> bool:
    return any(isinstance(item, (Tensor, nn.Module)) for item in items(value))


def uninitialised(tensor: Tensor) -> bool:
    return bool(nn.parameter.is_lazy(tensor))


def definitions(owner: nn.Module) -> dict[str, object]:
    """Everything with tensors or modules that the constructor gave this module."""
    named = {**vars(type(owner)), **owner._parameters, **owner._modules, **owner._buffers, **vars(owner)}
    return {name: value for name, value in named.items() if name not in REGISTRIES and holds(value)}


def held(attributes: dict[str, object], name: str) -> object:
    """A definition by its name, or an item of one that is a container: `heads.old`."""
    attribute, _, key = name.partition(".")
    container = attributes.get(attribute)
    if not key or not isinstance(container, nn.Module):
        return container
    return {**container._modules, **container._parameters}.get(key)


class Functions(TorchFunctionMode):
    """Sees every torch function with its arguments: a parameter among them is used."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor):
                self.recorder.use(leaf)
        return func(*args, **(kwargs or {}))


class Draws(TorchDispatchMode):
    """Sees every operator that may draw, and whether the default generator really moved."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = torch.default_generator.get_state()
        result = func(*args, **(kwargs or {}))
        seeded = torch.Tag.nondeterministic_seeded in func.tags
        if seeded and not self.recorder.forked and not torch.equal(before, torch.default_generator.get_state()):
            self.recorder.draws.extend((leaf, self.recorder.places()) for leaf in tree_leaves(result))
        return result


@contextlib.contextmanager
def recording(root: Path, patch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder(root)
    initialise, call, getattr_ = nn.Module.__init__, nn.Module.__call__, nn.Module.__getattr__
    fork_rng, asks = torch.random.fork_rng, builtins.hasattr

    def on_init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        recorder.instances.append(self)
        initialise(self, *args, **kwargs)

    def on_call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        recorder.use(self)
        return call(self, *args, **kwargs)

    def on_getattr(self: nn.Module, name: str) -> Any:
        value = getattr_(self, name)
        recorder.read(self, name, value)
        return value

    def on_getattribute(self: nn.Module, name: str) -> Any:
        value = object.__getattribute__(self, name)
        recorder.read(self, name, value)
        return value

    def on_set(register: Callable[..., None]) -> Callable[..., None]:
        def wrapper(self: nn.Module, name: str, value: Any = None, *args: Any, **kwargs: Any) -> None:
            recorder.sets.append((id(self), name, value, recorder.places()))
            register(self, name, value, *args, **kwargs)

        return wrapper

    @contextlib.contextmanager
    def on_fork(*args: Any, **kwargs: Any) -> Iterator[None]:
        with fork_rng(*args, **kwargs):
            recorder.forked += 1
            yield
            recorder.forked -= 1

    def on_hasattr(value: object, name: str) -> bool:
        recorder.asking = True
        try:
            return asks(value, name)
        finally:
            recorder.asking = False

    patch.setattr(builtins, "hasattr", on_hasattr)
    patch.setattr(nn.Module, "__init__", on_init)
    patch.setattr(nn.Module, "__call__", on_call)
    patch.setattr(nn.Module, "__getattr__", on_getattr)
    patch.setattr(nn.Module, "__getattribute__", on_getattribute, raising=False)
    for name in ("__setattr__", "register_buffer", "register_parameter", "add_module"):
        patch.setattr(nn.Module, name, on_set(getattr(nn.Module, name)))
    patch.setattr(torch.random, "fork_rng", on_fork)
    with Functions(recorder), Draws(recorder):
        yield recorder


def run(entry: Path, patch: pytest.MonkeyPatch) -> tuple[Recorder, Owned]:
    """Import the fixture and run its example, under a recorder."""
    package = entry.parent.name != "classes"
    root = entry.parent if package else entry
    known = set(sys.modules)
    patch.setattr(sys, "dont_write_bytecode", True)
    if package:
        for folder in (root / "src", root):
            patch.syspath_prepend(str(folder))
    try:
        with recording(root, patch) as recorder:
            torch.manual_seed(0)
            module = load(entry)
            example = getattr(module, "example", None) or (lambda: module.VisionTransformer()(torch.ones(1, 3, 16, 16)))
            example()
        return recorder, recorder.owned()
    finally:
        for name in set(sys.modules) - known:
            if str(FIXTURES) in f"{getattr(sys.modules[name], '__path__', '')}{sys.modules[name].__spec__}":
                del sys.modules[name]


def load(entry: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fixture_{entry.stem}", entry)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def marks(path: Path, keyword: str) -> Iterator[Mark]:
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    for number, line in enumerate(source.splitlines(), 1):
        _, found, text = line.partition(f"# {keyword}: ")
        for item in text.split(", ") if found else []:
            node = statement(nodes, path, number)
            code, name = item.split() if keyword == "expect" else ("", item)
            unpacks = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
            cls = "" if "." in name and gives_others(nodes, number) else enclosing_class(nodes, number)
            given = name if cls else name.rpartition(".")[2]
            yield Mark(code, given, str(path), number, node.end_lineno or number, cls, unpacks)


def statement(nodes: list[ast.AST], path: Path, number: int) -> ast.stmt:
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
    for node in nodes:
        if isinstance(node, simple) and node.lineno == number:
            return node
    raise AssertionError(f"{path.name}:{number}: the marker does not stand on the first line of a statement")


def gives_others(nodes: list[ast.AST], number: int) -> bool:
    """Whether a line is in a method that runs on no module: one of the class, or of a class without bases."""
    around = [
        n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.lineno <= number <= (n.end_lineno or 0)
    ]
    return any(
        not node.bases
        if isinstance(node, ast.ClassDef)
        else {"classmethod", "staticmethod"} & set(map(ast.unparse, node.decorator_list))
        for node in around
    )


def enclosing_class(nodes: list[ast.AST], number: int) -> str:
    """The innermost class around a line; "" in a function outside of classes, which may give any instance something."""
    around = [n for n in nodes if isinstance(n, ast.ClassDef) and n.lineno <= number <= (n.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno).name if around else ""


def files(entry: Path) -> list[Path]:
    return [entry] if entry.parent.name == "classes" else sorted(entry.parent.rglob("*.py"))


@pytest.mark.parametrize("entry", ENTRIES)
def test_measured(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [mark for path in files(entry) for mark in marks(path, "expect")]
    unmeasured = {(mark.path, mark.cls, mark.name) for path in files(entry) for mark in marks(path, "unmeasured")}
    with monkeypatch.context() as patch:
        recorder, owned = run(entry, patch)

    wrong = [f"{mark.cls}.{mark.name} {mark.code}: {why}" for mark in expected for why in refute(mark, recorder, owned)]
    dead = {(mark.path, mark.cls, mark.name) for mark in expected}
    wrong += sorted(set(unread(recorder, owned, dead | unmeasured)))
    assert not wrong, "\n".join(wrong)


def refute(mark: Mark, recorder: Recorder, owned: Owned) -> Iterator[str]:
    """What contradicts one marker."""
    if mark.code == "SOH901":
        return
    drew = not mark.unpacks and any(mark.covers(places) for _, places in recorder.draws)
    if mark.code in ("SOH104", "SOH105"):
        if not drew:
            yield "the line does not draw"
        yield from (overwritten if mark.code == "SOH104" else discarded)(mark, recorder, owned)
        return

    of_class = [row for row in owned if not mark.cls or (mark.path, mark.cls) in row[1]]
    holders = [row for row in of_class if held(row[2], mark.name) is not None]
    if not holders:
        yield "no instance has it"
    drawn = recorder.drawn()
    for owner, _, attributes in holders:
        value = held(attributes, mark.name)
        if recorder.is_read(owner, mark.name, value):
            yield "it is read"
        rest = [other for name, other in attributes.items() if name != mark.name.partition(".")[0]]
        others = {storage(tensor) for other in rest for tensor in tensors(other)}
        own = {storage(tensor) for tensor in tensors(value)} - others
        drew = drew or bool(own & drawn)
    if drew is not DRAWS[mark.code]:
        yield "it draws" if drew else "it does not draw"


def overwritten(mark: Mark, recorder: Recorder, owned: Owned) -> Iterator[str]:
    """The value that the marked statement set must be gone at the end, and must not have been used."""
    values = [
        (owner, value) for owner, name, value, places in recorder.sets if name == mark.name and mark.covers(places)
    ]
    alive = {id(value) for _, _, attributes in owned for value in attributes.values()}
    if not values:
        yield "the line sets nothing"
    for _, value in values:
        if id(value) in alive:
            yield "it is still there"
        if id(value) in recorder.used:
            yield "it is used"


def discarded(mark: Mark, recorder: Recorder, owned: Owned) -> Iterator[str]:
    """What the marked statement drew must belong to no module of the project."""
    kept = {storage(t) for _, _, attributes in owned for value in attributes.values() for t in tensors(value)}
    if any(storage(tensor) in kept for tensor, places in recorder.draws if mark.covers(places)):
        yield "it is kept"


def unread(recorder: Recorder, owned: Owned, known: set[tuple[str, str, str]]) -> Iterator[str]:
    """Definitions without a marker that the example never reads."""
    drawn, used = recorder.drawn(), {id(value) for value in recorder.used.values()}
    families = {id(owner): classes for owner, classes, _ in owned}
    given = {id(held(attributes, name)) for _, cls, attributes in owned for *each, name in known if tuple(each) in cls}
    family_reads = {(cls, name) for owner, name in recorder.reads for cls in families.get(owner, ())}
    for owner, classes, attributes in owned:
        for name, value in attributes.items():
            plain = not isinstance(value, (nn.Module, nn.Parameter))
            still = plain and not any(storage(tensor) in drawn for tensor in tensors(value))
            by_part = id(value) in used or any(id(tensor) in used for tensor in tensors(value))
            by_name = any((cls, name) in family_reads for cls in classes)
            places = [*classes, *((path, "") for path, _ in classes)]
            marked = id(value) in given or any((*place, name) in known for place in places)
            if not (still or by_part or by_name or marked):
                yield f"{type(owner).__name__}.{name}: no marker, and the example never reads it"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_class_says_what_the_trap_is(entry: Path) -> None:
    if "story" in entry.parts:
        return
    for path in files(entry):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and (entry.parent.name == "classes" or is_module(node)):
                assert ast.get_docstring(node) or len(node.body) <= 2, f"{path.name}: {node.name} has no docstring"


def is_module(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("Module") for base in node.bases)


STORY = {
    "project1": (0, ""),
    "project2": (22, "blocks.0.attn.proj.weight"),
    "counter_check": (20, "blocks.0.mlp.fc1.weight"),
}


@pytest.mark.parametrize("project", STORY)
def test_story_happens(project: str) -> None:
    ours, theirs = weights("project1"), weights(project)
    drawn_in_order = [name for name in theirs if name in ours]
    differ = [name for name in drawn_in_order if ours[name] != theirs[name]]
    assert (len(differ), next(iter(differ), "")) == STORY[project]
    assert len(drawn_in_order) == len(ours) == 43


@functools.cache
def weights(project: str) -> dict[str, str]:
    """The first weights as the story's own script prints them."""
    script = [sys.executable, "-B", "train.py"]
    result = subprocess.run(script, cwd=FIXTURES / "story" / project, capture_output=True, text=True, check=True)
    lines = (line.split() for line in result.stdout.splitlines() if not line.startswith("step"))
    return dict(lines)


def test_bad_files_are_as_bad_as_the_table_says() -> None:
    """Python itself rejects what is SOH901, except syntax newer than this Python."""
    table = (FIXTURES / "bad" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\S+\.py) \| (\w+)", table, re.MULTILINE))
    assert sorted(rows) == sorted(path.name for path in (FIXTURES / "bad").glob("*.py"))
    for name, verdict in rows.items():
        refused = False
        try:
            compile((FIXTURES / "bad" / name).read_bytes(), name, "exec")
        except (SyntaxError, ValueError):
            refused = True
        assert refused is (verdict == "SOH901") or name == "newer_syntax.py", name
