"""The whole book as one PDF, printed by Chromium from one long page."""

import sys
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
    if (link.origin !== location.origin || link.pathname === location.pathname) continue;
    if (document.getElementById(link.hash.slice(1))) link.setAttribute("href", link.hash);
    else link.removeAttribute("href");
  }
  for (const word of document.querySelectorAll(".highlight :is(.n, .o, .p, .w)")) word.replaceWith(...word.childNodes);
  for (const listing of document.querySelectorAll(".highlight pre")) listing.normalize();
  document.body.getBoundingClientRect();  // what is laid out asks for its fonts
  return document.fonts.ready.then(() => {});
}"""
# A print brings its Chinese along, whatever fonts the machine has that makes it: of this one the characters that it
# shows. It comes in slices, of which a browser takes those that it needs.
CHINESE = Path(sys.prefix) / "npm" / "node_modules" / "@fontsource" / "noto-sans-sc"
# Chromium keeps some texts as it drew them before the font was there, unless they are set anew.
LOAD_CHINESE = """async () => {
  await document.fonts.load("1em 'Noto Sans SC'", document.body.textContent);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) if (/\\p{Script=Han}/u.test(texts.currentNode.data)) found.push(texts.currentNode);
  for (const text of found) text.replaceWith(text.data);
}"""
# Articles of other pages follow that of the page; a print of several pages has one structure and one outline.
JOIN = """async (names) => {
  let last = document.querySelector("article");
  for (const name of names) {
    const answer = await fetch(`${name}.html`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = document.adoptNode(page.querySelector("article"));
    article.style.breakBefore = "page";
    last.after(article);
    last = article;
  }
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
    print_pages(folder, ["index"], target)


def print_pages(folder: Path, names: list[str], target: Path) -> None:
    """Print pages of a site, one behind the other, with an outline and page numbers."""
    first, *others = names
    with browser.serve(folder) as address, browser.browse() as chromium:
        tab = chromium.new_page(color_scheme="light")
        tab.goto(f"{address}{first}.html")
        tab.evaluate(JOIN, others)
        bring_chinese(tab)
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
        headings = tab.evaluate(HEADINGS)
    finish(target, headings)


def bring_chinese(tab: Any) -> None:
    """Give a page that is to be printed a Chinese font, of which it loads what it shows."""
    if CHINESE.exists():
        faces = (CHINESE / "400.css").read_text(encoding="utf-8").replace("url(./files/", "url(/chinese/")
        tab.route("**/chinese/*", lambda route: route.fulfill(path=CHINESE / "files" / Path(route.request.url).name))
        tab.add_style_tag(content=faces)
        tab.evaluate(LOAD_CHINESE)


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
