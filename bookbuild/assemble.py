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

from bookbuild import (
    calculators,
    downloads,
    drill,
    exercises,
    laboratories,
    notebooks,
    pdf,
    publications,
    reference,
    scratch,
    slides,
    teach,
    verbs,
)
from bookbuild.execute import EXECUTED
from bookbuild.jupyter_book import Builder, BuildError
from bookbuild.notebooks import BUILD, ROOT
from bookbuild.staging import replace, write_notebook, write_settings

SITE = BUILD / "html"


def stage(folder: Path, executed: dict[str, NotebookNode]) -> None:
    """Lay out what Jupyter Book builds from: pages at the root, notebooks below, computed values in the settings."""
    record = publications.collect(executed)
    shutil.copytree(
        ROOT / "book", folder, ignore=shutil.ignore_patterns("calculator", "screenshots"), dirs_exist_ok=True
    )
    for name, notebook in executed.items():
        write_notebook(folder / "notebooks" / f"{name}.ipynb", exercises.with_practice(name, notebook))
    appended = {
        "reference": reference.sections(),
        "teach": teach.sections(),
        "laboratories": laboratories.sections(),
    }
    for name, sections in appended.items():
        with (folder / f"{name}.md").open("a", encoding="utf-8") as page:
            page.write(sections)
    # Pages are published at the site's root, whatever folder they are kept in.
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace("book/", "")
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    wheel = downloads.build_wheel(folder / "extra").name
    write_settings(folder, publications.substitutions(record) | {"wheel": f'<a href="{wheel}">{wheel}</a>'})
    beside = exercises.files(executed) | verbs.files() | {drill.FILE: drill.file()}
    calculators.stage(folder, executed, beside)
    (folder / "extra" / "reproduction.csv").write_text(publications.ledger_csv(record), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.assemble", description="Make the site.")
    parser.add_argument("--pdf", action="store_true", help="print the whole book, too, and link to it")
    with_pdf = parser.parse_args(arguments).pdf
    start = time.monotonic()
    builder = Builder()
    executed = {name: notebooks.load(EXECUTED / f"{name}.ipynb") for name in notebooks.names()}
    with scratch.folder(BUILD, "site-") as temporary:
        folder = Path(temporary, "stage")
        try:
            if with_pdf:
                pdf.require_browser()
            stage(folder, executed)
            if with_pdf:
                single = Builder().build(folder, Path(temporary, "single"), as_one_page=True)
                pdf.print_book(single, folder / "extra" / pdf.NAME)
                shutil.copy(folder / "extra" / pdf.NAME, BUILD)
            pages = builder.build(folder, Path(temporary, "out"), "-W", "-n", "--keep-going")
            slides.write(pages, executed)
            if with_pdf:
                pdf.print_pages(pages, pdf.FOR_TEACHERS, pages / pdf.TEACHERS_NAME)
        except (BuildError, pdf.NoBrowserError, publications.LedgerError, slides.SlidesError) as failure:
            builder.close()
            print(f"book: {failure}", file=sys.stderr)
            return 1
        except BaseException:
            builder.close()
            raise
        replace(SITE, pages)
    print(f"  site  {len(executed)} notebooks  {time.monotonic() - start:5.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
