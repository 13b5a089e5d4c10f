"""The tests say themselves where they want colours."""

from __future__ import annotations

import os

os.environ.pop("FORCE_COLOR", None)
