"""Pictures of a page to take along: what is seen as SVG and PNG, its numbers as CSV, and what they are as JSON."""

import csv
import io
import json
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from PIL import Image

import llmcalc
from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from llmcalc.questions import questions
from tests.axe import violations
from tests.test_calculators import defaults, open_page, see_curves
from tests.watching import in_a_browser, watched

SITE = BUILD / "html"
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture
def tab(site):
    with watched(site, viewport={"width": 390, "height": 844}, color_scheme="dark", reduced_motion="reduce") as tab:
        yield tab


def taken(tab, place):
    """All files of a picture: their names without the end, the SVG, the PNG, the rows of the CSV, the JSON."""
    fold = tab.locator(f"{place} .calculator-picture")
    fold.locator("summary").click()
    files, names = {}, set()
    for kind in ("svg", "png", "csv", "json"):
        button = fold.get_by_role("button", name=f"Download {kind.upper()}")
        with tab.expect_download() as started:
            button.click()
        name, _, end = started.value.suggested_filename.rpartition(".")
        assert end == kind
        names.add(name)
        with open(started.value.path(), "rb") as file:
            files[kind] = file.read()
        assert fold.locator("[role=status]").text_content() == f"Downloaded {name}.{kind}."
    [name] = names
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8"))))
    return (
        name,
        ElementTree.fromstring(files["svg"]),
        Image.open(io.BytesIO(files["png"])),
        rows,
        json.loads(files["json"]),
    )


def texts(svg):
    return [text.text for text in svg.iter(f"{SVG}text")]


def see_what_if(tab):
    tab.locator(".calculator-whatif").scroll_into_view_if_needed()
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-whatif').length")


def test_a_curve_is_taken_along_with_what_it_rests_on(tab, site):
    open_page(tab, site, "training-gpus", "?days=60&whatif=mfu+sustained_tflops")
    see_what_if(tab)
    name, svg, png, rows, told = taken(tab, ".calculator-whatif")
    assert name == "training-gpus-sustained_tflops-by-mfu"
    # The numbers are those of the answer.
    assert rows[0] == ["mfu", "sustained_tflops"]
    answer = questions()["training-gpus"].answer
    assert len(rows) == 22
    for mfu, rate in rows[1:]:
        assert float(rate) == pytest.approx(answer(mfu=float(mfu), days=60.0)["sustained_tflops"], rel=1e-12)
    # What they are.
    assert told["title"] == "Sustained rate of a GPU by model FLOPs utilisation"
    assert told["file"] == f"{name}.csv"
    assert [(column["name"], column["unit"]) for column in told["columns"]] == [
        ("mfu", "1"),
        ("sustained_tflops", "TFLOP/s"),
    ]
    assert told["marks"] == [{"label": "the answer", "values": [0.5, answer(days=60.0)["sustained_tflops"]]}]
    assert {each["name"]: each["value"] for each in told["assumptions"]} == defaults("training-gpus") | {"days": "60"}
    assert (told["question"], told["version"]) == ("training-gpus", llmcalc.__version__)
    assert told["source"].startswith(f"{site[0]}notebooks/training-gpus.html?days=60")
    # What is seen.
    shown = texts(svg)
    assert told["title"] in shown
    assert told["source"] in shown
    assert "Sustained rate of a GPU [TFLOP/s]" in shown
    assert len(list(svg.iter(f"{SVG}circle"))) == len(rows)  # the reader's own is one, the head none
    assert svg.find(f"{SVG}title").text == told["title"]
    assert png.size == (2 * int(svg.get("width")), 2 * int(svg.get("height")))
    assert len(png.convert("RGB").getcolors(1 << 20)) > 10
    assert png.convert("RGB").getpixel((2, 2)) == (255, 255, 255), "whatever the theme"


def test_a_picture_follows_what_is_seen(tab, site):
    open_page(tab, site, "cv-backlog", "?whatif=trials+slack_days")
    see_what_if(tab)
    name, svg, _, rows, _ = taken(tab, ".calculator-whatif")
    assert name == "cv-backlog-slack_days-by-trials"
    missing = [row for row in rows[1:] if row[1] == ""]
    assert len(missing) == 10, "more than the most trials are refused"
    assert len(list(svg.iter(f"{SVG}circle"))) == len(rows) - len(missing)


def test_ticks_stand_on_the_axes_and_none_is_minus_nothing(tab, site):
    open_page(tab, site, "training-gpus")
    see_what_if(tab)
    _, svg, _, _, _ = taken(tab, ".calculator-whatif")
    assert "-0" not in texts(svg)
    assert {"50B", "100B", "1T"} <= set(texts(svg))
    for circle in svg.iter(f"{SVG}circle"):
        assert 0 < float(circle.get("cx")) < int(svg.get("width"))
        assert 0 < float(circle.get("cy")) < int(svg.get("height"))


def test_the_curves_of_a_planner_are_taken_along_one_below_the_other(tab, site):
    open_page(tab, site, "planner")
    see_curves(tab)
    name, svg, _, rows, told = taken(tab, "#fig-planner-trade-off")
    assert name == "planner-curves"
    assert told["title"] == "Days and rent by devices"
    assert rows[0] == ["devices", "days", "rent"]
    table = tab.locator("table.curves tbody tr").count()
    assert len(rows) == table + 1
    assert len(list(svg.iter(f"{SVG}path"))) == 2
    planned = questions()["planner"].answer()
    assert told["marks"] == [{"label": "the answer", "values": pytest.approx([planned[key] for key in rows[0]])}]


def test_what_moves_a_result_is_taken_along(tab, site):
    open_page(tab, site, "training-gpus", "?mfu=0.3+to+0.5&days=20+to+60")
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-spread').length")
    name, svg, _, rows, told = taken(tab, ".calculator-moves")
    assert name == "training-gpus-gpus-ranges"
    assert told["title"] == "What moves “GPUs that finish in time”"
    assert rows[0] == [column["name"] for column in told["columns"]]
    ranges = [row for row in rows if row[0] == "range"]
    assert [row[1] for row in ranges] == ["days", "mfu"]
    shown = tab.eval_on_selector_all(
        ".calculator-moves tbody tr", "rows => rows.map(row => [row.cells[1].textContent, row.cells[3].textContent])"
    )
    assert [[f"{int(row[2]):,}", f"{int(row[3]):,}"] for row in ranges] == shown
    bars = [row for row in rows if row[0] == "bar"]
    assert len(bars) == 12
    assert sum(int(row[4]) for row in bars) <= 512
    assert all(float(one[3]) == pytest.approx(float(other[2])) for one, other in pairwise(bars))
    assert {"Time allowed", "Model FLOPs utilisation"} <= set(texts(svg))
    assert len(list(svg.iter(f"{SVG}rect"))) == 1 + len(ranges)  # the ground is one
    assert {each["name"]: each["value"] for each in told["assumptions"]}["mfu"] == "0.3 to 0.5"


def test_the_folds_keep_the_rules_and_load_nothing_before_they_are_opened(tab, site):
    asked = []
    tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    open_page(tab, site, "training-gpus")
    see_what_if(tab)
    assert "picture.mjs" not in asked
    taken(tab, ".calculator-whatif")
    assert "picture.mjs" in asked
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(tab, ".calculator")
