"""Base classes of well-known frameworks, for environments in which these are not installed.

Each is known to be an nn.Module (or a mixin for one) and to read only its own attributes, and those that it asks a
subclass for.
"""

from __future__ import annotations

from collections.abc import Iterable

_CLASSES = {
    "lightning": ("LightningModule",),
    "pytorch_lightning": ("LightningModule",),
    "transformers": ("PreTrainedModel",),
    "diffusers": ("ModelMixin",),
    "huggingface_hub": ("PyTorchModelHubMixin", "ModelHubMixin"),
    "mmengine": ("BaseModule", "BaseModel"),
    "mmcv": ("BaseModule",),
    "fairseq": ("FairseqEncoder", "FairseqDecoder", "FairseqIncrementalDecoder", "BaseFairseqModel"),
    "fvcore": ("CNNBlockBase",),
    "torch_geometric": ("MessagePassing",),
}

_HOOKS = {"transformers.PreTrainedModel": {"post_init": "_init_weights"}}
"""The hook that the last call in a constructor leads to."""

_READS = {"LightningModule": frozenset({"example_input_array"})}
"""What a base class reads if a subclass has it."""


def framework_class(dotted: str, extra: Iterable[str] = ()) -> str | None:
    """The id of a framework's base class, under any path of its package; None for everything else.

    `extra` are base classes that the user declares; one without a package is meant from any package.
    """
    package, name = dotted.split(".")[0], dotted.rpartition(".")[2]
    known = {*_CLASSES.get(package, ()), *(base.rpartition(".")[2] for base in extra if _fits(base, package))}
    return f"{package}.{name}" if name in known else None


def read_by_framework(cls: str) -> frozenset[str]:
    """The attributes of a subclass that a framework's base class reads."""
    package, _, name = cls.partition(".")
    return _READS[name] if name in _READS and name in _CLASSES.get(package, ()) else frozenset()


def hook(cls: str, method: str) -> str:
    """The method that a framework's own method runs on every module; "" if it runs none."""
    return _HOOKS.get(cls, {}).get(method, "")


def _fits(base: str, package: str) -> bool:
    return "." not in base or base.split(".")[0] == package
