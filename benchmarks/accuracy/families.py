"""The classes of a library, linked by their names alone.

Classes of one name count as one family unless the file at hand says which is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from texts import OWN_ATTRIBUTE_HOOKS, ClassKey, ClassText, read_file

MODULE_ROOTS = frozenset({"Module", "LightningModule"})
INERT_BASES = MODULE_ROOTS | {"object", "ABC", "Generic", "Protocol", "Enum"}
CONTAINER_ROOTS = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})

TORCH_NAMES = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda device double dtype
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half hparams
    ipu load_state_dict log logger modules mtia named_buffers named_children named_modules named_parameters
    parameters register_backward_hook register_buffer register_forward_hook register_module register_parameter
    requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty trainer train training type
    xpu zero_grad""".split()
)
"""What every module has already."""


class Library:
    """All classes of a library, linked by their names."""

    def __init__(self, root: Path) -> None:
        texts = [read_file(root, path) for path in sorted(root.rglob("*.py")) if path.is_file()]
        self.files = {text.path: text for text in texts if text is not None}
        self.classes = {cls.key: cls for text in self.files.values() for cls in text.classes}

    @cached_property
    def _named(self) -> dict[str, list[ClassKey]]:
        named: dict[str, list[ClassKey]] = {}
        for key in self.classes:
            named.setdefault(key[1], []).append(key)
        return named

    def _base_keys(self, cls: ClassText, base: str) -> list[ClassKey]:
        """The class of this file that bears the name, and all others of that name if the file imports it."""
        local = (cls.path, base)
        imported = self.files[cls.path].imports.get(base)
        if local in self.classes and local != cls.key and imported is None:
            return [local]
        name = imported.rpartition(".")[2] if imported else base
        return [key for key in self._named.get(name, ()) if key != cls.key]

    @cached_property
    def parents(self) -> dict[ClassKey, list[ClassKey]]:
        return {
            key: [parent for base in cls.bases for parent in self._base_keys(cls, base)]
            for key, cls in self.classes.items()
        }

    @cached_property
    def children(self) -> dict[ClassKey, list[ClassKey]]:
        children: dict[ClassKey, list[ClassKey]] = {}
        for key, parents in self.parents.items():
            for parent in parents:
                children.setdefault(parent, []).append(key)
        return children

    def ancestors(self, key: ClassKey) -> set[ClassKey]:
        return _reached([key], self.parents)

    def family(self, key: ClassKey) -> set[ClassKey]:
        """The class, everything that it derives from, what derives from it, and what that derives from."""
        return _reached(_reached([key], self.children), self.parents)

    def roots(self, keys: Iterable[ClassKey]) -> set[str]:
        """The names of bases that no class of the library bears."""
        return {
            base for key in keys for base in self.classes[key].bases if not self._base_keys(self.classes[key], base)
        }

    def is_module(self, key: ClassKey) -> bool:
        return not MODULE_ROOTS.isdisjoint(self.roots(self.ancestors(key)))

    def obstacle(self, key: ClassKey, infrastructure: bool = False) -> str:
        """Why no plant may stand in a class; with `infrastructure`, bases that never run may reach anything."""
        family = self.family(key)
        if not self.roots(family) <= INERT_BASES or any(key[1] in CONTAINER_ROOTS for key in family):
            return "a base that is not in the library"
        for relative in sorted(family):
            text = self.classes[relative]
            lenient = infrastructure and relative != key and relative in self.ancestors(key) and not text.runs
            if text.obstacle and not (lenient and text.obstacle not in OWN_ATTRIBUTE_HOOKS):
                return f"{text.name}: {text.obstacle}"
        return ""

    def mentions(self, key: ClassKey) -> set[str]:
        return set().union(*(self.classes[relative].mentions for relative in self.family(key)))

    @cached_property
    def names(self) -> dict[str, int]:
        """How often each attribute that some class gives a capitalised call's result occurs in the library.

        A name that code asks for with a default (`getattr(x, "bias", None)`) is left out: such a reader would
        find the plant, while every other reader of a class that has no such attribute would have failed before.
        """
        counts: Counter[str] = Counter()
        for text in self.files.values():
            counts.update(text.attributes)
        defined = set().union(*(text.definitions for text in self.files.values()))
        guarded = set().union(*(text.guarded for text in self.files.values()))
        return {name: counts[name] for name in sorted(defined - guarded - TORCH_NAMES) if not name.startswith("__")}


def _reached(start: Iterable[ClassKey], links: dict[ClassKey, list[ClassKey]]) -> set[ClassKey]:
    reached: set[ClassKey] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting.extend(links.get(key, ()))
    return reached
