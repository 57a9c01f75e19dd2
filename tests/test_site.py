"""The finished site, from its files and in a browser."""

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.notebooks import BUILD
from bookbuild.site import citing
from tests.test_style import themes

SITE = BUILD / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]

# What style sheets draw: fonts, their weight, and characters, of all elements, folded or not.
DRAWN_BY_STYLE = """() => {
  const found = new Map();
  for (const element of document.querySelectorAll("*")) {
    for (const part of ["::before", "::after"]) {
      const { content, fontFamily, fontWeight } = getComputedStyle(element, part);
      const drawn = [fontFamily.replaceAll('"', ""), fontWeight, content.replace(/^"|"$/g, "")];
      if (/Font Awesome|MJX/.test(fontFamily) && content.startsWith('"')) found.set(drawn.join(), drawn);
    }
  }
  return [...found.values()];
}"""
# Sizes of letters of all texts that are seen; exponents, code and formulas follow what stands around them.
SIZES = """() => {
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("mjx-container, code, pre, sup, sub, svg, [hidden], .sd-stretched-link")) continue;
    const fields = ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);
    if (!fields && ![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    found[getComputedStyle(element).fontSize] ??= element.outerHTML.slice(0, 160);
  }
  return found;
}"""
# Edges of an answer's sentence and of its numbers, and where its numbers and its form begin.
PLACES = """() => {
  const edges = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const parts = [...document.querySelectorAll(".calculator-form, table.headline")];
  const [sentence, numbers] = [".answer-sentence", "table.headline"].map((part) => document.querySelector(part));
  return [edges(sentence), edges(numbers), parts.map((part) => edges(part)[1])];
}"""
STEPS = ("tiny", "small", "text", "lead", "part", "section", "title")
in_a_browser = pytest.mark.skipif(
    "CI" not in os.environ and browsing.find_browser() is None,
    reason="no browser: install Chromium, or name one in BROWSER",
)
# A page's tests one after another: they share what one visit has seen.
every_page = pytest.mark.parametrize("page", PAGES, scope="module")
every_chapter = pytest.mark.parametrize("page", CHAPTERS, scope="module")
# Windows, width and height.
WIDE, TABLET, PHONE = (1280, 800), (768, 800), (390, 844)


@functools.cache
def soup(page):
    return BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(page):
    """Return all that a link into a page can name: its identifiers, and names of the old kind."""
    return {element[key] for element in soup(page).find_all(True) for key in ("id", "name") if element.get(key)}


@functools.cache
def characters_of(family, weight):
    """Return the characters that a font of the site has, by its family and weight in the style sheets."""
    for sheet in SITE.glob("_static/**/*.css"):
        for face in re.findall(r"@font-face[^{]*\{([^}]*)\}", sheet.read_text(encoding="utf-8")):
            rules = dict(rule.strip().split(":", 1) for rule in face.split(";") if rule.strip())
            name = rules["font-family"].replace("\\", "").strip()
            if name == family and rules.get("font-weight", weight) == weight:
                [file, *_] = re.findall(r'url\("?([^")]+)', rules["src"])
                return set(TTFont(sheet.parent / file).getBestCmap())
    return set()


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


@in_a_browser
@every_chapter
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_chapter_s_answer_is_seen_without_scrolling(visit, page, size):
    width, height = size
    [left, top, right, bottom], _, tops = visit(page).places[size]
    assert 0 <= left <= right <= width
    assert 0 < top < bottom < height
    # Of the numbers or the form below it, too, the beginning is seen.
    assert 0 < min(tops) < height


@pytest.mark.parametrize("page", ["reference", "scoreboard", "notebooks/small-print", "notebooks/training-step"])
def test_pure_numbers_stand_without_a_unit(page):
    content = BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf-8"), "html.parser").article
    for code in content(["pre", "script"]):
        code.decompose()
    assert " [1]" not in content.get_text()


@in_a_browser
@every_chapter
@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_numbers_of_an_answer_stay_in_their_column(visit, page, size):
    [_, _, right, _], [left_of_numbers, _, right_of_numbers, _], _ = visit(page).places[size]
    assert left_of_numbers < right_of_numbers <= right + 1


def test_errata_show_every_slip_with_its_proof():
    text = soup("errata.html").get_text()
    slips = text.count("How we know:")
    assert slips >= 10
    assert slips == text.count("Printed:") == text.count("Right:") == text.count("How much it matters:")
    assert "Training tokens in the place of the parameters" in text


# Pictures follow the width when they are told of it.
NARROW = """async () => {
  const end = performance.now() + 3000;
  const wide = () => document.documentElement.scrollWidth > innerWidth;
  do await new Promise((done) => setTimeout(done, 50)); while (wide() && performance.now() < end);
}"""


@dataclass(frozen=True)
class Visit:
    """What a page did when it was opened on a desk and then made as narrow as a tablet and a phone."""

    address: str
    requests: list
    troubles: list
    places: dict
    width: int
    drawn: list
    sizes: dict


@pytest.fixture(scope="module")
def visit(site):
    """Open a page once for all that is asked of it."""
    address, browser = site
    context = browser.new_context()

    @functools.cache
    def open_once(page):
        tab = context.new_page()
        requests, troubles = [], []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("requestfailed", lambda request: troubles.extend(browsing.lost(request)))
        tab.on("response", lambda response: troubles.append(response.url) if response.status >= 400 else None)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        tab.goto(address + page)
        finished(tab, page)
        sizes = tab.evaluate(SIZES)
        places = {}
        for size in (WIDE, TABLET, PHONE):
            resize(tab, size)
            if page in CHAPTERS:
                places[size] = tab.evaluate(PLACES)
        tab.wait_for_load_state("networkidle")  # for what is asked for late and fails
        tab.evaluate(NARROW)
        visit = Visit(
            address,
            requests,
            troubles,
            places,
            tab.evaluate("document.documentElement.scrollWidth"),
            tab.evaluate(DRAWN_BY_STYLE),
            sizes | tab.evaluate(SIZES),
        )
        tab.close()
        return visit

    yield open_once
    context.close()


def finished(tab, page):
    """Wait until a page shows all that its scripts add to it."""
    if page in CHAPTERS:
        browsing.wait_until(tab, "performance.getEntriesByName('calculator-ready').length")
    else:
        tab.wait_for_load_state("networkidle")


def resize(tab, size):
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@in_a_browser
@every_page
def test_a_page_asks_no_other_host_and_breaks_nothing(visit, page):
    seen = visit(page)
    assert seen.requests
    assert not [url for url in seen.requests if not url.startswith((seen.address, "data:"))]
    assert not seen.troubles


@in_a_browser
@every_page
def test_a_page_fits_a_phone(visit, page):
    assert visit(page).width <= 390


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
@every_page
def test_every_icon_and_every_character_of_a_formula_is_drawn(visit, page):
    drawn = visit(page).drawn
    assert page.startswith("slides/") or any(font == "Font Awesome 6 Free" for font, *_ in drawn)
    for font, weight, text in drawn:
        characters = {ord(character) for character in text if not character.isspace()}
        families = [family.strip() for family in font.split(",")]
        assert any(characters <= characters_of(family, weight) for family in families), (font, weight, text)


@in_a_browser
@every_page
def test_all_letters_of_a_page_have_sizes_of_the_style_sheet(visit, page):
    told = themes()["light"]
    steps = {f"{16 * float(told[f'size-{step}'].removesuffix('rem')):g}px" for step in STEPS}
    sizes = visit(page).sizes
    assert len(sizes) > 1
    if not page.startswith("slides/"):  # theirs grow until a slide is full
        assert not {size: where for size, where in sizes.items() if size not in steps}


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
