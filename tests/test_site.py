"""The finished site, from its files and in a browser."""

import functools
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.site import citing
from tests.visits import CHAPTERS, PAGES, SITE
from tests.watching import in_a_browser

# A page's tests one after another: they share what one visit has seen.
every_page = pytest.mark.parametrize("page", PAGES, scope="module")
every_chapter = pytest.mark.parametrize("page", CHAPTERS, scope="module")


@functools.cache
def soup(page):
    return BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(page):
    """Return all that a link into a page can name: its identifiers, and names of the old kind."""
    return {element[key] for element in soup(page).find_all(True) for key in ("id", "name") if element.get(key)}


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


def test_the_site_has_its_pages():
    expected = {
        "documents.html",
        "index.html",
        "rerun.html",
        "reference.html",
        "checks.html",
        "scoreboard.html",
        "errata.html",
    }
    assert expected | {"bibliography.html", "search.html"} <= set(PAGES)
    assert len(CHAPTERS) >= 5


@every_page
def test_no_link_and_no_anchor_leads_nowhere(page):
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        for element in soup(page).find_all(tag):
            address = element.get(attribute)
            if not address or urlparse(address).scheme in ("http", "https", "mailto", "data"):
                continue
            path, anchor = urldefrag(address)
            target = (SITE / page).parent / unquote(urlparse(path).path) if path else SITE / page
            if target.is_dir():
                target /= "index.html"
            assert target.is_file(), f"{address} leads nowhere"
            if anchor and target.suffix == ".html" and anchor not in ("", "#"):
                there = anchors(target.resolve().relative_to(SITE.resolve()).as_posix())
                assert unquote(anchor) in there or anchor in there, f"{address} has no such anchor"


@every_page
def test_no_page_shows_an_error_or_a_placeholder(page):
    text = "".join(part for part in soup(page).find_all(string=True) if not part.find_parent("pre"))
    for trouble in ("Traceback (most recent call last)", "{{", "```{", "Unable to display output", "<Figure size"):
        assert trouble not in text
    assert not soup(page).select(".stderr, .traceback, .problematic")


@every_page
def test_pictures_say_what_they_show(page):
    for picture in soup(page).select("article img"):
        assert len(picture.get("alt", "")) > 60, picture.get("src")


@every_chapter
def test_a_chapter_shows_its_answer_and_its_ledger_without_scripts(page):
    captions = [caption.get_text() for caption in soup(page).find_all("caption")]
    assert soup(page).select_one(".answer-sentence").get_text(strip=True).endswith(".")
    without_source = page.removeprefix("notebooks/").removesuffix(".html") in notebooks.WITHOUT_SOURCE
    assert ("Printed and computed" in captions) != without_source


@every_chapter
def test_nothing_stands_between_a_title_and_its_answer(page):
    title = soup(page).select_one("article h1")
    answer = title.find_next_sibling()
    assert answer.select_one(".answer-sentence")
    # The code that gives it, which a notebook has before it, is one fold below it.
    fold = answer.find_next_sibling().details
    assert fold.summary.get_text(" ", strip=True).startswith("Show the code of this answer")
    code = fold.get_text()
    assert "answer = answers." in code
    assert "≤" in code
    assert not fold.select("details")
    assert not answer.select(".cell_input")
    assert answer["id"] in {link["href"].removeprefix("#") for link in soup(page).select("nav a[href]")}


@pytest.mark.parametrize("page", ["reference", "scoreboard", "notebooks/small-print", "notebooks/training-step"])
def test_pure_numbers_stand_without_a_unit(page):
    content = BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf-8"), "html.parser").article
    for code in content(["pre", "script"]):
        code.decompose()
    assert " [1]" not in content.get_text()


def test_errata_show_every_slip_with_its_proof():
    text = soup("errata.html").get_text()
    slips = text.count("How we know:")
    assert slips >= 10
    assert slips == text.count("Printed:") == text.count("Right:") == text.count("How much it matters:")
    assert "Training tokens in the place of the parameters" in text


@every_page
def test_mathematics_is_set_and_can_be_read_out(page):
    for formula in soup(page).select(".math"):
        [drawn, read_out] = formula.select("mjx-container > *")
        assert drawn.name == "mjx-math"
        assert drawn["aria-hidden"] == "true"
        assert read_out.select_one("math > *")
        assert formula.select_one("mjx-container").previous_sibling in (None, "\n")  # no TeX is left
        assert not formula.select("mjx-merror")
    sheets = [(SITE / page).parent / link["href"] for link in soup(page).select("link[rel=stylesheet]")]
    styled = any("MathJax_Main" in sheet.read_text(encoding="utf-8") for sheet in sheets)
    assert bool(soup(page).select(".math")) == styled


@every_page
def test_a_page_tells_reference_managers_what_it_is(page):
    told = {}
    for tag in soup(page).select("meta[name^=citation_]"):
        told.setdefault(tag["name"].removeprefix("citation_"), []).append(tag["content"])
    if page == "search.html" or page.startswith("slides/"):
        assert not told
        return
    heading = soup(page).select_one("article h1").find(string=True)
    citation = citing.citation()
    titles = [citation["title"]] if page == "index.html" else [heading.strip(), citation["title"]]
    assert [told["title"][0], *told.get("inbook_title", [])] == titles
    assert told["author"] == citing.authors()
    assert told["publication_date"] == [citation["date-released"].replace("-", "/")]
    assert ("public_url" in told) == ("url" in citation)
    repository = soup(page).select(".article-header-buttons a[href^='https://']")
    assert bool(repository) == ("repository-code" in citation)


def test_the_first_page_says_how_the_book_is_cited():
    listings = [listing.get_text() for listing in soup("index.html").select("#how-to-cite pre")]
    assert citing.bibtex() + "\n" in listings


def test_most_chapters_have_mathematics():
    assert sum(bool(soup(page).select("mjx-container")) for page in CHAPTERS) > 10


@in_a_browser
@pytest.mark.parametrize(("words", "page"), [("PanGu", "training-schedules"), ("cameras", "inference-cards")])
def test_the_search_finds_a_chapter(site, words, page):
    address, browser = site
    tab = browser.new_page()
    tab.goto(f"{address}search.html?q={words}")
    tab.wait_for_selector(f"#search-results a[href*='{page}']")
    tab.close()


@in_a_browser
def test_the_first_page_reads_without_scripts(site):
    address, browser = site
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator("article h1").first.is_visible()
    assert tab.locator("article").get_by_text("How many GPUs train GPT-3 in 30 days?").first.is_visible()
    for link in ("notebooks/training-gpus.html", "scoreboard.html", "errata.html"):
        assert tab.locator(f"article a[href^='{link}']").count()
    context.close()


@in_a_browser
def test_the_first_page_is_light_and_quickly_readable(site):
    address, browser = site
    tries = [browsing.measure_first_page(browser, address) for _ in range(3)]
    assert tries[0].compressed_bytes < 1_000_000
    assert min(page.readable for page in tries) < 1.0


def test_the_site_carries_no_machine_paths():
    home = str(Path(__file__).resolve().parent.parent)
    for path in SITE.rglob("*"):
        if path.suffix in (".html", ".csv", ".json", ".ipynb"):
            assert home not in path.read_text(encoding="utf-8"), path.name
