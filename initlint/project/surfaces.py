"""The surface of a class: the attributes and methods that code could read from an instance."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from initlint.construction import knowledge
from initlint.facts.arguments import call_arguments
from initlint.facts.spelled import fits
from initlint.project.asking import Asking
from initlint.project.bodies import Body
from initlint.project.classes import ClassId, Method
from initlint.project.flows import LOOKS
from initlint.remembered import remembered

if TYPE_CHECKING:
    from tree_sitter import Node


class Surfaces(Asking):
    """The names on instances, by class."""

    @remembered
    def of(self, cls: ClassId) -> frozenset[str] | None:
        """Every attribute that an instance can have; None if that cannot be known."""
        names = set(knowledge.module_attributes())
        for relative in self.project.family(cls):
            info = self.project.classes.get(relative)
            if info is None:
                if knowledge.module(relative) is None:
                    return None
                names |= knowledge.surface(relative)
                continue
            own = self._named(relative)
            if info.unresolved or ("*" in own and not self.project.is_framework(relative)):
                return None
            names |= own
        return frozenset(names)

    def own(self, cls: ClassId) -> frozenset[str]:
        """What a class and its bases define in their own code."""
        return frozenset(name for each in self.project.mro(cls) for name in self._named(each))

    def computes(self, cls: ClassId, name: str) -> bool:
        """Whether a class sets an attribute with this name by a computed one."""
        return any(fits(pattern, name) for pattern in self._patterns(cls))

    @remembered
    def _patterns(self, cls: ClassId) -> list[str]:
        return [each for each in self.of(cls) or () if "*" in each]

    def can_have(self, cls: ClassId, names: Collection[str]) -> bool:
        """Whether a class of the project or of torch has all these names, or gets them from code that its instances are
        passed to."""
        surface = self.of(cls) if knowledge.module(cls) is None else knowledge.surface(cls)
        missing = () if surface is None else [name for name in names if name not in surface]
        return not missing or (self._is_furnished(cls) and all(map(self.callers.giving.get, missing)))

    @remembered
    def _is_furnished(self, cls: ClassId) -> bool:
        """Whether a constructor passes its instance to other code: `method.create_weights(self, size)`."""
        for info in self.project.lineage(cls):
            facts = info.methods.get("__init__")
            if facts is not None and facts.instance in facts.mentions:
                body = self.bodies.body(Method(info.path, info.id, facts))
                if any(_hands_over(call, body) for call in body.nodes("call")):
                    return True
        return False

    def _named(self, cls: ClassId) -> frozenset[str]:
        """The attributes and methods that a class of the project has in its own code."""
        info = self.project.classes.get(cls)
        if info is None:
            return frozenset()
        return info.stored.union((store.attribute for store in info.facts.attributes), info.methods)


def _hands_over(call: Node, body: Body) -> bool:
    """Whether a call passes the instance to other code than a base class."""
    callee = body.callee(call)
    given = body.method.facts.instance in map(body.text, call_arguments(call))
    return given and callee not in LOOKS | {"super"} and not callee.endswith(".__init__")
