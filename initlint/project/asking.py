"""What those have at hand who ask what expressions can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.project.inference import Inference


class Asking:
    """Asks the inference; the project, its bodies and its callers come with that."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project, self.bodies, self.callers = inference.project, inference.bodies, inference.callers
