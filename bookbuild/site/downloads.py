"""What readers take home: chapters as notebooks, and the package that runs them."""

import functools
import re
from pathlib import Path

import nbformat
from hatchling.builders.wheel import WheelBuilder
from pybtex.database import Entry, parse_file

from bookbuild.notebooks import ROOT
from llmcalc.messages import marked, message

FIRST_CELL = marked("""\
**To run this notebook** you need the package `llmcalc`, which holds the formulas and the data.

1. Download `{wheel}` from the book's page "How to rerun". Put it beside this notebook, in Colab among the files of
   the session.
2. Run this in a cell, once:
   ```
   %pip install "{wheel}[book]"
   ```
3. Change the cell of parameters, and run all cells.

In a clone of the book's repository, `pip install ".[book]"` does the same as the first two steps.""")

CITATION = re.compile(r"\{cite:t\}`([^`]+)`")
# MyST's syntax that Jupyter does not know: labels vanish, roles leave their text, exercises become headings.
MYST = [
    (re.compile(r"^\([\w-]+\)=\n", re.MULTILINE), ""),
    (re.compile(r"\{[a-z:]+\}`([^`<]+?)(?:\s*<[^`>]+>)?`"), r"\1"),
    (
        re.compile(r"^```\{exercise\}\n:label: \S+-(\d+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL),
        r"### Exercise \1\n\n\2",
    ),
    (
        re.compile(r"^```\{solution-start\} \S+-(\d+)\n.*?```$", re.MULTILINE | re.DOTALL),
        r"### Solution to exercise \1",
    ),
    (re.compile(r"^```\{solution-end\}\n```\n*", re.MULTILINE), ""),
]


def build_wheel(folder: Path) -> Path:
    """Build the package, data included, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(wheel)


@functools.cache
def bibliography() -> dict[str, Entry]:
    """Return the book's bibliography by its keys."""
    entries: dict[str, Entry] = parse_file(ROOT / "book" / "references.bib").entries
    return entries


def cited(citation: re.Match[str]) -> str:
    """Return what a citation's keys stand for: a source document's number, or authors and year."""
    works = []
    for key in citation[1].split(","):
        if key.startswith("doc0"):
            works.append(message("document {number}", number=key.removeprefix("doc")))
            continue
        entry = bibliography()[key]
        names = [" ".join(author.last_names).strip("{}") for author in entry.persons["author"]]
        works.append(f"{_listed(names)} ({entry.fields['year']})")
    return ", ".join(works)


def _listed(authors: list[str]) -> str:
    if len(authors) > 2:
        return message("{name} et al.", name=authors[0])
    return authors[0] if len(authors) == 1 else message("{one} and {other}", one=authors[0], other=authors[1])


def portable(text: str) -> str:
    """Return MyST Markdown as Markdown that Jupyter shows."""
    text = CITATION.sub(cited, text)
    for pattern, replacement in MYST:
        text = pattern.sub(replacement, text)
    return text


def as_portable(source: str, wheel: str) -> str:
    """Return a notebook that says how to run it, and speaks Markdown alone."""
    notebook = nbformat.reads(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = portable(cell.source)
    cells = [cell for cell in notebook.cells if cell.source]
    notebook.cells = [nbformat.v4.new_markdown_cell(message(FIRST_CELL, wheel=wheel), id="how-to-run"), *cells]
    return str(nbformat.writes(notebook))
