"""The result of a call: an instance, what a function of the project returns, or an argument."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import SAME_ITEMS
from initlint.facts.vocabulary import SAME_MODULE
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.callers import SPLATS
from initlint.project.classes import by_place
from initlint.project.imports import SymbolKind
from initlint.project.values import NOTHING, UNKNOWN, Value, union

if TYPE_CHECKING:
    from tree_sitter import Node

PASSES_ON = SAME_MODULE.union(
    "deepcopy copy script jit trace freeze DataParallel DistributedDataParallel weight_norm spectral_norm orthogonal"
    " remove_weight_norm checkpoint_wrapper wrap prepare unwrap_model unwrap extract_model_from_parallel maybe_compile"
    " fuse_modules convert_sync_batchnorm cast nullcontext clone_module tqdm pop_spectral_norm convert quantize".split()
)
"""Functions and methods that return their argument, or a wrapper around it."""

SEQUENCES = SAME_ITEMS | {"chain", "cycle", "islice", "deque"}
DICTIONARIES = frozenset({"dict", "OrderedDict"})
FETCHES = frozenset("next max min pop get popitem setdefault choice".split())
SUBMODULES = {"get_submodule": 0, "children": 1, "modules": 1, "values": 1, "named_children": 2, "named_modules": 2}
"""Methods that give submodules, and how deep in lists or pairs these are."""

LOADERS = tuple(
    "load instantiate from_pretrained from_config build create make get_model get_class get_obj unpickle import_module"
    " __import__ getmembers eval globals locals".split()
)
"""Calls of other packages whose result can be an instance of the project although none was passed."""

CONTAINERS = frozenset({"torch.nn.ModuleList", "torch.nn.Sequential", "torch.nn.ModuleDict"})


MOVES = SAME_MODULE - {"apply", "compile", "train"}
"""Methods that return their object, and nothing of their arguments."""

NAMESPACES = frozenset({"eval", "vars"})
"""Built-in functions that find anything by its name; methods of these names do not."""

HOLDING = frozenset("asyncio collections contextvars multiprocessing queue threading types weakref".split())
"""Modules of the standard library whose objects hold their arguments and return them."""

NUMERIC = ("torch.", "numpy.", "json.", "yaml.", "pandas.", "scipy.", "PIL.", "cv2.", "math.")
"""Packages whose functions compute; those of torch that return a module are known by name."""


class Calls(Asking):
    """The values of calls, for the inference."""

    def value(self, node: Node, body: Body) -> Value:
        function = node.child_by_field_name("function")
        if function is None:
            return UNKNOWN
        text = body.text(function)
        callee = text.rpartition(".")[2]
        arguments = call_arguments(node)
        if function.type == "identifier" and text in ("getattr", "super", "zip", "map", "filter", "type"):
            return self._special(text, arguments, body)
        if function.type == "identifier" and text in NAMESPACES and not body.hides(text):
            return self._namespace(text)
        if callee in SEQUENCES and (arguments or function.type == "identifier"):
            return Value(element=union(self.inference.item(self.inference.expression(a, body)) for a in arguments))
        if callee in DICTIONARIES:
            return Value(element=union(self._entry(argument, body) for argument in arguments))
        if callee == "defaultdict" and arguments:
            return Value(element=self._made_by_default(arguments[0], body))
        if callee == "partial" and arguments and self._is_of("functools", function, body):
            return self.inference.expression(arguments[0], body)
        if callee == "cast" and len(arguments) == 2 and self._is_of("typing", function, body):
            told = self.inference.annotations.annotation(body.text(arguments[0]), body)
            return self.inference.expression(arguments[1], body) if told.unknown else told
        if (callee == "__new__" or text == "type.__call__") and arguments:
            given = self.inference.expression(arguments[0], body)
            return Value(exact=given.classes, bound=given.instances, unknown=given.unknown)
        return self._of_callee(function, arguments, body)

    def _of_callee(self, function: Node, arguments: list[Node], body: Body) -> Value:
        """The result of a class or function; through `super()` in a metaclass, any class is possible."""
        text, owner = body.text(function), body.method.owner
        callee = text.rpartition(".")[2]
        if text.startswith("super(") and owner and self.project.is_metaclass(owner):
            return UNKNOWN
        if (fetched := self._fetched(function, callee, arguments, body)) is not None:
            return fetched
        value = self.inference.expression(function, body)
        known = union([self._built(value, arguments, body), *self._returned(value), *self._called(value)])
        if value.functions or value.classes:
            if PASSES_ON.isdisjoint({callee, *(cls.rpartition(".")[2] for cls in value.classes)}):
                return known
            passed = [*arguments, function.child_by_field_name("object")]
            return union([known, *(self.inference.expression(node, body) for node in passed)])
        return union([known, self._foreign_call(function, callee, value, arguments, body)])

    def _made_by_default(self, maker: Node, body: Body) -> Value:
        """The item that a defaultdict makes: an instance, what a function returns, or a list that others fill."""
        if body.text(maker) in ("list", "dict", "set", "deque"):
            return Value(element=UNKNOWN)
        made = self.inference.expression(maker, body)
        return union([Value(exact=made.classes, unknown=made.unknown), *self._returned(made)])

    def _fetched(self, function: Node, callee: str, arguments: list[Node], body: Body) -> Value | None:
        """An item of a list or dictionary, or the default; None for any other call."""
        owner = function.child_by_field_name("object") if callee in FETCHES else None
        receiver = self.inference.expression(owner, body)
        if receiver.element is None or receiver.instances:
            return None
        item = self.inference.item(receiver)
        if callee == "popitem":
            return Value(element=item)
        return union([item, *(self.inference.expression(argument, body) for argument in arguments[1:])])

    def _returned(self, value: Value) -> Iterator[Value]:
        """What the functions that something can be return."""
        return map(self.inference.returned, by_place(value.functions))

    def _called(self, value: Value) -> Iterator[Value]:
        """The results of calling the instances whose classes have a `__call__`."""
        methods = (self.project.method(cls, "__call__") for cls in sorted(value.instances))
        return (self.inference.returned(method) for method in methods if method is not None)

    def _is_of(self, module: str, function: Node, body: Body) -> bool:
        symbol = self.inference.static(function, body)
        return symbol is not None and symbol.target.partition(".")[0].removesuffix("_extensions") == module

    def _namespace(self, name: str) -> Value:
        """What code in a string gives, and what is in a namespace: anything."""
        return UNKNOWN if name == "eval" else Value(element=UNKNOWN)

    def _special(self, name: str, arguments: list[Node], body: Body) -> Value:
        if name == "getattr" and len(arguments) >= 2:
            return self._looked_up(arguments, body)
        if name == "type" and len(arguments) == 1:
            return self.inference.attribute(self.inference.expression(arguments[0], body), "__class__")
        if name == "super":
            return Value(bound=frozenset({body.method.owner})) if body.method.owner else UNKNOWN
        if name == "map" and arguments:
            made = self.inference.expression(arguments[0], body)
            known = made.functions or made.classes
            return Value(element=union([Value(exact=made.classes), *self._returned(made)])) if known else UNKNOWN
        if name == "zip":
            return Value(
                element=Value(element=union(self.inference.item(self.inference.expression(a, body)) for a in arguments))
            )
        return UNKNOWN

    def _looked_up(self, arguments: list[Node], body: Body) -> Value:
        """The result of `getattr`; from a Python module, which is not a value, anything that it defines.

        What another package defines is no class of the project, but one may be in a table of it.
        """
        owner, names = (self.inference.expression(argument, body) for argument in arguments[:2])
        table = arguments[0].child_by_field_name("value") if arguments[0].type == "subscript" else None
        symbol = self.inference.static(table or arguments[0], body)
        if self.inference.is_namespace(arguments[0], body):
            return UNKNOWN
        if symbol is not None and symbol.kind is SymbolKind.EXTERNAL:
            found = [knowledge.canonical(f"{symbol.target}.{text}") for text in sorted(names.strings)]
            classes = frozenset(name for name in found if knowledge.module(name))
            if classes and not names.unknown:
                return Value(classes=classes)
            return UNKNOWN if table is not None else NOTHING
        if names.strings and not names.unknown:
            return union(self.inference.attribute(owner, text) for text in sorted(names.strings))
        return UNKNOWN if owner.unknown or owner.instances else NOTHING

    def _built(self, value: Value, arguments: list[Node], body: Body) -> Value:
        """Instances of called classes; containers know their items."""
        parts = []
        for cls in sorted(value.classes):
            containers = CONTAINERS & set(self.project.mro(cls))
            held = union(self._held(argument, body) for argument in arguments) if containers else None
            spread = any(argument.type in SPLATS for argument in arguments)
            given = () if spread or not containers else tuple(self.inference.expression(a, body) for a in arguments)
            parts.append(Value(exact=frozenset({cls}), element=held, items=_placed(containers, given)))
        return union(parts)

    def _entry(self, argument: Node, body: Body) -> Value:
        """The value that an argument of `dict` provides: a pair's second half, a mapping's value, or itself."""
        value = self.inference.expression(argument, body)
        named = argument.parent is not None and argument.parent.type == "keyword_argument"
        item = value if named else self.inference.item(value)
        return item if named or item.element is None else item.element

    def _held(self, argument: Node, body: Body) -> Value:
        value = self.inference.expression(argument, body)
        return union([replace(value, element=None), value.element or NOTHING])

    def _foreign_call(self, function: Node, callee: str, value: Value, arguments: list[Node], body: Body) -> Value:
        """Calls of what is no function or class of the project.

        Functions that change a module (`torch.nn.utils`) return it, or build it.
        """
        owner = function.child_by_field_name("object") if function.type == "attribute" else None
        given = [self.inference.expression(argument, body) for argument in arguments]
        external = self.inference.static(function, body)
        if owner is not None and external is None:
            return self._foreign_method(self.inference.expression(owner, body), callee, value, given)
        if value.instances:
            return NOTHING
        if function.type == "call" and any(g.carries for g in given):
            return UNKNOWN
        named = external.target.rpartition(".")[2] if external is not None else callee
        if not PASSES_ON.isdisjoint({callee, named}) or callee in FETCHES:
            return union([_given_back(given), *(self.inference.item(g) for g in given if g.element is not None)])
        if external is not None and external.target.startswith("torch.nn.utils.") and given:
            return union([replace(given[0], unknown=False), Value(exact=given[0].classes)])
        if value.unknown:
            return UNKNOWN
        return self._stranger(callee, external.target if external is not None else "", given)

    def _foreign_method(self, receiver: Value, callee: str, value: Value, given: list[Value]) -> Value:
        """A method of something that is not an instance of the project, or that is inherited from torch.

        What is called without arguments, such as a weak reference, computes nothing and returns what it holds.
        """
        if callee in PASSES_ON:
            return receiver if callee in MOVES else union([receiver, _given_back(given)])
        if callee in FETCHES:
            return self.inference.item(receiver)
        if callee == "items":
            return Value(element=Value(element=self.inference.item(receiver)))
        if callee == "values" and receiver.element is not None:
            return Value(element=receiver.element)
        if callee in SUBMODULES:
            found = self.inference.submodules(receiver)
            for _ in range(SUBMODULES[callee]):
                found = Value(element=found)
            return found
        if receiver.element is not None and not receiver.instances:
            return union([receiver.element, Value(element=receiver.element)])
        if value.instances:
            return NOTHING
        if receiver.unknown:
            return self.inference.members.of_unknown(callee)
        kept = value.unknown and not given if receiver.instances else any(g.carries for g in given)
        return UNKNOWN if kept or (given and callee.lower().startswith(LOADERS)) else NOTHING

    def _stranger(self, callee: str, dotted: str, given: list[Value]) -> Value:
        """A function of another library returns an instance of the project only if one was passed, or if it loads
        one."""
        loads = callee.lower().startswith(LOADERS) and not dotted.startswith("torch.utils.")
        if dotted.startswith(NUMERIC) and not (dotted.startswith("torch.") and (loads or self._takes_own(given))):
            return NOTHING
        if loads:
            return UNKNOWN
        if dotted and any(g.may_carry for g in given):
            return UNKNOWN
        return Value(element=NOTHING) if dotted.partition(".")[0] in HOLDING else NOTHING

    def _takes_own(self, given: list[Value]) -> bool:
        """Whether an instance of a class of the project is among the arguments."""
        return any(cls in self.project.classes for value in given for cls in value.instances)


def _placed(containers: Collection[str], given: tuple[Value, ...]) -> tuple[Value, ...]:
    """The items of a container by position: the arguments of a Sequential, or the list in a ModuleList."""
    if containers == {"torch.nn.Sequential"}:
        return () if any(item.element is not None and not item.instances for item in given) else given
    return given[0].items if containers == {"torch.nn.ModuleList"} and len(given) == 1 else ()


def _given_back(given: list[Value]) -> Value:
    """The result of a function that returns its arguments: a single one as it is, several as a tuple."""
    return union([*given, *([Value(element=union(given))] if len(given) > 1 else [])])
