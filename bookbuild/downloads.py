"""What readers take home: chapters as notebooks, and the package that runs them."""

import re
from pathlib import Path

import nbformat
from hatchling.builders.wheel import WheelBuilder

from bookbuild.notebooks import ROOT

FIRST_CELL = """\
**To run this notebook** you need the package `llmcalc`, which holds the formulas and the data.

1. Download `{wheel}` from the book's page "How to rerun". Put it beside this notebook, in Colab among the files of
   the session.
2. Run this in a cell, once:
   ```python
   %pip install {wheel}
   ```
3. Change the cell of parameters below "The answer", and run all cells.

In a clone of the book's repository, `pip install .` does the same as the first two steps."""

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


def portable(text: str) -> str:
    """Return MyST Markdown as Markdown that Jupyter shows."""
    for pattern, replacement in MYST:
        text = pattern.sub(replacement, text)
    return text


def make_portable(path: Path, wheel: str) -> None:
    """Let a notebook say how to run it, and speak Markdown alone."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = portable(cell.source)
    cells = [cell for cell in notebook.cells if cell.source]
    notebook.cells = [nbformat.v4.new_markdown_cell(FIRST_CELL.format(wheel=wheel), id="how-to-run"), *cells]
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
