"""The search: how it cuts words in the index and in the browser, and what readers find."""

import os
import re

import pytest
from bs4 import BeautifulSoup

from bookbuild import browser as browsing
from bookbuild import search
from bookbuild.notebooks import BUILD

SITE = BUILD / "html"
CHAPTERS = sorted(path.stem for path in (SITE / "notebooks").glob("*.html"))
SPLITTER = search.SearchEnglishAndChinese({})

in_a_browser = pytest.mark.skipif(
    "CI" not in os.environ and browsing.find_browser() is None,
    reason="no browser: install Chromium, or name one in BROWSER",
)


@pytest.fixture(scope="module")
def results():
    """Return a function that searches as a reader does, and gives the pages found."""
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        tab = browser.new_page()

        def search_for(words):
            tab.goto(f"{address}search.html")
            tab.locator(".bd-search-container input[name=q]").fill(words)
            tab.keyboard.press("Enter")
            tab.locator(".search-summary", has_text=re.compile("found|did not match")).wait_for()
            addresses = tab.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
            return {re.sub(r"[?#].*", "", found).removeprefix(address) for found in addresses}

        yield search_for


@pytest.fixture(scope="module")
def terms():
    """Terms of each chapter as it lists them, in English and Chinese."""
    found = {}
    for chapter in CHAPTERS:
        page = BeautifulSoup((SITE / f"notebooks/{chapter}.html").read_text(encoding="utf-8"), "html.parser")
        found[chapter] = (
            [link.get_text() for link in page.select("p.terms a")],
            [term for span in page.select("p.terms span[lang=zh]") for term in span.get_text().split("、")],
        )
    return found


def test_chinese_is_cut_into_pairs_and_english_into_words():
    assert SPLITTER.split("GPU显存 of 8") == ["GPU", "显", "存", "显存", "of", "8"]
    assert SPLITTER.split("大模型") == ["大", "模", "型", "大模", "模型"]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("token", "300 billion tokens", True),
        ("token", "a tokeniser", False),
        ("MAC", "two FLOP a MAC", True),
        ("MAC", "a mac and cheese", False),
        ("loss", "Losses fall", True),
        ("layer", "multi-layer", False),
    ],
)
def test_a_term_occurs_as_a_word(term, text, expected):
    assert search.occurs(term, text) is expected


@in_a_browser
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_is_found_by_its_english_and_its_chinese_terms(results, terms, chapter):
    english, chinese = terms[chapter]
    assert len(english) >= 3
    longest = sorted(chinese, key=len)[-2:]
    for words in [*sorted(english, key=len)[-2:], *longest]:
        assert f"notebooks/{chapter}.html" in results(words), words


@in_a_browser
@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("大语言模型", "glossary"),
        ("算力利用率", "notebooks/training-gpus"),
        ("显存带宽", "notebooks/hardware-claims"),
        ("显存", "glossary"),
        ("词元", "notebooks/how-much-data"),
        ("流水线并行", "notebooks/training-step"),
        ("pipeline", "notebooks/training-step"),
        ("utilis", "notebooks/training-schedules"),
        ("token 词元", "notebooks/training-gpus"),
    ],
)
def test_a_search_finds(results, words, page):
    assert f"{page}.html" in results(words)


@in_a_browser
def test_a_search_for_what_is_nowhere_finds_nothing(results):
    assert not results("龙卷风")
