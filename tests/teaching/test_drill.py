"""The estimation drill: drawn and judged alike in every Python, and played in a browser by keyboard alone."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild import browser as browsing
from bookbuild.calculator import calculators
from bookbuild.calculator import drill as page
from bookbuild.notebooks import BUILD
from llmcalc import teaching
from llmcalc.checks import Refusal
from llmcalc.teaching import drill
from llmcalc.teaching.marking import wanted
from tests.watching import in_a_browser

NODE = Path(sys.prefix) / "bin" / "node"
SITE = BUILD / "html"
SEEDS = [0, 3, 123456789]


def test_a_drill_has_ten_sizes_of_ten_chapters_and_other_seeds_have_others():
    drawn = set()
    for seed in range(40):
        questions = drill.draw(teaching.chapters(), seed)
        assert len({each.exercise.chapter for each in questions}) == drill.COUNT
        assert all(each.kind == "numeric" and each.key > 0 and each.exercise.unit != "%" for each in questions)
        drawn.add(tuple(each.text for each in questions))
    assert len(drawn) == 40
    asked = {each.exercise.chapter for seed in range(40) for each in drill.draw(teaching.chapters(), seed)}
    assert asked == set(teaching.chapters())


@pytest.mark.parametrize(
    ("factor", "points"), [(1, 10), (1.1, 10), (2, 7), (0.5, 7), (3, 5), (1 / 3, 5), (9, 0), (100, 0), (1e-6, 0)]
)
def test_points_fall_with_the_orders_of_magnitude(factor, points):
    posed = teaching.pose("training-gpus/1", seed=7)
    verdict = drill.judge(posed, repr(posed.key * factor))
    assert verdict["points"] == points
    assert math.isclose(verdict["off"], math.log10(factor), abs_tol=1e-12)


def test_a_guess_in_another_unit_counts_and_nonsense_is_told():
    posed = teaching.pose("training-gpus/2", seed=7)
    assert drill.judge(posed, f"{posed.key / 1000} PFLOP/s")["points"] == drill.MOST_POINTS
    for text in ("", "many", "-3", "0", "5 kg"):
        verdict = drill.judge(posed, text)
        assert (verdict["kind"], verdict["points"]) == ("unread", 0)
        assert verdict["said"].startswith("That cannot be read: give a number")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(Refusal, match="seed = -1"):
        drill.draw(teaching.chapters(), -1)
    with pytest.raises(Refusal, match="count = 10 is not accepted"):
        drill.draw(["memory"], 1)


def test_a_page_draws_and_judges_as_cpython_does(tmp_path):
    calculators.copy_runtime(tmp_path, calculators.SHARED.as_uri())
    shutil.copy(Path(__file__).parent / "micropython_drill.mjs", tmp_path / "try.mjs")
    texts = ["1000", "3e23", "nonsense", "0", "2 million"]
    work = json.dumps({"model": json.loads(page.file()), "seeds": SEEDS, "texts": texts})
    run = subprocess.run(
        [NODE, "try.mjs"], input=work, capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for seed, found in zip(SEEDS, json.loads(run.stdout), strict=True):
        drawn = drill.draw(page.names(), seed)
        assert found["questions"] == [each.described() | {"wanted": wanted(each.exercise)} for each in drawn]
        for each, judged in zip(drawn, found["judged"], strict=True):
            for text, verdict in zip(texts, judged, strict=True):
                expected = drill.judge(each, text)
                assert {name: verdict[name] for name in ("kind", "points", "said")} == {
                    name: expected[name] for name in ("kind", "points", "said")
                }
                assert math.isclose(verdict.get("off", 0), expected.get("off", 0), rel_tol=1e-9)


def test_without_scripts_the_page_has_ten_questions_with_answers():
    html = (SITE / "drill.html").read_text(encoding="utf-8")
    for each in drill.draw(page.names(), page.FIRST_SEED):
        assert f"<p>{each.solution()}</p>" in html
    assert "drill-place" not in html


@in_a_browser
def test_a_drill_is_played_by_keyboard_and_ends_with_the_time():
    seed = 3
    drawn = drill.draw(page.names(), seed)
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        troubles = []
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("console", lambda message: troubles.append(message.text))
        tab.goto(f"{address}drill.html?seed={seed}")
        browsing.wait_until(tab, "performance.getEntriesByName('drill-ready').length")
        tab.locator(".drill-start button").press("Enter")
        for place, each in enumerate(drawn):
            browsing.wait_until(tab, f"document.querySelector('.drill-text').textContent === {json.dumps(each.text)}")
            assert tab.evaluate("document.activeElement.id") == "drill-answer"
            if place == 1:
                tab.keyboard.type("nonsense")
                tab.keyboard.press("Enter")
                browsing.wait_until(tab, "document.querySelector('.drill-said').textContent.startsWith('That cannot')")
                assert tab.locator("#drill-answer").get_attribute("aria-invalid") == "true"
                tab.keyboard.press("Control+A")
            tab.keyboard.type(repr(float(each.key * 2)))
            tab.keyboard.press("Enter")
        tab.locator("#drill-score").wait_for()
        assert tab.locator("#drill-score").inner_text() == "70 of 100 points"
        assert tab.evaluate("document.activeElement.id") == "drill-score"
        assert "estimated 10 of 10" in tab.locator(".drill-summary").inner_text()
        assert [row.locator("td").nth(2).inner_text() for row in tab.locator("tbody tr").all()] == [
            each.solution() for each in drawn
        ]
        tab.get_by_role("button", name="Ten new questions").press("Enter")
        tab.select_option("[name=minutes]", "3")
        tab.clock.install()
        tab.locator(".drill-start button").press("Enter")
        tab.locator(".drill-question").wait_for()
        tab.clock.fast_forward(181_000)
        tab.locator("#drill-score").wait_for()
        assert tab.locator("#drill-score").inner_text() == "0 of 100 points"
        assert tab.locator(".drill-summary").inner_text().startswith("The time is over. You estimated 0 of 10")
        assert not troubles
