"""Make the site of executed notebooks and pages.

Pages, executed notebooks and settings are staged side by side, Jupyter Book builds the site
from there with warnings as errors, and the finished site takes the old one's place. With
``--pdf`` the book is printed, too, and the site links to the print.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

from nbformat import NotebookNode

from bookbuild import notebooks, scratch
from bookbuild.build import EXECUTED
from bookbuild.calculator import exercises
from bookbuild.notebooks import BUILD, ROOT
from bookbuild.site import citing, data_page, documents, incremental, pdf, programs, reference
from bookbuild.site.jupyter_book import Builder, BuildError
from bookbuild.site.remembered import Remembered
from bookbuild.site.staging import replace, write_notebook
from bookbuild.teaching import laboratories, slides, teach

SITE = BUILD / "html"
# Pages that end with what the code says.
SECTIONS = {
    "data": data_page.sections,
    "documents": documents.sections,
    "index": citing.sections,
    "laboratories": laboratories.sections,
    "programs": programs.sections,
    "reference": reference.sections,
    "teach": teach.sections,
}


class SiteError(Exception):
    """The site can't be made: why."""


def stage(folder: Path, changed: set[Path] | None = None) -> None:
    """Lay out what Jupyter Book builds from: pages at the root, notebooks below, computed values in the settings.

    If some prose is all that changed, only its pages are laid out anew.
    """
    everything = [*sorted((ROOT / "book").glob("*.md")), *(EXECUTED / f"{name}.ipynb" for name in notebooks.names())]
    prose = everything if changed is None else sorted(changed)
    executed = {path.stem: notebooks.load(path) for path in prose if path.suffix == ".ipynb"}
    if changed is None:
        stage_whole(folder, executed)
    for name, notebook in executed.items():
        write_notebook(
            folder / "notebooks" / f"{name}.ipynb", exercises.with_practice(name, documents.with_links(notebook))
        )
    for path in prose:
        if path.suffix == ".md":
            # Pages are published at the site's root, whatever folder they are kept in.
            sections = SECTIONS[path.stem]() if path.stem in SECTIONS else ""
            (folder / path.name).write_text(path.read_text(encoding="utf-8") + sections, encoding="utf-8")
    programs.stage_list(folder / "extra")  # which quotes prose


def stage_whole(folder: Path, executed: dict[str, NotebookNode]) -> None:
    """Lay out what is not prose."""
    from bookbuild.site import computed, figures, publications  # a second, which a change of prose need not wait

    shutil.copytree(ROOT / "book", folder, ignore=shutil.ignore_patterns("calculator", "locale", "screenshots"))
    try:
        computed.stage(folder, executed)
    except (figures.FigureError, publications.LedgerError) as failure:
        raise SiteError(failure) from failure


def build_with_print(builder: Builder, target: Path) -> Path:
    """Build the site and prints of it in one folder, and return that of its pages."""
    pdf.require_browser()
    folder = target / "stage"
    stage(folder)
    with Builder() as single_builder:
        single = single_builder.build(folder, target / "single", as_one_page=True)
    pdf.print_book(single, folder / "extra" / pdf.NAME)
    shutil.copy(folder / "extra" / pdf.NAME, BUILD)
    pages = builder.build(folder, target / "out", strict=True)
    pdf.print_pages(pages, pdf.FOR_TEACHERS, pages / pdf.TEACHERS_NAME)
    slides.write(pages, Remembered(pages))
    return pages


def make(builder: Builder, with_pdf: bool) -> int:
    """Make the site, or say why it can't be made, and return the exit code."""
    start = time.monotonic()
    with scratch.folder(BUILD, "site-") as target:
        try:
            if with_pdf:
                pages = build_with_print(builder, target)
            else:
                pages = incremental.build(builder, BUILD / "sphinx", target, stage, slides.write)
        except (BuildError, pdf.NoBrowserError, SiteError, slides.SlidesError) as failure:
            print(f"book: {failure}", file=sys.stderr)
            return 1
        replace(SITE, pages)
    print(f"  site  {len(notebooks.names())} notebooks  {time.monotonic() - start:5.1f} s", flush=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.site.assemble", description="Make the site.")
    parser.add_argument("--pdf", action="store_true", help="print the whole book, too, and link to it")
    with_pdf = parser.parse_args(arguments).pdf
    with Builder() as builder:
        return make(builder, with_pdf)


if __name__ == "__main__":
    sys.exit(main())
