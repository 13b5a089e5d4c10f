"""What is known of torch is true: measured again, and witnessed by the generator instead of the recorder."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from initlint.construction import knowledge

torch = pytest.importorskip("torch", reason="torch is not installed")
if torch.__version__.partition("+")[0] != knowledge.version():
    pytest.skip(f"measured on torch {knowledge.version()}, not {torch.__version__}", allow_module_level=True)

ledger = pytest.importorskip("initlint.runtime.ledger")

from initlint.runtime.measure import record
from initlint.runtime.measure.arguments import arguments_for
from initlint.runtime.measure.functions import DEVICE_SPACES

pytestmark = pytest.mark.filterwarnings("ignore")

CLASSES = sorted(knowledge.load().modules)
DRAWING = [name for name in CLASSES if knowledge.load().modules[name].draws]
FUNCTIONS = sorted(name for name in knowledge.load().functions if name.rpartition(".")[0] not in DEVICE_SPACES)
SWITCHES = [(name, switch) for name in FUNCTIONS for switch in knowledge.load().functions[name].switches]
VARIANTS = [
    (name, variant)
    for name in CLASSES
    for variant in knowledge.load().modules[name].variants
    if not variant.endswith("...")
]
BRUTE_FORCE = """
import importlib, inspect, json, torch
from initlint.runtime.measure.functions import FUNCTION_SPACES

SKIPPED = ("_", "set_", "use_", "save", "load", "compile", "init_")
square, column = torch.full((4, 4), 0.5), torch.full((4,), 0.5)
layer = torch.nn.Linear(3, 4)
ATTEMPTS = [(), (3,), (5, (3,)), (2.0, 1.0, (3,)), (layer,), (layer, "weight"), (column,), (square,)]
ATTEMPTS += [(square, square), (square, square, square), (square, 0.5), (square, 2), (square, 0.5, True)]

moved = set()
found = [(space, vars(importlib.import_module(space))) for space in FUNCTION_SPACES]
found.append(("torch.Tensor", {name: getattr(torch.Tensor, name) for name in dir(torch.Tensor)}))
for space, names in found:
    for name, function in sorted(names.items()):
        if name.startswith(SKIPPED) or inspect.isclass(function) or not callable(function):
            continue
        for attempt in ATTEMPTS:
            before = torch.get_rng_state()
            try:
                function(*attempt)
            except Exception:
                pass
            if not torch.equal(before, torch.get_rng_state()):
                moved.add(f"{space}.{name}")
print(json.dumps(sorted(moved)))
"""


@pytest.fixture(autouse=True)
def own_stream() -> Any:
    """Each test has the default stream to itself, from one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def resolve(name: str) -> Any:
    """The object of a dotted path, as an import statement would find it."""
    space, _, short = name.rpartition(".")
    try:
        return getattr(importlib.import_module(space), short)
    except (ModuleNotFoundError, AttributeError):
        return getattr(resolve(space), short)


def moves(target: Callable[..., Any], arguments: Any) -> bool:
    """Whether a call leaves the default generator in another state."""
    before = torch.get_rng_state()
    arguments.call(target)
    return not torch.equal(before, torch.get_rng_state())


def switched(name: str, switch: str) -> Any:
    """The arguments of the measurement with one of them switched."""
    keyword, _, value = switch.partition("=")
    values = {"True": True, "False": False}
    other = values[value] if value in values else float(value) if "." in value else int(value)
    return arguments_for(name, resolve(name)).having(**{keyword: other})


def seed_dependent(cls: type, arguments: Callable[[], Any]) -> set[str]:
    """The names of the parameters and buffers that differ between two seeds."""
    states = []
    for seed in (1, 2):
        fresh = arguments()
        torch.manual_seed(seed)
        states.append(fresh.call(cls).state_dict())
    return {name for name in states[0] if not equal(states[0][name], states[1][name])}


def equal(one: Any, other: Any) -> bool:
    """Whether two entries of a state agree; entries that are not materialised yet do."""
    return bool(torch.nn.parameter.is_lazy(one) or torch.equal(one, other))


def test_the_file_says_what_is_measured_now() -> None:
    measured = record.measure()
    recorded = record.TARGET.read_text(encoding="utf-8")
    for section, entries in measured.items():
        if isinstance(entries, dict):
            assert entries.keys() == getattr(knowledge.load(), section).keys()
    assert record.render(measured) == recorded


def test_every_public_module_class_is_known() -> None:
    shown = vars(torch.nn).items()
    modules = {f"torch.nn.{name}" for name, value in shown if inspect.isclass(value) and not name.startswith("_")}
    assert len(modules) > 150
    assert {name for name in modules if knowledge.module(name) is None} == set()


def test_every_initialiser_is_known() -> None:
    shown = vars(torch.nn.init).items()
    named = {n for n, v in shown if inspect.isfunction(v) and v.__module__ == "torch.nn.init" and n[0] != "_"}
    assert {"xavier_uniform_", "xavier_uniform", "trunc_normal_"} <= named
    assert {name for name in named if knowledge.function(f"torch.nn.init.{name}") is None} == set()


def test_nothing_else_moves_the_stream() -> None:
    """Every function and tensor method of torch, tried with a handful of arguments."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BRUTE_FORCE],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    moved = json.loads(run.stdout)
    assert {"torch.rand", "torch.Tensor.normal_", "torch.nn.functional.dropout", "torch.seed"} <= set(moved)
    assert [name for name in moved if not known_to_move(name)] == []


def known_to_move(name: str) -> bool:
    """Whether the file says that a call can move the default stream."""
    if name.startswith("torch.Tensor."):
        return knowledge.tensor_method_draws(name.removeprefix("torch.Tensor."))
    entry = knowledge.function(name)
    return entry is not None and (entry.draws or entry.reseeds or bool(entry.switches))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_draws_as_recorded(name: str) -> None:
    cls = resolve(name)
    assert moves(cls, arguments_for(name, cls)) == bool(knowledge.load().modules[name].draws)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_switched_class_draws_as_recorded(name: str, variant: str) -> None:
    draws = knowledge.load().modules[name].variants[variant]
    assert moves(resolve(name), switched(name, variant)) == bool(draws)
    differing = seed_dependent(resolve(name), lambda: switched(name, variant))
    assert "" in draws or differing <= set(draws)


@pytest.mark.parametrize("name", DRAWING)
def test_what_depends_on_the_seed_is_recorded_as_drawn(name: str) -> None:
    cls, draws = resolve(name), knowledge.load().modules[name].draws
    differing = seed_dependent(cls, lambda: arguments_for(name, cls))
    assert differing
    assert "" in draws or differing <= set(draws)


@pytest.mark.parametrize("name", [name for name in CLASSES if knowledge.load().modules[name].device])
def test_a_class_on_the_meta_device_draws_nothing(name: str) -> None:
    cls = resolve(name)
    assert not moves(cls, arguments_for(name, cls).having(device="meta"))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_found_by_each_of_its_paths(name: str) -> None:
    for alias in knowledge.load().modules[name].aliases:
        assert resolve(alias) is resolve(name)
        assert knowledge.canonical(alias) == name
        assert knowledge.module(alias) is knowledge.module(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_moves_the_stream_as_recorded(name: str) -> None:
    entry, function = knowledge.load().functions[name], resolve(name)
    assert moves(function, arguments_for(name, function)) == (entry.draws or entry.reseeds)


@pytest.mark.parametrize(("name", "switch"), SWITCHES)
def test_a_switch_turns_the_answer_round(name: str, switch: str) -> None:
    assert moves(resolve(name), switched(name, switch)) != knowledge.load().functions[name].draws


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if knowledge.load().functions[name].generator])
def test_an_explicit_generator_leaves_the_default_stream_alone(name: str) -> None:
    function, generator = resolve(name), torch.Generator()
    before = generator.get_state()
    assert not moves(function, arguments_for(name, function).having(generator=generator))
    assert not torch.equal(before, generator.get_state())


@pytest.mark.parametrize("name", sorted(knowledge.load().tensor_methods))
def test_a_tensor_method_draws_as_recorded(name: str) -> None:
    method = getattr(torch.Tensor, name)
    arguments = arguments_for(f"torch.Tensor.{name}", method)
    assert moves(method, arguments) == knowledge.tensor_method_draws(name)


def test_forks_isolate_and_seeds_reseed() -> None:
    functions = knowledge.load().functions
    assert [name for name, entry in functions.items() if entry.isolates] == ["torch.random.fork_rng"]
    reseeding = {name for name, entry in functions.items() if entry.reseeds}
    assert {
        "torch.manual_seed",
        "torch.seed",
        "torch.cuda.manual_seed_all",
        "torch.set_rng_state",
    } <= reseeding
    before = torch.get_rng_state()
    with torch.random.fork_rng(devices=[]):
        torch.rand(3)
    assert torch.equal(before, torch.get_rng_state())


def test_names_that_every_instance_has() -> None:
    assert {"forward", "training", "_modules", "apply", "__class__"} <= knowledge.module_attributes()
    assert all(hasattr(torch.nn.Module(), name) for name in knowledge.module_attributes() - {"__annotations__"})
    assert {"norm", "shape", "weight"} & knowledge.tensor_attributes() == {"norm", "shape"}
    assert {"norm", "rand"} <= knowledge.namespace("torch")
    assert knowledge.namespace("numpy") == frozenset()


def test_what_a_class_reads_of_itself() -> None:
    linear = knowledge.module("torch.nn.Linear")
    assert linear is not None
    assert {"weight", "bias"} <= set(linear.reads)


def test_unknown_names_stand_for_themselves() -> None:
    assert knowledge.canonical("timm.layers.Mlp") == "timm.layers.Mlp"
    assert knowledge.module("timm.layers.Mlp") is None
    assert knowledge.function("torch.zeros") is None
    assert not knowledge.tensor_method_draws("add_")


def test_knowledge_does_not_import_torch() -> None:
    script = "from initlint.construction.knowledge import load; load(); import sys; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "False"


def test_the_recorder_names_order_amount_and_stream() -> None:
    with ledger.Recorder(keep=True) as recorder:
        layer = torch.nn.Linear(3, 4)
    assert [(draw.operator, draw.numel, draw.stream) for draw in recorder.draws] == [
        ("aten.uniform_.default", 12, ledger.CPU),
        ("aten.uniform_.default", 4, ledger.CPU),
    ]
    assert ledger.owners(layer, recorder) == ["weight", "bias"]
    assert recorder.draws[0].after == recorder.draws[1].before


@pytest.mark.parametrize(
    ("call", "streams"),
    [
        (lambda: torch.randperm(4), [ledger.CPU]),
        (lambda: torch.empty(4).normal_(), [ledger.CPU]),
        (lambda: torch.nn.functional.dropout(torch.ones(4)), [ledger.CPU]),
        (lambda: torch.rand(3, generator=torch.default_generator), [ledger.CPU]),
        (lambda: torch.rand(3, generator=torch.Generator()), [ledger.EXPLICIT]),
        (lambda: torch.rand(3, device="meta"), []),
        (lambda: torch.rand(0), []),
        (lambda: torch.ones(3), []),
    ],
)
def test_the_recorder_sees_only_what_moves_a_stream(call: Callable[[], Any], streams: list[str]) -> None:
    with ledger.Recorder() as recorder:
        call()
    assert [draw.stream for draw in recorder.draws] == streams


def test_the_recorder_sees_a_reseed_and_the_end_of_a_fork() -> None:
    with ledger.Recorder() as recorder, contextlib.ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        torch.rand(2)
        stack.close()
        torch.rand(2)
        torch.manual_seed(7)
    operators = [draw.operator for draw in recorder.draws]
    assert operators == ["aten.rand.default", ledger.OUTSIDE, "aten.rand.default", ledger.OUTSIDE]
    assert recorder.draws[1].after == recorder.draws[0].before
