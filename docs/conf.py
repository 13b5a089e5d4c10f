"""The site: `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

from initlint import __version__

project = "initlint"
version = release = __version__
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"initlint {__version__}"
html_copy_source = False
exclude_patterns = ["_build"]
myst_heading_anchors = 3
