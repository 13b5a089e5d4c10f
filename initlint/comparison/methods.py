"""Attributes and methods of followed values: of instances, of modules and tensors of torch, of lists and tables."""

from __future__ import annotations

import ast

from initlint.comparison import draws
from initlint.comparison.calls import EMPTY, PLAIN, TENSOR, TORCH, Calls, runs
from initlint.comparison.expressions import external
from initlint.comparison.machine import is_missing
from initlint.comparison.terms import NONE, Term, constant, is_constant
from initlint.comparison.values import (
    MISSING,
    Arguments,
    Bound,
    Choice,
    ClassRef,
    Frame,
    Function,
    Instance,
    Items,
    Made,
    ModuleRef,
    Partial,
    Repeat,
    Spread,
    Super,
    Table,
    Value,
)
from initlint.construction import knowledge
from initlint.model import Answer
from initlint.project.classes import Method

SAME = frozenset(
    "to cuda cpu float half double bfloat16 eval train requires_grad_ share_memory xpu to_empty compile".split()
)
"""Methods that hand back the module itself."""

MODULES = frozenset({"modules", "named_modules", "children", "named_children"})
PARAMETERS = frozenset({"parameters", "named_parameters"})
REGISTERS = {
    "register_buffer": "tensor",
    "register_parameter": "param",
    "add_module": "module",
    "register_module": "module",
}
ALIASES = frozenset({"data", "T", "mT"})
"""Attributes of a tensor that are the tensor itself."""

UNSURE = frozenset({"sample", "rsample", "sample_n"})
"""Methods that draw if what they belong to is a distribution."""

SILENT_METHODS = frozenset(
    "get keys values items copy format split rsplit join lower upper title strip lstrip rstrip replace startswith"
    " endswith index count item tolist size dim numel view reshape flatten unsqueeze squeeze permute transpose"
    " repeat expand contiguous clone detach numpy mean sum abs max min sqrt pow mul add sub div type long int bool"
    " pop setdefault encode decode isdigit partition rpartition is_cuda element_size log exp cumsum nelement"
    " mul_ add_ sub_ div_ fill_ zero_ copy_ clamp_ clamp round_ floor ceil neg_ sqrt_ masked_fill_ triu tril triu_"
    " tril_ t erfinv_ log_ exp_ requires_grad_ set_ eq ne lt gt le ge any all argmax argmin norm chunk unbind".split()
)
"""Methods of plain data and of tensors that draw nothing."""


class Methods(Calls):
    """What attributes and methods are."""

    # -- attributes --------------------------------------------------------------------------------------------

    def attribute(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:  # noqa: C901  (one case for each kind)
        """`owner.name`."""
        match owner:
            case Instance():
                return self._of_instance(owner, name, node, frame)
            case Super():
                method = self.project.method(owner.instance.cls, name, after=owner.owner)
                return Function(method, owner.instance) if method is not None else Bound(owner, name)
            case ClassRef():
                return self._of_class(owner, name, frame)
            case ModuleRef():
                return self.member(owner.path, name)
            case Made():
                return self._of_made(owner, name)
            case Items() | Table():
                return Bound(owner, name)
            case Term(op="name") if name == "__name__" and self.is_class(owner):
                return constant(str(owner.args[0]).rpartition(".")[2])
            case Term(op="name"):
                file = self.project.modules.file(f"{owner.args[0]!s}.{name}")
                return external(f"{owner.args[0]!s}.{name}") if file is None else ModuleRef(file)
            case Partial() if name == "func":
                return owner.callee
            case Term():
                found = self.get(0, f"{owner.digest.hex()}.{name}")
                return found if not is_missing(found) else Term("attribute", (owner, name))
            case _:
                return Term("attribute", (self.describe(owner), name))

    def _of_instance(self, owner: Instance, name: str, node: ast.AST, frame: Frame) -> Value:
        found = self.get(owner.token, name)
        if not is_missing(found):
            return self.resolved(found)
        member = self._member(owner.cls, name)
        if not isinstance(member, Method):
            if isinstance(member, Instance) and self.by_itself(member, "__get__") is not None:
                return self.unseen(self.state(member), Arguments((owner,)), node, frame)
            return member or self._unset(owner, name)
        if self._accessor(member):
            return self.unseen(self.code.of_function(member), Arguments((owner,)), node, frame)
        decorators = [each.rpartition(".")[2] for each in member.facts.decorators]
        if "staticmethod" in decorators:
            return Function(member)
        if "classmethod" in decorators:
            return Function(member, ClassRef(owner.cls))
        function = Function(member, owner)
        if "property" in decorators or "cached_property" in decorators:
            return self.invoke(function, Arguments(), node, frame)
        return function

    def _accessor(self, method: Method) -> bool:
        """Whether a name of a class is a property that can be set, of which no single function is the code."""
        return any(each.endswith((".setter", ".deleter", ".getter")) for each in method.facts.decorators)

    def _unset(self, owner: Instance, name: str) -> Value:
        if name in ("__class__",):
            return ClassRef(owner.cls)
        return Bound(owner, name)

    def _member(self, cls: str, name: str) -> Method | Value | None:
        """What a class, or the first of those that it inherits from, has under a name."""
        for ancestor in self.project.mro(cls):
            info = self.project.classes.get(ancestor)
            if info is None:
                continue
            given = self.code.class_level(ancestor, name)
            if isinstance(given, Term):
                return given
            if given is not None:
                frame = Frame(self.token(), info.path, info.facts.qualname, ancestor, body=True)
                with self.into([]):
                    return self.evaluate(given, frame)
            if name in info.methods:
                return Method(info.path, ancestor, info.methods[name])
            if f"{ancestor}.{name}" in self.project.classes:
                return ClassRef(f"{ancestor}.{name}")
        return None

    def _of_class(self, owner: ClassRef, name: str, frame: Frame) -> Value:
        member = self._member(owner.id, name)
        if isinstance(member, Method):
            bound = any(each.endswith("classmethod") for each in member.facts.decorators)
            return Function(member, owner if bound else None)
        base = next((each for each in self.project.mro(owner.id) if knowledge.module(each) is not None), None)
        if name == "__init__" and base is not None:
            return Term("name", (f"{base}.__init__",))
        if name == "__name__":
            return constant(owner.id.partition("::")[2].rpartition(".")[2])
        if self.code.foreign(owner.id):
            return Term("attribute", (self.code.whole(owner.id), name))
        return member or Term("attribute", (self.describe(owner), name))

    def _of_made(self, owner: Made, name: str) -> Value:
        if owner.cls in (TENSOR, "torch.nn.Parameter", "torch.nn.Buffer") and name in ALIASES:
            return owner
        found = self.get(owner.token, name)
        if not is_missing(found):
            return self.resolved(found)
        known = knowledge.module(owner.cls)
        if known is not None and name in known.attributes and name not in known.methods:
            part = self.made(Term("attribute", (owner.term, name)))
            self.set(owner.token, name, part)
            return part
        return Bound(owner, name)

    # -- methods -----------------------------------------------------------------------------------------------

    def method(self, receiver: Value, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        """Call a method that no code of the project defines."""
        match receiver:
            case Super() if name == "__init__":
                self.next_constructor(receiver, arguments, node, frame)
                return NONE
            case Super():
                return self._on_module(receiver.instance, name, arguments, node, frame)
            case Instance() | Made():
                return self._on_module(receiver, name, arguments, node, frame)
            case Items():
                return self._on_items(receiver, name, arguments)
            case Table():
                return self._on_table(receiver, name, arguments)
            case _:
                return self._on_term(self.describe(receiver), name, arguments, node, frame)

    def next_constructor(self, receiver: Super, arguments: Arguments, node: ast.AST, frame: Frame) -> None:
        """The first constructor of torch behind a class in the order of the instance's classes."""
        order = self.project.mro(receiver.instance.cls)
        rest = order[order.index(receiver.owner) + 1 :] if receiver.owner in order else order
        base = next((cls for cls in rest if knowledge.module(cls) is not None), None)
        if base is not None:
            self.inherit(receiver.instance, base, arguments, node, frame)
        elif unread := self.project.unresolved_bases(receiver.instance.cls):
            self.unseen(Term("base", tuple(unread)), arguments, node, frame)

    def _on_module(  # noqa: C901  (one case for each kind)
        self, receiver: Made | Instance, name: str, arguments: Arguments, node: ast.AST, frame: Frame
    ) -> Value:
        first = arguments.get("", 0)
        match name:
            case _ if name in REGISTERS:
                value = arguments.get(REGISTERS[name], 1) or NONE
                self.assign(receiver, self.describe(arguments.get("name", 0) or NONE), value)
                return NONE
            case "__setattr__" if len(arguments.positional) == 2:
                self.assign(receiver, self.describe(arguments.positional[0]), arguments.positional[1])
                return NONE
            case "apply":
                self.apply(receiver, arguments.get("fn", 0) or NONE, node, frame)
                return receiver
            case _ if name in MODULES:
                return self.items(self._modules(receiver, name))
            case _ if name in PARAMETERS:
                return self.items(self._parameters(receiver, name))
            case "append" | "add" if first is not None:
                self.append(receiver.token, first)
                return receiver
            case "extend" | "update" if first is not None:
                self.extend(receiver.token, first)
                return receiver
            case "insert" if len(arguments.positional) == 2:
                raise self.unfollowed("`insert` into a list of modules", node, frame)
            case _ if name in SAME:
                return receiver
            case "items" | "values" | "keys" if isinstance(receiver, Made) and receiver.cls in knowledge.CONTAINERS:
                return self._container_view(receiver, name)
            case _:
                pass
        if isinstance(receiver, Instance):
            plain = name in knowledge.module_attributes()
            term = Term("attribute", (receiver.term, name))
            return Term("call", (term, *self.terms(arguments))) if plain else self.unseen(term, arguments, node, frame)
        return self._on_made(receiver, name, arguments, node, frame)

    def _container_view(self, container: Made, name: str) -> Value:
        """`items()`, `values()` and `keys()` of a ModuleDict."""
        parts = self.children(container)
        if name == "values":
            return self.items([part for _, part in parts])
        if name == "keys":
            return self.items([constant(key) for key, _ in parts])
        return self.items([self._named_item(key, part) for key, part in parts])

    def _on_made(self, made: Made, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        known = knowledge.module(made.cls)
        module = known is not None and "torch.Tensor" not in known.bases
        if module and name in ("reset_parameters", "_reset_parameters"):
            made.draws += self.draw(TORCH, "reset", made.term, EMPTY, node, frame)
            return NONE
        method = knowledge.tensor_method(name)
        if method is not None and not module:
            self._fill_by_method(made, name, method, arguments, node, frame)
            return made
        term = Term("attribute", (made.term, name))
        if (
            name in UNSURE
            or (module and runs(arguments))
            or (name not in SILENT_METHODS and made.cls != TENSOR and not module)
        ):
            return self.unseen(term, arguments, node, frame)
        parts = (made, *arguments.values())
        return self.made(Term("call", (term, *self.terms(arguments))), TENSOR if not module else "", parts)

    def _fill_by_method(
        self,
        made: Made,
        name: str,
        known: knowledge.TorchFunction,
        arguments: Arguments,
        node: ast.AST,
        frame: Frame,
    ) -> None:
        positional = [self.describe(value) for value in arguments.positional]
        named = [(key, self.describe(value)) for key, value in arguments.named]
        generator = draws.explicit_generator(known, named)
        if generator is None and draws.of_function(known, positional, named, arguments.rest) is Answer.NO:
            return
        full = f"{TENSOR}.{name}"
        options = Term(full, tuple(term for term in self.terms(arguments) if term.args[:1] != ("generator",)))
        stream = TORCH if generator is None else draws.EXPLICIT
        made.draws += self.draw(stream, draws.engine_of(full), self.shape(made.term), options, node, frame)

    def _on_term(self, owner: Term, name: str, arguments: Arguments, node: ast.AST, frame: Frame) -> Value:
        term = Term("attribute", (owner, name))
        if knowledge.tensor_method_draws(name):
            made = self.made(owner, TENSOR)
            known = knowledge.tensor_method(name)
            assert known is not None
            self._fill_by_method(made, name, known, arguments, node, frame)
            return made
        found = _of_text(owner, name, [self.describe(value) for value in arguments.values()])
        if found is not None and not arguments.named:
            return constant(found) if not isinstance(found, list) else self.items(map(constant, found))
        if name in SILENT_METHODS | SAME | MODULES | PARAMETERS or is_constant(owner) or root(owner) in PLAIN:
            return self.compound("call", [term, *self._operands(arguments)])
        return self.unseen(term, arguments, node, frame)

    # -- lists and tables --------------------------------------------------------------------------------------

    def _on_items(self, items: Items, name: str, arguments: Arguments) -> Value:
        held, given = self.held(items), arguments.positional
        match name, len(given):
            case (("append" | "add"), 1):
                self.put(items, (*held, given[0]))
            case "extend", 1:
                more = self.held(given[0]) if isinstance(given[0], Items) else (Spread(self.describe(given[0])),)
                self.put(items, (*held, *more))
            case "insert", 2 if isinstance(at := self.describe(given[0]).args[0], int) and self._plain(items):
                self.put(items, (*held[:at], given[1], *held[at:]))
            case "pop", 0 | 1 if self._plain(items) and held and all(map(is_constant, given)):
                at = given[0].args[0] if given and isinstance(given[0], Term) else -1
                if isinstance(at, int) and -len(held) <= at < len(held):
                    at = at % len(held)
                    self.put(items, (*held[:at], *held[at + 1 :]))
                    return held[at]
            case "reverse", 0 if self._plain(items):
                self.put(items, held[::-1])
            case ("copy", 0):
                return self.items(held, items.kind)
            case (("index" | "count"), _):
                return self.compound("call", [Term("method", (name,)), items, *given])
            case _:
                term = Term("changed", (self.describe(items), name, *self.terms(arguments)))
                self.put(items, (Spread(term),))
                return Term("call", (term,))
        return NONE

    def _on_table(self, table: Table, name: str, arguments: Arguments) -> Value:
        entries, given = self.entries(table), arguments.positional
        plain = self.rest(table) is None and all(is_constant(key) for key, _ in entries)
        term = Term("call", (Term("attribute", (self.describe(table), name)), *self.terms(arguments)))
        match name:
            case "items" if plain:
                return self.items(
                    [
                        Repeat(item.header, self.items([each, item.value], "tuple"))
                        if isinstance(item, Repeat)
                        else self.items([each, item], "tuple")
                        for each, item in entries
                    ]
                )
            case "values" if plain:
                return self.items([item for _, item in entries])
            case "keys" if plain:
                return self.items([each for each, _ in entries])
            case "get" | "pop" | "setdefault" if given:
                return self._entry(table, name, given)
            case "update":
                more = self._dict(arguments)
                assert isinstance(more, Table)
                rests = [term for term in (self.rest(table), self.rest(more)) if term is not None]
                self.put(table, (*self.overridden(entries, self.rest(more)), *self.entries(more)))
                self.leave(table, Term("rest", tuple(rests)) if rests else None)
                return NONE
            case "copy":
                return self.table(list(entries), self.rest(table))
            case "clear" | "popitem":
                self.put(table, ())
                self.leave(table, None if name == "clear" else term)
                return term
            case _:
                return term

    def _entry(self, table: Table, name: str, given: tuple[Value, ...]) -> Value:
        """`get`, `pop` and `setdefault`: the entry of a key, or else the default."""
        entries, key, rest = self.entries(table), self.describe(given[0]), self.rest(table)
        default = given[1] if len(given) > 1 else NONE
        found = [item for each, item in entries if each == key]
        plain = all(is_constant(each) for each, _ in entries)
        if found and plain:
            value = self.each(found[-1], lambda one: default if is_missing(one) else one)
        elif rest is None and plain:
            value = default
        else:
            value = Term("looked up", (self.describe(table), key, self.describe(default)))
        if name == "pop":
            self.put(table, tuple(entry for entry in entries if entry[0] != key))
            if not plain or (rest is not None and not found):
                self.leave(table, Term("without", (rest, key)))
        if name == "setdefault":
            self.put(table, (*(entry for entry in entries if entry[0] != key), (key, value)))
        return value

    # -- all modules at once -----------------------------------------------------------------------------------

    def inner_modules(self, value: Value) -> list[tuple[str, Value]]:
        """The modules that are direct parts of a module, in order."""
        if not isinstance(value, Made | Instance):
            return []
        return [
            (name, part)
            for name, part in self.parts(value.token)
            if not name.startswith(".") and self._module_like(part)
        ]

    def _module_like(self, value: Value) -> bool:
        value = self.resolved(value)
        match value:
            case Instance():
                return self.project.is_module(value.cls) or bool(self.project.unresolved_bases(value.cls))
            case Made():
                known = knowledge.module(value.cls)
                return (value.cls == "" and value.term.op == "call") or (
                    known is not None and "torch.Tensor" not in known.bases
                )
            case Repeat():
                return self._module_like(value.value)
            case Spread():
                return True
            case Choice():
                return self._module_like(value.yes) or self._module_like(value.no)
            case _:
                return False

    def _modules(self, root: Made | Instance, name: str) -> list[Value]:
        """What `modules()` and `children()` go through."""
        direct = name.endswith("children")
        found = self.inner_modules(root) if direct else self._every(root, "", set(), before=True)
        if name.startswith("named_"):
            return [self._named_item(path, value) for path, value in found]
        return [value for _, value in found]

    def _named_item(self, path: str, value: Value) -> Value:
        if isinstance(value, Repeat):
            return Repeat(value.header, self.items([Term("key", (path,)), value.value], "tuple"))
        if isinstance(value, Choice):
            one, other = (
                self._named_item(path, each) if each is not MISSING else each for each in (value.yes, value.no)
            )
            return Choice(value.guard, one, other)
        return self.items([constant(path), value], "tuple")

    def _every(self, value: Value, path: str, seen: set[int], before: bool) -> list[tuple[str, Value]]:
        """A module and all within, itself first or last; each once."""
        value = self.resolved(value)
        match value:
            case Repeat():
                return [(key, Repeat(value.header, part)) for key, part in self._every(value.value, path, seen, before)]
            case Choice():
                one = [(k, Choice(value.guard, v, MISSING)) for k, v in self._every(value.yes, path, seen, before)]
                other = [(k, Choice(value.guard, MISSING, v)) for k, v in self._every(value.no, path, seen, before)]
                return [*one, *other]
            case Made() | Instance():
                if value.token in seen:
                    return []
                seen.add(value.token)
                inner = [
                    each
                    for name, part in self.inner_modules(value)
                    for each in self._every(part, f"{path}.{name}".lstrip("."), seen, before)
                ]
                return [(path, value), *inner] if before else [*inner, (path, value)]
            case Spread():
                return [(path, value)]
            case _:
                return []

    def apply(self, root: Value, function: Value, node: ast.AST, frame: Frame) -> None:
        """`module.apply(function)`: the function is run on every module, the inner ones first."""
        if not isinstance(root, Made | Instance):
            self.unseen(Term("apply", (self.describe(root),)), Arguments((function,)), node, frame)
            return
        modules = self.items([value for _, value in self._every(root, "", set(), before=False)])

        def run(item: Value) -> None:
            self.each(function, lambda one: self.call(one, Arguments((item,)), node, frame))

        self.iterate(modules, run)

    def _parameters(self, root: Made | Instance, name: str) -> list[Value]:
        """What `parameters()` goes through: the own parameters of every module, the outer ones first."""
        found: list[tuple[str, Value]] = []
        for path, value in self._every(root, "", set(), before=True):
            found += self._own_parameters(path, value)
        if name.startswith("named_"):
            return [self._named_item(path, value) for path, value in found]
        return [value for _, value in found]

    def _own_parameters(self, path: str, value: Value) -> list[tuple[str, Value]]:
        match value:
            case Repeat():
                return [(key, Repeat(value.header, part)) for key, part in self._own_parameters(path, value.value)]
            case Choice():
                one = [(k, Choice(value.guard, v, MISSING)) for k, v in self._own_parameters(path, value.yes)]
                other = [(k, Choice(value.guard, MISSING, v)) for k, v in self._own_parameters(path, value.no)]
                return [*one, *other]
            case Instance():
                own = [
                    (f"{path}.{name}".lstrip("."), part)
                    for name, part in self.parts(value.token)
                    if self._parameter_like(part)
                ]
                base = self.get(value.token, ".base")
                return [*own, *(self._own_parameters(path, base) if isinstance(base, Made) else ())]
            case Made():
                return self._parameters_of_made(path, value)
            case Spread():
                return [(path, Spread(Term("parameters", (value.term,))))]
            case _:
                return []

    def _parameter_like(self, value: Value) -> bool:
        value = self.resolved(value)
        if isinstance(value, Choice):
            return self._parameter_like(value.yes) or self._parameter_like(value.no)
        return isinstance(value, Made) and value.cls == "torch.nn.Parameter"

    def _parameters_of_made(self, path: str, made: Made) -> list[tuple[str, Value]]:
        """The parameters of a module of torch stand for each other in one loop."""
        known = knowledge.module(made.cls)
        if made.cls in knowledge.CONTAINERS:
            return [(f"{path}.{name}", part) for name, part in self.parts(made.token) if self._parameter_like(part)]
        if known is not None and not any("weight" in name or "bias" in name for name in known.attributes):
            return []
        each = self.made(Term("parameter of", (made.term,)), "torch.nn.Parameter")
        self.set(made.token, f".{len(self.parts(made.token))}", each)
        return [(path, Repeat(Term("parameters", (self.state(made),)), each))]


TEXTS = frozenset(
    "lower upper title strip lstrip rstrip replace startswith endswith removeprefix removesuffix join split"
    " rsplit".split()
)
"""Methods of a text that take texts, and give texts or whether something holds."""


def _of_text(owner: Term, name: str, given: list[Term]) -> str | bool | list[str] | None:
    """What a method of a known text gives for known texts."""
    text, *passed = [_text(each) for each in (owner, *given)]
    if name not in TEXTS or not isinstance(text, str) or None in passed:
        return None
    try:
        found: str | bool | list[str] = getattr(text, name)(*passed)
    except (TypeError, ValueError):
        return None
    return found


def _text(term: Term) -> str | tuple[str, ...] | None:
    """A known text, or several in order."""
    if term.op in ("tuple", "list"):
        texts = [_text(each) for each in term.args if isinstance(each, Term)]
        plain = tuple(each for each in texts if isinstance(each, str))
        return plain if len(plain) == len(term.args) else None
    return term.args[0] if is_constant(term) and isinstance(term.args[0], str) else None


def root(term: Term) -> str:
    """The package from which something comes that was got by calls and attributes."""
    while term.op in ("attribute", "call") and term.args and isinstance(term.args[0], Term):
        term = term.args[0]
    return str(term.args[0]).split(".")[0] if term.op == "name" else ""
