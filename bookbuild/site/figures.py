"""Figures to take along: each as SVG and PNG, its data as CSV, and what they are and come from as JSON.

What a figure shows comes from the figure itself (`llmcalc.report.drawn`); here it gets a name that lasts, made of the
label of its cell, and is told with its chapter, the tables that this read, the assumptions and the licence.
"""

import base64
import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bookbuild import build
from bookbuild.notebooks import DRAWN, ROOT
from bookbuild.run import parameters
from bookbuild.site import citing, data_page, publications
from bookbuild.site.staging import write_json
from llmcalc import files
from llmcalc.messages import message

FOLDER = "figures"  # of the site
LIST = "index.json"
KINDS = ("svg", "png", "csv", "json")
LICENCE = "LICENSE.txt"
# In the order in which people read them; notebooks keep them in that of the alphabet.
COLUMN = ("header", "name", "unit", "type", "description")
SERIES = ("panel", "name", "kind", "rows")
PREFIX = "fig-"
LINKS = '<p class="figure-files">{}</p>\n'
CAPTION = re.compile(r'<figure\b[^>]*\bid="(fig-[^"]+)".*?(?=</figcaption>)', re.DOTALL)


class FigureError(Exception):
    """A figure can't be taken along: why."""


@dataclass(frozen=True)
class Figure:
    """A figure of a chapter: its name, what is said of it, and what its cell handed on."""

    name: str
    caption: str
    description: str
    drawn: dict[str, Any]


def of_chapter(chapter: str, notebook: NotebookNode) -> Iterator[Figure]:
    """Yield the figures of an executed notebook; a cell that drew none, or gives it no label, has none."""
    for cell in notebook.cells:
        settings = cell.metadata.get("mystnb", {})
        label = settings.get("figure", {}).get("name")
        shown = [output.get("data", {}) for output in cell.get("outputs", [])]
        pictures = [data for data in shown if "image/svg+xml" in data]
        if not label or not pictures:
            continue
        if not re.fullmatch(f"{PREFIX}{chapter}(-[a-z0-9-]+)?", label):
            raise FigureError(f"the figure {label} of {chapter} needs a label that begins with {PREFIX}{chapter}")
        if len(pictures) > 1:
            raise FigureError(f"the figure {label} is {len(pictures)} pictures: show each in a cell of its own")
        drawn = pictures[0].get(DRAWN, {"problem": "its cell hands on no data: call plots.use_style before"})
        if "problem" in drawn:
            raise FigureError(f"the figure {label} can't be taken along: {drawn['problem']}")
        described = settings.get("image", {}).get("alt", "")
        yield Figure(label.removeprefix(PREFIX), settings["figure"]["caption"], described, drawn)


def stage(folder: Path, executed: dict[str, NotebookNode]) -> None:
    """Write the files of all figures, the licence that they name, and a list of them."""
    folder.mkdir(parents=True)
    listed: list[dict[str, Any]] = []
    for chapter, notebook in executed.items():
        for figure in of_chapter(chapter, notebook):
            if (folder / f"{figure.name}.json").exists():
                raise FigureError(f"two figures have the label {PREFIX}{figure.name}")
            described = descriptor(figure, chapter, publications.title(notebook))
            _write(folder / figure.name, figure, described)
            listed.append({key: described[key] for key in ("name", "title", "chapter", "files")})
    write_json(folder / LIST, {"title": f"{citing.citation()['title']} The figures of the book", "figures": listed})
    shutil.copyfile(ROOT / "LICENSE", folder / LICENCE)


def _write(path: Path, figure: Figure, described: dict[str, Any]) -> None:
    told = f"<title>{html.escape(figure.caption)}</title>\n <desc>{html.escape(figure.description)}</desc>"
    svg = re.sub(r"(<svg\b[^>]*>)", lambda tag: f"{tag[0]}\n {told}", figure.drawn["svg"], count=1)
    path.with_suffix(".svg").write_text(svg, encoding="utf-8")
    path.with_suffix(".png").write_bytes(base64.b64decode(figure.drawn["png"]))
    path.with_suffix(".csv").write_text(figure.drawn["csv"], encoding="utf-8")
    write_json(path.with_suffix(".json"), described)


def descriptor(figure: Figure, chapter: str, title: str) -> dict[str, Any]:
    """Return what a program, or a reader in a year, has to know of a figure's data."""
    page = f"notebooks/{chapter}.html#{PREFIX}{figure.name}"
    return {
        "name": figure.name,
        "title": figure.caption,
        "description": figure.description,
        "chapter": {"name": chapter, "title": title, "path": _address(page)},
        "files": {kind: f"{figure.name}.{kind}" for kind in KINDS},
        "columns": [{key: each[key] for key in COLUMN} for each in figure.drawn["columns"]],
        "series": [{key: each[key] for key in SERIES if key in each} for each in figure.drawn["series"]],
        "missingValues": [""],
        "assumptions": [
            {"name": each.name, "value": each.default, "unit": each.unit, "description": each.help}
            for each in parameters.declared(chapter).values()
        ],
        "sources": [{"title": f"{title}, a chapter of this book", "path": _address(page)}, *_tables(chapter)],
        "version": citing.citation()["version"],
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE, "title": _licence()}],
        "citation": citing.text(),
        "bibtex": citing.chapter_bibtex(chapter, title, f"notebooks/{chapter}.html"),
    }


def _licence() -> str:
    """Return what the licence says of figures: the paragraph before the last, which is on data."""
    return " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").strip().split("\n\n")[-2].split())


def _tables(chapter: str) -> list[dict[str, str]]:
    """Return the tables that a chapter was seen to read when it ran, with descriptors, which name their sources."""
    used = build.recorded(chapter)
    return [
        {
            "title": files.contract(name)["title"],
            "path": _address(f"{data_page.FOLDER}/{name}.csv"),
            "descriptor": _address(f"{data_page.FOLDER}/{name}.json"),
        }
        for name in data_page.names()
        if f"data/{name}.csv" in used
    ]


def _address(path: str) -> str:
    """Return where a file of the site is: on the published site, or from the folder of figures."""
    return citing.public_address(path) or f"../{path}"


def place(body: str, folder: Path, address: str) -> str:
    """Return a page with a line of links in the caption of each figure whose files are there.

    `folder` is where they are now, and `address` where they will be from the page.
    """

    def of(kind: str, name: str) -> str:
        return html.escape(message("{kind} of {name}", kind=kind.upper(), name=name))

    def with_links(caption: re.Match[str]) -> str:
        name = caption[1].removeprefix(PREFIX)
        if not (folder / f"{name}.json").exists():
            return caption[0]
        links = (
            f'<a href="{address}/{name}.{kind}" download aria-label="{of(kind, name)}">{kind.upper()}</a>'
            for kind in KINDS
        )
        return caption[0] + LINKS.format(message("Take this figure: {links}", links=" · ".join(links)))

    return CAPTION.sub(with_links, body)
