"""Pages of many rows: filtered by words and choices, an address for every view and row, and whole without scripts."""

import csv
import functools
import re
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from bookbuild.site import publications
from llmcalc.report import tables
from tests.watching import in_a_browser

SITE = BUILD / "html"
PAGES = {
    "scoreboard.html": "article section section tbody tr",
    "errata.html": "article section > section",
    "reference.html": "article section section > dl.py",
    "data.html": "article section section tbody tr",
}
WITH_TABLES = ["notebooks/does-it-predict.html", "notebooks/what-fits.html"]

IN_SIGHT = """(name) => {
  const { top } = document.getElementById(name).getBoundingClientRect();
  return top >= 0 && top < innerHeight;
}"""

every_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="module")
def browser():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield browser.new_context(base_url=address), browser.new_context(base_url=address, java_script_enabled=False)


@pytest.fixture(scope="module")
def tab(browser):
    return browser[0].new_page()


def shown(tab, page):
    return tab.locator(f"{PAGES[page]}:visible").count()


def asked(tab):
    return {name: values[0] for name, values in parse_qs(urlparse(tab.url).query).items()}


@functools.cache
def soup(page):
    return BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser")


def ledger():
    with (SITE / "reproduction.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_has_an_address_of_its_own_that_its_name_decides():
    anchors = [anchor["id"] for anchor in soup("scoreboard.html").select("tbody [id^=row-]")]
    assert [f'<span id="{anchor}"></span>' for anchor in anchors] == [
        publications.address(row["id"]) for row in ledger()
    ]
    assert len(set(anchors)) == len(anchors)
    for page in ("errata.html", "data.html", *WITH_TABLES):
        anchors = [anchor["id"] for anchor in soup(page).select("[id^=row-]")]
        assert len(anchors) >= 10
        assert len(set(anchors)) == len(anchors), page
        # No address counts what stands before it.
        assert not [anchor for anchor in anchors if re.match(r"row-\d+", anchor)]


def test_rows_of_one_name_are_told_apart():
    found = tables._addresses("A table", ["x 1.5", "y", "X 1,5", "x 1.5"])
    assert found == ["row-a-table-x-1-5", "row-a-table-y", "row-a-table-x-1-5-2", "row-a-table-x-1-5-3"]


def test_only_pages_with_something_to_filter_load_the_script():
    loading = {
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if "filter.mjs" in path.read_text(encoding="utf-8")
    }
    assert loading == {*PAGES, *WITH_TABLES}


@in_a_browser
@every_page
def test_without_scripts_all_rows_stand_there(browser, page):
    tab = browser[1].new_page()
    tab.goto(f"{page}?rows=nothing-has-this")
    assert shown(tab, page) == tab.locator(PAGES[page]).count() == len(soup(page).select(PAGES[page])) >= 10
    assert tab.locator(".row-filter-form").count() == 0
    tab.close()


@in_a_browser
@every_page
def test_words_leave_the_rows_that_have_them_all(tab, page):
    tab.goto(page)
    rows = [" ".join(row.get_text().split()).lower() for row in soup(page).select(PAGES[page])]
    form = tab.get_by_role("search", name=re.compile("^Filter the "))
    status = form.get_by_role("status")
    assert status.inner_text().startswith(f"{len(rows)} ")
    form.get_by_role("searchbox").fill("GPU the")
    expected = sum("gpu" in row and "the" in row for row in rows)
    assert 0 < expected < len(rows)
    assert shown(tab, page) == expected
    assert re.match(rf"{expected} of {len(rows)} \w+$", status.inner_text())
    # No heading stands above nothing.
    for section in tab.locator("article section section:visible").all():
        assert section.locator(":scope :is(tr, dl, p):visible").count()
    form.get_by_role("button", name="Clear").click()
    assert shown(tab, page) == len(rows)
    assert not form.get_by_role("button", name="Clear").is_visible()
    tab.wait_for_url(lambda address: "rows" not in address)


@in_a_browser
def test_choices_narrow_the_scoreboard_and_stand_in_its_address(tab):
    tab.goto("scoreboard.html")
    form = tab.get_by_role("search", name="Filter the rows")
    counts = {status: sum(row["status"] == status for row in ledger()) for status in ("corrected", "underivable")}
    form.get_by_label("Status").select_option("corrected")
    assert shown(tab, "scoreboard.html") == counts["corrected"]
    form.get_by_label("Document").select_option("004")
    both = sum(row["status"] == "corrected" and row["document"].startswith("004") for row in ledger())
    assert 0 < both < counts["corrected"]
    assert shown(tab, "scoreboard.html") == both
    tab.wait_for_url("**rows-document=004**")
    assert asked(tab) == {"rows-status": "corrected", "rows-document": "004"}
    tab.reload()
    assert shown(tab, "scoreboard.html") == both
    assert form.get_by_label("Status").input_value() == "corrected"
    form.get_by_label("Chapter").select_option(index=1)
    assert tab.locator("article section section:visible").count() <= 1
    # An address that asks for what there is not leaves everything.
    tab.goto("scoreboard.html?rows-status=wrong")
    assert shown(tab, "scoreboard.html") == len(ledger())
    tab.goto("scoreboard.html?rows-status=underivable")
    assert shown(tab, "scoreboard.html") == counts["underivable"]


@in_a_browser
@pytest.mark.parametrize(
    ("page", "label", "row"),
    [
        ("data.html", "Chapter", ".facet-chapter"),
        ("errata.html", "Document", ".facet-document"),
        ("errata.html", "Chapter", ".facet-chapter"),
    ],
)
def test_a_choice_leaves_the_rows_that_say_so(tab, page, label, row):
    tab.goto(page)
    options = tab.get_by_label(label, exact=True).locator("option")
    assert options.count() > 4
    rows = [{" ".join(said.get_text().split()) for said in each.select(row)} for each in soup(page).select(PAGES[page])]
    for place in (1, options.count() - 1):
        value = options.nth(place).get_attribute("value")
        tab.get_by_label(label, exact=True).select_option(value)
        assert shown(tab, page) == sum(value in said for said in rows) > 0
        assert options.nth(place).inner_text() == f"{value} ({shown(tab, page)})"


@in_a_browser
def test_rooms_and_modules_narrow_the_reference(tab):
    tab.goto("reference.html")
    tab.get_by_label("Room").select_option("Plans")
    entries = tab.locator(f"{PAGES['reference.html']}:visible > dt:first-of-type").evaluate_all(
        "all => all.map(({id}) => id)"
    )
    assert entries
    assert all(name.startswith("llmcalc.plans.") for name in entries)
    tab.get_by_label("Room").select_option("")
    tab.get_by_label("Module").select_option("Training")
    entries = tab.locator(f"{PAGES['reference.html']}:visible > dt:first-of-type").evaluate_all(
        "all => all.map(({id}) => id)"
    )
    assert {name.split(".")[1] for name in entries} == {"formulas", "plans"}
    assert {name.split(".")[2] for name in entries} == {"training"}


@in_a_browser
@pytest.mark.parametrize(
    ("page", "hidden_by", "row"),
    [
        ("scoreboard.html", "rows=PanGu&rows-status=given", publications.address("training-gpus/gpus")),
        ("data.html", "rows=LeNet-5", publications.address("accelerators")),
        ("reference.html", "rows-room=Plans", '<dt id="llmcalc.formulas.training.train_flop">'),
    ],
)
def test_an_address_of_a_row_is_seen_whatever_is_filtered(tab, page, hidden_by, row):
    anchor = re.search('id="([^"]+)"', row)[1]
    place = tab.locator(f"[id='{anchor}']").locator("xpath=ancestor-or-self::*[self::tr or self::dt][1]")
    for hash_later in (False, True):
        tab.goto("about:blank")
        tab.goto(f"{page}?{hidden_by}" + ("" if hash_later else f"#{anchor}"))
        if hash_later:
            assert not place.is_visible()
            tab.evaluate("anchor => { location.hash = anchor; }", anchor)
        place.wait_for()
        browsing.wait_until(tab, f"({IN_SIGHT})({anchor!r})")
        tab.wait_for_url(lambda address: "rows" not in urlparse(address).query)
        if page != "reference.html":
            other = tab.locator(f"{PAGES[page]}:visible").last
            assert background(place.locator("td").first) != background(other.locator("td").first)


def background(cell):
    return cell.evaluate("cell => getComputedStyle(cell).backgroundColor")


@in_a_browser
def test_a_row_tells_its_address(tab):
    tab.goto("data.html")
    link = tab.get_by_role("link", name=re.compile("^Address of row Accelerators, with"))
    link.focus()
    assert link.evaluate("link => getComputedStyle(link).opacity") == "1"
    link.press("Enter")
    assert tab.url.endswith("#row-accelerators")


@in_a_browser
def test_it_works_by_keyboard_alone(tab):
    tab.goto("scoreboard.html")
    form = tab.get_by_role("search", name="Filter the rows")
    form.get_by_role("searchbox").focus()
    tab.keyboard.type("gpu")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.type("corr")
    few = shown(tab, "scoreboard.html")
    assert 0 < few < len(ledger())
    assert form.get_by_label("Status").input_value() == "corrected"
    for _ in range(3):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Clear"
    tab.keyboard.press("Enter")
    assert shown(tab, "scoreboard.html") == len(ledger())
    assert tab.evaluate("document.activeElement.type") == "search"


@in_a_browser
def test_tables_of_a_chapter_have_filters_of_their_own(tab):
    page = "notebooks/does-it-predict.html"
    tab.goto(page)
    runs = tab.get_by_role("search", name="Filter: Training: every run")
    every = tab.locator("table.filtered:has(caption:text-is('Training: every run')) tbody tr")
    others = tab.locator(
        "table.filtered:has(caption:text-is('Training: errors of the step time by set')) tbody tr:visible"
    )
    all_rows, all_others = every.count(), others.count()
    runs.get_by_label("founded on").select_option("measured")
    few = every.locator("visible=true").count()
    assert 0 < few < all_rows
    assert others.count() == all_others
    assert tab.locator("article h2:visible").count() == tab.locator("article h2").count()
    tab.wait_for_url("**rows2-founded-on=measured**")
    # What the calculator is asked stands beside it in the address.
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-ready').length")
    tab.fill("[name=batch]", "1024")
    tab.press("[name=batch]", "Tab")
    tab.wait_for_url("**batch=1024**")
    assert asked(tab) == {"batch": "1024", "rows2-founded-on": "measured"}
    tab.reload()
    assert every.locator("visible=true").count() == few


def test_a_table_without_rows_is_shown_as_one():
    empty = pd.DataFrame([], columns=["card", "memory [GiB]"])
    assert "<tbody>" in tables.show(empty, "Nothing fits", filtered=True, facets=["card"]).to_html()


def test_a_pure_number_has_no_unit():
    rows = pd.DataFrame({"quantity": ["speed-up", "time"], "unit": ["1", "s"]})
    written = BeautifulSoup(tables.show(rows, "Numbers").to_html(), "html.parser")
    assert [cell.text for cell in written.select("td:nth-child(2)")] == ["", "s"]


def test_a_printed_number_with_its_power_of_ten_is_written_for_people():
    written = tables.show(pd.DataFrame({"printed": ["1750e8", "8.8e4", "GPT-3e", "12"]}), "Printed").to_html()
    assert re.findall(r"<td[^>]*>([^<]*)<", written) == ["1750 × 10⁸", "8.8 × 10⁴", "GPT-3e", "12"]
