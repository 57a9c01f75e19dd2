"""Predict first: the guess of every chapter, in its notebook and in its page."""

import math
import re

import pytest

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.notebooks import BUILD
from bookbuild.run.execute import EXECUTED
from llmcalc.checks import Refusal
from llmcalc.report.guess import Guess
from tests.watching import in_a_browser

SITE = BUILD / "html"
GUESS = re.compile(r'class="guess" data-value="([^"]+)" data-text="([^"]+)".*?data-low="(-?\d+)" data-high="(-?\d+)"')


def guesses(name):
    for cell in notebooks.load(EXECUTED / f"{name}.ipynb").cells:
        for output in cell.get("outputs", []):
            yield from GUESS.findall("".join(output.get("data", {}).get("text/html", "")))


@pytest.mark.parametrize("name", notebooks.names())
def test_every_chapter_asks_to_predict_once_before_a_figure(name):
    [(value, _, low, high)] = guesses(name)
    assert int(low) + 1 < int(high)
    # Neither end of the scale gives the answer away.
    assert int(low) < math.log10(float(value)) < int(high)
    cells = [cell.source for cell in notebooks.read(name).cells if cell.cell_type == "code"]
    [place] = [place for place, source in enumerate(cells) if re.search(r"^Guess\($", source, re.MULTILINE)]
    assert any("plt.show()" in source for source in cells[place + 1 : place + 3])


def test_a_scale_grows_to_hold_its_answer_and_no_answer_shows_nothing():
    assert Guess("How many?", 123456.0, "device", 1, 100).ends == (0, 6)
    assert Guess("How many?", 0.02, "device", 1, 100).ends == (-2, 2)
    for value in (None, math.nan, math.inf, 0.0, -1.0):
        assert Guess("How many?", value, "device", 1, 100)._repr_html_() == ""
    assert "&lt;b&gt;" in Guess("<b>?", 2, "device", 1, 100)._repr_html_()


def test_what_is_no_guess_is_refused():
    with pytest.raises(Refusal, match="question = "):
        Guess("How many.", 1.0, "device", 1, 10)
    with pytest.raises(Refusal, match="low = "):
        Guess("How many?", 1.0, "device", 10, 10)


pages = in_a_browser


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


def open_page(site, fragment="", **options):
    tab = site[1].new_page(viewport={"width": 390, "height": 800}, **options)
    tab.goto(f"{site[0]}notebooks/training-gpus.html{fragment}")
    return tab


def hidden(tab):
    return tab.locator("#fig-training-gpus img").evaluate("image => getComputedStyle(image).visibility") == "hidden"


@pages
def test_a_curve_waits_for_a_guess_and_tells_how_far_it_was(site):
    tab = open_page(site)
    tab.locator(".guess-form").wait_for()
    assert hidden(tab)
    slider = tab.locator(".guess input")
    assert slider.get_attribute("aria-valuetext") == "10,000 GPUs"
    slider.focus()
    tab.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "100 GPUs"
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    result = tab.locator(".guess-result")
    browsing.wait_until(tab, "document.querySelector('.guess-result').textContent")
    [(value, text, *_)] = guesses("training-gpus")
    guess = 10 ** (2 + 1 / 50)
    off = math.log10(float(value) / guess)
    assert result.inner_text() == (
        f"More than an order of magnitude off. You guessed 100 GPUs; it is {text}. "
        f"Your guess is too small by a factor of {round(10**off, -1):.0f}, {off:.0f} orders of magnitude."
    )
    assert tab.evaluate("document.activeElement.className") == "guess-result"
    assert not hidden(tab)


@pages
def test_it_shows_without_a_guess_to_whoever_asks_prints_follows_a_link_or_has_no_scripts(site):
    tab = open_page(site)
    tab.get_by_role("button", name="Show it without a guess").press("Enter")
    assert not hidden(tab)
    assert tab.locator(".guess details").get_attribute("open") is not None
    printed = open_page(site)
    printed.locator(".guess-form").wait_for()
    printed.emulate_media(media="print")
    assert not hidden(printed)
    assert not printed.locator(".guess-form").is_visible()
    linked = open_page(site, "#fig-training-gpus")
    browsing.wait_until(linked, "document.querySelector('.guess details').open")
    assert not hidden(linked)
    plain = open_page(site, java_script_enabled=False)
    assert not plain.locator(".guess-form").count()
    assert not hidden(plain)
