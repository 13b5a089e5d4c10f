"""Methods that are not code of the project: of modules, tensors and plain data."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison.draws import TORCH
from initlint.comparison.interpreter.attributes import FROZEN, assign_by_name
from initlint.comparison.interpreter.containers import on_items, on_table
from initlint.comparison.interpreter.described import argument_terms, compound
from initlint.comparison.interpreter.drawing import (
    EMPTY,
    TENSOR,
    draw,
    on_meta,
    operands,
    runs,
    take_off_meta,
    unfollowed,
    unseen,
)
from initlint.comparison.interpreter.filling import fill
from initlint.comparison.interpreter.iteration import children_of
from initlint.comparison.interpreter.outside import PLAIN
from initlint.comparison.interpreter.texts import of_text, root
from initlint.comparison.interpreter.torch_calls import append_module, extend_modules, insert_module, next_constructor
from initlint.comparison.interpreter.views import apply_to_all, freeze_all, modules_of, named_item, parameters_of
from initlint.comparison.shapes import dimensions
from initlint.comparison.statements import CHANGES_IN_PLACE
from initlint.comparison.terms import NONE, TRUE, Term, constant, is_constant
from initlint.comparison.values import Arguments, Frame, Instance, Items, Made, Super, Table, Value
from initlint.construction import knowledge
from initlint.facts.vocabulary import MODULE_SWEEPS, PARAMETER_SWEEPS, REGISTERED, SAME_MODULE, SAMPLES

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


SAME = SAME_MODULE - {"apply", "to_empty", "type"}
"""Methods that return the module itself, and do nothing else that matters here."""


CHANGING = (CHANGES_IN_PLACE | {"popleft", "appendleft", "extendleft", "rotate", "move_to_end"}) - {"add", "sort"}
"""Methods that change their object if it is a collection; those of tensors do not."""


SILENT_METHODS = frozenset(
    "get keys values items copy format split rsplit join lower upper title strip lstrip rstrip replace startswith"
    " endswith index count item tolist size dim numel view reshape flatten unsqueeze squeeze permute transpose"
    " repeat expand contiguous clone detach numpy mean sum abs max min sqrt pow mul add sub div type long int bool"
    " pop setdefault encode decode isdigit partition rpartition is_cuda element_size log exp cumsum nelement"
    " mul_ add_ sub_ div_ fill_ zero_ copy_ clamp_ clamp round_ floor ceil neg_ sqrt_ masked_fill_ triu tril triu_"
    " tril_ t erfinv_ log_ exp_ requires_grad_ set_ eq ne lt gt le ge any all argmax argmin norm chunk unbind".split()
)
"""Methods of plain data and of tensors that draw nothing."""


def call_method(run: Run, receiver: Value, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """Call a method that is not code of the project."""
    if name == f"{FROZEN}_":
        freeze_all(run, receiver, arguments.get(FROZEN, 0) or TRUE)
    match receiver:
        case Super() if name == "__init__":
            next_constructor(run, receiver, arguments, node, frame)
            return NONE
        case Super():
            return _on_module(run, receiver.instance, name, arguments, node, frame)
        case Instance() | Made():
            return _on_module(run, receiver, name, arguments, node, frame)
        case Items():
            return on_items(run, receiver, name, arguments)
        case Table():
            return on_table(run, receiver, name, arguments)
        case _:
            return _on_term(run, run.describe(receiver), name, arguments, node, frame)


def _on_module(  # noqa: C901  (one case for each kind)
    run: Run, receiver: Made | Instance, name: str, arguments: Arguments, node: ast.AST, frame: Frame
) -> Value:
    first = arguments.get("", 0)
    match name:
        case _ if name in REGISTERED:
            value = arguments.get(REGISTERED[name][1], 1) or NONE
            assign_by_name(run, receiver, run.describe(arguments.get("name", 0) or NONE), value)
            return NONE
        case "__setattr__" if len(arguments.positional) == 2:
            assign_by_name(run, receiver, run.describe(arguments.positional[0]), arguments.positional[1])
            return NONE
        case "apply":
            apply_to_all(run, receiver, arguments.get("fn", 0) or NONE, node, frame)
            return receiver
        case _ if name in MODULE_SWEEPS:
            return run.items(modules_of(run, receiver, name))
        case _ if name in PARAMETER_SWEEPS:
            return run.items(parameters_of(run, receiver, name, _recurse(name, arguments, node, frame)))
        case "append" | "add" if first is not None:
            append_module(run, receiver.token, first)
            return receiver
        case "extend" | "update" if first is not None:
            extend_modules(run, receiver.token, first)
            return receiver
        case "insert" if len(arguments.positional) == 2:
            if not insert_module(run, receiver, *arguments.positional):
                raise unfollowed("`insert` into a list of modules", node, frame)
            return NONE
        case "to_empty":
            take_off_meta(run, receiver)
            return receiver
        case _ if name in SAME:
            return receiver
        case "items" | "values" | "keys" if isinstance(receiver, Made) and receiver.cls in knowledge.CONTAINERS:
            return _container_view(run, receiver, name)
        case _:
            pass
    if isinstance(receiver, Instance):
        plain = name in knowledge.module_attributes()
        term = Term("attribute", (receiver.term, name))
        return (
            Term("call", (term, *argument_terms(run, arguments)))
            if plain
            else unseen(run, term, arguments, node, frame)
        )
    return _on_made(run, receiver, name, arguments, node, frame)


def _recurse(name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> bool:
    """Whether `parameters()` includes those of the parts."""
    recurse = arguments.get("recurse", 1 if name.startswith("named_") else 0)
    given = recurse.args[0] if isinstance(recurse, Term) and is_constant(recurse) else recurse is None
    if len(arguments.values()) > (recurse is not None) or not isinstance(given, bool):
        raise unfollowed(f"`{name}` with arguments", node, frame)
    return given


def _container_view(run: Run, container: Made, name: str) -> Value:
    """`items()`, `values()` and `keys()` of a ModuleDict."""
    parts = children_of(run, container)
    if name == "values":
        return run.items([part for _, part in parts])
    if name == "keys":
        return run.items([constant(key) for key, _ in parts])
    return run.items([named_item(run, key, part) for key, part in parts])


def _on_made(run: Run, made: Made, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    known = knowledge.module(made.cls)
    module = known is not None and "torch.Tensor" not in known.bases
    if module and name in ("reset_parameters", "_reset_parameters"):
        made.draws += [] if on_meta(run, made) else draw(run, TORCH, "reset", made.term, EMPTY, node, frame)
        return NONE
    if name == "dim" and not module and (rank := dimensions(made.term)) is not None:
        return constant(rank)
    method = knowledge.tensor_method(name)
    if method is not None and not module:
        return fill(run, f"{TENSOR}.{name}", method, made, arguments, node, frame)
    term = Term("attribute", (made.term, name))
    if (
        name in SAMPLES
        or (module and runs(arguments))
        or (name not in SILENT_METHODS and made.cls != TENSOR and not module)
    ):
        return unseen(run, term, arguments, node, frame)
    parts = (made, *arguments.values())
    return run.made(Term("call", (term, *argument_terms(run, arguments))), TENSOR if not module else "", parts)


def _on_term(run: Run, owner: Term, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    term = Term("attribute", (owner, name))
    known = knowledge.tensor_method(name)
    if known is not None and known.draws:
        return fill(run, f"{TENSOR}.{name}", known, run.made(owner, TENSOR), arguments, node, frame)
    found = of_text(owner, name, [run.describe(value) for value in arguments.values()])
    if found is not None and not arguments.named:
        return constant(found) if not isinstance(found, list) else run.items(map(constant, found))
    silent = name in SILENT_METHODS | SAME | MODULE_SWEEPS | PARAMETER_SWEEPS or root(owner) in PLAIN
    if is_constant(owner) or (silent and name not in CHANGING):
        return compound(run, "call", [term, *operands(run, arguments)])
    return unseen(run, term, arguments, node, frame)
