"""Attributes of values, read and set by name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from initlint.comparison.draws import weights_of
from initlint.comparison.interpreter.described import state
from initlint.comparison.interpreter.drawing import META, PARAMETERS, TENSOR, on_meta, unseen
from initlint.comparison.interpreter.iteration import by_itself
from initlint.comparison.interpreter.lookup import external, member_of_file
from initlint.comparison.interpreter.machine import is_missing
from initlint.comparison.interpreter.operators import is_class
from initlint.comparison.interpreter.reflection import told
from initlint.comparison.shapes import KEPT, dimensions, shape_of, sides
from initlint.comparison.terms import NONE, TRUE, Term, argument_of, constant, is_constant
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Bound,
    ClassRef,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    ModuleRef,
    Partial,
    Super,
    Table,
    Value,
)
from initlint.construction import knowledge
from initlint.project.classes import Method

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run


FROZEN = "requires_grad"
"""The attribute that is set on many parameters at once, and the cell for parameters that are not known."""

ALIASES = frozenset({"data", "T", "mT"})
"""Attributes of a tensor that stand for the tensor itself."""


def attribute(run: Run, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
    """`owner.name`."""
    if (said := told(run, owner, name)) is not None:
        return said if is_constant(said) else Term("attribute", (Term("said", (run.describe(owner), said)), name))
    if name == FROZEN:
        return _frozen(run, owner)
    match owner:
        case Instance():
            return _of_instance(run, owner, name, node, frame)
        case Super():
            method = run.project.method(owner.instance.cls, name, after=owner.owner)
            return Function(method, owner.instance) if method is not None else Bound(owner, name)
        case ClassRef():
            return _of_class(run, owner, name)
        case ModuleRef():
            return member_of_file(run, owner.path, name)
        case Made():
            return of_made(run, owner, name)
        case Items() | Table():
            found = run.get(owner.token, name)
            return Bound(owner, name) if is_missing(found) else found
        case Term(op="member") if (held := run.of_member(owner, name, node, frame)) is not None:
            return held
        case Term(op="constant") if name == "value":
            return owner
        case Term(op="name") if name == "__name__" and is_class(owner):
            return constant(str(owner.args[0]).rpartition(".")[2])
        case Term(op="name"):
            file = run.project.modules.file(f"{owner.args[0]!s}.{name}")
            return external(f"{owner.args[0]!s}.{name}") if file is None else ModuleRef(file)
        case Partial() if name in ("func", "keywords"):
            return _of_partial(run, owner, name)
        case Term():
            found = run.get(0, f"{owner.digest.hex()}.{name}")
            return found if not is_missing(found) else Term("attribute", (owner, name))
        case _:
            return Term("attribute", (run.describe(owner), name))


def freeze(run: Run, parameter: Value, value: Value) -> None:
    """Set whether a parameter needs a gradient; for an unknown parameter this affects all of them."""
    parameter = run.resolved(parameter)
    known = isinstance(parameter, Made)
    if isinstance(parameter, Made):
        run.set(parameter.token, FROZEN, value)
    before = run.get(0, FROZEN)
    if not known or not is_missing(before):
        which = constant(parameter.token) if isinstance(parameter, Made | Instance) else run.describe(parameter)
        run.set(0, FROZEN, Term("frozen", (run.describe(before), which, run.describe(value))))


def _frozen(run: Run, owner: Value) -> Value:
    """Whether a parameter needs a gradient."""
    own = run.get(owner.token, FROZEN) if isinstance(owner, Made) else MISSING
    changes = run.get(0, FROZEN)
    if not is_missing(changes):
        own = Term("said", (run.describe(owner), run.describe(own), run.describe(changes)))
        return Term("attribute", (own, FROZEN))
    if not is_missing(own):
        return own
    term = run.describe(owner)
    layer = term.args[0] if term.op == "attribute" else None
    trained = isinstance(layer, Term) and weights_of(layer) is not None and argument_of(layer, "_freeze") is None
    return TRUE if trained else Term("attribute", (term, FROZEN))


def _of_partial(run: Run, owner: Partial, name: str) -> Value:
    """A partial of a partial has the inner callee and the arguments of both."""
    callee = run.resolved(owner.callee)
    if isinstance(callee, Partial):
        return _of_partial(run, Partial(callee.callee, owner.arguments.behind(callee.arguments)), name)
    if name == "func":
        return callee
    if owner.arguments.rest or not (is_class(callee) or isinstance(callee, Function)):
        return Term("attribute", (run.describe(owner), name))
    return run.lend(run.table([(constant(each), value) for each, value in owner.arguments.named]))


def _of_instance(run: Run, owner: Instance, name: str, node: ast.AST, frame: Frame) -> Value:
    if (found := run.find(owner.token, name)) is not None:
        return found
    member = member_of(run, owner.cls, name)
    base = run.get(owner.token, ".base")
    if member is None and isinstance(base, Made) and name in (weights_of(base.term) or ()):
        return of_made(run, base, name)
    if not isinstance(member, Method):
        if isinstance(member, Instance) and by_itself(run, member, "__get__") is not None:
            return unseen(run, state(run, member), Arguments((owner,)), node, frame)
        return member or (ClassRef(owner.cls) if name == "__class__" else Bound(owner, name))
    if is_accessor(member):
        return unseen(run, run.code.of_function(member), Arguments((owner,)), node, frame)
    if member.is_static:
        return Function(member)
    if member.is_of_class:
        return Function(member, ClassRef(owner.cls))
    function = Function(member, owner)
    return run.invoke(function, Arguments(), node, frame) if member.is_property else function


def is_accessor(method: Method) -> bool:
    """Whether a name of a class is a property with a setter, so that no single function is its code."""
    return any(each.endswith((".setter", ".deleter", ".getter")) for each in method.facts.decorators)


def member_of(run: Run, cls: str, name: str) -> Method | Value | None:
    """What a class, or the first of its bases that has it, defines under a name."""
    for info in run.project.lineage(cls):
        given = run.code.class_level(info.id, name)
        if isinstance(given, Term):
            return given
        if given is not None:
            with run.into([]):
                return run.evaluate(given, class_frame(run, info.id))
        if name in info.methods:
            return Method(info.path, info.id, info.methods[name])
        if f"{info.id}.{name}" in run.project.classes:
            return ClassRef(f"{info.id}.{name}")
    return None


def class_frame(run: Run, cls: str) -> Frame:
    """The frame in which the body of a class runs."""
    info = run.project.classes[cls]
    return Frame(run.token(), info.path, info.facts.qualname, cls, body=True)


def _of_class(run: Run, owner: ClassRef, name: str) -> Value:
    if (found := run.enumerated(owner.id, name)) is not None:
        return found
    member = member_of(run, owner.id, name)
    if isinstance(member, Method):
        return Function(member, owner if member.is_of_class else None)
    base = run.project.torch_base(owner.id)
    if name == "__init__" and base is not None:
        return Term("name", (f"{base}.__init__",))
    if run.code.foreign(owner.id):
        return Term("attribute", (run.code.whole(owner.id), name))
    return member or Term("attribute", (run.describe(owner), name))


def of_made(run: Run, owner: Made, name: str) -> Value:
    tensor = owner.cls == TENSOR or owner.cls in PARAMETERS
    if tensor and name in ALIASES:
        return owner
    if (found := run.find(owner.token, name)) is not None:
        return found
    if name == "shape" and (lengths := sides(shape_of(owner.term))) is not None:
        return run.items(lengths, "tuple")
    if name == "ndim" and (rank := dimensions(owner.term)) is not None:
        return constant(rank)
    known = knowledge.module(owner.cls)
    if known is not None and name in known.attributes and name not in known.methods:
        return _of_torch(run, owner, known, name)
    return Bound(owner, name)


def _of_torch(run: Run, owner: Made, known: knowledge.TorchModule, name: str) -> Value:
    """An attribute that an instance of a class of torch gets from its constructor."""
    given = argument_of(owner.term, name)
    if name in KEPT and given is not None:
        return given
    weights = weights_of(owner.term)
    if weights is not None and name not in weights and any(name in each for each in known.every_weights):
        return NONE
    part = run.made(Term("attribute", (owner.term, name)), "torch.nn.Parameter" if name in (weights or ()) else "")
    if on_meta(run, owner):
        run.set(part.token, META, TRUE)
    run.set(owner.token, name, part)
    return part


def assign_by_name(run: Run, owner: Value, name: Term, value: Value) -> None:
    """`owner.name = value` for a computed name."""
    text = str(name.args[0]) if is_constant(name) else f"*{name.digest.hex()[:8]}"
    owner = run.resolved(owner)
    if isinstance(owner, Made | Instance):
        run.set(owner.token, text, value)
