"""The whole book as one PDF, printed by Chromium from one long page."""

from pathlib import Path
from typing import Any

import pikepdf

from bookbuild import browser

NAME = "how-much-compute.pdf"
TEACHERS_NAME = "teach.pdf"
FOR_TEACHERS = ["teach", "laboratories"]
# The page is on paper before anybody can open a fold, and without the files that stand beside it. Every element
# becomes one of the print's structure; names, operators and blanks in code, the most by far, need none.
PREPARE = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const box of document.querySelectorAll(".toggle-hidden")) box.classList.remove("toggle-hidden");
  for (const link of document.querySelectorAll("a[href]")) {
    if (link.origin === location.origin && link.pathname !== location.pathname) link.removeAttribute("href");
  }
  for (const word of document.querySelectorAll(".highlight :is(.n, .o, .p, .w)")) word.replaceWith(...word.childNodes);
  for (const listing of document.querySelectorAll(".highlight pre")) listing.normalize();
  return document.fonts.ready.then(() => {});
}"""
HEADINGS = "() => [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => heading.innerText)"
LINE = "font: 8px sans-serif; color: #555; width: 100%; padding: 0 18mm;"
HEADER = f'<div style="{LINE}">How much compute do I need?</div>'
FOOTER = (
    f'<div style="{LINE} text-align: right"><span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


class NoBrowserError(Exception):
    """There is no Chromium to print with."""


def require_browser() -> None:
    """Refuse to begin what only a browser can end."""
    if browser.find_browser() is None:
        raise NoBrowserError("a PDF needs a browser: install Chromium, or name one in BROWSER")


def print_book(folder: Path, target: Path) -> None:
    """Print a book that is one page, in a folder, with an outline and page numbers."""
    with browser.serve(folder) as address, browser.browse() as chromium:
        headings = _print(chromium.new_page(color_scheme="light"), f"{address}index.html", target)
    finish(target, headings)


def print_pages(folder: Path, names: list[str], target: Path) -> None:
    """Print some pages of a site, one behind the other, into one file with an entry of the outline for each."""
    with browser.serve(folder) as address, browser.browse() as chromium, pikepdf.new() as together:
        with together.open_outline() as outline:
            for name in names:
                tab = chromium.new_page(color_scheme="light")
                title, *_ = _print(tab, f"{address}{name}.html", target)
                with pikepdf.open(target) as part:
                    outline.root.append(pikepdf.OutlineItem(" ".join(title.split()), len(together.pages)))
                    together.pages.extend(part.pages)
        together.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)


def _print(tab: Any, address: str, target: Path) -> list[str]:
    """Print a page, and return its headings."""
    tab.goto(address)
    tab.evaluate(PREPARE)
    tab.emulate_media(media="print")
    tab.pdf(
        path=target,
        format="A4",
        margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
        display_header_footer=True,
        header_template=HEADER,
        footer_template=FOOTER,
        outline=True,
        tagged=True,
    )
    headings: list[str] = tab.evaluate(HEADINGS)
    return headings


def finish(path: Path, headings: list[str]) -> None:
    """Set a print's outline right, and pack its structure, which Chromium writes as plain text.

    Chromium loses the space where a heading goes on in a second line.
    """
    titles = {"".join(heading.split()): " ".join(heading.split()) for heading in headings}
    with pikepdf.open(path, allow_overwriting_input=True) as book:
        with book.open_outline() as outline:
            entries = list(outline.root)
            while entries:
                entry = entries.pop()
                entry.title = titles.get("".join(entry.title.split()), entry.title)
                entries += entry.children
        book.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
