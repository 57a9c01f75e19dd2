"""The book on paper: nothing wider than the page, a true outline, links that lead somewhere, and its weight."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pytest

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.notebooks import ROOT
from bookbuild.site import pdf
from bookbuild.site.publications import title
from tests.visits import BEYOND, PAPER, SITE, window
from tests.watching import in_a_browser

HEAVIEST = 11_000_000  # byte
SMALL_BOOK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Small</title><body>
<h1>One</h1><p><a href="#two">On</a> <a href="data.csv">Table</a> <a href="https://example.org/">Elsewhere</a></p>
<details><summary>More</summary><div class="highlight"><pre><span class="n">a</span><span class="w"> </span
><span class="o">+</span> <span class="mi">1</span></pre></div></details>
<p>Memory: <span style="font-family: 'Noto Sans SC'">显存</span>, <a href="other.html#two">elsewhere</a></p>
<h2 id="two">A heading so long that it takes {} to a second line of the page</h2>"""


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        tab = browser.new_page(base_url=address, viewport=window(PAPER), color_scheme="light")
        tab.emulate_media(media="print")
        yield tab


def outline(book):
    """Return all titles of an outline, in order."""
    with book.open_outline() as found:
        pending, titles = list(found.root), []
        while pending:
            entry = pending.pop(0)
            titles.append(entry.title)
            pending = [*entry.children, *pending]
    return titles


def addresses(book):
    """Return all that the links of a print lead to outside of it."""
    return [str(link.A.URI) for page in book.pages for link in page.get("/Annots", []) if "/URI" in link.get("/A", {})]


@in_a_browser
def test_what_is_too_wide_is_noticed(site):
    site.goto("errata.html")
    site.evaluate("document.querySelector('article p').style.width = '2000px'")
    assert site.evaluate(BEYOND, PAPER[0])


@in_a_browser
@pytest.mark.parametrize("page", ["notebooks/memory.html", "scoreboard.html"])
def test_a_printed_page_is_the_article_alone(site, page):
    site.goto(page)
    site.evaluate(pdf.PREPARE)
    # The text of an exercise is the article's, with room for an answer.
    for furniture in (
        "nav",
        "form:not(.practice-exercise form)",
        "button",
        "details.hide > summary",
        ".headerlink",
        ".bd-footer-content",
    ):
        assert not [found for found in site.locator(furniture).all() if found.is_visible()], furniture
    assert site.locator("article h1").is_visible()
    assert all(listing.is_visible() for listing in site.locator("details.hide pre").all())


@in_a_browser
def test_a_print_has_an_outline_and_its_own_links_alone(tmp_path):
    words = "word " * 20
    (tmp_path / "index.html").write_text(SMALL_BOOK.format(words), encoding="utf-8")
    with ThreadPoolExecutor() as other:  # one thread holds one browser
        other.submit(pdf.print_book, tmp_path, tmp_path / "book.pdf").result()
    with pikepdf.open(tmp_path / "book.pdf") as book:
        assert outline(book) == ["One", f"A heading so long that it takes {words}to a second line of the page"]
        assert addresses(book) == ["https://example.org/"]
        assert len([link for page in book.pages for link in page.Annots if "/Dest" in link]) == 2
        assert book.is_linearized
        assert "/MarkInfo" in book.Root  # the structure that screen readers follow
    assert b"/ObjStm" in (tmp_path / "book.pdf").read_bytes()


@in_a_browser
@pytest.mark.skipif(not pdf.CHINESE.exists(), reason="no font with Chinese: make test installs it")
def test_a_print_brings_its_chinese_and_no_other_characters_of_that_font(tmp_path):
    (tmp_path / "index.html").write_text(SMALL_BOOK.format("word"), encoding="utf-8")
    with ThreadPoolExecutor() as other:
        other.submit(pdf.print_book, tmp_path, tmp_path / "book.pdf").result()
    with pikepdf.open(tmp_path / "book.pdf") as book:
        fonts = [font for page in book.pages for font in page.Resources.Font.values()]
        [chinese] = [font for font in fonts if "NotoSansSC" in str(font.BaseFont)]
        [described] = chinese.DescendantFonts
        assert len(described.FontDescriptor.FontFile2.read_raw_bytes()) < 5_000


def test_the_font_of_a_print_has_every_chinese_character_that_the_book_quotes():
    if not pdf.CHINESE.exists():
        pytest.skip("no font with Chinese: make test installs it")
    known = set()
    for ranges in re.findall("unicode-range:([^;]*)", (pdf.CHINESE / "400.css").read_text(encoding="utf-8")):
        for first, last in re.findall("U\\+([0-9a-f]+)-?([0-9a-f]*)", ranges):
            known.update(range(int(first, 16), int(last or first, 16) + 1))
    for path in ("data/source-lines.csv", "data/source-documents.csv", "book/glossary.md"):
        letters = set((ROOT / path).read_text(encoding="utf-8"))
        assert not {letter for letter in letters if "\u3400" <= letter <= "\u9fff" and ord(letter) not in known}


@in_a_browser
def test_a_print_of_two_pages_has_one_outline_and_the_solutions(tmp_path):
    for name, heading in (("first", "One"), ("second", "Two")):
        fold = f"<details><summary>Solution</summary><h2>Solved {heading}</h2></details>"
        page = f"<!DOCTYPE html><title>Page</title><article><h1>{heading}</h1>{fold}</article>"
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    with ThreadPoolExecutor() as other:
        other.submit(pdf.print_pages, tmp_path, ["first", "second"], tmp_path / "two.pdf").result()
    with pikepdf.open(tmp_path / "two.pdf") as book:
        assert len(book.pages) == 2
        assert outline(book) == ["One", "Solved One", "Two", "Solved Two"]
        assert "/MarkInfo" in book.Root


def test_a_print_for_teachers_is_linked_where_there_is_one():
    for name in pdf.FOR_TEACHERS:
        page = (SITE / f"{name}.html").read_text(encoding="utf-8")
        assert (f'href="{pdf.TEACHERS_NAME}"' in page) == (SITE / pdf.TEACHERS_NAME).exists()
        assert f'href="{pdf.NAME}"' not in page


def test_a_print_that_is_there_is_linked_and_complete():
    path = SITE / pdf.NAME
    links = f'href="{pdf.NAME}"' in (SITE / "index.html").read_text(encoding="utf-8")
    assert links == path.exists()
    if not links:
        pytest.skip("no print: make pdf")
    assert path.stat().st_size < HEAVIEST
    chapters = [title(notebooks.load(EXECUTED / f"{name}.ipynb")) for name in notebooks.names()]
    with pikepdf.open(path) as book:
        assert len(book.pages) > 100
        # The source has straight apostrophes, and the page the typographer's.
        assert {chapter.replace("'", "’") for chapter in chapters} <= set(outline(book))
        assert all(address.startswith("http") for address in addresses(book))
        assert not [address for address in addresses(book) if "127.0.0.1" in address]


def test_a_print_without_a_browser_is_refused_in_one_line():
    code = "import sys; from bookbuild import browser; from bookbuild.site import assemble; "
    code += "browser.find_browser = lambda: None; sys.argv = ['assemble', '--pdf']; sys.exit(assemble.main())"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 1
    assert run.stderr == "book: a PDF needs a browser: install Chromium, or name one in BROWSER\n"
