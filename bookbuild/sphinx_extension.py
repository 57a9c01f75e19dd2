"""Sphinx extension of the book: what its pages load, and what they don't."""

from typing import Any

from sphinx.application import Sphinx


def drop_unused_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Keep the scripts of sphinx-thebe, which the book does not use, out of the pages."""
    if "script_files" in context:
        context["script_files"] = [file for file in context["script_files"] if "thebe" not in str(file)]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
