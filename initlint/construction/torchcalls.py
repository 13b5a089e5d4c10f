"""What a call of torch builds and draws, from the measured knowledge and the arguments: pure questions."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from initlint.construction import knowledge
from initlint.construction.values import Arguments, Constant, Either, Thing, Unknown, Value, options
from initlint.model import Answer, Kind

ANY_MODULE = "?"
"""The class of a module of unknown class."""

PARAMETER = "torch.nn.Parameter"
PERHAPS_PARAMETER = "torch.nn.Parameter?"
RANKED = "torch.nn.Parameter:"
"""A parameter, followed by its number of dimensions unless that is unknown."""

META = "torch.device:meta"
"""The class of the meta device."""

SILENT = "silent"
"""The class of a context without draws from the default stream."""


def kind_of(known: knowledge.TorchModule, name: str) -> Kind:
    """Whether a class of torch.nn makes modules, parameters or buffers."""
    if "torch.Tensor" in known.bases:
        return Kind.BUFFER if "Buffer" in name.rpartition(".")[2] else Kind.PARAMETER
    return Kind.SUBMODULE


def class_draws(known: knowledge.TorchModule, arguments: Arguments) -> tuple[Answer, tuple[str, ...]]:
    """Whether the constructor of a class of torch draws with these arguments, and what."""
    if known.device and on_meta(arguments.get("device", _position(known, "device"))):
        return Answer.NO, ()
    names: dict[str, None] = dict.fromkeys(known.draws)
    removed: set[str] = set()
    doubtful = False
    for switch, drawn in known.variants.items():
        matched = _switched(known, switch, arguments)
        if matched is None:
            doubtful = doubtful or bool(drawn) != bool(known.draws)
        elif matched:
            removed.update(_stem(name) for name in known.draws if name not in drawn)
            names.update(dict.fromkeys(name for name in drawn if name not in known.draws))
    if removed:
        names = {name: None for name in names if not _stem(name).startswith(tuple(removed))}
    if doubtful:
        return Answer.UNKNOWN, tuple(names)
    return (Answer.YES if names else Answer.NO), tuple(names)


def class_holds(known: knowledge.TorchModule, arguments: Arguments) -> frozenset[str]:
    """What an instance of a class of torch contains besides its own class: parameters, perhaps parameters, or none."""
    weighting = (switch for switch, weights in known.weight_variants.items() if bool(weights) is not known.weighted)
    matched = {_switched(known, switch, arguments) for switch in weighting}
    if known.weighted is (True not in matched) and None not in matched:
        ranks = sorted({rank for weights in known.every_weights for rank in weights.values() if rank is not None})
        return frozenset({PARAMETER, *(f"{RANKED}{rank}" for rank in ranks or ("",))})
    return frozenset({PERHAPS_PARAMETER} if None in matched else ())


def class_weights(known: knowledge.TorchModule, arguments: Arguments) -> Mapping[str, int | None] | None:
    """The parameters of an instance of a class of torch, in order, with their numbers of dimensions.

    None if unknown: arguments were measured one by one, not in combination.
    """
    matched = {switch: _switched(known, switch, arguments) for switch in known.weight_variants}
    found = [known.weight_variants[switch] for switch, answer in matched.items() if answer]
    exact = all(_is_exact(known, switch, arguments) for switch, answer in matched.items() if answer)
    if None in matched.values() or not exact or (len(found) > 1 and all(found)):
        return None
    fewest = min(found, key=len, default=known.weights)
    biased = arguments.get("bias", _position(known, "bias")) is not None
    return None if biased and len(fewest) > len(known.weights) else fewest


def _given(known: knowledge.TorchModule, switch: str, arguments: Arguments) -> tuple[Value | None, str]:
    """The argument that a class was measured with, and the value that it had then."""
    parameter, _, expected = switch.partition("=")
    return arguments.get(parameter, _position(known, parameter)), expected


def _switched(known: knowledge.TorchModule, switch: str, arguments: Arguments) -> bool | None:
    """Whether an argument has the value with which a class was measured; None if unknown."""
    return _matches(*_given(known, switch, arguments))


def _is_exact(known: knowledge.TorchModule, switch: str, arguments: Arguments) -> bool:
    """Whether an argument that is a count equals the measured one."""
    given, expected = _given(known, switch, arguments)
    count = given.value if isinstance(given, Constant) else None
    return type(count) is not int or expected in ("...", str(count))


def _stem(name: str) -> str:
    """A name without its numbers: the biases of all layers share one."""
    return "".join(character for character in name if not character.isdigit())


def _position(known: knowledge.TorchModule, parameter: str) -> int | None:
    return known.parameters.index(parameter) if parameter in known.parameters else None


def _matches(given: Value | None, expected: str) -> bool | None:
    """Whether an argument has the switched value: no if it is missing, None if unknown."""
    if given is None:
        return False
    if isinstance(given, Either):
        found = {_matches(option, expected) for option in given.options}
        return found.pop() if len(found) == 1 else None
    if not isinstance(given, Constant):
        return None if isinstance(given, Unknown) else expected == "..."
    if expected == "...":
        return given.value is not None
    wanted = ast.literal_eval(expected)
    if type(wanted) is int and type(given.value) is int:
        return given.value >= wanted
    return bool(given.value == wanted)


def function_draws(known: knowledge.TorchFunction, arguments: Arguments) -> Answer:
    """Whether a function or tensor method of torch draws from the default stream with these arguments."""
    if known.generator and given_generator(arguments):
        return Answer.NO
    if on_meta(arguments.get("device")):
        return Answer.NO
    draws = known.draws
    for switch in known.switches:
        parameter, _, expected = switch.partition("=")
        match _matches(arguments.get(parameter), expected):
            case None:
                return Answer.UNKNOWN
            case True:
                draws = not known.draws
            case False:
                pass
    return Answer.YES if draws else Answer.NO


def given_generator(arguments: Arguments) -> bool:
    """Whether an explicit generator is passed; `generator=None` is none."""
    given = arguments.get("generator")
    return given is not None and not (isinstance(given, Constant) and given.value is None)


def on_meta(device: Value | None) -> bool:
    """Whether a device is certainly the meta device."""
    if isinstance(device, Either):
        return all(on_meta(option) for option in device.options)
    return (isinstance(device, Constant) and device.value == "meta") or (
        isinstance(device, Thing) and device.cls == META
    )


def first_thing(arguments: Arguments) -> Value | None:
    """The first argument that was built, for functions that return it (`weight_norm(nn.Linear(8, 8))`)."""
    for value in arguments.positional[:1] or [given for _, given in arguments.named[:1]]:
        if any(isinstance(option, Thing) for option in options(value)):
            return value
    return None
