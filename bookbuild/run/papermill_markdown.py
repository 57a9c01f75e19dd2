"""Lets papermill read the book's notebooks as they are kept: MyST Markdown.

papermill chooses a handler by the beginning of a path, so there is none for a file
ending. This module stands in for its handler of local files, in a `papermill.io` entry point.
"""

from pathlib import Path

import jupytext
import nbformat
from papermill import iorw


class MarkdownOrNotebook(iorw.LocalHandler):  # type: ignore[misc]  # papermill has no types
    """papermill's handler of local files, which also reads Markdown notebooks."""

    def read(self, path: str) -> str:
        text: str = super().read(path)
        if Path(path).suffix != ".md":
            return text
        written: str = nbformat.writes(jupytext.reads(text, fmt="md:myst"))
        return written


handler = MarkdownOrNotebook()
iorw.papermill_io._handlers[:] = [
    (scheme, handler if scheme == "local" else other) for scheme, other in iorw.papermill_io._handlers
]
