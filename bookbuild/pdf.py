"""The whole book as one PDF, printed by Chromium from one long page."""

from pathlib import Path

from bookbuild import browser

NAME = "how-much-compute.pdf"
# The page is on paper before anybody can open a fold.
OPEN = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const box of document.querySelectorAll(".toggle-hidden")) box.classList.remove("toggle-hidden");
  return document.fonts.ready.then(() => {});
}"""
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
        tab = chromium.new_page(color_scheme="light")
        tab.goto(f"{address}index.html")
        tab.evaluate(OPEN)
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
