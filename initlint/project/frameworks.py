"""Base classes of well-known frameworks, for environments in which these are not installed.

Each is known to be an nn.Module (or a mixin for one) and to read nothing from a subclass but its own attributes.
"""

from __future__ import annotations

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


def framework_class(dotted: str) -> str | None:
    """The id of a framework's base class under any path of its package; None for everything else."""
    package, name = dotted.split(".")[0], dotted.rpartition(".")[2]
    return f"{package}.{name}" if name in _CLASSES.get(package, ()) else None
