"""The book's notebooks as they are kept (MyST Markdown) and as papermill leaves them."""

import difflib
import functools
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from bookbuild.inputs import BUILD as BUILD
from bookbuild.inputs import ROOT as ROOT

SOURCES = ROOT / "notebooks"

LEDGER = "application/vnd.llmcalc.ledger+json"
RESULTS = "application/vnd.llmcalc.results+json"
CURVES = "application/vnd.llmcalc.curves+json"
DRAWN = "application/vnd.llmcalc.drawn+json"

# These chapters have no table of a source document to reproduce: the planner and the service join the others.
WITHOUT_SOURCE = {"planner", "does-it-predict", "failures", "serving-users", "what-fits"}


class NotebookError(Exception):
    """A notebook that stopped with an error: its name, the cell and the error in one line."""


def names() -> list[str]:
    """Return the names of all notebooks in the order of the book, and then those that it does not list."""
    listed = re.findall(r"file: notebooks/(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    present = {path.stem for path in SOURCES.glob("*.md")}
    return [name for name in listed if name in present] + sorted(present - set(listed))


def problem(name: str) -> str:
    """Say why there is no notebook of a name, and which is closest; say nothing if there is one.

    A notebook is a file of `notebooks/`, and its name is no path.
    """
    known = names()
    if not name:
        return f"no notebook given: write NOTEBOOK=name, with one of {', '.join(known)}"
    return "" if name in known else f"no notebook {name!r}{closest(name, known)}"


def closest(name: str, known: list[str]) -> str:
    """Return a hint for an unknown name: the closest known one, and all of them."""
    match = close_match(name, known, cutoff=0.5)
    return (f"; did you mean {match!r}?" if match else ":") + f" known are {', '.join(known)}"


def close_match(name: str, known: list[str], cutoff: float) -> str | None:
    """Return the known name that is most like a given one, whatever their case, if any is."""
    by_lower_case = {word.lower(): word for word in known}
    matches = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=cutoff)
    return by_lower_case[matches[0]] if matches else None


def read(name: str) -> NotebookNode:
    """Read a notebook's source, with cell ids that depend on nothing but their order."""
    notebook: NotebookNode = deepcopy(_parsed((SOURCES / f"{name}.md").read_text(encoding="utf-8")))
    return notebook


@functools.cache
def _parsed(source: str) -> NotebookNode:
    """Parse a source once, however many times a build asks for it."""
    import jupytext  # half a second, which a build of unchanged sources need not wait

    notebook: NotebookNode = jupytext.reads(source, fmt="md:myst")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def load(path: Path) -> NotebookNode:
    """Load an executed notebook."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def emitted(notebook: NotebookNode, mime_type: str) -> list[Any]:
    """Return what an executed notebook's cells displayed under a MIME type, in order."""
    return [
        output["data"][mime_type]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if mime_type in output.get("data", {})
    ]


def results(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """Return the headline results of an executed notebook by name: value, unit, label, and why there is no value."""
    listed = [result for part in emitted(notebook, RESULTS) for result in part]
    return {
        result["name"]: {key: result[key] for key in ("value", "unit", "label", "reason") if key in result}
        for result in listed
    }


def without_records(notebook: NotebookNode) -> NotebookNode:
    """Return an executed notebook without what its cells display for tools alone."""
    stripped = deepcopy(notebook)
    for cell in stripped.cells:
        for output in cell.get("outputs", []):
            for mime_type in (LEDGER, RESULTS, CURVES, DRAWN):
                output.get("data", {}).pop(mime_type, None)
    return stripped
