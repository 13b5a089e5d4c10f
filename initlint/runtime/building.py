"""One job, in its own process: import the target, seed, build, and report what was built.

Part of the worker: torch and the standard library only, Python 3.9.
"""

from __future__ import annotations

import base64
import contextlib
import difflib
import importlib
import os
import sys
import traceback
import types
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from initlint.runtime.generators import FOREIGN, present, seed, states
from initlint.runtime.ledger import CPU, OUTSIDE, Recorder, heirs_among, owners_among, real
from initlint.runtime.overlay import Overlay
from initlint.runtime.signatures import parameters
from initlint.runtime.snapshot import Entry, entries, told_of

Message = dict[str, Any]
Model = tuple[str, torch.nn.Module]
"""A model and the prefix of its names."""

OUT_OF_MEMORY = ("allocate memory", "not enough memory", "out of memory")
LONG = 300
"""The length at which a message is cut."""

NTH = ("first", "second", "third", "fourth")


class Refused(Exception):
    """Why a job cannot be done: a reason, and a sentence."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def answer(job: Message) -> Message:
    """The answer to a job; it never raises."""
    try:
        limit(job["megabytes"])
        return described(job) if job["type"] == "class" else built(job)
    except Refused as refused:
        return failed(refused.reason, refused.text)
    except MemoryError:
        return failed("memory", out_of_memory(job))
    except SystemExit as error:
        return failed("exit", f"the build called sys.exit({error.code!r})")
    except BaseException as error:
        text = said(error)
        if any(words in text for words in OUT_OF_MEMORY):
            return failed("memory", out_of_memory(job))
        return failed("raised", text + place_of(error, job["root"]))


def failed(reason: str, text: str) -> Message:
    return {"type": "failed", "reason": reason, "text": text}


def out_of_memory(job: Message) -> str:
    allowed = job["megabytes"]
    return f"the build needs more memory than {f'the {allowed} MB that it may have' if allowed else 'there is'}"


def limit(megabytes: int) -> None:
    """Let this process allocate at most this much more memory, on platforms that support it."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if megabytes:
        with open("/proc/self/status", encoding="ascii") as stream:
            now = next(int(line.split()[1]) * 1024 for line in stream if line.startswith("VmData:"))
        allowed, most = now + megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_DATA)[1]
        if most == resource.RLIM_INFINITY or allowed < most:
            resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))


def built(job: Message) -> Message:
    """Build the target and report everything about it."""
    own = os.getpid()
    try:
        device = present(job["device"])
    except ValueError as error:
        raise Refused("device", str(error)) from error
    if device.type == "meta" and job["keep"]:
        raise Refused("device", "on `meta` nothing is drawn and no tensor has values, so there is nothing to compare")
    overlay = Overlay({path: base64.b64decode(source) for path, source in job["sources"].items()})
    sys.meta_path.insert(0, overlay)
    recorder = Recorder(keep=True, root=rooted(job["root"]), meta=device.type == "meta")
    with contextlib.ExitStack() as stack:
        if job["record"]:
            stack.enter_context(recorder)
        module = imported(job)
        if job["dtype"]:
            torch.set_default_dtype(dtype(job["dtype"]))
        seed(job["seed"])
        recorder.start_again()
        early = len(recorder.draws)
        start = states(device)
        if job["placement"] == "construct" and device.type != "cpu":
            stack.enter_context(device)
        results = [evaluated(module, job) for _ in range(job["times"])]
    if os.getpid() != own:
        os._exit(0)  # a copy of this process that the target has forked, and that has come out here too
    ends = states(device)
    models = [model for number, result in enumerate(results) for model in named_models(number, result, job)]
    found = [entry for prefix, model in models for entry in entries(prefix, model)]
    ledger = draws(recorder, found, models)
    if job["placement"] == "move" and device.type != "cpu":
        found = [entry for prefix, model in models for entry in entries(prefix, model.to(device))]
    tensors, differences = told_of(found, job["keep"], job["against"])
    return {
        "type": "built",
        "of": qualified(type(results[0])),
        "file": real(getattr(module, "__file__", None) or "<none>"),
        "tensors": tensors,
        "differences": differences,
        "draws": ledger,
        "early": early,
        "ends": ends,
        "foreign": [stream for stream in FOREIGN if start.get(stream) != ends.get(stream)],
        "reseeded": is_reseeded(job["seed"], recorder, start[CPU]),
        "classes": classes(models, job["root"]),
        "served": sorted(overlay.served),
    }


def described(job: Message) -> Message:
    """The parameters of the class that a target names."""
    module = imported(job)
    cls: Any = module
    for name in job["target"].partition(":")[2].split("."):
        cls = getattr(cls, name, None)
    if not isinstance(cls, type):
        raise Refused("no-module", f"`{job['target']}` is not a class that can be reached from outside")
    if not issubclass(cls, torch.nn.Module):
        raise Refused("no-module", f"`{job['target']}` is not a torch.nn.Module itself")
    return {"type": "described", "parameters": list(parameters(cls, module))}


def dtype(name: str) -> torch.dtype:
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise Refused("dtype", f"`{name}` is not a floating-point dtype of torch")
    return found


def imported(job: Message) -> types.ModuleType:
    """The module of the target."""
    name = job["target"].partition(":")[0]
    sys.path[:0] = job["paths"]
    if job["folder"]:
        os.chdir(job["folder"])
    try:
        return importlib.import_module(name)
    except (SystemExit, MemoryError):
        raise
    except BaseException as error:
        text = f"`{name}` cannot be imported: {said(error)}{place_of(error, job['root'])}"
        raise Refused("import", text + advice(name, error)) from error


def advice(name: str, error: BaseException) -> str:
    """What to do if a module cannot be imported."""
    if name.endswith(".py"):
        return f"; did you mean `{name[:-3]}`?"
    if isinstance(error, ModuleNotFoundError):
        return f" (with {sys.executable}; --python chooses another)"
    return ""


def evaluated(module: types.ModuleType, job: Message) -> Any:
    """The value of the target's expression in its module; a plain name is called."""
    expression = job["target"].partition(":")[2]
    names = {"torch": torch, **vars(module)}
    try:
        value = eval(expression, names)  # the user has written it to be run
    except NameError as error:
        raise Refused("raised", said(error) + alike(error, names) + place_of(error, job["root"])) from error
    if all(part.isidentifier() for part in expression.split(".")) and not isinstance(value, torch.nn.Module):
        return value()
    return value


def alike(error: NameError, names: Iterable[str]) -> str:
    """A hint at the name that was meant by an unknown one."""
    missing = str(error).split("'")[1:2]
    close = difflib.get_close_matches(missing[0], names, n=1) if missing else []
    return f"; did you mean `{close[0]}`?" if close and missing[0] not in names else ""


def named_models(number: int, result: Any, job: Message) -> Iterator[Model]:
    """The models that a target gives: itself, or those in a tuple, a list or a dict."""
    prefix = f"{NTH[number]}." if job["times"] > 1 else ""
    if isinstance(result, torch.nn.Module):
        yield prefix, result
        return
    items = result.items() if isinstance(result, dict) else enumerate(result) if type(result) in (list, tuple) else ()
    models = [(f"{prefix}{key}.", value) for key, value in items if isinstance(value, torch.nn.Module)]
    if not models:
        raise Refused("no-module", f"`{job['target']}` gives {qualified(type(result))}, which is not a torch.nn.Module")
    yield from models


def qualified(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}".replace("builtins.", "")


def draws(recorder: Recorder, found: list[Entry], models: list[Model]) -> list[Message]:
    """The measured ledger: every move of a torch stream, the tensor that it filled, the module whose method made it,
    and the lines that led to it.

    It starts with what is drawn at import, before the seed is set.
    """
    named = [(name, tensor) for name, _, tensor in found]
    owners, heirs = owners_among(named, recorder), heirs_among(named, recorder)
    names = {
        id(part): f"{prefix}{name}".rstrip(".") for prefix, model in models for name, part in model.named_modules()
    }
    makers = [names.get(id(ref()), "") if ref is not None else "" for ref in recorder.makers]
    rows = zip(recorder.draws, owners, makers, recorder.frames)  # noqa: B905
    return [
        {**vars(draw), "owner": owner, "heir": heirs.get(place, ""), "maker": maker, "frames": frames}
        for place, (draw, owner, maker, frames) in enumerate(rows)
    ]


def is_reseeded(number: int, recorder: Recorder, start: str) -> bool:
    """Whether the target has set its own seed: another one, or the same one again after it was used."""
    again = any(d.stream == CPU and d.operator == OUTSIDE and d.after == start for d in recorder.draws)
    return again or torch.initial_seed() != number


def classes(models: list[Model], root: str) -> dict[str, list[str]]:
    """`path::qualname` of every class of the project -> the names of its instances in the models, subclasses
    included."""
    found: dict[str, list[str]] = {}
    for prefix, model in models:
        for name, part in model.named_modules():
            for cls in type(part).__mro__:
                file = getattr(sys.modules.get(cls.__module__), "__file__", None)
                if file and real(file).startswith(rooted(root)):
                    key = f"{real(file)}::{cls.__qualname__}"
                    found.setdefault(key, []).append(f"{prefix}{name}".rstrip("."))
    return found


def said(error: BaseException) -> str:
    """An exception on one line, as short as possible."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text[:LONG]}{'...' if len(text) > LONG else ''}".removesuffix(": ")


def place_of(error: BaseException, root: str) -> str:
    """The innermost line of the project on the way to an exception, or else the innermost line."""
    if isinstance(error, SyntaxError):
        return ""  # it says so itself
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in (__file__, importlib.__file__) and not frame.filename.startswith("<")
    ]
    inside = [frame for frame in frames if real(frame.filename).startswith(rooted(root))]
    for frame in (inside or frames)[-1:]:
        shown = os.path.relpath(real(frame.filename), real(root)) if inside else frame.filename
        return f" ({shown.replace(os.sep, '/')}:{frame.lineno})"
    return ""


def rooted(folder: str) -> str:
    """A folder as a prefix of the paths below it."""
    return os.path.join(real(folder), "")
