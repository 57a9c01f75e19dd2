"""Usual ranges: within what is accepted, worked out from the data as it is, and one click away."""

import statistics
from concurrent.futures import ThreadPoolExecutor

import pytest

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.calculator import reasons as shown
from llmcalc import datasets, files, spread, usual
from llmcalc.questions import json_schema, questions
from tests.watching import in_a_browser

ROWS = files.rows("usual-values")
HTML = notebooks.BUILD / "html"
# Of documents, whose numbers the book checks, and 0 where the data or the page know better.
DEFAULT_OUTSIDE = {
    ("training-gpus", "mfu"), ("planner", "mfu"), ("planner", "price_per_device_hour"),
    ("training-cost", "price_per_device_hour"), ("serving-users", "price_per_device_hour"),
    ("how-much-data", "characters_per_token"),
}  # fmt: skip
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['question']}-{row['parameter']}")


@every_row
def test_a_range_is_one_of_what_the_question_accepts(row):
    parameter = questions()[row["question"]].parameters[row["parameter"]]
    found = usual.usual(row["question"], row["parameter"])
    assert parameter.low <= found.low < found.high <= parameter.high
    assert found.unit == parameter.unit == row["unit"]


def test_defaults_lie_within_but_for_those_of_documents_and_those_that_leave_it_to_the_data():
    outside = set()
    for row in ROWS:
        found = usual.usual(row["question"], row["parameter"])
        if not found.low <= questions()[row["question"]].parameters[row["parameter"]].default <= found.high:
            outside.add((row["question"], row["parameter"]))
    assert outside == DEFAULT_OUTSIDE


@every_row
def test_a_range_is_worked_out_from_a_table_or_printed_by_a_publication(row):
    if row["computed"]:
        assert row["computed"] in usual.COMPUTED
        assert row["table"] in [path.stem for path in files.DATA.glob("*.csv")]
        assert (row["low"], row["high"], row["source"]) == (None, None, None)
    else:
        assert row["source"]
        assert (row["table"], usual.usual(row["question"], row["parameter"])[:2]) == (None, (row["low"], row["high"]))


def test_utilisations_are_those_of_the_published_steps():
    # Narayanan et al. 2021 (arXiv:2104.04473), table 1, prints 44 % of peak, of hardware that computes activations
    # again: four passes for three. They count the scores without the mask, a few per cent more.
    found = usual.utilisations()
    published = [row for row in datasets.records("training-runs") if row["number_format"] in ("bf16", "fp16")]
    dense = [row for row in published if row["step_seconds"] and not row["experts"]]
    assert len(found) == len(dense) > 80
    first = next(place for place, row in enumerate(dense) if (row["set"], row["id"]) == ("SC21-T1", "1.7B"))
    assert found[first] == pytest.approx(0.44 * 3 / 4, rel=0.06)
    low, high = (pytest.approx(end, rel=0.02) for end in statistics.quantiles(sorted(found), n=4)[::2])
    assert usual.usual("training-cost", "mfu")[:2] == (low, high)


@pytest.fixture
def changed(monkeypatch):
    """Puts other rows in the place of a table's."""

    def change(name, rows):
        monkeypatch.setitem(datasets._tables, name, rows)
        monkeypatch.setattr(datasets, "_specifications", {})

    return change


def test_failures_follow_the_data(changed):
    rows = [dict(row) for row in datasets.records("failures-published")]
    rows[1]["failures"] *= 2  # OPT-175B's, the most often of all
    before = usual.failures()
    changed("failures-published", rows)
    after = usual.failures()
    assert after[1] == pytest.approx(2 * before[1])
    assert before[0] == after[0] == pytest.approx(419)
    assert usual.usual("failures", "failures").high == float(f"{after[1]:.2g}")


def test_rents_follow_the_data(changed):
    rows = [
        row | {"value": 20.0} if (row["accelerator"], row["quantity"]) == ("B200", "rent") else row
        for row in datasets.records("accelerators")
    ]
    assert usual.usual("planner", "price_per_device_hour").high == 6.0
    changed("accelerators", rows)
    assert usual.usual("planner", "price_per_device_hour")[:2] == (1.2, 20.0)


def test_tokenisers_and_models_follow_the_data(changed):
    [gpt3, gpt4o] = [usual.tokens_a_character()[0], usual.tokens_a_character()[-1]]
    assert usual.usual("inference-gpus", "tokens_per_character")[:2] == (
        pytest.approx(gpt4o, rel=0.02),
        pytest.approx(gpt3, rel=0.02),
    )
    assert usual.usual("how-much-data", "characters_per_token").low == pytest.approx(1 / gpt3, rel=0.02)
    changed("how-much-data-models", [{"tokens": 6e9, "params": 2e9}, {"tokens": 8e9, "params": 2e9}])
    assert usual.usual("how-much-data", "tokens_per_param")[:2] == (3.0, 4.0)


def test_of_many_values_the_middle_half_is_usual():
    assert usual.middle_half([float(value) for value in range(101)]) == (25.0, 75.0)


def test_a_schema_tells_usual_ranges():
    told = json_schema(questions()["training-cost"])["properties"]
    assert told["pue"]["usual"] == {"low": 1.08, "high": 1.2, "how": ROWS[7]["how"]}
    assert "usual" not in told["days"]


@every_row
def test_a_field_takes_the_range_as_it_is_offered(row):
    text = shown.often(row["question"], row["parameter"])["range"]
    parameter = questions()[row["question"]].parameters[row["parameter"]]
    read = spread.read(text, row["parameter"], (parameter.low, parameter.high))
    assert (read.low, read.high) == usual.usual(row["question"], row["parameter"])[:2]


@pytest.mark.built
@in_a_browser
def test_a_click_fills_the_field_and_the_answer_becomes_a_range():
    def click():
        with browsing.serve(HTML) as address, browsing.browse() as chromium:
            tab = chromium.new_page(base_url=address, viewport={"width": 390, "height": 844})
            tab.goto("notebooks/training-cost.html")
            button = tab.locator("button[data-usual=mfu]")
            assert button.inner_text() == "0.34 to 0.47, usual"
            assert button.bounding_box()["height"] >= 24
            tab.locator("fieldset:not([disabled]) button[data-usual=mfu]").click()
            assert tab.locator("#calculator-mfu").input_value() == "0.34 to 0.47"
            tab.wait_for_url("**mfu=0.34*0.47*")
            tab.locator("[data-result=rent]", has_text="to").first.wait_for()
            return tab.locator(".calculator-alert").is_visible()

    with ThreadPoolExecutor() as other:  # one thread holds one browser
        assert other.submit(click).result() is False
