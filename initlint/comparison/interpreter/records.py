"""Instances with a generated constructor: dataclasses, named tuples, members of enumerations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.comparison.interpreter.attributes import class_frame, member_of
from initlint.comparison.interpreter.described import before_starred
from initlint.comparison.pieces import NO_FIELDS, dotted, generic
from initlint.comparison.reach import class_key
from initlint.comparison.terms import Term, is_constant, operands
from initlint.comparison.values import Arguments, Frame, Function, Instance, Items, Value
from initlint.project.classes import Method
from initlint.project.roles import is_dataclass

if TYPE_CHECKING:
    from initlint.comparison.interpreter.run import Run
    from initlint.project.classes import ClassId

NAMED_TUPLE = "typing.NamedTuple"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: `passed` as an argument, `placed` also by position, `kept` as an attribute."""

    name: str
    home: ClassId
    default: ast.expr | None
    factory: bool = False
    passed: bool = True
    placed: bool = True
    kept: bool = True


def fields(run: Run, cls: ClassId) -> list[Field]:
    """The fields of a dataclass, inherited ones included, or of a named tuple."""
    found: dict[str, Field] = {}
    for each in reversed(run.project.mro(cls)):
        if is_dataclass(run.project, each) or each == cls:
            found |= {field.name: field for field in _own(run, each)}
    return list(found.values())


def _own(run: Run, cls: ClassId) -> Iterator[Field]:
    decorators = [ast.unparse(one) for node in run.code.classes(cls) for one in node.decorator_list]
    placed = not any("kw_only=True" in each for each in decorators)
    for node in run.code.body(cls):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            kind = next((each for each in NO_FIELDS if each in ast.dump(node.annotation)), "")
            placed = placed and kind != "KW_ONLY"
            if kind in ("", "InitVar"):
                yield _field(node.target.id, cls, node.value, placed, kept=not kind)


def _field(name: str, cls: ClassId, value: ast.expr | None, placed: bool, kept: bool) -> Field:
    if not (isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "field"):
        return Field(name, cls, value, placed=placed, kept=kept)
    told = {each.arg: each.value for each in value.keywords}
    said = {key: each.value for key, each in told.items() if isinstance(each, ast.Constant)}
    factory = told.get("default_factory")
    return Field(
        name,
        cls,
        factory or told.get("default"),
        factory is not None,
        said.get("init") is not False,
        placed and said.get("kw_only") is not True,
        kept,
    )


def filled(run: Run, instance: Instance, arguments: Arguments, node: ast.AST, frame: Frame) -> Arguments:
    """Set the fields of a dataclass; return what its `__post_init__` is passed."""
    more: list[tuple[str, Value]] = []
    for field, value in _values(run, fields(run, instance.cls), arguments, node, frame):
        if field.kept:
            run.set(instance.token, field.name, value)
        else:
            more.append((field.name, value))
    return Arguments(named=tuple(more))


def _values(
    run: Run, wanted: Sequence[Field], arguments: Arguments, node: ast.AST, frame: Frame
) -> Iterator[tuple[Field, Value]]:
    """Every field with its argument or default."""
    arguments = before_starred(run, arguments)
    rest, placed = arguments.rest, [field.name for field in wanted if field.passed and field.placed]
    given = {**dict(zip(placed, arguments.positional, strict=False)), **dict(arguments.named)}
    for field in wanted:
        if field.passed and field.name in given:
            yield field, given[field.name]
        elif field.default is not None or field.passed:
            value = _default(run, field, node, frame)
            yield field, Term("looked up", (*rest, field.name, run.describe(value))) if rest and field.passed else value


def _default(run: Run, field: Field, node: ast.AST, frame: Frame) -> Value:
    if field.default is None:
        return Term("unset", (field.name,))
    with run.into([]):
        value = run.evaluate(field.default, class_frame(run, field.home))
    return run.call(value, Arguments(), node, frame) if field.factory else value


def replaced(run: Run, instance: Instance, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
    """`dataclasses.replace`: a copy with some fields replaced by what is passed."""
    held = {field.name: run.get(instance.token, field.name) for field in fields(run, instance.cls) if field.passed}
    passed = Arguments(named=tuple((held | dict(arguments.named)).items()), rest=arguments.rest)
    return run.instantiate(instance.cls, passed, node, frame)


def named_tuple(run: Run, cls: ClassId, arguments: Arguments, node: ast.AST, frame: Frame) -> Items | None:
    """An instance of a named tuple without methods of its own; None for any other class."""
    if NAMED_TUPLE not in _outer_bases(run, cls) or run.project.classes[cls].methods:
        return None
    values = [(field.name, value) for field, value in _values(run, fields(run, cls), arguments, node, frame)]
    return _tuple(run, values)


def tuple_called(run: Run, made: Term, arguments: Arguments) -> Items | None:
    """An instance of a `collections.namedtuple`; None for anything else, or if arguments are missing."""
    match made:
        case Term(op="call", args=(Term(op="name", args=("collections.namedtuple",)), _, Term() as told)):
            texts = [told] if is_constant(told) else [*operands(told)]
            names = [name for text in texts for name in str(text.args[0]).replace(",", " ").split()]
            given = {**dict(zip(names, arguments.positional, strict=False)), **dict(arguments.named)}
            return _tuple(run, [(name, given[name]) for name in names]) if given.keys() == set(names) else None
        case _:
            return None


def _outer_bases(run: Run, cls: ClassId) -> frozenset[str]:
    """The names of the base classes from other packages."""
    nodes = ((each, node) for each in run.project.mro(cls) for node in run.code.classes(each))
    named = ((each, dotted(generic(base))) for each, node in nodes for base in node.bases)
    found = (run.code.meaning(class_key(each), name) for each, name in named if name is not None)
    return frozenset(text for key, text in found if key is None)


def _tuple(run: Run, values: Sequence[tuple[str, Value]]) -> Items:
    found = run.items([value for _, value in values], "tuple")
    for name, value in values:
        run.set(found.token, name, value)
    return found


def enumerated(run: Run, cls: ClassId, name: str) -> Value | None:
    """A member of an enumeration without special methods whose values are all known; None for anything else."""
    bases = _outer_bases(run, cls)
    known = bases & {"enum.Enum", "enum.IntEnum", "enum.StrEnum"}
    infos = run.project.lineage(cls)
    if not known or name.startswith("_") or any(each.startswith("_") for info in infos for each in info.methods):
        return None
    if not isinstance(run.code.class_level(cls, name), ast.expr) or _counts(run, cls):
        return None
    value = member_of(run, cls, name)
    if value is None or isinstance(value, Method) or known != {"enum.Enum"}:
        return None if isinstance(value, Method) else value
    first = next((each for each in _names(run, cls) if _equal(run, member_of(run, cls, each), value)), name)
    qualname = cls.partition("::")[2]
    alone = sum(each.endswith(f"::{qualname}") for each in run.project.classes) == 1
    member = Term("member", (qualname if alone else cls, first, bool(bases - known), run.describe(value)))
    run.members[member] = (cls, value)
    return member


def _counts(run: Run, cls: ClassId) -> bool:
    """Whether an enumeration numbers its members with `enum.auto()`."""
    calls = (node for each in run.code.body(cls) for node in ast.walk(each) if isinstance(node, ast.Call))
    names = filter(None, (dotted(call.func) for call in calls))
    return any(run.code.meaning(class_key(cls), name) == (None, "enum.auto") for name in names)


def _names(run: Run, cls: ClassId) -> list[str]:
    """The names of an enumeration's members, in order."""
    assigned = (each for each in run.code.body(cls) if isinstance(each, ast.Assign))
    return [target.id for each in assigned for target in each.targets if isinstance(target, ast.Name)]


def _equal(run: Run, one: Value | Method | None, other: Value) -> bool:
    """Whether two members are the same: those with equal values are."""
    return is_constant(one) and one == run.describe(other)


def of_member(run: Run, member: Term, name: str, node: ast.AST, frame: Frame) -> Value | None:
    """An attribute of a member of an enumeration; None for one that is not known."""
    if member not in run.members:
        return None
    cls, value = run.members[member]
    if name in ("value", "name"):
        return value if name == "value" else Term("constant", (member.args[1],))
    method = run.project.method(cls, name)
    if method is None:
        return None
    function = Function(method, member)
    return run.invoke(function, Arguments(), node, frame) if method.is_property else function
