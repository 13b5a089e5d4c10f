"""Values as terms, which are compared, and as outlines, which hold everything that a caller can see."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.machine import is_missing
from initlint.comparison.outline import Outline
from initlint.comparison.terms import FALSE, NONE, TRUE, Term, constant, negated
from initlint.comparison.values import (
    Arguments,
    Bound,
    Choice,
    ClassRef,
    Closure,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    Missing,
    ModuleRef,
    Partial,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.project.classes import ClassId


def describe(run: Run, value: Value) -> Term:  # noqa: C901  (one case for each kind)
    """A value as a term."""
    value = run.resolved(value)
    match value:
        case Term():
            return value
        case Made():
            return value.term
        case Instance():
            return _described(run, value)
        case Items():
            return Term(value.kind, tuple(map(run.describe, run.held(value))))
        case Table():
            pairs = [Term("entry", (key, run.describe(item))) for key, item in run.entries(value)]
            return Term("dict", (*pairs, run.rest(value)))
        case Repeat():
            return Term("repeat", (value.header, run.describe(value.value)))
        case Spread():
            return Term("spread", (value.term,))
        case Choice():
            return _described_choice(run, value)
        case ClassRef():
            return class_term(run, value.id)
        case Function():
            instance = NONE if value.instance is None else run.describe(value.instance)
            return Term("function", (run.code.of_function(value.method), instance))
        case Closure():
            return Term("closure", (run.code.of_nodes([value.node], value.frame.path, value.frame.qualname),))
        case Partial():
            return Term("partial", (run.describe(value.callee), *argument_terms(run, value.arguments)))
        case ModuleRef():
            return Term("module", (run.code.of_file(value.path),))
        case Super():
            return Term("super", (run.describe(value.instance), value.owner.partition("::")[2]))
        case Bound():
            return Term("bound", (run.describe(value.receiver), value.name))
        case Missing():
            return Term("missing", ())


def _described_choice(run: Run, value: Choice) -> Term:
    """A choice between values, each described once however many choices lead to it."""
    outermost = run.choices is None
    known = {} if run.choices is None else run.choices
    run.choices = known
    try:
        if id(value) not in known:
            known[id(value)] = Term("choice", (value.guard, run.describe(value.yes), run.describe(value.no)))
        return known[id(value)]
    finally:
        if outermost:
            run.choices = None


def _described(run: Run, value: Instance) -> Term:
    """An instance, by how it was made; or by all its contents, if it is more than its attributes."""
    if value.token in run.describing or not run.code.special(value.cls):
        return value.term
    run.describing.add(value.token)
    try:
        return state(run, value)
    finally:
        run.describing.discard(value.token)


def state(run: Run, value: Value, seen: frozenset[int] = frozenset()) -> Term:
    """A value with all its current contents."""
    value = run.resolved(value)
    if not isinstance(value, Instance | Made):
        return run.describe(value)
    if value.token in seen:
        return value.term
    parts = [state(run, part, seen | {value.token}) for _, part in run.parts(value.token)]
    own = run.code.of_class(value.cls) if isinstance(value, Instance) else NONE
    return Term("state", (value.term, own, *parts))


def compound(run: Run, op: str, parts: list[Value]) -> Value:
    """The result of an operation on parts that is not followed."""
    term = Term(op, tuple(map(run.describe, parts)))
    return run.made(term, "", tuple(parts)) if any(isinstance(part, Made) for part in parts) else term


def passed_terms(run: Run, arguments: Arguments) -> tuple[list[Term], list[tuple[str, Term]]]:
    """The arguments of a call, positional and by name, as terms."""
    return [*map(run.describe, arguments.positional)], [(key, run.describe(value)) for key, value in arguments.named]


def argument_terms(run: Run, arguments: Arguments) -> list[Term]:
    """The arguments of a call as terms, in a fixed order."""
    named = sorted(arguments.named, key=lambda pair: pair[0])
    return [
        *map(run.describe, arguments.positional),
        *(Term("argument", (name, run.describe(value))) for name, value in named),
        *(Term("rest", (term,)) for term in arguments.rest),
    ]


def before_starred(run: Run, arguments: Arguments) -> Arguments:
    """The positional arguments up to the first starred one."""
    given = arguments.positional
    end = next((place for place, value in enumerate(given) if isinstance(value, Spread | Repeat)), len(given))
    return replace(arguments, positional=given[:end], rest=(*arguments.rest, *map(run.describe, given[end:])))


def class_term(run: Run, id: ClassId) -> Term:
    """A class as a term; a common one if no caller can tell the versions apart by building it."""
    alike = run.shared.of_class(run.code, id)
    content = alike if alike is not None and alike not in run.followed else run.code.of_class(id)
    if run.shared.paired(run.code, id):
        return Term("class", (content, run.shared.name(run.code, id)))
    twins = run.twins.setdefault(content, {})
    return Term("twin", (content, number)) if (number := twins.setdefault(id, len(twins))) else content


def outline(run: Run, value: Value, seen: frozenset[int] = frozenset()) -> Outline:
    """Everything about a value that a caller can see."""
    value = run.resolved(value)
    match value:
        case Instance() | Made() if value.token in seen:
            return Outline(Term("again", ()))
        case Instance() | Made():
            parts = [(n, p) for n, p in run.parts(value.token) if not is_missing(p)]
            own = Term("instance", (run.shared.name(run.code, value.cls),))
            return Outline(
                own if isinstance(value, Instance) else Term("made", (value.cls, value.term)),
                tuple((n, outline(run, p, seen | {value.token})) for n, p in parts if not isinstance(p, Term)),
                tuple((n, p) for n, p in parts if isinstance(p, Term)),
            )
        case Items():
            return Outline(Term(value.kind, ()), _outlines(run, enumerate(run.held(value)), seen))
        case Table():
            return Outline(Term("dict", (run.rest(value),)), _outlines(run, run.entries(value), seen))
        case Repeat():
            return Outline(Term("repeat", (value.header,)), _outlines(run, [("", value.value)], seen))
        case Choice():
            arms = [("yes", value.yes), ("no", value.no)]
            return Outline(Term("choice", (value.guard,)), _outlines(run, arms, seen))
        case _:
            return Outline(run.describe(value))


def _outlines(run: Run, parts: Iterable[tuple[object, Value]], seen: frozenset[int]) -> tuple[tuple[str, Outline], ...]:
    return tuple((str(name), outline(run, part, seen)) for name, part in parts)


def condition(run: Run, value: Value) -> Term:
    """Whether a value is true, as a term."""
    value = run.resolved(value)
    match value:
        case Items():
            held = run.held(value)
            if all(not isinstance(item, Repeat | Spread | Choice) for item in held):
                return constant(bool(held))
            return Term("any", (run.describe(value),))
        case Table():
            return TRUE if run.entries(value) else FALSE if run.rest(value) is None else Term("any", (run.rest(value),))
        case Instance() if run.code.special(value.cls):
            return Term("truth", (run.describe(value),))
        case Instance() | ClassRef() | Function() | Closure() | Partial() | ModuleRef() | Bound():
            return TRUE
        case Made():
            plain = value.cls and "Tensor" not in value.cls and not value.cls.endswith(("List", "Dict"))
            return TRUE if plain else value.term
        case Missing():
            return FALSE
        case Term(op="member", args=(_, _, mixed, Term() as held)):
            return held if mixed else TRUE
        case Choice():
            return _chosen(value.guard, condition(run, value.yes), condition(run, value.no))
        case _:
            return run.describe(value)


def _chosen(guard: Term, yes: Term, no: Term) -> Term:
    if yes == no:
        return yes
    if yes == TRUE and no == FALSE:
        return guard
    if yes == FALSE and no == TRUE:
        return negated(guard)
    if no == FALSE:
        return Term("And", (guard, yes))
    return Term("choice", (guard, yes, no))


def opaque_code(run: Run, nodes: Sequence[ast.AST], frame: Frame) -> Term:
    """Code that is not followed: its text, and what its names stand for."""
    held = [_captured(run, name, frame) for name in run.code.free(nodes)]
    return Term("opaque", (run.code.of_nodes(nodes, frame.path, frame.qualname), *filter(None, held)))


def _captured(run: Run, name: str, frame: Frame) -> Term | None:
    for inner in frame.outwards():
        found = run.get(inner.token, name)
        if not is_missing(found):
            return state(run, found) if isinstance(found, Instance) else run.describe(found)
    return None
