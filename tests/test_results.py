"""Headline results and curves, as tables and for tools."""

import re

from llmcalc.results import CURVES_MIME_TYPE, MIME_TYPE, Curves, Results

RESULTS = Results(
    training="Training",
    devices=(1072.0, "device", "Devices"),
    serving="Serving & more",
    fits=("no, <1 GB short", "", "Fits"),
    share=(0.123456, "1", "Share"),
)


def test_results_are_numbers_or_texts_in_their_order():
    assert RESULTS["devices"] == 1072.0
    assert RESULTS.formatted() == {"devices": "1,072", "fits": "no, <1 GB short", "share": "0.1235"}
    listed = RESULTS._repr_mimebundle_()[MIME_TYPE]
    assert [result["name"] for result in listed] == ["devices", "fits", "share"]
    assert [result["heading"] for result in listed] == ["Training", "Serving & more", "Serving & more"]


def test_the_table_has_a_row_for_each_result_below_its_heading():
    table = RESULTS._repr_html_()
    parts = re.findall(r"<tbody>(.*?)</tbody>", table)
    assert [re.sub("<[^>]+>", "|", part).strip("|") for part in parts] == [
        "Training||||Devices||1,072||devices",
        "Serving &amp; more||||Fits||no, &lt;1 GB short||||||Share||0.1235",
    ]
    assert table.count("data-result=") == 3


def test_results_without_headings_are_one_group():
    assert Results(days=(1.0, "day", "Days"))._repr_html_().count("<tbody>") == 1


def test_curves_keep_their_gaps():
    curves = Curves(("devices", "Devices", "device", [8.0, 16.0]), ("days", "Days", "day", [None, 0.5]))
    bundle = curves._repr_mimebundle_()
    assert bundle[CURVES_MIME_TYPE][1] == {
        "name": "days",
        "label": "Days",
        "unit": "day",
        "units": "days",
        "values": [None, 0.5],
        "texts": ["–", "0.5"],
    }
    assert re.sub("<[^>]+>", " ", bundle["text/html"]).split()[-4:] == ["8", "–", "16", "0.5"]
