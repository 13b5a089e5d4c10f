"""Tests set colours themselves."""

from __future__ import annotations

import os

os.environ.pop("FORCE_COLOR", None)
