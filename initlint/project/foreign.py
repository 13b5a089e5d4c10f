"""Reads through receivers other than the instance itself: `attn.to_q`, `model.head.weight`, `getattr(net, "stem")`.

Most are ruled out by shape: a receiver is an instance of a class only if everything that the function reads from it
exists there. What is left is inferred.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.arguments import code_in
from initlint.facts.vocabulary import GUARDED
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.computed import Computed
from initlint.project.flows import Use, is_called, only_name, standing_for
from initlint.project.handling import allows
from initlint.project.inference import Inference
from initlint.project.narrowing import in_other_arm, tested_names
from initlint.project.observed import Observed
from initlint.project.roles import initialises_others
from initlint.project.sight import is_test
from initlint.project.sites import only_does, sites, stands_for
from initlint.project.surfaces import Surfaces
from initlint.project.values import UNKNOWN, Value, union
from initlint.project.wrappers import LOCAL
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

CERTAIN = ""
"""The receiver is certainly an instance of the class: nothing is in doubt."""

TENSOR_KEYWORDS = frozenset("dim keepdim axis dtype p ord dims descending memory_format start_dim end_dim".split())
"""Arguments that methods of tensors take but modules do not."""


SETTINGS = frozenset({"cfg", "config", "conf"})
CONFIGURATIONS = SETTINGS | set("args opt opts options hparams hparam hyp params ctx namespace".split())
"""Last words of names that by convention hold settings or a context, not a module; what settings hold is settings
too."""

FEW = 6
"""The number of classes whose instances one variable plausibly holds in turn."""

BUILTIN_ATTRIBUTES = frozenset(name for kind in (str, bytes, dict, list, set, re.Match, Path) for name in dir(kind))


class Foreign(Asking):
    """Readers of a definition that are not methods of its family."""

    def __init__(self, inference: Inference, computed: Computed, admitted: Mapping[ClassId, Collection[str]]) -> None:
        super().__init__(inference)
        self.computed = computed
        self.observed = Observed(inference)
        self.surfaces = Surfaces(inference)
        self._admitted = admitted

    def readers(self, cls: ClassId, attribute: str) -> Iterator[str]:
        """Reads through other receivers that are, or might be, an instance of the class."""
        for method, receiver in self.callers.readers(attribute, telling=True):
            own = method.owner is not None and receiver == method.facts.instance
            anybodys = own and self._extends_any(method)
            if (own and not anybodys and not self.callers.is_lent(method)) or initialises_others(self.project, method):
                continue
            if self._fits_shape(cls, method, receiver) or self._fits_arm(cls, attribute, method, receiver):
                value = UNKNOWN if anybodys else self._receiver(method, receiver, attribute)
                doubt = self._doubt(cls, attribute, method, receiver, value)
            else:
                doubt = CERTAIN if self._takes_turns(cls, attribute, method, receiver) else None
            if doubt is None and self._hands_on(cls, attribute, method, receiver):
                doubt = _place(method, receiver, attribute)
            if doubt is not None and not self._only_initialises(method, receiver, attribute, doubt is CERTAIN):
                yield doubt
        for read in self.computed.naming(attribute):
            doubt = self._doubt(cls, attribute, read.method, read.receiver, read.value)
            if doubt is CERTAIN or (doubt is not None and self._fits_shape(cls, read.method, read.receiver)):
                yield doubt

    def _extends_any(self, method: Method) -> bool:
        """Whether a method is of a class that a function derives from any given class."""
        return method.owner is not None and self._extends(method.owner)

    def _extends(self, cls: ClassId) -> bool:
        info = self.project.classes.get(cls)
        return info is not None and LOCAL in info.facts.qualname and bool(info.unresolved)

    def called_by_any_name(self, cls: ClassId) -> str:
        """Where code that knows the class calls a part of something unknown by an unknown name."""
        files = {self.project.classes[relative].path for relative in self.project.near(cls)}
        for read in self.computed.called:
            knows = read.path in files or not files.isdisjoint(self.project.sight.imported(read.path))
            method = self.computed.method(read) if knows and not _is_configuration(read.receiver) else None
            if method is not None and self._fits_shape(cls, method, read.receiver):
                return str(read)
        return ""

    def _takes_turns(self, cls: ClassId, attribute: str, method: Method, receiver: str) -> bool:
        """Whether a variable certainly holds an instance in some branch, and in others something that the class is
        not."""
        if not self.sees(method, cls):
            return False
        value = self._receiver(method, receiver, attribute)
        return len(value.instances) <= FEW and self.is_instance(value, cls)

    def _doubt(self, cls: ClassId, attribute: str, method: Method, receiver: str, value: Value) -> str | None:
        """The place of a read whose receiver can be an instance of the class; None if it is something else."""
        if self.is_instance(value, cls):
            one_of_many = value.unknown or len(value.instances) > 1
            return CERTAIN if not one_of_many or self._fits(cls, method, receiver, attribute, value) else None
        possible = self._may_be(value, cls) and self._is_plausible(cls, method, receiver, attribute)
        return _place(method, receiver, attribute) if possible else None

    def _hands_on(self, cls: ClassId, attribute: str, method: Method, receiver: str) -> bool:
        """Whether a receiver forwards missing attributes, by a `__getattr__` that reads them from another object."""
        if not self._wrappers or _is_configuration(receiver) or not self.sees(method, cls):
            return False
        names = frozenset(method.facts.reads.get(receiver, ()))
        found = self._receiver(method, receiver, attribute).instances & self._wrappers.keys()
        owned = (self._wrappers[wrapper] for wrapper in found)
        return any(attribute not in own and self._has(cls, names - own) for own in owned)

    @functools.cached_property
    def _wrappers(self) -> dict[ClassId, frozenset[str]]:
        """The classes with a `__getattr__` that asks another object, with their own attributes."""
        heirs = (self.project.descendants(cls) for cls in self.callers.having("__getattr__"))
        found = {cls: self.project.method(cls, "__getattr__") for cls in sorted(frozenset().union(*heirs))}
        return {
            cls: self.surfaces.own(cls)
            for cls, method in found.items()
            if method is not None and any("*" in names for names in method.facts.reads.values())
        }

    def sees(self, method: Method, cls: ClassId) -> bool:
        """Whether a function has the class, or one of its family, in sight: in its file or in that of a subclass.

        A method of a base runs for every subclass, on what that defines.
        """
        seen = self.project.sight.of(method.path) | self._seen_by_heirs(method.owner)
        return any(self.project.classes[relative].path in seen for relative in self.project.near(cls))

    @remembered
    def _seen_by_heirs(self, owner: ClassId | None) -> frozenset[str]:
        """The files of the subclasses of a class, with what these import; none for a framework."""
        if owner is None or self.project.is_framework(owner):
            return frozenset()
        paths = {self.project.classes[heir].path for heir in self.project.descendants(owner)}
        return frozenset(paths.union(*map(self.project.sight.imported, paths)))

    def _is_plausible(self, cls: ClassId, method: Method, receiver: str, attribute: str) -> bool:
        """Whether a receiver of unknown type is not better explained as something other than this class."""
        if _is_configuration(receiver) or self._is_tensor_method(method, receiver, attribute):
            return False
        if not self._fits(cls, method, receiver, attribute, UNKNOWN):
            return False
        if self.sees(method, cls):
            return True
        names = {name for name in method.facts.reads.get(receiver, ()) if name[0] != GUARDED}
        if names and (names <= knowledge.tensor_attributes() or names <= BUILTIN_ATTRIBUTES):
            return False
        seen = self.project.sight.of(method.path)
        others = (other for other in self.callers.having(attribute) if self.project.classes[other].path in seen)
        return not any(self._explains(other, method, receiver, attribute) for other in others)

    def _explains(self, cls: ClassId, method: Method, receiver: str, attribute: str) -> bool:
        """Whether a class in sight is what a read means: not a stand-in of a test, nor derived from any given class."""
        stands_in = is_test(self.project.classes[cls].path) and not is_test(method.path)
        return not (
            stands_in
            or self._extends(cls)
            or not self._fits_shape(cls, method, receiver)
            or self._takes_over(cls, attribute)
        )

    def _takes_over(self, cls: ClassId, attribute: str) -> bool:
        """Whether a class gets an attribute from something else that has it under the same name."""
        storing = (method for method in self.project.classes[cls].functions if method.stores(attribute))
        bodies = map(self.bodies.body, storing)
        given = [(node, body) for body in bodies for node in body.stores(attribute)]
        return bool(given) and all(
            node.type == "attribute" and body.text(node).endswith(f".{attribute}") for node, body in given
        )

    def _fits(self, cls: ClassId, method: Method, receiver: str, attribute: str, value: Value) -> bool:
        """Whether the object, and what is read from it, can be everything that the code uses them as.

        An admitted attribute is not among those that the code of the class defines, so it can be anything. What the
        code stores an instance as is one, whatever it is elsewhere.
        """
        admitted = attribute in self._admitted.get(cls, ())
        return (
            (admitted or self._fits_value(cls, attribute, self._read_from(method, receiver, attribute)))
            and (admitted or self._fits_handling(cls, method, receiver, attribute))
            and (self._is_exactly(value, cls) or not self._fits_another(cls, method, receiver, attribute))
        )

    def _fits_handling(self, cls: ClassId, method: Method, receiver: str, attribute: str) -> bool:
        """Whether what the class defines under a name can be called, iterated or computed with as it is here."""
        body = self.bodies.body(method)
        found = list(sites(body, receiver, attribute))
        surface = self.surfaces.of(cls)
        if found and surface is not None and all(not tested_names(site.owner, body) <= surface for site in found):
            return False
        if GUARDED in method.facts.reads.get(f"{receiver}.{attribute}", ()):
            return True
        value = self.inference.attribute(Value(exact=frozenset({cls})), attribute)
        nodes = [node for site in found for node in standing_for(site.node, body)]
        return allows(self.project, self.bodies, value, nodes, body)

    def _read_from(self, method: Method, receiver: str, attribute: str) -> tuple[str, ...]:
        """What a function reads from the result of its reads, also by way of a local name."""
        body, reads = self.bodies.body(method), method.facts.reads
        aliases = {only_name(site.node, body) for site in sites(body, receiver, attribute)}
        own = (f"{receiver}.{attribute}", *sorted(aliases - {""}))
        return tuple(name for each in own for name in reads.get(each, ()))

    def _fits_another(self, cls: ClassId, method: Method, receiver: str, attribute: str) -> bool:
        """Whether everything that is read from the object exists on another class, but not on this one."""
        names = self.observed.names(method, receiver) - self._added(method, receiver)
        family = self.project.family(cls)
        return not self._has(cls, names) and any(
            self._has(other, names) for other in self.callers.having(attribute) if other not in family
        )

    def _fits_value(self, cls: ClassId, attribute: str, names: tuple[str, ...]) -> bool:
        """Whether what the class defines under a name has everything that is read from it here: no Linear has a
        `decoder`."""
        value = self.inference.attribute(Value(exact=frozenset({cls})), attribute)
        wanted = {name for name in names if name[0] != GUARDED and "*" not in name}
        if not wanted or value.unknown or value.bound or value.element is not None or GUARDED in names:
            return True
        if not value.exact:
            return wanted <= knowledge.tensor_attributes()
        return any(self.surfaces.can_have(kind, wanted) for kind in value.exact)

    def _fits_shape(self, cls: ClassId, method: Method, receiver: str) -> bool:
        return self._has(cls, frozenset(method.facts.reads.get(receiver, ())) - self._added(method, receiver))

    def _added(self, method: Method, receiver: str) -> frozenset[str]:
        """What a method finds on its instance whatever class it extends: attributes and methods of its own class."""
        if method.owner is None or receiver != method.facts.instance or not self._extends_any(method):
            return frozenset()
        return self.surfaces.own(method.owner)

    def _fits_arm(self, cls: ClassId, attribute: str, method: Method, receiver: str) -> bool:
        """Whether a class has everything that is read with an attribute in one arm of a branch, and not only that.

        In the other arms the receiver is another kind of thing: `if name == "a": m.head(m.stem) else: m.classifier`.
        """
        names, surface = method.facts.reads.get(receiver, ()), self.surfaces.of(cls) or frozenset()
        if len(surface.intersection(names) - knowledge.module_attributes()) < 2:
            return False
        body = self.bodies.body(method)

        def beside(place: Node, name: str) -> bool:
            return any(not in_other_arm(place, site.node) for site in sites(body, receiver, name))

        lacking = [name for name in names if not self._has(cls, (name,))]
        for site in sites(body, receiver, attribute):
            if not any(beside(site.node, name) for name in lacking):
                read = {name for name in names if beside(site.node, name)}
                if len(read - knowledge.module_attributes()) > 1 and len(read) < len(names):
                    return True
        return False

    def _has(self, cls: ClassId, names: Collection[str]) -> bool:
        """Whether a class has all these names, except those that the code tests for."""
        surface = self.surfaces.of(cls)
        if surface is None or GUARDED in names:
            return True
        admitted = self._admitted.get(cls, ())
        unknown = (name for name in names if name not in surface and name not in admitted)
        missing = [name for name in unknown if "*" not in name and name[0] != GUARDED]
        return all(GUARDED + name in names or self.surfaces.computes(cls, name) for name in missing)

    @remembered
    def _receiver(self, method: Method, receiver: str, attribute: str) -> Value:
        """What a receiver can be where an attribute is read from it."""
        body = self.bodies.body(method)
        values = [stands_for(site, body, self.inference) for site in sites(body, receiver, attribute)]
        value = union(values) if values else self._named(receiver, body)
        names = (attribute,) if receiver.endswith("()") else method.facts.reads.get(receiver, ())
        return value if self._is_consistent(value, names) else UNKNOWN

    def _named(self, receiver: str, body: Body) -> Value:
        """The value of a name that is only read where a function takes its defaults from, outside of its body."""
        hidden = body.hides(receiver.partition(".")[0])
        symbol = None if hidden else self.project.resolve(body.method.path, receiver, body.inside)
        return self.inference.variables.symbol(symbol, body) if symbol is not None else UNKNOWN

    def _is_consistent(self, value: Value, names: Collection[str]) -> bool:
        """Whether an annotation can be trusted: not if no class that it names has what is read from the receiver.

        Calls that are spelled alike return different objects, which do not all have everything that is read.
        """
        own = [cls for cls in value.bound if cls in self.project.classes]
        return not own or bool(value.exact) or any(self._has(cls, names) for cls in own)

    def _only_initialises(self, method: Method, receiver: str, attribute: str, known: bool) -> bool:
        """Whether a function only sets, initialises or freezes `receiver.attribute`.

        For what only might be the definition, inspecting it is no read either.
        """
        spared = (Use.NONE,) if known else (Use.NONE, Use.CONFIGURATION)
        body = self.bodies.body(method)
        return only_does(spared, sites(body, receiver, attribute), body)

    def _is_tensor_method(self, method: Method, receiver: str, attribute: str) -> bool:
        """Whether every use is a call in the manner of tensors' methods (`x.norm(dim=1)`) rather than modules."""
        if attribute not in knowledge.tensor_attributes():
            return False
        body = self.bodies.body(method)
        nodes = [site.node for site in sites(body, receiver, attribute)]
        return bool(nodes) and all(_called_on_tensor(node, body) for node in nodes)

    def is_instance(self, value: Value, cls: ClassId) -> bool:
        """Whether a value can be an instance of a class: exactly, or as a descendant of its bound.

        Reads from the class itself find what is in its body.
        """
        if self._is_exactly(value, cls):
            return True
        family = self.project.family(cls)
        return any(bound in family and bound in self.project.classes for bound in value.bound | value.classes)

    def _is_exactly(self, value: Value, cls: ClassId) -> bool:
        return any(cls in self.project.mro(exact) for exact in value.exact)

    def _may_be(self, value: Value, cls: ClassId) -> bool:
        """Whether nothing rules out that a value is an instance of a class: it is unknown, or only a base of torch is
        known."""
        return value.unknown or any(
            bound in self.project.mro(cls) and bound not in self.project.classes for bound in value.bound
        )


def _place(method: Method, receiver: str, attribute: str) -> str:
    return f"`{receiver}.{attribute}` in {method.path}"


def _is_configuration(receiver: str) -> bool:
    """Whether a receiver, as written, is a configuration or a part of one by its name: `create_cfg`, `cfg.env`."""
    words = [part.removesuffix("[]").rstrip("_").rpartition("_")[2] for part in receiver.split(".")]
    return words[-1] in CONFIGURATIONS or not SETTINGS.isdisjoint(words)


def _called_on_tensor(node: Node, body: Body) -> bool:
    call = node.parent
    if call is None or not is_called(node):
        return False
    children = code_in(call.child_by_field_name("arguments"))
    if not children or children[0].type in ("integer", "float", "unary_operator", "none", "string", "tuple"):
        return True
    keywords = [child.child_by_field_name("name") for child in children if child.type == "keyword_argument"]
    return any(name is not None and body.text(name) in TENSOR_KEYWORDS for name in keywords)
