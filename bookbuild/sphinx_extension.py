"""Sphinx extension of the book: pages load what they use, and nothing from other hosts."""

import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from bookbuild import calculators

# Icons come from Font Awesome's web fonts; its script, half a megabyte, would draw them a second time.
# The book has no live kernels, so the settings of Thebe in every page are of no use.
UNUSED = re.compile(
    r'<script src="[^"]*/fontawesome/[^"]*"></script>\n?'
    r'|<link rel="preload" as="font"[^>]*/fa-(?:brands|regular)-400[^>]*>\n?'
    r'|<script type="text/x-thebe-config">.*?</script>\n?'
    r"|<script>kernelName = .*?</script>\n?",
    re.DOTALL,
)


def drop_unused_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the scripts of features that a page does not have."""
    has_mathematics = 'class="math' in context.get("body", "")
    context["script_files"] = [
        file
        for file in context.get("script_files", [])
        if "thebe" not in str(file) and (has_mathematics or "mathjax" not in str(file).lower())
    ]


def add_calculator(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a chapter's calculator beside its headline table; no other page loads any of it."""
    name = pagename.removeprefix("notebooks/")
    data = Path(app.srcdir, "extra", "calculator", f"{name}.json")
    if pagename != f"notebooks/{name}" or not data.is_file():
        return
    context["body"] = calculators.place(context["body"], json.loads(data.read_text(encoding="utf-8")))
    context["metatags"] = context.get("metatags", "") + calculators.preloads(name)
    app.add_css_file("../calculator/calculator.css")
    app.add_js_file("../calculator/page.mjs", type="module", **{"async": "async", "data-calculator": name})


def drop_unused_tags(app: Sphinx, exception: Exception | None) -> None:
    """Remove from finished pages what the theme's templates put into every one."""
    if exception or app.builder.format != "html":
        return
    output = Path(app.outdir)
    for page in output.rglob("*.html"):
        page.write_text(UNUSED.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    for script in output.glob("_static/vendor/fontawesome/*/js/*"):
        script.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add_calculator)
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("build-finished", drop_unused_tags)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
