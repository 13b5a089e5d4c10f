"""Readers: for each definition of a class, whether anything reads it after construction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager

from initlint.construction import knowledge
from initlint.facts.receivers import meant
from initlint.model import Confidence, Kind, Verdict
from initlint.project.aliases import Aliases
from initlint.project.bodies import Bodies
from initlint.project.callers import ENTRY_POINTS, Callers
from initlint.project.classes import ClassId, Method
from initlint.project.computed import Computed
from initlint.project.enclosing import Enclosing
from initlint.project.entries import Entries
from initlint.project.flows import Flow, Use
from initlint.project.foreign import CERTAIN, Foreign
from initlint.project.frameworks import read_by_framework
from initlint.project.gathered import is_part_of_given
from initlint.project.inference import Inference
from initlint.project.inheritance import MODULE
from initlint.project.initialisers import Initialisers
from initlint.project.items import Items
from initlint.project.kinds import Kinds
from initlint.project.listed import Listed
from initlint.project.named import NamedPaths, Tie
from initlint.project.placed import Placed
from initlint.project.placeholders import Placeholders
from initlint.project.project import Project
from initlint.project.roles import Roles
from initlint.project.sites import sites
from initlint.project.strangers import Strangers
from initlint.project.sweeps import BUFFERS
from initlint.project.values import NOTHING, Value, union
from initlint.project.wholesale import Wholesale
from initlint.remembered import remembered

LIVE = None
"""The verdict on a definition that something reads."""

KINDS = (Kind.SUBMODULE, Kind.PARAMETER, Kind.BUFFER)
"""The kinds of definitions, for code that reads all of a kind."""


class Readers:
    """Verdicts on definitions. All state is memoised lookups in one project.

    After a first doubtful place the search for a certain reader only continues if `thorough`.
    """

    def __init__(self, project: Project, thorough: bool = False) -> None:
        self.project = project
        self.thorough = thorough
        self._admitted: dict[ClassId, Mapping[str, Kind]] = {}
        self.bodies = Bodies(project)
        self.callers = Callers(project, self.bodies)
        self.inference = Inference(project, self.bodies, self.callers)
        self.aliases = Aliases(self.inference)
        self.roles = Roles(project, self.callers)
        self.initialisers = Initialisers(project, self.callers, self.roles)
        self.named = NamedPaths(project, self.bodies)
        self.items = Items(project, self.bodies, self.callers, self.roles)
        self.entries = Entries(project, self.bodies, self.roles)
        self.computed = Computed(self.inference, self.roles)
        self.foreign = Foreign(self.inference, self.computed, self._admitted)
        self.listed = Listed(self.inference, self.foreign)
        self.enclosing = Enclosing(self.inference)
        self.placeholders = Placeholders(self.inference)
        self.placed = Placed(self.inference)
        self.strangers = Strangers(self.inference, self.roles)
        self.kinds = Kinds(self.inference, self._admitted)
        self.wholesale = Wholesale(self.inference, self.roles, self.entries)
        self._verdicts: dict[tuple[ClassId, str], Verdict | None] = {}
        self._live: dict[tuple[ClassId, str], bool] = {}
        self._active: set[tuple[ClassId, str]] = set()

    @contextmanager
    def admitting(self, cls: ClassId, kinds: Mapping[str, Kind]) -> Iterator[None]:
        """A context in which a class has attributes that only its construction shows."""
        self._admitted[cls] = kinds
        try:
            yield
        finally:
            del self._admitted[cls]

    def verdict(self, cls: ClassId, attribute: str) -> Verdict | None:
        """None if the definition is live; otherwise how certain it is that nothing reads it, and what is in doubt."""
        attribute = meant(attribute)
        key = (cls, attribute)
        if key not in self._verdicts:
            self._verdicts[key] = LIVE if self._lives(cls, attribute) else self._dead(cls, attribute)
        return self._verdicts[key]

    def verdict_on_all(self, cls: ClassId, pattern: str) -> Verdict | None:
        """The verdict on everything that a computed name can be: live if anything reads one of these names."""
        if any(self._is_live(cls, target) for target in (pattern, *self.aliases.of(cls, pattern))):
            return LIVE
        verdicts = [self.verdict(cls, name) for name in self._named_by(cls, pattern)]
        return next((v for v in verdicts if v and v.confidence is Confidence.POSSIBLE), verdicts[0])

    def passed(self, cls: ClassId, parameter: str) -> Value:
        """What the project's calls pass to the constructor of a class for a parameter."""
        method = self.project.method(cls, "__init__")
        return self.inference.variables.parameter(parameter, self.bodies.body(method)) if method else NOTHING

    def keys_read(self, cls: ClassId, container: str) -> frozenset[str] | None:
        """The only keys by which items of a container are read; None if others are read too, or may be."""
        keys = self.items.keys(cls, container)
        if keys is None or self._foreign_doubt(cls, container) != "" or self._is_read_unnamed(cls, container):
            return None
        if self._is_named(cls, container) or any(self.aliases.of(cls, container)) or self._registers(cls, container):
            return None
        return None if any(self._doubtful(cls, container, ())) or self._is_swept(cls, container) else keys

    def _named_by(self, cls: ClassId, pattern: str) -> list[str]:
        """The names read anywhere that a name or pattern matches."""
        if "*" not in pattern:
            return [pattern]
        return [pattern.replace("*", "0"), *self.callers.fitting(pattern), *self.computed.fitting(cls, pattern)]

    def _is_live(self, cls: ClassId, target: str) -> bool:
        """Whether anything reads a name, or one that a pattern stands for; an unknown name can be any."""
        unknown = "*" in target and not any(character.isalnum() for character in target)
        return unknown or any(self._lives(cls, name) for name in self._named_by(cls, target))

    def _lives(self, cls: ClassId, attribute: str) -> bool:
        """Whether anything reads a definition, other than what depends on it itself."""
        attribute = meant(attribute)
        key = (cls, attribute)
        if key in self._active:
            return False
        if key not in self._live:
            self._active.add(key)
            live = self._finds_reader(cls, attribute)
            self._active.discard(key)
            if self._active and not live:
                return False
            self._live[key] = live
        return self._live[key]

    def _finds_reader(self, cls: ClassId, attribute: str) -> bool:
        if self._is_read(cls, attribute) or self._is_named(cls, attribute):
            return True
        if any(self._is_live(cls, alias) for alias in self.aliases.of(cls, attribute)):
            return True
        if self._registers(cls, attribute):
            return True
        if any(self._leads_to_reader(cls, attribute, flow) for flow in self._construction_uses(cls, attribute)):
            return True
        return self._foreign_doubt(cls, attribute) is None or self._is_swept(cls, attribute)

    def _dead(self, cls: ClassId, attribute: str) -> Verdict:
        """The verdict on a definition for which no reader was found."""
        flows = list(self._construction_uses(cls, attribute))
        doubt = next(filter(None, self._doubtful(cls, attribute, flows)), "")
        needs = next((flow.line for flow in flows if flow.use is Use.CONFIGURATION), 0)
        return Verdict(
            Confidence.POSSIBLE if doubt else Confidence.CERTAIN,
            doubt,
            f"line {needs} reads its shape or configuration" if needs else "",
            self.initialisers.touching(cls, attribute),
            self.initialisers.sweeping(cls),
        )

    def _doubtful(self, cls: ClassId, attribute: str, flows: Iterable[Flow]) -> Iterator[str | None]:
        """The places that might read it, the first of each kind."""
        yield self._foreign_doubt(cls, attribute)
        yield self._tied(cls, attribute)
        yield self.strangers.doubt(cls)
        yield self._carried(cls, attribute)
        yield self.listed.doubt(cls, attribute)
        yield self._doubtful_sweep(cls, attribute)
        yield self.computed.doubt(cls)
        yield self.foreign.called_by_any_name(cls)
        yield self.placeholders.doubt(cls, attribute)
        yield self.placed.doubt(cls)
        yield self._doubtful_heir(cls, attribute, flows)
        yield self.strangers.found(self.inference.attribute(Value(exact=frozenset({cls})), attribute))

    def _is_read(self, cls: ClassId, attribute: str) -> bool:
        """Whether a method of the family reads it, by name or with all others, or a base class of torch."""
        return self.entries.read(cls, attribute) or self._is_read_unnamed(cls, attribute)

    def _is_read_unnamed(self, cls: ClassId, attribute: str) -> bool:
        """Whether it is read without being named in the code of the project."""
        return (
            attribute in self._read_by_others(cls)
            or self._is_read_with_all(cls, attribute)
            or self.computed.reads(cls, attribute)
        )

    def _is_read_with_all(self, cls: ClassId, attribute: str) -> bool:
        """Whether all definitions of its kind are read; the kind is only looked up if it makes a difference."""
        answers = {self.wholesale.reads_all(cls, kind) for kind in KINDS}
        if len(answers) == 1:
            return answers.pop()
        kind = self.kinds.of(cls, attribute)
        past = BUFFERS if kind is Kind.SUBMODULE and self.kinds.lacks_buffers(cls, attribute) else frozenset[str]()
        return self.wholesale.reads_all(cls, kind, past)

    def _is_swept(self, cls: ClassId, attribute: str) -> bool:
        """Whether other code reads all submodules of exactly this class: asked last, since it concerns all files."""
        return self.wholesale.swept(cls) and self.kinds.of(cls, attribute) is Kind.SUBMODULE

    def _doubtful_sweep(self, cls: ClassId, attribute: str) -> str:
        """Where other code uses all submodules of something that can be an instance, or ""."""
        place = self.wholesale.doubt(cls)
        return place if place and self.kinds.of(cls, attribute) is Kind.SUBMODULE else ""

    def _is_named(self, cls: ClassId, attribute: str) -> bool:
        """Whether it is named by a class attribute, or as the source of a tie."""
        ties = self.named.ties(attribute, cls.partition("::")[0])
        return self.named.names(cls, attribute) or any(self._ties(cls, tie, attribute) for tie in ties)

    def _leads_to_reader(self, cls: ClassId, attribute: str, flow: Flow) -> bool:
        if flow.use is Use.FLOW:
            return flow.target != attribute and self._is_live(cls, flow.target)
        return flow.use is Use.READ

    def _doubtful_heir(self, cls: ClassId, attribute: str, flows: Iterable[Flow]) -> str:
        """A doubtful reader of what it flows into, or ""."""
        heirs = dict.fromkeys(flow.target for flow in flows if flow.use is Use.FLOW and flow.target != attribute)
        return next((doubt for heir in heirs if (doubt := self._foreign_doubt(cls, heir))), "")

    @remembered
    def _foreign_doubt(self, cls: ClassId, attribute: str) -> str | None:
        """A doubtful reader through another receiver, "" if there is none, None if one is certain."""
        doubt = ""
        for place in self.foreign.readers(cls, attribute):
            if place is CERTAIN:
                return None
            doubt = doubt or place
            if not self.thorough:
                break
        return doubt

    def assigns_module(self, method: Method, attribute: str) -> bool:
        """Whether a method certainly or possibly assigns a module or a parameter to an attribute."""
        body = self.bodies.body(method)
        value = union(self.inference.expression(node, body) for node in body.stores(attribute))
        value = union([value, value.element or value])
        return any(self.project.is_module(cls) or knowledge.module(cls) for cls in value.instances)

    @remembered
    def _read_by_others(self, cls: ClassId) -> frozenset[str]:
        """What the classes of torch, or of a framework, that it or a subclass inherits from read."""
        ancestors = {ancestor for heir in self.project.descendants(cls) for ancestor in self.project.mro(heir)}
        known = (module.reads for module in map(knowledge.module, ancestors) if module)
        return frozenset().union(*known, *map(read_by_framework, ancestors))

    def _construction_uses(self, cls: ClassId, attribute: str) -> Iterator[Flow]:
        for method in self.callers.readers_within(cls, attribute):
            if self.roles.constructs(method):
                body = self.bodies.body(method)
                for site in sites(body, method.facts.instance, attribute):
                    yield from self.aliases.trace(body).value(site.node) if body.own(site.node) else ()
            elif outer := self.entries.lambda_of_construction(method):
                yield from self._lambda_uses(method, outer)
        for body, node in self.computed.in_construction(cls, attribute):
            yield from self.aliases.trace(body).value(node)

    def _lambda_uses(self, method: Method, outer: Method) -> Iterator[Flow]:
        """A lambda that construction makes reads when it is called: what matters is where it goes."""
        body = self.bodies.body(outer)
        start = method.facts.start - outer.facts.start
        for node in body.captures("nested"):
            if node.start_byte == start and node.type == "lambda":
                yield from self.aliases.trace(body).value(node)

    def _ties(self, cls: ClassId, tie: Tie, attribute: str) -> bool:
        """Whether a tie leads through this definition: what precedes it in the path can be an instance."""
        places = [k for k, name in enumerate(tie.path) if name == attribute and k >= tie.shared]
        return any(self.foreign.is_instance(self._along(tie.owner, tie.path[:place]), cls) for place in places)

    def _registers(self, cls: ClassId, attribute: str) -> bool:
        """Whether it is a container that only registers what construction also stores where it is read.

        A bare `nn.Module()` in it is only a namespace of the state dict.
        """
        for method in self.callers.readers_within(cls, attribute):
            body = self.bodies.body(method)
            filled = body.filled(f"{method.facts.instance}.{attribute}")
            if any(self.inference.expression(node, body).exact == {MODULE} for node in filled):
                return True
            if any(is_part_of_given(node, body) for node in filled):
                return True
            holding = {name for node in filled for name in self.aliases.holding(node, body, whole=False)} - {attribute}
            if any(self._is_live(cls, name) for name in sorted(holding)):
                return True
        return False

    def _carried(self, cls: ClassId, attribute: str) -> str:
        """The definitions of a class without a method after construction (but to raise) are read by its holder, as its
        other parts are.

        A class whose `forward` is missing or only raises is meant for subclasses, perhaps elsewhere.
        """
        if any(knowledge.module(base) for base in self.project.mro(cls) if base != MODULE):
            return ""
        methods = [m for relative in self.project.near(cls) for m in self.project.classes[relative].functions]
        stored = {store.attribute for method in methods for store in method.facts.stores}
        parts = {name for name in sorted(stored - {attribute}) if self._may_be_part(cls, name)}
        running = [method for method in methods if self._may_read(cls, method, parts)]
        if not all(self.bodies.body(method).is_unwritten for method in running) and not self._is_for_heirs(cls):
            return ""
        if any(self._is_live(cls, part) for part in sorted(parts)):
            return ""
        return "no method of the class could read it, so whoever holds an instance may"

    def _may_read(self, cls: ClassId, method: Method, parts: Set[str]) -> bool:
        """Whether a method runs after construction and is made for the parts of a class, unlike a mixed-in one."""
        facts = method.facts
        if not (facts.instance or facts.name == "forward") or self.roles.constructs(method):
            return False
        own = method.owner in self.project.descendants(cls) or facts.name in ENTRY_POINTS
        return own or not parts.isdisjoint(facts.reads.get(facts.instance, ()))

    def _is_for_heirs(self, cls: ClassId) -> bool:
        """Whether only subclasses elsewhere can run it."""
        forward = self.project.method(cls, "forward")
        if forward is None or self.project.descendants(cls) != {cls} or not self.bodies.body(forward).is_unwritten:
            return False
        return not any(self._writes(cls, method) for method in self.project.classes[forward.owner or cls].functions)

    def _writes(self, cls: ClassId, method: Method) -> bool:
        """Whether a class has written what one of its bases leaves to subclasses."""
        own = self.project.method(cls, method.facts.name)
        written = own is not None and own.owner != method.owner and not self.bodies.body(own).is_unwritten
        return written and self.bodies.body(method).is_unwritten

    def _may_be_part(self, cls: ClassId, attribute: str) -> bool:
        """Whether an attribute can be a module, a parameter or a buffer."""
        value = self.inference.attribute(Value(exact=frozenset({cls})), attribute)
        part = value.unknown or bool(value.instances) or self.kinds.registered(cls, attribute)
        return "*" not in attribute and part

    def _tied(self, cls: ClassId, attribute: str) -> str:
        """A tie that replaces this weight by another: nothing reads it, but its place is needed."""
        for tie in self.named.tied(attribute):
            if self.foreign.is_instance(self._along(tie.owner, tie.target[:-1]), cls):
                return f"`{tie.owner.partition('::')[2]}` ties it to `{'.'.join(tie.path)}`"
        return ""

    @remembered
    def _along(self, owner: ClassId, path: tuple[str, ...]) -> Value:
        """What a path of attributes leads to from an instance of a class."""
        start = Value(bound=frozenset({owner}))
        return self.inference.attribute(self._along(owner, path[:-1]), path[-1]) if path else start
