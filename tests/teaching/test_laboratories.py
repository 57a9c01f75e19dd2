"""Laboratories and the capstone: solutions that follow from their assignments, by arithmetic where that suffices."""

import math
import re

import pytest

from bookbuild.site.command import run
from bookbuild.teaching import laboratories


@pytest.fixture(scope="module")
def text():
    return laboratories.sections()


def test_the_press_release_is_judged_by_arithmetic(text):
    found = laboratories.press_release()
    given = laboratories.RELEASE
    flop = 6 * given["params"] * given["tokens"]
    assert math.isclose(found["flop"], flop)
    assert math.isclose(found["implied"], flop / (given["devices"] * found["peak"] * given["days"] * 86400))
    assert found["needed"] == [
        math.ceil(flop / (given["days"] * 86400) / (found["peak"] * share)) for share in laboratories.USUAL_MFU
    ]
    assert found["working"] > found["implied"]
    assert f"The work is {100 * found['implied']:.1f} % of that." in text
    assert ("The release is believable" in text) == (0.3 <= found["implied"] <= 0.5)


def test_the_service_is_larger_than_a_division_says_and_more_is_asked_for_more(text):
    found = laboratories.service()
    rows = dict(found["rows"])
    given = laboratories.SERVICE
    work = 2 * 70e9 * given["users"] * given["requests_per_user_day"] * 1900
    assert found["naive"] == math.ceil(work / 86400 / found["peak"])
    assert found["base"]["devices"] > found["naive"]
    assert rows["questions twice as long"]["devices"] >= found["base"]["devices"] >= found["best"][1]["devices"]
    assert found["worst"][1]["devices"] == max(row["devices"] for label, row in found["rows"][1:])
    for label, row in found["rows"]:
        assert f"| {label} | {row['devices']:.0f} |" in text


def test_the_capstone_keeps_deadline_and_budget_with_the_cheapest_device():
    found = laboratories.capstone()
    assert found["plan"]["days_high"] <= laboratories.PROJECT["days"]
    sums = {name: each["rent"] + 365 * each["rent_per_day"] for name, _, each, _ in found["candidates"]}
    assert min(sums, key=sums.get) == found["device"]
    assert math.isclose(found["total"], sums[found["device"]])
    assert math.isclose(found["left"], laboratories.BUDGET - found["total"])
    assert found["left"] > 0, "the sample solution is over its budget"
    totals = {label: total for label, _, total in found["rows"]}
    assert any(total > laboratories.BUDGET for total in totals.values()), "nothing that goes wrong matters"
    assert math.isclose(totals["twice the rent of a device"], 2 * totals["the plan"], rel_tol=1e-6)
    assert totals["half the tokens of training"] < totals["the plan"] < totals["twice the users"]
    effects = {label: abs(total - found["total"]) for label, total in totals.items()}
    assert effects[found["decides"][0]] == max(effects.values())


def test_less_time_is_planned_for_only_as_far_as_the_range_asks():
    for name in laboratories.CANDIDATES:
        days, planned = laboratories.safe(name)
        assert planned["days_high"] <= laboratories.PROJECT["days"]
        if days < laboratories.PROJECT["days"]:
            before = laboratories.plan(name, days=days + laboratories.STEP)
            assert before["days_high"] > laboratories.PROJECT["days"]


def test_the_calls_below_a_solution_run(text):
    calls = re.findall(r"^(llmcalc answer .*)$", text, re.MULTILINE)
    assert len(calls) == 4
    for call in calls:
        status, output = run(call)
        assert status == 0, output


def test_rubrics_add_up_and_timetables_last_ninety_minutes(text):
    rubric = text[text.index("### Rubric") : text.index("### What the opponents ask")]
    assert sum(int(points) for points in re.findall(r"\| (\d+) \|", rubric)) == 100
    tables = re.findall(r"\| Minutes \| What \|\n.*?\n\n", text, re.DOTALL)
    assert len(tables) == 2
    for table in tables:
        spans = [(int(begin), int(end)) for begin, end in re.findall(r"\| (\d+) to (\d+) \|", table)]
        assert [begin for begin, _ in spans] == [0, *(end for _, end in spans[:-1])]
        assert spans[-1][1] == 90
    assert "{{" not in text
