"""What the code that asks about expressions has at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.project.inference import Inference


class Asking:
    """Has the inference, and with it the project, its bodies and its callers."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project, self.bodies, self.callers = inference.project, inference.bodies, inference.callers
