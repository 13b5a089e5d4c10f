"""Who reads what: for each definition of a class, whether anything reads it after construction."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.extract import GUARDED, fits, string_pattern
from initlint.facts.receivers import normalise
from initlint.model import Confidence, Verdict
from initlint.facts.records import Function
from initlint.project.bodies import LAMBDA, Bodies, Body, call_arguments
from initlint.project.callers import Callers
from initlint.project.classes import ClassId, Method, Project
from initlint.project.flows import Flow, Use, uses, uses_of
from initlint.project.inference import Inference
from initlint.project.imports import SymbolKind
from initlint.project.calls import CONTAINERS
from initlint.project.values import MAX_FAMILY, UNKNOWN, Value, union
from initlint.project.named import NamedPaths, Tie
from initlint.project.roles import INITIALISATION, Roles
from initlint.project.sweeps import CHILDREN, SWEEPS, swept, sweeps

if TYPE_CHECKING:
    from tree_sitter import Node

LIVE = None
"""The verdict on a definition that something reads."""

TENSOR_KEYWORDS = frozenset({"dim", "keepdim", "axis", "dtype", "p", "ord", "dims", "descending", "memory_format"})
"""Arguments that methods of tensors take and modules do not."""

DEAD = Verdict(Confidence.CERTAIN)


class Readers:
    """Verdicts on definitions. All state is memoised lookups in one project.

    Where one doubtful place is found, the search goes on for a certain reader only if `thorough`.
    """

    def __init__(self, project: Project, thorough: bool = False) -> None:
        self.project = project
        self.thorough = thorough
        self.bodies = Bodies(project)
        self.callers = Callers(project, self.bodies)
        self.inference = Inference(project, self.bodies, self.callers)
        self.roles = Roles(project, self.callers)
        self.named = NamedPaths(project, self.bodies)
        self._verdicts: dict[tuple[ClassId, str], Verdict | None] = {}
        self._entries: dict[ClassId, frozenset[str]] = {}
        self._paths: dict[tuple[ClassId, tuple[str, ...]], Value] = {}
        self._nearest: dict[ClassId, list[ClassId]] = {}
        self._active: set[tuple[ClassId, str]] = set()
        self._surfaces: dict[ClassId, frozenset[str] | None] = {}
        self._values: dict[tuple[tuple[str, int, str], str, str], Value] = {}

    def verdict(self, cls: ClassId, attribute: str) -> Verdict | None:
        """None where the definition is live; else how sure it is that nothing reads it, and what is in doubt."""
        key = (cls, attribute)
        if key in self._active:
            return DEAD
        if key not in self._verdicts:
            self._active.add(key)
            verdict = self._verdict(cls, attribute)
            self._active.discard(key)
            if self._active and verdict is not LIVE:
                return verdict
            self._verdicts[key] = verdict
        return self._verdicts[key]

    def _verdict(self, cls: ClassId, attribute: str) -> Verdict | None:
        if self.read_by_family(cls, attribute) or self._read_by_base(cls, attribute):
            return LIVE
        if self._read_all(cls) or self._read_by_computed_name(cls, attribute):
            return LIVE
        if self.named.names(cls, attribute) or any(
            self._ties(cls, tie, attribute) for tie in self.named.ties(attribute)
        ):
            return LIVE
        if any(self._flows_to_reader(cls, alias) for alias in self._aliases(cls, attribute)):
            return LIVE
        needs = ""
        for flow in self._construction_uses(cls, attribute):
            if flow.use is Use.READ:
                return LIVE
            if flow.use is Use.FLOW and flow.target != attribute and self._flows_to_reader(cls, flow.target):
                return LIVE
            if flow.use is Use.CONFIGURATION and not needs:
                needs = f"line {flow.line} reads its shape or configuration"
        doubt = ""
        for kind, place in self._foreign(cls, attribute):
            if kind is LIVE:
                return LIVE
            doubt = doubt or place
            if not self.thorough:
                break
        doubt = doubt or self._unseen(cls) or self._handed_out(cls)
        return Verdict(Confidence.POSSIBLE if doubt else Confidence.CERTAIN, doubt, needs)

    def assigns_module(self, method: Method, attribute: str) -> bool:
        """Whether what a method assigns to an attribute can be a module or a parameter that is known."""
        body = self.bodies.body(method)
        value = union(self.inference.expression(node, body) for node in body.stores(attribute))
        value = union([value, value.element or value])
        return any(self.project.is_module(cls) or knowledge.module(cls) for cls in value.instances)

    # -- the family --------------------------------------------------------------------------------------------

    def read_by_family(self, cls: ClassId, attribute: str) -> bool:
        """Whether a method of the family reads it from its own instance after construction."""
        return any(attribute in self._entry_reads(relative) for relative in self.project.family(cls)) or any(
            fits(pattern, attribute)
            for relative in self.project.family(cls)
            for pattern in self._entry_patterns(relative)
        )

    def _entry_reads(self, cls: ClassId) -> frozenset[str]:
        """What the entry points of this very class read from their instance."""
        if cls not in self._entries:
            self._entries[cls] = frozenset(self._read_by_entries(cls))
        return self._entries[cls]

    def _read_by_entries(self, cls: ClassId) -> Iterator[str]:
        info = self.project.classes.get(cls)
        for facts in info.facts.methods if info else ():
            names = facts.reads.get(facts.instance, ()) if facts.instance else ()
            if names and info:
                method = Method(info.path, cls, facts)
                if not self.roles.constructs(method) and self._lambda_of_construction(method) is None:
                    yield from names

    def _entry_patterns(self, cls: ClassId) -> list[str]:
        return [name for name in self._entry_reads(cls) if "*" in name]

    def _reading(self, attribute: str) -> Iterator[tuple[Method, str]]:
        yield from self.callers.reading.get(attribute, ())
        for pattern in self._patterns:
            if fits(pattern, attribute):
                yield from self.callers.reading[pattern]

    @functools.cached_property
    def _patterns(self) -> list[str]:
        return [name for name in self.callers.reading if "*" in name and name != "*"]

    def _read_by_base(self, cls: ClassId, attribute: str) -> bool:
        """Whether a class of torch that it inherits from reads it."""
        for family in self.project.descendants(cls):
            for ancestor in self.project.mro(family):
                known = knowledge.module(ancestor)
                if known is not None and attribute in known.reads:
                    return True
        return False

    def _construction_uses(self, cls: ClassId, attribute: str) -> Iterator[Flow]:
        family = self.project.family(cls)
        for method, receiver in self._reading(attribute):
            if method.owner in family and receiver == method.facts.instance and self.roles.constructs(method):
                yield from uses(self.bodies.body(method), attribute, self._ignores)
            elif (
                method.owner in family
                and receiver == method.facts.instance
                and (outer := self._lambda_of_construction(method))
            ):
                yield from self._lambda_uses(method, outer)

    def _lambda_of_construction(self, method: Method) -> Method | None:
        """The constructing method in which a lambda is made, if that is what it is."""
        if not method.facts.name.endswith(LAMBDA):
            return None
        outer = self.project.enclosing(method)
        return outer if outer is not None and self.roles.constructs(outer) else None

    def _lambda_uses(self, method: Method, outer: Method) -> Iterator[Flow]:
        """A lambda that construction makes reads when it is called: what matters is where it goes."""
        body = self.bodies.body(outer)
        start = method.facts.start - outer.facts.start
        for node in body.captures.get("nested", ()):
            if node.start_byte == start and node.type == "lambda":
                yield from uses_of(node, body, self._ignores)

    def _ignores(self, call: Node, argument: Node, body: Body) -> bool:
        """Whether a constructor or function of the project never mentions the parameter that it is given this as."""
        function = call.child_by_field_name("function")
        if function is None or body.text(function).startswith("super("):
            return False
        value = self.inference.expression(function, body)
        called = [self.project.method(cls, "__init__") for cls in sorted(value.classes)] + sorted(
            value.functions, key=lambda f: f.id
        )
        if value.unknown or not called:
            return False
        return all(method is not None and self._unmentioned(method, call, argument) for method in called)

    def _unmentioned(self, method: Method, call: Node, argument: Node) -> bool:
        body = self.bodies.body(method)
        name = body.parameter_given(call, argument)
        return name is not None and not body.mentions(name)

    def _aliases(self, cls: ClassId, attribute: str) -> Iterator[str]:
        """Other names that construction gives the same object."""
        for relative in self.callers.assigning(attribute) & self.project.family(cls):
            info = self.project.classes[relative]
            for facts in info.facts.methods:
                if any(store.attribute == attribute for store in facts.stores):
                    yield from self.bodies.body(Method(info.path, relative, facts)).chained(attribute)

    def _flows_to_reader(self, cls: ClassId, target: str) -> bool:
        return target == "*" or self.verdict(cls, target) is LIVE

    def _ties(self, cls: ClassId, tie: Tie, attribute: str) -> bool:
        """Whether a tie leads through this definition: what stands before it in the path can be an instance."""
        places = [k for k, name in enumerate(tie.path) if name == attribute and k >= tie.shared]
        return any(self._is(self._along(tie.owner, tie.path[:place]), cls) for place in places)

    def _along(self, owner: ClassId, path: tuple[str, ...]) -> Value:
        """What a path of attributes leads to from an instance of a class."""
        if (owner, path) not in self._paths:
            start = Value(bound=frozenset({owner}))
            self._paths[owner, path] = (
                self.inference.attribute(self._along(owner, path[:-1]), path[-1]) if path else start
            )
        return self._paths[owner, path]

    # -- everything at once ------------------------------------------------------------------------------------

    def _read_all(self, cls: ClassId) -> bool:
        return any(self._container(d) for d in self.project.descendants(cls)) or any(
            self._reads_all(relative) for relative in self._near(cls)
        )

    def _near(self, cls: ClassId) -> list[ClassId]:
        """The family without the frameworks that it inherits from: whose code can mean parts of just this class."""
        if cls not in self._nearest:
            descendants = self.project.descendants(cls)
            family = sorted(relative for relative in self.project.family(cls) if relative in self.project.classes)
            self._nearest[cls] = [r for r in family if r in descendants or not self._is_framework(r)]
        return self._nearest[cls]

    def _is_framework(self, cls: ClassId) -> bool:
        """A base of so many classes that its code handles modules in general and means none of their parts."""
        return len(self.project.family(cls)) > MAX_FAMILY

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def _container(self, cls: ClassId) -> bool:
        """Sequential, ModuleList and ModuleDict read all their children, unless a forward of their own says what."""
        held = CONTAINERS & set(self.project.mro(cls))
        if not held:
            return False
        forward = self.project.method(cls, "forward")
        return forward is None or held != {"torch.nn.Sequential"} or self._iterates_itself(cls)

    def _iterates_itself(self, cls: ClassId) -> bool:
        info = self.project.classes[cls]
        return any(
            f.instance in f.mentions or "forward" in f.reads.get("super()", ())
            for f in info.facts.methods
            if f.name != "__init__"
        )

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def _reads_all(self, cls: ClassId) -> bool:
        """Whether a method of this very class reads every child of its instance."""
        info = self.project.classes[cls]
        for facts in info.facts.methods:
            if facts.instance and _may_sweep(facts):
                method = Method(info.path, cls, facts)
                constructs = self.roles.constructs(method)
                if (
                    self._kept_by_construction(method)
                    if constructs
                    else _reads_any(facts) or swept(self.bodies.body(method))
                ):
                    return True
        return False

    def _kept_by_construction(self, method: Method) -> bool:
        """Whether a constructor puts its children, found by a sweep, into something that is read."""
        assert method.owner is not None
        body = self.bodies.body(method)
        for node, name in sweeps(body):
            if name in CHILDREN and node.parent is not None and node.parent.type == "call":
                flows = uses_of(node.parent, body)
                if any(f.use is Use.FLOW and self.read_by_family(method.owner, f.target) for f in flows):
                    return True
        return False

    def _read_by_computed_name(self, cls: ClassId, attribute: str) -> bool:
        """Whether a `getattr(self, name)` of the family can be given this name."""
        family = self.project.family(cls)
        for method, receiver in self.callers.reading.get("*", ()):
            if method.owner in family and receiver == method.facts.instance and not self.roles.constructs(method):
                names = self._computed(cls, method)
                if attribute in names if names is not None else not self._is_framework(method.owner):
                    return True
        return False

    def _computed(self, cls: ClassId, method: Method) -> frozenset[str] | None:
        """The names that `getattr(self, name)` can be given in a method; None where that is not known."""
        body = self.bodies.body(method)
        names: set[str] = set()
        for node in body.nodes("call"):
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            if (
                function is None
                or body.text(function) != "getattr"
                or len(arguments) < 2
                or body.text(arguments[0]) != method.facts.instance
            ):
                continue
            found = self._class_strings(cls, body.text(arguments[1]), method.facts.instance)
            if not found:
                value = self.inference.expression(arguments[1], body)
                if value.unknown or not value.strings:
                    return None
                found = value.strings
            names |= found
        return frozenset(names)

    def _class_strings(self, cls: ClassId, text: str, instance: str) -> frozenset[str]:
        """The strings that a class attribute `self.name` has among the descendants of a class and their ancestors."""
        name = text.removeprefix(instance + ".")
        if not name.isidentifier() or name == text:
            return frozenset()
        family = [self.project.classes[c] for c in self.project.family(cls) if c in self.project.classes]
        return frozenset(
            s for info in family for store in info.facts.attributes if store.attribute == name for s in store.strings
        )

    # -- foreign receivers -------------------------------------------------------------------------------------

    def _foreign(self, cls: ClassId, attribute: str) -> Iterator[tuple[object, str]]:
        """Reads through other receivers that are, or might be, an instance of the class."""
        family = self.project.family(cls)
        for method, receiver in self._reading(attribute):
            if receiver == method.facts.instance and method.owner is not None:
                continue
            if INITIALISATION.fullmatch(method.facts.name) or not self._fits_shape(cls, method, receiver):
                continue
            value = self._receiver(method, receiver, attribute)
            if not (self._is(value, cls) or self._may_be(value, cls)):
                continue
            if self._only_initialises(method, receiver, attribute):
                continue
            if not self._is(value, cls) and self._is_tensor_method(method, receiver, attribute):
                continue
            if self._is(value, cls):
                yield LIVE, ""
            else:
                yield DEAD, f"`{receiver}.{attribute}` in {method.path}"

    def _fits_shape(self, cls: ClassId, method: Method, receiver: str) -> bool:
        surface, names = self.surface(cls), method.facts.reads.get(receiver, ())
        if surface is None or GUARDED in names:
            return True
        return all(name in surface or "*" in name or name[0] == GUARDED or GUARDED + name in names for name in names)

    def surface(self, cls: ClassId) -> frozenset[str] | None:
        """Every attribute that an instance can have; None where that cannot be known."""
        if cls not in self._surfaces:
            self._surfaces[cls] = self._surface(cls)
        return self._surfaces[cls]

    def _surface(self, cls: ClassId) -> frozenset[str] | None:
        names = set(knowledge.module_attributes())
        for relative in self.project.family(cls):
            info = self.project.classes.get(relative)
            if info is None:
                if (known := knowledge.module(relative)) is None:
                    return None
                names |= set(known.attributes)
                continue
            stored = [s.attribute for m in info.facts.methods for s in m.stores] + [
                s.attribute for s in info.facts.attributes
            ]
            if info.unresolved or ("*" in stored and not self._is_framework(relative)):
                return None
            names |= {*stored, *info.methods}
        return frozenset(names)

    def _receiver(self, method: Method, receiver: str, attribute: str) -> Value:
        key = (method.id, receiver, attribute)
        if key not in self._values:
            self._values[key] = self._infer_receiver(method, receiver, attribute)
        return self._values[key]

    def _infer_receiver(self, method: Method, receiver: str, attribute: str) -> Value:
        body = self.bodies.body(method)
        values = []
        for node in self._receivers(body, receiver, attribute):
            narrowed = self.inference.narrowed(node, body)
            values.append(narrowed if narrowed is not None else self.inference.expression(node, body))
        return union(values) if values else UNKNOWN

    def _only_initialises(self, method: Method, receiver: str, attribute: str) -> bool:
        """Whether all that a function does with `receiver.attribute` is to set, initialise or freeze it."""
        body = self.bodies.body(method)
        nodes = [owner.parent for owner in self._receivers(body, receiver, attribute)]
        found = [
            flow.use for node in nodes if node is not None and node.type == "attribute" for flow in uses_of(node, body)
        ]
        return bool(found) and all(use is Use.NONE for use in found)

    def _is_tensor_method(self, method: Method, receiver: str, attribute: str) -> bool:
        """Whether every use is a call as tensors' methods are called (`x.norm(dim=1)`) and modules are not."""
        if attribute not in knowledge.tensor_attributes():
            return False
        body = self.bodies.body(method)
        nodes = [owner.parent for owner in self._receivers(body, receiver, attribute)]
        return bool(nodes) and all(node is not None and _called_on_tensor(node, body) for node in nodes)

    def _receivers(self, body: Body, receiver: str, attribute: str) -> Iterator[Node]:
        for node in body.captures.get("attribute", ()):
            owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
            if (
                owner is not None
                and name is not None
                and body.text(name) == attribute
                and normalise(body.text(owner)) == receiver
            ):
                yield owner
        for node in body.captures.get("call", ()):
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            if (
                function is not None
                and body.text(function) == "getattr"
                and arguments
                and string_pattern(body.text(arguments[min(1, len(arguments) - 1)])) == attribute
                and normalise(body.text(arguments[0])) == receiver
            ):
                yield arguments[0]

    def _is(self, value: Value, cls: ClassId) -> bool:
        """Whether a value can be an instance of a class: exactly, or as a descendant of what it is bound to."""
        if any(cls in self.project.mro(exact) for exact in value.exact):
            return True
        family = self.project.family(cls)
        return any(bound in family and bound in self.project.classes for bound in value.bound)

    def _may_be(self, value: Value, cls: ClassId) -> bool:
        """Whether nothing rules out that a value is an instance of a class: it is unknown, or known as a torch base."""
        return value.unknown or any(
            bound in self.project.mro(cls) and bound not in self.project.classes for bound in value.bound
        )

    def _unseen(self, cls: ClassId) -> str:
        """Code that could read anything and that cannot be seen: a base whose source is not there."""
        bases = sorted({b for d in self.project.family(cls) for b in self._unresolved(d)})
        return f"base class `{bases[0]}` could not be read" if bases else ""

    def _handed_out(self, cls: ClassId) -> str:
        """A function of another package that is given the instance, and could read anything from it."""
        return next((place for relative in self._near(cls) if (place := self._hands_out(relative))), "")

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def _hands_out(self, cls: ClassId) -> str:
        info = self.project.classes.get(cls)
        for facts in info.facts.methods if info else ():
            if info and facts.instance and facts.instance in facts.mentions:
                method = Method(info.path, cls, facts)
                if not self.roles.constructs(method) and (callee := self._given_to_stranger(self.bodies.body(method))):
                    return f"`{callee}` is given the instance in {info.path}"
        return ""

    def _given_to_stranger(self, body: Body) -> str:
        instance = body.method.facts.instance
        for node in body.nodes("call"):
            function, arguments = node.child_by_field_name("function"), call_arguments(node)
            if function is not None and any(body.text(argument) == instance for argument in arguments):
                symbol = self.inference.static(function, body)
                if symbol is not None and symbol.kind is SymbolKind.EXTERNAL and not _harmless(symbol.target):
                    return body.text(function)
        return ""

    def _unresolved(self, cls: ClassId) -> tuple[str, ...]:
        info = self.project.classes.get(cls)
        return info.unresolved if info else ()


def _harmless(function: str) -> bool:
    """Functions of torch and of the standard library read no attribute by name, but for those that list all of them."""
    return function.split(".")[0] in ("torch", *sys.stdlib_module_names) and not function.startswith("inspect.get")


def _may_sweep(facts: Function) -> bool:
    return bool(SWEEPS.intersection(facts.reads.get(facts.instance, ()))) or facts.instance in facts.mentions


def _reads_any(facts: Function) -> bool:
    """`eval(text, {"self": self})` and `reduce(getattr, path, self)` read what only run time knows."""
    return facts.instance in facts.mentions and (
        "getattr" in facts.mentions or bool({"eval", "exec"} & set(facts.calls))
    )


def _called_on_tensor(node: Node, body: Body) -> bool:
    call = node.parent
    if call is None or call.type != "call" or call.child_by_field_name("function") != node:
        return False
    arguments = call.child_by_field_name("arguments")
    children = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
    if not children or children[0].type in ("integer", "float", "unary_operator", "none", "string", "tuple"):
        return True
    keywords = [child.child_by_field_name("name") for child in children if child.type == "keyword_argument"]
    return any(name is not None and body.text(name) in TENSOR_KEYWORDS for name in keywords)
