"""What readers take home: chapters as notebooks, and the package that runs them."""

import re
from pathlib import Path

import nbformat
from hatchling.builders.wheel import WheelBuilder

from bookbuild.notebooks import ROOT

FIRST_CELL = """\
> **To run this notebook** you need the package `llmcalc`, which holds the formulas and the data. Download
> `{wheel}` from the book's page "How to rerun", put it beside this notebook (in Colab, among the files of the
> session), and run `%pip install {wheel}` in a cell once. In a clone of the book's repository, `pip install .` does the
> same. Then change the cell of parameters, and run all cells."""

# MyST's syntax that Jupyter does not know: labels vanish, roles leave their text.
LABEL = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
ROLE = re.compile(r"\{[a-z:]+\}`([^`<]+?)(?:\s*<[^`>]+>)?`")


def build_wheel(folder: Path) -> Path:
    """Build the package, data included, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(wheel)


def make_portable(path: Path, wheel: str) -> None:
    """Let a notebook say how to run it, and speak Markdown alone."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = ROLE.sub(r"\1", LABEL.sub("", cell.source))
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(FIRST_CELL.format(wheel=wheel), id="how-to-run"))
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
