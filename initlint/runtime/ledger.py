"""The measured ledger: which operator moved which random stream, in order, observed while the code runs.

Needs torch and the standard library only and runs under Python 3.9: the worker takes it into the user's interpreter.

The witness is the state of the generator itself, read before and after every operator: an operator that is tagged as
random but took nothing (an empty tensor, a tensor on the meta device) is not a draw.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import sys
import types
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from typing_extensions import Self

CPU = "torch:cpu"
EXPLICIT = "generator"
OUTSIDE = "outside"
META = "torch:meta"


Frame = tuple[str, int]
"""A file and a line that was executing."""


@dataclass(frozen=True)
class Draw:
    """One move of one stream.

    `stream` is `torch:DEVICE` for a default generator and `generator` for one that was passed explicitly.
    `numel`, `dtype` and `device` are those of the operator's first result; `before` and `after` digest the state, and
    say nothing on the meta device. The operator `outside` stands for a move that no operator made: a reseed, a
    restored state, a fork's end.
    """

    operator: str
    numel: int
    dtype: str
    device: str
    stream: str
    before: str
    after: str


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context that records the draws of everything that runs in it.

    With `keep`, it remembers the memory of drawn tensors beside their draws, so that `owners` can name it afterwards,
    the memory of what is computed from them, and the modules whose methods draw; all are freed as usual. With `root`,
    `frames` keeps the lines that led to each draw in files whose path starts with it, innermost first. With `meta`, a
    random operator that only fills a shape counts as a draw.
    """

    def __init__(self, keep: bool = False, root: str = "", meta: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.draws: list[Draw] = []
        self.drawn: list[StorageWeakRef | None] = []
        self.computed: dict[int, tuple[StorageWeakRef, frozenset[int]]] = {}
        self.makers: list[weakref.ref[torch.nn.Module] | None] = []
        self.frames: list[tuple[Frame, ...]] = []
        self._keep = keep
        self._root = root
        self._meta = meta
        self._last: dict[str, bytes] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Constructors are not compiled; guarding against it would load torch's compiler, which takes a second or
        two."""
        return False

    def __enter__(self) -> Self:
        self._last = {CPU: state_of(torch.default_generator)}
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def start_again(self) -> None:
        """Take the current states of the streams as the initial ones, after seeding."""
        self._last = {stream: read(stream) for stream in self._last}

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        for stream in list(self._last):
            self._catch_up(stream, read(stream))

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the operator and record every stream that it moved."""
        kwargs = kwargs or {}
        explicit = explicit_generator(args, kwargs)
        streams = {CPU, *self._last, *device_streams(args, kwargs)}
        before = {stream: read(stream) for stream in sorted(streams)}
        for stream, state in before.items():
            self._catch_up(stream, state)
        own = state_of(explicit) if explicit is not None else b""
        result = func(*args, **kwargs)
        moved = [stream for stream in before if self._move(stream, before[stream], str(func), result)]
        if explicit is not None and not moved and own != state_of(explicit):
            self._append(str(func), result, EXPLICIT, own, state_of(explicit))
        if self._meta and not moved and is_shape_of_draw(func, result):
            self._append(str(func), result, META, b"", b"")
        if self._keep:
            self._follow(args, result)
        return result

    def _move(self, stream: str, before: bytes, operator: str, result: Any) -> bool:
        after = self._last[stream] = read(stream)
        if after == before:
            return False
        self._append(operator, result, stream, before, after)
        return True

    def _catch_up(self, stream: str, state: bytes) -> None:
        last = self._last.setdefault(stream, state)
        if last != state:
            self._append(OUTSIDE, None, stream, last, state)
            self._last[stream] = state

    def _follow(self, args: tuple[Any, ...], result: Any) -> None:
        """What is computed from drawn tensors holds what was drawn, in new memory or in old."""
        sources = [memory.cdata for tensor in tensors(args) if (memory := memory_of(tensor))]
        places = frozenset[int]().union(*(self.computed[source][1] for source in sources if source in self.computed))
        for tensor in tensors(result) if places else ():
            if memory := memory_of(tensor):
                self.computed[memory.cdata] = memory, places

    def _append(self, operator: str, result: Any, stream: str, before: bytes, after: bytes) -> None:
        tensor = next(tensors(result), None)
        self.draws.append(describe(operator, tensor, stream, before, after))
        memory = memory_of(tensor) if self._keep and tensor is not None else None
        if memory is not None:
            self.computed[memory.cdata] = memory, frozenset({len(self.drawn)})
        self.drawn.append(memory)
        self.makers.append(maker() if self._keep else None)
        self.frames.append(tuple(running(self._root)) if self._root else ())


def describe(operator: str, tensor: torch.Tensor | None, stream: str, before: bytes, after: bytes) -> Draw:
    """The record of one move; a move without a result has no size, type or device."""
    numel, dtype, device = 0, "", ""
    if tensor is not None:
        numel, dtype, device = tensor.numel(), str(tensor.dtype).removeprefix("torch."), str(tensor.device)
    return Draw(operator, numel, dtype, device, stream, digest(before), digest(after))


def running(root: str) -> Iterator[Frame]:
    """The executing lines in files whose path starts with `root`, the innermost first."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        path = real(frame.f_code.co_filename)
        if path.startswith(root):
            yield path, frame.f_lineno
        frame = frame.f_back


def maker() -> weakref.ref[torch.nn.Module] | None:
    """The innermost module whose method is executing."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if isinstance(first, torch.nn.Module):
            return weakref.ref(first)
        frame = frame.f_back
    return None


@functools.cache
def real(path: str) -> str:
    """A path without links; something that is not a file, such as `<string>`, has none."""
    return path if path.startswith("<") else os.path.realpath(path)


def owners(module: torch.nn.Module, recorder: Recorder) -> list[str]:
    """The dotted name of the tensor of `module` that each draw filled; "" if none has its memory."""
    return owners_among(named_tensors(module), recorder)


def owners_among(named: Iterable[tuple[str, torch.Tensor]], recorder: Recorder) -> list[str]:
    """The name among the given ones of the tensor that each draw filled; "" if none has its memory."""
    names: dict[int, str] = {}
    for name, tensor in named:
        if memory := memory_of(tensor):
            names.setdefault(memory.cdata, name)
    return [names.get(memory.cdata, "") if memory is not None else "" for memory in recorder.drawn]


def heirs_among(named: Iterable[tuple[str, torch.Tensor]], recorder: Recorder) -> dict[int, str]:
    """The first name among the given ones of a tensor computed from each draw, by the index of the draw."""
    found: dict[int, str] = {}
    for name, tensor in named:
        memory = memory_of(tensor)
        for place in recorder.computed[memory.cdata][1] if memory and memory.cdata in recorder.computed else ():
            found.setdefault(place, name)
    return found


def named_tensors(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters, then buffers, then plain tensors of a module and its submodules, by dotted name."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)
    for prefix, part in module.named_modules():
        for name, value in vars(part).items():
            if isinstance(value, torch.Tensor):
                yield f"{prefix}.{name}".lstrip("."), value


def memory_of(tensor: torch.Tensor) -> StorageWeakRef | None:
    """An identifier of a tensor's memory, shared by its views, and never reused for another's."""
    try:
        return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]
    except (NotImplementedError, RuntimeError, ValueError):
        return None


def is_shape_of_draw(func: Any, result: Any) -> bool:
    """Whether an operator would have drawn, had its result values."""
    tensor = next(tensors(result), None)
    drawn = tensor is not None and tensor.device.type == "meta" and tensor.numel() > 0
    return drawn and torch.Tag.nondeterministic_seeded in func.tags


def address_of(tensor: torch.Tensor) -> int:
    """The address of a tensor's memory, shared by its views; 0 for a tensor that has none."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError, ValueError):
        return 0


def read(stream: str) -> bytes:
    """The current state of a default stream, named as in `Draw.stream`."""
    device = torch.device(stream.partition(":")[2])
    if device.type == "cpu":
        return state_of(torch.default_generator)
    if device.type == "mps":
        return raw(torch.mps.get_rng_state())  # there is but one
    return raw(getattr(torch, device.type).get_rng_state(device))


def state_of(generator: torch.Generator) -> bytes:
    """The state of a generator as bytes."""
    return raw(generator.get_state())


def raw(state: torch.Tensor) -> bytes:
    """The bytes of a CPU tensor, without numpy, which the user's interpreter may not have."""
    return ctypes.string_at(state.data_ptr(), state.nbytes)


def digest(state: bytes) -> str:
    """A short fingerprint of a generator state."""
    return hashlib.blake2b(state, digest_size=8).hexdigest()


def explicit_generator(args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Generator | None:
    """The generator that was passed to an operator, if any."""
    return next((value for value in (*args, *kwargs.values()) if isinstance(value, torch.Generator)), None)


def device_streams(args: Sequence[Any], kwargs: Mapping[str, Any]) -> set[str]:
    """The default streams, other than the CPU's, of the present devices that an operator's arguments name."""
    named = [value.device for value in tensors((args, tuple(kwargs.values())))]
    named += [value for value in kwargs.values() if isinstance(value, torch.device)]
    return {f"torch:{indexed(device)}" for device in named if is_accelerator(device)}


def is_accelerator(device: torch.device) -> bool:
    """Whether a device exists and has its own stream; a fake tensor may name one that does not exist."""
    backend: Any = getattr(torch, device.type, None)
    return device.type not in ("cpu", "meta") and hasattr(backend, "is_available") and backend.is_available()


def indexed(device: torch.device) -> torch.device:
    """The device with its number: `cuda` alone means the current one."""
    if ":" in str(device) or device.type == "mps":
        return device
    return torch.device(device.type, getattr(torch, device.type).current_device())


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in an argument or a result, through lists and tuples, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors(item)
